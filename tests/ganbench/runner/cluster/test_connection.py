"""The way to a cluster: what is wrong with an address or a node is one sentence."""

import os
import socket
import sys
import time
from dataclasses import replace

import pytest
from ray.util.client import worker as client

from ganbench import __version__ as version
from ganbench.errors import InputError
from ganbench.jobs import Inspected, InspectJob
from ganbench.runner.cluster import connection
from ganbench.runner.cluster.resources import Machine
from ganbench.system import child_process


def rays():
    return {name: told for name, told in os.environ.items() if name.startswith("RAY_")}


@pytest.fixture(autouse=True)
def nothing_changes(monkeypatch):
    """No cluster of this machine counts, and the variables stay as they are."""
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    before = rays()
    yield
    assert {name: told for name, told in rays().items() if name != "RAY_ADDRESS"} == before


def reach(on):
    with connection.connected(on) as found:
        return found.words


@pytest.mark.parametrize(
    "on",
    ["slurmy", "ray:/x", "ray://", "ray://a b:1", "ray://h:port", "ray://h:123456", "tcp://h:1"],
)
def test_what_is_no_address_is_told_with_one_that_is(on):
    with pytest.raises(InputError, match="is no place to run on") as raised:
        reach(on)
    assert "--on ray" in raised.value.hint


@pytest.mark.parametrize("on", ["ray://127.0.0.1:1", "ray://nowhere.invalid", "ray://[::1]:1"])
def test_an_address_at_which_nobody_listens_is_known_at_once(on):
    began = time.monotonic()
    with pytest.raises(InputError, match="nobody answers at") as raised:
        reach(on)
    assert "ray start --head" in raised.value.hint and time.monotonic() - began < 10


def test_who_listens_there_and_is_no_cluster_is_told_so(monkeypatch):
    monkeypatch.setattr(client, "INITIAL_TIMEOUT_SEC", 0.2)  # 30 s in all otherwise
    monkeypatch.setattr(client, "backoff", lambda seconds: seconds)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(InputError, match=f"there is no Ray cluster at 127.0.0.1:{port}"):
            reach(f"ray://127.0.0.1:{port}")


def test_without_ray_one_sentence_says_what_to_install(monkeypatch, ganbench):
    monkeypatch.setitem(sys.modules, "ray", None)
    code, _, said = ganbench("run", "--on", "ray")
    assert code == 2 and said.splitlines()[0] == "error: Ray is not installed"
    assert 'pip install "ganbench[ray]"' in said


@pytest.mark.parametrize("address", ["ray://127.0.0.1:1", "127.0.0.1:1", "nonsense"])
def test_a_cluster_of_a_variable_that_is_not_there(monkeypatch, address):
    monkeypatch.setenv("RAY_ADDRESS", address)
    with (
        pytest.raises(InputError, match="no Ray cluster at RAY_ADDRESS"),
        connection.connected("ray"),
    ):
        pass


def test_a_node_with_other_code_of_the_same_version_is_named(monkeypatch):
    here = Machine("ab", "node one", 1, 0, 1)
    made = connection.Cluster(None, (here,), "ours", ("h", 1))
    told = {"version": version, "digest": "ours"}
    monkeypatch.setattr(made, "_ask_on", lambda machine: None)
    monkeypatch.setattr(made, "name", lambda identity: "node one")
    monkeypatch.setattr(made, "_answers", lambda asked: [told])
    made.check()
    told["digest"] = "theirs"
    with pytest.raises(InputError, match="the node node one has other code of ganbench"):
        made.check()


def test_the_model_is_inspected_where_the_gpu_is_and_here_if_there_is_none(monkeypatch):
    asked = []
    answer = Inspected("cpu", ())
    ended = child_process.Ended(0, ({"kind": "result", "value": child_process.plain(answer)},), "")
    monkeypatch.setattr(child_process, "run", lambda module, job: asked.append(job) or ended)
    made = connection.Cluster(None, (Machine("ab", "n", 1, 0, 1),), "", ("h", 1))
    job = InspectJob("pytorch", None, 32, None, ())
    assert made.inspect(job) == answer and asked[0].device == "cpu"
    with pytest.raises(InputError, match="no node of the cluster has a GPU"):
        made.inspect(replace(job, device="cuda"))
