"""Folders, and strategies for hypothesis, that tests share."""

from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from pdefilter.filters import FILTERS

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "sample_images"

# The others need more than an image: a kernel, holes, or what to do by gradients.
SELF_SUFFICIENT = [name for name in FILTERS if name not in ("convolve", "inpaint", "poisson")]


def planes(channels: int = 3, side: int = 12) -> st.SearchStrategy[np.ndarray]:
    """Random images (C, M, N) on the unit scale; one pixel and single rows and columns too."""
    sides = st.one_of(st.just(1), st.integers(1, side))
    return st.builds(
        lambda c, m, n, seed: np.random.default_rng(seed).random((c, m, n), np.float32),
        st.integers(1, channels),
        sides,
        sides,
        st.integers(0, 2**32 - 1),
    )


def tensors(rng, rows, columns):
    """Tensors of eigenvalues 1 and from 0.01 to 1, turned at random."""
    angle = rng.uniform(0, np.pi, (rows, columns))
    least = 0.01 ** rng.random((rows, columns))
    c, s = np.cos(angle), np.sin(angle)
    components = c * c + least * s * s, (1 - least) * s * c, s * s + least * c * c
    return np.stack(components).astype(np.float32)
