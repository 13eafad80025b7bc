"""Words that users type: distances of pixels."""

import pytest

from pdefilter.cli.words import distances


def test_distances():
    assert distances("3,1,1") == (3.0, 1.0, 1.0)
    assert distances("0.5,0.25") == (0.5, 0.25)
    assert distances("file") == "file"


@pytest.mark.parametrize("word", ["-1,1", "inf,1", "1", "1,1,1,1", "wide", "", "1,,1"])
def test_distances_that_are_none(word):
    with pytest.raises(ValueError, match="is neither file nor distances above 0"):
        distances(word)
