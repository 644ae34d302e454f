"""Runs on three nodes of a real Ray cluster on this machine, over models that need no framework."""

import itertools
import json
import os
import random
import signal
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import ray
from ray.cluster_utils import Cluster

import ganbench
from ganbench import record
from ganbench.errors import InputError
from ganbench.runner.cluster import connection
from ganbench.system import files

from ...light.toy_judges import WEIGHTS
from ..conftest import LIGHT, ended, light, started

ROOT = Path(ganbench.__file__).parents[1]
FOUR = "0,1,2,3"
LOST = "is lost: it goes on elsewhere"
CODE = os.pathsep.join([str(LIGHT), str(ROOT)])


class Nodes:
    """A cluster whose nodes share no cache with each other or with the driver."""

    def __init__(self, folder):
        self.folder = folder
        self.cluster, self.caches = Cluster(), []
        self.add(first={"include_dashboard": False})
        self.added = [self.add() for _ in range(2)]

    def add(self, first=None, again=True, **variables):
        """One node more; Ray gives up on one that a busy machine lets wait for half a minute."""
        cache = self.folder / f"cache-{len(list(self.folder.iterdir()))}"
        cache.mkdir()
        told = {"PYTHONPATH": CODE, "GANBENCH_CACHE": str(cache)} | variables
        try:
            node = self.cluster.add_node(num_cpus=1, env_vars=told, **(first or {}))
        except Exception:
            if not again:
                raise
            return self.add(first, False, **variables)
        self.caches.append(cache)
        return node

    def kill(self, short):
        """Let the added node whose number begins so die."""
        (node,) = [node for node in self.added if node.node_id.startswith(short)]
        self.cluster.remove_node(node, allow_graceful=False)
        self.added.remove(node)


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "disabled")  # whatever this machine's own clusters ask for
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        made = Nodes(tmp_path_factory.mktemp("nodes"))
        yield made
        made.cluster.shutdown()


def command(two_domains, results, *more, models="toy-gan", seeds="0"):
    asked = ("--models", models, "--seeds", seeds, "--snapshots", "2", "--frames", "4", *more)
    return light(two_domains, results, *asked)


def start(words, nodes=None, **variables):
    here = {"RAY_ADDRESS": nodes.cluster.address} if nodes else {}
    return started(words, PYTHONPATH=CODE, **here, **variables)


def folders(results):
    return sorted(path.parent for path in results.glob("s/*/run.json"))


def placed(folder):
    """The nodes that a run has been on, as far as the driver knows, by eight digits."""
    log = folder / "events.jsonl"
    lines = log.read_text().splitlines() if log.exists() else []
    return [told["node"] for told in map(json.loads, lines) if told["event"] == "placed"]


def statuses(results):
    found = (json.loads((each / "record.json").read_text()) for each in folders(results))
    return [record["status"]["name"] for record in found]


def bits(results):
    """What a run must repeat bit for bit, by model and seed."""
    found = {}
    for folder in folders(results):
        name = folder.name.rpartition("-")[0]
        for pattern in ("checkpoint/state.npy", "samples/*", "film/*", "views/*"):
            for path in folder.glob(pattern):
                found[name, path.relative_to(folder).as_posix()] = path.read_bytes()
        rows = [line.split(",") for line in (folder / "history.csv").read_text().splitlines()]
        found[name, "history"] = [[row[0], row[2], *row[5:]] for row in rows]
    return found


def wait_for(what, process, seconds=90):
    limit = time.monotonic() + seconds
    while not (found := what()):
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < limit
        time.sleep(0.05)
    return found


@pytest.fixture(scope="module")
def alone(two_domains, tmp_path_factory):
    """The bits of four runs on this machine."""
    results = tmp_path_factory.mktemp("here")
    code, words = ended(start(command(two_domains, results, "--budget", "60step", seeds=FOUR)))
    assert code == 0, words
    return bits(results)


