import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdefilter.schemes.tolerance import fewest_parts


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 10))
def test_an_error_of_order_one_is_brought_under_the_tolerance(constant, tolerance):
    def difference(parts):
        return constant / parts - constant / (2 * parts)

    parts = fewest_parts(difference, tolerance)
    assert constant / parts <= tolerance * (1 + 1e-9)
    assert parts == 1 or constant / (parts / 2) > tolerance * (1 - 1e-9)


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 10))
def test_an_error_that_a_model_knows_is_brought_under_the_tolerance(constant, tolerance):
    """One that jumps where cycles of two steps become single steps, as that of fed does."""

    def model(parts):
        return (3 / 8 if parts < 32 else 1 / 2) / parts

    def difference(parts):
        return constant * abs(model(parts) - model(2 * parts))

    parts = fewest_parts(difference, tolerance, 1, model)
    assert constant * model(parts) <= tolerance * (1 + 1e-9)
    assert parts == 1 or constant * model(parts // 2) > tolerance * (1 - 1e-9)


def test_a_search_without_end_ends():
    assert fewest_parts(lambda _: 1.0, 1e-9) <= 1 << 20


@pytest.mark.parametrize("least", [1, 5])
def test_the_least_number_is_kept(least):
    assert fewest_parts(lambda _: 0.0, 0.1, least) == least
