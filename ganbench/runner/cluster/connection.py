"""The way to a Ray cluster: found, held against our own version, and left as it was."""

import os
import re
import socket
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import ganbench
from ganbench.data import shipped
from ganbench.data.store import Domain
from ganbench.errors import InputError, first_line
from ganbench.jobs import INSPECTOR, Inspected, InspectJob
from ganbench.planning import plan as planning
from ganbench.planning.plan import Plan
from ganbench.runner.cluster import node, resources
from ganbench.runner.cluster.outbox import PART
from ganbench.runner.cluster.resources import Machine
from ganbench.system import child_process, digest_cache, files, own_source
from ganbench.system.text import shown

INSTALL = 'pip install "ganbench[ray]"'
ADDRESS = re.compile(r"ray(://(?P<host>[\w.-]+|\[[0-9a-fA-F:]+\])(:(?P<port>[0-9]{1,5}))?/?)?")
REMEMBERED = re.compile(r"(ray://)?(?P<host>[\w.-]+|\[[0-9a-fA-F:]+\]):(?P<port>[0-9]{1,5})/?")
PORT = 10001  # of Ray's client server, which `ray start --head` opens
CONNECT_SECONDS = 5.0
Door = tuple[str, int]  # host and port
TOKEN = ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")
TOKEN_HINT = "a cluster that asks for a token has it in ~/.ray/auth_token on its head: copy it here"
ANSWER_SECONDS = 120.0  # for a node to start its first process
NEWS_SECONDS = 15.0  # until the whole cluster knows of a node that has come or gone
# What Ray reads from its variables: no word to its makers, no advice on the screen.
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_USAGE_STATS_PROMPT_ENABLED": "0",
    "RAY_DEDUP_LOGS": "1",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}