@pytest.mark.parametrize("count", [4, pytest.param(9, marks=pytest.mark.slow)])
def test_runs_on_three_nodes_of_which_one_dies_are_those_of_one_machine(
    nodes, alone, two_domains, tmp_path, count
):
    there, seeds = tmp_path / "there", ",".join(map(str, range(count)))
    if count > 4:
        here = command(two_domains, tmp_path / "here", "--budget", "60step", seeds=seeds)
        assert ended(start(here))[0] == 0
        alone = bits(tmp_path / "here")
    more = ("--budget", "60step", "--on", "ray", "--save-every", "1s")
    slow = "toy-gan:seconds=0.05"
    process = start(command(two_domains, there, *more, seeds=seeds, models=slow), nodes)
    added = {node.node_id[:8] for node in nodes.added}

    def has_saved():
        """A run on a node that may die, of which a checkpoint has arrived."""
        there_now = [each for each in folders(there) if (each / "checkpoint").exists()]
        unfinished = [each for each in there_now if not (each / "record.json").exists()]
        return [each for each in unfinished if set(placed(each)) & added]

    victim = wait_for(has_saved, process)[0]
    nodes.kill(placed(victim)[0])
    code, words = ended(process)
    nodes.added.append(nodes.add())  # for whoever comes next
    assert code == 0, words
    assert "is lost: it goes on elsewhere" in words and "resumed at step" in words
    assert len(folders(there)) == count and statuses(there) == ["done"] * count
    assert len(set(placed(victim))) == 2
    assert len({node for each in folders(there) for node in placed(each)}) == 3
    assert bits(there) == alone and len(alone) > count * 8
    assert not list(there.glob("s/*/.arriving*")) and not list(there.glob("s/*/*-previous"))
    shipped = [list((cache / "shipped").glob("*/")) for cache in nodes.caches[:3]]
    assert [len([path for path in each if path.is_dir()]) for each in shipped] == [2, 2, 2]
    left = [list((cache / "runs").iterdir()) for cache in nodes.caches[:3]]
    assert [] in left and sum(map(bool, left)) <= 1  # of the one that died


@pytest.mark.slow
def test_of_a_hundred_runs_none_is_lost_when_five_of_their_processes_and_a_node_are_killed(
    nodes, two_domains, tmp_path
):
    """As tests/ganbench/runner/cluster/test_many_runs.py has it of more, with a stand-in of Ray."""
    count, lot, last = 100, random.Random(0), 0.0
    seeds, more = ",".join(map(str, range(count))), ("--budget", "6step", "--on", "ray")
    log, spent = tmp_path / "log", {}  # CPU seconds of the driver, by the number of runs done
    with log.open("w") as said:
        process = start(command(two_domains, tmp_path / "r", *more, seeds=seeds), nodes, out=said)
        while process.poll() is None:
            done = len(list((tmp_path / "r").glob("s/*/record.json")))
            with suppress(psutil.Error):
                spent[done] = sum(psutil.Process(process.pid).cpu_times()[:2])
            lost = log.read_text().count(LOST)
            late = time.monotonic() - last > 2  # the last one was noticed, if at work
            if lost < 5 and done >= 15 * (lost + 1) and late and (there := actors(nodes)):
                lot.choice(there).kill()
                last = time.monotonic()
            if lost == 5 and len(nodes.added) == 2:
                nodes.kill(nodes.added[0].node_id[:8])
            time.sleep(lot.uniform(0.05, 0.2))
    words = log.read_text()
    nodes.added.append(nodes.add())
    assert process.returncode == 0, words
    assert words.count(LOST) >= 5
    assert len(folders(tmp_path / "r")) == count
    assert statuses(tmp_path / "r") == ["done"] * count
    assert words.count("done at step 6") == count  # each run has ended once
    assert not list(tmp_path.glob("r/s/*/.arriving*"))
    first, end = min(done for done in spent if done >= 20), max(spent)
    each = (spent[end] - spent[first]) / (end - first)
    print(f"the driver took {1000 * each:.0f} ms of CPU for each run from {first} to {end}")


def actors(nodes):
    """The processes of our nodes that carry runs out."""
    ours, found = {str(cache) for cache in nodes.caches}, []
    for each in psutil.process_iter():
        with suppress(psutil.Error):
            named = each.cmdline()[:1] and each.cmdline()[0].startswith("ray::Node")
            if named and each.environ().get("GANBENCH_CACHE") in ours:
                found.append(each)
    return found


