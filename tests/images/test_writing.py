"""Failures in writing: one sentence, the old file untouched, no part of a new one."""

import os
import resource
from pathlib import Path

import numpy as np
import pytest
import tifffile
from support import SAMPLES

import pdefilter

COINS = SAMPLES / "coins.png"


def sentence(done):
    text = done.stderr.decode()
    assert done.returncode == 1, text
    assert text.count("\n") == 1, text
    assert text.startswith("error: ")
    return text


def test_a_full_disk(pdefilter_command, small_disk):
    precious = small_disk / "precious.png"
    precious.write_bytes(bytes(40_000))
    for target in ("precious.png", "new.png"):
        done = pdefilter_command("smooth", COINS, "-o", small_disk / target, "--overwrite")
        assert f"{target}: cannot be written (No space left on device)" in sentence(done)
        assert precious.read_bytes() == bytes(40_000)
        assert list(small_disk.iterdir()) == [precious]


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_file_that_may_not_grow(pdefilter_command, tmp_path, overwrite):
    """As with a quota: some bytes are written, then no more."""
    target = tmp_path / "o.png"
    if overwrite:
        target.write_bytes(b"precious")
    done = pdefilter_command(
        "smooth", COINS, "-o", target, *["--overwrite"] * overwrite,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000)),
    )  # fmt: skip
    assert "o.png: cannot be written (File too large)" in sentence(done)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == (
        [("o.png", b"precious")] if overwrite else []
    )


def test_a_folder_that_vanishes(tmp_path, photograph):
    folder = tmp_path / "gone"
    folder.mkdir()
    folder.rmdir()
    with pytest.raises(pdefilter.ImageError, match=r"cannot be written \(No such file"):
        pdefilter.write(photograph, folder / "o.png")


def test_a_read_only_folder(pdefilter_command, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o555)
    done = pdefilter_command("edge", COINS, "-o", folder / "o.png")
    if os.geteuid() == 0 and done.returncode == 0:
        pytest.skip(
            "the superuser writes to read-only folders; tests/cli/test_errors.py tries /proc"
        )
    assert done.returncode == 2
    assert b"cannot be written to; check its permissions" in done.stderr


def test_the_target_of_a_link_is_replaced(pdefilter_command, tmp_path):
    (tmp_path / "real").mkdir()
    real = tmp_path / "real" / "o.png"
    real.write_bytes(b"old")
    real.chmod(0o640)
    link, chain = tmp_path / "link.png", tmp_path / "chain.png"
    link.symlink_to(Path("real", "o.png"))
    chain.symlink_to("link.png")
    done = pdefilter_command("edge", COINS, "-o", "chain.png", "--overwrite")
    assert (done.returncode, done.stderr) == (0, b"")
    assert link.is_symlink()
    assert chain.is_symlink()
    assert not real.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert np.array_equal(
        pdefilter.read(real).pixels, pdefilter.edge(pdefilter.read(COINS), stretch=None).pixels
    )
    assert [path.name for path in real.parent.iterdir()] == ["o.png"]


def test_a_dangling_link(pdefilter_command, tmp_path):
    (tmp_path / "o.png").symlink_to(tmp_path / "none" / "o.png")
    done = pdefilter_command("edge", COINS, "-o", "o.png")
    assert "o.png: cannot be written (No such file or directory)" in sentence(done)
    (tmp_path / "none").mkdir()
    done = pdefilter_command("edge", COINS, "-o", "o.png")
    assert (done.returncode, done.stderr) == (0, b"")
    assert pdefilter.read(tmp_path / "none" / "o.png").format == "PNG"


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg", ".npy"])
def test_an_image_may_replace_itself(pdefilter_command, tmp_path, photograph, suffix):
    path = tmp_path / f"i{suffix}"
    pdefilter.write(photograph, path)
    expected = pdefilter.smooth(pdefilter.read(path)).pixels
    (tmp_path / "link").symlink_to(path)
    done = pdefilter_command("smooth", path, "-o", path, "--overwrite")
    assert (done.returncode, done.stderr) == (0, b"")
    found = pdefilter.read(path).pixels
    if suffix == ".jpg":
        assert np.abs(found.astype(int) - expected).mean() < 2
    else:
        assert np.array_equal(found, expected)


def test_the_longest_possible_name(pdefilter_command, tmp_path):
    name = "n" * 251 + ".png"
    done = pdefilter_command("edge", COINS, "-o", name)
    assert (done.returncode, done.stderr) == (0, b"")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_page_that_the_target_cannot_hold_is_refused_before_any_is_decoded(
    pdefilter_command, tmp_path
):
    with tifffile.TiffWriter(tmp_path / "in.tif") as writer:
        writer.write(np.zeros((4, 6), np.uint8), compression="zlib")
        writer.write(np.zeros((4, 6), np.float32))
    data = bytearray((tmp_path / "in.tif").read_bytes())
    with tifffile.TiffFile(tmp_path / "in.tif") as file:
        # If the first page were decoded, it would be broken.
        data[file.pages[0].dataoffsets[0]] ^= 0xFF
    (tmp_path / "in.tif").write_bytes(data)
    done = pdefilter_command("edge", "in.tif", "-o", "out.png")
    assert "PNG cannot hold float32 values" in sentence(done)
    assert not (tmp_path / "out.png").exists()
    message = sentence(pdefilter_command("edge", "in.tif", "-o", "out.tif"))
    assert "has 1 of 1 parts that cannot be decoded" in message


def test_so_is_one_of_several_images_of_a_stream(pdefilter_command):
    # If the first image were decoded, its value would be above the largest.
    stream = b"P5\n1 1\n100\n\xff" + b"P5\n1 1\n65535\n\0\0"
    done = pdefilter_command("edge", "-", "-o", "out.webp", stdin=stream)
    assert "WebP cannot hold 16 bits" in sentence(done)


def test_whatever_an_encoder_raises_becomes_one_sentence(monkeypatch, tmp_path):
    def fail(*_, **__):
        raise RuntimeError("no room\nfor it")

    monkeypatch.setattr("imagecodecs.deflate_encode", fail)
    with pytest.raises(pdefilter.ImageError) as caught:
        pdefilter.write(np.zeros((4, 6), np.uint8), tmp_path / "out.png")
    assert str(caught.value) == (
        f"{tmp_path / 'out.png'}: cannot be stored as PNG; write another format"
    )
    assert not list(tmp_path.iterdir())
