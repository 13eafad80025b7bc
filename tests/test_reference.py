"""The reference and the man pages leave nothing out."""

import importlib.util
import sys

import pytest
import typer
from support import ROOT

import pdefilter
from pdefilter.cli.commands import app
from pdefilter.filters import FILTERS

COMMANDS = typer.main.get_command(app).commands


def module(name):
    """Import a script of docs/, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    found = importlib.util.module_from_spec(spec)
    sys.modules[name] = found
    spec.loader.exec_module(found)
    return found


reference = module("reference")
PAGES = dict(reference.pages())


def options(name):
    command = COMMANDS[name]
    return [
        option
        for parameter in command.params
        for option in parameter.opts
        if option.startswith("--") and not getattr(parameter, "hidden", False)
    ]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_in_the_reference_and_in_the_man_page(name):
    page = PAGES[f"reference/{name}.md"] + PAGES["reference/options.md"]
    described = next(one for one in reference.commands() if one.name == name)
    manual = module("man").command_page(described).replace("\\-", "-")
    for option in options(name):
        assert option in page
        assert option in manual
    assert described.summary in page


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_has_its_equation_a_picture_and_its_papers(name):
    page = PAGES[f"reference/{name}.md"]
    assert "\n> " in page
    assert "<img src=" in page
    assert f"pdefilter.{name.replace('-', '_')}(" in page
    assert "## References" in page


def test_every_public_name_is_in_the_reference():
    filters = {name.replace("-", "_") for name in FILTERS}
    for name in set(pdefilter.__all__) - filters:
        assert f"\n## {name}\n" in PAGES["reference/python.md"]


def test_a_man_page_reads_as_text_what_troff_would_read_as_commands():
    man = module("man")
    assert man._escaped(".5 -x \\") == "\\&.5 \\-x \\e"


def test_every_command_has_a_man_page(tmp_path):
    module("man").main(tmp_path)
    pages = {page.name for page in tmp_path.iterdir()}
    assert pages == {"pdefilter.1"} | {f"pdefilter-{name}.1" for name in COMMANDS}
    program = (tmp_path / "pdefilter.1").read_text().replace("\\-", "-")
    assert all(f"pdefilter-{name}(1)" in program for name in COMMANDS)


def test_every_page_is_in_the_site():
    build = module("build")
    known = {page for pages in build.SECTIONS.values() for page in pages}
    pages = {
        page.relative_to(ROOT / "docs").with_suffix("").as_posix()
        for page in (ROOT / "docs").rglob("*.md")
    }
    assert pages <= known | {"formats", "performance"}
