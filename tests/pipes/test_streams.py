"""Several images in one pipe, and other tools at its ends."""

import io
import shlex
import shutil
import subprocess

import numpy as np
import pytest
from support import SAMPLES

import pdefilter

COINS = SAMPLES / "coins.png"


def frames(dtype=np.uint8, channels=(), count=3):
    random = np.random.default_rng(1)
    full = 1 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max
    return [(random.random((9 + k, 12, *channels)) * full).astype(dtype) for k in range(count)]


@pytest.mark.parametrize(
    ("format_", "dtype", "channels"),
    [
        ("pgm", np.uint8, ()),
        ("pgm", np.uint16, ()),
        ("ppm", np.uint8, (3,)),
        ("pam", np.uint16, (4,)),
        ("pfm", np.float32, ()),
        ("npy", np.float32, (3,)),
        ("npy", np.uint8, ()),
    ],
)
def test_streams_are_filtered_image_by_image(pdefilter_command, tmp_path, format_, dtype, channels):
    """Images of different sizes, one after the other, as `cat` puts them."""
    images, parts = frames(dtype, channels), []
    for number, image in enumerate(images):
        path = tmp_path / f"{number}.{format_}"
        pdefilter.write(image, path)
        parts.append(path.read_bytes())
    done = pdefilter_command("heat-diffuse", "-", stdin=b"".join(parts))
    assert (done.returncode, done.stderr) == (0, b"")
    single = [pdefilter_command("heat-diffuse", "-", stdin=part).stdout for part in parts]
    assert done.stdout == b"".join(single)
    picked = pdefilter_command("heat-diffuse", "-", "--frame", "1", stdin=b"".join(parts))
    assert picked.stdout == single[1]
    (tmp_path / f"all.{format_}").write_bytes(b"".join(parts))
    read = list(pdefilter.read_frames(tmp_path / f"all.{format_}"))
    assert all(np.array_equal(ours.pixels, image) for ours, image in zip(read, images, strict=True))


def test_grey_and_colour_may_follow_each_other(pdefilter_command, tmp_path):
    grey, colour = frames(count=1)[0], frames(channels=(3,), count=1)[0]
    pdefilter.write([grey, colour, grey], tmp_path / "mixed.pnm")
    done = pdefilter_command("smooth", "mixed.pnm", "-o", "o.pnm")
    assert (done.returncode, done.stderr) == (0, b"")
    shapes = [image.pixels.shape for image in pdefilter.read_frames(tmp_path / "o.pnm")]
    assert shapes == [grey.shape, colour.shape, grey.shape]


@pytest.mark.parametrize("cut", [3, 200])
def test_a_truncated_stream_is_an_error(pdefilter_command, tmp_path, cut):
    pdefilter.write(frames(count=3), tmp_path / "s.pgm")
    data = (tmp_path / "s.pgm").read_bytes()[:-cut]
    done = pdefilter_command("edge", "-", stdin=data)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"is truncated" in done.stderr


def test_bytes_after_the_last_image_are_an_error(pdefilter_command, tmp_path):
    pdefilter.write(frames(count=1)[0], tmp_path / "s.pgm")
    data = (tmp_path / "s.pgm").read_bytes()
    assert pdefilter_command("edge", "-", stdin=data + b"\n").returncode == 0
    done = pdefilter_command("edge", "-", stdin=data + b"X5\n3 3\n255\n")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"has 10 bytes after its last image that are not an image" in done.stderr
    done = pdefilter_command("edge", "-", "--lenient", stdin=data + b"X5\n3 3\n255\n")
    assert (done.returncode, b"what can be decoded was kept" in done.stderr) == (0, True)


def test_two_commands_in_a_row_lose_nothing(pdefilter_command):
    source = pdefilter.read(COINS).pixels / np.float32(255)
    true = pdefilter.edge(pdefilter.heat_diffuse(source), stretch=None)
    for format_ in ("npy", "pfm", "tiff"):
        call = ["heat-diffuse", COINS, "--depth", "float", "--format", format_]
        first = pdefilter_command(*call)
        second = pdefilter_command("edge", "-", "--format", "npy", stdin=first.stdout)
        assert np.array_equal(np.load(io.BytesIO(second.stdout)), true)


TOOLS = {
    "gm": "gm convert {coins} pgm:- | pdefilter edge - | gm convert - png:out.png",
    "magick": "magick {coins} pgm:- | pdefilter edge - | magick - png:out.png",
    "vips": "vips copy {coins} .pgm | pdefilter edge - | vips copy stdin out.png",
    "ffmpeg": "ffmpeg -v error -i {coins} -f image2pipe -c:v pgm - | pdefilter edge - "
    "| ffmpeg -v error -f image2pipe -c:v pgm -i - out.png",
}


@pytest.mark.parametrize("tool", TOOLS)
def test_other_tools_at_both_ends(tool, executable, tmp_path):
    if not shutil.which(tool):
        pytest.skip(f"NO PIPE WITH {tool} WAS TRIED: it is not installed")
    line = TOOLS[tool].format(coins=shlex.quote(str(COINS)))
    line = line.replace("pdefilter", shlex.quote(str(executable)))
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    expected = pdefilter.edge(pdefilter.read(COINS), stretch=None).pixels
    assert np.array_equal(pdefilter.read(tmp_path / "out.png").pixels.squeeze(), expected)


def test_xargs_side_by_side(executable, tmp_path):
    (tmp_path / "in").mkdir()
    for number in range(8):
        (tmp_path / "in" / f"image {number}.png").write_bytes(COINS.read_bytes())
    line = f"find in -name '*.png' -print0 | xargs -0 -P 2 -n 2 {executable} edge -o out/"
    subprocess.run(["bash", "-c", line], cwd=tmp_path, check=True)
    subprocess.run([executable, "edge", "in", "-o", "alone"], cwd=tmp_path, check=True)
    for path in (tmp_path / "alone").iterdir():
        assert (tmp_path / "out" / path.name).read_bytes() == path.read_bytes()
    line = f"find in -name '*.png' -print0 | {executable} edge --files0-from - -o third/"
    subprocess.run(["bash", "-c", line], cwd=tmp_path, check=True)
    assert len(list((tmp_path / "third").iterdir())) == 8
