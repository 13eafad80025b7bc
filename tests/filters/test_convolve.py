import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from support import planes

import pdefilter
from pdefilter import ParameterError
from pdefilter.filters.convolve import BORDERS
from pdefilter.filters.options.kernel import KERNELS, kernel_of

# Random kernels sum to anything.
pytestmark = pytest.mark.filterwarnings("ignore:the weights of the kernel sum")

weights = st.builds(
    lambda m, n, seed: np.random.default_rng(seed).normal(size=(m, n)),
    st.integers(1, 6),
    st.integers(1, 6),
    st.integers(0, 2**32 - 1),
)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("correlate", [False, True])
@given(planes(channels=1), weights)
def test_is_scipys_convolution_and_correlation(border, correlate, u, kernel):
    """For kernels with even sides its origin too."""
    ours = pdefilter.convolve(u[0], kernel=kernel, correlate=correlate, border=border)
    scipys = ndimage.correlate if correlate else ndimage.convolve
    modes = {"wrap-rows": ("wrap", "reflect"), "wrap-columns": ("reflect", "wrap")}
    # SciPy takes one mode for all axes, so that it gets more than it needs of the image.
    framed = u[0].astype(float)
    for axis, mode in enumerate(modes.get(border, ())):
        frame = [(0, 0), (0, 0)]
        frame[axis] = (6, 6)
        framed = np.pad(framed, frame, mode={"wrap": "wrap", "reflect": "symmetric"}[mode])
    theirs = scipys(framed, kernel, mode="reflect" if border in modes else border)
    theirs = theirs[6:-6, 6:-6] if border in modes else theirs
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=40 * 2.0**-24 * np.abs(kernel).sum())


def test_a_point_shows_the_kernel_and_correlated_its_mirror_image():
    point = np.zeros((7, 7), np.float32)
    point[3, 3] = 1
    kernel = np.arange(12, dtype=np.float32).reshape(4, 3)
    assert np.array_equal(pdefilter.convolve(point, kernel=kernel)[1:5, 2:5], kernel)
    flipped = pdefilter.convolve(point, kernel=kernel, correlate=True)[2:6, 2:5]
    assert np.array_equal(flipped, kernel[::-1, ::-1])


def test_normalised_kernels_keep_constants(photograph):
    flat = np.full((9, 8), 0.3, np.float32)
    blurred = pdefilter.convolve(flat, kernel=[[1, 2, 1]], normalize=True)
    np.testing.assert_allclose(blurred, flat, rtol=0, atol=1e-6)
    thirds = [[1, 2, 3], [0.1, -2, 4]]
    by_hand = np.divide(thirds, np.sum(thirds))
    normalised = pdefilter.convolve(photograph / 255, kernel=thirds, normalize=True)
    assert np.array_equal(normalised, pdefilter.convolve(photograph / 255, kernel=by_hand))


@pytest.mark.parametrize("name", ["sobel-rows", "sobel-columns"])
def test_sobels_kernels_are_those_of_edge(name, photograph):
    """Up to their scale of 4."""
    u = photograph / np.float32(255)
    ours = pdefilter.convolve(u, kernel=name)
    component = pdefilter.edge(u, component=name.removeprefix("sobel-"))
    np.testing.assert_allclose(ours, 4 * component, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", KERNELS)
def test_kernels_by_name_sum_to_what_their_result_is(name):
    total = kernel_of(name).sum()
    differences = {"laplacian", "sobel-rows", "sobel-columns"}
    assert abs(total - (name not in differences)) < 1e-15


@pytest.mark.parametrize("name", ["box", "binomial"])
def test_means_by_name_keep_the_brightness(name, colour_photograph):
    blurred = pdefilter.convolve(colour_photograph, kernel=name)
    assert abs(blurred.mean() - colour_photograph.mean()) < 0.5
    assert np.mean(blurred == 255) <= np.mean(colour_photograph == 255)


@pytest.mark.parametrize(
    ("kernel", "options", "warns"),
    [
        ("1 1 1; 1 1 1", {}, True),
        ("-1", {}, True),
        ("0.1", {}, True),
        ("2", {}, False),
        ("0 -1 0; -1 5.5 -1; 0 -1 0", {}, False),
        ("1 1 1", {"normalize": True}, False),
        ("1 -1", {}, False),
        *((name, {}, False) for name in KERNELS),
    ],
)
def test_a_kernel_that_changes_the_brightness_much_gets_a_warning(kernel, options, warns):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pdefilter.convolve(np.zeros((3, 3)), kernel=kernel, **options)
    assert [str(warning.message)[:31] for warning in caught] == [
        "the weights of the kernel sum t"
    ] * warns


def test_signed_results_have_zero_in_the_middle_and_never_clip():
    """The most a Laplacian can give is 4: a bright point among dark ones gives −4."""
    image = np.zeros((5, 5), np.uint8)
    image[2, 2] = 255
    found = pdefilter.convolve(image, kernel="laplacian")
    assert (found[2, 2], found[2, 1], found[0, 0]) == (0, 159, 128)
    rest = pdefilter.convolve(image, kernel=[[0.1, -0.2, 0.1]])
    assert rest[0, 0] == 128


@pytest.mark.filterwarnings("ignore:.*lie outside")
@given(seed=st.integers(0, 2**32 - 1), name=st.sampled_from([*KERNELS]))
def test_alpha_stays_and_transparent_colours_have_no_say(seed, name):
    rng = np.random.default_rng(seed)
    rgba = rng.random((8, 9, 4), np.float32)
    rgba[..., 3] *= rng.random((8, 9)) > 0.4
    hidden = rgba[..., 3] == 0
    other = rgba.copy()
    other[hidden, :3] = rng.random((hidden.sum(), 3))
    one, two = (pdefilter.convolve(image, kernel=name) for image in (rgba, other))
    assert np.array_equal(one[..., 3], rgba[..., 3])
    assert np.array_equal(one[~hidden], two[~hidden])


def test_half_transparent_neighbours_count_half():
    row = np.array([[[0.5, 1], [0.9, 0.5]]], np.float32)
    # Mirrored, the left pixel is its own left neighbour: the mean of .5, .5 and half way to .9.
    found = pdefilter.convolve(row, kernel=[[1, 1, 1]], normalize=True)
    np.testing.assert_allclose(found[0, 0], [(0.5 + 0.5 + 0.7) / 3, 1], rtol=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "1 2 3\n4 5 6\n",
        "1,2,3\n4,5,6",
        "1; 2; 3\r\n4; 5; 6\r\n\r\n",
        "\ufeff1.0\t2\t3e0\n4, 5, 6,\n",
    ],
)
def test_text_and_csv_files_hold_a_row_a_line(text, tmp_path):
    path = tmp_path / "kernel.csv"
    path.write_text(text, encoding="utf-8")
    assert np.array_equal(kernel_of(str(path)), [[1, 2, 3], [4, 5, 6]])


