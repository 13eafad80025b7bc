"""Every sentence about a file is our own, whatever is wrong with the file."""

import ast
import warnings

import pytest
from damage import DAMAGE, damaged
from hypothesis import given
from hypothesis import strategies as st
from sample_files import sample_files
from sentences import IMAGES, is_ours
from unusual import unusual_files

from pdefilter.errors import PdefilterError
from pdefilter.images.formats import FORMATS, detect_format
from pdefilter.images.reading import Reading

FILES = sample_files() | unusual_files()

# The messages of our own classes are sentences; those of the system are quoted as such.
OURS = {"PdefilterError", "ImageError", "FileError", "ParameterError", "CallError", "KeyError"}


@pytest.mark.parametrize("path", IMAGES, ids=lambda path: path.stem)
def test_no_sentence_quotes_a_library(path):
    """No text about a file is made from an exception that is not our own."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ExceptHandler) or node.name is None:
            continue
        kinds = {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)}
        if kinds <= OURS:
            continue
        for inner in ast.walk(node):
            gaps = inner.values if isinstance(inner, ast.JoinedStr) else []
            if isinstance(inner, ast.Call) and getattr(inner.func, "id", "") == "str":
                gaps = inner.args
            for gap in gaps:
                value = getattr(gap, "value", gap)
                assert not (isinstance(value, ast.Name) and value.id == node.name), (
                    f"line {inner.lineno} passes on what {kinds} say"
                )


def sentences_about(data, lenient):
    """Collect the error and the warnings from reading a file and writing it again."""
    sentences = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            frames = detect_format(data).decode(data, Reading(most_pixels=1 << 20, lenient=lenient))
            images = [frames.read(number) for number in range(min(frames.count, 3))]
            FORMATS[0].encode(type(frames)(1, lambda _: images[0]))
        except PdefilterError as error:
            sentences.append(str(error))
    return sentences + [str(warning.message) for warning in caught]


@pytest.mark.parametrize("name", FILES)
@given(**DAMAGE, lenient=st.booleans())
def test_every_sentence_is_ours(name, changes, end, lenient):
    sentences = sentences_about(damaged(FILES[name], changes, end), lenient)
    assert [sentence for sentence in sentences if not is_ours(sentence)] == []


def test_a_library_s_sentence_is_not_ours():
    for sentence in (
        "overflow encountered in cast",
        "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
        "unsupported operand type(s) for /: 'tuple' and 'int'",
        "too many indices for array: array is 2-dimensional, but 3 were indexed",
        "is a broken PNG (png_decode returned 'IDAT: CRC error'); get an intact copy",
    ):
        assert not is_ours(sentence)
