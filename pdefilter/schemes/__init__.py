"""How time advances: a scheme turns a stopping time into a table of steps."""
