"""Contours that a trained network finds: the share of people who would draw them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pdefilter.errors import ParameterError
from pdefilter.filters.operations.edges.found import Edges, Finder
from pdefilter.filters.operations.filled import REACH as OF_FILLING
from pdefilter.filters.operations.filled import filled
from pdefilter.filters.operations.turns import start_of, turns
from pdefilter.filters.options.coupling import are_colours
from pdefilter.filters.options.network import network, require_average
from pdefilter.operation import Numbers

if TYPE_CHECKING:
    from pdefilter.networks.contours import Calibration
    from pdefilter.networks.model import Model
    from pdefilter.raster import Plane, Raster
    from pdefilter.scale import Scale

_NONE = (
    "is missing; no network for contours comes with the program, for the licence of the images "
    "that they learn from forbids it; train one by pdefilter learn --edges IMAGES BOUNDARIES "
    "-o my.model"
)


@dataclass(frozen=True, eq=False)
class Learned(Finder):
    """The share of people who would draw a contour, as a network finds it.

    It sees the opponent planes of colours, or grey, in units of a quarter of the
    deviation of the image's light, so that E(s f + c) = E(f) for s > 0.

    Attributes
    ----------
    model : Model
        The network.
    calibration : Calibration
        What its logits mean.
    turns : int
        The number of flips and turns of the image whose logits are averaged, 1 or 8.
    """

    model: "Model"
    calibration: "Calibration"
    turns: int

    @property
    def planar(self) -> str:
        """Name the method, whose networks were trained on images."""
        return "the method learned"

    def scale(self, image: "Raster") -> "Scale":
        """Return the scale of fractions."""
        return image.scale.of_fractions

    def measure(self, image: "Raster") -> Numbers:
        """Find whether the channels are colours, and the unit that they are seen in."""
        from pdefilter.measure import extremes
        from pdefilter.networks.contours import opponents_of, unit_of

        numbers: dict[str, Any] = {
            "shape": list(image.whole_shape),
            "colours": are_colours(image),
        }
        if image.visible is not None:
            numbers["means"] = extremes.colour_means(image)
        light = opponents_of(image.colour, colours=numbers["colours"])[0]
        return numbers | {"unit": unit_of(light, image.visible)}

    def reach(self, numbers: Numbers) -> int:
        """Return the reach of the network, of what fills holes, and of the line across."""
        from pdefilter.kernels import crests
        from pdefilter.networks.inference import reach_of

        return OF_FILLING + reach_of(self.model) + crests.REACH

    def find(self, image: "Raster", numbers: Numbers) -> Edges:
        """Find the share of people, and the line across the crests of the logits."""
        from pdefilter.kernels.crests import across_crests

        logits = self._logits(image, numbers)
        return Edges(self._shares(logits, numbers), across_crests(logits))

    def strength(self, image: "Raster", numbers: Numbers) -> "Plane":
        """Find the share of people alone."""
        return self._shares(self._logits(image, numbers), numbers)

    def _logits(self, image: "Raster", numbers: Numbers) -> "Plane":
        import numpy as np

        from pdefilter.networks.contours import opponents_of
        from pdefilter.networks.inference import logits_in

        if not numbers["unit"]:
            return np.zeros(image.shape, np.float32)
        u = filled(image, numbers.get("means"))
        planes = opponents_of(u, colours=numbers["colours"])
        total = np.zeros(image.shape)  # the sum of float32 numbers, exact in any order
        for turn in turns(self.turns):
            turned = np.stack([turn.of(plane) for plane in planes])
            start = turn.of_box(start_of(image), image.shape, numbers["shape"])
            total += turn.back(logits_in(self.model, turned, numbers["unit"], at=start))
        return (total / self.turns).astype(np.float32)

    def _shares(self, logits: "Plane", numbers: Numbers) -> "Plane":
        # A constant image has no contours, whatever a network has learned.
        return self.calibration.shares(logits) if numbers["unit"] else logits


def learned(model: str | None, average: int, color: str) -> Learned:
    """Read the network of a file.

    Raises
    ------
    ParameterError
        If there is none, it cannot be read, or does not find contours; or if the colours
        are in a space that networks have not seen.
    """
    if color not in ("rgb", "luminance"):
        raise ParameterError("color", "networks learn from stored colours; take rgb or luminance")
    require_average(average)
    from pdefilter.networks.contours import Calibration

    if model is None:
        raise ParameterError("model", _NONE)
    found = network(model)
    if not found.architecture.contours:
        raise ParameterError(
            "model", f"{model} removes noise and finds no contours; take it for denoise"
        )
    try:
        return Learned(found, Calibration.of(found), average)
    except ValueError as error:
        raise ParameterError("model", f"{model} {error}; train it anew") from None
