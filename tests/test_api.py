"""The Python API: arrays and images of every kind in, the like out."""

import inspect
import io
import re
import subprocess
import sys
import typing
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import SELF_SUFFICIENT

import pdefilter
from pdefilter import Image, ImageError, ParameterError
from pdefilter.kernels import engine

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


@pytest.mark.parametrize("name", [name for name in pdefilter.__all__ if name.islower()])
def test_help_speaks_of_parameters_and_not_of_options(name):
    function = getattr(pdefilter, name)
    said = inspect.getdoc(function)
    assert not re.search(r"(?<!-)--[a-z]", said)
    assert set(inspect.signature(function).parameters) >= set(
        re.findall(
            r"^(\w+) : ", said.partition("Returns\n---")[0].partition("Yields\n---")[0], re.M
        )
    )


@every_filter
def test_help_explains_progress_before_the_result(filter_):
    parameters, _, _ = inspect.getdoc(filter_).partition("Returns\n-------")
    assert parameters.rstrip().endswith("at the beginning of each phase and after its steps.")
    assert "\nprogress : bool or callable, optional\n" in parameters


def test_errors_speak_of_parameters_and_not_of_options():
    with pytest.raises(ParameterError, match="give `weight` auto too") as raised:
        pdefilter.smooth(np.zeros((3, 3)), method="tv", noise=0.1)
    assert "`weight`" in raised.value.problem


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 99), sigma=st.floats(0.3, 3), amount=st.floats(0, 2))
def test_a_chain_is_its_filters_one_after_the_other_on_floats(seed, sigma, amount):
    image = np.random.default_rng(seed).integers(0, 256, (9, 11, 3), np.uint8)
    smooth = partial(pdefilter.smooth, sigma=sigma)
    sharpen = partial(pdefilter.sharpen, amount=amount)
    found = pdefilter.chain(image / np.float32(255), smooth, sharpen, pdefilter.edge)
    expected = pdefilter.edge(sharpen(smooth(image / np.float32(255))))
    assert np.array_equal(found, expected)
    rounded = pdefilter.chain(image, smooth, sharpen, pdefilter.edge)
    assert rounded.dtype == np.uint8
    assert np.abs(rounded / 255 - expected).max() <= 0.5 / 255 + 1e-6


def test_a_chain_of_one_filter_is_that_filter(photograph):
    image = Image(photograph[:30, :40])
    assert pdefilter.chain(image, pdefilter.shock) == pdefilter.shock(image)


@pytest.mark.parametrize("other", [len, np.median, partial(len), "smooth", pdefilter.read])
def test_a_chain_refuses_what_is_not_a_filter(other):
    with pytest.raises(TypeError, match="is not a filter"):
        pdefilter.chain(np.zeros((3, 3)), pdefilter.smooth, other)


def test_a_chain_needs_filters():
    with pytest.raises(ParameterError, match="give at least one"):
        pdefilter.chain(np.zeros((3, 3)))


def test_threads_are_limited_within_a_block(photograph):
    cv2 = pytest.importorskip("cv2")
    before, of_opencv = engine.threads(), cv2.getNumThreads()
    expected = pdefilter.anisotropic(photograph)
    for count in (1, 2, 5):
        with pdefilter.threads(count):
            assert engine.threads() == cv2.getNumThreads() == count
            with pdefilter.threads(1):
                assert engine.threads() == 1
            assert engine.threads() == count
            assert np.array_equal(pdefilter.anisotropic(photograph), expected)
    assert (engine.threads(), cv2.getNumThreads()) == (before, of_opencv)
    with pytest.raises(ZeroDivisionError), pdefilter.threads(1):
        _ = 1 / 0
    assert engine.threads() == before


@pytest.mark.parametrize("count", [0, -1, 1.5, True, "2"])
def test_a_number_of_threads_is_a_whole_number_above_zero(count):
    with pytest.raises(ParameterError, match="whole number above 0"), pdefilter.threads(count):
        pass


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, io.BytesIO])
def test_images_are_read_from_bytes_and_files(kind, samples):
    for path in samples[:3]:
        assert pdefilter.read(kind(path.read_bytes())) == pdefilter.read(path)
        assert [*pdefilter.read_frames(kind(path.read_bytes()))] == [pdefilter.read(path)]
        with path.open("rb") as file:
            assert pdefilter.read(file) == pdefilter.read(str(path))
            assert not file.closed


