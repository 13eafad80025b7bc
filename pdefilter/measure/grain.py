"""Find the noise of a picture, real or white: its spectrum, and its dependence on the light."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import NormalDist
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.colour import luminance, opponent
from pdefilter.kernels.convolution import correlate
from pdefilter.kernels.windows import binomial
from pdefilter.measure.blocks import cut
from pdefilter.measure.compression import REACH, Compression, compression_of
from pdefilter.measure.light import Line, along, line_through
from pdefilter.measure.noise import noise_deviations
from pdefilter.measure.spectrum import (
    WIDTH,
    Spectrum,
    power_of,
    spectrum_of,
    variance_like,
)
from pdefilter.raster import Mask, Plane, Planes, Values

# The finest power of white noise is between these multiples of the mixed one. In a photograph,
# white noise of 2 grey levels has 0.85 at least, and noise that went through demosaicking,
# resampling or JPEG 0.7 at most.
_LEAST_SLANT, _MOST_SLANT = 0.78, 1.28

# A channel with far less noise than the others has no say in the kind, as texture may dominate it.
_MATTERS = 0.25

# With fewer blocks nothing but the strength of white noise can be found: where few are flat,
# texture looks like noise that neighbours share.
_FEWEST = 192

_MOST = 4096  # blocks, a megapixel

_BINS = 8
_FEWEST_IN_BIN = 32

# Where more pixels are clipped, too little is left of the noise.
_CLIPPED = 0.5

# JPEG's errors matter to the kind if they make up this share of the variance.
_MATTERS_AS_JPEG = 0.1

# The squared errors of JPEG in opponent channels as multiples of the luminance's, measured on
# photographs of quality 60 to 95; half of them had chrominance of half the resolution.
_JPEG_IN_OPPONENT = 3.0, 1.9, 0.75

# The light around a pixel is smoothed by a binomial of deviation 2, which leaves 1/7 of white
# noise.
_SMOOTHING = binomial(17)


@dataclass(frozen=True)
class Grain:
    """The noise of a picture.

    Attributes
    ----------
    kind : {"white", "real"}
        Whether the noise of a pixel does not depend on its neighbours'.
    deviations : tuple of float
        The root mean square of the noise in every channel, apart from errors of JPEG.
    colours : bool
        Whether these are the opponent channels of RGB.
    light : tuple of two points, or None
        The line of the relative variance against the mean of the colours; None if the
        noise does not depend on it. Its mean over the picture is one.
    compression : Compression or None
        The quantisation of an image that was a JPEG, if its errors matter.
    """

    kind: Literal["white", "real"]
    deviations: tuple[float, ...]
    colours: bool = False
    light: Line | None = None
    compression: Compression | None = None

    @property
    def reach(self) -> int:
        """How far away the image matters to the deviation in a pixel, in px."""
        of_light = 0 if self.light is None else _SMOOTHING.reach
        return max(of_light, 0 if self.compression is None else REACH)

    @property
    def is_even(self) -> bool:
        """Whether the deviation is the same in all pixels."""
        return self.light is None and self.compression is None

    @property
    def totals(self) -> tuple[float, ...]:
        """The root mean square of noise and errors in every channel."""
        if self.compression is None:
            return self.deviations
        of_jpeg = self._jpeg(self.compression.deviation**2)
        return tuple(map(math.hypot, self.deviations, np.sqrt(of_jpeg).ravel().tolist()))

    def as_numbers(self) -> dict[str, Any]:
        """Return plain data, which reports contain."""
        numbers: dict[str, Any] = json.loads(json.dumps(asdict(self)))  # lists, not tuples
        return numbers

    @classmethod
    def from_numbers(cls, numbers: Mapping[str, Any]) -> Self:
        """Read what `as_numbers` returned, perhaps back from JSON."""
        light, compression = numbers["light"], numbers["compression"]
        return cls(
            numbers["kind"],
            tuple(numbers["deviations"]),
            numbers["colours"],
            None if light is None else (tuple(light[0]), tuple(light[1])),
            None
            if compression is None
            else Compression(
                tuple(compression["first"]), tuple(compression["steps"]), compression["deviation"]
            ),
        )

    def map_of(self, u: Planes, at: Sequence[int] = (0, 0)) -> Planes:
        """Find the deviation of the noise in every pixel.

        Parameters
        ----------
        u : ndarray of shape (C, M, N), float32
            The image, or a box of it, whose pixels nearer than `reach` to a border that
            is not the image's are not right.
        at : sequence of int
            The row and the column of the box in the image.

        Returns
        -------
        ndarray of shape (C, M, N), float32
            The deviation in every channel; read only.
        """
        deviations = np.array(self.deviations, np.float32)[:, None, None]
        if self.light is not None:
            around = correlate(_light(u)[None], _SMOOTHING, _SMOOTHING)
            deviations = deviations * np.sqrt(along(self.light, around)).astype(np.float32)
        if self.compression is not None:
            y = luminance(u)[0] if self.colours else u[0]
            of_jpeg = self._jpeg(self.compression.variance_of(y, at))
            deviations = np.sqrt(np.square(deviations) + of_jpeg)
        return np.broadcast_to(deviations, (len(deviations), *u.shape[1:]))

    def _jpeg(self, variance: float | Plane) -> NDArray[np.float32]:
        """Find JPEG's squared error in every channel from that of the luminance."""
        factors = np.array(_JPEG_IN_OPPONENT if self.colours else (1.0,), np.float32)
        return factors[:, None, None] * np.float32(variance)


