"""No bit of a result changes unless it was meant to: both engines give the hashes on record."""

import json
import os
import subprocess
import sys

import pytest
from bits import HASHES

from pdefilter.kernels import engine

pytestmark = pytest.mark.long


@pytest.mark.parametrize("name", engine.ENGINES if engine.native() else ["reference"])
def test_results_have_the_bits_on_record(name):
    done = subprocess.run(
        [sys.executable, HASHES.with_suffix(".py"), "-"],
        env={**os.environ, "PDEFILTER_ENGINE": name},
        capture_output=True,
        check=True,
    )
    found, on_record = json.loads(done.stdout), json.loads(HASHES.read_text())
    assert found.keys() == on_record.keys()
    assert {call for call, hashed in found.items() if hashed != on_record[call]} == set()
