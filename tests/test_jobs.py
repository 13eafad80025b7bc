"""Jobs that people described in public reports of other tools, and why what comes out is right.

rasterio#1138, #2474, #3175; geotiff.js#259; gdal#4192; fabio#9; tifffile#61; opencv#4914;
scikit-image#2974, #4139, #3588; xarray-spatial#969; MetPy#2030; opencv#15294; kornia#2244.
"""

import json

import numpy as np
import pytest
import skimage
import tifffile
from scipy import ndimage, sparse
from scipy.sparse.linalg import splu

import pdefilter
from pdefilter import Image
from pdefilter.observer import observed
from pdefilter.runs.work import Recorder


def rms(difference):
    return float(np.sqrt(np.mean(np.square(difference, dtype=float))))


def chosen_by(filter_, image, **options):
    recorder = Recorder(1)
    with observed(recorder):
        filter_(image, **options)
    return recorder.chosen[0][0]


@pytest.mark.parametrize("dtype", ["u1", "u2", "i4", "u4", "i8", "f4", "f8"])
def test_a_hole_in_a_ramp_is_the_ramp_in_every_type(dtype):
    """A ramp is harmonic: Δ(100 + c) = 0, and the solution of a membrane is unique."""
    ramp = (100 + np.arange(64))[None] * np.ones((64, 1))
    valid = np.ones(ramp.shape, bool)
    valid[20:29, 20:29] = False
    holed = np.where(valid, ramp, 0).astype(dtype)
    found = pdefilter.inpaint(Image(holed, mask=valid)).pixels
    # The residual allowed, 1e-6 of the range, times some hundred px² of the hole.
    assert np.abs(found.astype(float) - ramp).max() < 1e-3 * 64


@pytest.mark.parametrize("dtype", ["u2", "u4", "i4", "i8", "f4"])
def test_noise_of_few_counts_goes_in_every_type(dtype):
    """A constant with noise of 8 counts: averaging removes nearly all of it."""
    noisy = 140 + 8 * np.random.default_rng(0).normal(size=(96, 96))
    found = pdefilter.anisotropic(np.rint(noisy).astype(dtype)).astype(float)
    assert rms(found - 140) < 1


def test_a_thermal_camera_of_14_bits_loses_its_noise():
    step = np.where(np.arange(128) < 64, 8000, 8400)
    counts = np.rint(step + 8 * np.random.default_rng(0).normal(size=(128, 128))).astype("u2")
    assert rms(pdefilter.smooth(counts, method="tv", weight="auto") - step) < 2
    found = pdefilter.estimate(counts)
    assert found.noise[0] * found.full_scale == pytest.approx(8, rel=0.1)


def heat_around_holes(u, valid, time, steps):
    """Solve (I − τL) v = u by a sparse factorisation, L the graph's Laplacian without the holes."""
    rows, columns = u.shape
    index = np.arange(u.size).reshape(u.shape)
    down = (index[:-1].ravel(), index[1:].ravel())
    right = (index[:, :-1].ravel(), index[:, 1:].ravel())
    a, b = (np.concatenate(pair) for pair in zip(down, right, strict=True))
    there = valid.ravel()[a] & valid.ravel()[b]
    a, b = a[there], b[there]
    ones = np.ones(len(a))
    w = sparse.coo_matrix((ones, (a, b)), (u.size, u.size))
    w = (w + w.T).tocsr()
    laplacian = sparse.diags(np.asarray(w.sum(axis=1)).ravel()) - w
    # Crank and Nicolson's steps, of order two.
    tau = time / steps
    solver = splu((sparse.identity(u.size) + tau / 2 * laplacian).tocsc())
    v = u.ravel().astype(float)
    for _ in range(steps):
        v = solver.solve(v - tau / 2 * (laplacian @ v))
    return v.reshape(rows, columns)


