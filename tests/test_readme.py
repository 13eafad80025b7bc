"""The front door: short, wide enough for its code, and two commands to copy."""

import re

import numpy as np
from gallery import GALLERY
from gallery import commands as gallery_commands
from pages import PAGES, README, blocks, copy_samples, run, tables_of_pictures
from support import SAMPLES

import pdefilter
from pdefilter.filters import FILTERS

TEXT = README.read_text()
MOST_WORDS = 900
LONGEST_PARAGRAPH = 60
WIDEST_CODE = 85  # what GitHub shows without scrolling


def row_pictures():
    """List the rows of "Which filter do I want?": the command and its picture."""
    return re.findall(r"^\| [^|]+ \| \[`(.*?)`\].*<img src=\"(.*?)\"", TEXT, re.MULTILINE)


def test_it_is_short():
    assert len(TEXT.split()) <= MOST_WORDS


def test_no_paragraph_is_long():
    prose = re.sub(r"^```.*?^```$|<table>.*?</table>", "", TEXT, flags=re.MULTILINE | re.DOTALL)
    for paragraph in re.split(r"\n\n|\n(?=- |\| )", prose):
        assert len(paragraph.split()) <= LONGEST_PARAGRAPH, paragraph


def test_no_line_of_code_is_cut_off():
    for language in ("sh", "console", "python"):
        for block in blocks(README, language):
            assert max(map(len, block.splitlines())) <= WIDEST_CODE, block


def test_the_set_up_lines_do_what_they_say(tmp_path, executable):
    """The environment is the one that these tests are in; the rest of each block is run."""
    copy_samples(tmp_path)
    main_job, tests = (block.split(" &&\n") for block in blocks(README, "sh"))
    assert main_job[:2] == ["python3 -m venv .venv", ".venv/bin/pip install ."]
    assert tests == [main_job[0], ".venv/bin/pip install '.[test]'", ".venv/bin/pytest -n auto\n"]
    assert run(main_job[2].removeprefix(".venv/bin/"), tmp_path, executable) == ""
    clean = pdefilter.read(tmp_path / "clean.png").pixels
    assert np.array_equal(clean, pdefilter.read(SAMPLES / "strip" / "denoise.png").pixels)


def test_every_filter_has_a_job_and_a_picture():
    assert {command.split()[0] for command, _ in row_pictures()} == set(FILTERS)


def test_the_pictures_of_the_jobs_were_made_by_their_commands():
    """Other tests make the pictures of the gallery and of tables anew."""
    made = {(GALLERY / command[-1]).resolve(): " ".join(command) for command in gallery_commands()}
    made |= {picture: command for page in PAGES for _, command, picture in tables_of_pictures(page)}
    for command, picture in row_pictures():
        name, *options = command.split()
        line = made[(README.parent / picture).resolve()].split()
        assert line[0] == name
        assert set(options) <= set(line)
