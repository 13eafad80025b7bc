"""Bytes to images and back, one module per format or family of formats."""

import logging

# What is wrong with a file is told by our own sentence.
for _library in ("imagecodecs", "tifffile", "PIL"):
    logging.getLogger(_library).setLevel(logging.CRITICAL)
