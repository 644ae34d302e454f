"""Why a number is what it is: each seed's own, what was compared how, and how to make it again."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganbench.record import Record, Score
from ganbench.report import formatting, sanitize
from ganbench.report.analysis import uncertainty
from ganbench.report.analysis.comparison import Row

MOST_SEEDS = 5  # told one by one; the commands of the others differ in the folder only
MOST_SETTINGS = 24  # of a protocol
MOST_CELLS = 600  # of a page: of more, those of the best models
NETWORK = ("extractor", "weights", "sha256")  # of a protocol: said before the rest


@dataclass(frozen=True)
class Why:
    """Terms with what they say, and commands for a shell in the results folder."""

    title: str
    terms: tuple[tuple[str, str], ...]
    commands: tuple[str, ...]


def why(results: Path, row: Row, score: Score) -> Why | None:
    """What lies behind a model's mean of the metric of `score`; None where there is no number."""
    runs = [(folder, record, record.scores[score.metric]) for folder, record in row.runs
            if record.seed in row.values(score.metric)]  # fmt: skip
    if not runs:
        return None
    told = runs[:MOST_SEEDS]
    more = len(runs) - len(told)
    seeds = [_seed(record, found) for _, record, found in told]
    first = runs[0][2]
    terms = [
        ("each seed", "; ".join(seeds) + (f"; and {more} more" if more else "")),
        ("compared", formatting.against(first)),
        ("network", _network(first.protocol) or "none looks"),
        *_settings(first.protocol),
        ("version of the metric", str(first.version)),
    ]
    terms += [("note", first.note)] if first.note else []
    commands = tuple(_command(results, folder) for folder, *_ in told)
    return Why(f"{row.name}: {formatting.heading(score)}", tuple(terms), commands)


def _seed(record: Record, score: Score) -> str:
    said = f"{record.seed}: {formatting.number(score.value)}"
    if score.error is None:
        return said
    return f"{said} ± {formatting.number(uncertainty.NORMAL * score.error)} over its pictures"


def _network(protocol: Mapping[str, Any]) -> str:
    """The extractor and the digest of its weights."""
    name = str(protocol.get("extractor") or protocol.get("weights") or "")
    digest = str(protocol.get("sha256") or "")
    return f"{name}, sha256 {digest}" if name and digest else name


def _settings(protocol: Mapping[str, Any]) -> list[tuple[str, str]]:
    rest = [(key.replace("_", " "), str(value)) for key, value in protocol.items()
            if key not in NETWORK]  # fmt: skip
    return rest[:MOST_SETTINGS]


def _command(results: Path, folder: Path) -> str:
    """Folders may be called anything: the shell gets one word, the page one line."""
    inside = folder.relative_to(results) if folder.is_relative_to(results) else Path(folder.name)
    return f"ganbench score --check {shlex.quote(sanitize.plain(inside.as_posix()))}"
