"""Operations whose lengths become pixels when the image is known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pdefilter.errors import ParameterError
from pdefilter.filters.options.quantity import Quantity, in_pixels
from pdefilter.operation import Numbers, Operation

if TYPE_CHECKING:
    from pdefilter.raster import Mask, Raster

# In px or px². The short one is valid for every option, and a stable step. The long one is so long
# that a filter solves for its time, if it solves for any.
_SHORT, _LONG = 0.1, 100.0


@dataclass(frozen=True)
class InPixels(Operation):
    """The operation that a filter makes once its lengths are pixels.

    Attributes
    ----------
    make : callable
        The filter.
    arguments : mapping
        Its keyword arguments, some of which are quantities.

    Raises
    ------
    ParameterError
        If the filter refuses its arguments whatever the lengths are.
    """

    make: Callable[..., Operation]
    arguments: Mapping[str, Any]

    def __post_init__(self) -> None:
        _ = self._provisional

    @property
    def evolves(self) -> bool:
        """Whether the operation does."""
        return self._provisional.evolves

    @property
    def traces(self) -> bool:
        """Whether the operation does."""
        return self._provisional.traces

    @property
    def remedy(self) -> str | None:
        """The remedy of the operation, if it has one for any lengths."""
        try:
            long = self._of_length(_LONG)
        except ParameterError:
            return self._provisional.remedy
        return self._provisional.remedy or long.remedy

    def require_fit(self, shape: tuple[int, ...], valid: "Mask | None" = None) -> None:
        """Refuse images that the operation refuses."""
        self._provisional.require_fit(shape, valid)

    def measure(self, image: "Raster") -> Numbers:
        """Convert the lengths, and find the numbers of the operation.

        Raises
        ------
        ImageError
            If the size of pixels is not known.
        ParameterError
            If a length is not in the range of its option.
        """
        lengths = in_pixels(self._quantities, image.pixel_size)
        return {"lengths": lengths, **self._in_pixels(lengths).measure(image)}

    def reach(self, numbers: Numbers) -> int | None:
        """Return the reach of the operation."""
        return self._in_pixels(numbers["lengths"]).reach(numbers)

    def reach_of_part(self, numbers: Numbers, parts: int) -> int | None:
        """Return the reach of a part of the operation."""
        return self._in_pixels(numbers["lengths"]).reach_of_part(numbers, parts)

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Run the operation."""
        return self._in_pixels(numbers["lengths"]).run(image, numbers)

    @property
    def _quantities(self) -> dict[str, Quantity]:
        values = self.arguments.items()
        return {name: value for name, value in values if isinstance(value, Quantity)}

    @property
    def _provisional(self) -> Operation:
        return self._of_length(_SHORT)

    def _of_length(self, length: float) -> Operation:
        return self.make(**{**self.arguments, **dict.fromkeys(self._quantities, length)})

    def _in_pixels(self, lengths: Mapping[str, float]) -> Operation:
        try:
            return self.make(**{**self.arguments, **lengths})
        except ParameterError as error:
            length = self._quantities.get(error.parameter)
            if length is None:
                raise
            pixels = f"{lengths[error.parameter]:.4g} px{'²' * (length.power - 1)}"
            raise ParameterError(
                error.parameter, f"{length} is {pixels} here, but {error.problem}"
            ) from None
