"""The blind vote: pairs of pictures without names, drawn by a hash from what the runs have stored.

Every model shows pictures of its finished seeds, and two models those of the same seed and, where
both are translators, of the same photograph. Those of the first seed, which the page shows by name
as well, come last. Pairs of models are asked about equally often, and each model is as often on the
left as on the right. All of it follows from the pictures alone, so that the page made again, and
the public one, ask the same.
"""

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ganbench.errors import InputError
from ganbench.record import Record
from ganbench.report.analysis import eye_and_metric, vote_file, votes
from ganbench.report.analysis.comparison import Comparison, Row
from ganbench.report.analysis.votes import Ballot, Count, Question
from ganbench.report.pictures import encoding

QUESTIONS = 20  # or as few more as every pair of models needs to be asked about equally often
MOST_MODELS = 3  # of more, a pair would be asked about too seldom to tell anything
MOST_RUNS = 3  # of a model
ON_THE_WALL = 8  # pictures of the first seed that the page shows largest
BYTES = {"pictures": 205_000, "photographs": 40_000}  # in base64
EDGES = {"pictures": (256, 224, 192, 176, 160, 144, *encoding.EDGES[2:]),
         "photographs": encoding.EDGES[2:]}  # fmt: skip

Shot = tuple[np.ndarray, np.ndarray | None]  # a model's picture, and its photograph


@dataclass(frozen=True, eq=False)
class Entrant:
    """A model and what its finished runs made of the probe."""

    row: Row
    runs: dict[int, tuple[np.ndarray, np.ndarray | None]]  # by seed: pictures, photographs


@dataclass(frozen=True, eq=False)
class Asked:
    """A question with its pictures, left and right, and the photograph that both are of."""

    question: Question
    pictures: tuple[np.ndarray, np.ndarray]
    photograph: np.ndarray | None


@dataclass(frozen=True)
class Section:
    """The result of the votes that were handed in, and what the page needs to take more."""

    grammar: eye_and_metric.Grammar
    counts: tuple[Count, ...]
    voters: int
    votes: int
    questions: int
    booth: dict[str, Any] | None  # None without pictures

    @property
    def sentence(self) -> str:
        return eye_and_metric.sentence(self.grammar, self.counts)

    @property
    def models(self) -> set[str]:
        return {row.name for count in self.counts for row in (count.first, count.second)}

    @property
    def embedded(self) -> dict[str, Any]:
        """The votes as the page's data carry them."""
        pairs = [
            {"first": c.first.name, "second": c.second.name, "first_better": c.wins,
             "second_better": c.losses, "neither": c.ties}
            for c in self.counts
        ]  # fmt: skip
        return {"voters": self.voters, "votes": self.votes, "pairs": pairs}


def section(
    comparison: Comparison,
    public: bool,
    with_pictures: bool,
    reader: encoding.Reader,
    cast: Sequence[tuple[Path, vote_file.VoteFile]] = (),
) -> Section | None:
    """Count `cast` and ask for more; None where there is nothing to ask.

    InputError when there are votes and no questions, or other ones.
    """
    if not cast and not with_pictures:
        return None
    asked = ask(comparison, reader)
    if not asked:
        if cast:
            said = "fewer than two models have finished with pictures"
            raise InputError(f"{cast[0][0]} cannot be counted: {said}", "ganbench report")
        return None
    ballot = Ballot(_identity(asked), tuple(one.question for one in asked))
    chosen = [vote_file.choices(path, found, ballot) for path, found in cast]
    vote_file.of_different_voters(cast)
    words = eye_and_metric.grammar(comparison, ballot.pairs)
    suite = asked[0].question.first.records[0].suite
    booth = _booth(ballot, asked, words, public, suite) if with_pictures else None
    counts = tuple(votes.count(ballot, chosen))
    return Section(words, counts, len(cast), sum(map(len, chosen)), len(asked), booth)