def test_a_file_is_read_from_where_it_stands(samples):
    file = io.BytesIO(b"header" + samples[0].read_bytes())
    file.seek(len(b"header"))
    assert pdefilter.read(file) == pdefilter.read(samples[0])


def test_errors_of_bytes_and_files_name_them(tmp_path):
    with pytest.raises(ImageError, match=r"^bytes: is not an image"):
        pdefilter.read(b"no image")
    with pytest.raises(ImageError, match=r"^file: is not an image"):
        pdefilter.read(io.BytesIO(b"no image"))
    (tmp_path / "text").write_text("no image")
    with (tmp_path / "text").open("rb") as file, pytest.raises(ImageError, match=r"text: is not"):
        pdefilter.read(file)
    with (tmp_path / "text").open() as file, pytest.raises(TypeError, match="in binary mode"):
        pdefilter.read(file)
    with pytest.raises(TypeError, match="int is neither a path nor a file"):
        pdefilter.read(3)


@pytest.mark.parametrize("name", ["png", "TIFF", "webp"])
def test_images_are_written_to_files(name, tmp_path, colour_photograph):
    buffer = io.BytesIO()
    pdefilter.write(colour_photograph, buffer, format=name)
    path = tmp_path / f"image.{name.lower()}"
    pdefilter.write(colour_photograph, path)
    assert buffer.getvalue() == path.read_bytes()
    with (tmp_path / "other").open("wb") as file:
        pdefilter.write(colour_photograph, file, format=name)
        assert not file.closed
    assert (tmp_path / "other").read_bytes() == path.read_bytes()


def test_a_format_may_differ_from_the_ending(tmp_path):
    pdefilter.write(np.zeros((3, 3), np.uint8), tmp_path / "image.data", format="png")
    assert pdefilter.read(tmp_path / "image.data").format == "PNG"


@pytest.mark.parametrize(
    ("depth", "dtype"), [("8", np.uint8), ("16", np.uint16), ("float", np.float32), (None, "u1")]
)
def test_the_depth_to_write_may_be_chosen(depth, dtype):
    image = np.random.default_rng(0).integers(0, 256, (5, 6, 3), np.uint8)
    buffer = io.BytesIO()
    pdefilter.write(image, buffer, format="tiff", depth=depth)
    found = pdefilter.read(buffer.getvalue()).pixels
    assert found.dtype == dtype
    full = 1 if depth == "float" else np.iinfo(dtype).max
    np.testing.assert_allclose(found / full, image / 255, atol=1e-7)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "format: is missing for a file that is open"),
        ({"format": "xyz"}, "format: 'xyz' is unknown; take one of PNG"),
        (
            {"format": "png", "depth": "12"},
            "depth: '12' is unknown; take one of '8', '16', 'float'",
        ),
    ],
)
def test_a_format_and_a_depth_are_checked(options, said):
    buffer = io.BytesIO()
    with pytest.raises(ParameterError, match=said):
        pdefilter.write(np.zeros((3, 3), np.uint8), buffer, **options)
    assert not buffer.getvalue()


def test_a_depth_that_a_format_cannot_hold_is_refused():
    with pytest.raises(ImageError, match="PNG cannot hold float32"):
        pdefilter.write(np.zeros((3, 3)), io.BytesIO(), format="png", depth="float")


def test_errors_of_files_are_errors_of_the_system_too(tmp_path):
    missing = tmp_path / "none.png"
    with pytest.raises(FileNotFoundError) as raised:
        pdefilter.read(missing)
    assert isinstance(raised.value, ImageError)
    assert str(raised.value) == f"{missing}: cannot be read (No such file or directory)"
    with pytest.raises(OSError, match="cannot be read") as raised:
        pdefilter.read(tmp_path)
    assert isinstance(raised.value, ImageError)
    with pytest.raises(OSError, match="cannot be written") as raised:
        pdefilter.write(np.zeros((2, 2)), tmp_path / "folder" / "image.npy")
    assert isinstance(raised.value, ImageError)
    with pytest.raises(ImageError) as raised:
        pdefilter.read(b"no image")
    assert not isinstance(raised.value, OSError)
