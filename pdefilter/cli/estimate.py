"""The command that prints the values of the automatic parameters."""

import gc
import json
from typing import TYPE_CHECKING, Annotated

import typer

from pdefilter.cli.common import FULL_SCALE, NODATA
from pdefilter.cli.gathered import GatheredWarnings
from pdefilter.cli.messages import print_error, print_warning
from pdefilter.errors import CallError, ImageError

if TYPE_CHECKING:
    from pdefilter.runs.estimate import Estimate

_HEAD = ("noise", "kappa", "noise", "kappa", "time", "image")
_UNITS = ("levels of 255", "of full scale", "as stored", "as stored", "px²", "")
_ROW = "{:>15}  {:>13}  {:>9}  {:>9}  {:>6}  {}"


def _row(estimated: "Estimate", name: str) -> str:
    full = estimated.full_scale
    levels = " ".join(f"{deviation * 255:.1f}" for deviation in estimated.noise)
    stored = " ".join(f"{deviation * full:.3g}" for deviation in estimated.noise)
    kappa, time = estimated.kappa, f"{estimated.time:.1f}"
    return _ROW.format(levels, f"{kappa:.4f}", stored, f"{kappa * full:.3g}", time, name)


def estimate(
    images: Annotated[
        list[str],
        typer.Argument(
            metavar="IMAGE", help="Image files, folders of images, or - for standard input."
        ),
    ] = [],  # noqa: B006 (Typer copies it)
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            metavar="",
            help="Print a line of JSON for each image, in parts of full scale.",
        ),
    ] = False,
    nodata: Annotated[float | None, NODATA] = None,
    full_scale: Annotated[float | None, FULL_SCALE] = None,
) -> int:
    """Estimate the noise of images, and the contrast and time that anisotropic takes for it."""
    if not images:
        raise CallError("IMAGE is missing; give image files, folders, or - for standard input")
    from pdefilter.runs.estimate import estimates
    from pdefilter.runs.inputs import files_in
    from pdefilter.runs.resources import missing_engine
    from pdefilter.runs.warned import recorded

    gc.enable()
    if missing := missing_engine():
        print_warning(missing)
    files = files_in(images)
    warned = GatheredWarnings(len(files))
    if not as_json:
        typer.echo(_ROW.format(*_HEAD) + "\n" + _ROW.format(*_UNITS).rstrip())
    failed = 0
    for name in files:
        try:
            with recorded() as sentences:
                for frame, estimated in enumerate(estimates(name, nodata, full_scale)):
                    if as_json:
                        line = {"image": name, "frame": frame, **vars(estimated)}
                        typer.echo(json.dumps(line))
                    else:
                        typer.echo(_row(estimated, name))
            warned.add(name, sentences)
        except ImageError as error:
            print_error(f"{name}: {error}")
            failed += 1
    for warning in warned.lines():
        print_warning(warning)
    return 1 if failed else 0
