"""Right-hand sides: what changes in an image, and how fast."""
