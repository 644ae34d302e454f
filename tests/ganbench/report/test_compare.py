"""`ganbench compare` on folders and on pages, as they are and as a stranger could send them."""

import json
import shutil
from dataclasses import replace

import pytest

from ganbench import record
from ganbench.errors import InputError
from ganbench.record import Status
from ganbench.report import build, compare, embedded
from ganbench.report.analysis import comparison
from ganbench.report.analysis.comparability import Side

SCRIPT = b'<script type="application/json" id="results">'


@pytest.fixture(scope="module")
def pages(tmp_path_factory, fake_at):
    """Two suites with their pages: the U-Net got better, the ResNet hardly moved, DCGAN broke."""
    folder = tmp_path_factory.mktemp("pages")
    levels = {"dcgan": (182.0, None), "cyclegan-unet": (131.0, 100.0),
              "cyclegan-resnet": (118.0, 117.0)}  # fmt: skip
    for place, name in enumerate(("a", "b")):
        fake = fake_at(folder / name)
        for label, both in levels.items():
            for seed, wobble in enumerate((0.0, 3.0, -2.0) if place else (0.5, 2.0, -2.2)):
                level = both[place]
                ended = Status("collapsed", 9, 1.0, "one picture") if level is None else None
                fake.run(label, seed, (level or 300.0) + wobble, ended, pictures=False)
        build(fake.finish(list(levels)))
    return folder


def changed(page, tmp_path, change):
    """The page with other data in it."""
    head, _, rest = page.read_bytes().partition(SCRIPT)
    data, _, tail = rest.partition(b"</script>")
    value = change(json.loads(data))
    text = json.dumps(value).replace("<", "\\u003c").encode()
    path = tmp_path / "changed.html"
    path.write_bytes(head + SCRIPT + text + b"</script>" + tail)
    return path


def test_folder_suite_and_page_say_the_same(pages, ganbench):
    said = {
        ganbench("compare", pages / "a" / first, pages / "b" / second)
        for first, second in (("", ""), ("quick", "report.html"), ("report.html", "quick"))
    }
    assert len(said) == 1
    ((code, out, err),) = said
    lines = {line[3:].split()[0]: " ".join(line.split()) for line in out.splitlines()[1:4]}
    assert (code, err) == (0, "")
    assert lines["cyclegan-unet"].startswith("+ cyclegan-unet 131.1 -> 100.3 −30.8 (")
    assert lines["cyclegan-unet"].endswith("better")
    assert lines["cyclegan-resnet"].endswith("cannot tell")
    assert lines["dcgan"] == "! dcgan 182.1 -> collapsed broke"
    assert "Holm over 2 models" in out.splitlines()[0]


def test_a_public_page_is_compared_too(pages, tmp_path, ganbench):
    folder = shutil.copytree(pages / "b", tmp_path / "b")
    page = build(folder, public=True)
    assert "better" in ganbench("compare", pages / "a", page)[1]


def test_a_missed_gate_is_exit_code_4_and_names_model_and_amount(pages, ganbench):
    gate = "random_inception_fd>+3"
    code, out, _ = ganbench("compare", pages / "a", pages / "b", "--fail-if", gate)
    assert code == 4 and f"missed: dcgan misses {gate}: it collapsed" in out
    code, out, _ = ganbench("compare", pages / "b", pages / "a", "--fail-if", gate)
    assert code == 4 and f"missed: cyclegan-unet misses {gate} by 27.8: it changed by +30.8" in out
    assert "cyclegan-resnet misses" not in out


def test_gates_that_hold_are_named_and_pass(pages, ganbench):
    """Each by its own metric, whatever the table is about; DCGAN is mended and held to nothing."""
    options = ("--fail-if", "random_inception_fd>+50", "--fail-if", "fwd>90%", "--metric", "FWD")
    code, out, _ = ganbench("compare", pages / "b", pages / "a", *options)
    assert code == 0 and out.startswith(" FWD ↓")
    assert "passed: random_inception_fd>+50" in out and "passed: fwd>90%" in out


def test_json_says_all_of_it(pages, ganbench):
    options = ("--json", "--fail-if", "random_inception_fd>+3")
    code, out, _ = ganbench("compare", pages / "a", pages / "b", *options)
    found = json.loads(out)
    assert code == 4 and found["passed"] is False and found["metric"]["key"].endswith("_fd")
    unet = next(model for model in found["models"] if model["label"] == "cyclegan-unet")
    assert unet["verdict"] == "better" and unet["seeds"] == [0, 1, 2]
    assert unet["interval"][0] < unet["difference"] < unet["interval"][1] < 0
    assert [miss["model"] for miss in found["missed"]] == ["dcgan"]


