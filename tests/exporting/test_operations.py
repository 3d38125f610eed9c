"""What a stranger's export may hold, and that ours hold no more."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from command_line import Typed
from tensorflow.core.protobuf import saved_model_pb2

from kerasae.data.resizing import resize
from kerasae.exporting import generator, saved_model
from kerasae.exporting.operations import COMPUTING, STORING, check_operations
from kerasae.exporting.saved_model import ABOUT, decode
from kerasae.files.writing import write_json
from kerasae.models import CLASSIFIERS, DECODERS, ENCODERS, GENERATORS, build, build_adversarial
from kerasae.models.build import part_of
from kerasae.recipe import ModelRecipe
from kerasae.utils.errors import RequestError

ACTIVATIONS = ("relu", "elu", "leaky_relu", "gelu", "silu", "tanh")
TIED = ("baseline", "mlp", "prototype", "vgg")
OPTIONS: dict[str, dict[str, Any]] = {
    **{f"input {name}": {"input": name} for name in ("product", "polarity")},
    **{f"standardize {name}": {"standardize": name} for name in ("mean", "z-score", "whitening")},
    **{f"tied {name}": {"encoder": {"name": name}, "tied": True} for name in TIED},
    "output": {"standardize": "z-score", "output": "standardized"},
    "variational": {"encoder": {"name": "mlp"}, "variational": {"latent_dim": 3}},
    "regularized": {"dropout": 0.5, "l1": 0.1, "l2": 0.1},
    "softmax latent": {
        "encoder": {"name": "strided", "latent": "softmax", "latent_dim": 5},
        "classifier": {"name": "latent"},
    },
    **{f"activation {name}": {"encoder": {"name": "mlp"}, "activation": name} for name in ACTIVATIONS},
    **{
        f"encoder {name}": {"encoder": {"name": name}, "classifier": {"name": classifier}}
        for name, classifier in zip(
            ENCODERS.names, itertools.cycle(name for name in CLASSIFIERS.names if name != "latent"), strict=False
        )
    },
}


def operations(call: Callable, *specs: Any) -> set[str]:
    """The operations of a function's graph, without those that call other functions of it."""
    graph = tf.function(call).get_concrete_function(*specs).graph.as_graph_def()
    functions = {function.signature.name for function in graph.library.function}
    nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
    return {node.op for node in nodes} - functions


@pytest.mark.parametrize("name", OPTIONS)
def test_every_part_of_ours_is_known(name: str) -> None:
    recipe = ModelRecipe.model_validate(OPTIONS[name])
    statistics = ((0.5,) * 3, (0.1,) * 3)
    model = build(
        recipe, (36, 36, 3) if "strided" in str(recipe) else (32, 32, 3), 5, ("reconstruction", "label"), statistics
    )
    images = tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8)
    assert operations(lambda images: model(images, training=False), images) <= COMPUTING


def test_these_are_all_parts() -> None:
    recipes = [ModelRecipe.model_validate(options) for options in OPTIONS.values()]
    assert {recipe.encoder.name for recipe in recipes} == set(ENCODERS.names)
    assert {part_of(recipe, "decoder").name for recipe in recipes if not recipe.tied} == set(DECODERS.names)
    assert {part_of(recipe, "classifier").name for recipe in recipes} == set(CLASSIFIERS.names)


@pytest.mark.parametrize("mode", ["fit", "fill", "stretch"])
@pytest.mark.parametrize("channels", [1, 3])
def test_decoding_and_resizing_are_known(mode: Any, channels: int) -> None:
    def read(content: tf.Tensor) -> tf.Tensor:
        return resize(decode(content), (8, 8, channels), mode)

    assert operations(read, tf.TensorSpec((), tf.string)) <= COMPUTING


@pytest.mark.parametrize("kind", ["gan", "acgan"])
@pytest.mark.parametrize("name", GENERATORS.names)
def test_exports_of_generators_pass(kind: str, name: str, tmp_path: Path) -> None:
    recipe = ModelRecipe.model_validate({"adversarial": {"name": kind, "noise_dim": 4, "generator": {"name": name}}})
    generator._save(build_adversarial(recipe, (8, 8, 1), 2), ("no", "yes"), tmp_path / "export")
    check_operations(tmp_path / "export")


def test_the_export_of_a_run_passes(digits_run: Path) -> None:
    check_operations(digits_run / "export")


def test_no_operation_has_a_name_that_a_function_may_have() -> None:
    assert not [name for name in dir(tf.raw_ops) if name.rpartition("_")[2].isdigit()]


