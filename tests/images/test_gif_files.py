"""GIFs that few programs write."""

import io
from fractions import Fraction

import numpy as np
import PIL.Image
import PIL.ImageSequence
import pytest
from passes import passed, read
from unusual import gif

from pdefilter import ImageError
from pdefilter.images.formats import named
from pdefilter.images.frames import Frames
from pdefilter.images.image import Image
from pdefilter.images.metadata import Metadata, Resolution

FILES = gif.files()
COLOURS = np.frombuffer(gif.PALETTE, np.uint8).reshape(-1, 3)


def by_pillow(data, mode="RGBA"):
    with PIL.Image.open(io.BytesIO(data)) as file:
        frames = [np.asarray(frame.convert(mode)) for frame in PIL.ImageSequence.Iterator(file)]
        return frames, dict(file.info)


def test_comments_stay_byte_for_byte_and_apart():
    data, messages = passed(FILES["comments.gif"], times=5)
    assert messages == []
    for body in (b"Gr\xfc\xdfe", "日本".encode(), b"", b"last"):
        assert b"!\xfe" + (bytes((len(body),)) + body if body else b"") + b"\0" in data
    texts = [text for _, text in read(data)[0].metadata.text]
    assert texts == ["Grüße", "日本", "", "x" * 255 + "y", "last"]
    across, _ = passed(passed(data, "png")[0], "gif")
    assert [text for _, text in read(across)[0].metadata.text] == texts


def test_frames_beyond_the_canvas_are_clipped_but_the_first():
    images = read(FILES["beyond.gif"])
    assert np.array_equal(images[0].pixels, COLOURS[gif.indices()])
    expected = images[0].pixels.copy()
    expected[4:, 6:] = COLOURS[gif.indices(20, 20)][:5, :7]
    assert np.array_equal(images[1].pixels, expected)
    assert np.array_equal(images[2].pixels, expected)
    for name in ("small-canvas.gif", "no-size.gif"):
        (image,) = read(FILES[name])
        assert np.array_equal(image.pixels, by_pillow(FILES[name], "RGB")[0][0])


def test_an_empty_frame_shows_the_one_before():
    one, same, other = read(FILES["empty-frame.gif"])
    assert np.array_equal(one.pixels, same.pixels)
    assert np.array_equal(other.pixels, COLOURS[gif.indices(seed=1)])


def test_a_gif_without_palette_is_grey_as_by_pillow():
    with pytest.warns(UserWarning, match="has no palette: its indices are treated as grey"):
        (image,) = read(FILES["no-palette.gif"])
    assert np.array_equal(image.pixels, by_pillow(FILES["no-palette.gif"], "L")[0][0])


def test_the_size_of_a_frame_is_checked_before_it_is_decoded():
    block = bytearray(gif.picture(gif.indices()))
    block[5:9] = b"\xff\xff\xff\xff"
    data = gif.head() + gif.picture(gif.indices()) + gif.control(5) + bytes(block) + b";"
    with pytest.raises(ImageError, match="claims 65535 × 65535 pixels"):
        read(data)


def test_the_colour_of_transparent_pixels_stays():
    data, _ = passed(FILES["transparent.gif"], times=5)
    before, after = (by_pillow(found)[0][0] for found in (FILES["transparent.gif"], data))
    assert np.array_equal(before, after)
    assert (after[..., 3] == 0).any()
    assert after[..., :3][after[..., 3] == 0].any()


@pytest.mark.parametrize(
    ("name", "loops", "stored"),
    [("once.gif", 1, None), ("thrice.gif", 3, 2), ("for-ever.gif", 0, 0)],
)
def test_loops_stay_in_every_format(name, loops, stored):
    assert read(FILES[name])[0].metadata.loops == loops
    data, _ = passed(FILES[name], times=5)
    assert by_pillow(data)[1].get("loop") == stored
    for target in ("png", "webp"):
        across, messages = passed(data, target)
        assert messages == []
        assert by_pillow(across)[1]["loop"] == loops
        assert by_pillow(passed(across, "gif")[0])[1].get("loop") == stored


