"""The traces of JPEG: the grid and the steps, against a standard table."""

import numpy as np
import pytest
import simplejpeg

from pdefilter.measure.compression import compression_of

# Of libjpeg's luminance, its first three rows at quality 50 (ITU-T T.81, table K.1).
STANDARD = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
    ]
)


def stored(picture, quality):
    pixels = np.rint(picture).astype(np.uint8)[:, :, None]
    data = simplejpeg.encode_jpeg(pixels, quality, "GRAY", "Gray", fastdct=False)
    return simplejpeg.decode_jpeg(data, "GRAY")[:, :, 0] / np.float32(255)


def picture():
    """Smooth noise of all frequencies, of mean 128, that is never clipped."""
    spectrum = np.fft.rfft2(np.random.default_rng(0).normal(0, 1, (512, 512)))
    distance = np.hypot(np.fft.fftfreq(512)[:, None], np.fft.rfftfreq(512))
    smooth = np.fft.irfft2(spectrum / (0.02 + distance) ** 1.6)
    return np.clip(128 + smooth * (30 / smooth.std()), 1, 254)


@pytest.mark.parametrize("quality", [50, 75, 90])
@pytest.mark.parametrize("cropped", [(0, 0), (3, 5)])
def test_the_grid_and_the_steps_are_found(quality, cropped):
    row, column = cropped
    u = np.ascontiguousarray(stored(picture(), quality)[row:, column:])
    found = compression_of(u)
    assert found is not None
    assert found.first == (-row % 8, -column % 8)
    steps = np.array(found.steps).reshape(8, 8)[:3]
    expected = (STANDARD * (200 - 2 * quality) + 50) // 100
    # A factor is known to a rounding of the largest steps.
    assert np.abs(steps - expected).max() <= 1
    assert np.count_nonzero(steps == expected) >= 12


@pytest.mark.parametrize("quality", [60, 75, 90])
def test_the_error_is_estimated(quality):
    clean = picture()
    u = stored(clean, quality)
    found = compression_of(u)
    assert found is not None
    error = float((u * 255 - clean).std())
    assert found.deviation * 255 == pytest.approx(error, rel=0.5)
    assert float(np.sqrt(found.variance_of(u).mean())) == pytest.approx(found.deviation, rel=0.02)


@pytest.mark.parametrize("levels", [0, 3, 30])
def test_what_was_never_a_jpeg_has_none(levels):
    noisy = picture() + np.random.default_rng(1).normal(0, levels, (512, 512))
    assert compression_of(noisy.astype(np.float32) / 255) is None
    rounded = np.rint(noisy.clip(0, 255)).astype(np.float32)
    assert compression_of(rounded / np.float32(255)) is None
    assert compression_of(np.rint(rounded / 16) * 16 / np.float32(255)) is None


def test_only_visible_blocks_count():
    u = stored(picture(), 75)
    visible = np.ones(u.shape, bool)
    visible[:100] = False
    found = compression_of(u, visible)
    u[:100] = np.random.default_rng(2).random((100, 512))
    assert compression_of(u, visible) == found
    assert compression_of(u, np.zeros_like(visible)) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (7, 9)])
def test_tiny_images_have_none(shape):
    assert compression_of(np.full(shape, 0.5, np.float32)) is None
