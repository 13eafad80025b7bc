"""The gallery shows what the commands in it make."""

import re

import numpy as np
import PIL.Image
import PIL.ImageSequence
from gallery import GALLERY, SAMPLES, commands, make
from moving_pictures import FILMS
from moving_pictures import make as make_films

import pdefilter
from pdefilter.filters import FILTERS


def test_every_picture_is_what_its_command_makes(tmp_path):
    (tmp_path / "sample_images").symlink_to(SAMPLES)
    make(tmp_path)
    made = sorted(path.name for path in tmp_path.glob("*.png"))
    assert made == sorted(path.name for path in GALLERY.glob("*.png"))
    for name in made:
        ours, shown = (
            pdefilter.read(place / name).pixels.astype(int) for place in (tmp_path, GALLERY)
        )
        # The last bit of a cosine transform depends on its library, and may tip a rounding.
        assert np.abs(ours - shown).max() <= 1, name


def test_every_filter_is_in_it_and_every_picture_shown():
    assert {command[0] for command in commands()} == set(FILTERS)
    page = (GALLERY / "README.md").read_text()
    shown = re.findall(r'<img src="(.*?)"', page)
    assert {command[-1] for command in commands()} <= set(shown)
    assert all((GALLERY / name).exists() for name in shown)


def test_every_moving_picture_is_what_its_command_makes(tmp_path):
    make_films(tmp_path)
    for name in FILMS:
        ours, shown = (frames_of(place / f"{name}.webp") for place in (tmp_path, GALLERY))
        assert len(ours) == len(shown)
        assert (GALLERY / f"{name}.webp").stat().st_size < 400_000
        for one, other in zip(ours, shown, strict=True):
            assert np.array_equal(one, other), name


def frames_of(path):
    with PIL.Image.open(path) as file:
        return [np.asarray(frame.convert("RGB")) for frame in PIL.ImageSequence.Iterator(file)]
