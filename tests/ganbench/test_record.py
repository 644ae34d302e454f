import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from ganbench import record
from ganbench.errors import InputError
from ganbench.system import files

OLD = Path(__file__).parent / "records"


def test_a_record_reads_back_as_itself(tmp_path, a_record):
    record.write(tmp_path, a_record)
    assert record.read(tmp_path) == a_record


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": 99}, "format 99"),
        ({"status": {"name": "excellent"}}, "status"),
        ({"colour": 1}, "colour"),
        ({"seed": "zero"}, "seed"),
    ],
)
def test_a_record_of_another_shape_is_one_sentence(tmp_path, a_record, change, words):
    record.write(tmp_path, a_record)
    path = tmp_path / "record.json"
    files.write_sealed(path, files.read_sealed(path) | change)
    with pytest.raises(InputError, match=words):
        record.read(tmp_path)


def test_a_record_from_before_kinds_errors_and_evidence_still_reads(tmp_path, a_record):
    record.write(tmp_path, a_record)
    path = tmp_path / "record.json"
    value = files.read_sealed(path) | {"format": 1}
    del value["evidence"], value["files"]
    for score in value["scores"].values():
        del score["kind"], score["error"], score["about"]
    path.write_text(json.dumps(value))
    read = record.read(tmp_path)
    assert read.evidence == {}
    assert {(s.kind, s.error, s.about) for s in read.scores.values()} == {("distance", None, "")}


def test_a_cut_record_is_named_and_hides_no_other(tmp_path, a_record):
    suite = tmp_path / "suite"
    for name in ("good", "bad"):
        record.write(suite / name, a_record)
    path = suite / "bad" / "record.json"
    path.write_text(path.read_text()[:100])
    (suite / "suite.json").write_text(json.dumps({"runs": ["good", "bad", "never begun"]}))
    results = record.read_results(tmp_path)
    assert [folder.name for folder, _ in results.runs] == ["good"]
    assert len(results.unreadable) == 1
    assert "bad" in results.unreadable[0]


def test_a_missing_value_stays_missing_in_the_table(tmp_path, a_record):
    results = record.Results(tmp_path, {}, (), ((tmp_path, a_record),))
    table = record.table(results)
    assert table["fid"][0] == 12.5
    assert table["mifid"].isna()[0]
    assert table["peak_memory_bytes"].isna()[0]


def test_no_results_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match="no benchmark results"):
        record.read_results(tmp_path)


@pytest.mark.parametrize("path", sorted(OLD.iterdir()), ids=lambda path: path.stem)
def test_the_records_of_every_earlier_format_read_with_all_their_values(tmp_path, path):
    shutil.copy(path, tmp_path / "record.json")
    found = json.loads(json.dumps(asdict(record.read(tmp_path))))
    assert found.pop("sha256") == {}
    assert found.pop("raw_scores") == {}  # of averages, which came later
    assert found.pop("extended") == []
    assert found.pop("imported") == {}
    assert (found["cost"].pop("energy_joules"), found["cost"].pop("energy_kind")) == (None, "")
    assert found == json.loads(path.read_text())


def test_an_old_record_that_is_written_again_is_of_this_format_and_still_without_digests(tmp_path):
    shutil.copy(OLD / "format-1.json", tmp_path / "record.json")
    old = record.read(tmp_path)
    record.write(tmp_path, old)
    assert record.read(tmp_path) == replace(old, format=record.FORMAT)


def test_an_unsealed_record_of_this_format_is_refused(tmp_path, a_record):
    record.write(tmp_path, a_record)
    value = files.read_sealed(tmp_path / "record.json")
    files.write_json(tmp_path / "record.json", value)
    with pytest.raises(InputError, match="is damaged"):
        record.read(tmp_path)


