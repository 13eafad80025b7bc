"""A folder of sources takes the engine that was built from them, or says that it has none."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest
from support import ROOT

from pdefilter.kernels import engine
from pdefilter.kernels.native.sources import digest

pytestmark = pytest.mark.skipif(
    engine.native() is None, reason="the native engine was not built: no C++ compiler"
)

NAME = Path("pdefilter", "kernels", "native")

FILTER_TWICE = """
import numpy as np
import pdefilter
from pdefilter.kernels import engine

for _ in range(2):
    result = pdefilter.heat_diffuse(np.eye(9, dtype=np.float32))
assert pdefilter.__file__.startswith({clone!r}), pdefilter.__file__
print(engine.name(), result.tobytes().hex())
"""


@pytest.fixture
def clone(tmp_path):
    """The sources alone, as they come."""
    folder = tmp_path / "clone"
    ignored = shutil.ignore_patterns("__pycache__", "_native*")
    shutil.copytree(ROOT / "pdefilter", folder / "pdefilter", ignore=ignored)
    return folder


@pytest.fixture
def in_clone(clone, tmp_path):
    """Run Python in the clone's root, with a package installed that has the native engine."""
    installed = tmp_path / "installed" / NAME
    installed.mkdir(parents=True)
    shutil.copy(engine.native().__file__, installed)
    environment = {
        **os.environ,
        # Without the site's own code, which would send imports elsewhere.
        "PYTHONPATH": os.pathsep.join([str(tmp_path / "installed"), sysconfig.get_path("purelib")]),
    }
    environment.pop("PDEFILTER_ENGINE", None)

    def run(*arguments):
        command = [sys.executable, "-S", *map(str, arguments)]
        return subprocess.run(
            command, cwd=clone, env=environment, capture_output=True, text=True, check=True
        )

    return run


def test_the_module_says_what_it_was_built_from():
    assert engine.native().sources == digest(ROOT / NAME)


def test_a_clone_takes_the_engine_that_is_installed(in_clone, clone):
    done = in_clone("-c", FILTER_TWICE.format(clone=str(clone)))
    assert done.stdout.split()[0] == "native"
    assert not done.stderr


def test_but_not_one_of_other_sources_and_says_so_once(in_clone, clone):
    with (clone / NAME / "march.hpp").open("a") as file:
        file.write("// changed\n")
    done = in_clone("-c", FILTER_TWICE.format(clone=str(clone)))
    assert done.stdout.split()[0] == "reference"
    assert done.stderr.count("this is the reference engine") == 1
    assert "<string>:7: UserWarning" in done.stderr  # the line of the caller
    np.save(clone / "image.npy", np.eye(9, dtype=np.float32))
    done = in_clone("-m", "pdefilter", "heat-diffuse", "image.npy", "-o", "out.npy")
    assert done.stderr.startswith(
        "warning: this is the reference engine, because the installed native"
    )
    done = in_clone("-m", "pdefilter", "estimate", "image.npy")
    assert done.stderr.count("this is the reference engine") == 1


def test_who_chose_the_reference_is_not_told(in_clone, clone):
    chosen = "import os; os.environ['PDEFILTER_ENGINE'] = 'reference'\n"
    done = in_clone("-c", chosen + FILTER_TWICE.format(clone=str(clone)))
    assert done.stdout.split()[0] == "reference"
    assert not done.stderr
