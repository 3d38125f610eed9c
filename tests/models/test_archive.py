"""A `.keras` file names classes: what would run code, read files or is unknown is refused before anything is built."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from kerasae.losses import LabelLoss, ReconstructionLoss
from kerasae.models import JointAutoencoder, PseudoLabels, TrainedModel, build, model_with_ood_score
from kerasae.models.archive import load_model
from kerasae.models.ood.saving import load_rejection
from kerasae.optimizers import AdaBound
from kerasae.recipe import HEADS, ModelRecipe
from kerasae.utils.errors import RequestError


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of a model with a layer that every test may exchange."""
    path = tmp_path_factory.mktemp("plain") / "model.keras"
    inputs = keras.Input((4,))
    keras.Model(inputs, keras.layers.Activation("relu", name="exchanged")(inputs)).save(path)
    return path


def rewritten(source: Path, target: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """Copy a `.keras` file with another config."""
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(target, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            if name == "config.json":
                config = json.loads(content)
                change(config)
                content = json.dumps(config).encode()
            after.writestr(name, content)
    return target


def exchanged(config: dict[str, Any], layer: dict[str, Any]) -> None:
    next(entry for entry in config["config"]["layers"] if entry["name"] == "exchanged").update(layer)


def test_models_of_keras_and_of_ours_load(plain: Path, digits_run: Path) -> None:
    assert isinstance(load_model(plain), keras.Model)
    model = load_model(digits_run / "model.keras")
    assert isinstance(model, JointAutoencoder)
    scored = model_with_ood_score(TrainedModel(model, load_rejection(digits_run / "rejection.keras")))
    assert scored.name == "model_with_ood_score"


# What saved models of any version name their classes by; a class that moves keeps its name.
REGISTERED = {
    *("AdaBound", "AdversarialModel", "BatchNormalization", "DepthToSpace", "GaussianLatent", "JointAutoencoder"),
    *(
        "LabelLoss",
        "LabelledAccuracy",
        "LogProbabilities",
        "LabelledMacroF1",
        "NegativeProduct",
        "PixelScale",
        "Polarity",
    ),
    *(
        "PriorDivergence",
        "ProbabilityCrossentropy",
        "PseudoLabels",
        "ReconstructionLoss",
        "Rejection",
        "SGD",
        "TiedConv2D",
        "TiedDense",
    ),
    *("Transposed", "UncertaintyWeights", "Whitening"),
}


def test_registered_names_stay() -> None:
    assert {name for name in REGISTERED if keras.saving.get_registered_object(f"kerasae>{name}") is None} == set()


def moved(part: Any, module: str) -> None:
    """Give every class of kerasae in a config another module."""
    if isinstance(part, dict):
        if str(part.get("module")).startswith("kerasae."):
            part["module"] = module
        for value in part.values():
            moved(value, module)
    elif isinstance(part, list):
        for value in part:
            moved(value, module)


@pytest.mark.parametrize(
    "module", ["kerasae.models.guarded", "kerasae.models.wiring", "kerasae.schedules", "kerasae.no_longer_there"]
)
def test_classes_that_moved_load_by_their_registered_names(module: str, tmp_path: Path) -> None:
    encoder = {"name": "baseline", "filters": [4, 4]}
    recipe = ModelRecipe.model_validate({"encoder": encoder, "tied": True, "variational": {}, "input": "polarity"})
    parts = build(recipe, (8, 8, 1), 3, HEADS)
    model = JointAutoencoder(parts.encoder, parts.decoder, parts.classifier, balance="uncertainty")
    loss = {"reconstruction": ReconstructionLoss("huber"), "label": LabelLoss("categorical_crossentropy")}
    model.compile(AdaBound(0.01), loss=loss, pseudo_labels=PseudoLabels(0.9))
    model.save(tmp_path / "now.keras")
    old = rewritten(tmp_path / "now.keras", tmp_path / "old.keras", lambda config: moved(config, module))
    with zipfile.ZipFile(old) as archive:
        config = archive.read("config.json").decode()
    assert config.count(f'"{module}"') > 10
    assert config.count('"kerasae.') == config.count(f'"{module}"')
    images = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 1), np.uint8)
    for again in (load_model(old), keras.saving.load_model(old)):
        for head, values in model.predict(images, verbose=0).items():
            np.testing.assert_array_equal(again.predict(images, verbose=0)[head], values)
    assert isinstance(again.optimizer, AdaBound)
    assert isinstance(again.pseudo_labels, PseudoLabels)


def test_plugins_of_earlier_versions_find_the_blocks() -> None:
    from kerasae.models import blocks, parts, registries

    assert parts.picture_input is blocks.image_input
    assert parts.convolution is blocks.convolution
    assert parts.ENCODERS is registries.ENCODERS
    with pytest.raises(AttributeError, match="has no attribute 'no_block'"):
        _ = parts.no_block


