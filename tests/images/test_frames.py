"""Pages and frames, one by one, with their timing, as other libraries write them."""

import io
import re

import imagecodecs
import numpy as np
import PIL.Image
import PIL.ImageSequence
import pytest
import tifffile

import pdefilter
from pdefilter import Image, ImageError
from pdefilter.images.metadata import Metadata

RNG = np.random.default_rng(5)
DURATIONS = (40, 120, 250)


def moving(channels=3, count=3, shape=(24, 30)):
    """Frames that differ from each other only in a part, as in most animations."""
    size = (*shape, channels) if channels > 1 else shape
    first = RNG.integers(0, 256, size, np.uint8)
    frames = [first]
    for number in range(1, count):
        changed = frames[-1].copy()
        changed[5 : 9 + number, 4 : 12 + number] = 255 - changed[5 : 9 + number, 4 : 12 + number]
        frames.append(changed)
    return frames


def save(path, frames, **options):
    first, *rest = [PIL.Image.fromarray(frame) for frame in frames]
    first.save(path, save_all=True, append_images=rest, **options)


def by_pillow(path, mode):
    with PIL.Image.open(io.BytesIO(path.read_bytes())) as file:
        return [
            (np.asarray(frame.convert(mode)), frame.info.get("duration"))
            for frame in PIL.ImageSequence.Iterator(file)
        ], file.info.get("loop")


@pytest.mark.parametrize(("channels", "disposal"), [(1, 0), (3, 0), (3, 1), (4, 0), (4, 1), (4, 2)])
def test_an_animated_png_keeps_frames_timing_and_loops(
    pdefilter_command, tmp_path, channels, disposal
):
    frames = moving(channels)
    save(tmp_path / "in.png", frames, duration=list(DURATIONS), loop=3, disposal=disposal)
    read = list(pdefilter.read_frames(tmp_path / "in.png"))
    expected, _ = by_pillow(tmp_path / "in.png", "RGBA")
    for image, (pixels, _) in zip(read, expected, strict=True):
        rgba = np.atleast_3d(image.pixels)
        if image.channels < 3:
            rgba = rgba[..., [0, 0, 0, -1]]
        if not image.has_alpha:
            rgba = np.dstack([rgba[..., :3], np.full(rgba.shape[:2], 255, np.uint8)])
        assert np.array_equal(rgba, pixels)

    done = pdefilter_command("heat-diffuse", "in.png", "--time", "0", "-o", "out.png")
    assert (done.returncode, done.stderr) == (0, b"")
    for name in ("in.png", "out.png"):
        found, loops = by_pillow(tmp_path / name, "RGBA")
        assert loops == 3
        assert [duration for _, duration in found] == list(DURATIONS)
    after, _ = by_pillow(tmp_path / "out.png", "RGBA")
    assert all(np.array_equal(a, b) for (a, _), (b, _) in zip(after, expected, strict=True))


def test_an_animated_png_of_16_bits(tmp_path):
    frames = [Image(RNG.integers(0, 65536, (9, 7, 3), np.uint16)) for _ in range(3)]
    pdefilter.write(frames, tmp_path / "i.png")
    ours = [image.pixels for image in pdefilter.read_frames(tmp_path / "i.png")]
    theirs = imagecodecs.apng_decode((tmp_path / "i.png").read_bytes())
    for frame, one, other in zip(frames, ours, theirs, strict=True):
        assert np.array_equal(frame.pixels, one)
        assert np.array_equal(frame.pixels, other[..., :3])


def test_a_hidden_first_picture_of_an_animated_png_is_not_one_of_its_frames(tmp_path):
    frames = moving()
    save(tmp_path / "in.png", frames, default_image=True, duration=50)
    read = list(pdefilter.read_frames(tmp_path / "in.png"))
    assert len(read) == 2
    for image, frame in zip(read, frames[1:], strict=True):
        assert np.array_equal(image.pixels[..., :3], frame)


@pytest.mark.parametrize("channels", [3, 4])
def test_an_animated_webp_keeps_frames_timing_and_loops(pdefilter_command, tmp_path, channels):
    frames = moving(channels)
    save(tmp_path / "in.webp", frames, duration=list(DURATIONS), loop=2, lossless=True, exact=True)
    done = pdefilter_command("heat-diffuse", "in.webp", "--time", "0", "-o", "out.webp")
    assert (done.returncode, done.stderr) == (0, b"")
    mode = "RGBA" if channels == 4 else "RGB"
    expected, loops = by_pillow(tmp_path / "in.webp", mode)
    found, loops_out = by_pillow(tmp_path / "out.webp", mode)
    assert loops == loops_out == 2
    assert [duration for _, duration in found] == list(DURATIONS)
    for (a, _), (b, _) in zip(found, expected, strict=True):
        visible = a[..., -1:] > 0 if channels == 4 else True
        assert np.array_equal(a * visible, b * visible)