def test_elevation_in_int16_is_smoothed_around_what_has_no_data():
    rows, columns = np.mgrid[:80, :110]
    rng = np.random.default_rng(1)
    height = np.rint(606 + 132 * np.sin(rows / 20) * np.cos(columns / 15)).astype("i2")
    holes = rng.random(height.shape) < 0.02
    holes[30:50, 40:70] = True
    height[holes] = -32768
    found = pdefilter.heat_diffuse(Image(height, nodata=-32768), sigma=10.0).pixels
    assert np.array_equal(found == -32768, holes)
    # Where nothing flows a hole may hold any number.
    direct = heat_around_holes(np.where(holes, 600, height), ~holes, 50.0, 200)
    # Rounding to metres, and a tenth of a 255th of the range.
    assert rms((found - direct)[~holes]) < 0.5


def test_metres_are_as_good_as_parts_of_their_range():
    rows, columns = np.mgrid[:150, :150]
    rng = np.random.default_rng(0)
    metres = 600 + 130 * np.sin(rows / 40) * np.cos(columns / 30) + rng.normal(0, 2, (150, 150))
    metres = metres.astype(np.float32)
    size, least = np.ptp(metres), metres.min()
    found = pdefilter.smooth(metres, method="tv", weight="auto")
    parts = pdefilter.smooth((metres - least) / size, method="tv", weight="auto")
    np.testing.assert_allclose(found, parts * size + least, rtol=0, atol=1e-3 * size)


def test_an_offset_of_five_million_costs_no_digits():
    values = 0.1 * np.random.default_rng(0).normal(size=(40, 40))
    found = pdefilter.smooth(5_000_000 + values, sigma=1.0) - 5_000_000
    np.testing.assert_allclose(found, pdefilter.smooth(values, sigma=1.0), rtol=0, atol=1e-6)


@pytest.mark.parametrize("size", [3, 7])
def test_a_median_of_labels_is_one_of_them(size):
    labels = np.where(np.random.default_rng(0).random((30, 30)) < 0.5, 16_777_219, 2_000_000_001)
    found = pdefilter.smooth(labels.astype("i4"), method="median", size=size)
    assert np.array_equal(found, ndimage.median_filter(labels, size, mode="reflect"))


def test_the_weight_for_a_ct_does_not_depend_on_its_unit():
    """Noise of 20 HU in flat regions; the best weight, by the clean phantom, is about 18 HU."""
    phantom = skimage.transform.resize(skimage.data.shepp_logan_phantom(), (160, 160), order=0)
    clean = phantom * 2000 - 1000
    ct = clean + 20 * np.random.default_rng(0).normal(size=clean.shape)

    def weight(image, unit):
        chosen = chosen_by(pdefilter.smooth, image, method="tv", weight="auto")
        return chosen["weight"] / 255 * chosen["full_scale"] * unit

    found = [weight(ct, 1), weight((ct + 1000) / 2000, 2000), weight(np.rint(ct).astype("i2"), 1)]
    assert found == pytest.approx([found[0]] * 3, rel=0.02)
    assert 12 < found[0] < 30
    errors = {
        level: rms(pdefilter.smooth(ct, method="tv", weight=255 * level) - clean)
        for level in (8, 12, 18, 25, 40, found[0])
    }
    assert errors[found[0]] < 1.05 * min(errors.values())


def test_a_masked_array_is_an_image_with_a_mask_and_comes_back_as_such():
    values = np.random.default_rng(0).random((30, 40))
    masked = values > 0.9
    array = np.ma.array(np.where(masked, -9999, values), mask=masked)
    found = pdefilter.smooth(array)
    expected = pdefilter.smooth(Image(values, mask=~masked)).pixels
    assert isinstance(found, np.ma.MaskedArray)
    assert np.array_equal(found.mask, masked)
    assert np.array_equal(found.data[~masked], expected[~masked])
    assert (found.data[masked] == -9999).all()
    assert not pdefilter.inpaint(array).mask.any()


