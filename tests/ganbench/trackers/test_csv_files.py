import shlex
import subprocess
import sys

import numpy as np
import pandas
from PIL import Image

from ganbench import record
from ganbench.trackers.export import export


def test_every_loss_of_every_row_is_a_line(results, tmp_path):
    done = export(results, "csv", tmp_path / "out")
    table = pandas.read_csv(tmp_path / "out/scalars.csv")
    assert list(table) == [
        *("run", "label", "framework", "seed", "step", "seconds", "pictures", "name", "value")
    ]
    for folder, run in record.read_results(results).runs:
        history = pandas.read_csv(folder / "history.csv")
        mine = table[(table["seed"] == run.seed) & (table["name"] == "loss/D")]
        np.testing.assert_array_equal(mine["value"], history["D"])  # a NaN is one here too
        np.testing.assert_array_equal(mine["pictures"], history["pictures"])
    assert len(table) == done.tally.numbers


def test_runs_have_a_line_with_settings_and_scores(results, tmp_path):
    export(results, "csv", tmp_path / "out")
    table = pandas.read_csv(tmp_path / "out/runs.csv")
    assert list(table["status"]) == ["done", "diverged"]
    assert list(table["settings.width"]) == [32, 32] and list(table["final/fid"]) == [12.5, 12.5]


def test_film_and_samples_are_pictures(results, tmp_path):
    export(results, "csv", tmp_path / "out")
    folder = next((tmp_path / "out/pictures").glob("*seed0*"))
    assert sorted(path.name for path in folder.iterdir()) == [
        *(f"film-step-{step:08d}.png" for step in (0, 5, 10)), "samples-step-00000010.png",
    ]  # fmt: skip
    assert Image.open(folder / "samples-step-00000010.png").size == (64, 24)


def test_a_text_that_a_spreadsheet_would_carry_out_is_a_text(made, tmp_path):
    export(made({"label": '=HYPERLINK("x")'}), "csv", tmp_path / "out")
    for name in ("scalars.csv", "runs.csv"):
        labels = pandas.read_csv(tmp_path / "out" / name)["label"]
        assert set(labels) == {'\'=HYPERLINK("x")'}


def test_the_command_that_shows_it_runs_in_any_place(results, tmp_path):
    done = export(results, "csv", tmp_path / 'it\'s "here"')
    shown = subprocess.run(
        shlex.split(done.look.replace("python", shlex.quote(sys.executable), 1)),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert f"[{done.tally.numbers} rows x 9 columns]" in shown.stdout
