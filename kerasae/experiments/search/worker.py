"""A worker of a search: asks the chief for trials and runs them, one after the other, in a process of its own.

`python -m kerasae.experiments.search.worker FOLDER SECONDS` with keras-tuner's variables set. TensorFlow keeps some
12 MB of every model that it has trained, whatever is cleared, so that a worker hands over to a new process after
`TRIALS` of them.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from kerasae.experiments.search.cluster import Place, place
from kerasae.utils.errors import RequestError
from kerasae.utils.processes import serve
from kerasae.utils.tensorflow import load_tensorflow

if TYPE_CHECKING:
    from collections.abc import Iterator

TRIALS = 25
IDLE_SECONDS, BEAT_SECONDS = 0.5, 5.0
HANDS_OVER = 75  # exit code of a worker that has done its share, while there are trials left
WAIT_SECONDS = 60.0


def work(folder: Path, wait: float = WAIT_SECONDS, most: int | None = None) -> bool:
    """Run trials until there are none left, or `most` of them; return whether there may be more.

    Args:
        folder: where the search lies, for the chief too.
        wait: seconds within which the chief must answer.

    Raises:
        RequestError: there is no chief, or no search in the folder.
    """
    load_tensorflow()
    import grpc
    from keras_tuner.engine.trial import Trial
    from keras_tuner.src.distribute import oracle_client

    from kerasae.data.collection_cache import Opener
    from kerasae.experiments.search.kerastuner.resumable_oracle import notes_of, values_of
    from kerasae.experiments.search.outcome import trial_folder
    from kerasae.experiments.search.plan import Search
    from kerasae.experiments.search.trial import run_trial
    from kerasae.runs.origins import load_kept

    here = place()
    assert here is not None
    wait_for(here, wait)
    search, opener = Search.read(folder), Opener(asks=False)
    load_kept(search.recipe.plugins, search.origins, f"search {folder}")
    oracle_client.TIMEOUT = wait  # keras-tuner's is an hour
    client = oracle_client.OracleClient(None)
    done = 0
    try:
        while most is None or done < most:
            trial = client.create_trial(here.id)
            if trial.status == "STOPPED":
                return False
            if trial.status == "IDLE":
                time.sleep(IDLE_SECONDS)
                continue
            with _heard(client, trial.trial_id, here, wait):
                # As the chief has written it: what came over the wire is rounded and without choices' own types.
                kept = Trial.load(str(trial_folder(folder, trial.trial_id) / "trial.json"))
                run_trial(search, trial.trial_id, values_of(kept, search.space), opener, notes_of(kept))
            with contextlib.redirect_stdout(io.StringIO()):  # keras-tuner prints every condition that it sends
                client.end_trial(trial)
            done += 1
    except grpc.RpcError:
        raise _gone(here, wait) from None
    return True


def wait_for(here: Place, wait: float) -> None:
    """Wait until the chief answers.

    Raises:
        RequestError: it does not within `wait` seconds.
    """
    import grpc

    try:
        with grpc.insecure_channel(here.address) as channel:
            grpc.channel_ready_future(channel).result(timeout=wait)
    except grpc.FutureTimeoutError:
        raise _gone(here, wait) from None


def _gone(here: Place, wait: float) -> RequestError:
    return RequestError(
        "tune",
        expected=f"a chief at {here.address} (KERASTUNER_ORACLE_IP, KERASTUNER_ORACLE_PORT)",
        received=f"no answer in {wait:g} seconds",
        fix="start the chief first, or raise --wait",
    )


@contextlib.contextmanager
def _heard(client: object, trial: str, here: Place, wait: float) -> Iterator[None]:
    """Tell the chief again and again that the worker is at its trial; end the process, with a line, if it is not."""
    over = threading.Event()

    def tell() -> None:
        import grpc
        from keras_tuner.src import protos

        from kerasae.experiments.search.kerastuner.chief import NAME_KEY

        while not over.wait(BEAT_SECONDS):
            try:
                request = protos.get_service().GetTrialRequest(trial_id=trial)
                client.stub.GetTrial(  # type: ignore[attr-defined]
                    request, wait_for_ready=True, timeout=wait, metadata=((NAME_KEY, here.id),)
                )
            except grpc.RpcError as error:
                if not over.is_set():
                    given = error.code() is grpc.StatusCode.FAILED_PRECONDITION
                    left = f"tune: {error.details()}; the same command again takes the next one"
                    # The last line of the worker's log, which is what whoever has started it is told.
                    print(f"kerasae: {left if given else _gone(here, wait)}", file=sys.__stderr__, flush=True)
                    os._exit(1 if given else 2)

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()


if __name__ == "__main__":
    serve(lambda: HANDS_OVER if work(Path(sys.argv[1]), float(sys.argv[2]), most=TRIALS) else 0)
