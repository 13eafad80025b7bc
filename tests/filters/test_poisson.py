"""Cloning, flattening and integration, against direct solvers and exact answers."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import lil_matrix
from scipy.sparse.linalg import spsolve

import pdefilter
from pdefilter import Image, ImageError, ParameterError


def cloned_directly(target, source, region, at, mixed):
    """Pérez, Gangnet & Blake 2003, equations 7 and 11 to 13, pixel by pixel."""
    places = [(r + at[0], c + at[1]) for r, c in np.argwhere(region)]
    number = {place: k for k, place in enumerate(places)}
    a, b = lil_matrix((len(places), len(places))), np.zeros(len(places))

    def beneath(r, c):
        return source[r - at[0], c - at[1]]

    for (r, c), k in number.items():
        for other in ((r - 1, c), (r + 1, c), (r, c - 1), (r, c + 1)):
            if not (0 <= other[0] < target.shape[0] and 0 <= other[1] < target.shape[1]):
                continue
            v, own = beneath(r, c) - beneath(*other), target[r, c] - target[other]
            a[k, k] += 1
            b[k] += own if mixed and abs(own) > abs(v) else v
            if other in number:
                a[k, number[other]] -= 1
            else:
                b[k] += target[other]
    result = target.copy()
    result[tuple(np.transpose(places))] = spsolve(a.tocsr(), b)
    return result


@pytest.mark.parametrize("mixed", [False, True])
@given(
    seed=st.integers(0, 1000),
    at=st.tuples(st.integers(-2, 9), st.integers(-2, 9)),
    share=st.sampled_from([0.3, 0.9]),
)
def test_cloning_is_what_a_direct_solver_finds(mixed, seed, at, share):
    rng = np.random.default_rng(seed)
    target, source = rng.random((16, 17)), rng.random((8, 9))
    region = np.zeros((8, 9), bool)
    region[2:-1, 2:-1] = rng.random((5, 6)) < share
    region[4, 4] = True
    at = tuple(map(int, at))
    ours = pdefilter.poisson(target, source=source, mask=region, at=f"{at[0]},{at[1]}", mixed=mixed)
    theirs = cloned_directly(target, source, region, at, mixed)
    np.testing.assert_allclose(ours, theirs, atol=1e-4)
    kept = ours == target
    assert np.count_nonzero(~kept) <= np.count_nonzero(region)


def cloned_where(source, mask, shape, at):
    """Find the pixels that have all of their neighbours in the image in the source too."""

    def known(r, c):
        beyond_image = not (0 <= r + at[0] < shape[0] and 0 <= c + at[1] < shape[1])
        return beyond_image or (0 <= r < source.shape[0] and 0 <= c < source.shape[1])

    region = np.zeros(source.shape, bool)
    for r, c in np.argwhere(mask):
        region[r, c] = all(
            known(*other) for other in ((r - 1, c), (r + 1, c), (r, c - 1), (r, c + 1))
        )
    return region


@pytest.mark.parametrize("mixed", [False, True])
@given(
    seed=st.integers(0, 1000),
    at=st.tuples(st.sampled_from([0, 3, 8]), st.sampled_from([0, 4, 8])),
    share=st.sampled_from([0.3, 0.9, 1.0]),
)
def test_cloning_reaches_the_border_of_the_image(mixed, seed, at, share):
    rng = np.random.default_rng(seed)
    target, source = rng.random((16, 17)), rng.random((8, 9))
    mask = rng.random((8, 9)) < share
    mask[4, 4] = True
    region = cloned_where(source, mask, target.shape, at)
    ours = pdefilter.poisson(target, source=source, mask=mask, at=f"{at[0]},{at[1]}", mixed=mixed)
    np.testing.assert_allclose(ours, cloned_directly(target, source, region, at, mixed), atol=1e-4)


def discs_on_white(*centres):
    image = np.full((101, 101, 3), 255, np.uint8)
    for centre in centres:
        cv2.circle(image, centre, 5, (255, 0, 0), -1)
    return image


def test_what_is_cloned_over_leaves_no_ghost_at_the_border():
    """White over discs is white, also over one at the border.

    The differences of white are zero, and the only pixels around what is
    cloned, row 60, are white: the solution is that constant. If row 0 stayed
    the image's, its disc would count as a value around and shine down.
    """
    mask = np.zeros((101, 101), np.uint8)
    mask[:60] = 255
    white = discs_on_white()
    found = pdefilter.poisson(discs_on_white((50, 0), (50, 50)), source=white, mask=mask)
    assert np.array_equal(found, white)


def test_what_is_cloned_is_whole_at_the_border():
    """A disc at the border comes over as it is, as both pictures are white around it."""
    mask = np.zeros((101, 101), np.uint8)
    mask[:60] = 255
    disc = discs_on_white((50, 0))
    assert np.array_equal(pdefilter.poisson(discs_on_white(), source=disc, mask=mask), disc)


def test_one_line_at_the_border_can_be_cloned():
    rng = np.random.default_rng(0)
    target, source = rng.random((2, 9, 11))
    line = np.zeros((9, 11))
    line[0] = 1
    ours = pdefilter.poisson(target, source=source, mask=line)
    theirs = cloned_directly(target, source, line > 0, (0, 0), mixed=False)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_at_its_border_a_source_shows_no_seam(photograph):
    """There the image stays, from which the source's own differences go on."""
    brighter = photograph[20:60, 30:90] / 255 + 0.2
    found = pdefilter.poisson(photograph / 255, source=brighter, at="20,30")
    np.testing.assert_allclose(found, photograph / 255, atol=1e-5)


