"""What has no boxes is decoded once, if the disk has room."""

import pickle
import warnings
from collections import namedtuple
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from in_boxes import put_together
from sample_files import sample_files

from pdefilter.errors import FileError
from pdefilter.images.formats import detect_format
from pdefilter.images.frames import Frames
from pdefilter.images.image import Image
from pdefilter.images.reading import Reading
from pdefilter.images.stores import decoded as module
from pdefilter.images.stores.decoded import decoded


def frames_of(name):
    data = sample_files()[name]
    return detect_format(data).decode(data, Reading())


# Volumes are filtered in memory.
IMAGES = [name for name in sorted(sample_files()) if not frames_of(name).are_volumes]


@pytest.mark.parametrize("name", IMAGES)
def test_every_format(tmp_path, name):
    frames = frames_of(name)
    number = frames.count - 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = frames.read(number)
        with decoded(frames, number, str(tmp_path / "o.tif")) as store:
            back = put_together(pickle.loads(pickle.dumps(store)), blocks=(7, 9))
            assert len(list(tmp_path.iterdir())) == 1
    assert back == image
    assert list(tmp_path.iterdir()) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.booleans(), st.integers(1, 4))
def test_masks_and_alpha_stay(tmp_path, masked, channels):
    pixels = np.random.default_rng(channels).random((9, 13, channels))
    mask = pixels[..., 0] > 0.5 if masked else None
    image = replace(Image.of(pixels), mask=mask, nodata=0.25, format="PNG")
    frames = Frames(1, lambda _: image, format="PNG")
    said = pytest.warns(UserWarning, match="PNG has no tiles: decoded once into a temporary file")
    with said, decoded(frames, 0, str(tmp_path / "o.tif")) as store:
        assert put_together(store, blocks=(4, 4)) == image


@pytest.mark.parametrize("size", [(300, 400), (0, 0)])
def test_no_room_on_the_disk(tmp_path, monkeypatch, size):
    read = []
    image = Image(np.zeros((300, 400), np.float32))

    def decode(number):
        read.append(number)
        return image

    usage = namedtuple("usage", "free")
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: usage(400_000))
    outline = replace(image, pixels=image.pixels[:1, :1])
    frames = Frames(1, decode, size, "PNG", outline=lambda _: outline)
    refused = pytest.raises(FileError, match=r"needs 0\.00048 GB beside its .* 0\.0004 GB are free")
    with refused, decoded(frames, 0, str(tmp_path / "o.tif")):
        pass
    assert bool(read) == (size == (0, 0))
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up(small_disk):
    frames = Frames(1, lambda _: Image(np.ones((300, 400))), format="PNG")
    with pytest.raises(FileError), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with decoded(frames, 0, str(small_disk / "o.tif")):
            pass
    assert list(small_disk.iterdir()) == []
