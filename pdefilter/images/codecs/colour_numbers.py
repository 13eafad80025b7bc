"""Colour primaries and transfer characteristics, numbered as in ITU-T H.273."""

SRGB = (1, 13)
UNSPECIFIED = (2, 2)
