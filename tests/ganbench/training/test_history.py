import csv
import json

import pytest

from ganbench.record import Moment
from ganbench.training.history import History, event


def at(step):
    return Moment(step, 0.0, step * 0.5, step * 4, "")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.csv"


@pytest.fixture
def saved(path):
    """A log of two rows, and what a checkpoint knows of it."""
    history = History(path)
    for step in (1, 2):
        history.add(at(step), {"G": 1.0}, 0)
    history.flush()
    return json.loads(json.dumps(history.state()))


def steps_in(path):
    return [line.split(",")[0] for line in path.read_text().splitlines()[1:]]


def test_rows_reach_the_disk_in_order_with_speed_between_them(path):
    history = History(path)
    history.start()
    for step in (1, 2):
        history.add(at(step), {"G": 0.25 * step}, 1000)
    assert not path.exists()
    history.flush()
    assert path.read_text().splitlines() == [
        "step,seconds,pictures,pictures_per_second,memory_bytes,G",
        "1,0.5000,4,8,1000,0.25",
        "2,1.0000,8,8,1000,0.5",
    ]


def test_losses_that_come_and_go_keep_their_columns(path):
    history = History(path)
    history.add(at(1), {"D (real, fake)": 1.0, "G": 2.0}, 0)
    history.add(at(2), {"G": 3.0, "R1": 9.0}, 0)
    history.flush()
    later = History(path)
    assert later.restore(json.loads(json.dumps(history.state())), path.parent, 2)
    later.add(at(3), {"R1": 9.0, "G": 5.0, "D (real, fake)": 4.0}, 0)
    later.flush()
    with path.open(newline="") as file:
        rows = [[row["D (real, fake)"], row["G"], len(row)] for row in csv.DictReader(file)]
    assert rows == [["1.0", "2.0", 7], ["", "3.0", 7], ["4.0", "5.0", 7]]
    told = [json.loads(line) for line in (path.parent / "events.jsonl").read_text().splitlines()]
    assert [(one["event"], one["losses"]) for one in told[:1]] == [("losses_left_out", ["R1"])]


def test_a_resumed_log_has_no_gap_and_no_double_row(path, saved):
    late = History(path)
    assert late.restore(saved, path.parent, 2)
    late.add(at(3), {"G": 1.0}, 0)
    late.flush()  # and no checkpoint after it
    again = History(path)
    assert again.restore(saved, path.parent, 2)
    again.add(at(3), {"G": 2.0}, 0)
    again.flush()
    assert steps_in(path) == ["1", "2", "3"]
    assert path.read_text().splitlines()[-1] == "3,1.5000,12,8,0,2.0"


@pytest.mark.parametrize("name", ["history.csv", "history-copy.csv"])
def test_either_of_the_two_logs_may_be_damaged_in_any_way(path, saved, name):
    whole = path.read_text()
    place = path.with_name(name)
    for damage in ("", "step\n", whole.replace("1.0", "2.0"), whole + "3,1.5,8,8,0,1.0\n", None):
        place.unlink() if damage is None else place.write_text(damage)
        assert History(path).restore(saved, path.parent, 2)
        assert path.read_text() == path.with_name("history-copy.csv").read_text() == whole


def test_where_both_are_damaged_the_rows_are_lost_and_that_is_told(path, saved):
    for name in ("history.csv", "history-copy.csv"):
        path.with_name(name).write_text("step\n")
    history = History(path)
    assert not history.restore(saved, path.parent, 2)
    history.add(at(3), {"G": 1.0}, 0)
    history.flush()
    assert steps_in(path) == ["3"]


def test_a_checkpoint_of_version_0_1_brings_its_own_copy(path):
    rows = (
        "step,seconds,pictures,pictures_per_second,memory_bytes,G\n1,0.5,4,8,0,1.0\n2,1,8,8,0,1.0"
    )
    (path.parent / "ganbench-history.csv").write_text(rows)
    path.write_text("torn")
    history = History(path)
    assert history.restore(None, path.parent, 1)
    history.add(at(2), {"G": 2.0}, 0)
    history.flush()
    assert steps_in(path) == ["1", "2"]
    assert path.read_text().splitlines()[-1] == "2,1.0000,8,8,0,2.0"


def test_a_checkpoint_older_than_that_goes_by_the_log_itself(path):
    path.write_text("step,seconds,pictures,pictures_per_second,memory_bytes,G\n1,0.5,4,8,0,1.0\n2")
    assert History(path).restore(None, path.parent, 1)
    assert steps_in(path) == steps_in(path.with_name("history-copy.csv")) == ["1"]


def test_the_diary_is_one_json_object_a_line(tmp_path):
    event(tmp_path, "started")
    event(tmp_path, "warning", reason="spät")
    lines = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [line["event"] for line in lines] == ["started", "warning"]
    assert lines[1]["reason"] == "spät"


def test_an_empty_log_gets_its_header(path):
    path.write_text("")  # all that a full disk left of a first row
    history = History(path)
    history.add(at(1), {"G": 1.0}, 0)
    history.flush()
    assert path.read_text().splitlines()[0].startswith("step,")


def test_a_line_after_a_torn_one_is_a_line_of_its_own(tmp_path):
    (tmp_path / "events.jsonl").write_text('{"event": "sta')
    event(tmp_path, "resumed")
    last = (tmp_path / "events.jsonl").read_text().splitlines()[-1]
    assert json.loads(last)["event"] == "resumed"


def test_a_checkpoint_before_the_first_row_begins_the_log_anew(path):
    before = json.loads(json.dumps(History(path).state()))
    late = History(path)
    late.add(at(1), {"G": 1.0}, 0)
    late.flush()  # and no checkpoint after it
    again = History(path)
    assert again.restore(before, path.parent, 0) and not path.exists()
    again.add(at(1), {"G": 2.0}, 0)
    again.flush()
    assert steps_in(path) == ["1"]


def test_a_loss_without_a_column_is_told_once(path):
    history = History(path)
    for step in (1, 2, 3):
        history.add(at(step), {"G": 1.0} | ({"R1": 2.0} if step > 1 else {}), 0)
    assert (path.parent / "events.jsonl").read_text().count("losses_left_out") == 1
