"""The documentation cannot lie: every command and every line of Python in it is run."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest
from support import ROOT, SAMPLES

import pdefilter
from pdefilter.filters import FILTERS
from pdefilter.images.reading import MOST_PIXELS
from pdefilter.images.table import format_table

README = (ROOT / "README.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clone")
    (folder / "sample_images").symlink_to(SAMPLES)
    return folder


def run(line, folder, executable):
    path = f"{executable.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.stdout.decode()


def test_transcripts_are_what_a_terminal_shows(clone, executable):
    ran = 0
    for block in blocks("console"):
        for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            assert run(command, clone, executable) == expected, command
            ran += 1
    assert ran == README.count("\n$ ")


def test_the_python_runs(clone):
    for block in blocks("python"):
        subprocess.run([sys.executable, "-W", "error", "-c", block], cwd=clone, check=True)


def test_the_set_up_lines_do_what_they_say(clone, executable):
    """The environment is the one that these tests are in; the rest of each line is run."""
    main_job, tests = (block.strip() for block in blocks("sh"))
    set_up = "python3 -m venv .venv && .venv/bin/pip install "
    assert main_job.startswith(f"{set_up}. && .venv/bin/pdefilter ")
    assert tests == f"{set_up}'.[test]' && .venv/bin/pytest -n auto"
    assert run(main_job.rpartition(" && .venv/bin/")[2], clone, executable) == ""
    clean = pdefilter.read(clone / "clean.png").pixels
    assert np.array_equal(clean, pdefilter.read(SAMPLES / "strip" / "denoise.png").pixels)


def test_the_pictures_were_made_by_the_commands_below_them(clone, executable):
    shown = []
    for table in re.findall(r"<table>.*?</table>", README, re.DOTALL):
        commands = re.findall(r"<td><code>(.*)</code></td>", table)
        source, *pictures = re.findall(r'src="(sample_images/.*?)"', table)
        for command, picture in zip(commands, pictures, strict=True):
            name, *options = command.split()
            line = " ".join(["pdefilter", name, source, *options, "-o made.png --overwrite"])
            assert run(line, clone, executable) == ""
            made = pdefilter.read(clone / "made.png").pixels
            assert np.array_equal(made, pdefilter.read(clone / picture).pixels), picture
            shown.append(clone / picture)
    assert sorted(shown) == sorted((clone / "sample_images" / "strip").iterdir())


def test_every_command_is_in_it():
    for command in FILTERS:
        assert f"| `{command}` |" in README
        assert f"$ pdefilter {command} " in README


def test_the_table_of_formats_is_the_one_that_the_program_follows():
    assert f"\n{format_table()}\n" in README
    assert str(MOST_PIXELS) in README.replace(" ", "")


def test_links_to_files_lead_somewhere():
    for page in ROOT.glob("*.md"):
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text()):
            assert (ROOT / target).exists(), (page.name, target)


def test_every_sample_has_its_origin_and_licence(samples):
    table = (SAMPLES / "README.md").read_text()
    rows = re.findall(r"^\| `(.*?)` \|.*\| .+ \|$", table, re.MULTILINE)
    assert sorted(rows) == [sample.name for sample in samples]
