"""Noise, which no format can compress: every format holds it, however large it gets."""

import warnings
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdefilter import Image, ImageError
from pdefilter.images.formats import FORMATS
from pdefilter.images.frames import Frames
from pdefilter.images.metadata import Metadata
from pdefilter.images.reading import Reading
from pdefilter.images.values import to_full_range

# WebP has no grey; BMP, AVIF and HEIC have no grey with alpha: both come back as equal RGB.
AS_COLOUR = {("WebP", 1), ("WebP", 2), ("BMP", 2), ("AVIF", 2), ("HEIC", 2)}
SIDES = st.one_of(st.integers(1, 20), st.sampled_from([1, 127, 128, 200]))


def noise(rng, dtype, shape):
    """Random bytes; bits between 8 and 16 are scaled to 16, as readers do."""
    if dtype == "bool":
        return rng.random(shape) < 0.5
    bits = int(dtype.removeprefix("uint")) if dtype.startswith("uint") else 8
    if bits % 8:
        return to_full_range(rng.integers(0, 1 << bits, shape, np.uint16), (1 << bits) - 1)
    stored = np.dtype(dtype)
    return np.frombuffer(rng.bytes(int(np.prod(shape)) * stored.itemsize), stored).reshape(shape)


@st.composite
def noisy_frames(draw, format_):
    """Images that a format holds, all of one kind."""
    dtype = draw(st.sampled_from(format_.types))
    channels = draw(st.integers(1, 5))
    image = Image(
        np.zeros((1, 1, channels), np.uint8),
        has_alpha=draw(st.booleans()) and channels > 1,
        bits=int(dtype[4:]) if dtype in ("uint10", "uint12") else None,
    )
    image = replace(image, is_cmyk=image.colours == 4 and draw(st.booleans()))
    shape = (draw(SIDES), draw(SIDES), channels)
    count = draw(st.integers(1, 3)) if format_.several else 1
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    pixels = [noise(rng, dtype, shape) for _ in range(count)]
    if format_.name == "GIF" and channels > 1:
        # A frame holds 256 colours; pixels are opaque, or fully transparent and black.
        few = rng.integers(0, 256, (200, channels), np.uint8)
        if image.has_alpha:
            few[:, -1] = 255
            few[0] = 0
        pixels = [few[rng.integers(0, 200, shape[:2])] for _ in range(count)]
    if format_.name == "EXR" and image.has_alpha:
        # Colours are premultiplied, so that only those under alpha 1 come back exactly.
        pixels = [np.where(np.isfinite(p), p, 0) for p in pixels]
        for p in pixels:
            p[..., -1] = 1
    return [replace(image, pixels=p if channels > 1 else p[..., 0]) for p in pixels]


@pytest.mark.parametrize(
    "format_", [f for f in FORMATS if f.types], ids=lambda format_: format_.name
)
@given(data=st.data(), timed=st.booleans())
def test_every_format_holds_noise(format_, data, timed):
    images = data.draw(noisy_frames(format_), label="images")
    try:
        format_.require(images[0])
    except ImageError:
        return
    if timed and "duration" in format_.carries:
        images = [replace(i, metadata=Metadata(duration=Fraction(40))) for i in images]
    with warnings.catch_warnings():
        # AVIF stores no alpha that is opaque everywhere, as in an image of one pixel.
        warnings.filterwarnings("ignore", "AVIF stores no alpha")
        stored = format_.encode(Frames(len(images), lambda number: images[number]))
    frames = format_.decode(stored, Reading())
    assert frames.count == len(images)
    for image, back in zip(images, frames, strict=True):
        expected, found = np.atleast_3d(image.pixels), np.atleast_3d(back.pixels)
        assert found.shape[:2] == expected.shape[:2]
        assert found.dtype == expected.dtype
        if format_.name == "JPEG":
            continue  # noise is the worst input for a lossy format
        if (format_.name, image.channels) in AS_COLOUR:
            expected = expected[..., [0, 0, 0, 1][: 3 + image.has_alpha]]
        # Some drop opaque alpha, and turn equal colours into grey.
        channels = found.shape[2]
        if format_.name in ("GIF", "AVIF") and channels < expected.shape[2]:
            kept = [0, 3] if channels <= 2 else [0, 1, 2]
            dropped = expected[..., [c for c in range(expected.shape[2]) if c not in kept]]
            assert (dropped == (255 if channels > 2 else dropped[..., :1])).all()
            expected = expected[..., kept[:channels]]
        assert found.tobytes() == expected.tobytes()


def test_a_gif_holds_indices_that_no_code_can_join():
    # Every pair of values comes once, so that no code stands for more than one value: LZW grows by
    # the most possible, from 8 to 12 bits.
    values = [0]
    for a in range(256):
        values += [value for b in range(a + 1, 256) for value in (b, a)] + [a]
    pixels = np.array(values[: 1 << 16], np.uint8).reshape(256, 256)
    gif = next(format_ for format_ in FORMATS if format_.name == "GIF")
    stored = gif.encode(Frames(1, lambda _: Image(pixels)))
    assert len(stored) > 1.3 * pixels.size
    assert np.array_equal(gif.decode(stored, Reading()).read(0).pixels, pixels)


@pytest.mark.parametrize("rows", range(1, 6))
def test_few_rows_of_many_channels_are_not_planes(rows):
    pixels = np.random.default_rng(rows).integers(0, 256, (rows, 3, 5), np.uint8)
    image = Image(pixels, has_alpha=True, is_cmyk=True)
    for format_ in FORMATS:
        if format_.cmyk and format_.alpha:
            back = format_.decode(format_.encode(Frames(1, lambda _: image)), Reading()).read(0)
            assert np.array_equal(back.pixels, pixels)
            assert back.is_cmyk
            assert back.has_alpha
