"""Boxes of AVIF and JPEG 2000: compressed bytes that look like a box are not one."""

import io
import struct
from dataclasses import replace

import numpy as np
import PIL.Image
import PIL.ImageOps
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_files import sample_files

from pdefilter.images.codecs.boxes import box, boxes
from pdefilter.images.formats import named
from pdefilter.images.reading import Reading

SAMPLES = sample_files()
# The beginnings of boxes of another picture, and a codestream of another size.
DECOYS = [
    b"\0\0\0\x14ispe\0\0\0\0" + struct.pack(">II", 60_000, 60_000),
    b"ispe",
    b"\0\0\0\x0cav1C\x81\x00\x60\0",
    b"\0\0\0\x09irot\1",
    b"\0\0\0\x09imir\1",
    b"\xff\x4f\xff\x51\0\x2f\0\0" + struct.pack(">4I", 60_000, 60_000, 0, 0) + bytes(40),
    b"\xff\xd9",
]
KINDS = st.binary(min_size=4, max_size=4)


@given(st.lists(st.tuples(KINDS, st.binary(max_size=40)), max_size=5), st.binary(max_size=7))
def test_boxes_come_back(parts, rest):
    assert list(boxes(b"".join(box(*part) for part in parts) + rest)) == parts


@given(st.binary(max_size=60))
def test_any_bytes_can_be_split(data):
    assert sum(len(body) for _, body in boxes(data)) <= len(data)


@pytest.mark.parametrize("name", ["described.avif", "deep.avif", "colour.jp2", "deep.jp2"])
@given(decoys=st.lists(st.one_of(st.sampled_from(DECOYS), st.binary(max_size=9)), min_size=1))
def test_a_decoy_is_not_a_box(name, decoys):
    format_, data = named(name.split(".")[1]), SAMPLES[name]
    parts = list(boxes(data))
    decoy = (b"free" if name.endswith("avif") else b"uuid", bytes(16) + b"".join(decoys))
    # The pixels of an AVIF must not be moved.
    at = len(parts) if name.endswith("avif") else 2
    changed = b"".join(box(*part) for part in [*parts[:at], decoy, *parts[at:]])
    plain, found = (format_.decode(file, Reading()) for file in (data, changed))
    assert found.size == plain.size
    one, other = plain.read(0), found.read(0)
    # The decoy itself is kept, as an unknown box.
    kept = replace(other.metadata, own=one.metadata.own)
    assert (one.bits, one.metadata) == (other.bits, kept)
    assert np.array_equal(one.pixels, other.pixels)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_of_an_avif_comes_from_its_boxes(orientation):
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    pixels = np.random.default_rng(0).integers(0, 256, (9, 13, 3), np.uint8)
    stream = io.BytesIO()
    PIL.Image.fromarray(pixels).save(stream, "AVIF", exif=exif, quality=100, subsampling="4:4:4")
    with PIL.Image.open(stream) as file:
        expected = np.asarray(PIL.ImageOps.exif_transpose(file))
    found = named("avif").decode(stream.getvalue(), Reading()).read(0).pixels
    assert np.array_equal(found, expected)