def test_of_an_image_replaced_as_a_whole_the_rim_stays():
    rng = np.random.default_rng(0)
    target, source = rng.random((2, 9, 11))
    inner = np.zeros((9, 11))
    inner[1:-1, 1:-1] = 1
    for mask in (None, np.ones((9, 11))):
        ours = pdefilter.poisson(target, source=source, mask=mask)
        assert np.array_equal(ours, pdefilter.poisson(target, source=source, mask=inner))


def test_cloning_agrees_with_opencv(colour_photograph):
    """Where the source differs from the target by a constant around the cloned region.

    OpenCV erodes the mask by three pixels and solves in its bounding box.
    """
    source = colour_photograph[:90, :100] // 2 + 40
    target = source + 20
    source[30:60, 40:70] = 255 - source[30:60, 40:70]
    mask = np.zeros((90, 100), np.uint8)
    mask[10:80, 15:85] = 255
    # OpenCV puts the centre of the mask's bounding box at a place.
    centre = (15 + 35, 10 + 35)
    copies = (image.copy() for image in (source, target, mask))  # it writes to its arguments
    theirs = cv2.seamlessClone(*copies, centre, cv2.NORMAL_CLONE)
    ours = pdefilter.poisson(target, source=source, mask=mask)
    difference = abs(theirs.astype(int) - ours.astype(int))
    assert difference.max() <= 1  # OpenCV truncates to integers
    assert abs(ours.astype(int) - target).max() > 40


def test_a_picture_put_where_it_came_from_changes_nothing(photograph):
    part = photograph[20:60, 30:90]
    assert np.array_equal(pdefilter.poisson(photograph, source=part, at="20,30"), photograph)


@given(
    shape=st.tuples(st.integers(1, 20), st.integers(1, 20), st.sampled_from([1, 3])),
    seed=st.integers(0, 99),
)
def test_integration_undoes_differences(shape, seed):
    u = np.random.default_rng(seed).random(shape)
    down, across = (np.diff(u, axis=k, append=np.take(u, [-1], axis=k)) for k in (0, 1))
    found = pdefilter.poisson(down, columns=across)
    np.testing.assert_allclose(found, u - u.mean(axis=(0, 1)), atol=1e-5)


def test_integration_is_the_least_squares_solution():
    """For a field that is not a gradient, against NumPy's solver."""
    rng = np.random.default_rng(0)
    down, across = rng.standard_normal((2, 6, 7))
    rows = []
    values = []
    for r in range(6):
        for c in range(7):
            for field, other in ((down, (r + 1, c)), (across, (r, c + 1))):
                if other[0] < 6 and other[1] < 7:
                    row = np.zeros((6, 7))
                    row[other], row[r, c] = 1, -1
                    rows.append(row.ravel())
                    values.append(field[r, c])
    rows.append(np.ones(42))
    values.append(0)
    true = np.linalg.lstsq(np.array(rows), np.array(values), rcond=None)[0].reshape(6, 7)
    np.testing.assert_allclose(pdefilter.poisson(down, columns=across), true, atol=1e-5)


