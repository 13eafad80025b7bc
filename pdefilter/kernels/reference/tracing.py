"""From the points of thinned edges to polylines: a graph of neighbours, and walks through it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.intp]
Floats = NDArray[np.float64]

# The square of the distance below which two points of neighbouring pixels are one point. Along a
# straight line points of its own are at least √½ px apart, save for two in one row or column.
_NEAR = 0.5**2

# How much nearer the third point must be, so that rounding does not decide between equals.
_CLEARLY = 0.99

_LONGEST_SPUR = 2

_NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))


def trace(strength: NDArray[np.float32], places: NDArray[np.float32]) -> list[Floats]:
    """Connect points as `pdefilter.kernels.tracing.trace` says."""
    kept = strength > 0
    points = np.stack([*places[:, kept], strength[kept]], axis=-1).astype(np.float64)
    points, pairs = _merged(points, _pairs(kept))
    nodes = _relative_neighbours(points, pairs)
    downwards = np.lexsort(points.T[1::-1])
    rank = np.argsort(downwards).tolist()
    walks = [_directed(walk, rank, points) for walk in _walks(nodes, downwards.tolist())]
    walks.sort(key=lambda walk: ([rank[number] for number in walk[:2]], len(walk)))
    return [points[walk] for walk in walks]


def _pairs(kept: NDArray[np.bool_]) -> Indices:
    """List the pairs of kept pixels that touch, by their numbers in the order of rows."""
    rows, columns = kept.shape
    number = np.full((rows + 1, columns + 2), -1, np.intp)
    inside = number[:rows, 1 : columns + 1]
    inside[kept] = np.arange(np.count_nonzero(kept))
    found = []
    for down, right in _NEIGHBOURS:
        other = number[down : rows + down, 1 + right : columns + 1 + right]
        both = (inside >= 0) & (other >= 0)
        found.append(np.stack([inside[both], other[both]], axis=-1))
    return np.concatenate(found)


def _merged(points: Floats, pairs: Indices) -> tuple[Floats, Indices]:
    """Make one point of those that are near each other; leave its pairs with others."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = len(points)
    near = pairs[_squares(points, *pairs.T) < _NEAR]
    links = coo_array((np.ones(len(near), bool), near.T), shape=(count, count))
    clusters, cluster = connected_components(links, directed=False)
    if clusters == count:
        return points, pairs
    sizes = np.bincount(cluster)
    merged = np.stack([np.bincount(cluster, weights=values) / sizes for values in points.T], -1)
    merged[:, 2] = 0
    np.maximum.at(merged[:, 2], cluster, points[:, 2])
    between = np.sort(cluster.astype(np.intp)[pairs], axis=-1)
    return merged, np.unique(between[between[:, 0] < between[:, 1]], axis=0)


def _squares(points: Floats, one: Indices, other: Indices) -> Floats:
    """Square the distances of pairs of points."""
    difference = points[one, :2] - points[other, :2]
    squares: Floats = difference[:, 0] ** 2 + difference[:, 1] ** 2
    return squares


def _relative_neighbours(points: Floats, pairs: Indices) -> list[list[int]]:
    """List the neighbours of every point, without those to which a third point leads."""
    count = len(points)
    both = np.concatenate([pairs, pairs[:, ::-1]])
    both = both[np.lexsort(both.T[::-1])]
    squares, codes = _squares(points, *both.T), both[:, 0] * count + both[:, 1]
    starts = np.searchsorted(both[:, 0], np.arange(count + 1))
    degrees = np.diff(starts)
    # Every pair p, q with every other neighbour r of p: p, q, r is a triangle if q, r is a pair.
    many = degrees[both[:, 0]]
    pair = np.repeat(np.arange(len(both)), many)
    offsets = np.arange(len(pair)) - np.repeat(np.cumsum(many) - many, many)
    third = starts[both[pair, 0]] + offsets
    code = both[pair, 1] * count + both[third, 1]
    closing = np.searchsorted(codes, code).clip(max=max(0, len(codes) - 1))
    is_triangle = codes[closing] == code
    nearer = np.maximum(squares[third], squares[closing]) < _CLEARLY * squares[pair]
    stays = np.ones(len(both), bool)
    stays[pair[is_triangle & nearer]] = False
    left = both[stays]
    starts = np.searchsorted(left[:, 0], np.arange(count + 1))
    ends = left[:, 1].tolist()
    return [ends[first:last] for first, last in pairwise(starts.tolist())]


