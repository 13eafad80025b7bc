"""Stages of a chain: each is parsed as the command of its filter would be."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from pdefilter.cli.command import Command
from pdefilter.cli.elsewhere import stage_of
from pdefilter.cli.options import command_of, option_name
from pdefilter.cli.parser_errors import sentence_of
from pdefilter.cli.suggestion import suggestion
from pdefilter.errors import CallError, ParameterError
from pdefilter.filters import FILTERS

if TYPE_CHECKING:
    from pdefilter.runs.chain import Chain


def split_words(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split words into inputs and stages; the first word that begins with a filter starts these."""
    for at, word in enumerate(words):
        if word.split(None, 1)[:1] and word.split(None, 1)[0] in FILTERS:
            return list(words[:at]), list(words[at:])
    return list(words), []


def require_inputs(words: Sequence[str]) -> None:
    """Refuse words that are not files but look like mistyped names of filters.

    Raises
    ------
    CallError
        With the filter that was probably meant.
    """
    for word in words:
        name = (word.split(None, 1) or [""])[0]
        is_meant = stage_of(name) or get_close_matches(name, FILTERS)
        if is_meant and not Path(word).exists():
            raise CallError(f"{word!r}: there is no filter {name}{_instead_of(name)}")


def read_recipe(file: str) -> list[str]:
    """Read stages from a TOML file: ``stages = ["heat-diffuse --sigma 1", "edge"]``.

    Raises
    ------
    CallError
        If there are no stages.
    """
    import tomllib

    try:
        content = tomllib.loads(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise CallError(f"--recipe {file}: cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise CallError(f"--recipe {file}: is not valid TOML ({error})") from None
    stages = content.get("stages")
    if set(content) != {"stages"} or not isinstance(stages, list) or not stages:
        raise CallError(f"--recipe {file}: needs stages = [...] and nothing else")
    for stage in stages:
        if not isinstance(stage, str):
            raise CallError(f'--recipe {file}: {stage!r} is not a stage; write "edge --sigma 1"')
    return stages


def chain_of(stages: Sequence[str]) -> "Chain":
    """Make a chain of the stages that were typed.

    Raises
    ------
    CallError
        If a stage is not a filter with its options.
    """
    from pdefilter.runs.chain import Chain, Stage

    parsed = []
    for number, stage in enumerate(stages, 1):
        name, words = _split(stage)
        with naming_stage(number, name):
            parsed.append(Stage(name, FILTERS[name], _parse(name, words)))
    return Chain(tuple(parsed))


@contextmanager
def naming_stage(number: int, name: str) -> Iterator[None]:
    """Put a stage before the sentences about it.

    Raises
    ------
    CallError
        Instead of every error about the call.
    """
    try:
        yield
    except ParameterError as error:
        sentences: Iterable[str] = [f"{option_name(error.parameter)}: {error.problem}"]
    except CallError as error:
        sentences = error.args
    except typer.TyperException as error:
        sentences = [sentence_of(error)]
    else:
        return
    raise CallError(*(f"stage {number} ({name}): {sentence}" for sentence in sentences))


def _split(stage: str) -> tuple[str, list[str]]:
    try:
        name, *words = shlex.split(stage)
    except ValueError as error:
        raise CallError(f"{stage!r} is not a stage ({error}); check its quotes") from None
    if name not in FILTERS:
        raise CallError(f"{stage!r}: there is no filter {name}{_instead_of(name)}")
    return name, words


def _instead_of(name: str) -> str:
    stage = stage_of(name)
    return f"; write {stage!r}" if stage else suggestion(name, FILTERS)


def _parse(name: str, words: list[str]) -> dict[str, Any]:
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(cls=Command)(command_of(FILTERS[name], lambda parameters, _: parameters))
    parameters = app(words, prog_name=name, standalone_mode=False)
    if not isinstance(parameters, dict):
        raise typer.Exit  # --help was printed
    return parameters
