"""A sink that is interrupted, at any moment: nothing partial bears the name, and it continues."""

import errno
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from in_boxes import cut, outline_of, part, written

from pdefilter.errors import FileError, ImageError
from pdefilter.grid import Grid
from pdefilter.images.files import read_frames, remove_leftovers
from pdefilter.images.formats import named
from pdefilter.images.image import Image
from pdefilter.images.reading import Reading
from pdefilter.images.stores import unfinished
from pdefilter.images.stores.opening import new_sink
from pdefilter.images.stores.unfinished import unfinished_folder

IMAGE = Image(np.random.default_rng(2).integers(1, 255, (1100, 1200, 3), np.uint8))
GRID = Grid.unit(IMAGE.pixels.shape[:2])
NAMES = ["o.npy", "o.tif", "o.zarr"]
each = pytest.mark.parametrize("name", NAMES)


class Interruption(Exception):  # noqa: N818
    """What ends a run too early."""


def sink_of(target, fingerprint="same", replace=False):
    format_ = named(target.suffix[1:])
    outline = outline_of(IMAGE)
    return new_sink(str(target), outline, GRID, format_, fingerprint=fingerprint, replace=replace)


def begun(target, several=2, **options):
    """Keep some boxes, and fail."""
    sink = sink_of(target, **options)
    with pytest.raises(Interruption), sink:
        kept = cut(GRID, sink.blocks, (1, 1), 3)[:several]
        for box in kept:
            sink.keep(sink.encode(box, part(IMAGE, box)))
        raise Interruption
    return kept


def finished(target, sizes=(1, 1), **options):
    """Write what is missing; return the boxes that were kept before."""
    with sink_of(target, **options) as sink:
        before = sink.kept
        for box in cut(GRID, sink.blocks, sizes, 4):
            if box not in before:
                sink.keep(sink.encode(box, part(IMAGE, box)))
        assert len(sink.kept) >= len(before)
    assert np.array_equal(read_frames(target, Reading()).read(0).pixels, IMAGE.pixels)
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    return before


@each
def test_after_an_error_the_next_run_continues(tmp_path, name):
    target = tmp_path / name
    kept = begun(target)
    assert not target.exists()
    remove_leftovers(tmp_path)
    assert finished(target) == frozenset(kept)


@each
def test_other_boxes_may_continue(tmp_path, name):
    target = tmp_path / name
    begun(target)
    finished(target, sizes=(2, 1))


@each
def test_another_fingerprint_begins_anew(tmp_path, name):
    target = tmp_path / name
    begun(target)
    assert not finished(target, fingerprint="other")


@each
def test_a_run_without_boxes_leaves_nothing(tmp_path, name):
    begun(tmp_path / name, several=0)
    assert list(tmp_path.iterdir()) == []


@each
def test_an_incomplete_image_gets_no_name(tmp_path, name):
    target = tmp_path / name
    refused = pytest.raises(ImageError, match=r"is incomplete: \d+ of \d+ blocks were not written")
    with refused, sink_of(target) as sink:
        box = cut(GRID, sink.blocks, (1, 1), 0)[0]
        sink.keep(sink.encode(box, part(IMAGE, box)))
    assert not target.exists()


@each
def test_existing_targets(tmp_path, name):
    target = tmp_path / name
    written(IMAGE, target, named(target.suffix[1:]))
    with pytest.raises(FileError, match="exists already; give --overwrite to replace it"):
        finished(target)
    finished(target, replace=True)


@each
def test_a_target_that_appears_meanwhile_is_not_replaced(tmp_path, name):
    target = tmp_path / name
    with pytest.raises(FileError, match="exists already"), sink_of(target) as sink:
        for box in cut(GRID, sink.blocks, (2, 2), 0):
            sink.keep(sink.encode(box, part(IMAGE, box)))
        if name.endswith("zarr"):
            target.mkdir()
        (target / "precious" if name.endswith("zarr") else target).write_bytes(b"precious")
    assert (target / "precious" if name.endswith("zarr") else target).read_bytes() == b"precious"
    finished(target, replace=True)


