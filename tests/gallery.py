"""Make the pictures of the gallery anew: ``python tests/gallery.py``."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

SAMPLES = Path(__file__).parent.parent / "sample_images"
GALLERY = SAMPLES / "gallery"
EXECUTABLE = Path(sys.executable).parent / "pdefilter"


def commands() -> list[list[str]]:
    """Read the commands of the page, in their order."""
    page = (GALLERY / "README.md").read_text(encoding="utf-8")
    return [shlex.split(line) for line in re.findall(r"^\$ pdefilter (.*)$", page, re.MULTILINE)]


def make(folder: Path) -> None:
    """Run them in a folder from which the samples can be seen."""
    path = f"{EXECUTABLE.parent}{os.pathsep}{os.environ['PATH']}"
    for command in commands():
        words = " ".join("|" if word == "|" else shlex.quote(word) for word in command)
        line = f"set -o pipefail; pdefilter {words} --overwrite"
        subprocess.run(
            ["bash", "-c", line], cwd=folder, env={**os.environ, "PATH": path}, check=True
        )


if __name__ == "__main__":
    link = GALLERY / "sample_images"
    link.symlink_to(SAMPLES)
    try:
        make(GALLERY)
    finally:
        link.unlink()