def test_an_array_is_read_only_with_the_bytes_and_the_name_that_the_run_gave_it(tmp_path, a_record):
    for name in ("x.npy", "samples/x.npy", "samples/other.npy"):
        files.write_array(tmp_path / "run" / name, np.arange(6))
    files.write_array(tmp_path / "x.npy", np.arange(6))
    folder = tmp_path / "run"
    run = replace(a_record, sha256={"samples/x.npy": files.sha256(folder / "samples/x.npy")})
    assert record.array(folder, run, "samples/x.npy").tolist() == [0, 1, 2, 3, 4, 5]
    with pytest.raises(InputError, match="is damaged"):
        record.array(folder, run, "samples/other.npy")
    with pytest.raises(InputError, match="no name of a file inside"):
        record.array(folder, run, "../x.npy")
    with pytest.raises(InputError, match="cannot be read"):
        record.array(folder, run, "nowhere.npy")
    files.write_array(folder / "samples/x.npy", np.arange(7))
    with pytest.raises(InputError, match="is damaged"):
        record.array(folder, run, "samples/x.npy")


def test_a_list_of_baselines_from_before_seals_still_reads(tmp_path, a_record):
    rows = (record.Baseline("floor", "half against half", a_record.scores),)
    record.write_baselines(tmp_path, rows)
    assert record.read_baselines(tmp_path) == rows
    files.write_json(tmp_path / "baselines.json", [asdict(row) for row in rows])
    assert record.read_baselines(tmp_path) == rows


def test_torn_baselines_are_named_and_hide_no_run(tmp_path, a_record):
    record.write(tmp_path / "suite/good", a_record)
    record.write_suite(tmp_path / "suite", {"runs": ["good"]})
    (tmp_path / "suite/baselines.json").write_text("[")
    results = record.read_results(tmp_path)
    assert len(results.runs) == 1 and results.baselines == ()
    assert "baselines.json" in results.unreadable[0]


@pytest.mark.parametrize("value", [[], {}, {"runs": "ab"}, {"runs": [1]}, {"runs": {"a": 1}}])
def test_a_description_that_names_no_runs_is_one_sentence(tmp_path, value):
    files.write_json(tmp_path / "suite.json", value)
    with pytest.raises(InputError, match=r"suite\.json is (damaged|no description)"):
        record.read_suite(tmp_path)


@pytest.mark.parametrize("name", ["../good", "/tmp", "", "x" * 5000, "a\0b"])
def test_runs_that_lie_elsewhere_are_named_and_not_read(tmp_path, a_record, name):
    record.write(tmp_path / "good", a_record)
    record.write(tmp_path / "suite/good", a_record)
    record.write_suite(tmp_path / "suite", {"runs": [name, "good"]})
    results = record.read_results(tmp_path)
    assert [folder for folder, _ in results.runs] == [tmp_path / "suite/good"]
    assert len(results.unreadable) == 1


@pytest.mark.parametrize("key", ["", "x/../../../evil", "0123ABCD", "0123abcd\n", "0123abcde"])
def test_a_key_of_which_no_folder_could_be_named_is_refused(tmp_path, a_record, key):
    record.write(tmp_path, replace(a_record, key=key))
    with pytest.raises(InputError, match="its key is not 8 hexadecimal digits"):
        record.read(tmp_path)


@pytest.mark.parametrize("inside", ["suite", "suite/run"])
def test_a_folder_inside_of_results_names_the_whole(tmp_path, inside):
    (tmp_path / "suite" / "run").mkdir(parents=True)
    (tmp_path / "suite" / "suite.json").touch()
    with pytest.raises(InputError, match="no benchmark results") as caught:
        record.read_results(tmp_path / inside)
    assert caught.value.hint == f"ganbench report {tmp_path}"


def test_a_suite_that_is_not_there_is_told_with_those_that_are(tmp_path):
    for name in ("scenes", "monet"):
        record.write_suite(tmp_path / name, {"runs": []})
    with pytest.raises(InputError, match=f"there is no suite nope in {tmp_path}") as caught:
        record.read_results(tmp_path, "nope")
    assert caught.value.hint == "there are: monet, scenes"


def test_runs_without_their_suite_are_not_called_missing(tmp_path, a_record):
    folder = tmp_path / "scenes" / "run"
    folder.mkdir(parents=True)
    record.write(folder, a_record)
    with pytest.raises(InputError, match="has runs, but its suite") as error:
        record.read_results(tmp_path)
    assert "writes it again" in error.value.hint
