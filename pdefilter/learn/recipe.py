"""The recipe of a training: all that its result depends on, beside the images."""

import json
from dataclasses import asdict, dataclass
from typing import Final, Literal, TypeAlias

from pdefilter.errors import CallError

Source: TypeAlias = Literal["white", "real", "pairs", "noisy", "edges"]
"""Where noise comes from: it is made, white or as cameras and files make it, or it is found in
images that have clean partners, or that have none. Or contours are learned, from images whose
boundaries people have drawn."""

SIDE: Final = 64
SIDE_OF_CONTOURS: Final = 256
"""The width of a patch in px. Contours are those of objects, which are larger."""

USUAL_NOISE: Final = 3.0, 60.0
_MOST_NOISE = 255.0


@dataclass(frozen=True)
class Recipe:
    """All that a result depends on, beside the images.

    Attributes
    ----------
    architecture : str
        A name of `ARCHITECTURES`.
    source : str
        Where noise comes from, or edges.
    channels : str
        ``"grey"`` or ``"rgb"``: the planes that are shown.
    noise : tuple of float or None
        The lowest and the highest deviation of white noise, in grey levels of 255; None
        where it is found.
    hours : float or None
        How long it goes on; None where `iterations` says so.
    iterations : int or None
        The number of iterations.
    reduce : int
        So many rows and columns of images are averaged to one.
    full_scale : float or None
        The stored value of full scale; None for that of each type.
    seed : int
        The seed of all that is drawn.
    start : str or None
        The model whose weights it begins with.
    side : int
        The width of a patch.
    """

    architecture: str = "multigrid"
    source: Source = "white"
    channels: Literal["grey", "rgb"] = "rgb"
    noise: tuple[float, float] | None = None
    hours: float | None = None
    iterations: int | None = None
    reduce: int = 1
    full_scale: float | None = None
    seed: int = 0
    start: str | None = None
    side: int = SIDE

    def __post_init__(self) -> None:
        """Check that the options belong together, and the noise.

        Raises
        ------
        CallError
            If they do not, or if the noise is missing, out of range or out of order.
        """
        self._require_task()
        if self.source in ("real", "pairs") and self.noise is not None:
            raise CallError(
                f"--noise: is for white noise, and {self._says()} brings its own; leave it out"
            )
        if self.source == "white" and self.noise is None:
            raise CallError("--noise: is missing; give the lowest and the highest, such as 5..55")
        if self.noise is None:
            return
        lowest, highest = self.noise
        if lowest > highest:
            raise CallError(
                f"--noise: {lowest:g}..{highest:g} is out of order; give the lower number first"
            )
        if not 0 < lowest <= highest <= _MOST_NOISE:
            raise CallError(
                f"--noise: {lowest:g}..{highest:g} is not between 0 and 255; it is in grey levels "
                "of 255"
            )
        if highest < 1:
            raise CallError(
                f"--noise: {lowest:g}..{highest:g} is below one grey level of 255; multiply "
                "fractions of full scale by 255"
            )
        if self.source == "noisy" and lowest != highest:
            raise CallError(
                "--noise: images without clean partners have one level; give one number, or leave "
                "it out to estimate it"
            )

    def _require_task(self) -> None:
        """Refuse what only networks that denoise have, and what only the others have."""
        finds_contours = self.source == "edges"
        if finds_contours != (self.architecture == "contours"):
            use = "denoises, and --edges needs contours" if finds_contours else "is for --edges"
            raise CallError(f"--architecture: {self.architecture} {use}; leave it out")
        if not finds_contours:
            return
        for name, is_given in (("noise", self.noise is not None), ("reduce", self.reduce != 1)):
            if is_given:
                raise CallError(f"--{name}: is for networks that denoise; leave it out")

    def _says(self) -> str:
        return "--kind real" if self.source == "real" else "--pairs"

    def to_json(self) -> str:
        """Write it as text."""
        return json.dumps(asdict(self))

    def require_same(self, text: str) -> None:
        """Refuse to go on with the training of another recipe.

        Raises
        ------
        CallError
            If the recipe that was written as this text differs.
        """
        before = json.loads(text)
        for name, now in json.loads(self.to_json()).items():
            if before.get(name) != now:
                raise CallError(
                    f"--resume: the training was begun with {name} = {_word(before.get(name))}, "
                    f"not {_word(now)}; type the call as it was, with --resume"
                )


def _word(value: object) -> str:
    if isinstance(value, list):
        return "..".join(f"{number:g}" for number in value)
    return "none" if value is None else str(value)
