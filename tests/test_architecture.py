"""The house's rule: imports go one way."""

import ast
from graphlib import TopologicalSorter

import pytest
from support import ROOT

ALLOWED = {
    "kernels": set(),
    "schemes": set(),
    "solvers": set(),
    "measure": {"kernels"},
    "equations": {"kernels", "measure", "solvers"},
    "evolve": {"equations", "measure", "schemes", "kernels"},
    "filters": {"networks", "evolve", "measure", "equations", "schemes", "kernels"},
    "images": {"kernels"},
    "networks": {"kernels"},
    "learn": {"networks", "measure", "kernels", "images", "runs"},
    "runs": {"filters", "images", "kernels"},
    "api": {"runs", "filters", "images"},
    "cli": {"runs", "filters", "images", "learn", "networks"},
}
FOUNDATIONS = {
    "display",
    "errors",
    "grid",
    "lines",
    "observer",
    "operation",
    "parts",
    "raster",
    "sampling",
    "scale",
    "units",
    "warn",
}

PACKAGE = ROOT / "pdefilter"


def imported_rooms(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        names = [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            names = (
                [node.module] if node.module != "pdefilter" else [f"pdefilter.{n}" for n in names]
            )
        elif not isinstance(node, ast.Import):
            continue
        yield from (name.split(".")[1] for name in names if name.startswith("pdefilter."))


@pytest.mark.parametrize("room", ALLOWED)
def test_a_room_imports_only_from_the_rooms_below_it(room):
    files = sorted((PACKAGE / room).rglob("*.py")) or [PACKAGE / f"{room}.py"]
    allowed = ALLOWED[room] | FOUNDATIONS | {room, "__version__"}
    for path in files:
        assert set(imported_rooms(path)) <= allowed, path


def test_every_room_has_its_rule():
    rooms = {p.stem for p in PACKAGE.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}
    assert rooms == set(ALLOWED) | FOUNDATIONS | {"__init__", "__main__"}


def imported_files(path, files):
    """List the files of the package that one imports, for type checks too."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in files else node.module for name in inside]
        yield from (files[name] for name in names if name in files)


def test_no_imports_go_in_a_circle():
    """Between files, imports for the type checker included."""
    named = {p.relative_to(ROOT).with_suffix(""): p for p in PACKAGE.rglob("*.py")}
    files = {".".join(name.parts).removesuffix(".__init__"): p for name, p in named.items()}
    imports = {path: set(imported_files(path, files)) - {path} for path in files.values()}
    sorter = TopologicalSorter(imports)
    sorter.prepare()  # raises where imports lead back to where they began
