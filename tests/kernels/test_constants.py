"""The constants that both engines share are the same numbers."""

import numpy as np
import pytest

from pdefilter.kernels import engine, exponential, tensors
from pdefilter.kernels.reference import eigen, lattice


@pytest.mark.skipif(engine.native() is None, reason="there is no native engine")
def test_the_compiled_constants_are_those_of_python():
    compiled = dict(engine.native().constants)
    assert compiled.pop("exponential_coefficients") == list(map(float, exponential.COEFFICIENTS))
    assert compiled == {
        "largest_exponent": exponential.LARGEST_EXPONENT,
        "least_diffusivity": np.float32(tensors.LEAST_DIFFUSIVITY),
        "most_sweeps": lattice._MOST_SWEEPS,
        "most_sweeps_of_volumes": lattice._MOST_SWEEPS_OF_VOLUMES,
        "digits_of_tensors": lattice._DIGITS,
        "jacobi_sweeps": eigen._SWEEPS,
    }
