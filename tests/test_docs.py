"""The pages of the documentation: their commands print what they show, and their Python runs."""

import re
import subprocess
import sys

import numpy as np
import pytest
from kernel_pictures import first_kernels
from support import ROOT, SAMPLES
from test_readme import run

import pdefilter

PAGES = sorted((ROOT / "docs").glob("*.md"))


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def clone(tmp_path):
    (tmp_path / "sample_images").symlink_to(SAMPLES)
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_transcripts_are_what_a_terminal_shows(page, clone, executable):
    for block in blocks(page, "console"):
        for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            assert run(command, clone, executable) == expected, command


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_python_runs(page, clone):
    for block in blocks(page, "python"):
        subprocess.run([sys.executable, "-W", "error", "-c", block], cwd=clone, check=True)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_to_files_lead_somewhere(page):
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_the_picture_of_kernels_shows_those_of_the_network():
    assert np.array_equal(first_kernels(), pdefilter.read(ROOT / "docs" / "kernels.png").pixels)