def test_ctrl_c_saves_what_is_away_and_the_same_command_goes_on_here(
    nodes, alone, two_domains, tmp_path
):
    there, slow = tmp_path / "there", "toy-gan:seconds=0.05"
    words = command(two_domains, there, "--budget", "60step", seeds="0,1", models=slow)
    process = start([*words, "--on", "ray"], nodes)
    lines = iter(process.stdout.readline, "")
    early = list(itertools.takewhile(lambda line: "snapshot at step 30" not in line, lines))
    assert process.poll() is None, early
    asked = time.monotonic()
    process.send_signal(signal.SIGINT)
    code, said = ended(process)
    assert code == 130 and "Continue with the same command" in said, said
    assert time.monotonic() - asked < 20
    begun = [each for each in folders(there) if (each / "record.json").exists()]
    names = {json.loads((each / "record.json").read_text())["status"]["name"] for each in begun}
    assert "interrupted" in names and names <= {"interrupted", "done"}
    assert all((each / "checkpoint" / "checkpoint.json").exists() for each in begun)
    code, said = ended(start(words))  # the folder is where it always was
    assert code == 0 and "resumed at step" in said, said
    assert bits(there) == {key: told for key, told in alone.items() if key[0][-1] in "01"}


def test_a_run_that_fails_on_a_node_has_the_reason_that_it_has_here(nodes, two_domains, tmp_path):
    models = "toy-gan,toy-gan:fault=killed,toy-gan:fault=raises"
    words = command(two_domains, tmp_path, "--budget", "12step", "--on", "ray", models=models)
    code, said = ended(start(words, nodes))
    assert code == 3, said
    found = (json.loads((each / "record.json").read_text()) for each in folders(tmp_path))
    why = {record["label"]: record["status"] for record in found}
    assert why["toy-gan"]["name"] == "done"
    assert why["toy-gan:fault=killed"]["reason"].startswith("its process was killed by SIGKILL")
    assert (
        why["toy-gan:fault=raises"]["reason"]
        == "RuntimeError: the paint is dry (toy_gan.py:68, in misbehave)"
    )


JUDGES = ("--plugin", LIGHT / "toy_judges.py", "--budget", "12step")


def records(results):
    return {folder.name: record.read(folder) for folder in folders(results)}


def found(results):
    """All that judging has found, by run: bytes of the record and of what lies beside it."""
    names = ("record.json", "nearest.json", "nearest/pictures.npy")
    return {each.name: [(each / name).read_bytes() for name in names] for each in folders(results)}


def test_nodes_judge_what_they_have_trained_and_find_what_is_found_here(
    nodes, two_domains, tmp_path
):
    weights = tmp_path / "weights" / "toy.pth"
    files.write_bytes(weights, WEIGHTS)  # no node has them
    more = (*JUDGES, "--extractor", "toy", "--metrics", "kid,fwd,nearest")
    words = command(two_domains, tmp_path / "r", *more, seeds="0,1")
    known = {"GANBENCH_WEIGHTS": str(weights.parent)}
    code, said = ended(start([*words, "--on", "ray"], nodes, TRIAL_REPORT="nodes", **known))
    assert code == 0, said
    before, runs = found(tmp_path / "r"), records(tmp_path / "r")
    assert all(run.scores["toy_kd"].value and len(run.curve) == 2 for run in runs.values())
    one, _ = folders(tmp_path / "r")
    record.write(one, replace(runs[one.name], scores={}, raw_scores={}, curve=(), evidence={}))
    stamps = {each: (each / "record.json").stat().st_mtime_ns for each in folders(tmp_path / "r")}
    code, said = ended(start(words, TRIAL_REPORT="scores", **known))
    assert code == 0, said
    assert found(tmp_path / "r") == before
    after = {each: (each / "record.json").stat().st_mtime_ns for each in stamps}
    assert [after[each] == stamps[each] for each in stamps] == [False, True]  # not judged again
    judged = [cache for cache in nodes.caches if (cache / "features").exists()]
    assert judged
    for cache in judged:  # once a node: the weights, and what they see in the reference
        assert len(list((cache / "shipped").glob("*-file.pth"))) == 1
        assert len(list((cache / "features").glob("*/about.json"))) == 1
        assert list((cache / "runs").iterdir()) == []


