"""What a file says about an image beside its pixels."""

import warnings
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal, NamedTuple, Self

CENTIMETRES_PER_INCH = Fraction(254, 100)

COMMENT = "Comment"
"""The keyword of a text that its file gives no other."""


class Resolution(NamedTuple):
    """How densely pixels lie, per unit of length; without a unit it is their shape alone."""

    columns: Fraction
    rows: Fraction
    unit: Literal["inch", "cm", "none"]

    def per_metre(self) -> tuple[int, int] | None:
        """Round to whole pixels per metre, as `rounded` does; warn where no unit says how many."""
        if self.unit == "none":
            # Of square pixels nothing is lost.
            if self.columns != self.rows:
                warnings.warn("left out: the resolution without a unit", stacklevel=2)
            return None
        return self.rounded(100 / CENTIMETRES_PER_INCH if self.unit == "inch" else 100)

    def rounded(
        self, factor: Fraction | int = 1, most: int = (1 << 31) - 1
    ) -> tuple[int, int] | None:
        """Round to whole numbers, along a row and along a column; warn where none is near.

        Without a unit their ratio alone counts, which is kept as well as it can be.
        """
        if self.unit == "none":
            are_whole = self.columns.denominator == self.rows.denominator == 1
            fit = are_whole and max(self.columns, self.rows) <= most
            numbers = (int(self.columns), int(self.rows))
            whole = numbers if fit else in_ratio(self.columns / self.rows, most)
        else:
            whole = round(self.columns * factor), round(self.rows * factor)
        if not all(1 <= number <= most for number in whole):
            warnings.warn("its resolution fits no whole number: left out", stacklevel=3)
            return None
        return whole

    @classmethod
    def of_metre(cls, columns: int, rows: int) -> Self:
        """Take pixels per metre, and whole numbers of pixels per inch for what they are."""
        inches = [round(density * CENTIMETRES_PER_INCH / 100) for density in (columns, rows)]
        metres = [round(density * 100 / CENTIMETRES_PER_INCH) for density in inches]
        if metres == [columns, rows]:
            return cls(Fraction(inches[0]), Fraction(inches[1]), "inch")
        return cls(Fraction(columns, 100), Fraction(rows, 100), "cm")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is kept of an image beside its pixels.

    Attributes
    ----------
    icc : bytes or None
        The ICC profile of its colours.
    exif : bytes or None
        Its EXIF, as a TIFF structure that begins with the byte order.
    xmp : bytes or None
        Its XMP packet.
    resolution : Resolution or None
        How densely its pixels lie.
    text : tuple of (str, str)
        Keywords and what is said about them.
    duration : Fraction or None
        For how many milliseconds a frame is shown.
    loops : int or None
        How often an animation is played, zero for ever; None if it is not said.
    own : tuple
        What no other format carries, as the codec of the format it came in knows it.
    unkept : tuple of str
        What its file holds beside that no output will, as people call it: the
        warning of what is left out names it.
    stored : object
        How its codec found it stored, so that it may be stored so again.
    orientation : int or None
        How the stored pixels lie, as EXIF counts, where another place than the
        EXIF says so; None once they are upright.
    """

    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    resolution: Resolution | None = None
    text: tuple[tuple[str, str], ...] = ()
    duration: Fraction | None = None
    loops: int | None = None
    own: tuple[Any, ...] = ()
    unkept: tuple[str, ...] = ()
    stored: Any = None
    orientation: int | None = None

    def stripped(self) -> Self:
        """Drop all but the timing, which is part of what an animation shows, and the layout."""
        return type(self)(duration=self.duration, loops=self.loops, stored=self.stored)

    def turned(self) -> Self:
        """Exchange what is said of rows and of columns."""
        if self.resolution is None:
            return self
        columns, rows, unit = self.resolution
        return replace(self, resolution=Resolution(rows, columns, unit))


def in_ratio(ratio: Fraction, most: int) -> tuple[int, int]:
    """Find two whole numbers up to a limit whose ratio is nearest to one."""
    # The larger of both is the one that a limit is for.
    if ratio <= 1:
        nearest = ratio.limit_denominator(most)
        return nearest.numerator, nearest.denominator
    nearest = (1 / ratio).limit_denominator(most)
    return nearest.denominator, nearest.numerator


def as_comment(keyword: str, text: str) -> str:
    """Put a text and its keyword into a comment, which has none of its own."""
    return text if keyword == COMMENT else f"{keyword}: {text}"


KINDS = {
    "icc": "ICC profile",
    "exif": "EXIF",
    "xmp": "XMP",
    "resolution": "resolution",
    "text": "text",
    "duration": "timing",
}
"""What formats may carry, by the names of `Metadata`, as people call it."""
