"""ganbench from Python: what may be asked, what comes back, and what an interrupt does."""

import inspect
import io
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import ganbench
from ganbench import api, record
from ganbench.cli.run import run as command
from ganbench.planning.suite import Suite
from ganbench.runner import run_list

LIGHT = Path(__file__).parent / "light"
OLD = Path(__file__).parent / "version_0_1" / "results"
OF_THE_COMMAND = {"context", "suite_file", "dry_run", "gpus", "partition", "detach"}
FILE_ONLY = {"curve_samples"}  # set in a suite file


@pytest.fixture
def old(tmp_path):
    """Results of three runs, of which one failed and one was interrupted."""
    shutil.copytree(OLD, tmp_path / "results")
    return ganbench.load(tmp_path / "results")


@pytest.fixture
def judged(tmp_path, a_record):
    """Results of two models in five seeds, one of which is clearly better."""

    def make(*labels):
        folder, names = tmp_path / "judged" / "s", []
        for place, label in enumerate(labels):
            for seed in range(5):
                key = f"{place:04d}{seed:04d}"
                value = 10.0 + 30 * place + (seed - 2) ** 2 / 10
                scores = {"fid": replace(a_record.scores["fid"], value=value)}
                made = replace(a_record, key=key, label=label, seed=seed, scores=scores)
                names.append(f"{place}-{seed}")
                record.write(folder / names[-1], made)
        about = {"name": "s", "models": list(labels), "frameworks": ["pytorch"], "runs": names}
        record.write_suite(folder, about | {"primary": "fid", "seeds": list(range(5))})
        return ganbench.load(tmp_path / "judged")

    return make


def test_it_takes_the_words_of_the_command():
    words = inspect.signature(ganbench.run).parameters.keys()
    assert words - {"say"} == inspect.signature(command).parameters.keys() - OF_THE_COMMAND
    assert set(api.OPTIONS) == {f.name for f in fields(Suite)} - FILE_ONLY


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"models": "dcgn"}, 'no model "dcgn"'),
        ({"models": []}, "no models are named"),
        ({"models": [{"nme": "dcgan"}]}, "models"),
        ({"seeds": ["a"]}, "seeds"),
        ({"seeds": -1}, "seeds are whole numbers"),
        ({"budget": 60}, "budget"),
        ({"budget": "long"}, "not understood"),
        ({"size": 7}, "size 7"),
        ({"metrics": "fdi"}, "no metric"),
        ({"data": object()}, "object is not expected here"),
        ({"data": "/nowhere/at/all"}, "/nowhere"),
        ({"suite": "nothing.toml"}, "there is no suite file"),
        ({"until": "later"}, "no duration"),
        ({"shard": "0/4"}, "no shard 0 of 4"),
        ({"force": True, "extend": True}, "force starts runs over"),
        ({"on": "slurm"}, "by the command alone"),
    ],
)
def test_a_users_mistake_is_one_sentence(tmp_path, given, words):
    with pytest.raises(ganbench.InputError) as raised:
        ganbench.run(**({"models": "dcgan"} | given), results=tmp_path / "results", say=None)
    assert words in str(raised.value) and "\n" not in str(raised.value)
    assert getattr(raised.value, "__notes__", []) == [raised.value.hint] * bool(raised.value.hint)
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("name", "given", "plain"),
    [
        ("seeds", range(2), [0, 1]),
        ("seeds", 3, [3]),
        ("seeds", np.arange(2), [0, 1]),
        ("seeds", (np.int64(1),), [1]),
        ("seeds", "0,1", "0,1"),
        ("models", {"name": "dcgan"}, [{"name": "dcgan"}]),
        ("models", "dcgan,cyclegan", "dcgan,cyclegan"),
        ("plugins", "a.py", ["a.py"]),
        ("plugins", Path("a.py"), ["a.py"]),
        ("data", Path("x"), "x"),
        ("size", np.int32(64), 64),
    ],
)
def test_what_python_has_for_a_word_or_a_list_is_taken(name, given, plain):
    assert api._listed(name, given) == plain


def test_what_was_run_before_is_read_again(old):
    assert [run.status for run in old.runs] == ["done", "failed", "interrupted"]
    assert old.suite == "old" and old.best is None and "dcgan" in old.verdict
    assert len(old.runs_table) == 3 and {"floor", "identity"} < set(old.table["row"])
    first = old.runs[0]
    assert first.pictures().shape == (6, 32, 32, 3) and first.pictures().dtype == np.uint8
    assert first.scores.keys() == first.record.scores.keys() and "done" in repr(first)
    changed = old.table
    changed.loc[:, "row"] = "mine"
    assert "mine" not in set(old.table["row"])


