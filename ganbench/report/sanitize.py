"""What strangers' results may look like on the page: names of one line, numbers that can be meant.

Records are checked when they are read; what they say is not. Everything here is a bound that honest
results never meet: nothing in them changes.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from typing import Any, TypeVar

from ganbench.record import Baseline, Cost, CurvePoint, Moment, Record, Results, Score, Used

NAME, SENTENCE, TEXT = 100, 500, 100_000  # characters of a name, a reason, a command or suite file
VALUE = 200  # characters of a setting or a version
MOST_ITEMS = 1000  # in a list or mapping
MOST_POINTS = 400  # of a curve, moments of a film
LARGEST = 1e30  # of a number that somebody measured: its square still is one
TYPES: dict[str, type | tuple[type, ...]] = {  # in suite.json; what is of another type is not there
    "name": str, "command": str, "budget": str, "size": int, "seeds": list, "models": list,
    "frameworks": list, "toml": str, "data": dict, "environment": dict, "warnings": list,
    "primary": str, "samples": int, "curve_samples": int,
}  # fmt: skip
SIDE: dict[str, type | tuple[type, ...]] = {
    "title": str, "count": int, "fingerprint": str, "skipped": list, "duplicates": list,
}  # fmt: skip
T = TypeVar("T")
# Control characters, line separators, and marks that turn the direction of the text after them.
_ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)


def guarded(results: Results) -> Results:
    """`results` with every name, text and number within bounds."""
    return Results(
        results.folder,
        description(results.suite),
        tuple(_baseline(row) for row in results.baselines),
        tuple((folder, _record(run)) for folder, run in results.runs),
        tuple(sentence(text) for text in results.unreadable),
    )


def plain(text: str) -> str:
    """`text` with a visible sign for each character that would act instead of being shown."""
    return text if text.isprintable() else _ACTING.sub("\ufffd", text)


def name(text: str) -> str:
    """A name in one line; of a long one its beginning and its end, which tell two apart."""
    line = " ".join(plain(text).split()) if not text.isprintable() else text
    half = NAME // 2
    return line if len(line) <= NAME else f"{line[: half - 1]}…{line[-half:]}"


def sentence(text: str) -> str:
    """A reason or a note in one line."""
    line = " ".join(plain(text).split())
    return line if len(line) <= SENTENCE else line[: SENTENCE - 1] + "…"


def _anything(value: Any, most: int = SENTENCE) -> Any:
    """Settings, versions and descriptions: every text and every list within bounds."""
    if isinstance(value, str):
        text = plain(value)
        return text if len(text) <= most else text[: most - 1] + "…"
    if isinstance(value, Mapping):
        kept = islice(value.items(), MOST_ITEMS)
        return {name(str(key)): _anything(item, most) for key, item in kept}
    if isinstance(value, list | tuple):
        return [_anything(item, most) for item in value[:MOST_ITEMS]]
    return _number(value) if isinstance(value, int | float) else value


def _number(value: Any) -> Any:
    """`value`, or None where it is beyond everything that is measured."""
    return None if value is None or not -LARGEST < value < LARGEST else value


def description(suite: Mapping[str, Any]) -> dict[str, Any]:
    """suite.json without what is of another type than it should be."""
    known = _of_type(suite, TYPES)
    made: dict[str, Any] = _anything(known, TEXT)
    for key in ("name", "budget"):
        made |= {key: name(made[key])} if key in made else {}
    for key in ("seeds", "models", "frameworks"):
        made |= {key: [_listed(item) for item in made[key]]} if key in made else {}
    if "warnings" in made:
        made["warnings"] = [sentence(str(text)) for text in made["warnings"]]
    if "environment" in made:
        made["environment"] = _environment(made["environment"])
    return made | ({"data": _data(made["data"])} if "data" in made else {})


def _environment(found: dict[str, Any]) -> dict[str, Any]:
    return _of_type(_anything(found, VALUE), {"packages": dict})


def _listed(item: Any) -> Any:
    return name(item) if isinstance(item, str) else item


def _of_type(
    value: Mapping[str, Any], types: Mapping[str, type | tuple[type, ...]]
) -> dict[str, Any]:
    return {k: item for k, item in value.items() if k not in types or isinstance(item, types[k])}


def _data(data: dict[str, Any]) -> dict[str, Any]:
    sides = {side: _of_type(data[side], SIDE)
             for side in ("source", "target") if isinstance(data.get(side), dict)}  # fmt: skip
    for side in sides.values():
        side |= {key: name(side[key]) for key in ("title", "fingerprint") if key in side}
        skipped = [
            _anything(item, NAME) for item in side.get("skipped", []) if isinstance(item, dict)
        ]
        side |= {"skipped": skipped} if "skipped" in side else {}
    gallery = data.get("gallery")
    return data | sides | {"gallery": gallery if isinstance(gallery, dict) else {}}


def _record(run: Record) -> Record:
    return replace(
        run,
        key=name(run.key),
        model=name(run.model),
        label=name(run.label),
        framework=name(run.framework),
        suite=name(run.suite),
        budget=name(run.budget),
        settings=_anything(run.settings, VALUE),
        data=_anything(run.data),
        environment=_anything(run.environment, VALUE),
        status=replace(
            run.status,
            step=_count(run.status.step),
            progress=_share(run.status.progress),
            reason=sentence(run.status.reason),
        ),
        used=_used(run.used),
        cost=_cost(run.cost),
        snapshots=thinned(run.snapshots),
        film=tuple(_moment(moment) for moment in thinned(run.film)),
        views=dict(islice(run.views.items(), MOST_ITEMS)),
        scores=_scores(run.scores),
        curve=tuple(_point(point) for point in thinned(run.curve)),
        first_losses={key: value for key, value in _anything(run.first_losses).items()
                      if value is not None},
    )  # fmt: skip


def thinned(items: tuple[T, ...], most: int = MOST_POINTS) -> tuple[T, ...]:
    """At most so many of `items`, evenly; always the last, which is what came out."""
    every = max(1, math.ceil((len(items) - 1) / (most - 1)))
    return items[:-1:every] + items[-1:]


def _count(value: float) -> Any:
    """A count or a time: 0 where it is negative or cannot be meant."""
    return value if 0 <= value < LARGEST else 0


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))


def _used(used: Used) -> Used:
    return Used(**{key: _count(value) for key, value in vars(used).items()})


def _cost(cost: Cost) -> Cost:
    sizes = {name(key): _count(size) for key, size in islice(cost.parameters.items(), MOST_ITEMS)}
    numbers = {key: value if _number(value) is not None and value >= 0 else None
               for key, value in vars(cost).items()
               if key not in ("parameters", "memory_kind")}  # fmt: skip
    return Cost(**numbers, memory_kind=name(cost.memory_kind), parameters=sizes)


def _moment(moment: Moment) -> Moment:
    return replace(
        moment,
        step=_count(moment.step),
        progress=_share(moment.progress),
        seconds=_count(moment.seconds),
        pictures=_count(moment.pictures),
    )


def _scores(scores: Mapping[str, Score]) -> dict[str, Score]:
    return {key: _score(score) for key, score in islice(scores.items(), MOST_ITEMS)}


def _score(score: Score) -> Score:
    value = _number(score.value)
    lost = value is None and score.value is not None
    return replace(
        score,
        name=name(score.name),
        unit=name(score.unit),
        value=value,
        error=None if score.error is None or not 0 <= score.error < LARGEST else score.error,
        note="the number in the record is beyond all bounds" if lost else sentence(score.note),
        about=sentence(score.about),
        protocol=_anything(score.protocol),
        details=_anything(score.details),
    )


def _point(point: CurvePoint) -> CurvePoint:
    """Only numbers of a curve are shown."""
    if all(_number(score.value) == score.value for score in point.scores.values()):
        return replace(point, seconds=_count(point.seconds), pictures=_count(point.pictures))
    kept = {key: score for key, score in point.scores.items() if _number(score.value) is not None}
    return replace(
        point, seconds=_count(point.seconds), pictures=_count(point.pictures), scores=kept
    )


def _baseline(row: Baseline) -> Baseline:
    return replace(row, title=name(row.title), scores=_scores(row.scores))
