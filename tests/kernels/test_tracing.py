"""Lines through thinned edges: whole, in order, and the same however the image is turned."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from pdefilter.kernels.tracing import trace
from pdefilter.lines import is_closed

SIDE = 61
CENTRE = 30.2
TURNS = [(turn, mirrored) for turn in range(4) for mirrored in (False, True)]


def thinned(distance, across):
    """The pixels within half a pixel of a curve, and the nearest points of it."""
    r, c = np.mgrid[:SIDE, :SIDE].astype(np.float64)
    d, (v, w) = distance(r, c), across(r, c)
    return (abs(d) <= 0.5).astype(np.float32), np.stack([r - d * v, c - d * w]).astype(np.float32)


def of_disc(radius):
    def away(r, c):
        length = np.hypot(r - CENTRE, c - CENTRE)
        return (r - CENTRE) / length, (c - CENTRE) / length

    return thinned(lambda r, c: np.hypot(r - CENTRE, c - CENTRE) - radius, away)


def centres(rows, columns):
    return np.indices((rows, columns), np.float32)


def traced(picture):
    """The lines of a picture of letters, whose pixels have an edge through their centres."""
    strength = np.array([[letter != "." for letter in row] for row in picture.split()], np.float32)
    return trace(strength, centres(*strength.shape))


@st.composite
def thin_maps(draw):
    rows, columns = draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kept = rng.random((rows, columns)) < draw(st.sampled_from([0.1, 0.3, 0.5]))
    strength = np.where(kept, rng.integers(1, 9, kept.shape), 0).astype(np.float32)
    # Parts that float32 holds exactly, also from the other side of the image.
    return strength, rng.integers(-32, 33, (2, rows, columns)).astype(np.float32) / 64


@pytest.mark.parametrize("radius", [5, 10.5, 20.3])
def test_a_disc_is_one_closed_line(radius):
    [line] = trace(*of_disc(radius))
    assert is_closed(line)
    rows, columns, _ = line.T
    # The points are on the circle, save for those in the middle of a chord of up to ½ px. A chord
    # of s encloses less than its arc by s³/12R, and is shorter by s³/24R².
    assert np.abs(np.hypot(rows - CENTRE, columns - CENTRE) - radius).max() < 0.25**2 / radius
    steps = np.hypot(*np.diff(line[:, :2], axis=0).T)
    area = np.sum(columns[:-1] * rows[1:] - columns[1:] * rows[:-1]) / 2
    assert 0 < np.pi * radius**2 - area < 2 * np.sum(steps**3) / (12 * radius)
    assert 0 < 2 * np.pi * radius - steps.sum() < 2 * np.sum(steps**3) / (24 * radius**2)
    assert steps.min() > 0.5
    assert steps.max() < np.sqrt(2) + 0.25


@pytest.mark.parametrize("degrees", range(0, 180, 15))
@pytest.mark.parametrize("offset", [0, 0.25, 0.5])
def test_a_straight_edge_is_one_line_in_order(degrees, offset):
    v, w = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))

    def distance(r, c):
        return (r - 30) * v + (c - 30) * w - offset

    [line] = trace(*thinned(distance, lambda *_: (v, w)))
    assert np.abs(distance(*line[:, :2].T)).max() < 1e-5  # the rounding of places in float32
    along = line[:, 1] * v - line[:, 0] * w
    assert (np.diff(along) * np.sign(along[-1] - along[0]) > 0).all()


def test_a_junction_ends_three_lines():
    lines = traced(
        """.......
           #######
           ...#...
           ...#...
           ...#..."""
    )
    assert [line[:, :2].tolist() for line in lines] == [
        [[1, 0], [1, 1], [1, 2], [1, 3]],
        [[1, 3], [1, 4], [1, 5], [1, 6]],
        [[1, 3], [2, 3], [3, 3], [4, 3]],
    ]


def test_a_spur_does_not_end_the_line_that_it_leaves():
    lines = traced(
        """.........
           #########
           ...#.....
           ...#....."""
    )
    assert [len(line) for line in lines] == [9, 3]
    assert lines[1][0].tolist() == lines[0][3].tolist()