def _walks(neighbours: list[list[int]], downwards: list[int]) -> Iterator[list[int]]:
    """Walk along all lines, of which closed ones end where they begin."""
    arms = list(_arms(neighbours))
    yield from _joined(arms, neighbours)
    seen = set().union(*arms)
    for start in downwards:
        if start not in seen:
            ring = _arm(start, neighbours[start][0], neighbours, stop=start)
            seen.update(ring)
            yield ring


def _arms(neighbours: list[list[int]]) -> Iterator[list[int]]:
    """Walk from every end and every junction to the next one, along each line once."""
    walked = set()
    for start, others in enumerate(neighbours):
        if not others:
            yield [start]
        elif len(others) != 2:
            for second in others:
                if (start, second) not in walked:
                    arm = _arm(start, second, neighbours)
                    walked.add((arm[-1], arm[-2]))
                    yield arm


def _arm(start: int, second: int, neighbours: list[list[int]], stop: int = -1) -> list[int]:
    arm = [start, second]
    while arm[-1] != stop and len(neighbours[arm[-1]]) == 2:
        one, other = neighbours[arm[-1]]
        arm.append(other if one == arm[-2] else one)
    return arm


@dataclass(frozen=True, slots=True)
class _End:
    """An end of an arm: the number of the arm, and whether it is the last point of it."""

    arm: int
    is_last: bool

    @property
    def other(self) -> "_End":
        return _End(self.arm, not self.is_last)


def _joined(arms: list[list[int]], neighbours: list[list[int]]) -> Iterator[list[int]]:
    """Join the two arms that go on through a junction, where all others are spurs."""
    at: dict[int, list[_End]] = defaultdict(list)
    for number, arm in enumerate(arms):
        if len(arm) > 1:
            at[arm[0]].append(_End(number, is_last=False))
            at[arm[-1]].append(_End(number, is_last=True))

    def rank(end: _End) -> float:
        arm = arms[end.arm]
        far = arm[0] if end.is_last else arm[-1]
        is_spur = len(neighbours[far]) == 1 and len(arm) - 1 <= _LONGEST_SPUR
        return len(arm) - 1 if is_spur else np.inf

    next_to: dict[_End, _End] = {}
    for ends in at.values():
        if len(ends) > 2:
            first, second, third, *_ = sorted(ends, key=rank, reverse=True)
            if rank(second) > rank(third):
                next_to[first], next_to[second] = second, first
    done: set[int] = set()
    for number in range(len(arms)):
        if number not in done:
            yield _through(_End(number, is_last=False), arms, next_to, done)


def _through(
    start: _End, arms: list[list[int]], next_to: dict[_End, _End], done: set[int]
) -> list[int]:
    """Walk through the arms that are joined, from an arm in whose middle one may be."""
    begun = start
    while begun in next_to:
        begun = next_to[begun].other
        if begun == start:
            break
    walk = arms[begun.arm][:1] if not begun.is_last else arms[begun.arm][-1:]
    end = begun
    while True:
        arm = arms[end.arm]
        walk += arm[-2::-1] if end.is_last else arm[1:]
        done.add(end.arm)
        following = next_to.get(end.other)
        if following is None or following == begun:
            return walk
        end = following


def _directed(walk: list[int], rank: list[int], points: Floats) -> list[int]:
    """Let an open walk begin at its upper end, and a closed one run clockwise."""
    if len(walk) < 3 or walk[0] != walk[-1]:
        return walk if rank[walk[0]] <= rank[walk[-1]] else walk[::-1]
    rows, columns, _ = points[walk].T
    area = np.sum(columns[:-1] * rows[1:] - columns[1:] * rows[:-1])
    return walk if area >= 0 else walk[::-1]
