"""What it costs that runs train elsewhere: python benchmarks/cluster_costs.py OUT.json.

Bytes that move, and seconds beside the training, of `--on ray`, of merging shards and of pushing to
an object storage. All of it is on this machine: a Ray node with a cache of its own, and moto's S3
server. So seconds are those of processes and of the disk, and a network's come on top: the bytes by
its speed. Each run is trained here and there, in turns, on one thread.
"""

import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

from speed_table import machine, rounded

import ganbench
from ganbench.planning.suite import Suite
from ganbench.record import Record
from ganbench.runner import merge, mirror, suite_runner
from ganbench.runner.cluster.connection import Cluster
from ganbench.runner.cluster.inbox import Inbox
from ganbench.runner.interrupts import Interrupts
from ganbench.runner.lines import Lines
from ganbench.runner.prepare import prepare, reached

MODELS = ("dcgan", "cyclegan-unet")
TURNS = 5
MB = 1e6
SHARDED = (0, 1, 2, 3)  # seeds of the runs that are merged and pushed


class Times(Lines):
    """When things come to the command that waits for them, in seconds since it began."""

    def __init__(self) -> None:
        super().__init__(lambda line: None)
        self.began = time.time()
        self.first = self.last = self.record = 0.0

    def message(self, planned: Any, message: dict[str, Any]) -> None:
        """The first step is told when it is taken, and the last."""
        if message["kind"] == "progress":
            self.first = self.first or self._now()
            self.last = self._now()

    def ended(self, planned: Any, record: Record) -> None:
        """Its record is here."""
        self.record = self._now()

    def _now(self) -> float:
        return time.time() - self.began


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """Count bytes by what they are of: what nodes are given, and each folder of a run."""
    found: Counter[str] = Counter()
    take, parts = Inbox.take, Cluster.parts

    def counting(self: Inbox, message: dict[str, Any]) -> None:
        if message["kind"] == "part":
            found[message["name"].partition("/")[0]] += len(message["data"])
        take(self, message)

    def putting(self: Cluster, path: Path) -> list[Any]:
        found["given"] += path.stat().st_size
        return parts(self, path)

    Inbox.take, Cluster.parts = counting, putting
    try:
        yield found
    finally:
        Inbox.take, Cluster.parts = take, parts


def carried_out(
    model: str,
    seeds: tuple[int, ...],
    results: Path,
    cluster: Cluster | None = None,
    part: str | None = None,
) -> tuple[Times, list[Path]]:
    """Train some runs of a few steps; what that took, and their folders."""
    suite = Suite(
        models=(model,), seeds=seeds, size=64, budget="20step", device="cpu", threads=1,
        extractors=("efficientnet-lite0",), name=model,
    )  # fmt: skip
    ready = prepare(suite, mirror.place(str(results)), lambda *_: None, part=part, cluster=cluster)
    times = Times()
    suite_runner.execute(
        ready.plan, "", ready.extractors, False, times, asks=Interrupts(), cluster=cluster
    )
    return times, [planned.folder for planned in ready.plan.runs]


def of_ray(scratch: Path) -> dict[str, Any]:
    """Bytes and seconds of a run by model, here and on a node, and of the pictures once a node."""
    found: dict[str, Any] = {}
    with node(scratch / "cache"), ExitStack() as stack:
        began = time.time()
        cluster = stack.enter_context(reached("ray"))
        found["seconds to reach the cluster"] = time.time() - began
        for model in MODELS:
            here, there, judging = [], [], []
            for seed in range(TURNS):
                here.append(carried_out(model, (seed,), scratch / "here")[0])
                with counted() as bytes_:
                    times, (folder,) = carried_out(model, (seed,), scratch / "there", cluster)
                there.append(times)
                scored = (folder / "record.json").stat().st_mtime - times.began
                judging.append(scored - times.record)
                if seed == 0 and model == MODELS[0]:
                    found["pictures once a node, MB"] = bytes_["given"] / MB
                    first_judging = judging.pop()  # with what the judge sees in the paintings
                    found["seconds to the first scores of a node"] = first_judging
            found[model] = costs(here, there, bytes_) | {"seconds to scores": min(judging)}
    return found


