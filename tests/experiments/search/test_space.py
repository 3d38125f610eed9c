"""Spaces: what is drawn, what it makes of a recipe, and what cannot be searched."""

import itertools
import re

import pytest

from kerasae.experiments.search.defaults import default_space
from kerasae.experiments.search.kerastuner.hyperparameters import hyperparameters
from kerasae.experiments.search.space import Space
from kerasae.models import ENCODERS
from kerasae.models.build import part_of
from kerasae.recipe.loading import load
from kerasae.utils.errors import RequestError

RATE = '"phases.0.optimizer.learning_rate" = { range = [1e-4, 1e-2], log = true }'


def space(text: str, recipe: str = "joint") -> Space:
    table = ", ".join(line.strip() for line in text.strip().splitlines())
    found = load(recipe, [f"search.space={{{table}}}"]).search
    assert found is not None
    assert found.space is not None
    return Space(found.space)


def test_a_range_a_choice_and_a_bare_list() -> None:
    found = space(f"""{RATE}
        "model.dropout" = [0, 0.1, 0.25]
        "model.encoder.kernel_size" = {{ range = [3, 7], step = 2 }}
        "model.tied" = [true, false]""")
    rate, dropout, kernel, tied = found.parameters
    assert (rate.ends, rate.count) == ([1e-4, 1e-2], None)
    assert dropout.choices == (0.0, 0.1, 0.25)
    assert [type(one) for one in dropout.choices] == [float] * 3
    assert (kernel.ends, kernel.count) == ([3, 7], 3)
    assert tied.decode(tied.encoded_choices[0]) is True
    recipe = found.applied(load("joint"), {rate.name: 0.002, dropout.name: 0.1, kernel.name: 5, tied.name: True})
    assert recipe.phases[0].optimizer.options["learning_rate"] == 0.002
    assert (recipe.model.dropout, recipe.model.tied) == (0.1, True)
    assert recipe.model.encoder.options == {"kernel_size": 5}


def test_names_of_fields_may_be_written_without_quotes() -> None:
    nested = space("model = { encoder = { kernel_size = [3, 5] }, dropout = { range = [0.0, 0.5] } }")
    assert list(nested.ranges) == ["model.encoder.kernel_size", "model.dropout"]
    typed = load("joint", ["search.space.model.encoder.kernel_size=[3, 5]", "search.space.model.dropout=[0.0, 0.5]"])
    assert typed.search is not None
    assert typed.search.space is not None
    assert list(typed.search.space) == list(nested.ranges)


def test_a_width_of_its_own_for_each_block_up_to_the_depth() -> None:
    found = space('"model.encoder.filters" = { depth = [1, 3], width = [8, 16], mirror = ["model.decoder.filters"] }')
    assert [one.name for one in found.parameters] == [
        "model.encoder.filters.depth", *(f"model.encoder.filters.{place}" for place in range(3))
    ]  # fmt: skip
    assert found.size == 2 + 2**3
    first = {"model.encoder.filters.depth": 1, "model.encoder.filters.0": 8}
    assert not found.named["model.encoder.filters.1"].is_active(first)
    values = first | {f"model.encoder.filters.{place}": width for place, width in enumerate((8, 16, 16))}
    recipe = found.applied(load("joint"), values | {"model.encoder.filters.depth": 3})
    assert recipe.model.encoder.options == {"filters": [8, 16, 16]}
    assert part_of(recipe.model, "decoder").model_dump() == {"name": "baseline", "filters": [16, 16, 8]}


def test_widths_that_grow() -> None:
    growing = '"model.encoder.filters" = { depth = [1, 2, 3], width = [16, 24], growth = [1, 1.5, 2], step = 8 }'
    found = space(growing)
    assert found.size == 2 + 2 * 2 * 3
    name = "model.encoder.filters"
    values = {f"{name}.depth": 3, f"{name}.width": 16, f"{name}.growth": 1.5}
    assert found.overrides(values) == [(name, [16, 24, 40])]


