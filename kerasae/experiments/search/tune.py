"""The verb `tune`: searches a recipe, and writes the best recipe and a report."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kerasae.data.summary import warnings
from kerasae.experiments.search.artifacts import BEST, write_hparams, write_recipes, write_trials
from kerasae.experiments.search.kerastuner.oracles import make_oracle
from kerasae.experiments.search.planning import plan_search, search_folder
from kerasae.experiments.search.progress import ProgressDisplay
from kerasae.experiments.search.report import PAGE, write_report
from kerasae.experiments.search.results import TrialResult, read_results
from kerasae.experiments.search.retraining import is_compared, retrain_best
from kerasae.experiments.search.workers.cluster import LOOPBACK, ClusterMember
from kerasae.experiments.search.workers.coordinator import run_remote_worker, run_trials, wait_for_chief
from kerasae.experiments.search.workers.pool import visible_gpus
from kerasae.experiments.search.workers.worker import TIMEOUT_SECONDS
from kerasae.files.locks import alone
from kerasae.files.unfinished import remove_unfinished
from kerasae.recipe import SearchRecipe
from kerasae.recipe.loading import builtin, setting
from kerasae.training import distribution
from kerasae.utils.console import stderr_console
from kerasae.utils.errors import RequestError
from kerasae.workflows.begin import epoch_notes, read_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from kerasae.experiments.comparison.compare import Comparison
    from kerasae.experiments.search.plan import SearchPlan

ANY_PORT = f"{LOOPBACK}:0"


@dataclass(frozen=True)
class SearchResult:
    """A finished search.

    Attributes:
        plan: what was searched.
        best: the best trial.
        comparison: of the best recipe with the default one on test images, if it was requested.
    """

    plan: SearchPlan
    best: TrialResult
    comparison: Comparison | None = None

    @property
    def recipe(self) -> Path:
        """The file of the best recipe."""
        return self.plan.folder / BEST

    @property
    def report(self) -> Path:
        """The page of the search."""
        return self.plan.folder / PAGE


def default_recipe(data: str | None) -> str:
    """Return the name of the recipe that is searched if none is named."""
    return "digits-search" if data in (None, "digits") else "joint"


def tune(
    recipe: str,
    *,
    data: str | None = None,
    overrides: Sequence[str] = (),
    name: str | None = None,
    workers: int | None = None,
    retrain: int | None = None,
    wait: float = TIMEOUT_SECONDS,
    console: Console | None = None,
) -> SearchResult | None:
    """Search a recipe, or resume its search, and write the best recipe and a report.

    With keras-tuner's variables in the environment this process is the chief of a search over several machines, or one
    of its workers.

    Args:
        recipe: the name of a built-in recipe or the path of a TOML file; its table `search` says what is searched.
        data: a source that replaces the recipe's.
        overrides: `KEY=VALUE` settings that reach any field.
        name: the folder below `search.directory`; the recipe's name by default.
        workers: trials at once on this machine; 1 by default, 0 for a chief that the environment names.
        retrain: the number of seeds with which the best recipe and the default one are trained and compared on test
            images.
        wait: seconds that a worker waits for its chief, and a chief without workers of its own for one to join.
        console: where progress is printed; standard error by default.

    Returns:
        The search and its best trial; None for a worker.

    Raises:
        RequestError: anything wrong with the request, before any trial; or no trial was completed.
    """
    member = ClusterMember.from_environment()
    console = console or stderr_console()
    _check_options(name, workers, retrain, wait, member)
    requested = read_named(recipe, [*overrides, *setting("data.source", data), *setting("search.name", name)])
    default_name = recipe.replace("/", "-") if recipe in builtin() else Path(recipe).stem
    if member is not None and not member.is_chief:
        _work(search_folder(requested.search or SearchRecipe(), default_name), member, wait, console)
        return None
    distribution.leave_gpus()  # to the workers
    plan = plan_search(default_name, requested)
    plan.folder.mkdir(parents=True, exist_ok=True)
    with alone(plan.folder, "searching in", "tune", ", or give another --name"):
        plan.write()
        for line in [*epoch_notes(plan.requested, plan.resolved), *warnings(plan.facts)]:
            console.print(line, soft_wrap=True)
        _search(plan, member, 1 if workers is None and member is None else workers or 0, wait, console)
        results = write_trials(plan)
        best = write_recipes(plan, results)
        write_report(plan, results, is_compared=best is not None and is_compared(plan))
        if best is None:
            raise _no_best_trial(plan, results)
        if retrain is None:
            return SearchResult(plan, best)
        comparison = retrain_best(plan, best, retrain, console)
        write_report(plan, results, is_compared=is_compared(plan))
        return SearchResult(plan, best, comparison)


def _check_options(
    name: str | None, workers: int | None, retrain: int | None, wait: float, member: ClusterMember | None
) -> None:
    """Check the options.

    Raises:
        RequestError: one is out of its range.
    """
    if workers is not None and (workers < 0 or (workers == 0 and member is None)):
        raise RequestError("--workers", expected="at least 1", received=workers)
    if retrain is not None and retrain < 1:
        raise RequestError("--retrain", expected="at least 1 seed", received=retrain)
    if name == "none":
        raise RequestError(
            "--name", expected="another name than 'none', which a recipe reads as no name", received="'none'"
        )
    if wait <= 0:
        raise RequestError("--wait", expected="seconds above 0", received=f"{wait:g}")


def _work(folder: Path, member: ClusterMember, timeout: float, console: Console) -> None:
    """Run trials for a chief elsewhere; the output of training goes into the search's logs."""
    wait_for_chief(member, timeout)
    if not folder.is_dir():
        raise RequestError(
            "search.directory",
            expected="the folder of the chief's search, which all machines share",
            received=f"{folder}, which does not exist",
        )
    log = folder / "logs" / f"{member.id}.txt"
    console.print(
        f"{member.id}: running trials for the chief at {member.chief_address}; output goes to {log}", soft_wrap=True
    )
    run_remote_worker(folder, member, timeout)