def test_every_way_of_writing_a_kernel(tmp_path):
    true = np.array([[0, -1.5], [2, 1e-3]])
    np.save(tmp_path / "kernel.npy", true)
    for said in ("0 -1.5; 2 1e-3", "0,-1.5;2,.001", str(tmp_path / "kernel.npy"), true.tolist()):
        assert np.array_equal(kernel_of(said), true)


@pytest.mark.parametrize(
    ("options", "parameter", "said"),
    [
        ({}, "kernel", "is missing; give rows of weights, a file, or one of laplacian, sharpen"),
        ({"kernel": "1 2; 3"}, "kernel", "'1 2; 3' is not a rectangle"),
        ({"kernel": "1 2; 3 x"}, "kernel", "neither rows of numbers such as"),
        ({"kernel": "laplace"}, "kernel", "nor one of laplacian, sharpen, emboss"),
        ({"kernel": ""}, "kernel", "'' cannot be read"),
        ({"kernel": "."}, "kernel", "'.' cannot be read"),
        ({"kernel": "1 nan"}, "kernel", "not finite"),
        ({"kernel": [1, 2, 3]}, "kernel", "shape (3,)"),
        ({"kernel": [[]]}, "kernel", "shape (1, 0)"),
        ({"kernel": [[1, 2], [3]]}, "kernel", "not a rectangle"),
        ({"kernel": [["a"]]}, "kernel", "give real numbers"),
        ({"kernel": np.zeros((2000, 1000))}, "kernel", "has 2000000 weights"),
        ({"kernel": "1 -1", "normalize": True}, "normalize", "sums to zero"),
        ({"kernel": ".1 -.3 .2", "normalize": True}, "normalize", "sums to zero"),
        ({"kernel": "0", "normalize": True}, "normalize", "sums to zero"),
        ({"kernel": "laplacian", "color": "lab"}, "color", "leaves differences"),
        ({"border": "mirror"}, "border", "take one of reflect, constant, nearest, wrap"),
    ],
)
def test_what_cannot_be_is_refused(options, parameter, said):
    with pytest.raises(ParameterError) as caught:
        pdefilter.convolve(np.zeros((3, 3)), **options)
    assert caught.value.parameter == parameter
    assert said in caught.value.problem


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.txt", b"one two", "holds more than numbers"),
        ("a.txt", b"", "shape (0,)"),
        ("a.txt", b"1 2\n3", "not a rectangle"),
        ("a.txt", b"\x80\x81\xff", "neither a text file of numbers"),
        ("a.npy", b"", "neither a text file of numbers nor a .npy file"),
        ("a.npy", b"\x93NUMPY\x01\x00", "neither a text file of numbers nor a .npy file"),
    ],
)
def test_a_file_that_holds_no_kernel_is_named(name, data, said, tmp_path):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ValueError, match="^.*" + name) as caught:
        kernel_of(str(path))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_too_large_is_not_read(tmp_path):
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(ValueError, match="too large for a kernel"):
        kernel_of(str(path))
