import json

from ganbench.record import Moment
from ganbench.training.history import History, event


def at(step):
    return Moment(step, 0.0, step * 0.5, step * 4, "")


def test_rows_reach_the_disk_in_order_with_speed_between_them(tmp_path):
    history = History(tmp_path / "history.csv")
    history.start()
    for step in (1, 2):
        history.add(at(step), {"G": 0.25 * step}, 1000)
    assert not history.path.exists()
    history.flush()
    assert history.path.read_text().splitlines() == [
        "step,seconds,pictures,pictures_per_second,memory_bytes,G",
        "1,0.5000,4,8,1000,0.25",
        "2,1.0000,8,8,1000,0.5",
    ]


def test_a_resumed_log_has_no_gap_and_no_double_row(tmp_path):
    history = History(tmp_path / "history.csv")
    for step in (1, 2, 3):
        history.add(at(step), {"G": 1.0}, 0)
    history.flush()
    again = History(history.path)
    again.cut(2)
    again.add(at(3), {"G": 2.0}, 0)
    again.flush()
    steps = [line.split(",")[0] for line in history.path.read_text().splitlines()[1:]]
    assert steps == ["1", "2", "3"]
    assert history.path.read_text().splitlines()[-1] == "3,1.5000,12,8,0,2.0"


def test_a_torn_last_row_is_dropped(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("step,seconds,pictures,pictures_per_second,memory_bytes,G\n1,0.5,4,8,0,1.0\n2")
    History(path).cut(1)
    assert path.read_text().splitlines()[1:] == ["1,0.5,4,8,0,1.0"]


def test_the_diary_is_one_json_object_a_line(tmp_path):
    event(tmp_path, "started")
    event(tmp_path, "warning", reason="spät")
    lines = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [line["event"] for line in lines] == ["started", "warning"]
    assert lines[1]["reason"] == "spät"


def test_a_checkpoint_brings_its_own_rows_back_whatever_became_of_the_log(tmp_path):
    history = History(tmp_path / "history.csv")
    history.add(at(1), {"G": 1.0}, 0)
    history.flush()
    (tmp_path / "state").mkdir()
    history.save(tmp_path / "state")
    whole = history.path.read_text()
    for damage in ("", "step\n", whole.replace("1.0", "2.0"), whole + "2,1.0,8,8,0,1.0\n"):
        history.path.write_text(damage)
        History(history.path).restore(tmp_path / "state", 1)
        assert history.path.read_text() == whole
    history.path.unlink()
    History(history.path).restore(tmp_path / "state", 1)
    assert history.path.read_text() == whole


def test_an_empty_log_gets_its_header(tmp_path):
    history = History(tmp_path / "history.csv")
    history.path.write_text("")  # all that a full disk left of a first row
    history.add(at(1), {"G": 1.0}, 0)
    history.flush()
    assert history.path.read_text().splitlines()[0].startswith("step,")


def test_a_line_after_a_torn_one_is_a_line_of_its_own(tmp_path):
    (tmp_path / "events.jsonl").write_text('{"event": "sta')
    event(tmp_path, "resumed")
    last = (tmp_path / "events.jsonl").read_text().splitlines()[-1]
    assert json.loads(last)["event"] == "resumed"
