"""The way to a cluster: what is wrong with an address or a node is one sentence."""

import socket
import sys
import time

import pytest
import ray
from ray.cluster_utils import Cluster
from ray.util.client import worker as client

import ganbench as ours
from ganbench.errors import InputError
from ganbench.runner.cluster import connection

SITE = """
import pathlib, sys, types
said = pathlib.Path(__file__).with_name("version").read_text()
sys.modules["ganbench"] = None if not said else types.ModuleType("ganbench")
if said:
    sys.modules["ganbench"].__version__ = said
"""


@pytest.fixture(scope="module")
def two_nodes(tmp_path_factory):
    """A cluster, and the file that says which ganbench its second node has: "": none."""
    site = tmp_path_factory.mktemp("site")
    (site / "sitecustomize.py").write_text(SITE)
    (site / "version").write_text("")
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    made.add_node(num_cpus=1, env_vars={"PYTHONPATH": str(site)})
    yield made, site / "version"
    made.shutdown()


def reach(on, monkeypatch, cluster=None):
    if cluster:
        monkeypatch.setenv("RAY_ADDRESS", cluster.address)
    else:
        monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with connection.connected(on) as found:
        return found.words


@pytest.mark.parametrize(
    "on",
    ["slurmy", "ray:/x", "ray://", "ray://a b:1", "ray://h:port", "ray://h:123456", "tcp://h:1"],
)
def test_what_is_no_address_is_told_with_one_that_is(on, monkeypatch):
    with pytest.raises(InputError, match="is no place to run on") as raised:
        reach(on, monkeypatch)
    assert "--on ray" in raised.value.hint


@pytest.mark.parametrize("on", ["ray://127.0.0.1:1", "ray://nowhere.invalid", "ray://[::1]:1"])
def test_an_address_at_which_nobody_listens_is_known_at_once(on, monkeypatch):
    began = time.monotonic()
    with pytest.raises(InputError, match="nobody answers at") as raised:
        reach(on, monkeypatch)
    assert "ray start --head" in raised.value.hint and time.monotonic() - began < 10


def test_who_listens_there_and_is_no_cluster_is_told_so(monkeypatch):
    monkeypatch.setattr(client, "INITIAL_TIMEOUT_SEC", 0.2)  # 30 s in all otherwise
    monkeypatch.setattr(client, "backoff", lambda seconds: seconds)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(InputError, match=f"there is no Ray cluster at 127.0.0.1:{port}"):
            reach(f"ray://127.0.0.1:{port}", monkeypatch)


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


def test_a_node_without_ganbench_with_another_or_with_other_code_is_named(two_nodes, monkeypatch):
    cluster, version = two_nodes
    with pytest.raises(InputError, match="has no ganbench") as raised:
        reach("ray", monkeypatch, cluster)
    assert f"ganbench[ray]=={ours.__version__}" in raised.value.hint
    version.write_text("0.0.7")
    with pytest.raises(InputError, match=f"has ganbench 0.0.7, and this is {ours.__version__}"):
        reach("ray", monkeypatch, cluster)
    version.write_text(ours.__version__)
    with pytest.raises(InputError, match="has other code of ganbench"):
        reach("ray", monkeypatch, cluster)
    assert not ray.is_initialized()
