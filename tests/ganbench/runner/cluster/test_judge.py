"""What a node is told of judging, what it fetches for that, and what it says if it cannot."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from ganbench.data import shipped
from ganbench.errors import InputError
from ganbench.jobs import ExtractorChoice, ScoreJob
from ganbench.runner.cluster import judge
from ganbench.runner.cluster.connection import Cluster
from ganbench.system import child_process, files, frameworks

RESULT = {"kind": "result", "value": {"primary": "fid"}}
FAILED = {"kind": "result", "value": {"primary": "fid", "failed": ["FID: it failed: no eyes"]}}
EXAMPLES = Path(__file__).parents[4] / "examples"


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "here" / "mine.pth"
    files.write_bytes(path, b"paint")
    return path


@pytest.fixture
def cluster():
    return Cluster(None, (), "", ("h", 1))


@pytest.fixture
def trained(tmp_path):
    """As much of the job of a training as counts here."""
    return SimpleNamespace(
        folder=tmp_path / "scratch" / "s" / "run",
        source_folder=None,
        target_folder=tmp_path / "shipped",
        device="cuda",
    )


def asked(weights, *metrics):
    return ScoreJob(
        folder=Path("/of/the/driver"),
        runs=(),
        source_folder=Path("/of/the/driver/source"),
        target_folder=Path("/of/the/driver/target"),
        samples=8,
        curve_samples=4,
        metrics=metrics,
        extractors=(ExtractorChoice("inception", weights),),
        protocol="tf",
        device="cpu",
        plugins=(EXAMPLES / "colour_distance.py",),
    )


def answers(monkeypatch, *messages, code=0, problem=None):
    """Let the process that judges say this; the jobs that it was given."""
    jobs = []

    def run(module, job, on_message, on_tick, patience):
        jobs.append(job)
        if problem:
            on_message({"kind": "problem", "message": problem})
        on_message({"kind": "progress", "what": "x", "done": 1, "of": 2})
        return child_process.Ended(code, messages, "Error: last words")

    monkeypatch.setattr(child_process, "run", run)
    return jobs


def refuse(key):
    pytest.fail("nothing is asked for")


def test_a_node_judges_by_what_it_has_itself(cluster, weights, trained, tmp_path, monkeypatch):
    told = judge.told(asked(weights, "fid"), 9.0, cluster.file)
    assert str(weights) not in str(told)
    jobs = answers(monkeypatch, RESULT)
    heard: list[dict] = []
    found = judge.carry_out(
        told, trained, tmp_path / "scratch", lambda key: [weights.read_bytes()], heard.append
    )
    assert found == ""
    (job,) = jobs
    assert (job.folder, job.runs) == (tmp_path / "scratch" / "s", ("run",))
    assert (job.source_folder, job.target_folder) == (None, trained.target_folder)
    assert (job.device, job.baselines, job.metrics) == ("cuda", False, ("fid",))
    (plugin,) = job.plugins
    assert plugin.read_bytes() == (EXAMPLES / "colour_distance.py").read_bytes()
    assert tmp_path / "scratch" in plugin.parents
    assert job.extractors[0].weights.read_bytes() == b"paint"
    assert [message["kind"] for message in heard] == ["progress"]


def test_a_node_sums_as_the_driver_does(cluster, weights, monkeypatch):
    for name in judge.LIKE_BLAS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(frameworks, "usable_cores", lambda: 6)

    def blas():
        return judge.told(asked(weights, "fwd"), 9.0, cluster.file)["blas"]

    assert blas() == "6"
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert blas() == "3"
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    assert blas() == "2"


def test_weights_are_fetched_once_and_not_where_no_network_looks(
    cluster, weights, trained, tmp_path, monkeypatch
):
    answers(monkeypatch, RESULT)
    told, fetched = judge.told(asked(weights, "fid"), 9.0, cluster.file), []

    def ask(key):
        fetched.append(key)
        return [b"pa", b"int"]

    for _ in range(2):
        judge.carry_out(told, trained, tmp_path / "scratch", ask, lambda message: None)
    assert fetched == [files.sha256(weights)]
    told = judge.told(asked(weights, "fwd"), 9.0, cluster.file)
    assert told["weights"] == {}
    judge.carry_out(told, trained, tmp_path / "scratch", refuse, lambda message: None)


def test_weights_that_a_node_has_already_are_used(cluster, weights, trained, tmp_path, monkeypatch):
    jobs = answers(monkeypatch, RESULT)
    own = tmp_path / "there" / "same.pth"
    files.write_bytes(own, weights.read_bytes() + b"!")
    monkeypatch.setenv("GANBENCH_INCEPTION", str(own))
    told = judge.told(asked(weights, "fid"), 9.0, cluster.file)
    judge.carry_out(told, trained, tmp_path, lambda key: [b"paint"], lambda message: None)
    files.write_bytes(own, weights.read_bytes())
    judge.carry_out(told, trained, tmp_path, refuse, lambda message: None)
    found = [job.extractors[0].weights for job in jobs]
    assert found[0] != own and found[1] == own  # others, of the same name, are not


def test_weights_that_did_not_arrive_are_no_weights(cluster, weights, trained, tmp_path):
    told = judge.told(asked(weights, "fid"), 9.0, cluster.file)
    with pytest.raises(InputError, match="did not arrive as it was sent"):
        judge.carry_out(told, trained, tmp_path, lambda key: [b"paind"], lambda message: None)
    assert shipped.find_file(files.sha256(weights), ".pth") is None


@pytest.mark.parametrize(
    ("messages", "code", "problem", "why"),
    [
        ([RESULT], 0, "s/x.npy is damaged", "s/x.npy is damaged"),
        ([FAILED], 0, None, "FID: it failed: no eyes"),
        ([{"kind": "error", "message": "no torch", "hint": ""}], 2, None, "no torch"),
        ([], 1, None, "its process ended with code 1 and without a result: Error: last words"),
        ([], -9, None, "its process was killed by SIGKILL: Error: last words"),
    ],
)
def test_why_there_are_no_scores_is_a_sentence(
    cluster, weights, trained, tmp_path, monkeypatch, messages, code, problem, why
):
    answers(monkeypatch, *messages, code=code, problem=problem)
    told = judge.told(asked(weights, "fwd"), 9.0, cluster.file)
    assert judge.carry_out(told, trained, tmp_path, refuse, lambda message: None) == why