def test_too_many_loops_become_the_most_possible():
    images = [Image(np.zeros((2, 2), np.uint8), metadata=Metadata(loops=1 << 20))] * 2
    for target, most in (("gif", 65535), ("webp", 65535)):
        data = named(target).encode(Frames(2, images.__getitem__))
        assert by_pillow(data)[1]["loop"] == most


def test_times_are_rounded_to_hundredths_with_a_warning():
    images = [Image(np.zeros((2, 2), np.uint8), metadata=Metadata(duration=Fraction(33)))] * 2
    with pytest.warns(UserWarning, match="GIF counts in hundredths of a second"):
        data = named("gif").encode(Frames(2, images.__getitem__))
    assert read(data)[0].metadata.duration == 30


def test_a_single_picture_keeps_its_duration():
    for target in ("gif", "png", "webp"):
        data, messages = passed(FILES["single-timed.gif"], target)
        assert messages == []
        assert read(data)[0].metadata.duration == 80


def test_the_shape_of_pixels_and_the_background_stay():
    data, messages = passed(FILES["oblong.gif"], times=5)
    assert messages == []
    assert data[12] == 113
    assert data[13 + 3 * data[11] :][:3] == gif.PALETTE[15:18]
    columns, rows, unit = read(data)[0].metadata.resolution
    assert (columns / rows, unit) == (0.5, "none")
    data, _ = passed(FILES["grey-background.gif"], times=3)
    assert data[13 + 3 * data[11] :][:3] == (bytes(range(16)) * 3)[15:18]


def test_gif_cannot_store_a_density():
    dense = Metadata(resolution=Resolution(Fraction(300), Fraction(300), "inch"))
    with pytest.warns(UserWarning, match="GIF carries no resolution: left out"):
        data = named("gif").encode(
            Frames(1, lambda _: Image(np.zeros((2, 2), np.uint8), metadata=dense))
        )
    assert data[12] == 0


def test_dropped_blocks_are_named():
    _, messages = passed(FILES["drawn-text.gif"])
    assert messages == [
        "left out: text to be drawn, application data MGKIPTC0000, block of an unknown kind"
    ]
    _, messages = passed(FILES["extra-zeros.gif"])
    assert messages == ["left out: data after its end"]


def test_a_profile_stays():
    data, messages = passed(FILES["profile.gif"], times=3)
    assert messages == []
    assert by_pillow(data)[1]["extension"][0] == b"ICCRGBG1012"
    assert read(data)[0].metadata.icc == b"p" * 200
    assert read(passed(data, "png")[0])[0].metadata.icc == b"p" * 200


def test_interlaced_and_narrow_indices():
    (image,) = read(FILES["interlaced.gif"])
    assert np.array_equal(image.pixels, COLOURS[gif.indices()])
    (image,) = read(FILES["narrow.gif"])
    assert np.array_equal(image.pixels, COLOURS[[[0, 3, 1, 2]]])


def test_the_rest_of_a_truncated_gif_is_kept():
    big = np.random.default_rng(0).integers(0, 16, (40, 40), np.uint8)
    data = gif.head(40, 40) + gif.picture(big) + gif.control(5) + gif.picture(big[::-1])
    first = len(gif.head(40, 40) + gif.picture(big))
    cut = data[: first + (len(data) - first) // 2]
    with pytest.raises(ImageError, match=r"is truncated; .* --lenient"):
        read(cut)
    with pytest.warns(UserWarning, match="what can be decoded was kept"):
        one, other = read(cut, lenient=True)
    assert np.array_equal(one.pixels, COLOURS[big])
    assert np.array_equal(other.pixels[:15], COLOURS[big[::-1]][:15])
    assert not np.array_equal(other.pixels, COLOURS[big[::-1]])
