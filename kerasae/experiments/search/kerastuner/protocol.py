"""keras-tuner's gRPC protocol, of which it has no public path."""

from __future__ import annotations

from typing import Any

from keras_tuner.src import protos
from keras_tuner.src.distribute.oracle_chief import OracleServicer

__all__ = ["WORKER_KEY", "OracleServicer", "add_servicer", "messages", "oracle_stub"]

WORKER_KEY = "tuner-id"  # of the metadata in which a worker names itself

messages: Any = protos.get_service()  # CreateTrialRequest, CreateTrialResponse and so on


def add_servicer(servicer: OracleServicer, server: Any) -> None:
    """Serve the calls of a servicer."""
    protos.get_service_grpc().add_OracleServicer_to_server(servicer, server)


def oracle_stub(channel: Any) -> Any:
    """Return the calls of a worker over a channel: `CreateTrial`, `GetTrial`, `EndTrial` and so on."""
    return protos.get_service_grpc().OracleStub(channel)
