"""A user error carries its parts, and its place can be changed without touching the others."""

import pickle

import pytest

from kerasae.utils.errors import RequestError

ERROR = RequestError("epochs", expected="a number", received="'two'", fix="write 2")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ERROR, "epochs: expected a number. Received: 'two'; write 2"),
        (RequestError(expected="a number", received=2.5), "expected a number. Received: 2.5"),
        (RequestError("run", received="it is gone"), "run: it is gone"),
        (ERROR.at("phases.0.epochs"), "phases.0.epochs: expected a number. Received: 'two'; write 2"),
        (ERROR.at(""), "expected a number. Received: 'two'; write 2"),
        (ERROR.within("recipe"), "recipe: epochs: expected a number. Received: 'two'; write 2"),
        (ERROR.at("").within("recipe"), "recipe: expected a number. Received: 'two'; write 2"),
        (ERROR.with_fix("or 3"), "epochs: expected a number. Received: 'two'; write 2; or 3"),
        (RequestError("a", expected="b").with_fix("c"), "a: expected b; c"),
    ],
)
def test_the_message_is_made_of_the_parts(error: RequestError, message: str) -> None:
    assert str(error) == message
    assert str(pickle.loads(pickle.dumps(error))) == message
