"""Harmful files: refused in one sentence, in little time and memory."""

import re
import resource
import struct
import time
import tracemalloc
import zlib

import imagecodecs
import numpy as np
import PIL.Image
import pytest
from sample_files import SIDE, png_chunk, sample_files
from unusual import unusual_files

import pdefilter
from pdefilter import ImageError
from pdefilter.images.codecs.tiff.claims import claimed_size
from pdefilter.images.formats import named
from pdefilter.images.reading import MOST_PIXELS, Reading

SIGNATURE = b"\x89PNG\r\n\x1a\n"
SECONDS = 10
# The memory of the interpreter and the libraries; a bomb would take gigabytes more.
MOST_MEMORY = 3 << 30


def png_header(columns, rows, bits=8, colour_type=0):
    return png_chunk(b"IHDR", struct.pack(">IIBBBBB", columns, rows, bits, colour_type, 0, 0, 0))


def black_square(side):
    """A PNG of one bit a pixel, all black, which compresses a thousandfold."""
    deflated = zlib.compressobj(9)
    row = bytes(1 + side // 8)
    body = b"".join(deflated.compress(row) for _ in range(side)) + deflated.flush()
    header, end = png_header(side, side, bits=1), png_chunk(b"IEND", b"")
    return SIGNATURE + header + png_chunk(b"IDAT", body) + end


def looping_tiff(pages, back_to):
    """A chain of directories whose last points back to another."""
    entries = [(256, 4, 1, 4), (257, 4, 1, 4), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1),
               (273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, 4), (279, 4, 1, 16)]  # fmt: skip
    size = 2 + 12 * len(entries) + 4
    data = bytearray(b"II*\0" + struct.pack("<I", 24) + bytes(16))
    for number in range(pages):
        following = 24 + size * (number + 1 if number + 1 < pages else back_to)
        data += struct.pack("<H", len(entries))
        data += b"".join(struct.pack("<HHII", *entry) for entry in entries)
        data += struct.pack("<I", following)
    return bytes(data)


def gif_of(count, side=1):
    size = struct.pack("<HH", side, side)
    frame = b"\x21\xf9\4\0\1\0\0\0" + b"," + bytes(4) + size + b"\0\2\2\x44\1\0"
    return b"GIF89a" + size + b"\x80\0\0\0\0\0\xff\xff\xff" + frame * count + b";"


def text_bomb():
    packed = zlib.compress(bytes(1 << 28), 9)
    sample = sample_files()["grey.png"]
    ihdr = 8 + 25
    return sample[:ihdr] + png_chunk(b"zTXt", b"Comment\0\0" + packed) + sample[ihdr:]


def sparse_tiff(side, channels):
    """A TIFF of many channels that stores no pixels, so that all are zero."""
    bits = struct.pack(f"<{channels}H", *[16] * channels)
    entries = [(256, 4, 1, side), (257, 4, 1, side), (258, 3, channels, 8), (259, 3, 1, 1),
               (262, 3, 1, 1), (273, 4, 1, 0), (277, 3, 1, channels), (278, 4, 1, side),
               (279, 4, 1, 0)]  # fmt: skip
    directory = struct.pack("<H", len(entries))
    directory += b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4)
    return b"II*\0" + struct.pack("<I", 8 + len(bits)) + bits + directory


def vast_tiles():
    """An EXR of a few pixels in a tile of 4 TiB."""
    data, attribute = unusual_files()["tiles.exr"], b"tiles\0tiledesc\0\x09\0\0\0"
    at = data.index(attribute) + len(attribute)
    return data[:at] + struct.pack("<II", 1 << 20, 1 << 20) + data[at + 8 :]


def vast_strip():
    """A TIFF of a few pixels, whose only strip is a JPEG that claims 12 GB."""
    data = sample_files()["jpeg.tif"]
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", 65_000, 65_000) + data[at + 4 :]


