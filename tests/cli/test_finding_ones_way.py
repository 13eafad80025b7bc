"""What newcomers type first: help, other programs' names, and questions about files."""

import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from support import SAMPLES

import pdefilter
from pdefilter.cli import elsewhere
from pdefilter.cli.commands import app
from pdefilter.cli.gathered import GatheredWarnings
from pdefilter.cli.guide import GROUPS, GUIDES
from pdefilter.cli.stages import chain_of
from pdefilter.errors import PdefilterError
from pdefilter.filters import FILTERS
from pdefilter.filters.denoise import NETWORKS
from pdefilter.filters.options.option import parameters_of
from pdefilter.networks.model_file import shipped_models

COMMANDS = [known.name for known in (*app.registered_commands, *app.registered_groups)]
FORMULA = re.compile(r"[=∇ΔΣ²_∂]")


def test_every_command_has_a_guide_and_a_place():
    assert set(GUIDES) <= set(COMMANDS)
    assert {name for names in GROUPS.values() for name in names} == set(GUIDES)
    for name, guide in GUIDES.items():
        assert len(guide.summary) <= 62  # a line of 80 columns
        assert not FORMULA.search(guide.summary)
        assert len(guide.examples) == 3 or name == "help"
        own = {parameter.name for parameter in parameters_of(FILTERS.get(name, lambda: None))}
        assert name not in FILTERS or set(guide.main) <= {*own, "mask"}


@pytest.mark.parametrize("command", ["anisotropic", "learn", "info"])
def test_all_ways_to_ask_for_help_show_the_same(pdefilter_command, command):
    asked = [(command, "--help"), (command, "-h"), ("help", command)]
    screens = {pdefilter_command(*words).stdout for words in asked}
    (screen,) = map(bytes.decode, screens)
    assert all(f"  {example}\n" in screen for example in GUIDES[command].examples)
    options = re.findall(r"^  (?:-\w, )?--[a-z-]+", screen, re.MULTILINE)
    assert len(options) <= 14
    left = re.search(r"--help-all shows (\d+) more options", screen)
    whole = pdefilter_command(command, "--help-all").stdout.decode()
    of_all = re.findall(r"^  (?:-\w, )?--[a-z-]+", whole, re.MULTILINE)
    assert len(of_all) == len(options) + 1 + (int(left[1]) if left else 0)


@pytest.mark.parametrize("name", [*elsewhere.CALLS, *elsewhere.OTHERS])
def test_names_of_other_programs_lead_to_calls_that_are_valid(name):
    assert name not in COMMANDS
    call = elsewhere.call_of(name)
    assert call.split()[1] in COMMANDS
    if name in elsewhere.CALLS and not re.search("MASK|PICTURE", call):
        (stage,) = chain_of([elsewhere.CALLS[name]]).stages
        assert stage.operation


def test_networks_that_a_shell_completes_are_there():
    assert set(NETWORKS) == set(shipped_models())


@pytest.mark.parametrize(
    ("stages", "said"),
    [
        (["edge", "edge --sigma big"], "error: stage 2 (edge): --sigma: 'big' is not a number"),
        (["edge", "edge --sigm 1"], "error: stage 2 (edge): --sigm: unknown option; did you mean"),
        (["heat-diffuse --step 1", "edge"], "error: stage 1 (heat-diffuse): --step: 1 px²"),
        (["edge", "poisson --source no.png"], "error: stage 2 (poisson): --source: no.png: "),
        (["edge", "blur"], "error: 'blur': there is no filter blur; write 'smooth --sigma 2'"),
        (["blur"], "error: 'blur': there is no filter blur; write 'smooth --sigma 2'"),
    ],
)
def test_an_error_in_a_chain_names_its_stage(pdefilter_command, stages, said):
    done = pdefilter_command("chain", SAMPLES / "coins.png", *stages, "-o", "o.png")
    assert done.returncode == 2
    assert done.stderr.decode().startswith(said)
    assert done.stderr.count(b"\n") == 1


