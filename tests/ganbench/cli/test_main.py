"""The real command: what it writes, what it says, and what it does with bad input."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganbench import record
from ganbench.planning.suite import STANDARD
from ganbench.runner import suite_runner
from metrics import registry

ROOT = Path(__file__).parents[3]
PLUGIN = ROOT / "examples" / "tiny_gan.py"
RESNET = "cyclegan-resnet:width=4,d_width=4,blocks=1,batch=2"
# Two threads gain nothing at this size, and beside another busy process they take tenfold.
QUICK = ("--size", 32, "--budget", "4step", "--samples", 8, "--device", "cpu", "--threads", 1)


def write_plugin(folder: Path, old: str, new: str, name: str = "broken_gan") -> Path:
    file = folder / f"{name}.py"
    text = PLUGIN.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    return file


@pytest.fixture(scope="module")
def finished(two_domains, tmp_path_factory):
    """One suite of two seeds of a plugin and a CycleGAN, run once through the real command."""
    results = tmp_path_factory.mktemp("results")
    models = f"tiny-gan,{RESNET}"
    command = [sys.executable, "-m", "ganbench", "run", "--plugin", PLUGIN, "--models", models]
    command += ["--data", two_domains, "--seeds", "0,1", "--results", results, *QUICK]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    return results, command, done


def test_one_command_trains_judges_and_reports(finished):
    results, _, done = finished
    assert (done.returncode, done.stderr) == (0, "")
    page = (results / "report.html").read_text()
    assert "tiny-gan" in page
    assert "Content-Security-Policy" in page
    (folder,) = (path.parent for path in results.glob("*/suite.json"))
    assert len(list(folder.glob("*/record.json"))) == 4


def test_without_a_terminal_there_is_one_plain_line_an_event(finished):
    _, _, done = finished
    assert re.search(r"\d\d:\d\d:\d\d tiny-gan seed 0 +starts", done.stdout)
    assert re.search(r"tiny-gan seed 1 +done at step 4", done.stdout)
    assert "\x1b" not in done.stdout


def test_without_official_weights_lite0_judges_and_nothing_is_called_fid(finished):
    results, _, done = finished
    header = (results / "comparison.csv").read_text().splitlines()[0]
    assert "lite0_kd" in header and "random" not in header
    assert "efficientnet-lite0 leads: it comes with ganbench; no Inception" in done.stdout
    for text in (done.stdout, (results / "comparison.md").read_text()):
        assert not re.search(r"(?<!not )\b(Mi)?FID\b(?! is defined)", text), text
    for path in results.glob("*/*/record.json"):
        scores = json.loads(path.read_text())["scores"]
        assert set(scores) == {registry.get(name).key_on("lite0") for name in STANDARD}
        assert not set(scores) & {"fid", "kid", "mifid", "precision", "recall"}
        assert next(iter(scores)) == "lite0_kd" and scores["lite0_fd"]["value"] > 0
        assert scores["lite0_mifd"]["value"] is None


def test_the_table_has_floor_identity_and_every_model(finished):
    results, _, _ = finished
    rows = (results / "comparison.csv").read_text().splitlines()
    assert len(rows) == 1 + 2 + 2
    for name in ("floor", "identity", "tiny-gan", "cyclegan-resnet:width=4"):
        assert any(name in row for row in rows[1:])


def test_one_set_is_enough_for_a_model_from_noise(two_domains, tmp_path, ganbench):
    asked = ("run", "--plugin", PLUGIN, "--models", "tiny-gan", "--target", two_domains / "monet")
    code, out, err = ganbench(*asked, "--results", tmp_path, *QUICK)
    assert (code, err) == (0, "")
    rows = (tmp_path / "comparison.csv").read_text().splitlines()
    assert len(rows) == 3 and "identity" not in "".join(rows)
    (suite,) = tmp_path.glob("monet/suite.json")
    assert json.loads(suite.read_text())["data"]["gallery"] == {"target": "gallery/target.npy"}
    assert "untouched photographs" not in out
    (run,) = tmp_path.glob("monet/*/record.json")
    assert ganbench("score", "--check", run.parent)[0] == 0


def test_a_finished_suite_is_not_run_again(finished, ganbench):
    results, command, _ = finished
    before = {p: p.read_bytes() for p in results.glob("*/*/checkpoint/*")}
    code, out, _ = ganbench(*command[3:])
    assert code == 0
    assert out.count("done, kept") == 4
    assert {p: p.read_bytes() for p in results.glob("*/*/checkpoint/*")} == before


def test_the_page_is_built_again_from_the_records_alone(finished, ganbench):
    results, _, _ = finished
    page = (results / "report.html").read_bytes()
    (results / "report.html").unlink()
    code, out, _ = ganbench("report", results)
    assert (code, out.strip()) == (0, str(results / "report.html"))
    assert (results / "report.html").read_bytes() == page


@pytest.mark.slow  # test_survival.py does the same without a framework
def test_ctrl_c_saves_and_the_same_command_continues(two_domains, tmp_path, ganbench):
    command = [sys.executable, "-m", "ganbench", "run", "--models", RESNET, "--data", two_domains]
    command += ["--results", tmp_path, *QUICK, "--budget", "200step"]
    process = subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    deadline = time.monotonic() + 120
    begun = "*/*/film/step-*[1-9]*.npy"  # a frame after that of step 0
    while not list(tmp_path.glob(begun)) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    words, _ = process.communicate(timeout=120)
    assert process.returncode == 130, words
    assert "Continue with the same command" in words
    (path,) = tmp_path.glob("*/*/record.json")
    status = json.loads(path.read_text())["status"]
    assert status["name"] == "interrupted"
    assert 0 < status["step"] < 200
    code, out, _ = ganbench(*command[3:])
    assert code == 0
    assert f"resumed at step {status['step']}" in out


@pytest.mark.slow  # test_survival.py has nine ways to fail, without a framework
def test_a_failed_run_does_not_stop_the_others_and_exits_3(two_domains, tmp_path, ganbench):
    broken = "raise RuntimeError('<script>alert(1)</script>')\n        z, real ="
    file = write_plugin(tmp_path, "z, real =", broken)
    suicide = "if source.any():  # not while it is being described, in this process\n"
    suicide += "            __import__('os').kill(__import__('os').getpid(), 9)\n        z, real ="
    killed = write_plugin(tmp_path, "z, real =", suicide, "killed_gan")
    models = f"broken-gan,killed-gan,{RESNET}"
    code, out, _ = ganbench(
        *("run", "--plugin", file, "--plugin", killed, "--models", models, "--data", two_domains),
        *("--results", tmp_path / "results", *QUICK),
    )
    assert code == 3
    assert "failed at step 0: RuntimeError" in out
    assert "its process was killed by SIGKILL" in out
    assert "done at step 4" in out
    table = (tmp_path / "results" / "comparison.csv").read_text()
    assert "failed" in table
    page = (tmp_path / "results" / "report.html").read_text()
    assert "<script>alert(1)" not in page


def test_stop_collapsed_ends_a_run_that_draws_one_picture(
    two_domains, tmp_path, ganbench, monkeypatch
):
    monkeypatch.setattr(suite_runner, "score", lambda *_: None)
    old = 'return self.draw(self.networks["G"], source)'
    one = "import numpy as np\n        self.drawn = getattr(self, 'drawn', 0) + 1\n"
    one += "        made = self.draw(self.networks['G'], source)\n"
    one += "        varied = np.random.default_rng(0).integers(0, 256, made.shape, np.uint8)\n"
    one += "        return varied if self.drawn < 6 else np.repeat(varied[:1], len(made), axis=0)"
    file = write_plugin(tmp_path, old, one, "one_gan")
    command = ("run", "--plugin", file, "--models", "one-gan", "--data", two_domains)
    command += ("--results", tmp_path / "results", *QUICK, "--budget", "60step")
    code, out, _ = ganbench(*command, "--stop-collapsed")
    assert code == 3
    assert "warning: it draws nearly one picture for every input since step" in out
    assert re.search(r"collapsed at step \d+.*; stopped at step [1-5]\d", out)
    assert "1 done, 0 to do" in ganbench(*command, "--stop-collapsed", "--dry-run")[1]
    assert "0 done, 1 to do" in ganbench(*command, "--dry-run")[1]


def test_a_dry_run_prints_the_plan_and_writes_nothing(two_domains, tmp_path, ganbench):
    code, out, _ = ganbench(
        *("run", "--models", "dcgan,cyclegan", "--data", two_domains, "--dry-run"),
        *("--results", tmp_path / "results", *QUICK),
    )
    assert code == 0
    for word in ("8 paintings", "12 photographs", "32 px", "dcgan", "parameters", "4step", "disk"):
        assert word in out
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--models", "cyclgan-resnet"], 'no model "cyclgan-resnet"'),
        (["--models", "dcgan", "--metrics", "fidd"], "no metric 'fidd'"),
        (["--models", "dcgan", "--metrics", "diversity,fid"], "neither end of diversity is better"),
        (["--models", "dcgan", "--protocol", "pil"], "no protocol 'pil'"),
        (["--models", "dcgan:widht=3"], 'no setting "widht"'),
        (["--models", "dcgan:width=wide"], "does not fit"),
        (["--models", "dcgan:width"], "is no setting"),
        (["--models", ""], "--models is empty"),
        (["--models=", "--budget", "1s"], "--models is empty"),
        (["--models", "dcgan", "--until", ""], "--until is empty"),
        (["--models", ","], "no model is named"),
        (["--models", "dcgan:width=16,width=32"], "sets width twice"),
        (["--models", "dcgan", "--budget", "1,5h"], "not understood"),
        (["--models", "dcgan", "--size", "48"], "cannot draw 48 px"),
        (["--models", "dcgan", "--size", "7"], "size"),
        (["--models", "dcgan", "--budget", "0s"], "zero"),
        (["--models", "dcgan", "--budget=-5s"], "not understood"),
        (["--models", "dcgan", "--seeds", "a"], "seeds"),
        (["--models", "dcgan", "--frameworks", "jax"], "does not come in jax"),
        (["--models", "dcgan", "--device", "tpu"], 'no device "tpu"'),
        (["--models", "cyclegan-resnet", "--samples", "13"], "only 12 source pictures"),
        (["--models", "dcgan", "--data", "/nowhere/at/all"], "/nowhere"),
        (["--models", "dcgan", "--plugin", "nothing.py"], "cannot be read"),
        (["--suite", "nothing.toml"], "there is no suite file"),
        (["--models", "dcgan", "--inception-weights", "nothing.pth"], "nothing.pth"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    two_domains, tmp_path, ganbench, arguments, words
):
    data = [] if "--data" in arguments else ["--data", two_domains]
    code, _, errors = ganbench("run", *data, "--results", tmp_path / "results", *arguments)
    assert code == 2, errors
    assert errors.startswith("error: ")
    assert words in errors
    assert "Traceback" not in errors
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("import torch\n", "import torch, nowhere_at_all\n", "No module named 'nowhere_at_all'"),
        ("    def generate(", "    def forget(", "lacks generate"),
        ("w, pixels = settings.width", "w, pixels = settings.wdth", "_gan.py:29, in __init__)"),
    ],
)
def test_a_broken_plugin_is_one_sentence_and_exit_code_2(
    two_domains, tmp_path, ganbench, old, new, words
):
    file = write_plugin(tmp_path, old, new)
    code, _, errors = ganbench(
        *("run", "--plugin", file, "--models", "broken-gan", "--data", two_domains, *QUICK),
        *("--results", tmp_path / "results"),
    )
    assert (code, "Traceback" in errors) == (2, False)
    assert words in errors


def test_results_that_cannot_be_written_are_refused(two_domains, tmp_path, ganbench):
    (tmp_path / "file").write_text("mine")
    code, _, errors = ganbench(
        *("run", "--models", "dcgan", "--data", two_domains, *QUICK),
        *("--results", tmp_path / "file"),
    )
    assert (code, (tmp_path / "file").read_text()) == (2, "mine")
    assert "cannot write to" in errors


def test_a_corrupt_record_is_made_again_from_the_checkpoint(finished, ganbench):
    results, command, _ = finished
    path = next(results.glob("*/tiny-gan*/record.json"))
    before = record.read(path.parent)
    path.write_bytes(path.read_bytes()[:200])
    code, out, _ = ganbench(*command[3:])
    assert code == 0
    assert "its record is damaged: it goes on from its checkpoint" in out
    after = record.read(path.parent)
    assert (after.status, after.scores) == (before.status, before.scores)
    assert after.sha256.keys() == before.sha256.keys()


def test_a_plugin_passes_the_check_and_a_broken_one_does_not(tmp_path, ganbench):
    code, out, _ = ganbench("check", PLUGIN)
    assert (code, "FAIL" in out) == (0, False)
    assert "gradients agree with float64 at batch 1" in out
    forgetful = write_plugin(tmp_path, "super().__init__(settings, task)", NO_SEED)
    code, out, _ = ganbench("check", forgetful)
    assert code == 2
    assert "FAIL  the same seed gives the same result" in out


@pytest.mark.parametrize(
    ("found", "written", "reasons"),
    [
        (
            "return {",
            "return zz\n        return {",
            ["in step: NameError: name 'zz' is not defined"],
        ),
        ("return {", "sys.exit(0)\n        return {", ["in step: SystemExit: 0"]),
        ("return {", "return\n        return {", ["step returned NoneType, not a dict of named"]),
    ],
)
def test_a_failed_check_says_once_where_the_plugin_is_wrong(
    tmp_path, ganbench, found, written, reasons
):
    broken = write_plugin(tmp_path, found, written)
    broken.write_text(f"import sys\n{broken.read_text()}")
    code, out, _ = ganbench("check", broken)
    assert code == 2 and "the same" in out.splitlines()[-1]
    for reason in reasons:
        assert out.count(reason) == 1
        assert "NoneType" in reason or f"{broken.name}:" in out


def test_a_plugin_that_exits_when_it_is_imported_is_a_mistake(tmp_path, ganbench):
    exits = write_plugin(tmp_path, "from dataclasses", "raise SystemExit(0)\nfrom dataclasses")
    for command in ("check", exits), ("run", "--plugin", exits, "--models", "broken-gan"):
        code, _, errors = ganbench(*command)
        assert code == 2 and "SystemExit" in errors and "Traceback" not in errors


def test_a_checked_file_may_bring_settings_and_more_steps(tmp_path, ganbench):
    code, out, _ = ganbench("check", f"{PLUGIN}:width=8", "--size", 16)
    assert code == 0 and "FAIL" not in out
    code, _, errors = ganbench("check", f"{PLUGIN}:widht=8", "--size", 16)
    assert code == 2 and "nearest: width" in errors
    late = write_plugin(tmp_path, "return {", "return {} if self.steps == 25 else {")
    assert [ganbench("check", late, *more)[0] for more in ((), ("--steps", 30))] == [0, 2]


NO_SEED = "super().__init__(settings, task)\n        torch.seed()"


def test_lists_name_everything_there_is(ganbench):
    assert "cyclegan-resnet" in ganbench("list", "models")[1]
    assert "tiny-gan" in ganbench("list", "models", "--plugin", PLUGIN)[1]
    assert "mifid" in ganbench("list", "metrics")[1]
    assert "scenes" in ganbench("list", "data")[1]
    settings = ganbench("list", "settings")[1]
    assert re.search(r"^dcgan\n +official +small +best +may be\n", settings)
    assert re.search(r"^  batch +64 +16 +64 +whole number$", settings, re.MULTILINE)
    assert re.search(r"^  augment +none +translation +translation +color, ", settings, re.MULTILINE)
    assert ganbench("list", "colours")[0] == 2


def test_the_doctor_says_what_is_there(ganbench):
    code, out, _ = ganbench("doctor")
    assert code == 0
    for word in ("Python", "torch", "fit each other", "runs use", "memory", "cache", "Inception"):
        assert word in out


def test_the_doctor_finds_a_cache_that_takes_nothing(tmp_path, ganbench, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "file" / "cache"))
    code, out, _ = ganbench("doctor")
    assert code == 2 and re.search("FAIL +cannot write to .*GANBENCH_CACHE=FOLDER", out)


def test_a_mistake_of_ours_leaves_a_file_and_no_traceback(tmp_path, ganbench, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("ganbench.plugins.with_models", lambda *_: 1 / 0)
    code, _, errors = ganbench("list", "models")
    assert code == 1
    assert "Traceback" not in errors
    assert "ZeroDivisionError" in next(tmp_path.glob("crash-*.txt")).read_text()


def test_help_names_every_command(ganbench, monkeypatch):
    monkeypatch.setitem(os.environ, "COLUMNS", "120")
    code, out, _ = ganbench("--help")
    assert code == 0
    for command in ("run", "report", "list", "check", "doctor", "prepare", "data"):
        assert command in out


def test_the_plan_says_why_files_are_skipped_and_that_a_side_is_black(ganbench, tmp_path):
    for side, top in (("photo", 65535), ("monet", 4095)):
        (tmp_path / side).mkdir()
        for i in range(3):
            values = np.linspace(0, top - i, 32 * 32).reshape(32, 32).astype(np.uint16)
            Image.fromarray(values).save(tmp_path / f"{side}/{i}.png")
    for name in ("a.jxl", "b.jxl"):
        (tmp_path / "photo" / name).write_bytes(b"\xff\x0a")
    (tmp_path / "photo" / "notes").write_text("no picture")
    asked = ("run", "--dry-run", "--data", tmp_path, "--size", 32, "--models", "dcgan")
    code, out, _ = ganbench(*asked)
    assert code == 0
    said = " ".join(out.split())
    assert "2 files skipped" in said
    for name in ("a.jxl", "b.jxl"):
        assert f"photo/{name}: JPEG XL, which is not read: save it as PNG" in said
    assert "monet is black, or 12-bit data" in said and "photo is black" not in said


def test_the_plan_says_what_the_profile_changes_and_what_is_held_out(ganbench, two_domains):
    asked = ("run", "--dry-run", "--data", two_domains, "--size", 32, "--models", "dcgan")
    _, out, _ = ganbench(*asked)
    assert "profile small" in out and "width=16" in out and "augment=translation" in out
    _, out, _ = ganbench(*asked, "--profile", "official")
    assert "profile official: the papers' own settings" in out and "width=" not in out
    _, out, _ = ganbench(*asked, "--held-out", 0.5, "--judge-on", "test")
    assert "the test half of what is held out" in out


def test_a_split_that_cannot_be_is_refused(ganbench, two_domains):
    asked = ("run", "--dry-run", "--data", two_domains, "--size", 32, "--models", "dcgan")
    for more, words in (
        (("--held-out", 1.0), "held_out 1.0 is no fraction below 1"),
        (("--judge-on", "test"), "judge_on test is a part of what is held out, and nothing is"),
        (("--held-out", 0.5, "--judge-on", "half"), "judge_on"),
        (("--held-out", 0.01), "at least 2 are needed"),
    ):
        code, _, err = ganbench(*asked, *more)
        assert code == 2 and words in err


def test_metrics_and_extractors_are_checked_too(tmp_path, ganbench):
    for example in ("colour_distance", "colour_extractor"):
        code, out, _ = ganbench("check", PLUGIN.with_name(f"{example}.py"))
        assert (code, "FAIL" in out) == (0, False) and out.count("  ok") >= 4
    text = PLUGIN.with_name("colour_distance.py").read_text()
    broken = tmp_path / "broken.py"
    broken.write_text(text.replace("    step = ", "    oops\n    step = "))
    code, out, _ = ganbench("check", broken)
    assert code == 2 and "FAIL" in out
    assert "broken.py:20, in measure: NameError: name 'oops' is not defined" in out
