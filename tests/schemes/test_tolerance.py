import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdefilter.schemes.tolerance import fewest_parts

MODELS = {
    "of order one": lambda parts: 1 / parts,
    # Like the error of fed, where cycles of two steps become single steps.
    "that jumps": lambda parts: (3 / 8 if parts < 32 else 1 / 2) / parts,
}


@pytest.mark.parametrize("name", MODELS)
@given(constant=st.floats(1e-3, 1e3), tolerance=st.floats(1e-3, 10))
def test_an_error_that_a_model_knows_is_brought_under_the_tolerance(name, constant, tolerance):
    solved = []

    def error(parts):
        return constant * MODELS[name](parts)

    def solve(parts):
        solved.append(parts)
        return error(parts)

    parts = fewest_parts(solve, lambda a, b: abs(a - b), MODELS[name], tolerance)
    assert error(parts) <= tolerance * (1 + 1e-9)
    assert parts == 1 or error(parts // 2) > tolerance * (1 - 1e-9)
    # No number of parts is solved twice.
    assert solved == [2**k for k in range(len(solved))]


def test_a_search_without_end_ends():
    assert fewest_parts(float, lambda *_: 1.0, MODELS["of order one"], 1e-9) <= 1 << 20


@pytest.mark.parametrize("least", [1, 5])
def test_the_least_number_is_kept(least):
    assert fewest_parts(float, lambda *_: 0.0, MODELS["of order one"], 0.1, least) == least


@given(noise=st.floats(1e-8, 1e-6), tolerance=st.floats(1e-10, 1e-9))
def test_what_rounding_keeps_apart_is_divided_no_further(noise, tolerance):
    """An error 1/parts, and rounding that grows with the number of steps."""
    solved = []

    def solve(parts):
        solved.append(parts)
        return 1 / parts + noise * parts

    parts = fewest_parts(solve, lambda a, b: abs(a - b), MODELS["of order one"], tolerance)
    least = noise**-0.5  # where the derivative of the sum vanishes
    assert least / 4 <= parts <= 4 * least
    assert max(solved) <= 64 * least
