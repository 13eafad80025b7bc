"""The documentation cannot lie: every command and every line of Python in it is run."""

import re

import numpy as np
import pytest
from kernel_pictures import first_kernels
from pages import (
    PAGES,
    copy_samples,
    page_name,
    run,
    run_python,
    steps,
    tables_of_pictures,
    transcripts,
)
from support import ROOT, SAMPLES

import pdefilter
from pdefilter.filters import FILTERS
from pdefilter.images.reading import MOST_PIXELS
from pdefilter.images.table import format_table


def text(name):
    return (ROOT / name).read_text()


@pytest.mark.parametrize("page", [page for page in PAGES if steps(page)], ids=page_name)
def test_terminals_show_what_a_page_says_and_its_python_runs(page, tmp_path, warm_executable):
    copy_samples(tmp_path)
    ran = 0
    for language, block in steps(page):
        if language == "python":
            run_python(block, tmp_path, warm_executable)
            continue
        for command, expected in transcripts(block):
            assert run(command, tmp_path, warm_executable) == expected, command
            ran += 1
    assert ran == page.read_text().count("\n$ ")


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_links_to_files_lead_somewhere(page):
    for target in re.findall(r"\]\((?!http)([^)#]+)[^)]*\)|src=\"(.*?)\"", page.read_text()):
        assert (page.parent / "".join(target)).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_every_picture_has_a_description(page):
    assert not re.findall(r"!\[\]|<img (?![^>]*alt=\")", page.read_text())


def test_the_pictures_were_made_by_the_commands_below_them(tmp_path, warm_executable):
    copy_samples(tmp_path)
    shown = []
    for page in PAGES:
        for source, command, picture in tables_of_pictures(page):
            line = f"pdefilter {command.replace(' ', f' {source} ', 1)}"
            line = line if " " in command else f"pdefilter {command} {source}"
            assert run(f"{line} -o made.png --overwrite", tmp_path, warm_executable) == ""
            made = pdefilter.read(tmp_path / "made.png").pixels
            assert np.array_equal(made, pdefilter.read(picture).pixels), picture
            shown.append(picture)
    assert sorted(shown) == sorted((SAMPLES / "strip").iterdir())


def test_every_filter_has_its_equation_and_is_called():
    equations = text("docs/theory/equations.md")
    calls = [
        command for page in PAGES for _, block in steps(page) for command, _ in transcripts(block)
    ]
    for name in FILTERS:
        assert f"| `{name}` |" in equations
        assert any(f"pdefilter {name} " in call for call in calls), name


def test_the_table_of_formats_is_the_one_that_the_program_follows():
    page = text("docs/formats.md")
    assert f"\n{format_table()}\n" in page
    assert str(MOST_PIXELS) in page.replace(" ", "")


def test_every_page_of_the_documentation_is_found_from_the_readme_or_another():
    linked = {
        (page.parent / target).resolve()
        for page in PAGES
        for target in re.findall(r"\]\((?!http)([^)#]+)", page.read_text())
    }
    assert {page for page in PAGES if page.name != "README.md"} <= linked


def test_every_sample_has_its_origin_and_licence(samples):
    table = (SAMPLES / "README.md").read_text()
    rows = re.findall(r"^\| `(.*?)` \|.*\| .+ \|$", table, re.MULTILINE)
    others = [
        f"{folder}/{path.name}"
        for folder in ("depth", "lines", "volumes")
        for path in (SAMPLES / folder).iterdir()
    ]
    assert sorted(rows) == sorted([*(sample.name for sample in samples), *others])


def test_the_picture_of_kernels_shows_those_of_the_network():
    assert np.array_equal(first_kernels(), pdefilter.read(ROOT / "docs" / "kernels.png").pixels)


def test_the_version_to_cite_is_the_one_that_is_there():
    assert f"\nversion: {pdefilter.__version__}\n" in text("CITATION.cff")
