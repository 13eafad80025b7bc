"""Films: which states become frames, and their files, which are whole or not there."""

import warnings

import numpy as np
import PIL.Image
import PIL.ImageSequence
import pytest
from support import SAMPLES

import pdefilter
from pdefilter.errors import CallError, ImageError
from pdefilter.filters import FILTERS
from pdefilter.images.image import Image
from pdefilter.runs.chain import Chain, Stage
from pdefilter.runs.film import Cut, filmed, with_films
from pdefilter.runs.plan import Job

NOISY = SAMPLES / "noisy.png"


def frames_of(path):
    """The frames of an animation, read by another library, and how long each is shown."""
    with PIL.Image.open(path) as file:
        return [
            (np.asarray(frame.convert("RGB")), frame.info["duration"])
            for frame in PIL.ImageSequence.Iterator(file)
        ]


def grey(value, shape=(40, 60)):
    return Image(np.full(shape, value, np.uint8))


def film(target, cut, values, replace=False):
    """Film an image, states and a result of single grey values, at times 0, 1, 2 …."""
    *states, result = values
    with filmed(str(target), cut, replace=replace) as made:
        made.choose(dict(enumerate(map(float, range(1, len(values))), 1)), "px²")
        for time, value in enumerate(states):
            made.show(float(time), grey(value))
        made.end(grey(result))


def test_frames_are_the_first_states_at_or_after_equal_times():
    times = {k: 0.2 * k for k in range(1, 51)}
    assert Cut(every=1.0).choose(times) == [5, 10, 15, 20, 25, 30, 35, 40, 45]
    assert Cut(every=3.5).choose(times) == [18, 35]
    assert Cut(every=99).choose(times) == Cut(count=2).choose(times) == []
    assert Cut(count=6).choose(times) == [10, 20, 30, 40]
    assert len(Cut().choose(times)) == 22
    assert Cut(every=1e-9).choose(times) == [*range(1, 50)]
    assert Cut().choose({1: 4.0, 2: 8.0}) == [1]


@pytest.mark.parametrize("count", [2, 3, 9, 24, 500])
def test_the_iterations_of_solvers_grow_by_a_factor(count):
    shown = sorted(Cut(count=count).iterations())
    assert len(shown) == count - 2
    if count in (9, 24):
        assert shown[0] == 1
        assert 2000 < shown[-1] < 20_000


def test_fewer_states_than_asked_for_are_warned_of(tmp_path):
    with pytest.warns(UserWarning, match="only 4 different frames, fewer than the 9 asked for"):
        film(tmp_path / "a.gif", Cut(count=9), [0, 50, 100, 150])


@pytest.mark.parametrize("ending", ["gif", "webp", "png"])
def test_frames_are_kept_to_the_bit_and_ends_are_shown_longer(tmp_path, ending):
    film(tmp_path / f"a.{ending}", Cut(), [0, 50, 100, 150])
    frames = frames_of(tmp_path / f"a.{ending}")
    assert [int(pixels.max()) for pixels, _ in frames] == [0, 50, 100, 150]
    assert [int(pixels.min()) for pixels, _ in frames] == [0, 50, 100, 150]
    assert [duration for _, duration in frames] == [1000, 100, 100, 1000]


@pytest.mark.parametrize("ending", ["gif", "webp", "png"])
def test_the_program_reads_what_it_writes(tmp_path, ending):
    film(tmp_path / f"a.{ending}", Cut(), [0, 50, 100, 150])
    assert pdefilter.read(tmp_path / f"a.{ending}", frame=2).pixels.max() == 100


def test_a_folder_of_numbered_frames(tmp_path):
    film(f"{tmp_path}/new/frames/", Cut(), [0, 50, 100])
    film(f"{tmp_path}/new/frames/", Cut(), [0, 150], replace=True)
    made = sorted((tmp_path / "new" / "frames").iterdir())
    assert [path.name for path in made] == ["0000.png", "0001.png"]
    assert pdefilter.read(made[1]).pixels.max() == 150
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["frames"]


def test_a_video(tmp_path):
    av = pytest.importorskip("av")
    with filmed(str(tmp_path / "a.mp4"), Cut(), replace=False) as made:
        for value in (10, 100, 200):
            made.show(float(value), grey(value, (41, 61)))
        made.end(grey(250, (41, 61)))
    with av.open(str(tmp_path / "a.mp4")) as video:
        shown = [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]
    assert shown[0].shape == (42, 62, 3)
    assert len(shown) == 1 + 1 + 1 + 10
    assert np.abs(shown[0].astype(int) - 10).max() <= 3
    assert np.abs(shown[-1].astype(int) - 250).max() <= 3


def test_a_label_changes_its_corner_alone(tmp_path):
    film(tmp_path / "a.png", Cut(labels=True), [90, 90, 90])
    first, second, _ = (pixels for pixels, _ in frames_of(tmp_path / "a.png"))
    assert set(np.unique(first[:24])) == {90}
    assert first[26:, :20].max() > 200
    assert not np.array_equal(first, second)


def test_one_mapping_for_all_frames(tmp_path):
    with filmed(str(tmp_path / "a.png"), Cut(), replace=False) as made:
        made.show(0.0, Image(np.array([[0.0, 100.0]], np.float32)))
        made.show(1.0, Image(np.array([[25.0, 200.0]], np.float32)))
        made.end(Image(np.array([[50.0, -1.0]], np.float32)))
    assert [pixels[0, :, 0].tolist() for pixels, _ in frames_of(tmp_path / "a.png")] == [
        [0, 255], [64, 255], [128, 0],
    ]  # fmt: skip


