"""The codecs: bytes to images and back, one module per format or family of formats."""

import logging

# Errors in a file are reported in our own words.
for _library in ("imagecodecs", "tifffile", "PIL"):
    logging.getLogger(_library).setLevel(logging.CRITICAL)