def test_every_kind_of_layer_of_keras_is_known_but_those_that_run_code() -> None:
    from kerasae.models.archive import _CODE, _is_known

    layers = [cls for cls in vars(keras.layers).values() if isinstance(cls, type)]
    unknown = {cls.__name__ for cls in layers if not _is_known({"class_name": cls.__name__, "module": "keras.layers"})}
    assert unknown == {name for name in _CODE if hasattr(keras.layers, name)}


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        ({"module": "keras.layers", "class_name": "Lambda", "config": {"function": {}}}, "Lambda"),
        ({"module": "keras.src.layers.core.lambda_layer", "class_name": "Lambda", "config": {}}, "Lambda"),
        ({"module": "keras.src.layers.preprocessing", "class_name": "IndexLookup", "config": {}}, "IndexLookup"),
        ({"module": "keras.layers", "class_name": "TFSMLayer", "config": {"filepath": "export"}}, "TFSMLayer"),
        ({"module": "keras.layers", "class_name": "StringLookup", "config": {"vocabulary": "/x"}}, "StringLookup"),
        ({"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {}}, "TorchModuleWrapper"),
        ({"module": "os", "class_name": "system", "config": {"command": "touch owned"}}, "system"),
        ({"module": "subprocess", "class_name": "Popen", "config": {}, "registered_name": "Popen"}, "Popen"),
        ({"module": "keras.utils", "class_name": "get_file", "config": {}}, "get_file"),
        ({"module": "keras.layersx", "class_name": "Layer", "config": {}}, "Layer"),
        ({"module": "keras_hub.layers", "class_name": "Layer", "config": {}}, "Layer"),
        ({"module": "stranger", "class_name": "Own", "config": {}, "registered_name": "stranger>Own"}, "stranger>Own"),
        ({"config": {"activation": {"class_name": "__lambda__", "config": {"value": "x"}}}}, "__lambda__"),
        (
            {"config": {"activation": {"module": "os", "class_name": "function", "config": "system"}}},
            "system",
        ),
        ({"module": None, "class_name": "Activation"}, "Activation"),
    ],
    ids=lambda value: None if isinstance(value, dict) else value,
)  # fmt: skip
def test_what_may_run_code_is_refused(layer: dict[str, Any], name: str, plain: Path, tmp_path: Path) -> None:
    path = rewritten(plain, tmp_path / "model.keras", lambda config: exchanged(config, layer))
    with pytest.raises(RequestError, match=f"expected a model of layers of Keras.* with '{name}', which is none of"):
        load_model(path)


def test_code_hidden_in_what_is_never_compiled_is_refused(plain: Path, tmp_path: Path) -> None:
    def change(config: dict[str, Any]) -> None:
        config["compile_config"] = {"loss": {"class_name": "__lambda__", "config": {"value": "x"}}}

    with pytest.raises(RequestError, match="'__lambda__'"):
        load_model(rewritten(plain, tmp_path / "model.keras", change))


def test_a_lambda_that_keras_itself_wrote_is_refused(tmp_path: Path) -> None:
    inputs = keras.Input((4,))
    keras.Model(inputs, keras.layers.Lambda(lambda x: x + 1)(inputs)).save(tmp_path / "rejection.keras")
    with pytest.raises(RequestError, match="'Lambda'"):
        load_rejection(tmp_path / "rejection.keras")


def test_a_class_that_a_plugin_registered_is_known(tmp_path: Path) -> None:
    @keras.saving.register_keras_serializable("test_archive")
    class Own(keras.layers.Layer):
        def call(self, inputs: Any) -> Any:
            return inputs + 1

    inputs = keras.Input((4,))
    keras.Model(inputs, Own()(inputs)).save(tmp_path / "model.keras")
    np.testing.assert_allclose(load_model(tmp_path / "model.keras")(np.zeros((1, 4))), 1.0)


@pytest.mark.parametrize("size", [0, 3, 200])
def test_a_damaged_file_is_named(size: int, plain: Path, tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(plain.read_bytes()[:size])
    with pytest.raises(
        RequestError, match=r"model\.keras as .* a damaged file .*; put it back, or remove it and make it again"
    ):
        load_model(tmp_path / "model.keras")


def test_importing_kerasae_loads_no_tensorflow() -> None:
    program = "import sys, kerasae; print(sorted({'keras', 'tensorflow', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_line_of_the_readme_makes_keras_load_a_model(digits_run: Path) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    lines = 'import keras\nimport kerasae.models\n\nmodel = keras.saving.load_model("{}/model.keras")\n'
    assert lines.format("runs/joint-001") in readme
    program = lines.format(digits_run) + "print(sorted(model.heads))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("['label', 'reconstruction']")
