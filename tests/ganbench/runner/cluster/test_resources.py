"""What a run asks of the nodes of a cluster."""

from dataclasses import dataclass
from typing import Any

import pytest

from ganbench.errors import InputError
from ganbench.memory_forecast import Need
from ganbench.runner.cluster import resources
from ganbench.runner.cluster.resources import BESIDE_TENSORS, Machine

GIB = 2**30
SMALL = Machine("a", "small", 4, 0, 8 * GIB)
LARGE = Machine("b", "large", 16, 0, 64 * GIB)
GPUS = Machine("c", "gpus", 0.5, 2, 64 * GIB)


@dataclass
class Asked:
    """As much of a suite, a plan and a run of it as counts here."""

    device: str = "cpu"
    threads: int | None = None
    memory: Any = None
    runs: tuple = (1, 2)

    @property
    def suite(self):
        return self

    def of(self, *machines):
        self.runs = (self, self)
        return resources.of(self, self, machines)


def need(total):
    return Need(total, 0, 0, 0, 0, 0, None)


def test_on_a_gpu_a_run_has_one_and_no_more_cores_than_there_are():
    assert Asked("cuda").of(SMALL, GPUS) == {"num_gpus": 1, "num_cpus": 0.5}
    assert Asked("cuda:1").of(Machine("d", "d", 8, 1, GIB)) == {"num_gpus": 1, "num_cpus": 1}


def test_on_a_cpu_a_run_has_its_threads_or_a_node_to_itself():
    assert Asked(threads=3).of(SMALL, LARGE) == {"num_cpus": 3}
    assert Asked(threads=64).of(SMALL, LARGE) == {"num_cpus": 16}
    assert Asked().of(SMALL, LARGE, GPUS) == {"num_cpus": 4}


def test_memory_is_asked_for_and_never_more_than_a_node_has_that_has_the_cores():
    forecast = need(2 * GIB)
    asked = Asked(threads=4, memory=forecast).of(SMALL, LARGE)
    assert asked["memory"] == 2 * GIB + BESIDE_TENSORS
    assert Asked(threads=4, memory=need(100 * GIB)).of(SMALL)["memory"] == 8 * GIB
    assert Asked(threads=8, memory=need(100 * GIB)).of(SMALL, LARGE)["memory"] == 64 * GIB


@pytest.mark.parametrize(("device", "word"), [("cuda", "GPU"), ("cpu", "CPU core")])
def test_nodes_that_have_not_what_it_takes_are_told(device, word):
    has = (SMALL, LARGE) if device == "cuda" else (GPUS,)
    with pytest.raises(InputError, match=f"no node of the cluster has a {word}"):
        Asked(device).of(*has)


def test_on_nodes_of_different_sizes_every_run_has_as_many_threads():
    assert resources.threads(Asked(), (SMALL, LARGE)) == 4
    assert resources.threads(Asked(), (LARGE, LARGE)) is None
    assert resources.threads(Asked(threads=2), (SMALL, LARGE)) == 2
    assert resources.threads(Asked("cuda"), (SMALL, GPUS)) is None


def test_it_is_known_when_runs_will_share_a_node():
    alone, together = Asked(threads=4), Asked(threads=2)
    for each in (alone, together):
        each.runs = (each, each)
    assert resources.shares(together, (SMALL,)) and not resources.shares(alone, (SMALL,))
    together.runs = (together,)
    assert not resources.shares(together, (SMALL,))


def test_what_ray_says_of_a_node_is_read():
    told = {"NodeID": "ab", "NodeManagerHostname": "h", "Resources": {"CPU": 2.0, "memory": 5.0}}
    assert resources.machine(told) == Machine("ab", "h", 2.0, 0.0, 5.0)
