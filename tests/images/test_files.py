import os
import threading

import numpy as np
import pytest

import pdefilter
from pdefilter import ImageError
from pdefilter.images import files


def test_an_existing_file_is_kept_unless_overwriting_is_allowed(tmp_path, photograph):
    path = tmp_path / "i.png"
    path.write_bytes(b"precious")
    with pytest.raises(ImageError, match="exists already"):
        pdefilter.write(photograph, path)
    assert path.read_bytes() == b"precious"
    pdefilter.write(photograph, path, overwrite=True)
    assert np.array_equal(pdefilter.read(path).pixels, photograph)


def test_a_failure_leaves_the_old_file_and_no_other(tmp_path, photograph, monkeypatch):
    path = tmp_path / "i.png"
    path.write_bytes(b"precious")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ImageError, match="No space left"):
        pdefilter.write(photograph, path, overwrite=True)
    assert path.read_bytes() == b"precious"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interruption_leaves_no_file(tmp_path, photograph, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        pdefilter.write(photograph, tmp_path / "i.png")
    assert list(tmp_path.iterdir()) == []


def test_a_new_file_has_the_usual_permissions_and_a_replaced_one_its_own(tmp_path, photograph):
    path = tmp_path / "i.png"
    usual = tmp_path / "usual"
    usual.touch()
    pdefilter.write(photograph, path)
    assert path.stat().st_mode == usual.stat().st_mode
    path.chmod(0o600)
    pdefilter.write(photograph, path, overwrite=True)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_missing_folder_is_named(tmp_path, photograph):
    with pytest.raises(ImageError, match="cannot be written"):
        pdefilter.write(photograph, tmp_path / "none" / "i.png")


def test_the_error_names_the_file_the_format_and_the_remedy(tmp_path, photograph):
    rgba = np.zeros((3, 3, 4), np.uint8)
    with pytest.raises(
        ImageError, match=r"i\.jpg: JPEG cannot hold 4 channels with alpha; write \.png"
    ):
        pdefilter.write(rgba, tmp_path / "i.jpg")
    with pytest.raises(
        ImageError, match=r"JPEG cannot hold float32 values; take the depth 8, or write \.tif"
    ):
        pdefilter.write(photograph.astype(np.float32), tmp_path / "i.jpg")
    with pytest.raises(ImageError, match=r"'\.xyz' stands for no format"):
        pdefilter.write(photograph, tmp_path / "i.xyz")
    assert list(tmp_path.iterdir()) == []


def test_a_stream_that_takes_little_at_a_time_gets_everything():
    read_end, write_end = os.pipe()
    received = bytearray()

    def receive():
        while chunk := os.read(read_end, 1000):
            received.extend(chunk)

    reader = threading.Thread(target=receive)
    reader.start()
    data = os.urandom(300_000)
    with os.fdopen(write_end, "wb") as stream:
        files.write_stream(data, stream)
    reader.join()
    os.close(read_end)
    assert bytes(received) == data
