"""The command that tells what the automatic parameters come to."""

import gc
import json
from typing import Annotated

import typer

from pdefilter.cli.common import FULL_SCALE, NODATA
from pdefilter.cli.messages import tell
from pdefilter.errors import CallError, ImageError

_HEAD = ("noise", "kappa", "noise", "kappa", "time", "image")
_UNITS = ("levels of 255", "of full scale", "as stored", "as stored", "px²", "")
_ROW = "{:>15}  {:>13}  {:>9}  {:>9}  {:>6}  {}"


def estimate(
    images: Annotated[
        list[str], typer.Argument(metavar="IMAGE", help="Image files, or - for standard input.")
    ],
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", metavar="", help="Print a line of JSON for every image, full scale being 1."
        ),
    ] = False,
    nodata: Annotated[float | None, NODATA] = None,
    full_scale: Annotated[float | None, FULL_SCALE] = None,
) -> int:
    """Tell the noise of images, and what anisotropic takes for contrast and time."""
    if not images:
        raise CallError("IMAGE is missing: Image files, or - for standard input")
    from pdefilter.runs.estimate import estimates
    from pdefilter.runs.resources import missing_engine
    from pdefilter.runs.warned import warnings_about

    gc.enable()
    if missing := missing_engine():
        tell(missing)
    if not as_json:
        typer.echo(_ROW.format(*_HEAD) + "\n" + _ROW.format(*_UNITS).rstrip())
    failed = 0
    for name in images:
        try:
            with warnings_about(name):
                for frame, found in enumerate(estimates(name, nodata, full_scale)):
                    if as_json:
                        typer.echo(json.dumps({"image": name, "frame": frame, **vars(found)}))
                        continue
                    levels = " ".join(f"{deviation * 255:.1f}" for deviation in found.noise)
                    stored = " ".join(
                        f"{deviation * found.full_scale:.3g}" for deviation in found.noise
                    )
                    kappa = f"{found.kappa:.4f}", f"{found.kappa * found.full_scale:.3g}"
                    time = f"{found.time:.1f}"
                    typer.echo(_ROW.format(levels, kappa[0], stored, kappa[1], time, name))
        except ImageError as error:
            tell(f"{name}: {error}")
            failed += 1
    return 1 if failed else 0