HARMFUL = {
    "tiles.exr": (vast_tiles, "claims tiles of 1048576 × 1048576 pixels, more than the"),
    "strip.tif": (vast_strip, "has 1 of 1 parts that cannot be decoded"),
    "bands.tif": (
        lambda: sparse_tiff(4000, 4000),
        "claims 4000 × 4000 pixels of 4000 channels, more than the",
    ),
    "black.png": (lambda: black_square(65_536), "claims 65536 × 65536 pixels, more than the"),
    "lie.png": (
        lambda: SIGNATURE + png_header(8, 8) + png_chunk(b"IDAT", b"x", size=0xFFFF_FFF0),
        "is truncated",
    ),
    "self.tif": (lambda: looping_tiff(1, 0), "directories that form a loop"),
    "long.tif": (lambda: looping_tiff(5000, 17), "directories that form a loop"),
    "many.tif": (lambda: looping_tiff(40_000, 1 << 20), "truncated in the directory"),
    "many.gif": (lambda: gif_of(100_000), "claims 100000 frames of 1 × 1 pixels, more than"),
    "wide.gif": (lambda: gif_of(1, 65_535), "claims 65535 × 65535 pixels"),
    "bomb.webp": (
        lambda: b"RIFF\x1a\0\0\0WEBPVP8L\x0e\0\0\0\x2f\xff\xff\xff\x0f" + bytes(9),
        "claims 16384 × 16384 pixels",
    ),
    "text.png": (text_bomb, None),
    "chunks.png": (
        lambda: SIGNATURE + png_header(8, 8) + png_chunk(b"tEXt", b"a\0b") * 100_000,
        "is truncated",
    ),
    "wide.ppm": (lambda: b"P6\n999999999 999999999\n255\n" + bytes(99), "claims 999999999 ×"),
    "deep.pam": (
        lambda: b"P7\nWIDTH 9\nHEIGHT 9\nDEPTH 999999999\nMAXVAL 255\nENDHDR\n" + bytes(99),
        "claims",
    ),
    "long.npy": (
        lambda: b"\x93NUMPY\2\0\xff\xff\xff\x7f" + bytes(99),
        "broken NPY",
    ),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_a_harmful_file_is_harmless(pdefilter_command, tmp_path, name):
    make, problem = HARMFUL[name]
    (tmp_path / name).write_bytes(make())
    assert (tmp_path / name).stat().st_size < 8 << 20
    started = time.monotonic()
    done = pdefilter_command(
        "edge", name, "-o", "o.tif",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY)),
    )  # fmt: skip
    assert time.monotonic() - started < SECONDS
    text = done.stderr.decode()
    assert "Traceback" not in text
    if problem is None:
        assert done.returncode == 0
    else:
        assert done.returncode == 1
        assert re.fullmatch(rf"error: {name}: .*({problem}).*\n", text)


def test_no_memory_is_allocated_for_the_claims_of_a_part_of_a_tiff():
    tracemalloc.start()
    with pytest.raises(ImageError, match="cannot be decoded"):
        named("tif").decode(vast_strip(), Reading()).read(0)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1 << 24


@pytest.mark.parametrize("name", ["progressive.jpg", "deep.png", "lossy.webp", "lossless.webp"])
def test_the_claimed_size_of_a_part(name):
    assert claimed_size(sample_files()[name]) == SIDE
    assert claimed_size(b"") == claimed_size(b"II*\0") == (0, 0)


def test_the_claimed_size_of_parts_of_newer_formats():
    picture = np.zeros(SIDE, np.uint8)
    assert claimed_size(bytes(imagecodecs.jpegxl_encode(picture, usecontainer=False))) == SIDE
    assert claimed_size(bytes(imagecodecs.jpeg2k_encode(picture, codecformat="j2k"))) == SIDE


def test_the_limit_is_an_option_and_named_in_the_message(pdefilter_command, tmp_path):
    PIL.Image.fromarray(np.zeros((20, 30), np.uint8)).save(tmp_path / "i.png")
    done = pdefilter_command("edge", "i.png", "--max-pixels", "599", "-o", "o.png")
    assert done.returncode == 1
    assert b"claims 30 \xc3\x97 20 pixels, more than the limit of 599; " in done.stderr
    assert b"raise --max-pixels" in done.stderr
    done = pdefilter_command("edge", "i.png", "--max-pixels", "6e2", "-o", "o.png")
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_default_limit_is_the_one_that_the_help_names(pdefilter_command):
    text = pdefilter_command("edge", "--help-all").stdout.decode()
    assert f"by default {MOST_PIXELS};" in " ".join(text.split())


def test_a_frame_of_too_many_may_be_picked(pdefilter_command, tmp_path):
    (tmp_path / "many.gif").write_bytes(gif_of(100_000))
    done = pdefilter_command("edge", "many.gif", "--frame", "7", "-o", "o.png")
    assert (done.returncode, done.stderr) == (0, b"")
    done = pdefilter_command("edge", "many.gif", "--frame", "100000", "-o", "o2.png")
    assert done.returncode == 1
    assert b"has 100000 frames, but no frame 100000" in done.stderr


@pytest.mark.parametrize("name", sample_files())
def test_every_format_knows_its_size_before_it_decodes(tmp_path, name):
    (tmp_path / name).write_bytes(sample_files()[name])
    with pytest.raises(
        ImageError, match=r"claims \d+( × \d+)+ pixels, more than the limit of 100;"
    ):
        pdefilter.read(tmp_path / name, frame=0, max_pixels=100)


def test_an_endless_file_is_not_read_on(pdefilter_command):
    done = pdefilter_command("edge", "/dev/zero", "-o", "o.png")
    assert done.returncode == 1
    assert b"/dev/zero: is not an image of a known format" in done.stderr
