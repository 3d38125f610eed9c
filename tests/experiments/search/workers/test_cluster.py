"""The members of a search over several processes, from the environment."""

import pytest

from kerasae.experiments.search.workers.cluster import ID, IP, PORT, ClusterMember
from kerasae.utils.errors import RequestError


def test_the_variables_name_the_process_and_its_chief() -> None:
    assert ClusterMember.from_environment({}) is None
    member = ClusterMember.from_environment({ID: "the-chief", IP: "10.0.0.1", PORT: "8000"})
    assert member == ClusterMember("the-chief", "10.0.0.1:8000")
    assert member.is_chief
    assert not member.is_on_loopback
    assert member.variables == {ID: "the-chief", IP: "10.0.0.1", PORT: "8000"}


def test_a_chief_listens_on_this_machine_alone_unless_told() -> None:
    alone = ClusterMember.from_environment({ID: "chief", PORT: "8000"})
    assert alone == ClusterMember("chief", "127.0.0.1:8000")
    assert alone.is_on_loopback
    addresses = ("localhost:1", "[::1]:1", "0.0.0.0:1", "host:1")
    assert [ClusterMember("chief", address).is_on_loopback for address in addresses] == [True, True, False, False]
    with pytest.raises(RequestError, match=r"KERASTUNER_ORACLE_IP: expected a value"):
        ClusterMember.from_environment({ID: "worker", PORT: "8000"})