def grain_of(u: Planes, visible: Mask | None = None, *, colours: bool = False) -> Grain:
    """Find the noise of an image.

    The flattest blocks show its power at every frequency. Noise is white if its power
    at the highest frequencies is as large as at the middle ones; then its strength comes
    from `noise_deviations`. Noise that neighbours share has more power at low
    frequencies, and its mean square is the mean of all. The flattest blocks of every
    light show whether noise grows with it (Foi et al. 2008,
    doi:10.1109/TIP.2008.2001399). A picture without noise has deviations of zero if it
    has flat places. Where even the flattest blocks are textured, noise that neighbours
    share cannot be told from texture: then it counts as white, and what is found is
    rather too little than too much.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The image.
    visible : ndarray of shape (M, N) or (C, M, N), bool, optional
        The pixels that count; the others hold a mean, as in `Raster.planes`.
    colours : bool
        Whether to find the noise of the three opponent channels of RGB, not of the
        channels themselves.

    Returns
    -------
    Grain
        The noise of every channel.
    """
    seen: Mask | None = visible
    if visible is not None and visible.ndim > u.ndim - 1:
        seen = np.logical_and.reduce(visible)
    unclipped = _unclipped(u, seen)
    channels = opponent(u) if colours else u
    white = Grain("white", tuple(noise_deviations(channels, unclipped)), colours)
    found = _apart_from_jpeg(u, channels, unclipped, seen, white)
    compression = None
    if colours or len(u) == 1:
        y = luminance(u)[0] if colours else u[0]
        compression = compression_of(y, seen, unclipped)
    if compression is None:
        return found
    with_errors = replace(found, kind="real", compression=compression)
    errors = with_errors.totals[0] ** 2 - found.deviations[0] ** 2
    return with_errors if errors > _MATTERS_AS_JPEG * found.deviations[0] ** 2 else found


