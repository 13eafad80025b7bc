"""Colour primaries and transfer characteristics, as ITU-T H.273 numbers them."""

SRGB = (1, 13)
UNSPECIFIED = (2, 2)
