"""Make the moving pictures of the gallery: ``python tests/moving_pictures.py``."""

import subprocess
import tempfile
from pathlib import Path

from gallery import EXECUTABLE, GALLERY, SAMPLES

import pdefilter

# Crops, so that a film is small: the sample, the first row and column, and the command.
_SIDE = 144
FILMS = {
    "moving-wave": ("coins.png", 16, 226, "wave --time 30 --count 16"),
    "moving-shock": ("portrait.png", 20, 60, "shock --time 8 --count 11"),
    "moving-diffusion": ("noisy.png", 26, 60, "anisotropic --count 12"),
}


def make(folder: Path) -> None:
    """Film every evolution in a folder."""
    for name, (sample, row, column, command) in FILMS.items():
        crop = pdefilter.read(SAMPLES / sample).pixels[row : row + _SIDE, column : column + _SIDE]
        pdefilter.write(crop, folder / f"{name}.png", overwrite=True)
        words = [*command.split(), "--labels", "--frames", f"{name}.webp", "-q"]
        call = [EXECUTABLE, *words, f"{name}.png", "-o", f"{name}-last.png", "--overwrite"]
        subprocess.run(call, cwd=folder, check=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder))
        for name in FILMS:
            (GALLERY / f"{name}.webp").write_bytes((Path(folder) / f"{name}.webp").read_bytes())
