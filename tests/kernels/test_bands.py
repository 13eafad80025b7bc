import numpy as np
import pytest

from pdefilter.kernels import bands, reference
from pdefilter.kernels.convolution import Taps, correlate
from pdefilter.kernels.median import weighted_median

U = np.random.default_rng(7).random((3, 61, 47), np.float32)

KERNELS = {
    "heat": lambda: reference.march(U, [0.25, 0.1, 0.2], [], "constant", 1.0, None),
    "nonlinear": lambda: reference.march(U, [0.25, 0.1], [1.2, 0.9], "exponential", 30.0, None),
    "edges": lambda: reference.march(U, [0.25, 0.1], [], "rational", 30.0, np.stack([U[0], U[-1]])),
    "correlate": lambda: correlate(U, Taps.centred([0.25, 0.5, 0.25]), Taps([-1, 1], -1)),
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
