"""What lies in the file that `wandb sync` would send, read record by record."""

import json
import os
import struct
import subprocess
import sys

import numpy as np
import pandas
import pytest

from ganbench import record

pytest.importorskip("wandb", reason='pip install "ganbench[wandb]"')
START, BLOCK, HEAD = 7, 32768, struct.Struct("<IHB")  # of its log: checksum, length, kind of a part
WHOLE, LAST = 1, 4  # kinds of a part that end a record


def records(path):
    from wandb.proto.wandb_internal_pb2 import Record

    data, at, content = path.read_bytes(), START, b""
    while at < len(data):
        left = BLOCK - at % BLOCK
        if left < HEAD.size:
            at += left
            continue
        _, length, kind = HEAD.unpack_from(data, at)
        content += data[at + HEAD.size : at + HEAD.size + length]
        at += HEAD.size + length
        if kind in (WHOLE, LAST):
            yield Record.FromString(content)
            content = b""


def rows(found):
    return [
        {"/".join(item.nested_key) or item.key: json.loads(item.value_json)
         for item in one.history.item} for one in found if one.HasField("history")
    ]  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def written(results, tmp_path, home):
    """The real command, by a user who is logged in and online; then the runs that it wrote."""
    out = tmp_path / "a place"
    theirs = {"HOME": str(home), "WANDB_MODE": "online", "WANDB_API_KEY": "0" * 40,
              "WANDB_PROJECT": "elsewhere", "WANDB_BASE_URL": "http://127.0.0.1:9"}  # fmt: skip
    command = [sys.executable, "-m", "ganbench", "export", str(results), "--to", "wandb-offline"]
    done = subprocess.run(
        [*command, "--out", str(out)], env=os.environ | theirs,
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"  wandb sync '{out}'/offline-run-*\n" in done.stdout
    return out


def test_the_file_holds_what_the_run_left(written, results, home):
    for folder, run in record.read_results(results).runs:
        (place,) = written.glob(f"offline-run-*-{run.key}")
        found = list(records(place / f"run-{run.key}.wandb"))
        (begun,) = (one.run for one in found if one.HasField("run"))
        assert (begun.project, begun.display_name) == ("s", f"dcgan pytorch seed {run.seed}")
        assert begun.host == "ganbench"
        settings = {item.key: json.loads(item.value_json) for item in begun.config.update}
        assert settings["settings.width"] == 32 and settings["status"] == run.status.name
        told = pandas.DataFrame(rows(found)).set_index("_step")
        history = pandas.read_csv(folder / "history.csv", index_col="step")
        np.testing.assert_array_equal(told.loc[history.index, "loss/D"], history["D"])
        np.testing.assert_array_equal(told.loc[history.index, "pictures"], history["pictures"])
        np.testing.assert_array_equal(
            told.loc[history.index, "_timestamp"], 1795953600.0 + history["seconds"]
        )
        assert list(told["score/fid"].dropna()) == [20.0, 10.0]
        assert list(told["final/fid"].dropna()) == [12.5]
        assert list(told["film/path"].dropna().index) == [0, 5, 10]
        for name in (*told["film/path"].dropna(), *told["samples/path"].dropna()):
            assert (place / "files" / name).is_file()
    assert list(home.iterdir()) == []
    there = {path.name for path in written.rglob("*") if path.is_file()}
    assert all(name.endswith((".png", ".wandb")) for name in there)
