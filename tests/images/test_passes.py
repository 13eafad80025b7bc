"""Passes through the tool, which change nothing, however many, in any format."""

from contextlib import suppress

import pytest
from passes import LOSSY, kept, metadata_field, read, same_pixels, written
from sample_files import sample_files
from unusual import unusual_files

from pdefilter.errors import ImageError
from pdefilter.images.formats import FORMATS, detect_format

pytestmark = pytest.mark.one_in(3)

FILES = sample_files() | unusual_files()
PASSES = 3

every_file = pytest.mark.parametrize("name", FILES)


def opened(name):
    """Read a file, or skip one that is refused by a sentence."""
    try:
        return read(FILES[name])
    except ImageError as error:
        pytest.skip(f"is refused: {error}")


def each_written(images):
    """Write images in each format that holds them."""
    for format_ in FORMATS:
        with suppress(ImageError):
            if format_.types:
                yield format_, written(images, format_)


@every_file
def test_a_pass_in_its_own_format_keeps_pixels_and_tags(name):
    images, own = opened(name), detect_format(FILES[name])
    try:
        again = read(written(images, own))
    except ImageError as error:
        pytest.skip(f"its own format is not written so: {error}")
    assert len(again) == len(images)
    for before, after in zip(images, again, strict=True):
        assert kept(after) == kept(before)
        if own.name not in LOSSY:
            assert same_pixels(before, after)


@every_file
def test_passes_after_the_first_change_nothing(name):
    for format_, data in each_written(opened(name)):
        first = now = read(data)
        for _ in range(PASSES - 1):
            now = read(written(now, format_))
        for before, after in zip(first, now, strict=True):
            assert kept(after) == kept(before), format_.name
            if format_.name != "JPEG":
                assert same_pixels(before, after), format_.name


def is_utf8(packet):
    try:
        packet.decode()
    except UnicodeDecodeError:
        return False
    return True


@every_file
def test_metadata_that_both_formats_carry_come_through(name):
    """From one format to another and back: metadata that both carry stay as they were."""
    images, own = opened(name), detect_format(FILES[name])
    for format_, data in each_written(images):
        there = read(data)
        back = there
        with suppress(ImageError):
            back = read(written(there, own)) if own.types else there
        kinds = {"icc", "exif", "xmp", "text"} & set(own.carries) & set(format_.carries)
        if any(keyword != "Comment" for image in images for keyword, _ in image.metadata.text):
            # Only PNG has keywords; in comments they stand before the text.
            kinds -= {"text"}
        if format_.name == "HEIC" and not is_utf8(images[0].metadata.xmp or b""):
            kinds -= {"xmp"}
        for before, between, after in zip(images, there, back, strict=True):
            # Animations store it once, for all frames.
            for kind in kinds if before is images[0] else ():
                assert metadata_field(between, kind) == metadata_field(before, kind), format_.name
                assert metadata_field(after, kind) == metadata_field(before, kind), format_.name
            if not {own.name, format_.name} & LOSSY and before.channels == between.channels:
                assert same_pixels(before, between), format_.name
                assert same_pixels(before, after), format_.name
