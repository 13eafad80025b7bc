"""Remove noise by a trained network."""

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pdefilter.errors import ParameterError
from pdefilter.filters.operations.denoised import Denoised
from pdefilter.filters.options.colour import Color, InSpace
from pdefilter.filters.options.maps import (
    NoiseMap,
    SupportsArray,
    as_number,
    as_raster,
    require_map,
)
from pdefilter.filters.options.network import network, require_average, require_name
from pdefilter.filters.options.option import AUTO, Option, image_filter
from pdefilter.filters.options.time import Steps
from pdefilter.operation import Operation, Unchanged

if TYPE_CHECKING:
    from pdefilter.networks.model import Model

Kind: TypeAlias = Literal["auto", "white", "real"]

KINDS = {
    "auto": "by what the image shows",
    "white": "every pixel has noise of its own",
    "real": "noise that neighbours share, as after demosaicking, resampling or JPEG",
}

NETWORKS = ("white", "real", "small", "stable", "recurrent")
"""The networks that come with the program."""

# Spaces in which three channels have one unit.
_MIXED = ("rgb", "linear")


@image_filter
def denoise(
    *,
    noise: Annotated[
        float | str | SupportsArray,
        Option(
            "Standard deviation of the noise as a fraction of full scale; auto: estimated in every "
            "channel.",
            minimum=0,
            metavar="NUMBER|auto",
            auto=True,
        ),
    ] = AUTO,
    kind: Annotated[Kind, Option("Kind of the noise.", choices=KINDS)] = "auto",
    strength: Annotated[
        float,
        Option("Share of the noise that is removed; less keeps grain.", minimum=0, maximum=1),
    ] = 1.0,
    average: Annotated[
        int,
        Option(
            "Number of flips and turns of the image, 1 or 8, whose results are averaged; 8 is a "
            "little better, and takes eight times as long.",
            minimum=1,
            maximum=8,
        ),
    ] = 1,
    model: Annotated[
        str | None,
        Option(
            f"Network: one that comes with the program ({', '.join(NETWORKS)}), or a file that "
            "`pdefilter learn` has written.",
            verify=require_name,
            metavar="NAME|FILE",
            names=NETWORKS,
            otherwise="white or real, by the kind",
        ),
    ] = None,
    iterations: Steps = None,
    noise_map: NoiseMap = None,
    color: Color = "rgb",
) -> Operation:
    """Remove noise by trained diffusion, a network whose layers are steps of an equation.

    u = f − σ Dᵀv, where v evolves from E f/σ by explicit steps of
    v_t = −Kᵀ max(0, Kv + b) on grids of cells of 2, 4 and 8 px, each of which
    corrects the finer one. K, b, E and D were trained on photographs. It works on
    u − mean in units of the noise, so that F(s u + c) = s F(u) + c.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), or Image
        The image, integers or floats.
    noise : float or "auto"
        Standard deviation of the noise as a fraction of full scale; auto estimates
        it in every channel.
    kind : {"auto", "white", "real"}
        White noise is independent from pixel to pixel; real noise is what
        neighbours share after demosaicking, resampling or JPEG compression.
        Each has a network; auto tells them apart by the noise's spectrum.
    strength : float
        The share of the noise that is removed, 0 to 1.
    average : int
        1, or 8 for the mean over the flips and turns of the image, which then
        commutes with them to the bit.
    model : str, optional
        The name of a network that comes with the program, or the file of another.
    iterations : int, optional
        The number of steps of a recurrent network; by default as it was trained.
    noise_map : ndarray of shape (M, N) or Image, optional
        The noise for every pixel, in the unit of `noise`, which may be this array
        too.
    color : {"rgb", "luminance", "lab", "linear"}
        Colour space to filter in: the stored values; their luminance alone
        (ITU-R BT.601); CIE L*a*b* of sRGB, where full scale is L* = 100; or
        linear light (IEC 61966-2-1). In RGB and in linear light three colours are
        filtered as orthonormal opponent channels.

    Returns
    -------
    ndarray or Image
        As `image`: same shape, same type of values.

    Raises
    ------
    ParameterError
        If the options contradict each other or the network.
    ModelError
        If the network cannot be read.
    MisfitError
        If the size of the map is not that of the image.

    References
    ----------
    Chen & Pock 2017, doi:10.1109/TPAMI.2016.2596743 (trained reaction diffusion);
    Ruthotto & Haber 2020, doi:10.1007/s10851-019-00903-1 (networks as parabolic
    equations); Alt, Schrader, Augustin, Peter & Weickert 2022,
    doi:10.1007/s10851-022-01106-x (numerical schemes as networks); Brandt 1977,
    doi:10.2307/2006422 (full approximation scheme).
    """
    noise = as_number(noise)
    noises = as_raster(noise_map)
    require_map("noise", noise, noises, given=noise != AUTO)
    require_average(average)
    if not strength or noise == 0:
        return Unchanged()
    models, names = _models(model, kind)
    recurrent = all(found.architecture.recurrent for found in models.values())
    if iterations is not None and not recurrent:
        raise ParameterError(
            "iterations",
            "has an effect on recurrent networks alone; take the model recurrent, or leave it out",
        )
    if iterations == 0:
        return Unchanged()
    denoised = Denoised(
        models=models,
        names=names,
        noise=noise,
        noise_map=noises,
        kind=kind,
        strength=strength,
        turns=average,
        iterations=iterations,
        mixes_colours=color in _MIXED,
    )
    return InSpace(color, denoised)


def _models(name: str | None, kind: str) -> "tuple[dict[str, Model], dict[str, str]]":
    """Read the network for every kind of noise that may be found."""
    kinds = ("white", "real") if kind == AUTO else (kind,)
    names = {found: name or found for found in kinds}
    models = {found: network(of_kind) for found, of_kind in names.items()}
    if any(found.architecture.contours for found in models.values()):
        raise ParameterError(
            "model", f"{name} finds contours and removes no noise; take it for edge"
        )
    return models, names