def test_warnings_that_differ_in_numbers_are_said_once():
    gathered = GatheredWarnings(10)
    for image in range(3):
        gathered.add(f"{image}.png", [f"{image + 5} of 20 values were clipped", "no ICC: left out"])
    gathered.add("3.png", ["no EXIF: left out"])
    assert list(gathered.lines()) == [
        "3 of 10 images (30 %), such as 0.png: 5 of 20 values were clipped",
        "3 of 10 images (30 %), such as 0.png: no ICC: left out",
        "3.png: no EXIF: left out",
    ]
    whole = GatheredWarnings(2)
    for image in ("a", "b"):
        whole.add(image, ["clipped", "clipped"])
    assert list(whole.lines()) == ["all 2 images, such as a: clipped"]


def test_a_folder_has_a_line_for_each_kind_of_warning(pdefilter_command, tmp_path):
    (tmp_path / "in").mkdir()
    for number in range(4):
        values = np.full((4, 5), 3.0 if number else 0.5, np.float32)
        np.save(tmp_path / "in" / f"{number}.npy", values)
    call = ["smooth", "in", "--depth", "8", "--format", "png"]
    done = pdefilter_command(*call, "-o", "a/b/c/")
    clipped = "20 of 20 values lie outside the range that uint8 stores and were clipped to it"
    expected = f"warning: 3 of 4 images (75 %), such as in/1.npy: {clipped}\n"
    assert (done.returncode, done.stderr.decode()) == (0, expected)
    assert len(list((tmp_path / "a" / "b" / "c").iterdir())) == 4
    lines = pdefilter_command(*call, "-o", "out/", "-v").stderr.decode().splitlines()
    assert [line for line in lines if line.startswith("warning: ")] == [
        f"warning: in/{number}.npy: {clipped}" for number in (1, 2, 3)
    ]


@pytest.mark.parametrize("command", ["anisotropic", "denoise"])
def test_a_run_that_changes_nothing_says_why(pdefilter_command, tmp_path, command):
    pdefilter.write(np.full((30, 40), 128, np.uint8), tmp_path / "flat.png")
    done = pdefilter_command(command, "flat.png", "-o", "o.png")
    assert done.returncode == 0
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith(
        "warning: flat.png: no noise found (0.0 levels): nothing to remove; give"
    )
    asked = ["--kappa", "0.1", "--time", "1"] if command == "anisotropic" else ["--noise", "0.02"]
    done = pdefilter_command(command, "flat.png", *asked, "-o", "asked.png")
    assert (done.returncode, done.stderr) == (0, b"")


def test_info_tells_what_an_image_is(pdefilter_command, tmp_path):
    rng = np.random.default_rng(0)
    noisy = (1000 + 100 * rng.standard_normal((60, 80))).astype(np.uint16)
    pdefilter.write([noisy, noisy], tmp_path / "pages.tif")
    noisy = np.stack([noisy, noisy, noisy], 2).astype(np.float32)
    noisy[:3, :4, 0] = np.nan
    np.save(tmp_path / "holes.npy", noisy)
    done = pdefilter_command("info", "pages.tif", "holes.npy", "--json")
    assert (done.returncode, done.stderr) == (0, b"")
    pages, holes = map(json.loads, done.stdout.splitlines())
    assert {name: pages[name] for name in ("file", "format", "rows", "columns", "frames")} == {
        "file": "pages.tif", "format": "TIFF", "rows": 60, "columns": 80, "frames": 2,
    }  # fmt: skip
    assert (pages["depth"], pages["kind"], pages["full_scale"]) == ("uint16", "grey", 65535)
    assert pages["noise"] == [pytest.approx(100, rel=0.1)]
    assert (holes["depth"], holes["kind"], holes["holes"]) == ("float32", "RGB", 12)
    text = pdefilter_command("info", "pages.tif").stdout.decode()
    assert "size        80 wide, 60 high\n" in text
    assert "frames      2\n" in text


