from collections.abc import Callable
from pathlib import Path

import pytest

from kerasae.recipe import Recipe
from kerasae.recipe.loading import changed, load, parse, setting
from kerasae.utils.errors import RequestError


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


@pytest.mark.parametrize("name", ["few \N{CAMERA}", "true", "5", "C:\\new", 'a "b"', "['x']"])
def test_a_text_is_set_as_it_is(name: str) -> None:
    assert load("digits-joint", setting("data.source", name)).data.source == name
    assert setting("data.source", None) == []


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("epochs", r"--set: expected KEY=VALUE, such as phases\.0\.epochs=5\. Received: 'epochs'"),
        ("phases.7.epochs=3", r"--set phases\.7\.epochs: expected an index from 0 to 0\. Received: '7'"),
        ("phases.x.epochs=3", r"expected an index from 0 to 0\. Received: 'x'"),
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


BASE = (
    "[data]\nkeep = { bird = 0.5 }\nclass_weights = 'balanced'\n"
    "[model]\nencoder = 'vgg'\ndecoder = 'none'\nvariational = true\n"
    "[search]\nmax_trials = 7\n"
    "[[phases]]\nname = 'first'\nepochs = 2\nmix = 'cut_mix'\naugment = ['horizontal_flip', 'equalize']\n"
    "[[phases]]\nname = 'second'\nepochs = 3\noptimizer = { name = 'sgd', momentum = 0.9 }\n"
)


@pytest.mark.parametrize(
    ("text", "read", "value"),
    [
        ("[phases.0]\nname = 'other'", lambda r: [(p.name, p.epochs) for p in r.phases], [("other", 2), ("second", 3)]),
        ("[phases.1]\nepochs = 9", lambda r: [(p.name, p.epochs) for p in r.phases], [("first", 2), ("second", 9)]),
        (
            "[phases.1.optimizer]\nlearning_rate = 0.1",
            lambda r: (r.phases[1].optimizer.name, r.phases[1].optimizer.options),
            ("sgd", {"momentum": 0.9, "learning_rate": 0.1}),
        ),
        (
            "[phases.1]\noptimizer = { name = 'adam' }",
            lambda r: (r.phases[1].optimizer.name, r.phases[1].optimizer.options),
            ("adam", {}),
        ),
        (
            "[phases.0.augment.1]\nprobability = 0.5",
            lambda r: [(one.name, one.options) for one in r.phases[0].augment],
            [("horizontal_flip", {}), ("equalize", {"probability": 0.5})],
        ),
        (
            "[phases.0.augment]\n0 = 'invert'",
            lambda r: [one.name for one in r.phases[0].augment],
            ["invert", "equalize"],
        ),
        ("[phases.0]\nmix = 'none'", lambda r: r.phases[0].mix, None),
        (
            "[model]\nencoder = { filters = [8] }",
            lambda r: (r.model.encoder.name, r.model.encoder.options),
            ("vgg", {"filters": [8]}),
        ),
        ("[[phases]]\nepochs = 9", lambda r: [(p.name, p.epochs) for p in r.phases], [("joint", 9)]),
        (
            "[phases.0.augment.0]\nname = 'contrast'\nprobability = 0.5",
            lambda r: [(one.name, one.options) for one in r.phases[0].augment],
            [("contrast", {"probability": 0.5}), ("equalize", {})],
        ),
        ("[phases.0.schedule]\nwarmup = 0.1\nname = 'cosine'", lambda r: r.phases[0].schedule.name, "cosine"),
        ("[phases.0.optimizer]\nlearning_rate = 0.1", lambda r: r.phases[0].optimizer.name, "adam"),
        ("[data]\nkeep = {}", lambda r: r.data.keep, {}),
        ("[data.keep]\nlike = 0.5", lambda r: r.data.keep, {"bird": 0.5, "like": 0.5}),
        ("[data.class_weights]\nbird = 2.0", lambda r: r.data.class_weights, {"bird": 2.0}),
        ("[model.variational]\nlatent_dim = 8", lambda r: r.model.variational.latent_dim, 8),
        ("[model.decoder]\nfilters = [8]", lambda r: r.model.model_dump()["decoder"], {"filters": [8]}),
        ("[search]\nname = 'mine'", lambda r: (r.search.name, r.search.max_trials), ("mine", 7)),
    ],
)
def test_a_number_reaches_into_a_list_of_what_is_extended(
    text: str, read: Callable[[Recipe], object], value: object, tmp_path: Path
) -> None:
    write(tmp_path, "base.toml", BASE)
    assert read(load(write(tmp_path, "own.toml", f"extends = 'base.toml'\n{text}\n"))) == value


