"""Images that are read and written box by box, in random boxes and orders."""

import pickle
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from pdefilter.grid import Grid, boxes
from pdefilter.images.image import Image
from pdefilter.images.stores.opening import new_sink

DTYPES = ("uint8", "int16", "uint16", "uint32", "int64", "uint64", "float16", "float32", "float64")


@st.composite
def images(draw, side=400, dtypes=DTYPES):
    """Random images: smooth, so that compression has something to do, in parts all zero."""
    shape = draw(st.integers(1, side)), draw(st.integers(1, side))
    channels = draw(st.integers(1, 5))
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    full = 1000 if dtype.kind == "f" else np.iinfo(dtype).max
    waves = np.sin(np.arange(shape[0])[:, None, None] / rng.uniform(3, 90, channels))
    pixels = ((waves + rng.random((*shape, channels)) / 9).clip(0, 1) * full * 0.99).astype(dtype)
    pixels = pixels[..., 0] if channels == 1 else pixels
    return Image(pixels, has_alpha=channels in (2, 4))


def outline_of(image):
    """An image as a single pixel."""
    mask = None if image.mask is None else image.mask[:1, :1]
    return replace(image, pixels=image.pixels[:1, :1], mask=mask)


def part(image, box):
    mask = None if image.mask is None else image.mask[box.slices]
    return replace(image, pixels=image.pixels[box.slices], mask=mask)


def cut(grid, blocks, several, seed):
    """Cut a grid into boxes of so many blocks, in a random order."""
    cuts = list(boxes(grid, tuple(n * block for n, block in zip(several, blocks, strict=True))))
    np.random.default_rng(seed).shuffle(cuts)
    return cuts


def written(image, target, format_, several=(1, 1), seed=0, **options):
    """Write an image box by box, each encoded by a copy of the sink as in another process."""
    grid = Grid.unit(image.pixels.shape[:2])
    options = {"fingerprint": "same", "replace": True, **options}
    with new_sink(str(target), outline_of(image), grid, format_, **options) as sink:
        for box in cut(grid, sink.blocks, several, seed):
            other = pickle.loads(pickle.dumps(sink))
            sink.keep(pickle.loads(pickle.dumps(other.encode(box, part(image, box)))))
    return sink


def put_together(store, several=(1, 1), seed=0, blocks=None):
    """Read an image box by box."""
    whole = np.empty((*store.shape, *store.outline.pixels.shape[2:]), store.outline.pixels.dtype)
    mask = None if store.outline.mask is None else np.empty(store.shape, bool)
    for box in cut(Grid.unit(store.shape), blocks or store.blocks, several, seed):
        image = store.read(box)
        assert image.pixels.dtype == whole.dtype
        whole[box.slices] = image.pixels
        if mask is not None:
            mask[box.slices] = image.mask
    return replace(store.outline, pixels=whole, mask=mask)
