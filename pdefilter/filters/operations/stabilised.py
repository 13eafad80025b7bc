"""An operation on values whose noise is alike everywhere, though that of the image is not."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, cast

from pdefilter.display import seen_through
from pdefilter.errors import ImageError
from pdefilter.filters.operations.around import Around
from pdefilter.filters.options.coupling import Coupled, Sharing
from pdefilter.filters.options.option import AUTO
from pdefilter.operation import Numbers, Operation

if TYPE_CHECKING:
    from pdefilter.kernels.anscombe import Anscombe
    from pdefilter.kernels.rice import Rice
    from pdefilter.measure.noise_model import Kind, NoiseModel
    from pdefilter.raster import Plane, Planes, Raster


class RemovesNoise(Protocol):
    """An operation that depends on the noise."""

    def of_noise(self, level: float | str) -> Operation:
        """Return the operation for noise of a deviation, a fraction of full scale, or auto."""
        ...


@dataclass(frozen=True)
class Stabilised(Around):
    """An operation on values of equal noise, whose results are brought back without bias.

    Photons have noise whose variance grows with the light, and magnitudes, such as those
    of MR images, have Rician noise. Values are transformed to unit variance, filtered, and
    brought back by the exact unbiased inverse; see `pdefilter.kernels.anscombe` and
    `pdefilter.kernels.rice`. The transformed values of all channels are multiplied by one
    factor, which gives them the range of the image: a contrast keeps its meaning.

    Attributes
    ----------
    model : str
        "poisson", "rician", or auto, which may find that the noise is Gaussian.
    noise : float or str
        As a fraction of full scale, the value of one photon, or the deviation of Rician
        noise; auto fits it in every channel.
    coupling : str or None
        As of `Coupled`.
    inner : Operation
        The operation, which `RemovesNoise`.
    """

    model: str
    noise: float | str
    coupling: Sharing | None
    inner: Operation

    def measure(self, image: "Raster") -> Numbers:
        """Find the model of the noise, then the numbers of the operation on stabilised values.

        Raises
        ------
        ImageError
            If noise cannot be Rician, as there are values below zero.
        """
        model = self._model_of(image)
        if model is None or model.kind == "gaussian":
            return {**self._unstabilised.measure(image), "noise_model": "gaussian"}
        transform = _transform_of(model, image)
        stabilised = image.mapped(partial(_stabilised, transform=transform))
        return {
            **self._operation(transform).measure(stabilised),
            "noise_model": model.kind,
            **_in_words(model, image),
            "stabilised": transform,
        }

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Stabilise the image, filter it, and bring the result back."""
        if "stabilised" not in numbers:
            return self._unstabilised.run(image, numbers)
        transform = numbers["stabilised"]
        restored = partial(_restored, image=image, transform=transform)
        with seen_through(restored):
            result = self._operation(transform).run(_stabilised(image, transform), numbers)
        return restored(result)

    def _model_of(self, image: "Raster") -> "NoiseModel | None":
        from pdefilter.measure import extremes
        from pdefilter.measure.noise_model import Curve, NoiseModel, noise_model

        smallest, _ = extremes.visible_limits(image)
        lowest = [value for value in smallest if value is not None]
        zeros, kind = _zeros(image), cast("Kind | None", None if self.model == AUTO else self.model)
        if not lowest or self.noise == 0:
            return None
        if kind == "rician" and min(lowest) < max(zeros):
            raise ImageError(
                "has values below 0, but noise is Rician in magnitudes only; take --noise-model "
                "gaussian"
            )
        if kind is None or self.noise == AUTO:
            return noise_model(_visible_colour(image), zeros, image.visible, kind)
        scales = map(image.scale.of_channel, range(len(image.colour)))
        given = [scale.number(float(self.noise)) for scale in scales]
        curves = [Curve(0.0, n * n) if kind == "rician" else Curve(n, 0.0) for n in given]
        return NoiseModel(kind, tuple(curves))

    @property
    def _unstabilised(self) -> Operation:
        return self._of_noise(self.noise, self.coupling)

    def _operation(self, transform: Mapping[str, Any]) -> Operation:
        """Make the operation on stabilised values, in which all channels have the same noise."""
        return self._of_noise(transform["noise"], "none" if self.coupling == "none" else "shared")

    def _of_noise(self, level: float | str, coupling: Sharing | None) -> Operation:
        return Coupled(coupling, cast("RemovesNoise", self.inner).of_noise(level))


def _visible_colour(image: "Raster") -> "Planes":
    """Put the mean of every channel where it is not visible."""
    if image.visible is None:
        return image.colour
    import numpy as np

    from pdefilter.measure import extremes

    means = np.array(extremes.colour_means(image), np.float32)
    mean = means.reshape(-1, *[1] * len(image.shape))
    colour: Planes = np.where(image.visible, image.colour, mean)
    return colour


