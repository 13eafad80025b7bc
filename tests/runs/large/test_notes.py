"""What a run in boxes keeps between two calls."""

import numpy as np
import pytest

from pdefilter.errors import FileError
from pdefilter.images.image import Image
from pdefilter.runs.apply import picture_of
from pdefilter.runs.large.notes import Notes, fingerprint, is_unfinished


def test_notes_are_found_again_by_the_same_fingerprint_only(tmp_path):
    target = str(tmp_path / "out.tif")
    notes = Notes.of(target, "one")
    notes.note(0, box=(256, 512), numbers={"kappa": 0.1 + 0.2})
    (tmp_path / notes.folder / "stage-0.values").write_bytes(b"some")
    notes.close(is_done=False)
    again = Notes.of(target, "one")
    assert again.run == notes.run
    assert again.of_stage(0) == {"box": [256, 512], "numbers": {"kappa": 0.1 + 0.2}}
    again.close(is_done=False)
    other = Notes.of(target, "two")
    assert other.run != notes.run
    assert not other.of_stage(0)
    other.close(is_done=False)
    assert not is_unfinished(target)
    assert not [*tmp_path.iterdir()]


def test_two_runs_cannot_write_the_same_output(tmp_path):
    target = str(tmp_path / "out.tif")
    notes = Notes.of(target, "one")
    with pytest.raises(FileError, match="is being written by another run; wait for its end"):
        Notes.of(target, "one")
    notes.close(is_done=True)
    assert not [*tmp_path.iterdir()]


def test_damaged_notes_begin_anew(tmp_path):
    target = str(tmp_path / "out.tif")
    notes = Notes.of(target, "one")
    notes.note(0, box=(1, 2))
    (tmp_path / notes.path("run.json")).write_text('{"fingerprint": "on')
    notes.lock.close()
    again = Notes.of(target, "one")
    assert not again.of_stage(0)
    again.close(is_done=True)


def test_a_fingerprint_tells_values_apart():
    pixels = np.arange(12, dtype=np.float32).reshape(3, 4)
    maps = [picture_of(Image(values)) for values in (pixels, pixels + 1, pixels.T.copy())]
    values = [
        0, 0.0, "0", None, True, (), (0,), [0], {"a": 1}, {"a": 2}, {"b": 1}, pixels,
        pixels.astype(np.float64), pixels[::-1], *maps,
    ]  # fmt: skip
    assert len({fingerprint(value) for value in values}) == len(values)
    assert fingerprint(pixels, {"a": maps[0]}) == fingerprint(
        pixels.copy(), {"a": picture_of(Image(pixels))}
    )
