"""The verb that searches a recipe: trials, the best of them as a recipe, and a report."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kerasae.data.summary import warnings
from kerasae.experiments.comparison.compare import Comparison, compare
from kerasae.experiments.search.artifacts import (
    BEST,
    DEFAULT,
    commonest_reason,
    write_best,
    write_hparams,
    write_trials,
)
from kerasae.experiments.search.cluster import LOOPBACK, Place, place
from kerasae.experiments.search.kerastuner.oracles import make_oracle
from kerasae.experiments.search.outcome import Outcome, outcomes
from kerasae.experiments.search.plan import Search
from kerasae.experiments.search.progress import Display
from kerasae.experiments.search.report import PAGE, write_report
from kerasae.experiments.search.running import run, work_elsewhere
from kerasae.experiments.search.worker import WAIT_SECONDS, wait_for
from kerasae.experiments.search.worker_pool import visible_gpus
from kerasae.files.locks import alone
from kerasae.files.unfinished import remove_unfinished
from kerasae.files.writing import write_text
from kerasae.recipe import SearchRecipe
from kerasae.recipe.loading import builtin, load, setting
from kerasae.training import distribution
from kerasae.utils.console import stderr_console
from kerasae.utils.errors import RequestError
from kerasae.workflows.begin import raised, read_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

ANY_PORT = f"{LOOPBACK}:0"
COMPARISON = "comparison"


@dataclass(frozen=True)
class Tuned:
    """A finished search, its best trial, and the comparison of its recipe with the default one, if asked for."""

    search: Search
    best: Outcome
    comparison: Comparison | None = None

    @property
    def recipe(self) -> Path:
        """The file of the best recipe."""
        return self.search.folder / BEST

    @property
    def report(self) -> Path:
        """The page."""
        return self.search.folder / PAGE


def tune(
    recipe: str,
    *,
    data: str | None = None,
    overrides: Sequence[str] = (),
    name: str | None = None,
    workers: int | None = None,
    retrain: int | None = None,
    wait: float = WAIT_SECONDS,
    console: Console | None = None,
) -> Tuned | None:
    """Search a recipe, from the start or from where it was left, and write what came of it.

    With keras-tuner's variables in the environment this process is the chief of a search over several machines, or one
    of its workers.

    Args:
        recipe: the name of a built-in recipe or the path of a TOML file; its table `search` says what is searched.
        data: a source that takes the place of the recipe's.
        overrides: `KEY=VALUE` settings that reach any field.
        name: the folder below `search.directory`; named for the recipe if left out.
        workers: trials at once on this machine; 1 if left out, 0 for a chief that the environment names.
        retrain: with how many seeds the best recipe and the default one are trained and compared on test images.
        wait: seconds that a worker waits for its chief, and a chief without workers of its own for one to come.
        console: where progress is told; standard error if left out.

    Returns:
        What was found; None for a worker.

    Raises:
        RequestError: anything wrong with the request, before any trial; or no trial came to anything.
    """
    here = place()
    shown = console or stderr_console()
    if workers is not None and (workers < 0 or (workers == 0 and here is None)):
        raise RequestError("--workers", expected="at least 1", received=workers)
    if retrain is not None and retrain < 1:
        raise RequestError("--retrain", expected="at least 1 seed", received=retrain)
    if name == "none":
        raise RequestError("--name", expected="another name than 'none', which is none in a recipe", received="'none'")
    if wait <= 0:
        raise RequestError("--wait", expected="seconds above 0", received=f"{wait:g}")
    asked = read_named(recipe, [*overrides, *setting("data.source", data), *setting("search.name", name)])
    usual = recipe.replace("/", "-") if recipe in builtin() else Path(recipe).stem
    if here is not None and not here.is_chief:
        settings = asked.search or SearchRecipe()
        _work(Path(settings.directory).expanduser() / (settings.name or usual), here, wait, shown)
        return None
    distribution.leave_gpus()  # to the workers
    search = Search.planned(usual, asked)
    search.folder.mkdir(parents=True, exist_ok=True)
    with alone(search.folder, "searching in", "tune", ", or give another --name"):
        search.write()
        for line in [*raised(search.asked, search.recipe), *warnings(search.facts)]:
            shown.print(line, soft_wrap=True)
        _run(search, here, 1 if workers is None and here is None else workers or 0, wait, shown)
        found = write_trials(search)
        best = write_best(search, found)
        if best is None:
            write_report(search, found)
            raise _nothing_found(search, found)
        write_report(search, found, compared=_is_compared(search))
        if retrain is None:
            return Tuned(search, best)
        comparison = _retrained(search, best, retrain, shown)
        write_report(search, found, compared=_is_compared(search))
        return Tuned(search, best, comparison)


def _work(folder: Path, here: Place, wait: float, console: Console) -> None:
    """Run trials for a chief elsewhere; what training prints goes into the search's logs."""
    log = folder / "logs" / f"{here.id}.txt"
    wait_for(here, wait)
    if not folder.is_dir():
        raise RequestError(
            "search.directory",
            expected="the folder of the chief's search, which all machines share",
            received=f"{folder}, which does not exist",
        )
    console.print(f"{here.id}: trials for the chief at {here.address}, whose course is in {log}", soft_wrap=True)
    work_elsewhere(folder, here, wait)


