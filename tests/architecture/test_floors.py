"""The floor plan: a module imports only from floors below its own, and `augment` knows nothing of kerasae or Keras."""

import ast
import graphlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# From the ground up, as in CONTRIBUTING.md; a name stands for a module or for all of a package.
FLOORS = [
    ["_version", "utils"],
    ["files"],
    ["recipe"],
    ["layers", "losses", "metrics", "runs"],
    ["data", "optimizers"],
    ["models"],
    ["training"],
    ["inference"],
    ["evaluation"],
    ["exporting", "report"],
    ["exploration", "generation", "ood"],
    ["tasks"],
    ["workflows"],
    ["experiments"],
    ["api"],
    ["cli"],
    ["__main__", "tune"],
]
FLOOR = {name: floor for floor, names in enumerate(FLOORS) for name in names}


def files(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def dotted(path: Path) -> str:
    """kerasae/data/__init__.py is the module `kerasae.data`."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {dotted(path): path for path in files("kerasae")}


def imports(path: Path) -> set[str]:
    """The modules that a module imports, anywhere in it; a name that is no module of kerasae stays as it is written."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            full = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {name if name in MODULES else str(node.module) for name in full}
    return names


def room(module: str) -> str:
    """The first name below the package: kerasae.data.images is in the room `data`."""
    return [*module.split("."), ""][1]


GRAPH = {
    module: {name for name in imports(path) if name.split(".")[0] == "kerasae"} - {module}
    for module, path in MODULES.items()
}


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down(module: str) -> None:
    own = room(module)
    for name in GRAPH[module]:
        if room(name) != own and own != "":
            assert FLOOR[room(name)] < FLOOR[own], f"{module} imports {name}, which is not on a floor below"


def test_no_modules_import_each_other_in_a_circle() -> None:
    graphlib.TopologicalSorter(GRAPH).prepare()


def test_the_package_never_imports_its_doors() -> None:
    assert not {name for names in GRAPH.values() for name in names} & {"kerasae.__main__", "kerasae.tune"}


@pytest.mark.parametrize("path", files("augment"), ids=lambda path: str(path.relative_to(ROOT)))
def test_augment_stands_alone(path: Path) -> None:
    assert not {name for name in imports(path) if name.split(".")[0] in ("keras", "kerasae")}


def test_the_page_for_contributors_names_every_room_on_its_floor() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+?) \|", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    page = {name.strip("`/"): int(floor) for floor, names in rows for name in names.split()}
    assert page.pop("augment") == 0
    assert page == {name: floor for name, floor in FLOOR.items() if name not in ("_version", "__main__", "tune")}
