"""Misuse by an impatient user: it is answered in a sentence, loses nothing and never hangs."""

import json
import os
import shlex
import subprocess
from pathlib import Path

import pytest
from support import SAMPLES

import pdefilter

COINS = SAMPLES / "coins.png"
STRANGE = [b"two  spaces ", b"new\nline", b"\xff\xfe", b"-r", b"\x1b[31m"]


def outputs(folder):
    return {os.fsencode(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def strange(tmp_path):
    """Folders of strange names with images of strange names, each with one that is broken."""
    for folder in [b"", *STRANGE]:
        inside = tmp_path / "in" / os.fsdecode(folder)
        inside.mkdir(parents=True)
        for name in STRANGE:
            (inside / os.fsdecode(name + b".png")).symlink_to(COINS)
        (inside / os.fsdecode(b"bro\nken\xfe.png")).write_bytes(b"no image")
    return tmp_path


def test_names_may_hold_any_bytes(pdefilter_command, strange):
    (strange / "in" / "two  spaces " / "up").symlink_to("..")
    done = pdefilter_command("edge", "in", "-r", "-o", "out", "--report", "run.jsonl")
    assert done.returncode == 1
    *failures, summary = done.stderr.decode().splitlines()
    assert summary == "error: 6 of 36 images failed, the others are done"
    assert all(line.isprintable() and "is not an image" in line for line in failures)
    names = {name + b".png" for name in STRANGE}
    folders = [b"", *(name + b"/" for name in STRANGE)]
    assert outputs(strange / "out") == {folder + name for folder in folders for name in names}
    report = [json.loads(line) for line in (strange / "run.jsonl").read_bytes().splitlines()]
    assert {os.fsencode(line["input"][3:]) for line in report} == outputs(strange / "in")


def test_names_that_look_like_options(pdefilter_command, strange):
    folder = strange / "in"
    assert pdefilter_command("edge", "-o", "-o.png", "--", "-r.png", cwd=folder).returncode == 0
    assert pdefilter_command("edge", "./-o.png", "-o", "../o.png", cwd=folder).returncode == 0
    found = b"-r.png\0-r/-r.png\0"
    done = pdefilter_command(
        "edge", "--files0-from", "-", "-o", "{index}.png", stdin=found, cwd=folder
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_links_in_a_ring_and_links_to_nowhere(pdefilter_command, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.png").symlink_to(COINS)
    (folder / "ring").symlink_to(".")
    (folder / "self.png").symlink_to("self.png")
    (folder / "gone.png").symlink_to("nothing.png")
    os.mkfifo(folder / "pipe.png")
    done = pdefilter_command("edge", "in", "-r", "-o", "out")
    assert done.returncode == 2
    assert done.stderr.decode().splitlines() == [
        f"error: in/{name}.png: is a broken link; remove it, or skip it by --exclude"
        for name in ("gone", "self")
    ]
    assert not (tmp_path / "out").exists()
    kept = ["--exclude", "gone*", "--exclude", "self*"]
    assert pdefilter_command("edge", "in", "-r", "-o", "out", *kept).returncode == 0
    assert outputs(tmp_path / "out") == {b"a.png"}
    assert b"no such file" in pdefilter_command("edge", folder / "self.png", "-o", "o/").stderr


def test_outputs_inside_the_folder_of_inputs(pdefilter_command, tmp_path):
    (tmp_path / "in" / "b").mkdir(parents=True)
    (tmp_path / "in" / "a.png").symlink_to(COINS)
    (tmp_path / "in" / "b" / "a.png").symlink_to(COINS)
    call = ["edge", "in", "-r", "-o", "in/out"]
    assert pdefilter_command(*call).returncode == 0
    assert outputs(tmp_path / "in" / "out") == {b"a.png", b"b/a.png"}
    done = pdefilter_command(*call)
    assert (done.returncode, done.stderr.count(b"exists already")) == (2, 2)
    assert pdefilter_command(*call, "--skip-existing").returncode == 0
    assert outputs(tmp_path / "in" / "out") == {b"a.png", b"b/a.png"}


@pytest.mark.parametrize(
    "line",
    [
        "pdefilter edge pipe -o o.png & cat {coins} > pipe; wait $!",
        "pdefilter edge /dev/stdin -o o.png < {coins}",
        "cat {coins} | pdefilter edge /dev/stdin -o o.png",
        "pdefilter edge <(cat {coins}) -o o.png",
        "pdefilter edge {coins} -o o.png >&-",
        "pdefilter edge {coins} -o o.png >&- 2>&- <&-",
        "pdefilter edge {coins} {coins} {coins} -o '{{index}}.png' -j 64 && mv 2.png o.png",
        "pdefilter edge {coins} -o '' ; [ $? = 2 ] && pdefilter edge {coins} > o.png",
    ],
)
def test_wherever_an_image_comes_from(executable, tmp_path, line):
    os.mkfifo(tmp_path / "pipe")
    line = line.format(coins=shlex.quote(str(COINS)))
    line = line.replace("pdefilter", shlex.quote(str(executable)))
    subprocess.run(["bash", "-c", line], cwd=tmp_path, check=True, timeout=60)
    expected = pdefilter.edge(pdefilter.read(COINS), stretch=None).pixels
    assert (pdefilter.read(tmp_path / "o.png").pixels == expected).all()


@pytest.mark.parametrize(
    "arguments",
    [
        ["edge", COINS],
        ["edge", COINS, "-o", "o.png", "--overwrite", "--report", "-"],
        ["edge", COINS, "-o", "o.png", "--dry-run"],
        ["estimate", COINS],
        ["info", "--formats"],
        ["edge", "--help"],
    ],
)
def test_standard_output_full_or_closed(executable, tmp_path, arguments):
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [executable, *arguments], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 1
    (line,) = done.stderr.decode().splitlines()
    assert line.endswith(": cannot be written (No space left on device)")
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [executable, *arguments], cwd=tmp_path, stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert done.stderr == b""
    assert done.returncode in (0, 1)


def test_a_file_that_vanishes_after_the_plan(executable, tmp_path):
    (tmp_path / "in").mkdir()
    for name in "abc":
        (tmp_path / "in" / f"{name}.png").symlink_to(COINS)
    process = subprocess.Popen(
        [executable, "anisotropic", "in", "-o", "out", "-j", "1", "--iterations", "4000"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
    )
    while not (tmp_path / "out" / "a.png").exists():
        assert process.poll() is None
    (tmp_path / "in" / "c.png").unlink()
    assert process.communicate(timeout=120)[1].decode().splitlines() == [
        "error: in/c.png: cannot be read (No such file or directory)",
        "error: 1 of 3 images failed, the others are done",
    ]


def test_a_disk_that_is_full_in_the_middle(pdefilter_command, tmp_path, small_disk):
    """A disk of 64 KiB; once it has grown, the rest is made."""
    (tmp_path / "in").mkdir()
    pixels = pdefilter.read(COINS).pixels[:60, :60]
    for number in range(40):
        pdefilter.write(pixels, tmp_path / "in" / f"{number:02}.png")
    pdefilter_command("edge", "in", "-o", "whole")
    whole = (tmp_path / "whole" / "00.png").read_bytes()
    call = ["edge", "in", "-o", small_disk / "out", "--skip-existing"]
    done = pdefilter_command(*call)
    assert done.returncode == 1
    *failures, summary = done.stderr.decode().splitlines()
    made = {path.name: path.read_bytes() for path in (small_disk / "out").iterdir()}
    assert 0 < len(made) < 40
    assert set(made.values()) == {whole}
    assert summary == f"error: {40 - len(made)} of 40 images failed, the others are done"
    lost = sorted({f"{number:02}.png" for number in range(40)} - set(made))
    full = "cannot be written (No space left on device)"
    assert failures == [f"error: {small_disk}/out/{name}: {full}" for name in lost]
    subprocess.run(["mount", "-o", "remount,size=1m", small_disk], check=True)
    assert pdefilter_command(*call).returncode == 0
    made = [path.read_bytes() for path in (small_disk / "out").iterdir()]
    assert made == [whole] * 40
