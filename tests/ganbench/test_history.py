import json

from ganbench.history import History, event
from ganbench.record import Moment


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