@pytest.mark.parametrize(
    ("options", "said", "typed"),
    [
        (("--metric", "fidd"), 'no metric "fidd"', "random_inception_fd"),
        (("--metric", "fid"), 'no metric "fid"', "nearest: random_inception_fd"),
        (("--fail-if", "kid>5%"), 'no metric "kid"', "nearest: random_inception_kd"),
        (("--metric", "mifid"), 'no metric "mifid"', "measured on both sides"),
        (("--fail-if", "fidd>+3"), 'no metric "fidd"', "measured on both sides"),
        (("--fail-if", "fwd>3"), "does not say", "fwd>+3"),
        (("--fail-if", "nonsense"), "is no gate", "lite0_kd>5%"),
        (("--fail-if", "fwd<-3"), "would fail what gets better", "fwd>+3"),
    ],
)
def test_a_wrong_metric_or_gate_is_one_sentence(pages, ganbench, options, said, typed):
    code, out, err = ganbench("compare", pages / "a", pages / "b", *options)
    assert (code, out) == (2, "") and said in err and typed in err


def test_what_else_differs_is_noted(pages, tmp_path):
    def other(value):
        for run in value["runs"]:
            run["budget"], run["settings"] = "90s", {"learning_rate": 1e-3}
        return value

    page = changed(pages / "b" / "report.html", tmp_path, other)
    found = compare.between(compare.read(pages / "a"), compare.read(page))
    assert "budget 60s before, 90s after" in found.notes
    assert "learning_rate 0.0002 before, 0.001 after" in found.notes
    assert {change.verdict for change in found.changes} == {"better", "cannot tell", "broke"}


def test_other_data_is_a_note_and_no_verdict(pages, tmp_path, ganbench):
    def other(value):
        value["suite"]["data"]["target"]["fingerprint"] = "other"
        return value

    page = changed(pages / "b" / "report.html", tmp_path, other)
    code, out, _ = ganbench("compare", pages / "a", page, "--fail-if", "fwd>+3")
    assert code == 4 and "? cyclegan-unet" in out and "better" not in out
    assert "not comparable, paintings: 9c1e4fa27b33 before, other after" in out


def test_suites_without_a_metric_in_common_are_told_so(pages, tmp_path, ganbench):
    def renamed(value):
        for run in [*value["runs"], *value["baselines"]]:
            run["scores"] = {f"my_{k}": s | {"metric": f"my_{k}", "name": f"my {k}"}
                             for k, s in run["scores"].items()}  # fmt: skip
        return value

    page = changed(pages / "b" / "report.html", tmp_path, renamed)
    code, _, err = ganbench("compare", pages / "a", page)
    assert code == 2 and "no metric was measured on both sides" in err
    code, _, err = ganbench("compare", pages / "a", page, "--metric", "fwd")
    assert code == 2 and '"fwd" was measured only before' in err


def test_a_side_on_which_all_broke_misses_the_gates(pages, tmp_path, ganbench):
    """Nothing of it was ever judged, not even the untrained rows."""

    def broken(value):
        for run in value["runs"]:
            run["scores"], run["status"]["name"] = {}, "failed"
        return value | {"baselines": []}

    page = changed(pages / "b" / "report.html", tmp_path, broken)
    code, out, _ = ganbench("compare", pages / "a", page, "--fail-if", "fwd>+3")
    assert code == 4 and out.count("-> failed") == 3 and out.count("missed: ") == 3
    assert "cyclegan-unet     failed -> 131" in ganbench("compare", page, pages / "a")[1]
    code, _, err = ganbench("compare", page, page)
    assert code == 2 and "no metric was measured" in err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda value: value | {"format": 9}, "of a format"),
        (lambda value: [value], "of a format"),
        (lambda value: value | {"runs": {}}, "not whole"),
        (lambda value: value | {"suite": []}, "not whole"),
        (lambda value: value | {"baselines": [{"name": "x"}]}, "baselines, is damaged"),
        (lambda value: value | {"a": json.loads("[" * 70 + "]" * 70)}, "nested too deep"),
    ],
)
def test_a_page_that_was_changed_is_one_sentence(pages, tmp_path, ganbench, change, said):
    page = changed(pages / "b" / "report.html", tmp_path, change)
    code, out, err = ganbench("compare", pages / "a", page)
    assert (code, out) == (2, "") and said in err and len(err.splitlines()) < 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "carries no results"),
        (b"<html>", "carries no results"),
        (SCRIPT + b"{}", "carries no results"),
        (SCRIPT * 2 + b"{}</script>", "carries no results"),
        (SCRIPT + b"{</script>", "not readable JSON"),
        (SCRIPT + b'{"format": NaN}</script>', "is no number"),
        (SCRIPT + b"\xff</script>", "not readable JSON"),
    ],
)
def test_a_file_that_is_no_page_is_one_sentence(pages, tmp_path, content, said):
    path = tmp_path / "page.html"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        compare.read(path)


def test_a_page_beyond_all_bounds_is_not_read(tmp_path):
    path = tmp_path / "page.html"
    with open(path, "wb") as file:
        file.truncate(2**40)
    with pytest.raises(InputError, match="larger than"):
        compare.read(path)