@pytest.mark.parametrize("how", ["fails", "is told to stop", "is lost"])
def test_what_a_node_cannot_judge_is_judged_here(nodes, two_domains, tmp_path, how):
    metrics = f"fwd,{'fails' if how == 'fails' else 'waits'}_away"
    more = (*JUDGES, "--metrics", metrics, "--on", "ray")
    words = command(two_domains, tmp_path, *more, seeds="0,1,2")
    process = start(words, nodes, TRIAL_REPORT="scores", TRIAL_HERE="1")
    if how != "fails":
        wait_for(lambda: len(list(tmp_path.glob("s/*/record.json"))) == 3, process)
    asked = time.monotonic()
    if how == "is told to stop":
        process.send_signal(signal.SIGINT)
    if how == "is lost":
        places = {where for each in folders(tmp_path) for where in placed(each)}
        nodes.kill(min(places & {node.node_id[:8] for node in nodes.added}))
        for cache in nodes.caches:
            (cache / "go").touch()
    code, said = ended(process)
    if how == "is lost":
        nodes.added.append(nodes.add())  # for whoever comes next
        for cache in nodes.caches:
            (cache / "go").unlink(missing_ok=True)
    scored = [run.scores.keys() for run in records(tmp_path).values()]
    assert statuses(tmp_path) == ["done"] * 3
    if how == "is told to stop":
        assert code == 130 and time.monotonic() - asked < 20, said
        assert scored == [set()] * 3 and "judged here" not in said
        return
    assert code == 0, said
    assert scored == [set(metrics.split(","))] * 3
    why = "the node is lost" if how == "is lost" else "RuntimeError: the judge has no eyes"
    told = [line for line in said.splitlines() if "so it is judged here: " in line]
    assert len(told) == (1 if how == "is lost" else 3) and all(why in line for line in told), said


SITE = """
import pathlib, sys, types
said = pathlib.Path(__file__).with_name("version").read_text()
sys.modules["ganbench"] = None if not said else types.ModuleType("ganbench")
if said:
    sys.modules["ganbench"].__version__ = said
"""


def test_a_node_without_ganbench_or_with_another_is_named(nodes, monkeypatch, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(SITE)
    (tmp_path / "version").write_text("")
    bad = nodes.add(PYTHONPATH=str(tmp_path))
    monkeypatch.setenv("RAY_ADDRESS", nodes.cluster.address)

    def refused():
        with pytest.raises(InputError) as raised, connection.connected("ray"):
            pass
        assert not ray.is_initialized()
        return f"{raised.value} {raised.value.hint}"

    try:
        said = refused()
        assert "has no ganbench" in said and f"ganbench[ray]=={ganbench.__version__}" in said
        (tmp_path / "version").write_text("0.0.7")
        assert f"has ganbench 0.0.7, and this is {ganbench.__version__}" in refused()
    finally:
        nodes.cluster.remove_node(bad, allow_graceful=False)


@pytest.mark.slow
def test_a_node_that_cannot_take_the_pictures_is_named_and_the_others_are_saved(
    nodes, two_domains, tmp_path
):
    full, there = tmp_path / "full", tmp_path / "there"
    full.write_text("no folder")
    more = ("--budget", "900step", "--on", "ray", "--save-every", "1s")
    slow = "toy-gan:seconds=0.05"
    process = start(command(two_domains, there, *more, seeds=FOUR, models=slow), nodes)
    wait_for(lambda: list(there.glob("s/*/checkpoint")), process)
    bad = nodes.add(GANBENCH_CACHE=str(full))  # which gets the run that waits for a free node
    try:
        code, said = ended(process)
    finally:
        nodes.cluster.remove_node(bad, allow_graceful=False)
    assert code == 2, said
    (error,) = [line for line in said.splitlines() if line.startswith("error: ")]
    assert "cannot write to the cache folder" in error and "Traceback" not in said
    saved = [each for each in folders(there) if (each / "record.json").exists()]
    names = [json.loads((each / "record.json").read_text())["status"]["name"] for each in saved]
    assert names == ["interrupted"] * 3


@pytest.mark.slow
def test_when_the_head_of_the_cluster_is_gone_that_is_said_and_what_came_is_kept(
    nodes, two_domains, tmp_path
):
    slow = "toy-gan:seconds=0.05"
    more = ("--budget", "900step", "--on", "ray", "--save-every", "1s")
    words = command(two_domains, tmp_path, *more, seeds="0,1", models=slow)
    process = start(words, nodes, TRIAL_GONE="2")
    wait_for(lambda: list(tmp_path.glob("s/*/checkpoint")), process)
    nodes.cluster.head_node.kill_gcs_server()  # nobody comes after this test
    code, said = ended(process)
    assert code == 2, said
    assert "error: the cluster does not answer any more" in said and "Traceback" not in said
    assert not list(tmp_path.glob("s/*/.arriving*"))
