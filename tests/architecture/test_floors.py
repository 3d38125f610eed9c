"""The house: a module imports only from floors below its own, and `augment` knows nothing of kerasae or Keras."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Floor by floor, as in CONTRIBUTING.md; a name stands for a module or for all of a package.
FLOORS = [
    ["_version", "errors", "toml"],
    ["recipe", "validation"],
    ["console", "recipe_file", "registry", "environment", "processes", "quiet", "unfinished"],
    ["locks", "replacing", "manifest"],
    ["reading"],
    ["runs", "plugins", "origins", "results"],
    ["data", "layers", "losses", "metrics", "optimizers", "schedules"],
    ["models"],
    ["distribution"],
    ["training"],
    ["evaluation", "export", "report"],
    ["explore", "generation", "unknown"],
    ["evaluate"],
    ["preparation", "predict"],
    ["train"],
    ["generate"],
    ["comparison"],
    ["compare"],
    ["search"],
    ["tune"],
    ["cli"],
    ["__main__"],
]
FLOOR = {name: floor for floor, names in enumerate(FLOORS) for name in names}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imports(path: Path) -> set[str]:
    """The absolute names that a module imports, leaving out `if __name__ == "__main__"`."""
    tree = ast.parse(path.read_text())
    body = [node for node in tree.body if not (isinstance(node, ast.If) and "__main__" in ast.dump(node.test))]
    found = set()
    for node in (inner for outer in body for inner in ast.walk(outer)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def room(name: str) -> str:
    """The first name below the package: kerasae.data.order is in the room `data`."""
    return [*name.split("."), ""][1]


@pytest.mark.parametrize("path", modules("kerasae"), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down(path: Path) -> None:
    own = path.relative_to(ROOT / "kerasae").parts[0].removesuffix(".py")
    if own == "__init__":
        return
    for name in imports(path):
        if name.split(".")[0] == "kerasae" and room(name) not in ("", own, "__version__"):
            assert FLOOR[room(name)] <= FLOOR[own], f"{own} imports {name} from a floor above"
            if FLOOR[room(name)] == FLOOR[own]:
                assert own in FLOORS[FLOOR[own]], f"{own} has no floor"


@pytest.mark.parametrize("path", modules("augment"), ids=lambda path: str(path.relative_to(ROOT)))
def test_augment_stands_alone(path: Path) -> None:
    assert not {name for name in imports(path) if name.split(".")[0] in ("keras", "kerasae")}


def test_no_module_imports_in_a_circle_on_its_floor() -> None:
    """Rooms of one floor may know each other in one direction only."""
    edges = set()
    for path in modules("kerasae"):
        own = path.relative_to(ROOT / "kerasae").parts[0].removesuffix(".py")
        edges |= {(own, room(n)) for n in imports(path) if n.startswith("kerasae.") and room(n) != own}
    assert not {(one, other) for one, other in edges if (other, one) in edges}


def test_the_page_for_contributors_names_every_room_on_its_floor() -> None:
    rows = re.findall(r"^\| (\d) \| (.+?) \|", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    page = {name.strip("`/"): int(floor) for floor, names in rows for name in names.split()}
    assert page.keys() - {"augment"} == FLOOR.keys() - {"_version", "__main__"}
    climbing = sorted(FLOOR, key=lambda name: (FLOOR[name], page.get(name, 0)))
    named = [page[name] for name in climbing if name in page]
    assert named == sorted(named)
