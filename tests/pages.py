"""The pages of the documentation, and what can be tried on each of them."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from support import ROOT, SAMPLES

README = ROOT / "README.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def page_name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)


def steps(page: Path) -> list[tuple[str, str]]:
    """List what a reader does, block by block in the order of the page, each with its language."""
    return re.findall(
        r"^```(console|python)\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL
    )


def transcripts(block: str) -> list[tuple[str, str]]:
    """List the commands of a block with what they print."""
    return re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)


def tables_of_pictures(page: Path) -> Iterator[tuple[str, str, Path]]:
    """List the pictures in tables: the source, the command below, and the picture it makes."""
    for table in re.findall(r"<table>.*?</table>", page.read_text(), re.DOTALL):
        commands = re.findall(r"<td><code>(.*)</code></td>", table)
        source, *pictures = re.findall(r'src="(.*?)"', table)
        for command, picture in zip(commands, pictures, strict=True):
            yield f"sample_images/{Path(source).name}", command, (page.parent / picture).resolve()


def copy_samples(folder: Path) -> Path:
    """Copy the sample images into a folder, where the commands of a page can do no harm."""
    shutil.copytree(SAMPLES, folder / "sample_images")
    return folder


def run(line: str, folder: Path, executable: Path) -> str:
    """Run a command in a folder, and return what it prints."""
    return _done(["bash", "-c", line], folder, executable).stdout.decode()


def run_python(block: str, folder: Path, executable: Path) -> None:
    done = _done([sys.executable, "-W", "error", "-c", block], folder, executable)
    assert done.returncode == 0, f"{block}\n{done.stdout.decode()}"


def _done(
    command: list[str], folder: Path, executable: Path
) -> "subprocess.CompletedProcess[bytes]":
    folders = (executable.parent, Path(sys.executable).parent, os.environ["PATH"])
    path = os.pathsep.join(map(str, folders))
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
