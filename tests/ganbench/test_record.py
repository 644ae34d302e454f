import json
from dataclasses import replace

import pytest

from ganbench import record
from ganbench.errors import InputError

SCORE = record.Score("fid", "FID", 12.5, 300, 300, "lower", "", {"extractor": "x"}, 1)
RECORD = record.Record(
    key="0123abcd",
    model="dcgan",
    label="dcgan",
    framework="pytorch",
    source="noise",
    seed=0,
    suite="s",
    size=64,
    budget="60s",
    settings={"width": 32, "augment": ["color"]},
    data={},
    environment={},
    status=record.Status("done", 10, 1.0),
    snapshots=(record.Moment(10, 1.0, 2.0, 320, "samples/x.npy"),),
    scores={"fid": SCORE, "mifid": replace(SCORE, metric="mifid", value=None)},
    curve=(record.CurvePoint(10, 2.0, 320, {"fid": SCORE}),),
)


def test_a_record_reads_back_as_itself(tmp_path):
    record.write(tmp_path, RECORD)
    assert record.read(tmp_path) == RECORD


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": 99}, "format 99"),
        ({"status": {"name": "excellent"}}, "status"),
        ({"colour": 1}, "colour"),
        ({"seed": "zero"}, "seed"),
    ],
)
def test_a_record_of_another_shape_is_one_sentence(tmp_path, change, words):
    record.write(tmp_path, RECORD)
    path = tmp_path / "record.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(InputError, match=words):
        record.read(tmp_path)


def test_a_cut_record_is_named_and_hides_no_other(tmp_path):
    suite = tmp_path / "suite"
    for name in ("good", "bad"):
        record.write(suite / name, RECORD)
    path = suite / "bad" / "record.json"
    path.write_text(path.read_text()[:100])
    (suite / "suite.json").write_text(json.dumps({"runs": ["good", "bad", "never begun"]}))
    results = record.read_results(tmp_path)
    assert [folder.name for folder, _ in results.runs] == ["good"]
    assert len(results.unreadable) == 1
    assert "bad" in results.unreadable[0]


def test_a_missing_value_stays_missing_in_the_table(tmp_path):
    results = record.Results(tmp_path, {}, (), ((tmp_path, RECORD),))
    table = record.table(results)
    assert table["fid"][0] == 12.5
    assert table["mifid"].isna()[0]
    assert table["peak_memory_bytes"].isna()[0]


def test_no_results_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match="no benchmark results"):
        record.read_results(tmp_path)
