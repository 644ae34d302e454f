import shlex
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from ganbench import record
from ganbench.report import build
from ganbench.report.analysis.comparison import compare
from ganbench.report.tables import why


@pytest.fixture
def asked(fake):
    """Why the deciding number of a model with so many seeds is what it is."""

    def of(seeds=1, name="quick", **protocol):
        run = fake.run("cyclegan-unet", 0, 120.0, pictures=False)
        deciding = run.scores["random_inception_fd"]
        found = replace(deciding, protocol=deciding.protocol | protocol, note="so many")
        fake.runs.clear()
        for seed in range(seeds):
            scores = run.scores | {deciding.metric: replace(found, value=120.0 + seed)}
            fake.run("cyclegan-unet", seed, 120.0, pictures=False, scores=scores)
        comparison = compare(record.read_results(fake.finish(["cyclegan-unet"])))
        return why.why(fake.results, comparison.rows[0], comparison.metrics[0])

    return of


def test_each_seed_the_counts_the_network_with_its_digest_and_the_protocol_are_told(asked):
    found = asked(2, sha256="ab" * 32, tf32="off")
    terms = dict(found.terms)
    assert found.title == "cyclegan-unet: random-Inception FD ↓"
    assert terms["each seed"] == (
        "0: 120.0 ± 2.94 over its pictures; 1: 121.0 ± 2.94 over its pictures"
    )
    assert terms["compared"] == "300 against 300 pictures"
    assert terms["network"] == f"Inception 2015-12-05, random weights, sha256 {'ab' * 32}"
    assert (terms["resize"], terms["tf32"], terms["note"]) == ("TF1", "off", "so many")


def test_the_command_names_the_run_that_is_there(asked, fake):
    found = asked(2)
    for command, folder in zip(found.commands, fake.runs, strict=True):
        *start, run = shlex.split(command)
        assert start == ["ganbench", "score", "--check"]
        assert Path(run).name == folder and (fake.results / run / "record.json").exists()


def test_of_many_seeds_some_are_told(asked):
    found = asked(8)
    assert len(found.commands) == why.MOST_SEEDS
    assert dict(found.terms)["each seed"].endswith("and 3 more")


def test_a_folder_is_one_word_of_the_shell():
    said = why._command(Path("/r"), Path("/r/quick/a; rm -rf ~"))
    assert said == "ganbench score --check 'quick/a; rm -rf ~'"


def test_without_a_number_there_is_no_reason(fake):
    fake.run("dcgan", 0, 120.0, pictures=False)
    comparison = compare(record.read_results(fake.finish(["dcgan"])))
    change = next(s for s in comparison.metrics if s.metric == "input_change")
    assert why.why(fake.results, comparison.rows[0], change) is None


def test_of_very_many_numbers_the_first_have_a_reason(built, monkeypatch, results, tmp_path):
    assert (built / "report.html").read_text().count("popovertarget=") > 10
    monkeypatch.setattr(why, "MOST_CELLS", 10)
    html = build(shutil.copytree(results, tmp_path / "r")).read_text()
    assert html.count("popovertarget=") == html.count("<div popover") == 10
