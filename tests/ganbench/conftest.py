"""Helpers for tests that start real processes."""

import json
import sys
from dataclasses import replace

import pytest

from ganbench import record
from ganbench.cli import main
from ganbench.errors import InputError
from ganbench.jobs import InspectJob, ScoreJob
from ganbench.planning import inspect_models
from ganbench.scoring import suite_scorer
from ganbench.system import child_process, variables
from ganzoo.errors import InputError as ModelError

_SCORE = record.Score("fid", "FID", 12.5, 300, 300, "lower", "", {"extractor": "x"}, 1)
_RECORD = record.Record(
    key="0123abcd",
    model="dcgan",
    label="dcgan",
    framework="pytorch",
    source="noise",
    seed=0,
    suite="s",
    size=64,
    budget="60s",
    settings={"width": 32, "augment": ["color"]},
    data={},
    environment={},
    status=record.Status("done", 10, 1.0),
    snapshots=(record.Moment(10, 1.0, 2.0, 320, "samples/x.npy"),),
    scores={"fid": _SCORE, "mifid": replace(_SCORE, metric="mifid", value=None)},
    curve=(record.CurvePoint(10, 2.0, 320, {"fid": _SCORE}),),
)


@pytest.fixture
def a_record():
    """A finished run's record."""
    return _RECORD


class Here:
    """The channel of work that is done in this process."""

    gone = False

    def __init__(self, on_message):
        self.on_message = on_message

    def send(self, kind, **content):
        message = json.loads(json.dumps({"kind": kind, **content}))
        if self.on_message:
            self.on_message(message)


def do_here(monkeypatch, module, kind, work):
    """Let `work` be done in this process, which has torch already, instead of one of its own."""
    elsewhere = child_process.run

    def run(name, job, on_message=None, *more):
        if name != module:
            return elsewhere(name, job, on_message, *more)
        try:
            asked = child_process.validated(kind, json.dumps(child_process.plain(job)))
            result = child_process.plain(work(asked, Here(on_message)))
            message = {"kind": "result", "value": result}
        except (InputError, ModelError) as error:
            message = {"kind": "error", "message": str(error), "hint": error.hint}
        return child_process.Ended(0, (json.loads(json.dumps(message)),), "")

    monkeypatch.setattr(child_process, "run", run)


@pytest.fixture
def describe_here(monkeypatch):
    """Describe models in this process."""
    do_here(monkeypatch, "ganbench.planning.inspect_models", InspectJob, inspect_models.describe)


@pytest.fixture
def judge_here(monkeypatch):
    """Judge in this process."""
    do_here(monkeypatch, "ganbench.scoring.suite_scorer", ScoreJob, suite_scorer.score_suite)


def set_variables(patch: pytest.MonkeyPatch) -> None:
    """Set what the command sets, so that it goes again."""
    for name, value in {"PYTHONSAFEPATH": "1", **variables.OURS}.items():
        patch.setenv(name, value)


@pytest.fixture
def ganbench(monkeypatch, capsys, describe_here, judge_here):
    """Call the real command in this process: exit code, standard output, standard error.

    Only workers have processes of their own, and what a test starts itself.
    """

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ganbench", *map(str, arguments)])
        set_variables(monkeypatch)
        with pytest.raises(SystemExit) as exit_:
            main.main()
        captured = capsys.readouterr()
        return int(exit_.value.code or 0), captured.out, captured.err

    return call


def _bits(folder):
    found = {
        str(path.relative_to(folder)): path.read_bytes()
        for pattern in ("checkpoint/state.*", "samples/*", "film/*", "views/*")
        for path in folder.glob(pattern)
    }
    assert len(found) > 10
    rows = [line.split(",") for line in (folder / "history.csv").read_text().splitlines()]
    return found | {"history": [[row[0], row[2], *row[5:]] for row in rows]}


@pytest.fixture
def bits():
    """Of a run's folder all that it must repeat bit for bit: weights, samples, film, losses."""
    return _bits
