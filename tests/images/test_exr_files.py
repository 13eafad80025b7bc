"""OpenEXR of every layout is read and kept, as its own library confirms."""

import io

import numpy as np
import OpenEXR
import pytest
from unusual import exr as made

from pdefilter import ImageError
from pdefilter.images.codecs.exr_header import headers
from pdefilter.images.formats import named
from pdefilter.images.reading import Reading

FILES = made.files()
EXR = named("exr")


def read(data, number=0):
    return EXR.decode(data, Reading()).read(number)


def passed(data):
    return EXR.encode(EXR.decode(data, Reading()))


def parts_of(data):
    return OpenEXR.File(io.BytesIO(data), separate_channels=True).parts


@pytest.mark.filterwarnings("ignore:left out")
@pytest.mark.parametrize("name", FILES)
def test_a_pass_keeps_what_the_library_reads(name):
    if name == "deep.exr":
        pytest.skip("is refused")
    for before, after in zip(parts_of(FILES[name]), parts_of(passed(FILES[name])), strict=True):
        assert after.type() == OpenEXR.scanlineimage
        header = after.header
        left_out = {"channels", "chunkCount", "compression", "preview", "tiles", "type", "version"}
        for key, value in before.header.items():
            assert key in left_out or repr(header[key]) == repr(value), key
        if name.startswith("luminance-chroma") or name == "chroma-wide.exr":
            assert set(after.channels) - {"A"} == set("RGB")
            continue
        assert set(after.channels) == set(before.channels)
        for key, channel in before.channels.items():
            found = after.channels[key].pixels
            kind = {"mixed.exr": np.float32}.get(name, channel.pixels.dtype)
            assert found.dtype == (np.uint32 if channel.pixels.dtype == np.uint32 else
                                   np.float32 if name == "nearly-clear.exr" else kind)  # fmt: skip
            if "alpha" in name or name == "nearly-clear.exr":
                # Division by alpha and multiplication round by half a unit each.
                digit = float(np.finfo(found.dtype).eps)
                np.testing.assert_allclose(found, channel.pixels.astype(float), rtol=digit)
            elif name == "large-integers.exr":
                assert np.array_equal(found, channel.pixels.astype(np.float32).astype(np.float64))
            else:
                assert np.array_equal(found, channel.pixels, equal_nan=True)


def test_attributes_of_every_type_stay_byte_for_byte():
    (before,), (after,) = headers(FILES["attributes.exr"]), headers(passed(FILES["attributes.exr"]))
    for name, (kind, value) in made.ATTRIBUTES.items():
        assert before[name.encode()] == after[name.encode()] == (kind.encode(), value)


@pytest.mark.parametrize("name", ["crop.exr", "overscan.exr", "moved.exr"])
def test_the_place_in_the_display_window_stays(name):
    (before,), (after,) = headers(FILES[name]), headers(passed(FILES[name]))
    for window in (b"dataWindow", b"displayWindow"):
        assert after[window] == before[window]
    with pytest.warns(UserWarning, match=r"carries no header attributes \(display window"):
        named("tif").encode(EXR.decode(FILES[name], Reading()))


def test_half_floats_under_nearly_no_alpha_stay_finite():
    planes = made.nearly_clear()
    image = read(FILES["nearly-clear.exr"])
    assert image.pixels.dtype == np.float32
    assert np.isfinite(image.pixels).all()
    (part,) = parts_of(passed(FILES["nearly-clear.exr"]))
    for name, plane in planes.items():
        assert np.array_equal(part.channels[name].pixels.astype(np.float16), plane.pixels)


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        # ITU-R BT.709-6 and BT.2020-2, section 3: derivation of luminance.
        ("luminance-chroma.exr", (0.2126, 0.7152, 0.0722)),
        ("chroma-wide.exr", (0.2627, 0.6780, 0.0593)),
    ],
)
def test_luminance_and_chroma_become_rgb(name, weights):
    planes = made.luminance_and_chroma()
    pixels = read(FILES[name]).pixels.astype(float)
    luminance = planes["Y"].pixels.astype(float)
    # Half floats have eleven bits, and the weights four decimals.
    close = {"atol": 3e-3, "rtol": 3e-3}
    np.testing.assert_allclose(pixels @ weights, luminance, **close)
    for channel, chroma in ((0, "RY"), (2, "BY")):
        stored = planes[chroma].pixels.astype(float)
        there = (pixels[..., channel] - luminance) / luminance
        np.testing.assert_allclose(there[::2, ::2], stored, atol=5e-3)
        between = (stored[:, :-1] + stored[:, 1:]) / 2
        np.testing.assert_allclose(there[::2, 1:-1:2], between, atol=5e-3)


def test_channels_of_a_layer_are_colours_in_their_order():
    planes = {name: plane.pixels for name, plane in made.random_planes("RGBA").items()}
    image = read(FILES["layer.exr"])
    assert np.array_equal(image.pixels, np.dstack([planes[name] for name in "RGB"]))
    image = read(FILES["alpha-layer.exr"])
    assert image.has_alpha
    assert np.array_equal(image.pixels[..., 3], planes["A"])
    assert read(FILES["layers.exr"]).channels == 6


def test_parts_are_frames():
    frames = EXR.decode(FILES["parts.exr"], Reading())
    assert [frames.read(number).channels for number in range(frames.count)] == [3, 1]
    assert [part.name() for part in parts_of(passed(FILES["parts.exr"]))] == [
        "the 0. part",
        "the 1. part",
    ]


def test_dropped_attributes_are_named():
    assert read(FILES["levels.exr"]).metadata.dropped == ("smaller copies of the picture",)
    assert read(FILES["tiles.exr"]).metadata.dropped == ()
    assert read(FILES["preview.exr"]).metadata.dropped == ("preview",)
    (lost,) = read(FILES["large-integers.exr"]).metadata.dropped
    assert "integers beyond 16777216" in lost
    with pytest.raises(ImageError, match=r"deep pixels.*flatten it first"):
        read(FILES["deep.exr"])


def test_lossless_compression_stays():
    for name in ("no", "rle", "zips", "zip", "piz"):
        (before,) = headers(FILES[f"{name}.exr"])
        (after,) = headers(passed(FILES[f"{name}.exr"]))
        assert after[b"compression"] == before[b"compression"]
    for name in ("pxr24", "b44", "b44a", "dwaa", "dwab"):
        (part,) = parts_of(passed(FILES[f"{name}.exr"]))
        assert part.compression() == OpenEXR.ZIP_COMPRESSION


def test_a_broken_part_is_not_replaced_by_another(capfd):
    data = bytearray(FILES["parts.exr"])
    # Each part has a table of one offset, then a chunk: its head and its pixels.
    chunk = next(
        at for at in range(len(data)) if data[at - 16 : at - 8] == at.to_bytes(8, "little")
    )
    data[chunk + 8 : chunk + 12] = bytes(4)
    assert len(parts_of(bytes(data))) == 1
    capfd.readouterr()
    with pytest.raises(ImageError, match=r"broken EXR; get an intact copy"):
        read(bytes(data), 1)
    assert capfd.readouterr() == ("", "")


def test_a_broken_display_window_is_left_out():
    data = made.exr(made.random_planes("Y"), display=(9, 0, 2, 7))
    with pytest.warns(UserWarning, match="its display window is broken: left out"):
        image = read(data)
    assert np.array_equal(image.pixels, made.random_planes("Y")["Y"].pixels)
    assert image.metadata.own == ()
