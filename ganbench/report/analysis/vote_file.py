"""votes.json, as the page writes it: read strictly, since it may come from anyone."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from ganbench.errors import InputError
from ganbench.report import redact
from ganbench.report.analysis.votes import Ballot
from ganbench.system import files
from ganbench.system.text import shown

FORMAT = 1
LARGEST = 100_000  # bytes; twenty votes are about three thousand
AGAIN = "vote on the page that `ganbench report` makes of these results, and download votes.json"


@dataclass(frozen=True)
class Vote:
    """One answer; the names are there for people, and have to be those of the question."""

    question: int  # from 1
    left: str
    right: str
    better: Literal["left", "right", "neither"]


@dataclass(frozen=True)
class VoteFile:
    """The votes of one voter on the questions of one page."""

    format: int
    ballot: str  # identity of the questions
    suite: str
    voter: str  # drawn by the page, so that nobody is counted twice
    votes: tuple[Vote, ...]


for _kind in (Vote, VoteFile):
    setattr(_kind, "__pydantic_config__", ConfigDict(extra="forbid", strict=True))  # noqa: B010
_file = TypeAdapter(VoteFile)


def read(path: Path) -> VoteFile:
    """Read votes; InputError when they are missing, too large or not what a page writes."""
    data = files.read_bytes(path)
    if len(data) > LARGEST:
        raise InputError(f"{path} is larger than {LARGEST // 1000} kB: no votes of one voter")
    value = files.parse_json(path, data)
    said = value.get("format") if isinstance(value, dict) else None
    if isinstance(said, int) and said != FORMAT:
        raise InputError(f"{path} has format {said}; this ganbench reads {FORMAT}")
    try:
        return _file.validate_json(json.dumps(value))
    except ValidationError as error:
        detail = error.errors()[0]
        place = shown(".".join(map(str, detail["loc"]))) or "content"
        raise InputError(f"{path} is no votes.json: {place}: {detail['msg']}", AGAIN) from None


def choices(path: Path, found: VoteFile, ballot: Ballot) -> dict[int, str]:
    """The choice by place of its question; InputError when the votes are on other questions."""
    if found.ballot != ballot.identity:
        said = "its pairs of pictures are not those of these results"
        raise InputError(f"{path} has the votes of another page: {said}", AGAIN)
    if not found.votes:
        raise InputError(f"{path} has no votes in it", AGAIN)
    made: dict[int, str] = {}
    for vote in found.votes:
        if not 1 <= vote.question <= len(ballot.questions):
            there = f"there are {len(ballot.questions)}"
            raise InputError(f"{path} votes on question {vote.question}; {there}", AGAIN)
        if vote.question - 1 in made:
            raise InputError(f"{path} votes twice on question {vote.question}", AGAIN)
        asked = tuple(name_of(row.name) for row in ballot.questions[vote.question - 1].sides)
        if (vote.left, vote.right) != asked:
            said = f"{shown(vote.left)} and {shown(vote.right)}"
            there = " and ".join(map(shown, asked))
            raise InputError(
                f"{path}: question {vote.question} is about {there}, not about {said}", AGAIN
            )
        made[vote.question - 1] = vote.better
    return made


def name_of(name: str) -> str:
    """A model's name in votes.json: the same from a public page, which shows no paths."""
    return redact.without_paths(name)


def of_different_voters(found: Sequence[tuple[Path, VoteFile]]) -> None:
    """InputError when two files have the same voter."""
    known: dict[str, Path] = {}
    for path, votes in found:
        if other := known.get(votes.voter):
            raise InputError(f"{other} and {path} are of the same voter", "give the newer one only")
        known[votes.voter] = path