def ask(comparison: Comparison, reader: encoding.Reader) -> list[Asked]:
    """All questions in the order in which they are asked; none of fewer than two models."""
    pairs = list(itertools.combinations(_entrants(comparison, reader), 2))
    key = _digest(*(run[0] for pair in pairs for one in pair for run in one.runs.values()))
    each = -(-QUESTIONS // max(1, len(pairs)))
    found = [one for pair in pairs for one in _of_pair(*pair, each, key)]
    return sorted(found, key=lambda one: _drawn(key, "order", *map(_digest, one.pictures)))


def _entrants(comparison: Comparison, reader: encoding.Reader) -> list[Entrant]:
    """The best models with pictures, in the order of the suite; each first in one framework."""
    best: dict[str, Row] = {}
    for row in comparison.rows:
        best.setdefault(row.label, row)
    rows = sorted(comparison.rows, key=lambda row: row is not best[row.label])
    able = (one for row in rows if (one := Entrant(row, _runs(row, reader))).runs)
    return sorted(itertools.islice(able, MOST_MODELS), key=lambda one: one.row.place)


def _runs(row: Row, reader: encoding.Reader) -> dict[int, Shot]:
    finished = [(folder, record) for folder, record in row.runs
                if record.status.name == "done" and "output" in record.views]  # fmt: skip
    found = {}
    for folder, record in finished[:MOST_RUNS]:
        pictures = reader.of_run(folder, record, record.views["output"])
        if pictures is not None:
            found[record.seed] = pictures, _photographs(folder, record, reader)
    return found


def _photographs(folder: Path, record: Record, reader: encoding.Reader) -> np.ndarray | None:
    if record.source != "pictures" or "input" not in record.views:
        return None
    return reader.of_run(folder, record, record.views["input"])


def _of_pair(first: Entrant, second: Entrant, most: int, key: str) -> list[Asked]:
    """Up to `most` questions about two models."""
    shared = sorted(first.runs.keys() & second.runs.keys())
    runs = [(first.runs[seed], second.runs[seed]) for seed in shared]
    runs = runs or [(next(iter(first.runs.values())), next(iter(second.runs.values())))]
    places = [
        (run, index)
        for run, (one, other) in enumerate(runs)
        for index in range(min(len(one[0]), len(other[0])))
    ]
    places.sort(key=lambda at: (_familiar(*at), _drawn(key, "picture", *at)))
    start = int(_drawn(key, "side", first.row.place, second.row.place), 16)
    return [
        _asked(first.row, second.row, bool((start + k) % 2), runs[run], index)
        for k, (run, index) in enumerate(places[:most])
    ]


def _familiar(run: int, index: int) -> int:
    """How likely it is that who votes has seen a picture beside its model's name."""
    return (run == 0) + (run == 0 and index < ON_THE_WALL)


def _asked(first: Row, second: Row, swapped: bool, runs: tuple[Shot, Shot], index: int) -> Asked:
    pictures = [run[0][index] for run in runs]
    photographs = [run[1][index] for run in runs if run[1] is not None and index < len(run[1])]
    same = len(photographs) == 2 and np.array_equal(*photographs)
    left, right = reversed(pictures) if swapped else pictures
    return Asked(Question(first, second, swapped), (left, right), photographs[0] if same else None)


def _digest(*arrays: np.ndarray) -> str:
    found = hashlib.sha256()
    for array in arrays:
        found.update(str(array.shape).encode() + np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def _drawn(key: str, *parts: object) -> str:
    """A lot: hexadecimal digits that nobody chose."""
    return hashlib.sha256("\0".join(map(str, (key, *parts))).encode()).hexdigest()


def _identity(asked: Sequence[Asked]) -> str:
    digests = [_digest(*one.pictures) + str(one.question.swapped) for one in asked]
    return hashlib.sha256("".join(digests).encode()).hexdigest()[:16]


def _booth(
    ballot: Ballot,
    asked: Sequence[Asked],
    words: eye_and_metric.Grammar,
    public: bool,
    suite: str,
) -> dict[str, Any]:
    """What the script needs: every picture once, and of each question the places of its own."""
    made = _Pictures()
    pairs = [(first.place, second.place) for first, second in ballot.pairs]
    questions = []
    for one in asked:
        q = one.question
        photograph = None if public else made.place("photographs", one.photograph)
        questions.append({
            "left": made.place("pictures", one.pictures[0]),
            "right": made.place("pictures", one.pictures[1]),
            "photograph": photograph,
            "pair": pairs.index((q.first.place, q.second.place)),
            "swapped": q.swapped,
            "names": [vote_file.name_of(row.name) for row in q.sides],
        })  # fmt: skip
    return {
        "ballot": ballot.identity,
        "suite": suite,
        "questions": questions,
        "heads": words.heads,
        "parts": words.parts,
        "pictures": made.uris("pictures"),
        "photographs": made.uris("photographs"),
    }


class _Pictures:
    """Pictures of each kind, each once."""

    def __init__(self) -> None:
        self.known: dict[str, dict[str, np.ndarray]] = {kind: {} for kind in BYTES}

    def place(self, kind: str, picture: np.ndarray | None) -> int | None:
        if picture is None:
            return None
        digest = _digest(picture)
        self.known[kind].setdefault(digest, picture)
        return list(self.known[kind]).index(digest)

    def uris(self, kind: str) -> list[str]:
        stacks = [picture[None] for picture in self.known[kind].values()]
        return [line[0] for line in encoding.fit(stacks, (1,), BYTES[kind], EDGES[kind])]