def test_a_quiet_band_beside_a_loud_one_keeps_its_edge():
    """Weighed by their noise, the loud band says nothing that the quiet one does not know."""
    rng = np.random.default_rng(0)
    step = np.where(np.arange(64) < 32, 0.2, 0.7)[None] * np.ones((64, 1))
    quiet, alike = (step + 0.01 * rng.normal(size=step.shape) for _ in range(2))
    bands = np.stack([quiet, alike, 50 + rng.normal(size=step.shape)], axis=-1)
    found = pdefilter.anisotropic(bands)[..., 0]
    assert rms(found - step) < 1.2 * rms(pdefilter.anisotropic(quiet) - step)
    assert rms(pdefilter.anisotropic(bands, coupling="shared")[..., 0] - step) > 0.02


def test_a_disc_at_the_border_is_covered_whole(pdefilter_command, tmp_path):
    """Within the mask the source has no edge that its surroundings do not have: all is white."""
    source = np.full((101, 101, 3), 255, np.uint8)
    rows, columns = np.mgrid[:101, :101]
    target = np.full((101, 101, 3), 255, np.uint8)
    target[rows**2 + (columns - 50) ** 2 < 40**2] = (255, 0, 0)
    mask = np.zeros((101, 101), np.uint8)
    mask[:60] = 255
    found = pdefilter.poisson(target, source=source, mask=mask)
    assert (found == 255).all()
    for name, array in (("t", target), ("s", source), ("m", mask)):
        pdefilter.write(array, tmp_path / f"{name}.png")
    done = pdefilter_command("poisson", "t.png", "--source", "s.png", "--mask", "m.png", "-o",
                             "o.png")  # fmt: skip
    assert done.returncode == 0
    assert np.array_equal(pdefilter.read(tmp_path / "o.png").pixels, found)


def test_numbers_are_told_in_stored_units_too(pdefilter_command, tmp_path):
    """Noise of 20 in a float image of a range of 2000, as --full-scale says and as stored."""
    ct = 1000 * (np.arange(96) < 48) + 20 * np.random.default_rng(0).normal(size=(96, 96))
    np.save(tmp_path / "ct.npy", ct)
    line = pdefilter_command("estimate", "--json", "ct.npy", "--full-scale", "2000").stdout
    found = json.loads(line)
    assert found["full_scale"] == 2000
    assert found["noise"][0] * 2000 == pytest.approx(20, rel=0.1)
    table = pdefilter_command("estimate", "ct.npy").stdout.decode().splitlines()[2].split()
    assert float(table[2]) == pytest.approx(20, rel=0.1)
    said = pdefilter_command("anisotropic", "ct.npy", "-v", "-o", "o.npy", "--full-scale", "range")
    assert b"as stored)" in said.stderr


@pytest.mark.parametrize(
    ("dtype", "tag", "hole"),
    [("f4", "-3.4028234663852886e+38", np.finfo("f4").min), ("i2", "-32768.0", -32768),
     ("u1", "255.0", 255)],
)  # fmt: skip
def test_zeros_beside_what_has_no_data_are_zeros(pdefilter_command, tmp_path, dtype, tag, hole):
    """GDAL writes the mark so; read as 0 it would make holes of the zeros, and leave the hole."""
    image = np.full((20, 20), 5, dtype)
    image[2, 3] = image[15, 15] = 0
    image[8:11, 8:11] = hole
    tifffile.imwrite(tmp_path / "i.tif", image, extratags=[(42113, "s", 0, tag, True)])
    done = pdefilter_command("inpaint", "i.tif", "-o", "o.tif")
    assert (done.returncode, done.stderr) == (0, b"")
    found = tifffile.imread(tmp_path / "o.tif")
    assert np.array_equal(found[8:11, 8:11], np.full((3, 3), 5))
    found[8:11, 8:11] = image[8:11, 8:11]
    assert np.array_equal(found, image)


def test_a_mark_may_be_given_where_no_tag_does(pdefilter_command, tmp_path):
    ids = np.full((20, 20), 2**60 + 5, np.int64)
    ids[4, 4] = 2**60 + 1
    np.save(tmp_path / "i.npy", ids)
    done = pdefilter_command("inpaint", "i.npy", "--nodata", 2**60 + 1, "-o", "o.npy")
    assert (done.returncode, done.stderr) == (0, b"")
    assert np.array_equal(np.load(tmp_path / "o.npy"), np.full((20, 20), 2**60 + 5))
