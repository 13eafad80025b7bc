"""The reference computes what the native engine lacks, and the observer is told."""

import subprocess
import sys
from importlib import import_module

import numpy as np
import pytest

from pdefilter.kernels import engine, table
from pdefilter.kernels.channels import deinterleave
from pdefilter.kernels.gradient import gradient
from pdefilter.kernels.march import march, split
from pdefilter.kernels.taps import Taps
from pdefilter.observer import observed

needs_native = pytest.mark.skipif(engine.name() != "native", reason="this is another engine")


class Listener:
    """Remembers what was chosen."""

    advanced = None

    def __init__(self):
        self.heard = {}

    def began(self, stage):
        pass

    def phase(self, name, steps):
        pass

    def chose(self, **values):
        self.heard |= values


@pytest.fixture
def heard():
    listener = Listener()
    with observed(listener):
        yield listener.heard


@pytest.mark.parametrize("name", table.TABLE)
@pytest.mark.parametrize("engine_name", engine.ENGINES)
def test_every_row_names_a_function_of_either_engine(name, engine_name):
    if (engine_name, name) == ("reference", "reduce and apply"):
        pytest.skip("the reference reduces, then applies")
    file, function = table.TABLE[name].function.split(".")
    assert callable(getattr(import_module(f"pdefilter.kernels.{engine_name}.{file}"), function))


@needs_native
def test_the_observer_is_told_what_the_native_engine_lacks(heard):
    u = np.random.default_rng(0).random((5, 6, 7), np.float32)
    march(u[:4], [0.1])
    deinterleave(np.zeros((2, 3, 4), np.int32))
    assert not heard
    for _ in range(2):
        march(u, [0.1])
    split(u[:1], [0.1], guide=u)
    assert heard == {"engine of march": "reference", "engine of split": "reference"}


@needs_native
def test_other_spacings_and_volumes_are_computed_by_the_reference(heard, monkeypatch):
    asked = []

    def pretend(engine_name, name):
        return lambda u, *_, **options: asked.append((engine_name, name, options)) or u[:1]

    monkeypatch.setattr(table, "_function", pretend)
    u, taps = np.zeros((1, 6, 7), np.float32), Taps.centred([-0.5, 0.0, 0.5])
    gradient(u, taps, taps, measure="sum", spacing=(1.0, 2.0))
    gradient(u, taps, taps, measure="sum", spacing=(1.0, 1.0))
    march(u[None], [0.1], spacing=(3.0, 1.0, 1.0))
    engines = [(one, name, options.get("spacing")) for one, name, options in asked]
    assert engines == [
        ("reference", "gradient", (1.0, 2.0)),
        ("native", "gradient", None),
        ("reference", "march", (3.0, 1.0, 1.0)),
    ]
    assert heard == {"engine of gradient": "reference", "engine of march": "reference"}


@needs_native
def test_a_row_may_have_three_axes_and_any_spacing(monkeypatch):
    row = table.Row("anywhere.ever", dimensions=(2, 3), any_spacing=True)
    told_otherwise = table.Row(
        "anywhere.ever", dimensions=(3,), any_spacing=True, takes_spacing=False
    )
    monkeypatch.setattr(table, "TABLE", {"this": row, "that": told_otherwise})
    monkeypatch.setattr(table, "_function", lambda engine_name, _: lambda **o: (engine_name, o))
    spacing = (3.0, 1.0, 1.0)
    spaced = {"spacing": spacing}
    assert table.compute("this", dimensions=3, **spaced) == ("native", spaced)
    assert table.compute("this", spacing=spacing[:2]) == ("native", {"spacing": spacing[:2]})
    assert table.compute("this", dimensions=3, spacing=(1.0, 1.0, 1.0)) == ("native", {})
    assert table.compute("that", dimensions=3, **spaced) == ("native", {})
    assert table.compute("that", spacing=spacing[:2]) == ("reference", {})


def test_kernels_import_no_engine_before_it_computes():
    code = (
        "import sys\n"
        "from pdefilter.kernels import march, shock, curvature, elliptic, variation\n"
        "assert not [m for m in sys.modules if m.startswith('pdefilter.kernels.native')]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
