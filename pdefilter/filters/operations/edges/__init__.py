"""What the methods of `edge` find, and how it is thinned, linked and shown."""