def test_a_list_as_long_as_another() -> None:
    found = Space(default_space(load("cifar10-best"), (32, 32, 3)))
    name = "model.encoder"
    values = {f"{name}.filters.depth": 2, f"{name}.filters.0": 32, f"{name}.filters.1": 64,
              f"{name}.blocks.0": 0, f"{name}.blocks.1": 2}  # fmt: skip
    assert dict(found.overrides(values))[f"{name}.blocks"] == [0, 2]


def test_size_counts_what_can_be_drawn() -> None:
    found = space("""
        "phases.0.optimizer" = ["adam", "sgd", "rmsprop"]
        "phases.0.optimizer.momentum" = { choice = [0.5, 0.9], when = { "phases.0.optimizer" = ["sgd", "rmsprop"] } }
        "phases.0.optimizer.nesterov" = { choice = [true, false], when = { "phases.0.optimizer" = ["sgd"] } }
        "model.dropout" = { range = [0.0, 0.5], step = 0.1 }
    """)
    counted = 0
    for drawn in itertools.product(*(one.choices or range(one.count or 0) for one in found.parameters)):
        values, given = {}, True
        for parameter, value in zip(found.parameters, drawn, strict=True):
            if parameter.is_active(values):
                values[parameter.name] = value
            elif value != (parameter.choices or range(1))[0]:
                given = False
        counted += given
    assert found.size == counted == (1 + 2 * 2 + 2) * 6


def test_steps_reach_the_end_of_a_range() -> None:
    found = space('"model.dropout" = { range = [0.0, 0.3], step = 0.1 }')
    (declared,) = hyperparameters(found).space
    (parameter,) = found.parameters
    assert [parameter.decode(value) for value in declared.values] == [0.0, 0.1, 0.2, 0.3]
    assert parameter.count == 4


def test_the_last_step_ends_a_range_that_no_step_reaches() -> None:
    found = space("""
        "model.dropout" = { range = [0.0, 1.0], step = 0.3 }
        "model.l2" = { range = [1.0, 50.0], step = 10, log = true }""")
    assert [one.ends for one in found.parameters] == [[0.0, 0.9], [1.0, 10.0]]
    filters = space('"model.encoder.filters" = { depth = { range = [1, 4], step = 2 }, width = [16, 32] }')
    assert filters.parameters[0].ends == [1, 3]
    assert list(filters.named)[1:] == [f"model.encoder.filters.{place}" for place in range(3)]


def test_a_list_may_be_empty() -> None:
    growing = space('"model.classifier.dense" = { depth = [0, 1, 2], width = [64, 128], growth = [0.5, 1.0] }')
    assert dict(growing.overrides({"model.classifier.dense.depth": 0})) == {"model.classifier.dense": []}
    for values in (end.values for end in growing.end_points()):
        drawn = dict(growing.overrides(values))["model.classifier.dense"]
        assert len(drawn) == values["model.classifier.dense.depth"]


def test_conditions_of_conditions_and_several_at_once() -> None:
    found = space("""
        "phases.0.optimizer" = ["adam", "sgd"]
        "phases.0.optimizer.nesterov" = { choice = [true, false], when = { "phases.0.optimizer" = ["sgd"] } }
        "phases.0.optimizer.momentum" = { range = [0.5, 0.9], when = { "phases.0.optimizer.nesterov" = [true] } }
        "model.tied" = [true, false]
        "model.dropout" = { choice = [0.1, 0.2], when = { "model.tied" = [true], "phases.0.optimizer" = ["sgd"] } }
        "model.encoder" = ["residual", "vgg"]
        "model.encoder.filters" = { depth = [1, 2], width = [8], when = { "model.encoder" = ["residual"] } }
        "model.encoder.blocks" = { like = "model.encoder.filters", width = [1, 2] }""")
    drawn = hyperparameters(found)
    seen = set()
    for seed in range(200):
        for one in drawn.space:
            drawn.values[one.name] = one.random_sample(1000 * seed + len(one.name))
        drawn.ensure_active_values()
        values = {name: found.named[name].decode(value) for name, value in drawn.values.items()}
        held: dict[str, object] = {}
        for one in found.parameters:
            if one.is_active(held):
                held[one.name] = values[one.name]
        assert held == values
        seen |= values.keys()
    assert seen == found.named.keys()


