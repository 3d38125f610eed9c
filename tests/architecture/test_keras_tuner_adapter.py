"""keras-tuner and gRPC are known to one package, `experiments/search/kerastuner`, and to nothing outside it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ADAPTER = ROOT / "kerasae/experiments/search/kerastuner"
OUTSIDE = [path for path in sorted((ROOT / "kerasae").rglob("*.py")) if ADAPTER not in path.parents]
# Attributes of keras-tuner's oracles, trials and spaces, and of gRPC's stubs, under names that nothing else here has.
ATTRIBUTES = {
    *("create_trial", "end_trial", "update_trial", "get_trial", "populate_space", "ongoing_trials", "start_order"),
    *("end_order", "hyperparameters", "tuner_ids", "prob_to_value", "value_to_prob", "CreateTrial", "GetTrial"),
    *("EndTrial", "_retry_queue", "_max_collisions", "_ordered_ids", "_populate_next", "_brackets", "_random_state"),
}


@pytest.mark.parametrize("path", OUTSIDE, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_outside_the_adapter_knows_keras_tuner(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules = {alias.name for alias in node.names}
        else:
            modules = {str(node.module)} if isinstance(node, ast.ImportFrom) else set()
        assert not {module.split(".")[0] for module in modules} & {"keras_tuner", "kerastuner", "grpc"}
        if path.is_relative_to(ADAPTER.parent) and isinstance(node, ast.Attribute):
            assert node.attr not in ATTRIBUTES, f"{path}:{node.lineno}"
