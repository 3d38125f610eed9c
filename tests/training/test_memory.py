"""A training step that does not fit into memory is refused before training."""

import re
import resource
from pathlib import Path

import keras
import pytest

from kerasae.models import build
from kerasae.recipe.loading import load
from kerasae.training import memory
from kerasae.utils.errors import RequestError


@pytest.fixture(scope="module")
def model() -> keras.Model:
    recipe = load("joint")
    return build(recipe.model, (64, 64, 3), 3, recipe.heads)


def test_memory_counts_every_layer_once() -> None:
    inputs = keras.Input((8, 8, 1))
    inner = keras.Sequential([keras.Input((8, 8, 4)), keras.layers.Conv2D(2, 3, padding="same")])
    features = keras.layers.Conv2D(4, 3, padding="same")(inputs)
    model = keras.Model(inputs, keras.layers.Flatten()(inner(features)))
    # The input, 4 and 2 feature maps, the inner input, and what was flattened; 6 copies of the image ahead.
    values = 64 * (1 + 4 + 4 + 2 + 2) + 6 * 64
    assert memory.step_memory(model)[1] == pytest.approx(4 * values, rel=0.25)
    assert memory.step_memory(model)[0] == 16 * model.count_params()
    assert memory.step_memory(model, "mixed_bfloat16")[1] < memory.step_memory(model)[1]


def test_a_batch_beyond_memory_is_refused_with_one_that_fits(
    model: keras.Model,
) -> None:
    fixed, image = memory.step_memory(model)
    available = int(fixed + 20.5 * image)
    memory.check_memory(model, 20, "float32", "phases.0.batch_size")
    memory.check_memory(model, 30, "mixed_bfloat16", "phases.0.batch_size", available)
    with pytest.raises(RequestError, match=r"phases\.0\.batch_size: .* Received: 64; set it to 16, or data\.image_sha"):
        memory.check_memory(model, 64, "float32", "phases.0.batch_size", available)
    with pytest.raises(RequestError, match=r"Received: 1; set data\.image_shape to \[32,32,3\]$"):
        memory.check_memory(model, 1, "float32", "phases.0.batch_size", int(fixed + 0.5 * image))


def test_a_limit_of_the_process_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    free = memory.available_memory()
    used = int(re.search(r"VmSize:\s+(\d+)", Path("/proc/self/status").read_text())[1]) * 1024
    limits = {resource.RLIMIT_AS: (used + 2**28, -1)}
    monkeypatch.setattr(resource, "getrlimit", lambda kind: limits.get(kind, (resource.RLIM_INFINITY, -1)))
    assert 0 < memory.available_memory() <= 2**28 + 2**24 < free


def test_files_that_a_container_keeps_in_memory_do_not_count(tmp_path: Path) -> None:
    for name, text in (
        ("max", f"{2**28}\n"),
        ("current", f"{2**28 - 2**20}\n"),
        ("stat", f"anon 5\nactive_file {2**26}\ninactive_file {2**27}\n"),
    ):
        (tmp_path / f"memory.{name}").write_text(text)
    cgroups = [(tmp_path, *memory.CGROUPS[0][1:])]
    assert memory.available_memory(cgroups) == 2**20 + 2**26 + 2**27
    (tmp_path / "memory.stat").unlink()
    assert memory.available_memory(cgroups) == 2**20
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.available_memory(cgroups) > 2**20
