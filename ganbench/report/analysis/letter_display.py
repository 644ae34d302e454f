"""Letters behind the models: two that share one cannot be told apart."""

from collections.abc import Sequence

from ganbench.report.analysis.comparison import Row
from ganbench.report.analysis.pairwise_tests import Pair

MOST_SETS = 52  # letters beyond which a display of letters says nothing any more


def letters(found: Sequence[Pair]) -> list[tuple[Row, str]]:
    """Every model with its letters, best first: two that share one cannot be told apart.

    The compact letter display of Piepho (2004): a letter for each largest set of models of which
    no two are told apart. Empty where that takes too many letters to read.
    """
    rows = {row.place: row for pair in found for row in (pair.first, pair.second)}
    alike: dict[int, set[int]] = {place: set() for place in rows}
    for pair in found:
        if not pair.test.told_apart:
            alike[pair.first.place].add(pair.second.place)
            alike[pair.second.place].add(pair.first.place)
    order = {place: index for index, place in enumerate(rows)}
    found_sets = _cliques(alike)
    if found_sets is None:
        return []
    sets = sorted(found_sets, key=lambda group: sorted(order[place] for place in group))
    return [
        (row, " ".join(_letter(i) for i, group in enumerate(sets) if row.place in group))
        for row in rows.values()
    ]


def _cliques(alike: dict[int, set[int]]) -> list[set[int]] | None:
    """Largest sets whose members are all alike (Bron and Kerbosch 1973, with a pivot).

    There may be exponentially many: None beyond MOST_SETS.
    """
    done: list[set[int]] = []

    def extend(chosen: set[int], open_: set[int], seen: set[int]) -> None:
        if len(done) > MOST_SETS:
            return
        if not open_ and not seen:
            done.append(chosen)
            return
        pivot = max(sorted(open_ | seen), key=lambda place: len(alike[place] & open_))
        for place in sorted(open_ - alike[pivot]):
            extend(chosen | {place}, open_ & alike[place], seen & alike[place])
            open_, seen = open_ - {place}, seen | {place}

    extend(set(), set(alike), set())
    return done if len(done) <= MOST_SETS else None


def _letter(index: int) -> str:
    """a to z, then a2 to z2."""
    again, place = divmod(index, 26)
    return chr(ord("a") + place) + (str(again + 1) if again else "")
