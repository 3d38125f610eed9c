"""Where the chief of a search is and who one is oneself: keras-tuner's own variables of the environment."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kerasae.utils.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

LOOPBACK = "127.0.0.1"
ID, IP, PORT = "KERASTUNER_TUNER_ID", "KERASTUNER_ORACLE_IP", "KERASTUNER_ORACLE_PORT"


@dataclass(frozen=True)
class Place:
    """The name of a process in a search, and the address of the chief."""

    id: str
    address: str

    @property
    def is_chief(self) -> bool:
        """Whether this is the chief, as keras-tuner tells it."""
        return _is_chief(self.id)

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches the address."""
        host = self.address.rpartition(":")[0].strip("[]")
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    @property
    def variables(self) -> dict[str, str]:
        """The variables that say so."""
        ip, _, port = self.address.rpartition(":")
        return {ID: self.id, IP: ip, PORT: port}


def place(environment: Mapping[str, str] = os.environ) -> Place | None:
    """Return the place that the variables give this process; None where there are none.

    A chief without an IP listens on this machine alone: it has no password, so that others reach it only if told.

    Raises:
        RequestError: one of the three is missing, or the port is no number.
    """
    given = {name: environment.get(name, "") for name in (ID, IP, PORT)}
    if not any(given.values()):
        return None
    if not given[IP] and _is_chief(given[ID]):
        given[IP] = LOOPBACK
    missing = [name for name, value in given.items() if not value]
    if missing:
        raise RequestError(
            f"{missing[0]}",
            expected=f"a value, as for {' and '.join(name for name in given if name not in missing)}",
            received="nothing",
            fix="set all three, or none",
        )
    if not given[PORT].isdecimal() or not 0 < int(given[PORT]) < 65536:
        raise RequestError(f"{PORT}", expected="a port from 1 to 65535", received=f"{given[PORT]!r}")
    return Place(given[ID], f"{given[IP]}:{given[PORT]}")


def _is_chief(id: str) -> bool:
    return "chief" in id
