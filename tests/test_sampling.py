"""The places of samples, and the exact facts about the image that a sample represents."""

import math
import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdefilter import raster, sampling
from pdefilter.grid import Grid, boxes
from pdefilter.measure import extremes
from pdefilter.raster import Raster
from pdefilter.sampling import SAMPLED_ABOVE, Mosaic, Whole

SIZES = st.integers(1, 10**6)


@given(shape=st.tuples(SIZES, SIZES) | st.tuples(st.integers(1, 50), st.integers(10**6, 10**10)))
def test_squares_are_apart_within_the_image_and_at_blocks_of_a_jpeg(shape):
    mosaic = Mosaic.of(shape)
    assert (mosaic is None) == (math.prod(shape) <= SAMPLED_ABOVE)
    if mosaic is None:
        return
    assert math.prod(mosaic.shape) <= SAMPLED_ABOVE
    # Short sides leave room for less than two squares more.
    assert math.prod(mosaic.shape) > 0.75 * SAMPLED_ABOVE or min(shape) > 400
    for size, places in zip(shape, mosaic.places, strict=True):
        assert all(0 <= place.start < place.stop <= size for place in places)
        assert all(place.start % 8 == 0 for place in places)
        assert all(a.stop <= b.start for a, b in pairwise(places))
        if len(places) > 1:
            gaps = np.diff([place.start for place in places])
            assert gaps.max() - gaps.min() <= 16
            # Four squares of a sample, on which an evolution is tried, are not cut by seams.
            width = places[0].stop - places[0].start
            quarters = [int(share * len(places) * width) % width for share in (0.25, 0.75)]
            assert quarters == [width // 2] * 2


def test_a_mosaic_shows_the_squares_of_the_image():
    shape = (5000, 4100)
    u = np.arange(math.prod(shape), dtype=np.int64).reshape(shape)
    colour = np.stack([u // 4100, u % 4100]).astype(np.float32)
    sample = Raster(colour, valid=colour[0] > 5).sampled()
    assert sample.shape == (4000, 4000)
    assert sample.whole_shape == shape
    for box, (rows, columns) in sample.whole.mosaic.boxes:
        assert np.array_equal(sample.colour[:, rows, columns], colour[:, *box.slices])
    assert np.array_equal(sample.valid, sample.colour[0] > 5)
    picture = Raster(colour[:1] + 1)
    assert np.array_equal(sample.cut(picture).colour, sample.colour[:1] + 1)


@given(shape=st.tuples(*[st.integers(1, 3000)] * 3))
def test_cubes_are_apart_within_the_volume(shape):
    mosaic = Mosaic.of(shape)
    assert (mosaic is None) == (math.prod(shape) <= SAMPLED_ABOVE)
    if mosaic is None:
        return
    assert math.prod(mosaic.shape) <= SAMPLED_ABOVE
    assert math.prod(mosaic.shape) > SAMPLED_ABOVE / 4 or sorted(shape)[1] < 240
    for size, places in zip(shape, mosaic.places, strict=True):
        assert all(0 <= place.start < place.stop <= size for place in places)
        assert all(a.stop <= b.start for a, b in pairwise(places))
        if len(places) > 1:
            quarters = [int(share * len(places) * 40) % 40 for share in (0.25, 0.75)]
            assert quarters == [20, 20]


def test_a_mosaic_shows_the_cubes_of_the_volume():
    shape, rng = (30, 900, 1100), np.random.default_rng(0)
    colour = rng.integers(0, 9, (1, *shape), np.uint8).astype(np.float32)
    sample = Raster(colour, spacing=(3.0, 1.0, 1.0)).sampled()
    assert sample.shape[0] == 30
    assert sample.whole_shape == shape
    assert sample.grid.spacing == (3.0, 1.0, 1.0)
    for box, place in sample.whole.mosaic.boxes:
        assert np.array_equal(sample.colour[:, *place], colour[:, *box.slices])
    assert extremes.ranges(sample) == [8.0]


def test_a_small_image_is_its_own_sample():
    image = Raster(np.zeros((1, 40, 50), np.float32))
    assert image.sampled() is image
    assert image.parts == [(slice(None), slice(None))]


@given(
    seed=st.integers(0, 2**32),
    size=st.tuples(st.integers(1, 5), st.integers(1, 6)),
    slices=st.sampled_from([(), (1,), (3,)]),
)
def test_facts_about_a_whole_do_not_depend_on_how_it_is_cut(seed, size, slices):
    """Of a volume, in slices of its own number."""
    rng, depth = np.random.default_rng(seed), (3,) * len(slices)
    shape = 2, *depth, 37, 45
    # Their sums depend on the order.
    u = (rng.normal(size=shape) * 10.0 ** rng.integers(-9, 9, shape)).astype(np.float32)
    axes = len(shape) - 1
    valid = rng.random(shape[1:]) > rng.choice([0.1, 1.0])
    image = Raster(u, valid=valid, spacing=(1.0,) * axes)
    with pytest.MonkeyPatch.context() as patch:
        for module in (sampling, raster, extremes):
            patch.setattr(module, "PIECE", 8)

        def facts(shape):
            def of_boxes(find):
                cut = [*boxes(Grid.unit(image.shape), shape)]
                random.Random(seed).shuffle(cut)
                return [find(image.part(*box.slices)) for box in cut]

            whole = Whole(image.shape, Mosaic(((slice(0, 8),),) * axes), of_boxes)
            sample = image.part(*[slice(8)] * axes)
            object.__setattr__(sample, "whole", whole)
            means = extremes.plane_means(sample)
            return (
                means,
                extremes.colour_means(sample),
                extremes.ranges(sample),
                extremes.lowest(sample),
                extremes.plane_limits(sample, means),
            )

        found = facts([*slices, *(8 * n for n in size)])
        assert repr(found) == repr(facts((*depth, 40, 48)))
    means, _, *others = found
    in_memory = extremes.plane_means(image)
    assert others == [
        extremes.ranges(image),
        extremes.lowest(image),
        extremes.plane_limits(image, means),
    ]
    largest = np.abs(u).max(axis=tuple(range(1, u.ndim)))
    assert all(
        abs(one - other) <= 1e-13 * most
        for one, other, most in zip(means, in_memory, largest, strict=True)
    )


def test_a_fact_is_found_once():
    looked = []

    def of_boxes(find):
        looked.append(1)
        return [find(image)]

    image = Raster(np.ones((1, 9, 9), np.float32))
    whole = Whole((9, 9), Mosaic(((slice(0, 8),),) * 2), of_boxes)
    sample = Raster(image.colour, whole=whole)
    assert extremes.ranges(sample) == [0.0]
    assert extremes.visible_limits(sample) == [[1.0], [1.0]]
    assert len(looked) == 1
    assert extremes.ranges(sample.mapped(lambda part: part)) == [0.0]
    assert len(looked) == 2
