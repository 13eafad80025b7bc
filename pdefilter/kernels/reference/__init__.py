"""The reference engine, in NumPy: the specification that the native engine equals bit for bit."""
