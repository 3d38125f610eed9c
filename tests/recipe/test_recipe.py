import pytest

from kerasae.recipe import HEADS, Spec
from kerasae.recipe.loading import builtin, load, parse
from kerasae.utils.errors import RequestError


@pytest.mark.parametrize("name", builtin())
def test_every_built_in_recipe_is_valid_and_says_how_to_run_it(name: str) -> None:
    from kerasae.workflows.begin import check

    recipe = load(name)
    check(recipe)
    assert recipe.title
    assert f"kerasae train {name}" in builtin()[name].read_text()


@pytest.mark.parametrize(
    ("phase", "heads"),
    [
        ({}, HEADS),
        ({"learns": ["encoder", "decoder"]}, ("reconstruction",)),
        ({"learns": ["classifier"]}, ("label",)),
        ({"learns": ["encoder"]}, HEADS),
        ({"loss_weights": {"reconstruction": 0.0}}, ("label",)),
    ],
)
def test_heads_of_a_phase(phase: dict, heads: tuple) -> None:
    assert parse({"phases": [phase]}).phases[0].heads == heads


def test_heads_of_a_recipe_are_those_of_all_its_phases() -> None:
    assert parse({"phases": [{"learns": ["encoder", "decoder"]}, {"learns": ["classifier"]}]}).heads == HEADS
    assert parse({"phases": [{"learns": ["encoder", "decoder"]}]}).heads == ("reconstruction",)


def test_a_bare_name_is_a_spec() -> None:
    assert parse({"model": {"encoder": "vgg"}}).model.encoder == Spec(name="vgg")
    assert parse({"model": {"encoder": {"name": "vgg", "filters": [3]}}}).model.encoder.options == {"filters": [3]}


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"modl": {}}, r"unknown key 'modl'.* Did you mean 'model'\?"),
        ({"phases": [{"epoch": 3}]}, r"unknown key 'phases\.0\.epoch'.* Did you mean 'epochs'\?"),
        ({"phases": [{"epochs": "3"}]}, r"phases\.0\.epochs: expected a valid integer\. Received: '3'"),
        ({"phases": [{"epochs": 0}]}, r"phases\.0\.epochs: expected greater than 0\. Received: 0"),
        ({"phases": []}, r"phases: expected a list of at least 1\."),
        ({"phases": [{"learns": ["encodr"]}]}, r"phases\.0\.learns\.0: expected 'encoder', 'decoder' or 'classifier'"),
        (
            {"phases": [{"loss_weights": {"label": -1.0}}]},
            r"phases\.0\.loss_weights\.label: expected greater than or equal",
        ),
        ({"phases": [{"loss_weights": {"label": 0.0, "reconstruction": 0.0}}]}, r"this phase would train nothing"),
        ({"phases": [{"early_stopping": {"patienc": 1}}]}, r"Did you mean 'patience'\?"),
        ({"data": {"image_shape": [8, 8, 2]}}, r"with 1 or 3 channels\. Received: \[8, 8, 2\]"),
        ({"data": {"class_weights": "balancd"}}, r"expected 'balanced' or 'none' or a table"),
        ({"data": {"class_weights": {"cat": -1.0}}}, r"data\.class_weights\.cat: expected greater than or equal to 0"),
        ({"data": {"keep": {"cat": 1.5}}}, r"data\.keep\.cat: expected less than or equal to 1\. Received: 1\.5"),
        ({"data": {"validation": 2.0}}, r"data\.validation: expected 'auto' or 'half-of-test' or less than 1"),
        ({"model": {"encoder": {"filters": [3]}}}, r"model\.encoder\.name: expected a value"),
        ({"model": {"tied": "yes"}}, r"model\.tied: expected a valid boolean\. Received: 'yes'"),
        ({"precision": "float16"}, r"precision: expected 'auto', 'float32', 'mixed_bfloat16' or 'mixed_float16'"),
    ],
)
def test_what_is_wrong_takes_one_line(tree: dict, message: str) -> None:
    with pytest.raises(RequestError, match=message) as caught:
        parse(tree)
    assert "\n" not in str(caught.value)


def test_recipes_for_ones_own_images_have_least_steps_and_experiments_have_not() -> None:
    own = {"joint", "classifier", "autoencoder", "two-stage", "fine-tune", "photos", "photos-few-labels", "anomaly"}
    for name in builtin():
        steps = [phase.min_steps for phase in load(name).phases]
        assert steps == [500 if name in own | {"judge"} else 0] * len(steps), name
