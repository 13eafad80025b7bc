"""The diffusivities: g as a function of s²/κ².

This table is the only one: filters choose from it, the help lists it, and kernels
are called by the names in it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

DiffusivityName: TypeAlias = Literal[
    "exponential", "rational", "charbonnier", "weickert", "tukey", "geman-mcclure", "tv"
]


@dataclass(frozen=True)
class Diffusivity:
    """A diffusivity g(s²), at most 1, which falls as the gradient s grows beyond κ.

    Attributes
    ----------
    formula : str
        g as users read it.
    conductance : str
        The name of g in `pdefilter.kernels.conductances`.
    scale : float
        The factor by which s²/κ² becomes the argument of that conductance.
    noise_contrast : float
        The κ that removes noise best, in standard deviations of the differences in the
        noise itself. It was measured on photographs of 180 × 180 pixels with noise of
        15, 25 and 50 grey levels. A third more or less costs at most a tenth of a
        decibel.
    """

    formula: str
    conductance: str
    scale: float
    noise_contrast: float


# With this C the flux s g falls beyond s = κ: (1 + 8C) exp(−C) = 1.
_WEICKERT = 3.31488

DIFFUSIVITIES: Mapping[str, Diffusivity] = {
    # The first two: Perona & Malik 1990, doi:10.1109/34.56205. The kernel's exponential has base 2.
    "exponential": Diffusivity("exp(−s²/κ²)", "exponential", 1 / math.log(2), 1.5),
    "rational": Diffusivity("1/(1 + s²/κ²)", "rational", 1.0, 0.4),
    # Charbonnier, Blanc-Féraud, Aubert & Barlaud 1997, doi:10.1109/83.551699.
    "charbonnier": Diffusivity("1/√(1 + s²/κ²)", "charbonnier", 1.0, 0.13),
    # Weickert 1998, Anisotropic Diffusion in Image Processing, section 1.3.3.
    "weickert": Diffusivity(
        f"1 − exp(−{_WEICKERT}/(s/κ)⁸)", "weickert", (math.log(2) / _WEICKERT) ** (1 / 4), 1.5
    ),
    # Black, Sapiro, Marimont & Heeger 1998, doi:10.1109/83.661192, without their factor ½.
    "tukey": Diffusivity("(1 − s²/κ²)² up to s = κ, then 0", "tukey", 1.0, 3.0),
    # Geman & McClure 1985, Bayesian image analysis: an application to single photon emission
    # tomography, Proc. Statistical Computing Section, Amer. Statistical Assoc., pp. 12–18.
    "geman-mcclure": Diffusivity("1/(1 + s²/κ²)²", "geman mcclure", 1.0, 1.2),
    # Total variation flow (Rudin, Osher & Fatemi 1992, doi:10.1016/0167-2789(92)90242-F) in
    # the time κt, its kink at s = 0 rounded as by Huber 1973, doi:10.1214/aos/1176342503.
    "tv": Diffusivity("κ/s, at most 1", "total variation", 1.0, 0.13),
}
