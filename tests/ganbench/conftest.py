"""Helpers for tests that start real processes."""

import json
import logging
import shutil
import socket
import sys
import threading
import uuid
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

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CHROMIUM = next((path for name in BROWSERS if (path := shutil.which(name))), None)
QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
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


@pytest.fixture(scope="module")  # while it is open, nothing else may run an event loop
def browser():
    """A headless Chromium; the test is skipped where none is installed."""
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


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


class Bucket:
    """A folder on an S3 server of this machine that fails when it is told to."""

    def __init__(self, server):
        import boto3

        server.faults.clear(), server.asked.clear()
        self.server, self.name = server, f"b{uuid.uuid4().hex[:12]}"
        self.address = f"s3://{self.name}/some/results"
        self.client = boto3.client("s3")
        self.client.create_bucket(Bucket=self.name)

    def fail(self, how, method, part, times=10**9):
        """Answer requests of a method whose path has a part with a status, or "cut" the line."""
        self.server.faults.append([how, method, part, times])

    def mend(self):
        self.server.faults.clear()

    def puts(self):
        """Names of what was put since the last time, in order."""
        start = f"/{self.name}/some/results/"
        asked, self.server.asked[:] = list(self.server.asked), []
        return [p[len(start) :] for m, p in asked if m == "PUT" and p.startswith(start)]

    def objects(self):
        """What there is: name -> content."""
        start = "some/results/"
        found = self.client.list_objects_v2(Bucket=self.name).get("Contents", ())
        names = [one["Key"] for one in found]
        return {name[len(start) :]: self.read(name) for name in names}

    def read(self, key):
        return self.client.get_object(Bucket=self.name, Key=key)["Body"].read()

    def write(self, name, data):
        self.client.put_object(Bucket=self.name, Key=f"some/results/{name}", Body=data)

    def remove(self, name):
        self.client.delete_object(Bucket=self.name, Key=f"some/results/{name}")


class _Server:
    """moto behind a door that can be shut."""

    def __init__(self):
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import make_server

        logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
        self.faults, self.asked = [], []
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def _answer(self, environ, start_response):
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        for fault in self.faults:
            how, of, part, times = fault
            if of == method and part in path and times:
                fault[3] -= 1
                if how == "cut":
                    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
                    return []
                start_response(how, [("Content-Type", "application/xml")])
                code = how.partition(" ")[2].replace(" ", "")
                return [f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()]
        self.asked.append((method, path))
        return self._moto(environ, start_response)

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture(scope="session")
def _s3_server():
    pytest.importorskip("moto")
    server = _Server()
    yield server
    server.close()


@pytest.fixture
def bucket(_s3_server, monkeypatch, tmp_path):
    """A new bucket, and the variables by which it is reached."""
    known = {"AWS_ENDPOINT_URL": _s3_server.url, "AWS_DEFAULT_REGION": "us-east-1"}
    known |= {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
    known |= {"AWS_MAX_ATTEMPTS": "1", "AWS_EC2_METADATA_DISABLED": "true"}
    nowhere = str(tmp_path / "nowhere")
    known |= {"AWS_CONFIG_FILE": nowhere, "AWS_SHARED_CREDENTIALS_FILE": nowhere}
    for name, value in known.items():
        monkeypatch.setenv(name, value)
    return Bucket(_s3_server)


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