@each
def test_two_runs_at_the_same_time(tmp_path, name):
    target = tmp_path / name
    with suppress(Interruption), sink_of(target) as one:
        for box in cut(GRID, one.blocks, (1, 1), 3)[:1]:
            one.keep(one.encode(box, part(IMAGE, box)))
        refused = pytest.raises(FileError, match="is being written by another run; wait for its")
        with refused, sink_of(target):
            pass
        raise Interruption
    assert len(finished(target)) == 1


@each
def test_boxes_that_a_power_cut_took_are_made_again(tmp_path, name):
    target = tmp_path / name
    kept = begun(target, several=3)
    image = Path(unfinished_folder(str(target)), "image")
    if image.is_dir():
        first, *_ = sorted(path for path in image.rglob("*") if path.is_file())
        first.write_bytes(b"")
    else:
        with image.open("r+b") as file:
            file.truncate(image.stat().st_size * 2 // 3)
    assert finished(target) < frozenset(kept)


@each
@pytest.mark.parametrize("end", [b"", b"[[0, 0], [25", b"junk\n", b"\0\0\0\n", b"[1, 2, 3, 4]\n"])
def test_a_torn_journal(tmp_path, name, end):
    target = tmp_path / name
    kept = begun(target)
    with Path(unfinished_folder(str(target)), "journal").open("ab") as journal:
        journal.write(end)
    assert finished(target) == frozenset(kept)


@each
def test_a_full_disk_is_one_sentence_and_loses_nothing(tmp_path, name, monkeypatch):
    target = tmp_path / name

    kept = begun(target)

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    refused = pytest.raises(FileError, match=r"cannot be written \(No space left on device\)")
    with refused, sink_of(target) as sink:
        box = next(box for box in cut(GRID, sink.blocks, (1, 1), 0) if box not in sink.kept)
        encoded = sink.encode(box, part(IMAGE, box))
        monkeypatch.setattr(type(sink), "_store", full)
        sink.keep(encoded)
    monkeypatch.undo()
    assert not target.exists()
    assert finished(target) == frozenset(kept)


@each
def test_a_disk_that_is_really_full(small_disk, name):
    target = small_disk / name
    with pytest.raises(FileError, match=r"cannot be written \(No space left on device\)"):
        finished(target)
    assert not target.exists()


def test_folders_that_cannot_be_written_to(tmp_path):
    with pytest.raises(FileError, match="cannot be written"), sink_of(tmp_path / "no" / "o.tif"):
        pass


def test_the_name_depends_on_the_target_alone(tmp_path):
    one = unfinished_folder(str(tmp_path / "o.tif"))
    assert one == unfinished_folder(os.path.relpath(tmp_path / "o.tif"))
    assert one != unfinished_folder(str(tmp_path / "p.tif"))
    assert Path(unfinished_folder(str(tmp_path / ("ä" * 120)))).name.isascii()
    assert unfinished._PREFIX.startswith(".")


PROGRAM = """
import sys
sys.path[:0] = sys.argv[2:]
from pathlib import Path
import test_unfinished as t
target = Path(sys.argv[1])
with t.sink_of(target) as sink:
    for box in t.cut(t.GRID, sink.blocks, (1, 1), 3):
        if box not in sink.kept:
            sink.keep(sink.encode(box, t.part(t.IMAGE, box)))
            print("kept", flush=True)
"""


@each
def test_killed_again_and_again(tmp_path, name):
    """Each run is killed a moment later than the one before; at last one ends."""
    target = tmp_path / name
    folders = [str(Path(__file__).parent), str(Path(__file__).parents[2])]
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, str(target), *folders]
    for moment in range(200):
        run = subprocess.Popen(command, stdout=subprocess.PIPE)
        if run.stdout.readline():
            time.sleep(moment * 0.02)
            run.send_signal(signal.SIGKILL)
        run.communicate()
        if target.exists():
            break
        assert [path.name for path in tmp_path.iterdir()] == [
            Path(unfinished_folder(str(target))).name
        ]
    else:
        pytest.fail("it never ended")
    assert np.array_equal(read_frames(target, Reading()).read(0).pixels, IMAGE.pixels)