def test_a_name_is_set_before_its_options() -> None:
    found = space("""
        "phases.0.optimizer.momentum" = [0.5, 0.9]
        "phases.0.optimizer" = ["sgd"]
    """)
    recipe = found.applied(load("joint"), {"phases.0.optimizer.momentum": 0.5, "phases.0.optimizer": "sgd"})
    assert recipe.phases[0].optimizer.model_dump() == {"name": "sgd", "momentum": 0.5}


@pytest.mark.parametrize("family", [name for name in ENCODERS.names if ENCODERS.traits(name).search])
def test_every_family_has_a_space_of_depth_and_width_that_it_takes(family: str) -> None:
    from kerasae.workflows.begin import check

    recipe = load("joint", [f"model.encoder={family}"])
    found = Space(default_space(recipe, (28, 28, 1)))
    assert any(name.endswith(".depth") for name in found.named)
    drawn = hyperparameters(found)
    for seed, values in enumerate(end.values for end in found.end_points()):
        ends = found.applied(recipe, values)
        check(ends)
        lengths = [len(value) for value in ends.model.encoder.options.values() if isinstance(value, list)]
        assert len(lengths) in (0, sum(one.width is not None for one in found.ranges.values()))
        assert len(set(lengths)) <= 1  # one list is as long as the other
        for one in drawn.space:  # at random too, as keras-tuner draws
            drawn.values[one.name] = one.random_sample(seed)
        drawn.ensure_active_values()
        named = {name: found.named[name].decode(value) for name, value in drawn.values.items() if drawn.is_active(name)}
        check(found.applied(recipe, named))


def test_another_decoder_than_the_familys_follows_nothing_that_it_lacks() -> None:
    found = default_space(load("joint", ["model.encoder=strided", "model.decoder=mlp"]), (28, 28, 1))
    assert found["model.encoder.units"].mirror == ["model.decoder.units"]
    assert found["model.encoder.filters"].also == []


def test_what_follows_the_encoder_leaves_a_tied_decoder_alone() -> None:
    found = space("""
        "model.encoder" = ["vgg"]
        "model.encoder.filters" = { depth = [2], width = [8, 16], mirror = ["model.decoder.filters"] }
        "model.encoder.convolutions" = { choice = [1, 2], also = ["model.decoder.convolutions"] }
        "model.tied" = [true, false]""")
    values = {"model.encoder": "vgg", "model.encoder.filters.depth": 2, "model.encoder.filters.0": 8,
              "model.encoder.filters.1": 16, "model.encoder.convolutions": 2}  # fmt: skip
    tied = found.applied(load("joint"), {**values, "model.tied": True}).model
    assert (tied.tied, tied.decoder) == (True, None)
    assert tied.encoder.options == {"filters": [8, 16], "convolutions": 2}
    free = found.applied(load("joint"), {**values, "model.tied": False}).model
    assert part_of(free, "decoder").model_dump() == {"name": "vgg", "filters": [16, 8], "convolutions": 2}


def test_a_list_as_long_as_another_may_grow() -> None:
    found = space("""
        "model.encoder" = [{ name = "residual", filters = [8], blocks = [1] }]
        "model.encoder.filters" = { depth = [1, 2], width = [8, 16] }
        "model.encoder.blocks" = { like = "model.encoder.filters", width = [1, 2], growth = [1, 2] }""")
    grown = [end.values for end in found.end_points() if end.parameter.startswith("model.encoder.blocks")]
    assert len(grown) == 4
    for values in grown:
        options = found.applied(load("joint"), values).model.encoder.options
        assert len(options["blocks"]) == values["model.encoder.filters.depth"] >= 1


