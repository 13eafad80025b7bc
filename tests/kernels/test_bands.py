import numpy as np
import pytest

from pdefilter.kernels import bands
from pdefilter.kernels.median import weighted_median
from pdefilter.kernels.reference.correlation import correlate
from pdefilter.kernels.reference.gradient import gradient
from pdefilter.kernels.reference.march import march
from pdefilter.kernels.taps import Taps

U = np.random.default_rng(7).random((3, 61, 47), np.float32)
SMOOTHING, DIFFERENCE = Taps.centred([0.25, 0.5, 0.25]), Taps([-1, 1], -1)

KERNELS = {
    "heat": lambda: march(U, [0.25, 0.1, 0.2], [], "constant", 1.0, None),
    "nonlinear": lambda: march(U, [0.25, 0.1], [1.2, 0.9], "exponential", 30.0, None),
    "edges": lambda: march(U, [0.25, 0.1], [], "rational", 30.0, np.stack([U[0], U[-1]])),
    "correlate": lambda: correlate(U, SMOOTHING, DIFFERENCE),
    "gradient": lambda: gradient(U, U[0], DIFFERENCE, SMOOTHING, "vector", 1.0),
    "weighted median": lambda: weighted_median(U, U[0], 3),
}


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("band_floats", [1, 200, 1000, 5000])
def test_the_height_of_the_bands_changes_no_bit(monkeypatch, kernel, band_floats):
    whole = KERNELS[kernel]()
    monkeypatch.setattr(bands, "_BAND_FLOATS", band_floats)
    assert KERNELS[kernel]().tobytes() == whole.tobytes()


@pytest.mark.parametrize("rows", [1, 2, 7])
def test_every_row_is_in_one_band(monkeypatch, rows):
    monkeypatch.setattr(bands, "_BAND_FLOATS", 10)
    seen = []
    bands.for_each_band(lambda first, last: seen.extend(range(first, last)), np.zeros((1, rows, 5)))
    assert sorted(seen) == list(range(rows))
