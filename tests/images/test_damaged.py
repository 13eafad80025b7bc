"""Damaged files through the real executable: each gives an image or a sentence, in time."""

import re
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile
from sample_files import sample_files

import pdefilter
from pdefilter import ImageError
from pdefilter.images.formats import named
from pdefilter.images.reading import Reading

pytestmark = pytest.mark.one_in(2)

SAMPLES = sample_files()
every_sample = pytest.mark.parametrize("name", SAMPLES)

SENTENCE = re.compile(r"(error|warning|pdefilter): \S.*")
SECONDS_A_FILE = 10


@pytest.fixture
def filtered(pdefilter_command, tmp_path):
    """Filter many files in one call, and list those that became images."""

    def run(files, *options):
        folder = tmp_path / "in"
        folder.mkdir()
        for name, data in files.items():
            (folder / name).write_bytes(data)
        started = time.monotonic()
        done = pdefilter_command(
            "heat-diffuse", "in", "--time", "0", "--depth", "float", "--format", "tif",
            "-o", "out/", "-v", *options,
        )  # fmt: skip
        # The limit for one file bounds the mean time; a call that hangs has its own limit.
        assert time.monotonic() - started < SECONDS_A_FILE * len(files)
        lines = done.stderr.decode().splitlines()
        assert done.returncode in (0, 1), lines[-3:]
        assert [line for line in lines if not SENTENCE.fullmatch(line)] == []
        assert done.stdout == b""
        out = tmp_path / "out"
        made = {path.stem for path in out.iterdir()} if out.exists() else set()
        for name in files:
            is_reported = any(line.startswith(f"error: in/{name}: ") for line in lines)
            assert is_reported or name.split(".")[0] in made, name
        return made, lines

    return run


def suffix_of(name):
    """The ending of a sample; a folder of .dcm alone would be a series."""
    suffix = "".join(Path(name).suffixes)
    return ".tif" if suffix == ".dcm" else suffix


def cut(name):
    data, suffix = SAMPLES[name], suffix_of(name)
    return {
        f"cut{percent:02}{suffix}": data[: len(data) * percent // 100]
        for percent in range(0, 100, 4)
    }


def flipped(name, count=20):
    data, suffix = SAMPLES[name], suffix_of(name)
    rng = np.random.default_rng(sum(name.encode()))
    files = {}
    for number in range(count):
        changed = bytearray(data)
        # Half of the files are changed in their headers, which matter most.
        span = len(data) if number % 2 else min(len(data), 200)
        for at in rng.integers(4, span, rng.integers(1, 4)):
            changed[at] = rng.integers(256)
        files[f"flip{number:02}{suffix}"] = bytes(changed)
    return files


@every_sample
def test_the_sample_itself_is_read(tmp_path, name):
    (tmp_path / name).write_bytes(SAMPLES[name])
    images = list(pdefilter.read_frames(tmp_path / name))
    several = {"moving": 4, "pages": 5, "hyperstack": 4, "ome": 4, "times": 2}
    assert len(images) == several.get(re.split(r"[-.]", name)[0], 1)


@every_sample
def test_truncated_files_are_refused(filtered, name):
    made, lines = filtered(cut(name))
    for stem in made:  # unless only metadata after the pixels were cut off
        reports = [line for line in lines if line.startswith(f"warning: in/{stem}.")]
        assert reports
        assert all(line.endswith(" is broken: left out") for line in reports)
    assert all("Traceback" not in line for line in lines)


@every_sample
def test_flipped_bytes(filtered, name):
    filtered(flipped(name))


@every_sample
def test_lenient_reading(filtered, name):
    some = dict(list(cut(name).items())[::4])
    made, lines = filtered(some | flipped(name, 10), "--lenient")
    taken = [line for line in lines if "what can be decoded was kept" in line]
    salvages = name.endswith((".png", ".jpg", ".npy", ".pgm", ".ppm", ".pbm", ".pam", ".pfm"))
    if salvages and "moving" not in name:
        assert {line.split("/")[1].split(".")[0] for line in taken} & made


def test_the_end_of_a_thumbnail_is_not_the_end_of_the_picture():
    data = SAMPLES["twelve.jpg"]
    scan = data.index(b"\xff\xda")
    size = int.from_bytes(data[scan + 2 : scan + 4])
    thumbnail = data[scan + 4 : scan + 2 + size] + b"\xff\xd9"
    inner = b"\xff\xe1" + (2 + len(thumbnail)).to_bytes(2) + thumbnail
    jpeg = named("jpg")
    whole = data[:2] + inner + data[2:]
    assert jpeg.decode(whole, Reading()).read(0).bits == 12
    with pytest.raises(ImageError, match="is truncated"):
        jpeg.decode(whole[:-2], Reading()).read(0)


@pytest.mark.parametrize("suffix", [".png", ".pgm", ".jpg", ".tif", ".npy", ".pfm"])
def test_the_rest_of_a_truncated_photograph_is_right(tmp_path, photograph, suffix):
    path = tmp_path / f"i{suffix}"
    pixels = photograph.astype(np.float32) if suffix == ".pfm" else photograph
    pdefilter.write(pixels, path)
    if suffix == ".tif":
        # Each strip is lost or kept as a whole.
        tifffile.imwrite(path, pixels, compression="zlib", rowsperstrip=16, metadata=None)
    whole = pdefilter.read(path).pixels
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 8 // 10])
    with pytest.raises(ImageError, match=r"truncated|damaged|broken"):
        pdefilter.read(path)
    with pytest.warns(UserWarning, match="what can be decoded was kept"):
        part = pdefilter.read(path, lenient=True).pixels
    assert part.shape == whole.shape
    # Four fifths of the file are left: at least half of the rows, from the format's first row on.
    half = slice(None, len(whole) // 2) if suffix != ".pfm" else slice(len(whole) // 2, None)
    assert np.array_equal(part[half], whole[half])
    assert not np.array_equal(part, whole)
