"""Operations around another one, which prepare the image for it."""

from typing import TYPE_CHECKING

from pdefilter.filters.operations.channels import ByChannel
from pdefilter.operation import Numbers, Operation

if TYPE_CHECKING:
    from pdefilter.raster import Mask


class Around(Operation):
    """An operation that changes an image pixel by pixel, runs another one, and changes it back.

    Attributes
    ----------
    inner : Operation
        The other operation. It runs channel by channel if it was measured so.
    """

    inner: Operation

    @property
    def evolves(self) -> bool:
        """Whether `inner` does."""
        return self.inner.evolves

    @property
    def traces(self) -> bool:
        """Whether `inner` does."""
        return self.inner.traces

    def require_fit(self, shape: tuple[int, ...], valid: "Mask | None" = None) -> None:
        """Refuse images that `inner` refuses."""
        self.inner.require_fit(shape, valid)

    @property
    def remedy(self) -> str | None:
        """The remedy of `inner`."""
        return self.inner.remedy

    def reach_of_part(self, numbers: Numbers, parts: int) -> int | None:
        """Return the reach of a part of `inner`."""
        operation = ByChannel(self.inner) if "channels" in numbers else self.inner
        return operation.reach_of_part(numbers, parts)

    def reach(self, numbers: Numbers) -> int | None:
        """Return the reach of `inner`."""
        operation = ByChannel(self.inner) if "channels" in numbers else self.inner
        return operation.reach(numbers)
