import json

import pytest

from ganbench import record
from ganbench.errors import InputError


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
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(InputError, match=words):
        record.read(tmp_path)


def test_a_record_from_before_kinds_errors_and_evidence_still_reads(tmp_path, a_record):
    record.write(tmp_path, a_record)
    path = tmp_path / "record.json"
    value = json.loads(path.read_text())
    del value["evidence"]
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
