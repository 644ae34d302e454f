"""votes.json from anyone: one sentence for whatever is wrong with it, and nothing of it is run."""

import json
import os

import pytest

from ganbench.errors import InputError
from ganbench.report.analysis import vote_file
from ganbench.report.analysis.comparison import Row
from ganbench.report.analysis.votes import Ballot, Question

A, B = (Row(name, name, "pytorch", place, ()) for place, name in enumerate("ab"))
BALLOT = Ballot("0123456789abcdef", (Question(A, B, False), Question(A, B, True)))
VOTES = [
    {"question": 1, "left": "a", "right": "b", "better": "left"},
    {"question": 2, "left": "b", "right": "a", "better": "neither"},
]
WHOLE = {"format": 1, "ballot": BALLOT.identity, "suite": "s", "voter": "01020304", "votes": VOTES}


def chosen(tmp_path, value, name="votes.json"):
    path = tmp_path / name
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return vote_file.choices(path, vote_file.read(path), BALLOT)


def vote(**changes):
    return WHOLE | {"votes": [VOTES[0] | changes]}


def test_choices_come_by_the_place_of_their_question(tmp_path):
    assert chosen(tmp_path, WHOLE) == {0: "left", 1: "neither"}


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("", "is not readable JSON"),
        ("{", "is not readable JSON"),
        (json.dumps(WHOLE).replace('"question": 1', '"question": NaN'), "NaN is no number"),
        ("[" * 100_000, "is not readable JSON|is larger"),
        ([], "is no votes.json"),
        (WHOLE | {"format": 2}, "has format 2; this ganbench reads 1"),
        (WHOLE | {"more": 1}, "is no votes.json: more: Unexpected"),
        (WHOLE | {"voter": 5}, "is no votes.json: voter"),
        ({"format": 1}, "is no votes.json: ballot: Field required"),
        (WHOLE | {"ballot": "f" * 16}, "has the votes of another page"),
        (WHOLE | {"votes": []}, "has no votes in it"),
        (WHOLE | {"votes": VOTES + VOTES[:1]}, "votes twice on question 1"),
        (vote(question=0), "votes on question 0; there are 2"),
        (vote(question=3), "votes on question 3; there are 2"),
        (vote(question="1"), "is no votes.json: votes.0.question"),
        (vote(question=1.5), "is no votes.json: votes.0.question"),
        (vote(question=True), "is no votes.json: votes.0.question"),
        (vote(better="a"), "is no votes.json: votes.0.better"),
        (vote(left="c"), "question 1 is about a and b, not about c and b"),
        (vote(left="b", right="a"), "question 1 is about a and b, not about b and a"),
        (vote(left="\x1b[31m" + "x" * 9000), "not about _\\[31mx+… and b"),
        (WHOLE | {"suite": "x" * 200_000}, "is larger than 100 kB"),
    ],
)
def test_what_is_no_votes_of_this_page_is_one_sentence(tmp_path, value, sentence):
    with pytest.raises(InputError, match=sentence) as error:
        chosen(tmp_path, value)
    assert "\n" not in str(error.value) and len(str(error.value)) < 900


def test_links_to_nowhere_devices_and_folders_are_no_votes(tmp_path):
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "endless").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "waiting")
    for name, said in (("nowhere", "is not there"), ("circle", "cannot be read"),
                       ("endless", "not a regular file"), ("waiting", "not a regular file"),
                       (".", "not a regular file")):  # fmt: skip
        with pytest.raises(InputError, match=said):
            vote_file.read(tmp_path / name)


def test_nobody_is_counted_twice(tmp_path):
    chosen(tmp_path, WHOLE, "one.json")
    chosen(tmp_path, WHOLE | {"votes": VOTES[:1]}, "two.json")
    chosen(tmp_path, WHOLE | {"voter": "05060708"}, "three.json")
    one, two, three = (
        (tmp_path / name, vote_file.read(tmp_path / name))
        for name in ("one.json", "two.json", "three.json")
    )
    vote_file.of_different_voters([one, three])
    for files in ([one, two], [one, one]):
        with pytest.raises(InputError, match="are of the same voter"):
            vote_file.of_different_voters(files)
