"""The README's commands: each exists as printed, and the slow test types them all, in order."""

import re
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kerasae import cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
COMMANDS = re.findall(r"^\$ (.+)$", README, flags=re.MULTILINE)
KERASAE = [command for command in COMMANDS if command.startswith("kerasae ")]
MAKE = [command for command in COMMANDS if command.startswith("make ")]


def test_there_is_something_to_type() -> None:
    assert MAKE[:2] == ["make train-joint", "make test"]
    assert len(KERASAE) >= 5


@pytest.mark.parametrize("command", MAKE)
def test_make_knows_target_and_variables(command: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    _, target, *variables = shlex.split(command)
    assert re.search(rf"^{target}:.*## ", makefile, flags=re.MULTILINE)
    for variable in variables:
        assert f"$({variable.split('=')[0]}" in makefile


@pytest.mark.parametrize("command", KERASAE)
def test_kerasae_knows_verb_and_options(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    verb, *words = shlex.split(command)[1:]
    monkeypatch.setattr(sys, "argv", ["kerasae", verb, "--help"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert all(word in text for word in words if word.startswith("--"))


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)\)", README))
def test_links_lead_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


@pytest.mark.slow
def test_every_kerasae_command_does_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    for path in [
        *(
            Path(root, name, f"{i}.png")
            for root in ("pictures", "more-pictures")
            for name in ("ant", "bee")
            for i in range(130)
        ),
        *(Path("other-pictures", f"{i}.png") for i in range(5)),
        *map(Path, ("new.jpg", "another.png")),
    ]:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (40, 40, 3), dtype=np.uint8)).save(path)
    for command in KERASAE:
        words = [str(Path(word).expanduser()) if word.startswith("~") else word for word in shlex.split(command)]
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert not ended.value.code, command
