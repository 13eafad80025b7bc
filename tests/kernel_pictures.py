"""Draw the first filters of a network: ``python tests/kernel_pictures.py``."""

import numpy as np
from support import ROOT

import pdefilter
from pdefilter.networks.model_file import find_model

_ROWS, _ZOOM, _GAP = 4, 8, 4


def first_kernels() -> np.ndarray:
    """Draw the filters from the image to the finest grid; zero is grey."""
    filters = find_model("white").weights["lift"].astype(float)
    # Those that weigh the image most come first.
    filters = filters[np.argsort(-np.square(filters).sum(axis=(1, 2)), kind="stable")]
    columns = len(filters) // _ROWS
    side = _ZOOM * filters.shape[1] + _GAP
    sheet = np.full((_ROWS * side + _GAP, columns * side + _GAP), 255, np.uint8)
    for number, filter_ in enumerate(filters):
        levels = np.rint(127.5 * (1 + filter_ / np.abs(filter_).max())).astype(np.uint8)
        top, left = (_GAP + side * place for place in divmod(number, columns))
        tile = np.kron(levels, np.ones((_ZOOM, _ZOOM), np.uint8))
        sheet[top : top + len(tile), left : left + len(tile)] = tile
    return sheet


if __name__ == "__main__":
    pdefilter.write(first_kernels(), ROOT / "docs" / "kernels.png", overwrite=True)
