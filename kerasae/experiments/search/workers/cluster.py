"""A search over several processes or machines, as keras-tuner's environment variables describe it."""

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


@dataclass(frozen=True, slots=True)
class ClusterMember:
    """A process of a search.

    Attributes:
        id: of the process.
        chief_address: "HOST:PORT" of the chief.
    """

    id: str
    chief_address: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> ClusterMember | None:
        """Return what the variables say of this process; None if none of them is set.

        A chief without an IP address listens on the loopback address: it has no password, so that other machines must
        not reach it by default.

        Raises:
            RequestError: one of the variables is missing, or the port is no port.
        """
        values = {name: environment.get(name, "") for name in (ID, IP, PORT)}
        if not any(values.values()):
            return None
        if not values[IP] and _is_chief(values[ID]):
            values[IP] = LOOPBACK
        missing = [name for name, value in values.items() if not value]
        if missing:
            raise RequestError(
                missing[0],
                expected=f"a value, as for {' and '.join(name for name in values if name not in missing)}",
                received="nothing",
                fix="set all three, or none",
            )
        if not values[PORT].isdecimal() or not 0 < int(values[PORT]) < 65536:
            raise RequestError(PORT, expected="a port from 1 to 65535", received=f"{values[PORT]!r}")
        return cls(values[ID], f"{values[IP]}:{values[PORT]}")

    @property
    def is_chief(self) -> bool:
        """Whether this process is the chief, by the rule of keras-tuner."""
        return _is_chief(self.id)

    @property
    def is_on_loopback(self) -> bool:
        """Whether only processes of this machine reach the chief."""
        host = self.chief_address.rpartition(":")[0].strip("[]")
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables of the process."""
        ip, _, port = self.chief_address.rpartition(":")
        return {ID: self.id, IP: ip, PORT: port}


def _is_chief(id: str) -> bool:
    return "chief" in id
