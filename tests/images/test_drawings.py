"""Files of lines: valid, complete, and in the right place."""

import csv
import io
import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

import pdefilter
from pdefilter.errors import CallError
from pdefilter.images.codecs.tiff.geo import georeference
from pdefilter.images.drawings.drawing import Drawing
from pdefilter.images.drawings.formats import encode, require_drawing
from pdefilter.images.georeference import Georeference
from pdefilter.lines import is_closed

SVG = "{http://www.w3.org/2000/svg}"
OPEN = np.array([[0.25, 1, 0.5], [1, 2, 0.25]])
CLOSED = np.array([[2, 2, 0.1], [3, 4, 0.1], [4, 2, 0.1], [2, 2, 0.1]])
POINT = np.array([[3.0, 0.5, 0.2]])
TITLES = ["a.png", "<&>\"'.png", "\0\x1b\ufffe", "\ud800", "]]>", ""]
UTM = Georeference((0.5, 0.0, 440720.25, 0.0, -0.5, 99999.75), 32611)


def drawing(*lines, ground=None, title="a.png"):
    return Drawing(lines, (6, 5), title, ground)


@st.composite
def drawings(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    counts = draw(st.lists(st.integers(1, 5), max_size=4))
    lines = [rng.uniform(0.01, 9, (count, 3)) for count in counts]
    return drawing(*lines, title=draw(st.sampled_from(TITLES)))


def points_of(path):
    """The points of a path, as (row, column) of an image whose pixels are centred on integers."""
    numbers = [float(word) for word in re.findall(r"-?\d+\.\d+", path)]
    return np.reshape(numbers, (-1, 2))[:, ::-1] - 0.5


def rows_of(data):
    return list(csv.DictReader(io.StringIO(data.decode())))


def test_a_picture_lies_over_its_image():
    root = ElementTree.fromstring(encode(drawing(OPEN, CLOSED, POINT), "a.svg"))
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("5", "6", "0 0 5 6")
    assert root.findtext(f"{SVG}title") == "a.png"
    paths = root.findall(f".//{SVG}path")
    assert [path.get("d")[-2:] for path in paths] == ["0Z", "h0", "00"]
    assert points_of(paths[0].get("d")).tolist() == CLOSED[:-1, :2].tolist()
    assert points_of(paths[2].get("d")).tolist() == OPEN[:, :2].tolist()
    for name in ("stroke-width", "stroke-opacity"):
        values = [float(path.get(name)) for path in paths]
        assert values == sorted(values)


def test_a_map_without_a_georeference_is_in_pixels():
    found = json.loads(encode(drawing(OPEN, CLOSED, POINT), "a.geojson"))
    assert (found["type"], found["name"], "crs" in found) == ("FeatureCollection", "a.png", False)
    assert found["units"].startswith("column and row in pixels")
    kinds = [feature["geometry"]["type"] for feature in found["features"]]
    assert kinds == ["LineString", "LineString", "Point"]
    first, second, third = (feature["geometry"]["coordinates"] for feature in found["features"])
    assert (first, third) == ([[1, 0.25], [2, 1]], [0.5, 3])
    assert second[0] == second[-1]
    assert found["features"][0]["properties"] == {"strength": 0.375, "length": 1.25}


@pytest.mark.parametrize(
    ("epsg", "crs"),
    [
        (32611, {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32611"}}),
        (None, None),
        (4326, "none is needed"),
    ],
)
def test_a_map_names_its_reference_system(epsg, crs):
    ground = Georeference((2e-5, 0.0, 10.5, 0.0, -1e-5, 47.25), epsg)
    found = json.loads(encode(drawing(OPEN, ground=ground), "a.geojson"))
    assert found.get("crs", "none is needed") == crs
    assert "units" not in found
    [feature] = found["features"]
    # To a thousandth of a pixel.
    expected = [[10.5 + 2e-5 * c, 47.25 - 1e-5 * r] for r, c, _ in OPEN]
    assert np.allclose(feature["geometry"]["coordinates"], expected, rtol=0, atol=1e-8)
    assert feature["properties"]["length"] == 1.25


def test_a_table_has_a_row_for_every_point():
    rows = rows_of(encode(drawing(OPEN, CLOSED, ground=UTM), "A.CSV"))
    assert [(row["line"], row["point"]) for row in rows] == [
        ("0", "0"), ("0", "1"), ("1", "0"), ("1", "1"), ("1", "2"), ("1", "3"),
    ]  # fmt: skip
    values = [[float(row[name]) for name in ("row", "column", "strength")] for row in rows]
    assert values == [*OPEN.tolist(), *CLOSED.tolist()]
    ground = [[float(row[name]) for name in ("easting", "northing")] for row in rows]
    assert ground[0] == [440720.75, 99999.625]
    assert "easting" not in rows_of(encode(drawing(OPEN), "a.csv"))[0]


@given(drawings())
def test_any_lines_are_written_whole(drawn):
    root = ElementTree.fromstring(encode(drawn, "a.svg"))
    paths = [points_of(path.get("d")) for path in root.findall(f".//{SVG}path")]
    features = json.loads(encode(drawn, "a.geojson"))["features"]
    rows = rows_of(encode(drawn, "a.csv"))
    assert len(rows) == sum(map(len, drawn.lines))
    assert len(features) == len(paths) == len(drawn.lines)
    for line, feature in zip(drawn.lines, features, strict=True):
        coordinates = np.reshape(feature["geometry"]["coordinates"], (-1, 2))
        assert np.abs(coordinates[:, ::-1] - line[:, :2]).max() < 0.00051
        assert any(
            len(path) == len(line) - is_closed(line)
            and np.abs(path - line[: len(path), :2]).max() < 0.00051
            for path in paths
        )


def test_no_lines_are_a_valid_file():
    assert not ElementTree.fromstring(encode(drawing(), "a.svg")).findall(f".//{SVG}path")
    assert json.loads(encode(drawing(), "a.geojson"))["features"] == []
    assert rows_of(encode(drawing(), "a.csv")) == []


@pytest.mark.parametrize("name", ["a.png", "a", "a.json"])
def test_another_ending_is_refused(name):
    with pytest.raises(CallError, match=r"take one of \.svg, \.geojson, \.csv"):
        require_drawing("--contours", name)


def geotiff(tags, keys, byteorder="<"):
    keys = (1, 1, 0, len(keys) // 4, *keys)
    stream = io.BytesIO()
    extra = [(tag, 12, len(values), values, True) for tag, values in tags.items()]
    tifffile.imwrite(
        stream,
        np.zeros((4, 5), np.uint8),
        byteorder=byteorder,
        metadata=None,
        extratags=[*extra, (34735, 3, len(keys), keys, True)],
    )
    return pdefilter.read(stream.getvalue())


SCALED = {33550: (2.0, 3.0, 0.0), 33922: (1.0, 2.0, 0.0, 500.0, 800.0, 0.0)}
SHEARED = {34264: (2.0, 1.0, 0.0, 100.0, 0.5, -3.0, 0.0, 200.0, *[0.0] * 7, 1.0)}
PROJECTED, GEOGRAPHIC = (1024, 0, 1, 1, 3072, 0, 1, 32611), (1024, 0, 1, 2, 2048, 0, 1, 4326)


@pytest.mark.parametrize("byteorder", "<>")
def test_the_place_of_a_geotiff(byteorder):
    ground = georeference(geotiff(SCALED, PROJECTED, byteorder))
    # The tie point is the upper left corner of the pixel in row 2 and column 1.
    assert ground.coordinates([2, 0], [1, 0]).tolist() == [[501, 798.5], [499, 804.5]]
    assert (ground.epsg, ground.step) == (32611, 2)


def test_the_place_of_a_geotiff_of_points():
    ground = georeference(geotiff(SCALED, (*GEOGRAPHIC, 1025, 0, 1, 2)))
    assert ground.coordinates(2, 1).tolist() == [500, 800]
    assert ground.epsg == 4326


def test_the_place_of_a_geotiff_that_is_turned():
    ground = georeference(geotiff(SHEARED, PROJECTED))
    row, column = 1.25, 2.5
    x, y = column + 0.5, row + 0.5
    assert ground.coordinates(row, column).tolist() == [2 * x + y + 100, 0.5 * x - 3 * y + 200]


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {33550: SCALED[33550]},
        {34264: (0.0,) * 16},
        {34264: (np.nan, *SHEARED[34264][1:])},
        {34264: SHEARED[34264][:15]},
    ],
)
def test_a_broken_georeference_is_none(tags):
    assert georeference(geotiff(tags, PROJECTED)) is None


def test_a_reference_system_of_its_own_has_no_number():
    keys = (1024, 0, 1, 1, 3072, 0, 1, 32767, 2048, 0, 1, 4326)
    assert georeference(geotiff(SCALED, keys)).epsg is None