class Stranger(tf.Module):
    """A SavedModel like ours from outside, whose answer does `act` as well."""

    def __init__(self, act: Callable[[tf.Tensor], object] = lambda images: None) -> None:
        super().__init__()
        self.weight = tf.Variable(1.0)
        self.act = act

    @tf.function(input_signature=[tf.TensorSpec((None, 8, 8, 1), tf.uint8, name="images")])
    def serve(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        self.act(images)
        return {"label": self.weight * tf.ones((tf.shape(images)[0], 2)) / 2.0}


def saved(module: tf.Module, path: Path) -> Path:
    tf.saved_model.save(module, path, signatures=module.serve)
    write_json(path / ABOUT, {"image_shape": [8, 8, 1], "class_names": ["no", "yes"], "resize": "fill"})
    return path


def branching(images: tf.Tensor) -> None:
    tf.cond(tf.size(images) > 5, lambda: tf.io.write_file("owned", "x"), tf.no_op)


def saving(images: tf.Tensor) -> None:
    tf.raw_ops.SaveV2(prefix="owned", tensor_names=["x"], shape_and_slices=[""], tensors=[tf.ones(())])


def looping(images: tf.Tensor) -> None:
    tf.while_loop(lambda i: i < 2, lambda i: (i + tf.strings.length(tf.io.read_file("/etc/passwd")) * 0 + 1,), (0,))


@pytest.mark.parametrize(
    ("act", "operation"),
    [
        (lambda images: tf.io.write_file("owned", "x"), "WriteFile"),
        (lambda images: tf.io.read_file("/etc/passwd"), "ReadFile"),
        (branching, "WriteFile"),
        (looping, "ReadFile"),
        (lambda images: tf.print(images, output_stream="file://owned"), "StringFormat"),
        (lambda images: tf.numpy_function(lambda: np.float32(1), [], tf.float32), "PyFunc"),
        (saving, "SaveV2"),
        (lambda images: tf.raw_ops.MatchingFiles(pattern="/*"), "MatchingFiles"),
    ],
    ids=["write", "read", "branch", "loop", "print", "python", "save", "list"],
)  # fmt: skip
def test_an_export_that_does_more_than_compute_is_refused_before_it_runs(
    act: Callable, operation: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: Typed
) -> None:
    monkeypatch.chdir(tmp_path)
    saved(Stranger(act), tmp_path / "export")
    tf.io.write_file("image.png", tf.io.encode_png(tf.zeros((8, 8, 1), tf.uint8)))
    code, _, err = typed("predict", "export", "image.png")
    assert code == 2
    assert f"with the operation '{operation}'" in err
    assert not list(tmp_path.glob("owned*"))


def test_an_export_that_acts_when_it_is_loaded_is_refused(tmp_path: Path) -> None:
    (tmp_path / "table.txt").write_text("a\nb\n")
    module = Stranger()
    module.table = tf.lookup.StaticVocabularyTable(tf.lookup.TextFileInitializer(
        str(tmp_path / "table.txt"), tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64,
        tf.lookup.TextFileIndex.LINE_NUMBER), 1)  # fmt: skip
    with pytest.raises(RequestError, match="a SavedModel with assets"):
        check_operations(saved(module, tmp_path / "export"))


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = saved(Stranger(), tmp_path_factory.mktemp("harmless") / "export")
    check_operations(path)
    return (path / "saved_model.pb").read_bytes()


def first_function(model: Any) -> Any:
    return next(f for f in model.meta_graphs[0].graph_def.library.function if "serve" in f.signature.name)


def as_an_operation(model: Any) -> None:
    first_function(model).signature.name = "WriteFile"


def as_an_operation_of_an_attribute(model: Any) -> None:
    node = first_function(model).node_def.add(name="act", op="PartitionedCall")
    node.attr["f"].func.name = "WriteFile"


def as_another_implementation(model: Any) -> None:
    first_function(model).attr["api_implements"].s = b"serve"


def as_the_part_that_saves(model: Any) -> None:
    saving = next(f for f in model.meta_graphs[0].graph_def.library.function if "traced_save" in f.signature.name)
    node = first_function(model).node_def.add(name="act", op="StatefulPartitionedCall")
    node.attr["f"].func.name = saving.signature.name


def as_an_optimizer(model: Any) -> None:
    model.meta_graphs[0].object_graph_def.nodes[0].user_object.identifier = "optimizer"


def as_a_class(model: Any) -> None:
    model.meta_graphs[0].object_graph_def.nodes[0].registered_name = "Package.Class"


def as_a_saver(model: Any) -> None:
    model.meta_graphs[0].object_graph_def.nodes[0].registered_saver = "Package.saver"


def as_an_asset(model: Any) -> None:
    model.meta_graphs[0].object_graph_def.nodes.add().asset.asset_file_def_index = 0


def in_the_old_form(model: Any) -> None:
    model.meta_graphs[0].ClearField("object_graph_def")


def in_two_graphs(model: Any) -> None:
    model.meta_graphs.add()


def in_the_outer_graph(model: Any) -> None:
    model.meta_graphs[0].graph_def.node.add(name="act", op="ReadFile")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (as_an_operation, "a function 'WriteFile'"),
        (as_an_operation_of_an_attribute, "the operation 'PartitionedCall' of 'WriteFile'"),
        (as_another_implementation, "a function '__inference"),
        (as_the_part_that_saves, "the operation '(DisableCopyOnRead|ShardedFilename|StaticRegexFullMatch|SaveV2)'"),
        (as_an_optimizer, "an object 'optimizer'"),
        (as_a_class, "an object 'Package.Class'"),
        (as_a_saver, "an object 'Package.saver'"),
        (as_an_asset, "an object 'asset'"),
        (in_the_old_form, "a SavedModel of another form"),
        (in_two_graphs, "a SavedModel of another form"),
        (in_the_outer_graph, "the operation 'ReadFile'"),
    ],
)
def test_what_is_hidden_is_refused(change: Callable, message: str, harmless: bytes, tmp_path: Path) -> None:
    model = saved_model_pb2.SavedModel.FromString(harmless)
    change(model)
    (tmp_path / "saved_model.pb").write_bytes(model.SerializeToString())
    with pytest.raises(RequestError, match=f"Received: .*{message}"):
        check_operations(tmp_path)


def test_a_damaged_export_is_named(harmless: bytes, tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(harmless[:-7])
    with pytest.raises(RequestError, match=r"saved_model\.pb is damaged; export the run again"):
        check_operations(tmp_path)


def test_the_lists_name_operations_that_exist() -> None:
    assert not {name for name in COMPUTING | STORING if not hasattr(tf.raw_ops, name)} - {"DisableCopyOnRead"}
    assert not COMPUTING & STORING


def test_an_export_that_predict_would_refuse_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"")
    saved_model._say_what_predict_refuses(tmp_path)
    assert "`kerasae predict` refuses it: predict: expected an export that only" in " ".join(
        capsys.readouterr().err.split()
    )
