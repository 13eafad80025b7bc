"""The command that compares images: its table, its JSON, its maps and its status."""

import json
import shutil

import numpy as np
import pytest
from calls import run_calls
from support import SAMPLES

import pdefilter

PORTRAIT = SAMPLES / "portrait.png"
SECONDS = 60


@pytest.fixture
def darker(tmp_path):
    pixels = pdefilter.read(PORTRAIT).pixels // 2
    pdefilter.write(pixels, tmp_path / "darker.png")
    return tmp_path / "darker.png"


def test_the_table_has_a_row_for_all_colours_and_for_each(pdefilter_command, darker):
    done = pdefilter_command("compare", PORTRAIT, darker)
    assert (done.returncode, done.stderr) == (0, b"")
    head, units, *rows = done.stdout.decode().splitlines()
    assert head.split()[:2] == ["PSNR", "SSIM"]
    assert [row.split()[5] for row in rows] == ["together", "red", "green", "blue"]
    ends = {
        line.rindex(word) for line, word in ((head, "image"), *((r, str(PORTRAIT)) for r in rows))
    }
    assert len(ends) == 1
    assert units == units.rstrip()


def test_json_is_a_line_for_each_pair(pdefilter_command, darker):
    done = pdefilter_command("compare", "--json", PORTRAIT, darker)
    (line,) = done.stdout.splitlines()
    found = json.loads(line)
    assert (found["image"], found["other"], found["frame"]) == (str(PORTRAIT), str(darker), 0)
    assert set(found["channels"]) == {"red", "green", "blue"}
    assert found["psnr"] > 0


def test_identical_images_are_infinitely_alike_and_json_stays_valid(pdefilter_command):
    done = pdefilter_command("compare", PORTRAIT, PORTRAIT, "--at-least", "99dB")
    assert done.returncode == 0
    assert done.stdout.decode().splitlines()[2].split()[0] == "infinite"
    done = pdefilter_command("compare", "--json", PORTRAIT, PORTRAIT)
    found = json.loads(done.stdout, parse_constant=pytest.fail)
    assert (found["identical"], found["psnr"], found["ssim"]) == (True, None, 1.0)


def test_a_goal_decides_the_status(tmp_path, darker):
    reached = {"5dB": 0, "5": 0, "90 dB": 1, "0.1": 0, "1": 1, "1dB": 0}
    refused = dict.fromkeys(["", "dB", "0", "-3dB", "nan", "inf", "30cm"], 2)
    goals = {**reached, **refused}
    calls = [(["compare", str(PORTRAIT), str(darker), f"--at-least={goal}"], "") for goal in goals]
    for goal, done in zip(goals, run_calls(calls, tmp_path, SECONDS), strict=True):
        assert done.is_answer, done
        assert done.status == goals[goal], done
        assert len(done.said.splitlines()) == bool(done.status)
        assert done.said.startswith("error: --at-least: ") == (done.status == 2)


def test_folders_are_compared_by_name_and_endings_may_differ(pdefilter_command, tmp_path, darker):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    shutil.copy(PORTRAIT, tmp_path / "a" / "one.png")
    shutil.copy(PORTRAIT, tmp_path / "a" / "two.png")
    shutil.copy(darker, tmp_path / "b" / "one.png")
    pdefilter.write(pdefilter.read(PORTRAIT).pixels, tmp_path / "b" / "two.tif")
    done = pdefilter_command("compare", "--json", "a", "b", "--map", "maps/", "--overwrite")
    assert (done.returncode, done.stderr) == (0, b"")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(line["image"], line["other"]) for line in lines] == [
        ("a/one.png", "b/one.png"),
        ("a/two.png", "b/two.tif"),
    ]
    assert sorted(path.name for path in (tmp_path / "maps").iterdir()) == ["one.png", "two.png"]
    shutil.copy(PORTRAIT, tmp_path / "b" / "three.png")
    done = pdefilter_command("compare", "--json", "a", "b")
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 2
    assert done.stderr == b"error: b/three.png: has no partner in a\n"


def test_frames_are_compared_pairwise(pdefilter_command, tmp_path):
    rng = np.random.default_rng(0)
    pages = [rng.integers(0, 255, (16, 16)).astype(np.uint8) for _ in range(3)]
    pdefilter.write(pages, tmp_path / "a.tif")
    pdefilter.write([pages[0], pages[2], pages[2]], tmp_path / "b.tif")
    pdefilter.write(pages[:2], tmp_path / "c.tif")
    done = pdefilter_command("compare", "--json", "a.tif", "b.tif", "--map", "map.tif")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["frame"] for line in lines] == [0, 1, 2]
    assert [line["identical"] for line in lines] == [True, False, True]
    maps = [image.pixels for image in pdefilter.read_frames(tmp_path / "map.tif")]
    assert [map_.dtype for map_ in maps] == [np.float32] * 3
    assert np.array_equal(maps[1], np.abs(pages[1].astype(int) - pages[2]))
    done = pdefilter_command("compare", "a.tif", "c.tif")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"a.tif: has 3 frames, but c.tif has 2" in done.stderr
    assert pdefilter_command("compare", "a.tif", "c.tif", "--frame", "1").returncode == 0


def test_a_map_of_8_bits_shows_small_differences_and_one_pixel_does_not_hide_them(
    pdefilter_command, tmp_path
):
    pixels = pdefilter.read(SAMPLES / "coins.png").pixels
    other = pixels.copy()
    other[10:30, 40:60] ^= 1
    other[100, 100] ^= 128
    pdefilter.write(other, tmp_path / "other.png")
    done = pdefilter_command("compare", SAMPLES / "coins.png", "other.png", "--map", "map.png")
    assert (done.returncode, done.stderr) == (0, b"")
    shown = pdefilter.read(tmp_path / "map.png").pixels
    assert (shown[10:30, 40:60] == 255).all()
    assert np.count_nonzero(shown) == 401
    done = pdefilter_command("compare", SAMPLES / "coins.png", "other.png", "--map", "map.png")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"error: --map map.png: exists already; give --overwrite to replace it\n"


def test_bad_calls_get_a_sentence(tmp_path, darker):
    bad = {
        f"{PORTRAIT}": (2, "A and B"),
        f"{PORTRAIT} none.png": (2, "none.png: no such file"),
        f"{PORTRAIT} {SAMPLES}/coins.png": (1, f"{PORTRAIT}: has 256 × 256 pixels"),
        f"{PORTRAIT} {darker} --map map.xyz": (2, "stands for no format"),
        f"{PORTRAIT} {darker} --map {darker} --overwrite": (2, "is an image to compare"),
        f"{PORTRAIT} {darker} --map none/map.png": (2, "there is no folder none"),
        f"{PORTRAIT} {darker} --full-scale -1": (2, "--full-scale"),
        "- -": (2, "once"),
    }
    calls = [(["compare", *words.split()], "") for words in bad]
    for expected, done in zip(bad.values(), run_calls(calls, tmp_path, SECONDS), strict=True):
        assert done.is_answer, done
        assert done.status == expected[0], done
        assert expected[1] in done.said
        assert len(done.said.splitlines()) == 1


def test_standard_input_is_an_image_too(pdefilter_command):
    done = pdefilter_command("compare", "--json", PORTRAIT, "-", stdin=PORTRAIT.read_bytes())
    assert json.loads(done.stdout)["identical"]
