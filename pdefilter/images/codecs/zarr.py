"""Zarr and OME-Zarr in memory: the archive of a folder, through the stores for any size."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from tempfile import TemporaryDirectory

from pdefilter.grid import Box, Grid
from pdefilter.images.codecs.zarr_volumes import volumes_in, write_volumes
from pdefilter.images.folders import archive, is_complete, unpack
from pdefilter.images.frames import Frames, single
from pdefilter.images.image import Image
from pdefilter.images.reading import Reading
from pdefilter.images.stores.zarr import ZarrStore
from pdefilter.images.stores.zarr_sink import ZarrSink
from pdefilter.images.volume import Volume


def decode(data: bytes, name: str, reading: Reading) -> Frames:
    """Read the image of a folder."""
    if not is_complete(data):
        reading.report_flaw("is truncated")
    with _unpacked(data) as folder:
        volumes = volumes_in(folder, reading)
    if volumes is not None:
        return volumes.frames(lambda: _unpacked(data))
    with _opened(data, reading) as store:
        shape, outline = store.shape, store.outline
        reading.require_size(*shape, outline.channels)
        store.require_chunks()

    def read() -> Image:
        with _opened(data, reading) as store:
            image = store.read(Box((0, 0), shape))
        return replace(image, metadata=outline.metadata)

    return replace(single(read, shape), outline=lambda _: outline)


def encode(images: Frames, name: str) -> bytes:
    """Write an OME-Zarr image, or volumes."""
    image = images.read(0)
    if isinstance(image, Volume):
        with TemporaryDirectory() as folder:
            target = os.path.join(folder, "image.zarr")
            write_volumes([image, *map(images.read, range(1, images.count))], target)
            return archive(target)
    grid = Grid.unit(image.pixels.shape[:2])
    outline = replace(image, pixels=image.pixels[:1, :1], mask=None)
    with TemporaryDirectory() as folder:
        target = os.path.join(folder, "image.zarr")
        with ZarrSink(target, outline, grid, fingerprint="", replace=False) as sink:
            sink.keep(sink.encode(Box.whole(grid), image))
        return archive(target)


@contextmanager
def _unpacked(data: bytes) -> Iterator[str]:
    with TemporaryDirectory() as folder:
        unpack(data, folder)
        yield folder


@contextmanager
def _opened(data: bytes, reading: Reading) -> Iterator[ZarrStore]:
    with _unpacked(data) as folder:
        yield ZarrStore(folder, reading)
