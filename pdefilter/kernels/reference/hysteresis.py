"""Linking of pixels by SciPy, over the axes of an image or of a volume."""

import numpy as np

from pdefilter.raster import Mask


def link(weak: Mask, strong: Mask) -> Mask:
    """Link as `pdefilter.kernels.hysteresis.linked` says; what is strong is weak too."""
    from scipy.ndimage import label

    components, count = label(weak, np.ones((3,) * weak.ndim, bool))
    has_strong = np.zeros(count + 1, bool)
    has_strong[components[strong]] = True
    found: Mask = has_strong[components]
    return found
