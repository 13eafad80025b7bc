"""Every option of every filter, alone and with every other, ends in a picture or in a sentence.

The values are drawn from what options say of themselves, so that a new one is tried too. A share of
the calls is made each time; `pytest --every-call tests/cli/test_every_option.py` makes all of them.
"""

import itertools
import math
import random
from contextlib import suppress
from dataclasses import fields
from typing import Literal, get_args, get_origin

import numpy as np
import pytest
from calls import STARTS, run_calls

import pdefilter
from pdefilter.cli.common import Call
from pdefilter.cli.options import option_name
from pdefilter.errors import PdefilterError
from pdefilter.filters import FILTERS
from pdefilter.filters.options.option import AUTO, parameters_of

pytestmark = pytest.mark.long

SECONDS = 60
INPUTS = ("grey.png", "colour.png", "alpha.png", "holed.npy", "pixel.png", "deep.tif")
OUTPUTS = (".png", ".tif", ".npy")
PICTURES = ("grey.png", "mask.png", "holed.npy", "pixel.png", "none.png")
# Values of the options that take words of their own.
WORDS = (
    "0,0", "1,-1", "p90", "0.1", "1", "sharpen", "laplacian", "0", "1 2; 3 4", "kernel.txt",
    "kernel.npy", "word", "-1", "1e9", "nan", "1e-9 0; 0 0", "a=1", "1:2", "none.csv",
)  # fmt: skip
# Values of the common options, by their metavar.
COMMON_WORDS = {
    "FILE": (*PICTURES, "kernel.txt", "lines.svg", "-"),
    "NAME": ("png", "tiff", "npy", "gif", "word"),
    "PATTERN": ("*.png",),
    "NUMBER": ("0", "1", "2", "-1", "1.5", "word"),
}
# A million steps take long because a million were asked for, as does a window of 8000 px.
MOST_ASKED = 300


def write_files(folder):
    rng = np.random.default_rng(8)
    shape = (9, 8)
    pdefilter.write(rng.integers(0, 256, shape, np.uint8), folder / "grey.png")
    pdefilter.write(rng.integers(0, 256, (*shape, 3), np.uint8), folder / "colour.png")
    pdefilter.write(rng.integers(0, 2, (*shape, 4), np.uint8) * 255, folder / "alpha.png")
    pdefilter.write(rng.integers(0, 1 << 16, (*shape, 3), np.uint16), folder / "deep.tif")
    pdefilter.write(np.ones((1, 1), np.uint8), folder / "pixel.png")
    mask = np.full(shape, 255, np.uint8)
    mask[3:5, 2:6] = 0
    pdefilter.write(mask, folder / "mask.png")
    holed = rng.standard_normal(shape).astype(np.float32)
    holed[4, 4] = np.nan
    np.save(folder / "holed.npy", holed)
    np.save(folder / "kernel.npy", np.ones((3, 3)))
    (folder / "kernel.txt").write_text("1 2 1\n")


def values_of(parameter):
    """List what a parameter takes, and some that it does not, as words; None where it is a flag."""
    option = parameter.option
    words = [AUTO] if option.auto else []
    if option.choices is not None:
        return [*words, *option.choices]
    if option.picture:
        return list(PICTURES)
    if option.verify is not None:
        return [*words, *WORDS]
    if bool in parameter.kinds:
        return [None]
    whole = int in parameter.kinds and float not in parameter.kinds
    between = (1, 3) if whole else (0.05, 1.0, 2.5)
    ends = [end for end in (option.minimum, option.maximum) if math.isfinite(end)]
    ends = [end for end in ends if end <= MOST_ASKED]
    beyond = [option.minimum - 1, 2 * option.maximum]
    numbers = [*(min(max(n, option.minimum), option.maximum) for n in between), *ends, *beyond]
    words += [*dict.fromkeys(f"{n:.17g}" for n in numbers if math.isfinite(n)), "word"]
    if option.takes_quantities(parameter.kinds):
        words += ["0.1mm" + option.unit[2:], "2kg"]
    return words + ["1,0.5"] * option.per_axis


def typed(word):
    """Give a word as the command line would: True for a flag, and numbers as such."""
    if word is None:
        return True
    try:
        return float(word)
    except ValueError:
        return word