def test_holes_are_transparent_until_they_are_filled(tmp_path):
    holed = np.full((5, 6), 0.5, np.float32)
    holed[2, 3] = np.nan
    with filmed(str(tmp_path / "a.png"), Cut(), replace=False) as made:
        made.show(0.0, Image(holed))
        made.end(Image(np.full((5, 6), 0.5, np.float32)))
    with PIL.Image.open(tmp_path / "a.png") as file:
        opacity = [np.asarray(frame.convert("RGBA"))[2, 3, 3] for frame in
                   PIL.ImageSequence.Iterator(file)]  # fmt: skip
    assert opacity == [0, 255]


def test_bands_are_refused(tmp_path):
    bands = Image(np.zeros((3, 4, 5), np.uint8))
    with (
        pytest.raises(ImageError, match="5 bands, which frames cannot show"),
        filmed(str(tmp_path / "a.png"), Cut(), replace=False) as made,
    ):
        made.show(0.0, bands)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("target", ["a.gif", "a.png", "a.webp", "a.mp4", "a/"])
def test_nothing_is_left_of_a_film_that_fails(tmp_path, target):
    if target.endswith("mp4"):
        pytest.importorskip("av")
    with (
        pytest.raises(KeyboardInterrupt),
        filmed(f"{tmp_path}/{target}", Cut(), replace=False) as made,
    ):
        made.show(0.0, grey(1))
        raise KeyboardInterrupt
    assert not [*tmp_path.iterdir()]


def planned(target, *, jobs=1, filter_="shock", overwrite=False, options=None, **cut):
    chain = Chain((Stage(filter_, FILTERS[filter_], options or {}),))
    plan = [Job(k, f"in/{k}.png", f"out/{k}.png", None) for k in range(jobs)]
    return [job.film for job in with_films(plan, chain, target, Cut(**cut), overwrite=overwrite)]


def test_films_of_several_inputs_are_named_by_a_template(tmp_path):
    assert planned(f"{tmp_path}/{{stem}}.gif", jobs=2) == [f"{tmp_path}/0.gif", f"{tmp_path}/1.gif"]
    assert planned(f"{tmp_path}/{{stem}}/", jobs=1) == [f"{tmp_path}/0/"]


@pytest.mark.parametrize(
    ("target", "options", "sentence"),
    [
        (None, {"labels": True}, "--labels: belongs to frames"),
        ("a.gif", {"every": 1.0, "count": 5}, "--count: contradicts --every"),
        ("a.gif", {"every": -1.0}, "--every: -1 is not above 0"),
        ("a.gif", {"filter_": "smooth"}, "makes its result at once"),
        ("a.gif", {"jobs": 2}, "several inputs need names of their own"),
        ("a.avi", {}, "the ending .avi stands for no animation"),
        ("out/0.png", {}, "is an input, an output or another film"),
    ],
)
def test_a_call_that_contradicts_itself_is_refused(target, options, sentence):
    with pytest.raises(CallError, match=sentence):
        planned(target, **options)


def test_existing_films_are_refused_unless_they_may_be_replaced(tmp_path):
    (tmp_path / "a.gif").write_bytes(b"")
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "0000.png").write_bytes(b"")
    for name in ("a.gif", "frames/"):
        with pytest.raises(CallError, match="give --overwrite"):
            planned(f"{tmp_path}/{name}")
        assert planned(f"{tmp_path}/{name}", overwrite=True)
    (tmp_path / "frames" / "mine.txt").write_bytes(b"")
    with pytest.raises(CallError, match="holds other files"):
        planned(f"{tmp_path}/frames/", overwrite=True)


def test_a_film_begins_with_the_image_and_ends_with_the_output(pdefilter_command, tmp_path):
    done = pdefilter_command(
        "wave", NOISY, "-o", "w.png", "--time", 3, "--frames", "w.webp", "--every", "1"
    )
    assert (done.returncode, done.stdout) == (0, b"")
    frames = [pixels[..., 0] for pixels, _ in frames_of(tmp_path / "w.webp")]
    assert len(frames) == 4
    assert np.array_equal(frames[0], pdefilter.read(NOISY).pixels)
    assert np.array_equal(frames[-1], pdefilter.read(tmp_path / "w.png").pixels)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # values are clipped
        for time in (1, 2):
            assert np.array_equal(frames[time], pdefilter.wave(pdefilter.read(NOISY), time=time))


def test_a_chain_shows_its_last_stage(pdefilter_command, tmp_path):
    call = ("chain", NOISY, "heat-diffuse --sigma 1", "shock --iterations 2", "-o", "s.png")
    assert pdefilter_command(*call, "--frames", "s.webp").returncode == 0
    frames = [pixels[..., 0] for pixels, _ in frames_of(tmp_path / "s.webp")]
    assert len(frames) == 3
    before = pdefilter.heat_diffuse(pdefilter.read(NOISY), sigma=1).pixels
    assert np.array_equal(frames[0], before)
    assert np.array_equal(frames[-1], pdefilter.read(tmp_path / "s.png").pixels)


@pytest.mark.parametrize("name", ["s.webp", "s.mp4", "s/"])
def test_a_full_disk_leaves_nothing(pdefilter_command, small_disk, name):
    if name == "s.mp4":
        pytest.importorskip("av")
    call = ("wave", NOISY, "--time", 9, "-q", "-o", "s.png", "--frames", f"{small_disk}/{name}")
    done = pdefilter_command(*call)
    assert done.returncode == 1
    assert f"{name}: cannot be written (No space left on device)" in done.stderr.decode()
    assert not [*small_disk.iterdir()]


def test_filters_that_do_not_evolve_have_no_frames(pdefilter_command):
    done = pdefilter_command("edge", NOISY, "-o", "e.png", "--frames", "e.gif")
    assert (done.returncode, b"--frames: unknown option" in done.stderr) == (2, True)