def _transform_of(model: "NoiseModel", image: "Raster") -> dict[str, Any]:
    """Find the plain numbers of the transform: of all channels, and of each."""
    import numpy as np

    from pdefilter.measure import extremes

    ends = zip(*extremes.visible_limits(image), strict=True)
    channels: list[dict[str, float]] = []
    ranges: list[tuple[float, float]] = []
    for curve, zero, (low, high) in zip(model.curves, _zeros(image), ends, strict=True):
        first, last = (zero if end is None else end for end in (low, high))
        channel = {"gain": curve.gain, "variance": curve.variance, "zero": zero, "last": last}
        stabilised = _stabiliser(model.kind, {**channel, "first": 0.0}).forward(
            np.array([first, last], np.float32)
        )
        ranges.append((last - first, float(stabilised[1] - stabilised[0])))
        channels.append({**channel, "first": float(stabilised[0])})
    before, after = map(max, zip(*ranges, strict=True))
    factor = before / after if after else 1.0
    return {
        "kind": model.kind,
        "factor": factor,
        "noise": image.scale.fraction(factor),
        "channels": channels,
    }


def _stabiliser(kind: str, channel: Mapping[str, float]) -> "Anscombe | Rice":
    from pdefilter.kernels.anscombe import Anscombe
    from pdefilter.kernels.rice import Rice

    zero, gain, variance = channel["zero"], channel["gain"], channel["variance"]
    if kind == "rician":
        return Rice(variance**0.5, zero)
    last = max(channel["last"], zero - variance / gain) if gain else channel["last"]
    return Anscombe(gain, variance - gain * zero, last)


def _stabilised(image: "Raster", transform: Mapping[str, Any]) -> "Raster":
    """Bring the noise of every pixel to the same deviation."""
    changes = [_Change(transform, channel) for channel in transform["channels"]]
    scale = replace(image.scale, origin=0.0, weights=1.0)
    colour = _by_channel([change.forward for change in changes], image.colour)
    return replace(image, colour=colour, scale=scale, stored=None, may_overwrite=True)


def _restored(result: "Raster", image: "Raster", transform: Mapping[str, Any]) -> "Raster":
    """Find the means of values; where the operation changed nothing, the image stays as it is."""
    changes = [_Change(transform, channel) for channel in transform["channels"]]
    colour = _by_channel([change.back for change in changes], result.colour, image.colour)
    return replace(result, colour=colour, scale=image.scale, stored=None, clips=True)


@dataclass(frozen=True)
class _Change:
    """How the values of a channel are stabilised, and brought back."""

    transform: Mapping[str, Any]
    channel: Mapping[str, float]

    def forward(self, values: "Plane") -> "Plane":
        import numpy as np

        stabilised = _stabiliser(self.transform["kind"], self.channel).forward(values)
        stabilised -= np.float32(self.channel["first"])
        stabilised *= np.float32(self.transform["factor"])
        return stabilised

    def back(self, stabilised: "Plane", before: "Plane") -> "Plane":
        import numpy as np

        means = stabilised * np.float32(1 / self.transform["factor"])
        means += np.float32(self.channel["first"])
        values = _stabiliser(self.transform["kind"], self.channel).inverse(means)
        np.copyto(values, before, where=stabilised == self.forward(before))
        return values


def _by_channel(changes: "Sequence[Callable[..., Plane]]", *images: "Planes") -> "Planes":
    """Change every channel by a function of its own, a band at a time."""
    import numpy as np

    from pdefilter.kernels.bands import for_each_band

    changed = np.empty_like(images[0])

    def work(first: int, last: int) -> None:
        for c, change in enumerate(changes):
            changed[c, first:last] = change(*(u[c, first:last] for u in images))

    for_each_band(work, changed)
    return changed


def _zeros(image: "Raster") -> list[float]:
    """Find the number of every channel that stands for the stored value 0."""
    import numpy as np

    scale = image.scale
    origins = np.ravel(-np.asarray(scale.origin) / (scale.unit * scale.weights)) + 0.0
    zeros: list[float] = np.broadcast_to(origins, len(image.colour)).tolist()
    return zeros


def _in_words(model: "NoiseModel", image: "Raster") -> dict[str, list[float]]:
    """Return gains, and the deviations of the noise without light, as fractions of full scale."""
    scales = [image.scale.of_channel(c) for c in range(len(image.colour))]
    pairs = [*zip(model.curves, scales, strict=True)]
    deviations = [scale.fraction(max(0.0, curve.variance) ** 0.5) for curve, scale in pairs]
    if model.kind == "rician":
        return {"noise": deviations}
    return {"noise": deviations, "gain": [scale.fraction(curve.gain) for curve, scale in pairs]}
