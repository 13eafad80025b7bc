"""The reference computes what the native engine lacks, and the observer is told."""

import subprocess
import sys
from importlib import import_module

import numpy as np
import pytest

from pdefilter.kernels import engine, table
from pdefilter.kernels.channels import deinterleave
from pdefilter.kernels.march import march, split
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
def test_the_native_engine_computes_the_axes_and_the_spacing_of_a_row(heard, monkeypatch):
    rows = {
        "flat": table.Row("anywhere.ever"),
        "of any spacing": table.Row("anywhere.ever", (2, 3), any_spacing=True),
        "deep": table.Row("anywhere.ever", (3,), any_spacing=True),
    }
    monkeypatch.setattr(table, "TABLE", rows)
    monkeypatch.setattr(table, "_function", lambda engine_name, _: lambda **o: (engine_name, o))
    wide, deep = {"spacing": (1.0, 2.0)}, {"spacing": (3.0, 1.0, 1.0)}
    assert table.compute("flat", spacing=(1.0, 1.0)) == ("native", {})
    assert table.compute("of any spacing", **wide) == ("native", wide)
    assert table.compute("of any spacing", dimensions=3, **deep) == ("native", deep)
    assert table.compute("of any spacing", dimensions=3, spacing=(1.0,) * 3) == ("native", {})
    assert table.compute("deep", dimensions=3, **deep) == ("native", deep)
    assert not heard
    assert table.compute("flat", **wide) == ("reference", wide)
    assert table.compute("deep", **wide) == ("reference", wide)
    assert heard == {f"engine of {name}": "reference" for name in ("flat", "deep")}
    heard.clear()
    assert table.compute("flat", dimensions=3) == ("reference", {})
    assert heard == {"engine of flat": "reference"}


def test_kernels_import_no_engine_before_it_computes():
    code = (
        "import sys\n"
        "from pdefilter.kernels import march, shock, curvature, elliptic, variation\n"
        "assert not [m for m in sys.modules if m.startswith('pdefilter.kernels.native')]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
