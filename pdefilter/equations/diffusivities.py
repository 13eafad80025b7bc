"""How much of a gradient still diffuses: g as a function of r = (s/κ)².

The one table of them: the filter chooses from it, the help text is written
from it, the kernels call what is in it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float32]


@dataclass(frozen=True)
class Diffusivity:
    """A diffusivity g(s²), at most 1, that falls as the gradient s grows past κ.

    Attributes
    ----------
    formula : str
        g as users read it.
    of_ratio : callable
        g as a function of (s/κ)².
    """

    formula: str
    of_ratio: "Callable[[Values], Values]"


def _exponential(r: "Values") -> "Values":
    from pdefilter.kernels.exponential import exp

    return exp(-r)


def _rational(r: "Values") -> "Values":
    import numpy as np

    r += 1
    return np.reciprocal(r, out=r)


DIFFUSIVITIES: Mapping[str, Diffusivity] = {
    # Both Perona & Malik 1990, doi:10.1109/34.56205.
    "exponential": Diffusivity("exp(−s²/κ²)", _exponential),
    "rational": Diffusivity("1/(1 + s²/κ²)", _rational),
}