def _apart_from_jpeg(
    u: Planes, channels: Planes, unclipped: Mask, visible: Mask | None, white: Grain
) -> Grain:
    """Find noise by its spectrum and by the light; `white` if it is white or cannot be told."""
    kept = _kept_of_variance(unclipped, visible)
    trusted = kept > 0
    if np.count_nonzero(trusted) < _FEWEST:
        return white
    power = power_of(_cut(channels)[:, trusted]) / kept[trusted, None, None]
    spectra = [spectrum_of(blocks) for blocks in power]
    heard = _heard(spectra)
    if any(spectra[c].is_textured for c in heard):
        least = [
            min(deviation, spectrum.least_deviation) if spectrum.is_textured else deviation
            for deviation, spectrum in zip(white.deviations, spectra, strict=True)
        ]
        return replace(white, deviations=tuple(least))
    strengths = np.array([spectrum.variance for spectrum in spectra])
    line = None
    if heard:
        light = _cut(_light(u)[None])[0, trusted].mean(axis=(1, 2), dtype=np.float64)
        bins = _bins(light)
        lights = np.array([light[places].mean() for places in bins])
        variances = np.array(
            [[variance_like(spectra[c], power[c, places]) for places in bins] for c in heard]
        )
        # Texture is seldom in all channels.
        line = line_through(lights, (variances / strengths[heard, None]).min(axis=0))
    is_white = all(_LEAST_SLANT <= spectra[c].slant <= _MOST_SLANT for c in heard)
    kind: Literal["white", "real"] = "white" if is_white else "real"
    if line is None:
        if is_white:
            return white
        return replace(white, kind=kind, deviations=tuple(np.sqrt(strengths).tolist()))
    # The bins together say how strong the noise is in each channel.
    strengths[heard] = np.median(variances / along(line, lights), axis=1)
    mean = float(along(line, light).mean())
    dark, bright = ((at, value / mean) for at, value in line)
    deviations = tuple(np.sqrt(strengths * mean).tolist())
    return replace(white, kind=kind, deviations=deviations, light=(dark, bright))


def _cut(u: NDArray[np.generic]) -> NDArray[Any]:
    return cut(u, WIDTH, _MOST)


def _light(u: Planes) -> Plane:
    """Find the mean of the channels, shape (M, N)."""
    total: Plane = u[0].copy()
    for plane in u[1:]:
        total += plane
    total /= np.float32(len(u))
    return total


def _unclipped(u: Planes, visible: Mask | None) -> Mask:
    """Find the visible pixels where no channel has its smallest or its largest value."""
    counts = np.ones(u.shape[1:], bool) if visible is None else visible.copy()
    for plane in u:
        values = plane if visible is None else plane[visible]
        counts &= plane > values.min(initial=np.inf)
        counts &= plane < values.max(initial=-np.inf)
    return counts


def _kept_of_variance(unclipped: Mask, visible: Mask | None) -> Values:
    """Find which share of the variance of noise is left in every block; zero if it is unknown.

    A standard normal variable that is clipped at t = Φ⁻¹(p) has the mean pt + φ(t) and
    the mean square pt² + 1 − p + tφ(t).
    """
    shares = 1 - _cut(unclipped[None])[0].mean(axis=(1, 2))
    whole = np.ones(shares.shape, bool)
    if visible is not None:
        whole &= _cut(visible[None])[0].all(axis=(1, 2))
    kept = np.zeros(len(shares))
    normal = NormalDist()
    for p in np.unique(shares[shares <= _CLIPPED]):
        t = normal.inv_cdf(p) if p else 0.0
        density = normal.pdf(t) if p else 0.0
        of_p = 1 - p + p * t**2 + t * density - (p * t + density) ** 2
        kept[whole & (shares == p)] = of_p
    return kept


def _heard(spectra: Sequence[Spectrum]) -> list[int]:
    """Find the channels whose noise is not far weaker than that of another."""
    strongest = max(spectrum.variance for spectrum in spectra)
    return [c for c, spectrum in enumerate(spectra) if spectrum.variance > _MATTERS**2 * strongest]


def _bins(light: Values) -> list[NDArray[np.intp]]:
    """Divide blocks, from dark to bright, into bins of equal numbers."""
    count = min(_BINS, max(1, len(light) // _FEWEST_IN_BIN))
    return np.array_split(np.argsort(light, kind="stable"), count)
