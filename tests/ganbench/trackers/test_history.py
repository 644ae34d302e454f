import math
from dataclasses import replace

import pytest

from ganbench import record
from ganbench.errors import InputError
from ganbench.trackers import history


@pytest.fixture
def run(results):
    """The folder of a finished run, and a record that knows no digests."""
    folder = next((results / "s").glob("*seed0*"))
    return folder, replace(record.read(folder), sha256={})


def rewritten(run, text):
    (run[0] / "history.csv").write_text(text)
    return history.rows(*run)


def test_every_row_has_the_losses_and_where_the_run_stood(run):
    rows = list(history.rows(*run))
    assert [(row.step, row.seconds, row.pictures) for row in rows] == [
        (1, 0.5, 16), (5, 2.5, 80), (10, 5.0, 160),
    ]  # fmt: skip
    assert rows[0].values == {
        "speed/pictures_per_second": 32, "memory/bytes": 1000,
        "loss/D": 1.3862943611198906, "loss/G": 0.7,
    }  # fmt: skip


def test_a_loss_that_broke_stays_and_an_empty_cell_is_none(run):
    (row,) = rewritten(run, "step,seconds,pictures,pictures_per_second,G,D\n1,1,1,,nan,x\n")
    assert row.values.keys() == {"loss/G"} and math.isnan(row.values["loss/G"])


def test_losses_whose_names_would_be_alike_are_two(run):
    (row,) = rewritten(run, "step,seconds,pictures,a/b,a:b\n1,1,1,2,3\n")
    assert row.values == {"loss/a_b": 2, "loss/a_b_2": 3}


@pytest.mark.parametrize("row", ["3,1,1,9", "-1,1,1,9", "9e99,1,1,9", "nan,1,1,9", "x", ""])
def test_rows_before_a_damaged_one_are_told(run, row):
    rows = rewritten(run, f"step,seconds,pictures,G\n4,1,1,2\n{row}\n5,1,1,2\n")
    assert next(rows).values == {"loss/G": 2}
    with pytest.raises(InputError, match="damaged after step 4"):
        next(rows)


@pytest.mark.parametrize("text", ["", "\n", "a,b\n1,2\n", "step,seconds,pictures" + ",x" * 500])
def test_what_is_no_table_of_losses_is_said(run, text):
    with pytest.raises(InputError, match="no table of losses"):
        list(rewritten(run, text))


def test_other_bytes_than_the_run_wrote_are_not_read(run):
    folder, _ = run
    with open(folder / "history.csv", "a") as file:
        file.write("11,6,176,32,1,0,0\n")
    with pytest.raises(InputError, match="is damaged"):
        list(history.rows(folder, record.read(folder)))