def test_a_spur_on_a_closed_line():
    closed, spur = sorted(traced("####### #.....# #.....# ####### ..#...."), key=is_closed)[::-1]
    assert (len(closed), len(spur)) == (19, 2)


def test_a_corner_of_a_staircase_is_a_point_of_the_line():
    [line] = traced("##.. .##. ..##")
    assert line[:, :2].tolist() == [[0, 0], [0, 1], [1, 1], [1, 2], [2, 2], [2, 3]]


def test_points_that_are_near_each_other_are_one():
    strength = np.array([[1, 2, 1, 1], [0, 4, 0, 0]], np.float32)
    places = centres(2, 4)
    places[0, :, 1] = 0.5, 0.75
    [line] = trace(strength, places)
    assert line.tolist() == [[0, 0, 1], [0.625, 1, 4], [0, 2, 1], [0, 3, 1]]


def test_closed_lines_run_clockwise_from_their_top():
    [line] = traced("..#.. .#.#. #...# .#.#. ..#..")
    assert line[:, :2].tolist() == [
        [0, 2], [1, 3], [2, 4], [3, 3], [4, 2], [3, 1], [2, 0], [1, 1], [0, 2],
    ]  # fmt: skip


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (1, 1), (4, 5)])
def test_an_image_without_edges_has_no_lines(shape):
    assert trace(np.zeros(shape, np.float32), centres(*shape)) == []


def test_places_of_another_size_are_refused():
    with pytest.raises(ValueError, match="places of shape"):
        trace(np.zeros((3, 4), np.float32), centres(4, 3))


@given(thin_maps())
def test_every_point_is_in_one_line_or_a_junction(drawn):
    strength, _ = drawn
    lines = trace(strength, centres(*strength.shape))
    ends, inside = np.zeros(strength.shape, int), np.zeros(strength.shape, int)
    graph = np.zeros((2 * strength.shape[0], 2 * strength.shape[1]), bool)
    for line in lines:
        places = line[:, :2].astype(int)
        assert (line[:, 2] == strength[tuple(places.T)]).all()
        steps = np.abs(np.diff(places, axis=0))
        assert not steps.size or (steps.max(axis=1) == 1).all()
        np.add.at(inside, tuple(places[1:-1].T), 1)
        for place in places[:1], places[1:][-1:]:
            np.add.at(ends, tuple(place.T), 1)
        graph[tuple(2 * places.T)] = True
        graph[tuple((places[1:] + places[:-1]).T)] = True
    assert ((inside + ends > 0) == (strength > 0)).all()
    assert (inside <= 1).all()
    # What several lines share is a junction, where they end; a line may go on through one.
    assert (ends[inside == 1] <= 2).all()
    around = ndimage.label(strength > 0, np.ones((3, 3)))[1]
    assert around == ndimage.label(graph, np.ones((3, 3)))[1]


def alike(lines):
    """The set of lines, whatever their order, their direction, and the beginning of closed ones."""
    found = []
    for line in lines:
        points = [tuple(point) for point in line.tolist()]
        if is_closed(line):
            points = points[:-1]
            turned = [points[k:] + points[:k] for k in range(len(points))]
            found.append(min([*turned, *(one[::-1] for one in turned)]))
        else:
            found.append(min(points, points[::-1]))
    return sorted(found)


@given(thin_maps(), st.sampled_from(TURNS))
def test_turned_and_mirrored_maps_have_turned_and_mirrored_lines(drawn, how):
    strength, offsets = drawn
    turn, mirrored = how

    def changed(plane):
        plane = np.rot90(plane, turn)
        return plane[:, ::-1] if mirrored else plane

    lines = trace(strength, centres(*strength.shape) + offsets)
    down, right = changed(offsets[0]), changed(offsets[1])
    for _ in range(turn):
        down, right = -right, down
    if mirrored:
        right = -right
    new = changed(strength)
    there = trace(new, centres(*new.shape) + np.stack([down, right]))
    m, n = strength.shape
    moved = []
    for line in lines:
        r, c, s = line.T
        height, width = m, n
        for _ in range(turn):
            r, c = width - 1 - c, r
            height, width = width, height
        if mirrored:
            c = width - 1 - c
        moved.append(np.stack([r, c, s], axis=-1).round(9))
    assert alike(moved) == alike([line.round(9) for line in there])