def _search(plan: SearchPlan, member: ClusterMember | None, num_workers: int, timeout: float, console: Console) -> None:
    """Run the trials that are left, with a line for each one that ends."""
    remove_unfinished(plan.folder)
    oracle = make_oracle(plan.settings, plan.space, plan.objective, plan.epochs)
    oracle.open(plan.folder, plan.num_trials, plan.settings.max_seconds)
    finished = read_results(plan.folder)
    for result in finished:
        write_hparams(plan, result)
    if finished:
        total = max(plan.num_trials, len(finished))  # max_trials may be lower than before
        console.print(f"{plan.name}: {len(finished)} of {total} trials are finished already", soft_wrap=True)
    if oracle.is_over:
        return
    if member is not None and not member.is_on_loopback:
        console.print(
            f"warning: the chief listens on {member.chief_address} without a password: whoever reaches it can take "
            "and end trials; use a network that you trust, or an SSH tunnel to an address of this machine alone",
            soft_wrap=True,
        )
    with ProgressDisplay(plan, oracle, finished, console) as display:

        def on_result(result: TrialResult) -> None:
            display.add(result)
            write_trials(plan)
            write_hparams(plan, result)

        run_trials(
            oracle,
            plan.folder,
            num_workers=num_workers,
            address=ANY_PORT if member is None else member.chief_address,
            gpus=visible_gpus(),
            timeout=timeout,
            on_result=on_result,
            on_poll=display.refresh,
        )


def _no_best_trial(plan: SearchPlan, results: Sequence[TrialResult]) -> RequestError:
    """Return the error of a search in which no trial was completed."""
    if not results:
        return RequestError(
            "search.max_seconds",
            expected="time for a trial",
            received=f"{plan.settings.max_seconds:g}, in which none ended",
            fix="raise it",
        )
    if all(result.status == "failed" for result in results):
        reason, count = _most_common_reason(results)
        return RequestError(
            "tune",
            expected="a trial that does not fail",
            received=f"{len(results)} failed ones, {count} with: {reason}",
            fix=f"see {plan.folder / PAGE}",
        )
    return RequestError(
        "tune", expected="a trial that was not pruned", received=f"none in {plan.folder}", fix="lower search.prune"
    )


def _most_common_reason(results: Sequence[TrialResult]) -> tuple[str, int]:
    """Return the most common reason of failed trials, and how many have it; digits in reasons are ignored."""
    reasons = [result.reason or "no reason" for result in results if result.status == "failed"]
    without_digits = ["".join(char for char in reason if not char.isdigit()) for reason in reasons]
    kind, count = Counter(without_digits).most_common(1)[0]
    return reasons[without_digits.index(kind)], count