def costs(here: list[Times], there: list[Times], bytes_: Counter[str]) -> dict[str, Any]:
    """Of one model: the least of the turns, which others disturb, and the bytes of the last one."""

    def seconds(turns: list[Times]) -> dict[str, float]:
        first = min(times.first for times in turns)
        after = min(times.record - times.last for times in turns)
        return {"seconds to first step": first, "seconds to record": after}

    ours, theirs = seconds(here), seconds(there)
    home = {name: count for name, count in bytes_.items() if name != "given"}
    return {
        "given, MB": bytes_["given"] / MB,
        "home, MB": sum(home.values()) / MB,
        "checkpoint, MB": home["checkpoint"] / MB,
        "here": ours,
        "there": theirs,
        "later": {name: theirs[name] - ours[name] for name in ours},
    }


@contextmanager
def node(cache: Path) -> Iterator[None]:
    """A cluster of one node of one core, which shares no cache with us."""
    from ray.cluster_utils import Cluster as Nodes

    code = str(Path(ganbench.__file__).parents[1])
    os.environ |= {"RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"}
    nodes = Nodes()
    told = {"PYTHONPATH": code, "GANBENCH_CACHE": str(cache)}
    nodes.add_node(num_cpus=1, env_vars=told, include_dashboard=False)
    os.environ["RAY_ADDRESS"] = nodes.address
    try:
        yield
    finally:
        del os.environ["RAY_ADDRESS"]
        nodes.shutdown()


def size(folders: list[Path]) -> float:
    """MB of all files in them."""
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return sum(path.stat().st_size for path in files) / MB


def of_merge(scratch: Path) -> dict[str, Any]:
    """Two shards put together; the page, which takes as long whatever was merged, left out."""
    model = MODELS[0]
    shards = [scratch / "A", scratch / "B"]
    for place, shard in enumerate(shards, 1):
        carried_out(model, SHARDED, shard, part=f"{place}/{len(shards)}")
    began = time.time()
    told = merge.merge(shards, scratch / "M", None, "")
    seconds = time.time() - began
    runs = [path.parent for path in (scratch / "M" / model).glob("*/record.json")]
    assert told.runs == len(runs) == len(SHARDED)
    count = len(runs)
    return {"runs": count, "MB a run": size(runs) / count, "seconds a run": seconds / count}


def of_storage(scratch: Path) -> dict[str, Any]:
    """The merged runs pushed to an S3 server of this machine."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    known = {"AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_DEFAULT_REGION": "us-east-1"}
    os.environ |= known | {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
    client = boto3.client("s3")
    client.create_bucket(Bucket="bucket")
    os.environ["GANBENCH_CACHE"] = str(scratch / "storage")
    side = mirror.Mirror("s3://bucket/results")
    shutil.copytree(scratch / "M" / MODELS[0], side.folder / MODELS[0])
    runs = [path.parent.name for path in side.folder.glob("*/*/record.json")]
    began = time.time()
    assert side.push(MODELS[0], runs) == []
    seconds = time.time() - began
    stored = client.list_objects_v2(Bucket="bucket")["Contents"]
    server.stop()
    of_runs = [each["Size"] for each in stored if any(run in each["Key"] for run in runs)]
    return {
        "runs": len(runs),
        "MB a run": sum(of_runs) / MB / len(runs),
        "objects a run": len(of_runs) / len(runs),
        "seconds a run": seconds / len(runs),
    }


def to_four(value: Any) -> Any:
    """With four digits of each number."""
    if not isinstance(value, dict):
        return value
    return {name: to_four(each) for name, each in rounded(value).items()}


def main(out: Path) -> None:
    """Measure all, and write it down."""
    for module, name in ((suite_runner, "_conclude"), (merge, "report")):  # the same everywhere
        setattr(module, name, lambda *_: Path())
    scratch = Path(tempfile.mkdtemp())
    try:
        found: dict[str, Any] = {"machine": machine() | {"ray": metadata.version("ray")}}
        for name, measure in (("ray", of_ray), ("merge", of_merge), ("storage", of_storage)):
            found[name] = measure(scratch)
    finally:
        shutil.rmtree(scratch)
    text = json.dumps(to_four(found), indent=1) + "\n"
    out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
