"""OpenEXR, by its own library: half, float or 32-bit channels of any name."""

import io
from collections.abc import Iterable
from typing import Any

import numpy as np
import OpenEXR

from pdefilter.errors import ImageError
from pdefilter.images.alpha import divided, multiplied
from pdefilter.images.codecs.silence import silence
from pdefilter.images.frames import Frames, single
from pdefilter.images.image import Image
from pdefilter.images.metadata import Metadata
from pdefilter.images.reading import Reading

_ORDER = {name: at for at, name in enumerate(("Y", "R", "G", "B", "A"))}
_NAMES = {1: ["Y"], 2: ["Y", "A"], 3: ["R", "G", "B"], 4: ["R", "G", "B", "A"]}
# What the pixels themselves say.
_STRUCTURE = {"channels", "compression", "dataWindow", "displayWindow", "lineOrder", "type",
              "tiles", "chunkCount", "name", "version", "maxSamplesPerPixel"}  # fmt: skip
# What is said of the camera even where nothing is known of it.
_USUAL = {"pixelAspectRatio": 1, "screenWindowCenter": 0, "screenWindowWidth": 1}


def decode(data: bytes, name: str, reading: Reading) -> Frames:  # noqa: ARG001 (every codec takes it)
    """Read the pixels of the only part; colours are stored multiplied by alpha."""
    with silence():
        header = _opened(data, header_only=True)
    if len(header.parts) != 1:
        raise ImageError(f"has {len(header.parts)} parts; give a file of one")
    (left, top), (right, bottom) = header.header()["dataWindow"]
    size = (int(bottom) - int(top) + 1, int(right) - int(left) + 1)
    reading.require_size(*size)

    def read() -> Image:
        with silence():
            file = _opened(data)
        channels = file.channels()
        names = sorted(channels, key=lambda name: (_ORDER.get(name, len(_ORDER)), name))
        if any((channels[n].xSampling, channels[n].ySampling) != (1, 1) for n in names):
            raise ImageError("has channels of fewer pixels than others; convert it first")
        planes = [channels[name].pixels for name in names]
        if planes[0].dtype.kind == "u" or len({plane.dtype for plane in planes}) > 1:
            # 32-bit integers number things; they are no brightness between zero and one.
            planes = [plane.astype(np.float32) for plane in planes]
        pixels = np.stack(planes, axis=-1) if len(planes) > 1 else planes[0]
        has_alpha = names in (_NAMES[2], _NAMES[4])
        said = {key: v for key, v in file.header().items() if key not in _STRUCTURE}
        return Image(
            divided(pixels) if has_alpha else pixels,
            has_alpha=has_alpha,
            metadata=Metadata(
                own=tuple(
                    (key, value)
                    for key, value in said.items()
                    if not (key in _USUAL and np.all(value == _USUAL[key]))
                ),
                stored=names,
            ),
        )

    return single(read, size)


def encode(images: Iterable[Image], name: str) -> bytes:  # noqa: ARG001 (every codec takes it)
    """Write one part, compressed without loss."""
    (image,) = images
    said = dict(image.metadata.own) if image.format == "EXR" else {}
    names = _names(image)
    pixels = image.pixels.reshape(*image.pixels.shape[:2], -1)
    if image.has_alpha:
        pixels = multiplied(pixels)
    header = said | {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    channels = {n: np.ascontiguousarray(pixels[..., at]) for at, n in enumerate(names)}
    stream = io.BytesIO()
    OpenEXR.File(header, channels).write(stream)
    return stream.getvalue()


def _names(image: Image) -> list[str]:
    if image.format == "EXR":
        stored: list[str] = image.metadata.stored
        return stored
    if image.has_alpha == (image.channels in (2, 4)) and image.channels in _NAMES:
        return _NAMES[image.channels]
    return [f"channel{number:05}" for number in range(image.channels)]


def _opened(data: bytes, *, header_only: bool = False) -> Any:
    return OpenEXR.File(io.BytesIO(data), separate_channels=True, header_only=header_only)