def test_images_are_halved_as_often_as_they_can_be() -> None:
    depths = {
        side: default_space(load("joint"), (side, side, 1))["model.encoder.filters"].model_dump()["depth"]["choice"]
        for side in (28, 32, 30)
    }
    assert depths == {28: [1, 2], 32: [1, 2, 3], 30: [1]}


def test_a_tied_decoder_is_not_set() -> None:
    found = default_space(load("joint", ["model.tied=true"]), (32, 32, 3))
    assert found["model.encoder.filters"].mirror == []


WRONG = {
    "no range": ('"model.dropout" = { log = true }', r"model\.dropout: expected one of choice.*Received: none of them"),
    "two kinds": ('"model.dropout" = { choice = [0.1], range = [0.0, 0.1] }', r"Received: choice and range"),
    "backwards": ('"model.dropout" = { range = [0.5, 0.1] }', r"low below high\. Received: \[0\.5, 0\.1\]"),
    "log of 0": ('"model.l2" = { range = [0.0, 0.1], log = true }', r"above 0, since log is set"),
    "a depth without width": ('"model.encoder.filters" = { depth = [1, 2] }', r"expected width.*Received: depth"),
    "a step of choices": ('"model.dropout" = { choice = [0.1], step = 1 }', r"log and step beside range"),
    "an unknown key": ('"model.dropout" = { choice = [0.1], stp = 1 }', r"Did you mean 'step'\?"),
    "empty": ("", r"search\.space: expected at least one field\. Received: none"),
    "twice the same": ('"model.dropout" = [0.1, 0.1]', r"expected different choices\. Received: \[0\.1, 0\.1\]"),
    "unknown parent": ('"model.l2" = { choice = [0.1], when = { "model.l1" = [0.1] } }',
                       r"model\.l2\.when: expected a field of the space that stands before it\. Received: 'model\.l1'"),
    "a value that the parent never has": (
        '"model.l1" = [0.1], "model.l2" = { choice = [0.1], when = { "model.l1" = [0.2] } }',
        r"expected some of the choices of model\.l1\. Received: \[0\.2\]"),
    "like nothing": ('"model.encoder.blocks" = { like = "model.encoder.filters", width = [1] }',
                     r"like: expected a list with a depth that stands before it"),
    "other values": ('"data.range" = ["auto"]', r"the validation images stay the same.*'data\.range'"),
    "other images": ('"data.validation" = [0.1, 0.2]', r"the validation images stay the same.*'data\.validation'"),
    "all that decides on images": ('"data" = [{ source = "digits", seed = 1 }]', r"Received: 'data'"),
    "growth of words": (
        '"model.encoder.filters" = { depth = [1, 2], width = ["a"], growth = [1.0] }',
        r"search\.space\.model\.encoder\.filters\.width: expected numbers\. Received: \['a'\]"),
    "the seed": ('"seed" = [1, 2]', r"Received: 'seed'"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_searched_takes_one_line(case: str) -> None:
    text, message = WRONG[case]
    with pytest.raises(RequestError) as caught:
        space(text)
    assert re.search(message, str(caught.value)), caught.value
    assert "\n" not in str(caught.value)


def test_a_recipe_that_extends_another_replaces_its_ranges(tmp_path) -> None:
    (tmp_path / "child.toml").write_text(
        'extends = "study-d/search"\n[search.space]\n"model.encoder.latent_dim" = { choice = [8] }\n'
    )
    found = load(str(tmp_path / "child.toml")).search
    assert found is not None
    assert found.space is not None
    assert found.space["model.encoder.latent_dim"].choice == [8]
    assert "phases.0.optimizer" in found.space
