"""The Python API: arrays and images of every kind in, the like out."""

import inspect
import subprocess
import sys
import typing

import numpy as np
import pytest
from support import SELF_SUFFICIENT

import pdefilter
from pdefilter import Image, ImageError

FILTERS = [getattr(pdefilter, name.replace("-", "_")) for name in SELF_SUFFICIENT]
# Sharpening and waves leave the range of integers, which the clipping warns of.
pytestmark = pytest.mark.filterwarnings("ignore:.*lie outside the range")

every_filter = pytest.mark.parametrize("filter_", FILTERS, ids=lambda f: f.__name__)


@every_filter
@pytest.mark.parametrize(
    "dtype", [bool, "u1", "u2", "u4", "i1", "i2", ">u2", ">f4", "f2", "f4", "f8", ">f8"]
)
@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (6, 5), (6, 5, 1), (6, 5, 3), (6, 5, 7)])
def test_shape_and_type_come_out_as_they_went_in(filter_, dtype, shape):
    array = (np.random.default_rng(2).random(shape) * 100).astype(dtype)
    before = array.copy()
    result = filter_(array)
    assert result.shape == array.shape
    assert result.dtype == array.dtype
    assert np.array_equal(array, before)


@every_filter
@pytest.mark.parametrize("value", [0.25, None])
def test_the_result_is_an_array_of_its_own(filter_, value):
    rng = np.random.default_rng(6)
    array = rng.random((6, 5), np.float32) if value is None else np.full((6, 5), value, "f4")
    assert not np.may_share_memory(filter_(array), array)


@every_filter
def test_layout_in_memory_makes_no_difference(filter_, colour_photograph):
    crop = np.ascontiguousarray(colour_photograph[:40, :50])
    plain = filter_(crop)
    padded = np.zeros((80, 150, 6), np.uint8)
    padded[::2, ::3, ::2] = crop
    for same in (np.asfortranarray(crop), padded[::2, ::3, ::2], crop[::-1][::-1]):
        assert np.array_equal(filter_(same), plain)


@every_filter
def test_lists_are_taken_as_arrays(filter_):
    assert filter_([[0.0, 0.5], [0.25, 1.0]]).shape == (2, 2)


@every_filter
@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros(5), "shape"),
        (np.zeros((2, 2, 2, 2)), "shape"),
        (np.zeros((0, 5)), "no pixels"),
        (np.zeros((5, 5, 0)), "no pixels"),
        (np.zeros((2, 2), complex), "complex128"),
        (np.array([["a"]]), "integers or floats"),
        (np.array([[-1.7e308, 1.7e308]]), "span more than float64 holds"),
    ],
)
def test_what_is_no_image_is_refused(filter_, array, said):
    with pytest.raises(ImageError, match=said):
        filter_(array)


@every_filter
def test_a_result_beyond_float32_is_refused_not_returned(filter_):
    try:
        result = filter_(np.array([[3e38, -3e38, 3e38, -3e38]] * 4, np.float32))
    except ImageError as error:
        assert "float32" in str(error)
    else:
        assert np.isfinite(result).all()


@every_filter
def test_an_image_comes_back_as_an_image(filter_):
    array = np.random.default_rng(0).random((5, 6, 4), np.float32)
    result = filter_(Image(array, has_alpha=False, format="TIFF"))
    assert isinstance(result, Image)
    assert (result.has_alpha, result.format) == (False, "TIFF")


def test_four_channels_are_rgba_unless_the_image_says_otherwise():
    array = np.random.default_rng(0).random((9, 9, 4), np.float32)
    as_alpha = pdefilter.heat_diffuse(array)
    as_bands = pdefilter.heat_diffuse(Image(array, has_alpha=False)).pixels
    one_band = pdefilter.heat_diffuse(np.ascontiguousarray(array[..., 0]))
    np.testing.assert_array_equal(as_bands[..., 0], one_band)
    np.testing.assert_array_equal(as_alpha[..., 3], as_bands[..., 3])
    assert np.abs(as_alpha - as_bands)[..., :3].max() > 0.01


@every_filter
def test_every_bit_depth_has_the_same_result(filter_, photograph):
    as_8 = filter_(photograph) / 255
    as_16 = filter_(photograph.astype(np.uint16) * 257) / 65535
    as_float = filter_(photograph / np.float32(255)).clip(0, 1)
    assert np.abs(as_8 - as_float).max() <= 0.5 / 255 + 1e-6
    assert np.abs(as_16 - as_float).max() <= 0.5 / 65535 + 1e-6


@every_filter
def test_help_shows_what_users_pass(filter_):
    signature = str(inspect.signature(filter_))
    assert signature.startswith("(image: 'ndarray | Image', /, *, ")
    assert "Option(" not in signature


def test_an_unknown_parameter_is_a_type_error():
    with pytest.raises(TypeError, match="kapa"):
        pdefilter.anisotropic(np.zeros((2, 2)), kapa=1)


def test_what_the_package_offers_is_there():
    for name in pdefilter.__all__:
        assert getattr(pdefilter, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'sharpen_more'"):
        _ = pdefilter.sharpen_more


def test_importing_the_package_imports_nothing_heavy():
    code = (
        "import sys, pdefilter; "
        "print(*sorted({name.partition('.')[0] for name in sys.modules} "
        "- set(sys.stdlib_module_names)))"
    )
    plain = "import sys; " + code.partition("; ")[2].replace("import sys, pdefilter; ", "")
    run = [
        subprocess.run([sys.executable, "-c", c], capture_output=True, text=True, check=True)
        for c in (code, plain)
    ]
    added = set(run[0].stdout.split()) - set(run[1].stdout.split())
    assert added == {"pdefilter"}


@pytest.mark.parametrize("name", [name for name in pdefilter.__all__ if name.islower()])
def test_the_types_of_every_function_can_be_looked_up(name):
    function = getattr(pdefilter, name)
    hints = typing.get_type_hints(function)
    assert set(inspect.signature(function).parameters) | {"return"} == set(hints)
    assert not any(isinstance(hint, str | typing.ForwardRef) for hint in hints.values())
