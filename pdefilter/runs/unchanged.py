"""The reason why a filter left an image as it was, where nobody asked for that."""

from collections.abc import Mapping, Sequence

import numpy as np

from pdefilter.filters.options.option import AUTO
from pdefilter.images.image import Image
from pdefilter.runs.chain import Chain

_ADVICE = {
    "anisotropic": "give --kappa and --time to smooth anyway",
    "denoise": "give --noise to smooth anyway",
}
"""The filters that follow the noise, each with what to do where there is none."""


def why_unchanged(
    chain: Chain, chosen: Sequence[Sequence[Mapping[str, object]]], before: Image, after: Image
) -> str | None:
    """Say why a single filter changed nothing; None if it did, or was told to change nothing.

    Parameters
    ----------
    chain : Chain
        The filter.
    chosen : sequence
        For each stage, for each frame up to this one, the values that it chose.
    before, after : Image
        The frame, as it was and as it became.
    """
    if len(chain.stages) > 1 or chain.stages[0].name not in _ADVICE:
        return None
    (stage,), (frames,) = chain.stages, chosen
    is_given = stage.parameters.get("noise", AUTO) != AUTO or stage.parameters.get("noise_map")
    noise = frames[-1].get("noise")
    if is_given or not isinstance(noise, list) or not np.array_equal(before.pixels, after.pixels):
        return None
    levels = f"{255 * max(noise, default=0.0):.1f} levels"
    return f"no noise found ({levels}): nothing to remove; {_ADVICE[stage.name]}"