def test_info_takes_folders_and_names_what_is_neither_image_nor_network(
    pdefilter_command, tmp_path
):
    (tmp_path / "in").mkdir()
    for name in ("coins.png", "brain.tif"):
        (tmp_path / "in" / name).write_bytes((SAMPLES / name).read_bytes())
    (tmp_path / "text.png").write_bytes(b"words")
    done = pdefilter_command("info", "in", "white", "nothing", "text.png", "--json")
    assert done.returncode == 1
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["file"] for line in lines] == ["in/brain.tif", "in/coins.png", "white"]
    missing, broken = done.stderr.decode().splitlines()
    assert missing.startswith("error: nothing: is neither a file nor one of the networks ")
    assert broken.startswith("error: text.png: is not an image of a known format")


def test_info_reads_resolution_profile_and_orientation(pdefilter_command, tmp_path):
    import PIL.Image
    import PIL.ImageCms

    profile = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")).tobytes()
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    picture = PIL.Image.new("RGB", (40, 30))
    for suffix in (".png", ".jpg", ".tif"):
        options = {"dpi": (300, 300), "icc_profile": profile, "exif": exif}
        picture.save(tmp_path / f"a{suffix}", **options)
        text = pdefilter_command("info", f"a{suffix}").stdout.decode()
        assert "size        30 wide, 40 high\n" in text
        assert "profile     sRGB built-in\n" in text
        assert "orientation stored turned (6 in EXIF), read upright\n" in text
        assert re.search(r"resolution  300 pixels per inch, a pixel is 0.08467 mm\n", text)
        assert "noise       none found\n" in text


def test_estimate_takes_folders(pdefilter_command, tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("coins.png", "noisy.png"):
        (tmp_path / "in" / name).write_bytes((SAMPLES / name).read_bytes())
    done = pdefilter_command("estimate", "in", "--json")
    assert (done.returncode, done.stderr) == (0, b"")
    names = [json.loads(line)["image"] for line in done.stdout.splitlines()]
    assert names == ["in/coins.png", "in/noisy.png"]
    assert b"list[str]" not in pdefilter_command("estimate", "--help").stdout


def test_lists_with_the_ends_of_lines_of_windows(pdefilter_command, tmp_path):
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes((SAMPLES / "coins.png").read_bytes())
    (tmp_path / "list.txt").write_bytes(b"a.png\r\nb.png\r\n")
    done = pdefilter_command("edge", "--files-from", "list.txt", "-o", "out/")
    assert (done.returncode, done.stderr) == (0, b"")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "b.png"]


def test_a_missing_file_is_an_error_of_the_system_too(tmp_path):
    for kind in (OSError, FileNotFoundError, PdefilterError):
        with pytest.raises(kind, match=r"none\.png: cannot be read \(No such file or directory\)"):
            pdefilter.read(tmp_path / "none.png")
        with pytest.raises(kind, match=r"cannot be written \(No such file or directory\)"):
            pdefilter.write(np.zeros((2, 2), np.uint8), tmp_path / "none" / "a.png")


def test_the_table_of_formats_is_aligned_in_a_pipe(pdefilter_command):
    head, *rows = pdefilter_command("info", "--formats").stdout.decode().splitlines()
    at = head.index("frames")
    assert all(row[at - 1] == " " and row[at:].startswith(("one", "several")) for row in rows)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize(
    "words", [["--help"], ["anisotropic", "--help-all"], ["info", "--formats"]]
)
def test_screens_fit_their_terminal(executable, columns, words):
    import pty
    import termios

    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (50, columns))
    process = subprocess.Popen(
        [executable, *words],
        stdout=theirs,
        stderr=theirs,
        stdin=theirs,
        env={**{k: v for k, v in os.environ.items() if k != "COLUMNS"}, "TERM": "xterm"},
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            data = os.read(ours, 1 << 16)
        except OSError:
            break
        if not data:
            break
        shown += data
    os.close(ours)
    assert process.wait() == 0
    assert b"\x1b[" in shown
    lines = re.sub(r"\x1b\[[\d;]*m", "", shown.decode()).split("\r\n")
    assert not [
        line for line in lines if len(line) > columns and not line.startswith("  pdefilter ")
    ]
