"""Units of length, by the names that people give them."""

MILLIMETRES = {"nm": 1e-6, "µm": 1e-3, "mm": 1.0, "cm": 10.0, "m": 1000.0, "inch": 25.4}
"""The length of each unit."""

_NAMES = {
    "nm": ("nanometer", "nanometre"),
    "µm": ("um", "μm", "micron", "microns", "micrometer", "micrometre", "\\u00b5m"),
    "mm": ("millimeter", "millimetre"),
    "cm": ("centimeter", "centimetre"),
    "m": ("meter", "metre"),
    "inch": ("in", "inches", "inchs"),
}
_BY_NAME = {
    **{unit: unit for unit in _NAMES},
    **{name: unit for unit, names in _NAMES.items() for name in names},
}


def unit_named(name: str | None) -> str | None:
    """Find a unit by one of its usual names; None for what is not a unit of length."""
    word = (name or "").strip()
    return _BY_NAME.get(word) or _BY_NAME.get(word.lower())
