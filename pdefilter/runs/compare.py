"""How much two images differ, in the values that their files store."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pdefilter.errors import ImageError
from pdefilter.images.holes import valid_pixels
from pdefilter.images.image import Image, Pixels
from pdefilter.images.lengths import size_in_words
from pdefilter.images.values import natural_scale
from pdefilter.kernels.bands import for_each
from pdefilter.raster import Mask
from pdefilter.warn import warn

TOGETHER, ALPHA = "together", "alpha"

# Of Wang et al. 2004: a Gaussian window of 11 × 11 pixels.
_SIGMA, _WINDOW = 1.5, 11

_BAND_PIXELS = 1 << 20

# A channel with its name: its stored values in both images, and which of them count.
Channel = tuple[str, Pixels, Pixels, Mask]


@dataclass(frozen=True)
class Errors:
    """The errors of one channel, or of all colours together.

    Attributes
    ----------
    psnr : float or None
        The peak signal-to-noise ratio 20 log₁₀(full scale / root mean square error) in dB;
        None if no value differs, as it is infinite then.
    ssim : float or None
        The mean structural similarity; None if no window of 11 × 11 pixels is visible.
    mean_error, largest_error : float
        The mean and the largest absolute difference.
    """

    psnr: float | None
    ssim: float | None
    mean_error: float
    largest_error: float


@dataclass(frozen=True)
class Comparison:
    """How much two images differ.

    Attributes
    ----------
    full_scale : float
        The stored value of full scale.
    pixels : int
        The number of pixels that are visible in both.
    channels : mapping of str to Errors
        The errors of all colours together, then of each channel.
    """

    full_scale: float
    pixels: int
    channels: dict[str, Errors]

    @property
    def is_identical(self) -> bool:
        """Whether no visible value differs."""
        return all(errors.psnr is None for errors in self.channels.values())

    @property
    def psnr(self) -> float:
        """The PSNR of the colours, or of alpha if that is lower; infinite if identical."""
        return min(math.inf if one.psnr is None else one.psnr for one in self._judged())

    @property
    def ssim(self) -> float | None:
        """The SSIM of the colours, or of alpha if that is lower; 1 if identical."""
        if self.is_identical:
            return 1.0
        values = [one.ssim for one in self._judged() if one.ssim is not None]
        return min(values) if values else None

    def _judged(self) -> list[Errors]:
        return [self.channels[name] for name in (TOGETHER, ALPHA) if name in self.channels]


def compare(one: Image, other: Image, *, with_ssim: bool = True) -> Comparison:
    """Measure how much two images differ.

    Only pixels count that are visible in both: no holes, and no colours under alpha 0.
    Alpha is a channel of its own. A window of SSIM counts if all of it is visible.

    Parameters
    ----------
    one, other : Image
        Images of the same size, type and channels. Full scale is that of the first.
    with_ssim : bool
        Whether the structural similarity is measured too.

    Raises
    ------
    ImageError
        If the images are not of the same kind, or no pixel is visible in both.

    References
    ----------
    .. [1] Wang, Bovik, Sheikh & Simoncelli: Image quality assessment: from error visibility
       to structural similarity. IEEE TIP 13, 2004. https://doi.org/10.1109/TIP.2003.819861
    """
    channels = channels_of(one, other)
    if holes := int(np.count_nonzero((_valid(one) != _valid(other)).any(axis=0))):
        warn(f"{holes} pixels are holes in one of the images only, and do not count")
    seen = np.logical_or.reduce([counts for name, *_, counts in channels if name != ALPHA])
    full = _full_scale(one, channels)
    errors: dict[str, Errors] = {}
    of_colours = []
    for name, a, b, counts in channels:
        differences = difference(a, b)[counts]
        largest = float(differences.max(initial=0))
        if math.isinf(largest):
            raise ImageError("has values that differ by more than float64 holds")
        # Relative to the largest, so that no square overflows.
        relative = differences / (largest or 1.0)
        moments = len(relative), largest, float(relative.sum()), float(relative @ relative)
        ssim = _ssim(a, b, counts, full) if with_ssim else None
        errors[name] = _errors([moments], full, ssim)
        if name != ALPHA:
            of_colours.append((moments, ssim))
    similarities = [ssim for _, ssim in of_colours if ssim is not None]
    together = _errors(
        [moments for moments, _ in of_colours],
        full,
        math.fsum(similarities) / len(similarities) if similarities else None,
    )
    return Comparison(full, int(np.count_nonzero(seen)), {TOGETHER: together, **errors})


def require_alike(one: Image, other: Image) -> None:
    """Refuse images that cannot be compared.

    Raises
    ------
    ImageError
        If they differ in their size, in the type of their values or in their channels.
    """
    if one.shape != other.shape:
        size, other_size = size_in_words(one.shape), size_in_words(other.shape)
        raise ImageError(
            f"has {size} pixels, but the other image {other_size}; crop or scale one of them"
        )
    types = [image.pixels.dtype for image in (one, other)]
    if types[0] != types[1] and not types[0].kind == types[1].kind == "f":
        raise ImageError(
            f"has values of {types[0]}, but the other image of {types[1]}; convert one of them"
        )
    if _kind(one) != _kind(other):
        raise ImageError(
            f"is {_kind(one)}, but the other image is {_kind(other)}; convert one of them"
        )


def _kind(image: Image) -> str:
    names = {1: "grey", 3: "RGB", 4: "CMYK" if image.is_cmyk else "4 bands"}
    kind = names.get(image.colours, f"{image.colours} bands")
    return kind + " with alpha" * image.has_alpha


def _names(image: Image) -> list[str]:
    if image.is_cmyk:
        names = ["cyan", "magenta", "yellow", "black"]
    elif image.colours == 1:
        names = ["grey"]
    elif image.has_colours:
        names = ["red", "green", "blue"]
    else:
        names = [f"band {number}" for number in range(1, image.colours + 1)]
    return [*names, ALPHA] if image.has_alpha else names


def channels_of(one: Image, other: Image) -> list[Channel]:
    """List the channels of both images, and which of their pixels count."""
    require_alike(one, other)
    shape = one.shape
    pairs = [image.pixels.reshape(*shape, -1) for image in (one, other)]
    valid, visible = _valid(one) & _valid(other), np.ones((1, *shape), bool)
    for image, pixels in zip((one, other), pairs, strict=True):
        if image.has_alpha:
            visible = visible & (pixels[..., -1] > 0)
    channels = []
    for number, name in enumerate(_names(one)):
        counts: Mask = valid[number if len(valid) > 1 else 0]
        if name != ALPHA:
            counts = counts & visible[0]
        channels.append((name, pairs[0][..., number], pairs[1][..., number], counts))
    if not any(counts.any() for *_, counts in channels):
        raise ImageError("has no pixel that is visible in both images")
    return channels


def difference(a: Pixels, b: Pixels) -> NDArray[Any]:
    """Find absolute differences: exact for integers, which no larger type need hold."""
    found: NDArray[Any]
    if a.dtype.kind == "f":
        with np.errstate(over="ignore", invalid="ignore"):
            found = np.abs(np.subtract(a, b, dtype=np.float64))
    elif a.dtype.kind == "b":
        found = (a != b).astype(np.uint8)
    else:
        # The difference of signed numbers may wrap around; read as unsigned it is right.
        found = (np.maximum(a, b) - np.minimum(a, b)).view(f"u{a.dtype.itemsize}")
    return found


def _valid(image: Image) -> Mask:
    """Find which values are no holes, of shape (1, M, N), or (C, M, N) where channels differ."""
    shape = image.shape
    valid = valid_pixels(image)
    return np.ones((1, *shape), bool) if valid is None else valid.reshape(-1, *shape)


def _full_scale(image: Image, channels: list[Channel]) -> float:
    if image.full_scale is None:
        return natural_scale(image.pixels.dtype).full
    if image.full_scale != "range":
        return float(image.full_scale)
    values = [a[counts] for name, a, _, counts in channels if name != ALPHA and counts.any()]
    size = max((float(v.max()) - float(v.min()) for v in values), default=0.0)
    if not 0 < size < math.inf:
        raise ImageError("has a range that is not above 0 and finite; give a number as full scale")
    return size


def _errors(
    channels: list[tuple[int, float, float, float]], full: float, ssim: float | None
) -> Errors:
    """Sum up channels: the number of values, the largest, and relative sums of both powers."""
    count = sum(size for size, *_ in channels)
    largest = max(most for _, most, *_ in channels)
    if not largest:
        return Errors(None, ssim, 0.0, 0.0)
    mean = math.fsum(total * (most / largest) for _, most, total, _ in channels) / count
    square = math.fsum(total * (most / largest) ** 2 for _, most, _, total in channels) / count
    psnr = 20 * (math.log10(full) - math.log10(largest)) - 10 * math.log10(square)
    return Errors(psnr, ssim, mean * largest, largest)


def _ssim(a: Pixels, b: Pixels, counts: Mask, full: float) -> float | None:
    """Average the structural similarity over all windows that are wholly visible.

    Windows of a volume lie in its slices.
    """
    if a.ndim > 2:
        found_in = [_ssim(*slices, full) for slices in zip(a, b, counts, strict=True)]
        seen = [ssim for ssim in found_in if ssim is not None]
        return math.fsum(seen) / len(seen) if seen else None
    rows, columns = a.shape
    if min(rows, columns) < _WINDOW:
        return None
    from scipy.ndimage import minimum_filter
    from skimage.metrics import structural_similarity

    border = _WINDOW // 2
    middle = slice(border, -border)
    largest = max(
        float(np.abs(values, dtype=np.float64).max(where=counts, initial=full)) for values in (a, b)
    )
    height = max(_WINDOW, _BAND_PIXELS // columns)
    found: dict[int, tuple[float, int]] = {}

    def work(first: int) -> None:
        rows_here = slice(first, min(first + height + 2 * border, rows))
        inside = counts[rows_here]
        # The similarity does not depend on the unit.
        x, y = (
            np.where(inside, values[rows_here], values.dtype.type(0)) / np.float64(largest)
            for values in (a, b)
        )
        _, similarity = structural_similarity(  # type: ignore[no-untyped-call]
            x,
            y,
            data_range=full / largest,
            gaussian_weights=True,
            sigma=_SIGMA,
            use_sample_covariance=False,
            full=True,
        )
        whole = minimum_filter(inside, _WINDOW)[middle, middle]
        values = similarity[middle, middle][whole]
        found[first] = float(values.sum()), values.size

    for_each(work, range(0, rows - 2 * border, height))
    count = sum(size for _, size in found.values())
    total = math.fsum(found[first][0] for first in sorted(found))
    return total / count if count and math.isfinite(total) else None
