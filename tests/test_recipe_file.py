from pathlib import Path

import pytest

from kerasae.errors import RequestError
from kerasae.recipe_file import load, parse


def write(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    return str(folder / name)


@pytest.mark.parametrize(
    ("override", "read", "value"),
    [
        ("phases.0.epochs=5", lambda r: r.phases[0].epochs, 5),
        ("model.tied=true", lambda r: r.model.tied, True),
        ("data.source=my pictures/all", lambda r: r.data.source, "my pictures/all"),
        ("data.keep.2=0.25", lambda r: r.data.keep["2"], 0.25),
        (
            "model.encoder.filters=[8, 16]",
            lambda r: (r.model.encoder.name, r.model.encoder.options["filters"]),
            ("baseline", [8, 16]),
        ),
        (
            "model.classifier.dense=[]",
            lambda r: r.model.model_dump(include={"classifier"}),
            {"classifier": {"dense": []}},
        ),
        ("model.encoder=vgg", lambda r: r.model.encoder.name, "vgg"),
        ("phases.0.augment.1.probability=0.9", lambda r: r.phases[0].augment[1].options["probability"], 0.9),
        ("phases.0.augment=[]", lambda r: r.phases[0].augment, []),
        ("phases.0.learns=['classifier', 'encoder']", lambda r: r.phases[0].learns, ["classifier", "encoder"]),
    ],
)
def test_set_reaches_every_field(override: str, read: object, value: object) -> None:
    assert read(load("digits-joint", [override])) == value


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("epochs", r"--set: expected KEY=VALUE, such as phases\.0\.epochs=5\. Received: 'epochs'"),
        ("phases.7.epochs=3", r"--set phases\.7\.epochs: expected an index from 0 to 0 in place of '7'"),
        ("phases.x.epochs=3", r"expected an index from 0 to 0 in place of 'x'"),
        ("seed.more=3", r"--set seed\.more: expected a table at 'seed'\. Received: the value 0"),
        ("phases.0.epochs=many", r"phases\.0\.epochs: expected a valid integer\. Received: 'many'"),
    ],
)
def test_a_wrong_set_takes_one_line(override: str, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        load("digits-joint", ["seed=0", override])


def test_extends_merges_tables_and_replaces_lists_and_specs(tmp_path: Path) -> None:
    write(
        tmp_path,
        "base.toml",
        "seed = 4\n[data]\ntest = 0.3\nseed = 1\n"
        "[model.encoder]\nname = 'vgg'\nfilters = [4]\n[[phases]]\nepochs = 2\n",
    )
    path = write(
        tmp_path,
        "own.toml",
        "extends = 'base.toml'\n[data]\nseed = 2\n[model.encoder]\nname = 'baseline'\n[[phases]]\nepochs = 9\n",
    )
    recipe = load(path)
    assert (recipe.seed, recipe.data.seed, recipe.data.test) == (4, 2, 0.3)
    assert recipe.model.encoder.options == {}
    assert [phase.epochs for phase in recipe.phases] == [9]


def test_resolved_json_reads_back_the_same() -> None:
    recipe = load("cifar10-joint")
    assert parse(recipe.model_dump(mode="json")) == recipe


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed = ", "not valid TOML"),
        ("extends = 'nope'", r"Received: 'nope'"),
        ("extends = 3", "extends: expected a recipe's name"),
        ("extends = 'self.toml'", "extends itself"),
    ],
)
def test_a_wrong_file_takes_one_line(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=message):
        load(write(tmp_path, "self.toml", text))


def test_unknown_recipe_suggests_the_nearest() -> None:
    with pytest.raises(RequestError, match=r"Received: 'digit-joint'\. Did you mean 'digits-joint'\?"):
        load("digit-joint")