def test_a_notebook_shows_table_and_pictures(old):
    html = old._repr_html_()
    assert html.count("data:image/png;base64,") == 1 + 1 and "<table" in html
    with Image.open(io.BytesIO(old.runs[0]._repr_png_())) as sheet:
        assert sheet.width > 6 * 96  # each is shown three times as large
    assert old.runs[1]._repr_png_() is None  # it failed before its first picture
    with pytest.raises(ganbench.InputError, match="holds no pictures"):
        old.runs[1].pictures()


def test_pictures_that_are_not_what_the_run_wrote_are_not_shown(old):
    run = old.runs[0]
    path = run.folder / run.record.snapshots[-1].file
    path.write_bytes(path.read_bytes()[:-9])
    assert run._repr_png_() is None
    with pytest.raises(ganbench.InputError):
        run.pictures()


def test_names_of_strangers_are_escaped(judged):
    html = judged("<script>alert(1)</script>", "b")._repr_html_()
    assert "<script>" not in html and "&lt;script&gt;" in html


def test_the_best_is_the_best_seed_of_the_winner_and_none_without_one(judged):
    found = judged("good", "bad")
    assert found.verdict.startswith("Use good")
    assert (found.best.label, found.best.record.seed) == ("good", 2)
    assert judged("alone").best is None


def test_where_nothing_is_nothing_is_loaded(tmp_path):
    with pytest.raises(ganbench.InputError, match="there is no folder"):
        ganbench.load(tmp_path / "nowhere")
    with pytest.raises(ganbench.InputError, match="no benchmark results"):
        ganbench.load(tmp_path)


def test_the_page_is_built_where_it_is_missing_or_shows_another_suite(old):
    page = old.report
    assert page == old.folder / "report.html"
    before = page.stat().st_mtime_ns
    assert old.report.stat().st_mtime_ns == before
    other = old.folder / "other"
    shutil.copytree(old.folder / "old", other)
    about = record.read_suite(other)
    record.write_suite(other, about | {"name": "other"})
    assert "other" in ganbench.load(old.folder, "other").report.read_text("utf-8")
    assert page.stat().st_mtime_ns != before
    again = page.stat().st_mtime_ns
    assert old.report.stat().st_mtime_ns != again


def start(two_domains, results, budget):
    words = [sys.executable, "-u", LIGHT / "light_api.py", two_domains, results, budget]
    return subprocess.Popen(
        list(map(str, words)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


@pytest.mark.parametrize("times", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_an_interrupt_saves_and_harms_no_later_call(two_domains, tmp_path, times):
    process = start(two_domains, tmp_path, "600step")
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "snapshot at step" in line:
            break
    for _ in range(times):
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)  # the second one must come before the call has ended
    rest, _ = process.communicate(timeout=120)
    words = "".join(lines) + rest
    assert process.returncode == 0 and "Traceback" not in words, words
    assert "saved. The same call continues.\ninterrupted\n" in words
    assert words.endswith("done (8, 32, 32, 3)\n"), words  # a later call is not interrupted
    stopped = [run for run in run_list.find(tmp_path)[0] if run.budget == "600step"]
    assert [run.status for run in stopped] == ["interrupted"]
    assert stopped[0].progress < 1 and "--budget 600step" in stopped[0].command


def test_a_script_needs_no_guard_and_its_call_is_in_the_records(two_domains, tmp_path):
    process = start(two_domains, tmp_path, "3step")
    words, _ = process.communicate(timeout=120)
    assert process.returncode == 0 and words.endswith("done (8, 32, 32, 3)\n"), words
    assert re.search(r"\d\d:\d\d:\d\d toy-gan:seconds=0.05 seed 0 +done at step 3", words)
    said = json.loads((tmp_path / "s" / "suite.json").read_text())["command"]
    assert said.startswith("ganbench.run(models=['toy-gan:seconds=0.05'], data=")


def test_drawing_does_not_run_the_calling_script_again(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "print('ran')\n"
        "from ganbench.data import recipes\n"
        "print(len(list(recipes._draw_all('photo', 32, range(2)))))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("ran\n2\n", "")
