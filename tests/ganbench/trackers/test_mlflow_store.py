"""What MLflow's own client reads of it."""

import os
import subprocess
import sys

import numpy as np
import pandas
import pytest

from ganbench import record

pytest.importorskip("mlflow", reason='pip install "ganbench[mlflow]"')
pytest.importorskip("alembic", reason='pip install "ganbench[mlflow]"')


@pytest.fixture
def client(results, tmp_path, monkeypatch):
    """A client of what the real command wrote, for a user who has a server."""
    from mlflow import MlflowClient

    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    out, home = tmp_path / "a place", tmp_path / "home"
    home.mkdir()
    theirs = {"HOME": str(home), "MLFLOW_TRACKING_URI": "http://127.0.0.1:9", "MLFLOW_RUN_ID": "x"}
    command = [sys.executable, "-m", "ganbench", "export", str(results), "--to", "mlflow"]
    done = subprocess.run(
        [*command, "--out", str(out)], env=os.environ | theirs,
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == "" and list(home.iterdir()) == []
    assert f"  mlflow ui --backend-store-uri 'sqlite:///{out}/mlflow.db'\n" in done.stdout
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{out}/mlflow.db")
    return MlflowClient()


def test_the_store_holds_what_the_runs_left(client, results):
    experiment = client.get_experiment_by_name("s")
    runs = {run.data.params["seed"]: run for run in client.search_runs([experiment.experiment_id])}
    assert runs.keys() == {"0", "1"}
    for folder, run in record.read_results(results).runs:
        found, known = runs[str(run.seed)], runs[str(run.seed)].info.run_id
        assert found.info.run_name == f"dcgan pytorch seed {run.seed}"
        assert found.info.status == {"done": "FINISHED", "diverged": "FAILED"}[run.status.name]
        assert (found.info.start_time, found.info.end_time) == (1795953600000, 1795953609000)
        assert found.data.params["settings.width"] == "32"
        assert found.data.metrics["final/fid"] == 12.5
        history = pandas.read_csv(folder / "history.csv")
        for name, at in (("loss", "step"), ("loss_by_pictures", "pictures")):
            told = sorted(client.get_metric_history(known, f"{name}/D"), key=lambda one: one.step)
            np.testing.assert_array_equal([one.value for one in told], history["D"])
            assert [one.step for one in told] == list(history[at])
        scores = client.get_metric_history(known, "score/fid")
        assert sorted((one.step, one.value) for one in scores) == [(5, 20.0), (10, 10.0)]
        assert [one.path for one in client.list_artifacts(known)] == ["film", "samples"]
        assert len(client.list_artifacts(known, "film")) == 3