@dataclass
class Cluster:
    """Nodes that runs can be carried out on."""

    ray: Any
    machines: tuple[Machine, ...]
    source: str  # digest of our code
    door: tuple[str, int]  # where it is asked
    _files: dict[str, dict[str, Path]] = field(default_factory=dict)  # that may be wanted, by key
    _sets: dict[Path, dict[str, Any]] = field(default_factory=dict)  # what is told of a set
    _stored: dict[str, dict[str, list[Any]]] = field(default_factory=dict)  # in the object store
    _names: dict[str, str] = field(default_factory=dict)  # of nodes, as people call them

    @property
    def words(self) -> str:
        """What it is, for a person."""
        count = len(self.machines)
        parts = [f"{sum(each.cores for each in self.machines):.0f} cores"]
        if gpus := sum(each.gpus for each in self.machines):
            parts.append(f"{gpus:.0f} GPU{'s' if gpus > 1 else ''}")
        return f"Ray, {count} node{'s' if count > 1 else ''} with {' and '.join(parts)}"

    def name(self, identity: str) -> str:
        """What people call a node: its host, and some of its number where hosts are alike."""
        if identity not in self._names:
            hosts = {each.identity: each.host for each in self._now()}
            count = Counter(hosts.values())
            self._names |= {
                each: host if count[host] == 1 else f"{host} {each[:4]}"
                for each, host in hosts.items()
            }
        return self._names.get(identity, identity[:4])

    def answers(self) -> bool:
        """Is it still there? Without its head, Ray would end this process in a minute."""
        try:
            socket.create_connection(self.door, CONNECT_SECONDS).close()
        except OSError:
            return False
        return True

    def shares(self, plan: Plan) -> bool:
        """Will CPU runs of a plan be on one node at the same time?"""
        return resources.shares(plan, self.machines)

    def inspect(self, job: InspectJob) -> Inspected:
        """What models are, and what device they would train on: asked of a node that has a GPU."""
        wanted = job.device or ("cuda" if any(each.gpus for each in self.machines) else "cpu")
        here = replace(job, device=wanted)
        if not wanted.startswith("cuda"):
            return planning.inspect_here(here)
        resources.usable(self.machines, wanted)
        there = replace(job, device="cuda")
        addresses = [model.address for model, _ in job.models]
        task = {
            "job": child_process.text(there),
            "module": INSPECTOR,
            "plugins": {each: content for each in addresses if (content := self.plugin(each))},
        }
        ask = self.ray.remote(node.inspect).options(num_gpus=1, num_cpus=0, max_retries=0)
        answer = self._answers([ask.remote(task)])[0]
        if "message" in answer:
            raise InputError(answer["message"], answer["hint"])
        return child_process.validated(Inspected, child_process.text(answer["value"]))

    def plugin(self, address: str) -> bytes | None:
        """The content of a model's file that was named with --plugin; None for one installed."""
        path = address.rpartition(":")[0]
        return files.read_bytes(Path(path)) if path.endswith(".py") else None

    def set(self, domain: Domain) -> dict[str, Any]:
        """What a node is told of a set of pictures: by which it knows whether it has it."""
        if domain.folder not in self._sets:
            key = shipped.key(domain.folder)
            self._files[key] = {name: domain.folder / name for name in shipped.FILES}
            count = sum(path.stat().st_size for path in self._files[key].values())
            told = {"name": domain.folder.name, "key": key, "bytes": count}
            self._sets[domain.folder] = told
        return self._sets[domain.folder]

    def file(self, path: Path) -> dict[str, Any]:
        """What a node is told of a single file, likewise."""
        key = digest_cache.sha256(path)
        self._files[key] = {path.name: path}
        return {"ending": path.suffix, "key": key, "bytes": path.stat().st_size}

    def content(self, key: str) -> dict[str, list[Any]]:
        """The files of a set, or a single one, in the object store, in parts: put there once."""
        if key not in self._stored:
            told = self._files[key]
            self._stored[key] = {name: self.parts(path) for name, path in told.items()}
        return self._stored[key]

    def parts(self, path: Path) -> list[Any]:
        """A file in the object store."""
        with files.regular(path) as file:
            return [self.ray.put(some) for some in iter(lambda: file.read(PART), b"")]

    def check(self) -> None:
        """InputError when a node does not answer, or has another ganbench; one that died is out."""
        asked = {machine: self._ask_on(machine) for machine in self.machines}
        told = {machine: self._told(machine, first) for machine, first in asked.items()}
        self.machines = tuple(machine for machine in self.machines if told[machine])
        for machine in self.machines:
            self._compare(machine, told[machine] or {})

    def _told(self, machine: Machine, asked: Any) -> dict[str, str] | None:
        """What a node says of itself; None for one that is not there any more.

        Of a node that has just come, not all others know at once.
        """
        limit = time.monotonic() + NEWS_SECONDS
        while True:
            try:
                return dict(self._answers([asked])[0])
            except InputError:
                if machine not in self._now():
                    return None
                if time.monotonic() > limit:
                    raise
            time.sleep(0.5)
            asked = self._ask_on(machine)

    def _compare(self, machine: Machine, told: dict[str, str]) -> None:
        """InputError when a node has another ganbench than we."""
        hint = f'pip install "ganbench[ray]=={ganbench.__version__}" on every node'
        where = f"the node {shown(self.name(machine.identity))}"
        if "version" not in told:
            raise InputError(f"{where} has no ganbench ({shown(told['problem'])})", hint)
        if told["version"] != ganbench.__version__:
            versions = f"{shown(told['version'])}, and this is {ganbench.__version__}"
            raise InputError(f"{where} has ganbench {versions}", hint)
        if told.get("digest") != self.source:
            same = f"{where} has other code of ganbench {ganbench.__version__} than this one"
            raise InputError(same, "install the same on every node")

    def _ask_on(self, machine: Machine) -> Any:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        there = NodeAffinitySchedulingStrategy(machine.identity, soft=False)
        task = self.ray.remote(_inspector()).options(
            num_cpus=0, max_retries=0, scheduling_strategy=there
        )
        return task.remote()

    def _answers(self, asked: Sequence[Any]) -> list[Any]:
        try:
            return list(self.ray.get(list(asked), timeout=ANSWER_SECONDS))
        except (self.ray.exceptions.RayError, ConnectionError) as error:
            raise InputError(f"a node of the cluster does not answer: {_said(error)}") from None

    def _now(self) -> tuple[Machine, ...]:
        return machines(self.ray)


@contextmanager
def connected(on: str) -> Iterator[Cluster]:
    """Reach the cluster that `on` names: `ray`, or `ray://HOST` with a port of its client server.

    Without an address that is the one that runs on this machine, or else one that is started here
    and ends with us. InputError when there is none, or its nodes have another ganbench.
    """
    found = ADDRESS.fullmatch(on)
    if not found:
        raise InputError(
            f'"{shown(on)}" is no place to run on', "--on ray, ray://HOST:10001 or slurm"
        )
    with _quietly():
        ray = _ray()
        if ray.is_initialized():
            raise InputError("this process is connected to Ray already", "ray.shutdown()")
        try:
            door = _connect(ray, found["host"], int(found["port"] or PORT))
            cluster = Cluster(ray, machines(ray), own_source.digest(), door)
            cluster.check()
            yield cluster
        finally:
            with suppress(Exception):
                ray.shutdown()


