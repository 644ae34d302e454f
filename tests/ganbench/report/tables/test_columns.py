import pytest

from ganbench import record
from ganbench.report.analysis.comparison import compare
from ganbench.report.tables import columns


@pytest.fixture
def compared(fake):
    def make(**seeds):
        for label, count in seeds.items():
            for seed in range(count):
                fake.run(label, seed, 120.0 + seed, pictures=False)
        return compare(record.read_results(fake.finish(list(seeds))))

    return make


def notes(comparison):
    made = columns.main(comparison)
    return [column.of_row(row).note for row in comparison.rows for column in made]


def test_one_seed_each_is_one_sentence_and_no_note(compared):
    comparison = compared(dcgan=1, unet=1)
    assert columns.one_seed_each(comparison) == columns.ONE_SEED
    assert not any("one seed" in note for note in notes(comparison))


def test_where_others_have_several_the_single_seed_is_said_beside_the_number_that_decides(compared):
    comparison = compared(dcgan=1, unet=3)
    assert columns.one_seed_each(comparison) == ""
    assert [note for note in notes(comparison) if "one seed" in note] == ["one seed"]


def test_costs_that_no_sheet_has_room_for_make_way_first_and_the_deciding_column_last(compared):
    made = columns.main(compared(dcgan=1, unet=1))
    ranks = {column.head: column.rank for column in made}
    assert min(ranks, key=ranks.get) == made[0].head and made[0].rank == 0
    assert ranks["GFLOP/step"] >= columns.LATE > ranks["peak memory"]
