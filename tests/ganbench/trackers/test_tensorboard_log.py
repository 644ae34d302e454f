"""What TensorBoard itself reads of it; in a process apart, where it does not find TensorFlow."""

import base64
import io
import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas
import pytest
from PIL import Image

from ganbench import record
from ganbench.trackers.export import export

pytest.importorskip("tensorboard", reason='pip install "ganbench[tensorboard]"')
READ = """
import base64, json, sys, types
sys.modules["tensorboard.compat.notf"] = types.ModuleType("tensorboard.compat.notf")
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata

def seen(folder):
    log = EventAccumulator(folder, size_guidance={"scalars": 0, "images": 0, "tensors": 0})
    log.Reload()
    start = log.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    hparams = metadata.parse_session_start_info_plugin_data(start).hparams
    return {
        "scalars": {tag: [[e.step, e.wall_time, e.value] for e in log.Scalars(tag)]
                    for tag in log.Tags()["scalars"]},
        "images": {tag: [[e.step, base64.b64encode(e.encoded_image_string).decode()]
                         for e in log.Images(tag)] for tag in log.Tags()["images"]},
        "hparams": {name: one.number_value or one.string_value for name, one in hparams.items()},
    }

print(json.dumps([seen(folder) for folder in sys.argv[1:]]))
"""
WRITE = """
import sys
from pathlib import Path
from ganbench.trackers.export import export
export(Path(sys.argv[1]), "tensorboard", Path(sys.argv[2]))
print(*[name for name in ("torch", "tensorflow", "keras") if name in sys.modules])
"""


def read(out):
    """What TensorBoard sees of each run, by seed."""
    folders = sorted(map(str, out.iterdir()), key=lambda name: name.partition("-seed")[2])
    done = subprocess.run(
        [sys.executable, "-c", READ, *folders], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.fixture
def seen(results, tmp_path):
    export(results, "tensorboard", tmp_path / "out")
    return read(tmp_path / "out")


def test_losses_are_those_of_the_history_by_step_and_by_pictures(seen, results):
    for folder, run in record.read_results(results).runs:
        history = pandas.read_csv(folder / "history.csv")
        for loss in ("D", "G"):
            values = np.float32(history[loss])
            for name, at in (("loss", "step"), ("loss_by_pictures", "pictures")):
                step, wall, value = zip(*seen[run.seed]["scalars"][f"{name}/{loss}"], strict=True)
                np.testing.assert_array_equal(np.float32(value), values)
                assert list(step) == list(history[at])
                assert list(wall) == list(1795953600.0 + history["seconds"])


def test_scores_while_training_and_at_the_end(seen):
    scalars = seen[0]["scalars"]
    assert [(step, value) for step, _, value in scalars["score/fid"]] == [(5, 20.0), (10, 10.0)]
    assert [value for _, _, value in scalars["final/fid"]] == [12.5]
    assert [value for _, _, value in scalars["cost/seconds"]] == [5.0]


def test_its_film_and_samples_are_pictures(seen):
    images = seen[0]["images"]
    assert [step for step, _ in images["film"]] == [0, 5, 10]
    ((step, content),) = images["samples"]
    assert step == 10 and Image.open(io.BytesIO(base64.b64decode(content))).size == (64, 24)


def test_its_settings_are_hyperparameters(seen):
    assert seen[0]["hparams"]["settings.width"] == 32
    assert seen[1]["hparams"]["status"] == "diverged"


def test_no_framework_is_loaded_to_write_it(results, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", WRITE, str(results), str(tmp_path / "out")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == []


def test_a_number_beyond_its_own_is_infinite(made, tmp_path, a_record):
    score = replace(a_record.scores["fid"], value=1e300)
    export(made({"scores": {"fid": score}}), "tensorboard", tmp_path / "out")
    assert read(tmp_path / "out")[0]["scalars"]["final/fid"][0][2] == float("inf")
