"""Removal of the noise that a trained network finds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pdefilter.display import ITERATIONS, Offer, is_shown, shown_on
from pdefilter.filters.operations.channels import ByChannel
from pdefilter.filters.operations.filled import REACH, filled
from pdefilter.filters.operations.turns import start_of, turns
from pdefilter.filters.options.coupling import are_colours
from pdefilter.filters.options.maps import largest_in, numbers_in, require_size
from pdefilter.filters.options.option import AUTO
from pdefilter.observer import observed, observer
from pdefilter.operation import Numbers, Operation

if TYPE_CHECKING:
    from pdefilter.measure.grain import Grain
    from pdefilter.networks.inference import Deviation
    from pdefilter.networks.model import Model
    from pdefilter.raster import Mask, Plane, Planes, Raster

# A smaller deviation is rounding of float32.
_SMALLEST = 1e-7

# How many times smaller than the largest a deviation may be for the network.
_MOST_UNEVEN = 32


@dataclass(frozen=True)
class Denoised(Operation):
    """An image without the noise that a network finds in it, within the range of its values.

    Three colours become orthonormal opponent channels, which show noise alike and hardly
    anything else; other channels are filtered one by one.

    Attributes
    ----------
    models : mapping of str to Model
        The network for each kind of noise.
    names : mapping of str to str
        Their names.
    noise : float or str
        The standard deviation of the noise as a fraction of full scale, or auto.
    noise_map : Raster or None
        The deviation in every pixel.
    kind : str
        The kind of noise, or auto.
    strength : float
        The share of the noise that is removed.
    turns : int
        The number of flips and turns of the image whose results are averaged, 1 or 8.
    iterations : int or None
        The number of steps of a recurrent network.
    mixes_colours : bool
        Whether three colours have equal units.
    """

    models: Mapping[str, "Model"]
    names: Mapping[str, str]
    noise: float | str
    noise_map: "Raster | None"
    kind: str
    strength: float
    turns: int
    iterations: int | None
    mixes_colours: bool

    @property
    def evolves(self) -> bool:
        """Whether the networks are recurrent."""
        return all(model.architecture.recurrent for model in self.models.values())

    @property
    def planar(self) -> str:
        """Name the filter, whose networks were trained on images."""
        return "denoise"

    def require_fit(self, shape: tuple[int, ...], valid: "Mask | None" = None) -> None:
        """Refuse volumes, and images whose size is not that of the map."""
        super().require_fit(shape, valid)
        require_size("noise_map", self.noise_map, shape)

    def measure(self, image: "Raster") -> Numbers:
        """Find the kind of the noise and its strength in every channel."""
        mixes = self._mixes(image)
        if len(image.colour) > 1 and not mixes:
            return ByChannel(self).measure(image)
        from pdefilter.measure import extremes
        from pdefilter.networks.inference import count_steps

        shape, limits = image.whole_shape, extremes.visible_limits(image)
        numbers: dict[str, Any] = {"shape": list(shape), "limits": limits}
        if image.visible is not None:
            numbers["means"] = extremes.colour_means(image)
        grain = self._grain_of(image, filled(image, numbers.get("means")), mixes=mixes)
        steps = count_steps(self.models[grain.kind], shape, self.iterations)
        scale = image.scale
        return numbers | {
            "kind": grain.kind,
            "model": self.names[grain.kind],
            "noise": [scale.fraction(deviation) for deviation in grain.totals],
            "grain": grain.as_numbers(),
            "least": scale.fraction(self._largest(image, grain)) / _MOST_UNEVEN,
            "steps": steps * self.turns * len(image.colour),
        }

    def reach(self, numbers: Numbers) -> int | None:
        """Return the reach of the network, of what fills holes, and of the light around a pixel."""
        if "channels" in numbers:
            return ByChannel(self).reach(numbers)
        from pdefilter.measure.grain import Grain
        from pdefilter.networks.inference import reach_of

        grain = Grain.from_numbers(numbers["grain"])
        model = self.models[grain.kind]
        return REACH + grain.reach + reach_of(model, self.iterations)

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Remove the noise; the state after k steps is the result of as many iterations."""
        if is_shown():
            from pdefilter.networks.inference import iterations_of

            model = next(iter(self.models.values()))
            count = iterations_of(model, self.iterations) or 0
            states = Offer(lambda: {k: float(k) for k in range(1, count + 1)}, ITERATIONS)
            for k in sorted(states.numbers):
                with shown_on(None), observed(None):
                    state = replace(self, iterations=k).run(image, numbers)
                states.reached(k, state)
        with shown_on(None):
            return self._cleaned(image, numbers)

    def _cleaned(self, image: "Raster", numbers: Numbers) -> "Raster":
        if "channels" in numbers:
            return ByChannel(self).run(image, numbers)
        import numpy as np

        from pdefilter.kernels.colour import opponent, rgb_of_opponent
        from pdefilter.measure import extremes
        from pdefilter.measure.grain import Grain
        from pdefilter.raster import keep_within

        grain = Grain.from_numbers(numbers["grain"])
        if self.noise_map is None and max(grain.totals) <= _SMALLEST:
            return image
        u = filled(image, numbers.get("means"))
        deviations = self._deviations(image, u, grain)
        f = opponent(u) if grain.colours else u
        noise = np.empty_like(f)
        for k, (plane, deviation) in enumerate(zip(f, deviations, strict=True)):
            noise[k] = self._noise_in(plane, deviation, image, numbers, self.models[grain.kind])
        if grain.colours:
            del f, plane
            noise = rgb_of_opponent(noise)
        if self.strength != 1:
            noise *= np.float32(self.strength)
        limits = extremes.as_arrays(numbers["limits"], 2)
        colour = keep_within(np.subtract(image.colour, noise, out=noise), limits)
        return replace(image, colour=colour, may_overwrite=True)

    def _mixes(self, image: "Raster") -> bool:
        if not self.mixes_colours or image.holes_differ or not image.scale.has_one_unit:
            return False
        return are_colours(image)

    def _grain_of(self, image: "Raster", u: "Planes", *, mixes: bool) -> "Grain":
        """Find the noise of the channels that are filtered, where it was not given."""
        from pdefilter.kernels.colour import opponent
        from pdefilter.measure.grain import Grain, grain_of
        from pdefilter.measure.noise import noise_deviations

        known = self.noise != AUTO or self.noise_map is not None
        if known and self.kind != AUTO:
            found = Grain(self.kind, (0.0,) * len(u), mixes)  # type: ignore[arg-type]
        else:
            found = grain_of(u, image.visible, colours=mixes)
        if self.kind == "white" != found.kind:
            channels = opponent(u) if mixes else u
            found = Grain("white", tuple(noise_deviations(channels, image.visible)), mixes)
        elif self.kind == "real":
            found = replace(found, kind="real")
        if known:
            given = 0.0 if self.noise == AUTO else image.scale.number(float(self.noise))
            found = Grain(found.kind, (given,) * len(u), mixes)
        return found

    def _largest(self, image: "Raster", grain: "Grain") -> float:
        given = largest_in("noise_map", self.noise_map, image)
        return max(grain.totals) if given is None else given

    def _deviations(self, image: "Raster", u: "Planes", grain: "Grain") -> "list[Deviation]":
        import numpy as np

        given = numbers_in("noise_map", self.noise_map, image, positive=False)
        if given is not None:
            return [given.astype(np.float32)] * len(u)
        if grain.is_even:
            return [float(deviation) for deviation in grain.deviations]
        return [*grain.map_of(u, start_of(image))]

    def _noise_in(
        self,
        f: "Plane",
        deviation: "Deviation",
        image: "Raster",
        numbers: Numbers,
        model: "Model",
    ) -> "Plane":
        """Find the noise in a plane, by the mean over its flips and turns."""
        import numpy as np

        from pdefilter.networks.inference import noise_in

        present = observer()
        advanced = None if present is None else present.advanced
        share: Plane = np.ones(1, np.float32)
        if not isinstance(deviation, float):
            # Where there is no noise, edges are not infinitely high for those who look from afar.
            least = np.float32(image.scale.number(numbers["least"]))
            given, deviation = deviation, np.maximum(deviation, least)
            share = np.divide(given, np.maximum(deviation, np.float32(_SMALLEST)))
        total = np.zeros(f.shape)  # the sum of float32 numbers, exact in any order
        for turn in turns(self.turns):
            turned = deviation if isinstance(deviation, float) else turn.of(deviation)
            noise = noise_in(
                model,
                turn.of(f),
                turned,
                at=turn.of_box(start_of(image), f.shape, numbers["shape"]),
                iterations=self.iterations,
                advanced=advanced,
            )
            if self.turns == 1:
                noise *= share
                return noise
            total += turn.back(noise)
        mean: Plane = (total / self.turns * share).astype(np.float32)
        return mean