def words_of(name, values):
    return [[name] if value is None else [f"{name}={value}"] for value in values]


def own_options(filter_):
    """For every option of a filter, list the ways to give it."""
    return {
        parameter.name: words_of(option_name(parameter.name), values_of(parameter))
        for parameter in parameters_of(filter_)
    }


def common_options():
    found = {}
    for field in fields(Call):
        kind, declared = get_args(field.type)
        if field.name in ("inputs", "output"):
            continue
        # Typer takes the first name for a default until it sees the whole declaration.
        name, values = declared.default, COMMON_WORDS.get(declared.metavar, WORDS)
        choices = [
            c for part in get_args(kind) if get_origin(part) is Literal for c in get_args(part)
        ]
        if kind is bool:
            values = [None]
        elif choices:
            values = [*choices, "word"]
        found[field.name] = words_of(name, values)
    return found


def ways(options):
    """Give every option in every way, alone and with every other."""
    yield from itertools.chain.from_iterable(options.values())
    for one, other in itertools.combinations(options.values(), 2):
        for first, second in itertools.product(one, other):
            yield first + second


def ways_with(common, options):
    """Give every common option alone and with every other one, in one way each."""
    for at, (name, values) in enumerate(common.items()):
        yield from values
        others = dict(list(common.items())[at + 1 :]) | options
        for other, further in others.items():
            chance = random.Random(f"{name} {other}")
            yield chance.choice(values) + chance.choice(further)


def calls():
    """List all calls; what takes another picture or a mask cannot do without may be there too."""
    needs = {
        "convolve": ([], ["--kernel=sharpen"]),
        "poisson": ([], ["--source=grey.png"]),
        "inpaint": ([], ["--mask=mask.png"]),
    }
    for name, filter_ in FILTERS.items():
        own = own_options(filter_)
        common = {name: words for name, words in common_options().items() if name not in own}
        given = [*ways(own), *ways_with(common, own)]
        for need, options in itertools.product(needs.get(name, ([],)), given):
            if not set(need) & set(options):
                yield call_of(name, [*need, *options])


def call_of(name, options):
    chance = random.Random(repr((name, options)))
    out = f"out{chance.getrandbits(64):x}{chance.choice(OUTPUTS)}"
    return [name, chance.choice(INPUTS), *options, "-o", out], "native"


def test_a_call_ends_in_a_picture_or_a_sentence(tmp_path, share_of):
    write_files(tmp_path)
    ended = run_calls(share_of(list(calls()), 60), tmp_path, SECONDS)
    bad = [done for done in ended if not done.is_answer]
    assert not bad, f"{len(bad)} of {len(ended)}: {bad[:20]}"
    for done in ended:
        if done.status == 0 and not {"--dry-run", "--skip-existing"} & set(done.words):
            assert pdefilter.read(tmp_path / done.words[-1]).pixels.size


def test_so_does_the_executable(pdefilter_command, tmp_path, share_of):
    write_files(tmp_path)
    for words, _ in share_of(list(calls()), 8)[:8]:
        done = pdefilter_command(*words)
        assert done.returncode in (0, 1, 2)
        assert all(line.startswith(STARTS) for line in done.stderr.decode().splitlines())


@pytest.mark.filterwarnings("ignore:the weights of the kernel sum")
@pytest.mark.parametrize("name", FILTERS)
def test_every_pair_of_options_is_checked_without_an_image(name):
    """Only the size of images is known, and the holes of a mask."""
    options = {
        parameter.name: [{parameter.name: typed(word)} for word in values_of(parameter)]
        for parameter in parameters_of(FILTERS[name])
        if not parameter.option.picture
    }
    singles = itertools.chain.from_iterable(options.values())
    pairs = (
        first | second
        for one, other in itertools.combinations(options.values(), 2)
        for first, second in itertools.product(one, other)
    )
    holes = np.eye(3, dtype=bool)
    for given in itertools.chain([{}], singles, pairs):
        with suppress(PdefilterError):
            operation = FILTERS[name](**given)
            for outline in (((2, 5),), (holes.shape, holes)):
                with suppress(PdefilterError):
                    operation.require_fit(*outline)