@pytest.mark.parametrize(
    ("overrides", "read", "value"),
    [
        (["phases.0.epochs=1"], lambda r: r.phases[0].epochs, 1),
        (["model.variational=true", "model.variational.latent_dim=8"], lambda r: r.model.variational.latent_dim, 8),
        (
            ["model.adversarial=gan", "model.adversarial.noise_dim=10"],
            lambda r: (r.model.adversarial.name, r.model.adversarial.noise_dim),
            ("gan", 10),
        ),
        (
            ["model.adversarial=gan", "phases.0.discriminator.steps=[2]"],
            lambda r: (r.phases[0].discriminator.steps, r.phases[0].discriminator.optimizer),
            ([2], None),
        ),
        (["search.prune=true", "search.prune.warmup=3"], lambda r: r.search.prune.warmup, 3),
        (["phases.0.mix=none", "phases.0.mix.name=mix_up"], lambda r: r.phases[0].mix.name, "mix_up"),
    ],
)
def test_set_opens_what_a_recipe_leaves_out(
    overrides: list[str], read: Callable[[Recipe], object], value: object, tmp_path: Path
) -> None:
    assert read(load(write(tmp_path, "bare.toml", "seed = 1\n"), overrides)) == value


def test_an_optional_field_is_taken_back_by_set() -> None:
    assert load("cifar10-best").phases[0].mix is not None
    assert load("cifar10-best", ["phases.0.mix=none"]).phases[0].mix is None
    assert load("digits-joint", ["data.class_weights=none"]).data.class_weights == "none"  # a word of its own there


def test_resolved_json_reads_back_the_same() -> None:
    recipe = load("cifar10-joint")
    assert parse(recipe.model_dump(mode="json")) == recipe


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed = ", "not valid TOML"),
        ("extends = 'nope'", r"Received: 'nope'"),
        ("extends = 3", "extends: expected a recipe's name"),
        ("extends = 'self.toml'", "a recipe that does not extend this one"),
        (
            "extends = 'two-stage'\n[phases.2]\nepochs = 3",
            r"recipe .*self\.toml: phases\.2: expected an index from 0 to 1\. Received: '2'",
        ),
        ("extends = 'joint'\n[phases.0.mix]\nalpha = 1.0\n[phases.first]\nepochs = 3", "phases: expected a valid list"),
        ("extends = 'joint'\n[phases.00]\nepochs = 3", r"phases\.00: expected an index from 0 to 0\. Received: '00'"),
        ("[[phases]]\nbatch-size = 32", r"unknown key 'phases\.0\.batch-size'.*Did you mean 'batch_size'\?"),
        ("batch-size = 32", r"unknown key 'batch-size'"),
        ("[data.keep]\n't-shirt' = 2.0", r"data\.keep\.t-shirt: expected less than or equal to 1"),
        ("[[phases]]\nepochs = 99999999999999999999", r"phases\.0\.epochs: expected less than or equal to"),
        ("[model]\nadversarial = 'gan'\nencoder = 'vgg'", r"^recipe: model: expected"),
        (
            "[model]\nadversarial = 'gan'\n[[phases]]\nbalance = 'uncertainty'",
            r"^recipe: phases\.0: expected .* alone beside model\.adversarial",
        ),
    ],
)
def test_a_wrong_file_takes_one_line(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=message):
        load(write(tmp_path, "self.toml", text))


def test_a_number_reaches_into_the_defaults_too(tmp_path: Path) -> None:
    recipe = load(write(tmp_path, "own.toml", "[phases.0]\nepochs = 3\n[model.encoder]\nfilters = [8]\n"))
    assert [phase.epochs for phase in recipe.phases] == [3]
    assert (recipe.model.encoder.name, recipe.model.encoder.options) == ("baseline", {"filters": [8]})


def test_a_circle_through_a_folder_takes_one_line(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    write(tmp_path, "sub/a.toml", "extends = '../own.toml'\n")
    with pytest.raises(RequestError, match=r"does not extend this one\. Received: '\.\./own\.toml'"):
        load(write(tmp_path, "own.toml", "extends = 'sub/a.toml'\n"))


def test_unknown_recipe_suggests_the_nearest() -> None:
    with pytest.raises(RequestError, match=r"Received: 'digit-joint'\. Did you mean 'digits-joint'\?"):
        load("digit-joint")


def test_epochs_of_ones_own_take_back_the_least_steps_below(tmp_path: Path) -> None:
    base = write(tmp_path, "base.toml", "[[phases]]\nepochs = 3\nmin_steps = 50")

    def read(text: str, *overrides: str) -> tuple[int, int]:
        phase = load(write(tmp_path, "own.toml", f"extends = 'base.toml'\n{text}"), overrides).phases[0]
        return phase.epochs, phase.min_steps

    assert read("") == (3, 50)
    assert read("[phases.0]\nbatch_size = 8") == (3, 50)
    assert read("[phases.0]\nepochs = 5") == (5, 0)
    assert read("[phases.0]\nepochs = 5\nmin_steps = 9") == (5, 9)
    assert read("[phases.0]\nmin_steps = 9") == (3, 9)
    assert read("[[phases]]\nepochs = 5") == (5, 0)
    assert read("", "phases.0.epochs=5") == (5, 0)
    assert read("", "phases.0.epochs=5", "phases.0.min_steps=9") == (5, 9)
    assert read("", "phases.0.min_steps=9", "phases.0.epochs=5") == (5, 9)
    assert changed(load(base), ["phases.0.epochs=5"]).phases[0].min_steps == 0
