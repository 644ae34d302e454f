"""The compact letter display, held against its definition."""

import itertools
import random
from types import SimpleNamespace

import pytest

from ganbench.report.analysis.letter_display import MOST_SETS, letters


def pairs_of(count, apart):
    """All pairs of so many models, best first, of which those in `apart` are told apart."""
    rows = [SimpleNamespace(place=place) for place in range(count)]
    return [
        SimpleNamespace(
            first=one,
            second=other,
            test=SimpleNamespace(told_apart=(one.place, other.place) in apart),
        )
        for one, other in itertools.combinations(rows, 2)
    ]


def groups_of(said):
    """The places that share each letter, by the letter."""
    found: dict[str, set[int]] = {}
    for row, mine in said:
        for letter in mine.split():
            found.setdefault(letter, set()).add(row.place)
    return found


def largest_sets(count, apart):
    """Every set of models of which no two are told apart and to which none can be added."""
    sets = [
        set(some)
        for size in range(1, count + 1)
        for some in itertools.combinations(range(count), size)
        if not any(pair in apart for pair in itertools.combinations(some, 2))
    ]
    return [one for one in sets if not any(one < other for other in sets)]


@pytest.mark.parametrize("seed", range(30))
def test_there_is_a_letter_for_each_largest_set_of_which_no_two_are_told_apart(seed):
    lot, count = random.Random(seed), 2 + seed % 6
    both = list(itertools.combinations(range(count), 2))
    apart = set(lot.sample(both, lot.randint(0, len(both))))
    found = groups_of(letters(pairs_of(count, apart)))
    expected = sorted(map(sorted, largest_sets(count, apart)))
    assert [sorted(found[letter]) for letter in sorted(found)] == expected  # "a" is of the best


def test_beyond_so_many_letters_there_are_none():
    def of(triples):
        """Of three models each no two are alike, and all others: 3 ^ triples largest sets."""
        threes = [range(3 * k, 3 * k + 3) for k in range(triples)]
        return {pair for three in threes for pair in itertools.combinations(three, 2)}

    assert len(groups_of(letters(pairs_of(9, of(3))))) == 27 < MOST_SETS < 81
    assert letters(pairs_of(12, of(4))) == []
    alone = set(itertools.combinations(range(MOST_SETS), 2))
    assert len(groups_of(letters(pairs_of(MOST_SETS, alone)))) == MOST_SETS
