"""The metadata of an image: everything its file says apart from the pixels."""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal, NamedTuple, Self

from pdefilter.images.pose import Pose
from pdefilter.warn import warn

CENTIMETRES_PER_INCH = Fraction(254, 100)

COMMENT = "Comment"
"""The keyword of a text that has none in its file."""


class Resolution(NamedTuple):
    """Pixels per unit of length; without a unit, only the ratio that gives their shape."""

    columns: Fraction
    rows: Fraction
    unit: Literal["inch", "cm", "none"]

    def per_metre(self) -> tuple[int, int] | None:
        """Round to whole pixels per metre, as `rounded` does; warn if there is no unit."""
        if self.unit == "none":
            # Nothing is lost if the pixels are square.
            if self.columns != self.rows:
                warn("left out: the resolution without a unit")
            return None
        return self.rounded(100 / CENTIMETRES_PER_INCH if self.unit == "inch" else 100)

    def rounded(
        self, factor: Fraction | int = 1, most: int = (1 << 31) - 1
    ) -> tuple[int, int] | None:
        """Round to whole numbers, along a row and along a column; warn if they do not fit.

        Without a unit only the ratio counts; it is kept as closely as possible.
        """
        if self.unit == "none":
            are_whole = self.columns.denominator == self.rows.denominator == 1
            fit = are_whole and max(self.columns, self.rows) <= most
            numbers = (int(self.columns), int(self.rows))
            whole = numbers if fit else in_ratio(self.columns / self.rows, most)
        else:
            whole = round(self.columns * factor), round(self.rows * factor)
        if not all(1 <= number <= most for number in whole):
            warn("its resolution does not fit in whole numbers: left out")
            return None
        return whole

    @classmethod
    def from_per_metre(cls, columns: int, rows: int) -> Self:
        """Make a resolution from pixels per metre, in inches if those are whole numbers."""
        inches = [round(density * CENTIMETRES_PER_INCH / 100) for density in (columns, rows)]
        metres = [round(density * 100 / CENTIMETRES_PER_INCH) for density in inches]
        if metres == [columns, rows]:
            return cls(Fraction(inches[0]), Fraction(inches[1]), "inch")
        return cls(Fraction(columns, 100), Fraction(rows, 100), "cm")


@dataclass(frozen=True, slots=True)
class Metadata:
    """The metadata of an image.

    Attributes
    ----------
    icc : bytes or None
        The ICC profile of the colours.
    exif : bytes or None
        The EXIF, as a TIFF structure that begins with the byte order.
    xmp : bytes or None
        The XMP packet.
    resolution : Resolution or None
        The pixels per unit of length.
    text : tuple of (str, str)
        Keywords and their texts.
    duration : Fraction or None
        The time that a frame is shown, in milliseconds.
    loops : int or None
        How often an animation is played, 0 for ever; None if unknown.
    own : tuple
        Metadata that no other format carries, in the form of the codec that read them.
    dropped : tuple of str
        The names of metadata that no output keeps; a warning lists them.
    stored : object
        How the image was stored, so that the same codec can store it alike.
    orientation : int or None
        The orientation of the stored pixels, numbered as in EXIF, if given outside the
        EXIF; None once they are upright.
    slices : tuple of Metadata
        The metadata of the slices of a volume, where its file holds them one by one.
    pose : Pose or None
        How a volume lies in space.
    rescale : tuple of float or None
        The slope and the intercept that turn stored values into physical ones, where they
        are not 1 and 0.
    """

    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    resolution: Resolution | None = None
    text: tuple[tuple[str, str], ...] = ()
    duration: Fraction | None = None
    loops: int | None = None
    own: tuple[Any, ...] = ()
    dropped: tuple[str, ...] = ()
    stored: Any = None
    orientation: int | None = None
    slices: tuple["Metadata", ...] = ()
    pose: Pose | None = None
    rescale: tuple[float, float] | None = None

    def stripped(self) -> Self:
        """Drop everything but the timing, the layout, and what pixels and values mean."""
        return type(self)(
            duration=self.duration,
            loops=self.loops,
            stored=self.stored,
            pose=self.pose,
            rescale=self.rescale,
        )

    def transposed(self) -> Self:
        """Exchange the resolutions of rows and columns."""
        if self.resolution is None:
            return self
        columns, rows, unit = self.resolution
        return replace(self, resolution=Resolution(rows, columns, unit))


def in_ratio(ratio: Fraction, most: int) -> tuple[int, int]:
    """Find the two whole numbers up to a limit whose ratio is nearest to a given one."""
    # The limit applies to the larger of the two.
    if ratio <= 1:
        nearest = ratio.limit_denominator(most)
        return nearest.numerator, nearest.denominator
    nearest = (1 / ratio).limit_denominator(most)
    return nearest.denominator, nearest.numerator


def as_comment(keyword: str, text: str) -> str:
    """Put a text and its keyword into a comment, which has no keyword of its own."""
    return text if keyword == COMMENT else f"{keyword}: {text}"


KINDS = {
    "icc": "ICC profile",
    "exif": "EXIF",
    "xmp": "XMP",
    "resolution": "resolution",
    "text": "text",
    "duration": "timing",
    "pose": "orientation in space",
    "rescale": "slope of values",
}
"""The usual names of the fields of `Metadata` that formats may carry."""