@contextmanager
def _quietly() -> Iterator[None]:
    """Set variables that Ray reads, as long as it is needed; what somebody has set stays."""
    wanted = dict(QUIET)
    if any(name in os.environ for name in TOKEN) or (Path.home() / ".ray" / "auth_token").exists():
        wanted["RAY_AUTH_MODE"] = "token"  # as Ray does itself, but not for ray://
    ours = {name: value for name, value in wanted.items() if name not in os.environ}
    os.environ |= ours
    try:
        yield
    finally:
        for name in ours:
            os.environ.pop(name, None)


def _ray() -> Any:
    """Ray, which prints nothing."""
    try:
        import ray
    except ImportError:
        raise InputError("Ray is not installed", INSTALL) from None
    # It prints what it has to say of lost nodes, pages of it, into whatever is on the screen.
    worker = ray._private.worker
    if hasattr(worker, "print_to_stdstream"):
        worker.print_to_stdstream = lambda *_, **__: None
    return ray


def _connect(ray: Any, host: str | None, port: int) -> Door:
    """Connect, and say where one is asked."""
    if host:
        door = _knock(host, port)
        _init(ray, f"ray://{host}:{port}", f"there is no Ray cluster at {host}:{port}")
        return door
    if told := os.environ.get("RAY_ADDRESS"):
        return _remembered(ray, told)
    try:
        _init(ray, "auto", "there is none")
    except InputError:
        _init(ray, "local", "Ray does not start on this machine", include_dashboard=False)
    return _head(ray)


def _remembered(ray: Any, address: str) -> Door:
    """Reach the cluster of Ray's own variable: the address of its client server or of its head."""
    sentence = f"there is no Ray cluster at RAY_ADDRESS={shown(address)}"
    try:
        known = REMEMBERED.fullmatch(address)
        door = _knock(known["host"], int(known["port"])) if known else None
        _init(ray, address, "it does not answer")
        return door or _head(ray)
    except InputError as error:
        raise InputError(f"{sentence}: {error}", "unset RAY_ADDRESS") from None


def _head(ray: Any) -> Door:
    """Where the head of the cluster is asked that we are a part of."""
    host, _, port = ray.get_runtime_context().gcs_address.rpartition(":")
    return host.strip("[]"), int(port)


def _knock(host: str, port: int) -> Door:
    """InputError when nobody listens there: Ray itself would try for half a minute."""
    hint = f"ray start --head on {host} opens port {PORT} for --on ray://{host}:{PORT}"
    door = host.strip("[]"), port
    try:
        socket.create_connection(door, CONNECT_SECONDS).close()
    except OSError as error:
        why = error.strerror or str(error)
        raise InputError(f"nobody answers at {host}:{port} ({why})", hint) from None
    except (OverflowError, UnicodeError):
        raise InputError(f"{host}:{port} is no address", hint) from None
    return door


def _init(ray: Any, address: str, sentence: str, **more: Any) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ray.init(address=address, log_to_driver=False, logging_level="CRITICAL", **more)
    except KeyboardInterrupt:
        raise
    except Exception as error:  # of many kinds
        raise InputError(
            f"{sentence}: {_said(error)}", TOKEN_HINT if "://" in address else ""
        ) from None


def _said(error: Exception) -> str:
    return shown(first_line(error).partition(": ")[2] or type(error).__name__)


def machines(ray: Any) -> tuple[Machine, ...]:
    """The nodes that are alive, in an order that does not change."""
    alive = [resources.machine(told) for told in ray.nodes() if told["Alive"]]
    return tuple(sorted(alive, key=lambda each: each.identity))


def _inspector() -> Callable[[], dict[str, str]]:
    """A function that travels whole: the node may have no ganbench, or another one."""

    def look() -> dict[str, str]:
        try:
            import ganbench
        except Exception as error:
            return {"problem": f"{type(error).__name__}: {error}"[:200]}
        told = {"version": str(getattr(ganbench, "__version__", "unknown"))}
        try:
            from ganbench.system import own_source

            return {**told, "digest": own_source.digest()}
        except Exception:
            return told

    return look
