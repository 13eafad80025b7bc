"""Build the site: ``python docs/build.py``, then open ``site/index.html``."""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath

import reference

ROOT = Path(__file__).parent.parent
GATHERED = ROOT / "build" / "docs"
SITE = ROOT / "site"

SECTIONS = {
    "Tutorials": [
        "tutorials/photographs",
        "tutorials/microscope",
        "tutorials/folder",
        "tutorials/notebook",
    ],
    "How-to": [
        "how-to/pipes",
        "how-to/see",
        "how-to/reports",
        "how-to/contours",
        "how-to/holes",
        "how-to/light-and-clones",
        "how-to/colour",
        "how-to/maps",
        "how-to/depth",
        "how-to/volumes",
        "how-to/large-jobs",
        "how-to/large",
        "how-to/python",
    ],
    "Theory": ["theory/equations", "theory/schemes", "theory/energies", "networks"],
    "Gallery": ["sample_images/gallery/README", "sample_images/README"],
    "Project": ["CONTRIBUTING", "CHANGELOG", "pdefilter/networks/weights/recipes"],
}
"""The pages of each section; those of the reference are generated."""

LINK = re.compile(r'(?<=\]\()(?!\w+:|#)([^)#\s]+)|(?<=src=")(?!\w+:)([^"]+)')


def main() -> int:
    """Gather the pages, and let Sphinx make the site; a warning is an error."""
    from sphinx.cmd.build import build_main

    gather()
    shutil.rmtree(SITE, ignore_errors=True)
    here = str(Path(__file__).parent)
    return build_main(["-q", "-W", "--keep-going", "-E", "-c", here, str(GATHERED), str(SITE)])


def gather() -> None:
    """Put the README, docs/, what they link to and the reference into one folder."""
    shutil.rmtree(GATHERED, ignore_errors=True)
    for path in sorted(_linked_from("README.md")):
        if path.endswith(".md"):
            _put(_in_site(path), _with_links_of_the_site(path))
        else:
            _copy(ROOT / path, GATHERED / _in_site(path))
        if path.startswith("sample_images/") and path.endswith((".png", ".webp")):
            _copy(ROOT / path, GATHERED / "pictures" / path)
    known = dict(reference.pages())
    for path, text in known.items():
        _put(path, text)
    for title, pages in SECTIONS.items():
        _put(f"{title.lower()}.md", f"# {title}\n\n{_toctree(pages)}")
    generated = [path.removesuffix(".md") for path in known if not path.endswith("index.md")]
    with (GATHERED / reference.FOLDER / "index.md").open("a", encoding="utf-8") as index:
        index.write(_toctree(generated, ":hidden:"))
    home = [title.lower() for title in SECTIONS]
    home[3:3] = [f"{reference.FOLDER}/index", "formats", "performance"]
    with (GATHERED / "index.md").open("a", encoding="utf-8") as index:
        index.write(_toctree(home, ":hidden:"))


def _toctree(pages: list[str], *options: str) -> str:
    lines = [*options, ":maxdepth: 1", "", *(f"/{page}" for page in pages)]
    return "\n```{toctree}\n" + "\n".join(lines) + "\n```\n"


def _put(path: str, text: str) -> None:
    target = GATHERED / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)


def _linked_from(page: str) -> set[str]:
    """List the files of the repository to which links lead, from page to page."""
    found: set[str] = set()
    waiting = [page]
    while waiting:
        path = waiting.pop()
        if path not in found and (ROOT / path).is_file():
            found.add(path)
            waiting += _links(path)
    return found


def _links(path: str) -> Iterator[str]:
    if path.endswith(".md"):
        for link in LINK.finditer((ROOT / path).read_text(encoding="utf-8")):
            yield _target(path, link[0])


def _with_links_of_the_site(path: str) -> str:
    """Read a page, and let its links follow files to where the site has them."""

    def moved(link: "re.Match[str]") -> str:
        return relpath(_in_site(_target(path, link[0])), PurePosixPath(_in_site(path)).parent)

    return LINK.sub(moved, (ROOT / path).read_text(encoding="utf-8"))


def _target(source: str, link: str) -> str:
    return normpath(PurePosixPath(source).parent / link)


def _in_site(path: str) -> str:
    """Tell where the site has a file of the repository: docs/ is its root, the README its home."""
    return "index.md" if path == "README.md" else path.removeprefix("docs/")


if __name__ == "__main__":
    sys.exit(main())
