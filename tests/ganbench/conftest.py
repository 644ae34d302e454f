"""Helpers for tests that start real processes."""

import json
import sys
from dataclasses import replace

import pytest

from ganbench import cli, describe, processes, record
from ganbench.errors import InputError
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


@pytest.fixture
def describe_here(monkeypatch):
    """Describe models in this process, which has torch already, instead of one of their own."""
    elsewhere = processes.run

    def run(module, job, on_message=None):
        if module != "ganbench.describe":
            return elsewhere(module, job, on_message)
        try:
            message = {"kind": "result"} | describe.describe(json.loads(json.dumps(job)), None)
        except (InputError, ModelError) as error:
            message = {"kind": "error", "message": str(error), "hint": error.hint}
        return processes.Ended(0, (json.loads(json.dumps(message)),), "")

    monkeypatch.setattr(processes, "run", run)


@pytest.fixture
def ganbench(monkeypatch, capsys, describe_here):
    """Call the real command in this process: exit code, standard output, standard error."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ganbench", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_:
            cli.main()
        captured = capsys.readouterr()
        return exit_.value.code or 0, captured.out, captured.err

    return call
