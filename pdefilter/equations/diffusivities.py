"""How much of a gradient still diffuses: g as a function of s²/κ².

The one table of them: the filter chooses from it, the help text is written
from it, the kernels are called by what is in it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Diffusivity:
    """A diffusivity g(s²), at most 1, that falls as the gradient s grows past κ.

    Attributes
    ----------
    formula : str
        g as users read it.
    conductance : str
        The name of g in `pdefilter.kernels.conductances`.
    scale : float
        What s²/κ² is multiplied by to be the argument of that.
    """

    formula: str
    conductance: str
    scale: float


DIFFUSIVITIES: Mapping[str, Diffusivity] = {
    # Both Perona & Malik 1990, doi:10.1109/34.56205. The kernel's exponential is to base 2.
    "exponential": Diffusivity("exp(−s²/κ²)", "exponential", 1 / math.log(2)),
    "rational": Diffusivity("1/(1 + s²/κ²)", "rational", 1.0),
}