def test_a_lossy_animated_webp_is_read_as_by_pillow(tmp_path):
    save(tmp_path / "in.webp", moving(), duration=80, quality=70)
    expected, _ = by_pillow(tmp_path / "in.webp", "RGB")
    for image, (pixels, _) in zip(
        pdefilter.read_frames(tmp_path / "in.webp"), expected, strict=True
    ):
        assert np.array_equal(image.pixels, pixels)


@pytest.mark.parametrize("disposal", [0, 1, 2, [0, 3, 0]])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_gif_is_read_as_by_pillow(tmp_path, channels, disposal):
    small = [frame // 64 * 64 for frame in moving(channels)]
    save(tmp_path / "in.gif", small, duration=list(DURATIONS), loop=0, disposal=disposal)
    expected, loops = by_pillow(tmp_path / "in.gif", "RGBA")
    read = list(pdefilter.read_frames(tmp_path / "in.gif"))
    assert loops == read[0].metadata.loops == 0
    for image, (pixels, duration) in zip(read, expected, strict=True):
        rgba = np.atleast_3d(image.pixels)
        rgba = rgba if image.colours == 3 else rgba[..., [0, 0, 0, *range(1, image.channels)]]
        visible = pixels[..., 3] == 255
        assert np.array_equal(rgba[..., :3][visible], pixels[..., :3][visible])
        if image.has_alpha:
            assert np.array_equal(rgba[..., 3], pixels[..., 3])
        assert image.metadata.duration == duration


def test_a_grey_gif_comes_back_frame_by_frame(pdefilter_command, tmp_path):
    frames = moving(channels=1)
    images = [
        Image(f, metadata=Metadata(duration=d, loops=5))
        for f, d in zip(frames, DURATIONS, strict=True)
    ]
    pdefilter.write(images, tmp_path / "in.gif")
    done = pdefilter_command("heat-diffuse", "in.gif", "--time", "0", "-o", "out.gif")
    assert (done.returncode, done.stderr) == (0, b"")
    found, loops = by_pillow(tmp_path / "out.gif", "L")
    # It is played once, then four times again.
    assert loops == 4
    assert [duration for _, duration in found] == list(DURATIONS)
    assert all(np.array_equal(a, b) for (a, _), b in zip(found, frames, strict=True))


def test_a_gif_in_colour_comes_back_and_reports_its_error(pdefilter_command, tmp_path):
    save(tmp_path / "in.gif", moving(), duration=list(DURATIONS), loop=0)
    shown = {}
    for name in ("out.gif", "out.png", "out.webp"):
        done = pdefilter_command("smooth", "in.gif", "-o", name)
        assert done.returncode == 0
        assert (b"with a mean error of up to" in done.stderr) == (name == "out.gif")
        found, loops = by_pillow(tmp_path / name, "RGB")
        assert loops == 0
        assert [duration for _, duration in found] == list(DURATIONS)
        shown[name] = np.stack([pixels for pixels, _ in found]).astype(int)
    done = pdefilter_command("smooth", "in.gif", "-o", "out.gif", "--overwrite")
    mean_error = float(re.search(rb"up to ([\d.]+)", done.stderr)[1])
    errors = np.abs(shown["out.gif"] - shown["out.png"]).mean(axis=(1, 2, 3))
    assert errors.max() == pytest.approx(mean_error, abs=0.05)
    assert mean_error < 6


def test_edges_fit_into_the_palette_of_a_gif(pdefilter_command, tmp_path):
    save(tmp_path / "in.gif", moving(), duration=list(DURATIONS), loop=0)
    shown = []
    for name in ("out.gif", "out.png"):
        done = pdefilter_command("edge", "in.gif", "-o", name)
        assert (done.returncode, done.stderr) == (0, b"")
        shown.append([pixels for pixels, _ in by_pillow(tmp_path / name, "RGB")[0]])
    assert np.array_equal(*shown)


def test_half_transparent_pixels_are_counted_where_gif_loses_them(tmp_path):
    pixels = np.full((4, 5, 4), 200, np.uint8)
    pixels[0, :, 3], pixels[1, :, 3], pixels[2, :, 3], pixels[3, :, 3] = 0, 127, 128, 255
    with pytest.warns(UserWarning, match="10 became opaque or transparent"):
        pdefilter.write(pixels, tmp_path / "o.gif")
    alpha = pdefilter.read(tmp_path / "o.gif").pixels[..., -1]
    assert alpha.tolist() == [[0] * 5, [0] * 5, [255] * 5, [255] * 5]


def test_one_frame_is_picked_by_its_number(pdefilter_command, tmp_path):
    frames = moving()
    pdefilter.write(frames, tmp_path / "in.tif")
    done = pdefilter_command("heat-diffuse", "in.tif", "--time", "0", "--frame", "1", "-o", "o.png")
    assert (done.returncode, done.stderr) == (0, b"")
    assert np.array_equal(pdefilter.read(tmp_path / "o.png").pixels, frames[1])
    assert np.array_equal(pdefilter.read(tmp_path / "in.tif", frame=2).pixels, frames[2])
    done = pdefilter_command("edge", "in.tif", "--frame", "3", "-o", "o2.png")
    assert done.returncode == 1
    assert b"in.tif: has 3 frames, but no frame 3" in done.stderr
    done = pdefilter_command("edge", "in.tif", "-o", "o.jpg")
    assert done.returncode == 1
    assert b"has 3 frames, but JPEG holds one; pick one by --frame, or write .png" in done.stderr
    with pytest.raises(ImageError, match=r"has 3 frames; pass the number of one"):
        pdefilter.read(tmp_path / "in.tif")


def test_pages_of_different_kinds(pdefilter_command, tmp_path):
    pages = [
        RNG.integers(0, 256, (9, 12, 3), np.uint8),
        RNG.integers(0, 65536, (20, 10), np.uint16),
        RNG.random((5, 6), np.float32),
    ]
    with tifffile.TiffWriter(tmp_path / "in.tif") as writer:
        for number, page in enumerate(pages):
            writer.write(page, metadata=None, description=f"page {number}", compression="lzw")
    done = pdefilter_command("heat-diffuse", "in.tif", "--time", "0", "-o", "out.tif")
    assert (done.returncode, done.stderr) == (0, b"")
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        for number, (page, before) in enumerate(zip(file.pages, pages, strict=True)):
            assert np.array_equal(page.asarray(), before)
            assert page.description == f"page {number}"


@pytest.mark.parametrize("kind", ["ome", "imagej"])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_hyperstacks_keep_their_axes(pdefilter_command, tmp_path, kind, compression):
    stack = RNG.integers(0, 65536, (3, 2, 16, 20), np.uint16)
    axes = {"axes": "ZCYX"}
    more = {"PhysicalSizeX": 0.25} if kind == "ome" else {"spacing": 0.5, "unit": "um"}
    options = {"resolution": (4, 4)} if kind == "imagej" else {}
    tifffile.imwrite(
        tmp_path / "in.tif",
        stack,
        metadata=axes | more,
        compression=compression,
        **{kind: True},
        **options,
    )
    done = pdefilter_command("heat-diffuse", "in.tif", "--time", "0", "-o", "out.tif")
    assert (done.returncode, done.stderr) == (0, b"")
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        series = file.series[0]
        assert series.axes == "ZCYX"
        assert np.array_equal(series.asarray(), stack)
        if kind == "ome":
            assert 'PhysicalSizeX="0.25"' in file.ome_metadata
        else:
            assert file.imagej_metadata["spacing"] == 0.5
            assert file.pages[0].tags["XResolution"].value == (4, 1)


def test_the_type_in_ome_follows_the_depth(pdefilter_command, tmp_path):
    stack = RNG.integers(0, 65536, (3, 16, 20), np.uint16)
    tifffile.imwrite(tmp_path / "in.tif", stack, ome=True, metadata={"axes": "ZYX"})
    done = pdefilter_command("smooth", "in.tif", "--depth", "float", "-o", "out.tif")
    assert (done.returncode, done.stderr) == (0, b"")
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        assert file.series[0].dtype == np.float32
        assert file.series[0].shape == (3, 16, 20)


def test_an_imagej_stack_under_one_directory(tmp_path):
    """As ImageJ writes large ones: the pictures in a row, and one directory for the first."""
    stack = RNG.integers(0, 65536, (4, 6, 5), np.uint16)
    tifffile.imwrite(
        tmp_path / "i.tif",
        stack.reshape(24, 5),
        metadata=None,
        byteorder=">",
        description="ImageJ=1.54f\nimages=4\nslices=4\n",
    )
    data = bytearray((tmp_path / "i.tif").read_bytes())
    with tifffile.TiffFile(tmp_path / "i.tif") as file:
        tags = file.pages[0].tags
        for name, value in (("ImageLength", 6), ("StripByteCounts", 60), ("RowsPerStrip", 6)):
            at, size = tags[name].valueoffset, 2 if tags[name].dtype == 3 else 4
            data[at : at + size] = value.to_bytes(size, "big")
    (tmp_path / "i.tif").write_bytes(data)
    assert np.array_equal(pdefilter.read(tmp_path / "i.tif").pixels, stack)


def test_smaller_versions_are_left_out_with_a_warning(pdefilter_command, tmp_path, photograph):
    with tifffile.TiffWriter(tmp_path / "in.tif") as writer:
        writer.write(photograph, subifds=1, metadata=None)
        writer.write(photograph[::2, ::2], subfiletype=1, metadata=None)
    done = pdefilter_command("smooth", "in.tif", "-o", "out.tif")
    assert done.returncode == 0
    assert b"in.tif: left out: 1 smaller version\n" in done.stderr


def test_frames_are_read_in_any_order(tmp_path):
    frames = moving()
    save(tmp_path / "in.png", frames, duration=50)
    images = [pdefilter.read(tmp_path / "in.png", frame=n).pixels for n in (2, 0, 1)]
    assert all(np.array_equal(images[at], frames[n]) for at, n in enumerate((2, 0, 1)))