def test_the_error_of_integration_falls_with_the_square_of_the_grid():
    errors = []
    for size in (16, 32, 64, 128):
        x = (np.arange(size) + 0.5) / size
        true = np.cos(np.pi * x)[:, None] * np.cos(2 * np.pi * x)
        middle = x + 0.5 / size
        down = -np.pi * np.sin(np.pi * middle)[:, None] * np.cos(2 * np.pi * x) / size
        across = -2 * np.pi * np.cos(np.pi * x)[:, None] * np.sin(2 * np.pi * middle) / size
        errors.append(abs(pdefilter.poisson(down, columns=across) - true).max())
    assert (np.log2(np.array(errors[:-1]) / errors[1:]) > 1.9).all(), errors


@pytest.mark.parametrize("length", [1.0, 7.0, 50.0])
def test_flattening_leaves_of_a_wave_what_it_says(length):
    rows, columns = 24, 31
    k, m = 2, 5
    wave = np.cos(np.pi * k * (np.arange(rows) + 0.5) / rows)[:, None] * np.cos(
        np.pi * m * (np.arange(columns) + 0.5) / columns
    )
    mu = 4 - 2 * np.cos(np.pi * k / rows) - 2 * np.cos(np.pi * m / columns)
    flat = pdefilter.poisson(0.3 + wave, flatten=length)
    np.testing.assert_allclose(flat, 0.3 + wave * mu / (mu + length**-2), atol=2e-6)


def test_flattening_evens_out_uneven_light(photograph):
    light = np.linspace(-0.3, 0.3, photograph.shape[1])
    even = photograph / 255
    flat, uneven_flat = (pdefilter.poisson(u, flatten=20.0) for u in (even, even + light))
    # The slope of the light is what remains of it, but for the border where it ends.
    assert abs((uneven_flat - flat)[:, 60:-60]).max() < 0.02


def test_a_transparent_source_is_cloned_where_it_is_opaque(colour_photograph):
    target = colour_photograph[:40, :40]
    alpha = np.zeros((20, 20, 1), np.uint8)
    alpha[5:15, 5:15] = 255
    picture = colour_photograph[100:120, 100:120]
    cut_out = np.concatenate([picture, alpha], axis=2)
    ours = pdefilter.poisson(target, source=cut_out, at="8,9")
    inner = np.zeros((20, 20))
    inner[6:14, 6:14] = 1  # whose neighbours are opaque
    theirs = pdefilter.poisson(target, source=picture, mask=inner, at="8,9")
    assert np.array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "source: is missing"),
        ({"flatten": 3.0, "columns": np.zeros((9, 9))}, "columns: contradicts flatten"),
        ({"flatten": 3.0, "mixed": True}, "mixed: belongs to cloning"),
        ({"flatten": 3.0, "mask": np.ones((9, 9))}, "mask: belongs to cloning"),
        ({"source": np.zeros((3, 3)), "mask": np.ones((3, 4))}, "mask: has 4 × 3 pixels"),
        ({"source": np.zeros((3, 3)), "mask": np.zeros((3, 3))}, "mask: leaves nothing to clone"),
        (
            {"source": np.zeros((2, 9)), "mask": np.ones((2, 9)), "at": "1,0"},
            "mask: leaves nothing to clone",
        ),
        ({"source": np.zeros((2, 3))}, "source: has no pixel with four opaque neighbours"),
        ({"source": np.zeros((3, 3)), "at": "left"}, "at: 'left' is not a place"),
        ({"columns": np.full((9, 9), np.nan)}, "columns: have holes"),
    ],
)
def test_contradictions_are_refused(options, said):
    with pytest.raises(ParameterError, match=said):
        pdefilter.poisson(np.zeros((9, 9)), **options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"source": np.zeros((4, 5)), "at": "7,0"}, "reach from 8,1 to 9,3"),
        ({"source": np.zeros((4, 4)), "at": "-2,0"}, "reach from -1,1 to 0,2"),
        ({"source": np.zeros((11, 11)), "at": "-1,-1"}, "would be replaced as a whole"),
        ({"source": np.zeros((3, 3, 3))}, "1 colour channels, the source 3"),
        ({"columns": np.zeros((9, 8))}, "the columns 8 × 9"),
    ],
)
def test_what_does_not_fit_is_refused(options, said):
    with pytest.raises(ImageError, match=said):
        pdefilter.poisson(np.zeros((9, 9)), **options)


def test_holes_are_refused():
    with pytest.raises(ImageError, match="fill them by inpaint"):
        pdefilter.poisson(Image(np.zeros((4, 4)), mask=np.eye(4) > 0), flatten=3.0)