def test_a_run_of_a_page_that_is_none_is_named_and_the_others_are_compared(pages, tmp_path):
    def broken(value):
        value["runs"][0]["key"], value["runs"][4]["seed"] = "../../x", "zero"
        return value

    page = changed(pages / "b" / "report.html", tmp_path, broken)
    found = compare.between(compare.read(pages / "a"), compare.read(page))
    assert sum("is not a ganbench record" in note for note in found.notes) == 2
    unet = next(change for change in found.changes if change.label == "cyclegan-unet")
    assert unet.seeds == (0, 2)


def test_whatever_a_page_says_the_terminal_gets_lines_of_text(poisoned, pages, ganbench):
    page = poisoned / "report.html"
    code, out, _ = ganbench("compare", page, page)
    assert code == 0 and "cannot tell" in out
    assert all(sign.isprintable() or sign == "\n" for sign in out)
    assert max(map(len, out.splitlines())) < 2000
    assert json.loads(ganbench("compare", page, poisoned, "--json")[1])["passed"] is True
    assert ganbench("compare", page, pages / "a")[0] in (0, 2)


def test_wrong_places_are_told_what_to_name(pages, tmp_path, ganbench):
    alone, empty = tmp_path / "alone", tmp_path / "of" / "no" / "suite"
    alone.mkdir()
    empty.mkdir(parents=True)
    shutil.copy(pages / "a" / "report.html", alone)
    run = next((pages / "a" / "quick").glob("*/record.json")).parent
    for path, said, typed in (
        (tmp_path / "nowhere", "is not there", "report.html"),
        (alone, "has a page but no runs", f"{alone / 'report.html'}"),
        (run, "is one run", "quick"),
        (empty, "no benchmark results", "ganbench run"),
    ):
        code, _, err = ganbench("compare", path, pages / "b")
        assert code == 2 and said in err and typed in err


def test_a_page_reads_back_what_the_folder_says(pages):
    page, folder = (compare.read(pages / "a" / name) for name in ("report.html", ""))
    assert [run for _, run in page.runs] == [run for _, run in folder.runs]
    assert page.baselines == folder.baselines and page.suite == folder.suite
    assert Side(page, comparison.compare(page)).rows.keys() == {
        (label, "pytorch") for label in ("dcgan", "cyclegan-unet", "cyclegan-resnet")
    }


def test_a_page_without_its_curves_is_compared_as_before(pages, tmp_path, monkeypatch):
    monkeypatch.setattr(embedded, "MOST_JSON", 1000)
    page = build(shutil.copytree(pages / "b", tmp_path / "b"))
    found = compare.between(compare.read(pages / "a"), compare.read(page))
    assert found.changes[0].verdict == "better"


def test_a_page_that_tells_runs_by_what_is_other_in_them_reads_back_the_same(
    pages, tmp_path, monkeypatch
):
    monkeypatch.setattr(embedded, "MOST_JSON", 1000)
    shutil.copytree(pages / "b", tmp_path / "b")
    place, first = compare.read(tmp_path / "b").runs[0]
    record.write(place, replace(first, scores={}, status=Status("failed", 1, 0.1, "no paint")))
    page = build(tmp_path / "b")
    folder = [run for _, run in compare.read(tmp_path / "b").runs]
    less = [replace(run, curve=(), film=(), snapshots=(), sha256={}) for run in folder]
    assert [run for _, run in compare.read(page).runs] == less
    assert len({run.status.name for run in folder}) == 3
    data = json.loads(page.read_text().partition(SCRIPT.decode())[2].partition("</script>")[0])
    assert data["format"] == embedded.SHORT and len(json.dumps(data["runs"][8])) < 2500


@pytest.mark.parametrize("like", [{}, {"run": 3}, [], {"run": {}, "scores": {}}])
def test_a_page_whose_common_part_was_changed_names_what_is_no_run(
    pages, tmp_path, monkeypatch, like
):
    monkeypatch.setattr(embedded, "MOST_JSON", 1000)
    page = build(shutil.copytree(pages / "b", tmp_path / "b"))
    bad = changed(page, tmp_path, lambda value: value | {"like": like})
    assert len(embedded.read_page(bad).unreadable) == 9 and not embedded.read_page(bad).runs


def test_a_page_of_too_many_runs_carries_none_and_says_what_to_name(
    pages, tmp_path, monkeypatch, ganbench
):
    monkeypatch.setattr(embedded, "MOST_JSON", 1000)
    monkeypatch.setattr(embedded, "MOST_RUNS", 1000)
    page = build(shutil.copytree(pages / "b", tmp_path / "b"))
    code, _, err = ganbench("compare", pages / "a", page)
    assert code == 2 and "carries no runs, there are too many" in err
    assert "name the results folder" in err
