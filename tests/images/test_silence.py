"""Libraries stay silent: a damaged file gives our own sentence, and nothing else."""

import io
import os
import subprocess
import sys
import tempfile
import threading
import warnings
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress

import numpy as np
import pytest
import tifffile
from damage import DAMAGE, damaged
from hypothesis import given
from hypothesis import strategies as st
from sample_files import sample_files
from unusual import unusual_files

from pdefilter.errors import PdefilterError
from pdefilter.images.codecs.silence import silence, without_warnings
from pdefilter.images.formats import detect_format
from pdefilter.images.reading import Reading

pytestmark = pytest.mark.one_in(2)


def tiff(compression, text):
    """A TIFF whose parts are of another format, with a tag for no data."""
    stream = io.BytesIO()
    picture = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    tifffile.imwrite(
        stream, picture, photometric="rgb", compression=compression, metadata=None,
        extratags=[(42113, 2, 0, text, True)],
    )  # fmt: skip
    return stream.getvalue()


FILES = (
    sample_files()
    | unusual_files()
    | {
        "xr.tif": tiff("jpegxr", "nan"),
        "j2k.tif": tiff("jpeg2000", "-9999"),
        "nodata.tif": tiff("zlib", "foo"),
    }
)


@contextmanager
def captured():
    """Capture both streams, of C and of Python, and every warning that is not ours."""
    output, text = [], io.StringIO()
    with (
        tempfile.TemporaryFile() as file,
        redirect_stdout(text),
        redirect_stderr(text),
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        kept = [os.dup(stream) for stream in (1, 2)]
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
        try:
            yield output
        finally:
            for stream, copy in zip((1, 2), kept, strict=True):
                os.dup2(copy, stream)
                os.close(copy)
            file.seek(0)
            output += file.read().decode("utf-8", "replace").splitlines()
            output += text.getvalue().splitlines()
            output += [
                f"{warning.category.__name__}: {warning.message} ({warning.filename})"
                for warning in caught
                # Ours point here, at the line that called the package.
                if warning.category is not UserWarning or warning.filename != __file__
            ]


def read(data, lenient):
    # A false size costs time.
    reading = Reading(most_pixels=1 << 20, lenient=lenient)
    with suppress(PdefilterError, MemoryError):
        frames = detect_format(data).decode(data, reading)
        list(frames.outlines())
        for number in range(min(frames.count, 3)):
            frames.read(number)


def with_unknown_tags(data, start):
    """Change the tags of a TIFF structure within a file to unknown ones."""
    changed, at = bytearray(data), data.index(start)
    order = "big" if start.startswith(b"MM") else "little"
    first = at + int.from_bytes(data[at + 4 : at + 8], order)
    for entry in range(int.from_bytes(data[first : first + 2], order)):
        place = first + 2 + 12 * entry
        changed[place : place + 2] = (entry + 1).to_bytes(2, order)
        changed[place + 8 : place + 12] = b"\xff" * 4
    return bytes(changed)


@pytest.mark.parametrize("lenient", [False, True])
@pytest.mark.parametrize(("name", "start"), [("xr.tif", b"II\xbc\1"), ("described.avif", b"MM\0*")])
def test_libraries_are_silent_about_unknown_tags(name, start, lenient):
    with captured() as output:
        read(with_unknown_tags(FILES[name], start), lenient)
    assert output == []


@pytest.mark.parametrize("name", FILES)
@given(**DAMAGE, lenient=st.booleans())
def test_libraries_are_silent_about_damage(name, changes, end, lenient):
    data = damaged(FILES[name], changes, end)
    with captured() as output:
        read(data, lenient)
    assert output == []


def test_output_before_and_after_gets_through():
    with captured() as output:
        os.write(1, b"before\n")
        with silence():
            os.write(1, b"out\n")
            os.write(2, b"error\n")
            print("out")
            print("error", file=sys.stderr)
            with without_warnings():
                warnings.warn("warning", stacklevel=1)
        os.write(2, b"after\n")
    assert output == ["before", "after"]


def test_blocks_of_threads_may_overlap():
    begun, ended = threading.Event(), threading.Event()

    def other():
        with silence():
            begun.set()
            ended.wait()

    with captured() as output:
        thread = threading.Thread(target=other)
        with silence():
            thread.start()
            begun.wait()
        os.write(2, b"within the other's\n")
        ended.set()
        thread.join()
        os.write(2, b"after both\n")
    assert output == ["after both"]


def test_closed_streams_stay_closed():
    code = (
        "import os; from pdefilter.images.codecs.silence import silence\n"
        "os.close(1)\n"
        "with silence(): os.write(2, b'no')\n"
        "os.write(2, b'yes')\n"
        "try: os.fstat(1)\n"
        "except OSError: os.write(2, b' closed')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.stderr == b"yes closed"


@pytest.mark.parametrize("name", ["colour.exr", "xr.tif", "nodata.tif", "described.avif"])
def test_the_command_prints_only_sentences(pdefilter_command, tmp_path, name):
    data = FILES[name]
    (tmp_path / name).write_bytes(data if name == "nodata.tif" else data[: len(data) * 2 // 3])
    done = pdefilter_command("heat-diffuse", name, "-o", "-", "--format", "tif", "--time", "0")
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 1
    word = "warning" if done.returncode == 0 else "error"
    assert lines[0].startswith(f"{word}: {name}: ")
    assert bool(done.stdout) == (done.returncode == 0) == (name == "nodata.tif")


def test_warnings_of_pictures_beside_an_image_are_sentences_too(pdefilter_command, tmp_path):
    (tmp_path / "in.png").write_bytes(FILES["grey.png"])
    grey = np.arange(26 * 34, dtype=np.int16).reshape(26, 34)
    tags = [(42113, 2, 0, "foo", True)]
    tifffile.imwrite(tmp_path / "mask.tif", grey, extratags=tags, metadata=None)
    output = "mask.tif: its value for no data, 'foo', is not a number: no pixel is a hole\n"
    done = pdefilter_command("smooth", "in.png", "--mask", "mask.tif", "-o", "o.png")
    assert (done.returncode, done.stderr.decode()) == (0, f"warning: --mask {output}")
    done = pdefilter_command("smooth", "in.png", "--mask", "mask.tif", "-q", "-o", "quiet.png")
    assert (done.returncode, done.stderr) == (0, b"")
    done = pdefilter_command("estimate", "mask.tif", "--json")
    assert (done.returncode, done.stderr.decode()) == (0, f"warning: {output}")