def _run(search: Search, here: Place | None, workers: int, wait: float, console: Console) -> None:
    remove_unfinished(search.folder)
    oracle = make_oracle(search.settings, search.space, search.objective, search.epochs)
    oracle.keep_in(search.folder, search.num_trials, search.settings.max_seconds)
    known = outcomes(search.folder)
    for one in known:
        write_hparams(search, one)
    if known:
        asked = max(search.num_trials, len(known))  # fewer may be asked for than were
        console.print(f"{search.name}: {len(known)} of {asked} trials are finished already", soft_wrap=True)
    if oracle.is_over:
        return
    with Display(search, oracle, known, console) as display:

        def tell(outcome: Outcome) -> None:
            display.ended(outcome)
            write_trials(search)
            write_hparams(search, outcome)

        address = ANY_PORT if here is None else here.address
        if here is not None and not here.is_local:
            console.print(
                f"warning: the chief listens on {here.address} without a password: whoever reaches it can take and end "
                "trials; use a network that you trust, or an SSH tunnel to an address of this machine alone",
                soft_wrap=True,
            )
        run(oracle, search.folder, workers=workers, address=address, gpus=visible_gpus(), wait=wait, tell=tell,
            beat=display.beat)  # fmt: skip


def _retrained(search: Search, best: Outcome, seeds: int, console: Console) -> Comparison | None:
    """Train the best recipe and the default one, and compare them; None where the best one is the default."""
    if search.found(best.values) == search.asked:
        console.print("the best recipe is the default one: there is nothing to compare", soft_wrap=True)
        return None
    folder = search.folder / COMPARISON
    if not _is_of_this_best(search):  # more trials have found a better one since
        _set_aside(folder / "runs" / Path(BEST).stem)
        write_text(folder / BEST, (search.folder / BEST).read_text(encoding="utf-8"))
    recipes = [str(search.folder / file) for file in (DEFAULT, BEST)]
    return compare(recipes, seeds=seeds, to=folder, console=console)


def _set_aside(folder: Path) -> None:
    """Give a folder another name, if it is there."""
    if folder.exists():
        names = (folder.with_name(f"{folder.name}-before-{number}") for number in itertools.count(1))
        folder.rename(next(path for path in names if not path.exists()))


def _is_of_this_best(search: Search) -> bool:
    """Whether the comparison is one of the best recipe that there is now."""
    kept = search.folder / COMPARISON / BEST
    return kept.is_file() and load(str(kept)) == load(str(search.folder / BEST))


def _is_compared(search: Search) -> bool:
    """Whether the comparison has a page, of the best recipe that there is now."""
    return (search.folder / COMPARISON / "comparison.html").is_file() and _is_of_this_best(search)


def _nothing_found(search: Search, found: Sequence[Outcome]) -> RequestError:
    if not found:
        return RequestError(
            "search.max_seconds",
            expected="time for a trial",
            received=f"{search.settings.max_seconds:g}, in which none ended",
            fix="raise it",
        )
    if all(one.status == "failed" for one in found):
        reason, count = commonest_reason(found)
        return RequestError(
            "tune",
            expected="a trial that comes to something",
            received=f"{len(found)} failed ones, {count} with: {reason}",
            fix=f"see {search.folder / PAGE}",
        )
    return RequestError(
        "tune", expected="a trial that was not pruned", received=f"none in {search.folder}", fix="lower search.prune"
    )
