"""Bad input gets one sentence on standard error, the right status, and nothing written."""

import io
import os
import signal
import struct
import subprocess
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from support import SAMPLES
from waiting import children, until

FAILED, WRONG, INTERRUPTED = 1, 2, 130


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_claiming(columns, rows):
    header = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def jpeg_claiming(columns, rows):
    data = bytearray((SAMPLES / "coffee.jpg").read_bytes())
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", rows, columns)
    return bytes(data)


def tiff_claiming(columns, rows):
    entries = [(256, 4, 1, columns), (257, 4, 1, rows), (258, 3, 1, 8), (259, 3, 1, 1),
               (262, 3, 1, 1), (273, 4, 1, 8), (278, 4, 1, rows), (279, 4, 1, 100)]  # fmt: skip
    directory = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + directory + bytes(200)


def npy_of(array=None, *, shape=None):
    stream = io.BytesIO()
    if shape is None:
        np.save(stream, array, allow_pickle=True)
    else:
        header = {"descr": "<f8", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(stream, header)
    return stream.getvalue()


def first_part(name, fraction):
    data = (SAMPLES / name).read_bytes()
    return data[: int(len(data) * fraction)]


HUGE = 100_000
# Nothing as large as the files claim is made; a busy machine takes a few.
SECONDS = 30
BAD_FILES = {
    "empty.png": (b"", "is empty"),
    "text.png": (b"These are words.\n", "not an image of a known format"),
    "huge.png": (png_claiming(HUGE, HUGE), "claims 100000 × 100000 pixels"),
    "short.png": (png_claiming(10_000, 10_000), "has pixels that are damaged"),
    "huge.jpg": (jpeg_claiming(65_000, 65_000), "claims 65000 × 65000 pixels"),
    "huge.tif": (tiff_claiming(HUGE, HUGE), "claims 100000 × 100000 pixels"),
    "short.tif": (tiff_claiming(3000, 3000), "is truncated"),
    "huge.bmp": (
        b"BM"
        + struct.pack("<IHHIIiiHHIIiiII", 900, 0, 0, 54, 40, HUGE, HUGE, 1, 24, *[0] * 6)
        + bytes(900),
        "claims 100000 × 100000 pixels",
    ),
    "huge.pgm": (b"P5\n100000 100000\n255\n" + bytes(500), "claims 100000 × 100000 pixels"),
    "huge.npy": (npy_of(shape=(HUGE, HUGE)), "claims 100000 × 100000 pixels"),
    "short.npy": (npy_of(shape=(999, 99)), "is truncated: 0 of 791208 bytes"),
    "objects.npy": (npy_of(np.array([[None]])), "Python objects"),
    "complex.npy": (npy_of(np.zeros((2, 2), complex)), "complex128"),
    "flat.npy": (npy_of(np.zeros(5)), "shape"),
    "none.npy": (npy_of(np.zeros((0, 3))), "no pixels"),
    "large.npy": (npy_of(np.array([[-1.7e308, 1.7e308]])), "span more than float64 holds"),
    **{
        f"{int(fraction * 100)}percent.{name}": (first_part(name, fraction), "")
        for name in ("coins.png", "coffee.jpg", "brain.tif")
        for fraction in (0.001, 0.1, 0.5, 0.9, 0.98)
    },
}


def sentence(done):
    """The one line on standard error, an error unless the call succeeded."""
    text = done.stderr.decode()
    assert text.count("\n") == 1, text
    assert text.startswith("error: " if done.returncode else "warning: ")
    assert "Traceback" not in text
    return text


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file(pdefilter_command, tmp_path, name):
    data, said = BAD_FILES[name]
    (tmp_path / name).write_bytes(data)
    output = "out.npy" if name.endswith("npy") else "out.png"
    for source, stdin in ((name, b""), ("-", data)):
        started = time.monotonic()
        done = pdefilter_command("heat-diffuse", source, "-o", output, stdin=stdin)
        assert time.monotonic() - started < SECONDS
        assert done.returncode == FAILED
        text = sentence(done)
        assert said in text
        assert (name if source == name else "standard input") in text
        assert not (tmp_path / output).exists()
        assert sorted(path.name for path in tmp_path.iterdir()) == [name]


def test_one_bad_image_does_not_stop_the_rest(pdefilter_command, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.png", "c.png"):
        (folder / name).write_bytes((SAMPLES / "coins.png").read_bytes())
    (folder / "b.png").write_bytes(b"")
    done = pdefilter_command("edge", "in", "-o", "out")
    assert done.returncode == FAILED
    lines = done.stderr.decode().splitlines()
    assert lines[0].startswith("error: in/b.png: is empty")
    assert lines[1] == "error: 1 of 3 images failed, the others are done"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "c.png"]


COINS = SAMPLES / "coins.png"
# ruff: noqa: E501 (one call a line)
WRONG_CALLS = {
    "missing file": (["edge", "none.png", "-o", "o.png"], "none.png: no such file"),
    "no input": (["edge"], "INPUT is missing; give image files"),
    "no input to estimate": (["estimate"], "IMAGE is missing; give image files"),
    "a word too many": (["help", "edge", "smooth"], "'smooth' is neither an option nor the value of one; leave it out"),
    "a file beside the formats": (["info", COINS, "--formats"], "--formats: has no effect on files"),
    "markdown of nothing": (["info", "--markdown"], "--markdown: is a way to write --formats; give both"),
    "JSON of nothing": (["info", "--json"], "--json: FILE is missing; give image files"),
    "no image in a folder": (["info", SAMPLES.parent / "pdefilter"], "this folder holds no images"),
    "a command of another program": (["blur", COINS], "there is no command 'blur'; smooth does it: pdefilter smooth IN --sigma 2 -o OUT"),
    "what none does": (["resize", COINS], "there is no command 'resize', as all images keep their size"),
    "help on a command of another program": (["help", "canny"], "edge does it: pdefilter edge IN"),
    "no command": ([COINS, "-o", "o.png"], "put one before it: pdefilter denoise"),
    "a stage without quotes": (["chain", COINS, "edge", "--sigma", "1", "-o", "o.png"], "--sigma: is an option of a stage; put the stage in quotes: 'edge --sigma 1'"),
    "unknown command": (["egde", COINS], "egde: unknown command; did you mean edge?"),
    "unknown option": (["edge", COINS, "--sigmaa", "1"], "--sigmaa: unknown option; did you mean --sigma?"),
    "nothing like an option": (["edge", COINS, "--zzz"], "--zzz: unknown option; pdefilter edge --help-all lists all of them"),
    "nothing like a command": (["xyz"], "xyz: unknown command; take one of edge, ridge"),
    "unknown choice": (["edge", COINS, "--operator", "canny"], "--operator: 'canny' is not one of 'sobel', 'scharr'"),
    "unknown format": (["edge", COINS, "--format", "psd"], "'psd' is unknown; take one of png"),
    "unknown depth": (["edge", COINS, "--depth", "12"], "--depth: '12' is not one of '8', '16'"),
    "no thread": (["edge", COINS, "--threads", "0"], "--threads: '0' is not a whole number from 1"),
    "no value": (["edge", COINS, "--sigma"], "'--sigma' requires an argument"),
    "no number": (["edge", COINS, "--sigma", "big"], "--sigma: 'big' is not a number"),
    "unstable step": (["heat-diffuse", COINS, "--step", "0.3"], "--step: 0.3 px² is above the stability limit 0.25 px²"),
    "unstable anisotropic step": (["anisotropic", COINS, "--step", "1"], "stability limit 0.25 px²"),
    "too few iterations": (["anisotropic", COINS, "--time", "9", "--iterations", "2"], "--iterations: 2 steps to t = 9 px²"),
    "unstable wave": (["wave", COINS, "--step", "0.8"], "--step: 0.8 px is above the stability limit 0.707107 px"),
    "unstable shock": (["shock", COINS, "--time", "9", "--iterations", "2"], "take at least 13"),
    "no rectangle": (["convolve", COINS, "--kernel", "1 2; 3"], "--kernel: '1 2; 3' is not a rectangle"),
    "no kernel": (["convolve", COINS, "--kernel", "no.txt"], "--kernel: 'no.txt' is neither rows of numbers such as"),
    "a kernel that sums to zero": (["convolve", COINS, "--kernel", "laplacian", "--normalize"], "--normalize: the kernel sums to zero"),
    "a contrast of nothing": (["wave", COINS, "--kappa", "0.1"], "--kappa: g is 1 everywhere; give a diffusivity too"),
    "NaN": (["heat-diffuse", COINS, "--time", "nan"], "--time: nan is not a number"),
    "infinite": (["heat-diffuse", COINS, "--time", "inf"], "--time: inf is not a number"),
    "negative": (["heat-diffuse", COINS, "--sigma", "-1"], "--sigma: -1 is not in the range 0"),
    "absurd": (["heat-diffuse", COINS, "--time", "1e300"], "--time: 1e+300 is not in the range"),
    "endless": (["anisotropic", COINS, "--time", "1e8"], "more than 1000000"),
    "half an iteration": (["anisotropic", COINS, "--iterations", "2.5"], "--iterations: 2.5 is not a whole number"),
    "no contrast": (["anisotropic", COINS, "--kappa", "0"], "--kappa: 0 is neither a number"),
    "contradiction": (["smooth", COINS, "--method", "median", "--sigma", "2"], "--sigma: median has none; take the method gaussian or box or binomial"),
    "a folder for a file": (["edge", SAMPLES, "-o", "o.png"], "several inputs need a folder"),
    "two to standard output": (["edge", COINS, COINS], "2 inputs need a folder"),
    "no folder there": (["edge", COINS, "-o", "none/o.png"], "there is no folder none"),
    "no ending": (["edge", COINS, "-o", "o"], "stands for no format; take one of .png"),
    "float into JPEG": (["edge", COINS, "--depth", "float", "-o", "o.jpg"], "--depth: JPEG cannot hold float32"),
    "standard input twice": (["edge", "-", "-", "-o", "out/"], "standard input can be read once only"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_CALLS)
def test_a_wrong_call(pdefilter_command, tmp_path, name):
    arguments, said = WRONG_CALLS[name]
    done = pdefilter_command(*arguments)
    assert done.returncode == WRONG
    assert said in sentence(done)
    assert done.stdout == b""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("sample", "output", "said"),
    [
        ("cat.png", "o.jpg", "JPEG cannot hold 4 channels with alpha; write .png"),
        ("brain.tif", "o.jpg", "JPEG cannot hold 16 bits; take the depth 8, or write .png"),
        ("coffee.jpg", "o.pgm", "PGM cannot hold 3 channels; write .png"),
    ],
)
def test_a_format_that_cannot_hold_the_result(pdefilter_command, tmp_path, sample, output, said):
    done = pdefilter_command("edge", SAMPLES / sample, "-o", output)
    assert done.returncode == FAILED
    assert said in sentence(done)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_and_the_input_itself_are_refused(pdefilter_command, tmp_path):
    (tmp_path / "a.png").write_bytes(COINS.read_bytes())
    (tmp_path / "b.png").write_bytes(b"precious")
    (tmp_path / "link.png").symlink_to("a.png")
    for output, said in (
        ("a.png", "is the input itself; give --overwrite"),
        ("link.png", "is the input itself; give --overwrite"),
        ("b.png", "exists already; give --overwrite"),
        (".", "is the input itself; give --overwrite"),
    ):
        done = pdefilter_command("edge", "a.png", "-o", output)
        assert done.returncode == WRONG
        assert said in sentence(done)
    assert (tmp_path / "a.png").read_bytes() == COINS.read_bytes()
    assert (tmp_path / "b.png").read_bytes() == b"precious"
    assert pdefilter_command("edge", "a.png", "-o", "a.png", "--overwrite").returncode == 0
    assert (tmp_path / "a.png").read_bytes() != COINS.read_bytes()


def test_a_folder_that_cannot_be_written(pdefilter_command):
    # Not even the superuser makes files in /proc; others are stopped by the plan.
    done = pdefilter_command("edge", COINS, "-o", "/proc/o.png")
    assert done.returncode in (FAILED, WRONG)
    assert "cannot be written" in sentence(done)


def test_values_that_do_not_fit_are_counted_in_a_warning(pdefilter_command, tmp_path):
    np.save(tmp_path / "bright.npy", np.full((4, 5), 3.0, np.float32))
    done = pdefilter_command("smooth", "bright.npy", "--depth", "8", "-o", "o.png")
    assert done.returncode == 0
    assert "bright.npy: 20 of 20 values lie outside" in sentence(done)


def test_a_full_disk_behind_standard_output(executable):
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([executable, "edge", COINS], stdout=full, stderr=-1, check=False)
    assert done.returncode == FAILED
    assert "standard output: cannot be written (No space left on device)" in sentence(done)


def test_a_closed_pipe_ends_quietly(executable):
    process = subprocess.Popen(
        [executable, "smooth", SAMPLES / "portrait.png"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.close()
    error = process.stderr.read()
    process.stderr.close()
    assert (process.wait(timeout=60), error) == (0, b"")


def test_ctrl_c_says_so_and_leaves_nothing(executable, tmp_path):
    process = subprocess.Popen(
        [executable, "anisotropic", COINS, "--iterations", "1000000", "-o", "o.png"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        preexec_fn=os.setpgrp,
    )
    until(lambda: children(process))
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=30)
    assert process.returncode == INTERRUPTED
    assert error == b"pdefilter: interrupted\n"
    assert list(tmp_path.iterdir()) == []
