"""What strangers' results may look like on the page: names of one line, numbers that can be meant.

Records are checked when they are read; what they say is not. Everything here is a bound that honest
results never meet: nothing in them changes.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass, replace
from functools import cache, partial
from itertools import islice
from typing import Any, TypeVar, get_type_hints

from ganbench.record import CurvePoint, Results, Score

NAME, SENTENCE, TEXT = 100, 500, 100_000  # characters of a name, a reason, a command or suite file
VALUE = 200  # characters of a setting or a version
MOST_ITEMS = 1000  # in a list or mapping
MOST_SEEDS = 100_000
MOST_POINTS = 400  # of a curve, moments of a film
LARGEST = 1e30  # of a number that somebody measured: its square still is one
Bound = Callable[[Any], Any]
T = TypeVar("T")
# Control characters, line separators, and marks that turn the direction of the text after them.
_ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)


def guarded(results: Results) -> Results:
    """`results` with every name, text and number within bounds."""
    return Results(
        results.folder,
        _typed(results.suite, SUITE),
        tuple(_bounded(row) for row in results.baselines),
        tuple((folder, _bounded(run)) for folder, run in results.runs),
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


def thinned(items: tuple[T, ...], most: int = MOST_POINTS) -> tuple[T, ...]:
    """At most so many of `items`, evenly; always the last, which is what came out."""
    every = max(1, math.ceil((len(items) - 1) / (most - 1)))
    return items[:-1:every] + items[-1:]


def _bounded(value: Any) -> Any:
    """A dataclass of ganbench.record with each of its fields within the bound it is marked with."""
    bounds = _bounds_of(value.__class__)
    return replace(value, **{key: bound(getattr(value, key)) for key, bound in bounds.items()})


@cache
def _bounds_of(kind: type) -> dict[str, Bound]:
    hints = get_type_hints(kind, include_extras=True)
    marked = {key: hint.__metadata__[0] for key, hint in hints.items()
              if hasattr(hint, "__metadata__")}  # fmt: skip
    inner: dict[str, Bound] = {key: _bounded for key, hint in hints.items() if is_dataclass(hint)}
    return inner | {key: BOUNDS[mark] for key, mark in marked.items()}


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


def _numbers(values: Mapping[str, float]) -> dict[str, float]:
    return {key: value for key, value in _anything(values).items() if value is not None}


def _measured(value: Any) -> Any:
    """A size, a speed or an error: None where it is negative or cannot be meant."""
    return None if value is None or not 0 <= value < LARGEST else value


def _count(value: Any) -> Any:
    """A count or a time: 0 where it is negative or cannot be meant."""
    return value if 0 <= value < LARGEST else 0


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))


def _first(values: Mapping[str, T]) -> dict[str, T]:
    return dict(islice(values.items(), MOST_ITEMS))


def _score(score: Score) -> Score:
    made: Score = _bounded(score)
    lost = made.value is None and score.value is not None
    return replace(made, note="the number in the record is beyond all bounds") if lost else made


def _point(point: CurvePoint) -> CurvePoint:
    """Only numbers of a curve are shown: their scores stay as they are, or are left out."""
    made: CurvePoint = _bounded(point)
    if all(_number(score.value) == score.value for score in point.scores.values()):
        return made
    kept = {key: score for key, score in point.scores.items() if _number(score.value) is not None}
    return replace(made, scores=kept)


BOUNDS: dict[str, Bound] = {  # by the marks in ganbench.record
    "name": name,
    "sentence": sentence,
    "value": partial(_anything, most=VALUE),
    "anything": _anything,
    "number": _number,
    "numbers": _numbers,
    "measured": _measured,
    "count": _count,
    "counts": lambda sizes: {name(key): _count(size) for key, size in _first(sizes).items()},
    "share": _share,
    "first": _first,
    "moments": lambda moments: tuple(_bounded(moment) for moment in thinned(moments)),
    "extensions": lambda made: tuple(_bounded(one) for one in thinned(made)),
    "curve": lambda points: tuple(_point(point) for point in thinned(points)),
    "scores": lambda scores: {key: _score(score) for key, score in _first(scores).items()},
}


def _typed(value: Mapping[str, Any], kinds: Mapping[str, tuple[type, Bound]]) -> dict[str, Any]:
    """A mapping without what is of another type than it should be; unknown keys may be anything."""
    return {
        name(str(key)): kinds[key][1](item) if key in kinds else _text(item)
        for key, item in _first(value).items()
        if key not in kinds or isinstance(item, kinds[key][0])
    }


def _names(items: list[Any]) -> list[Any]:
    return [name(item) if isinstance(item, str) else item for item in _text(items)]


def _seeds(items: list[Any]) -> list[Any]:
    """Numbers of very many runs, a few bytes each; of whatever else stands there less."""
    whole = all(type(item) is int for item in items)
    return [_number(item) for item in items[:MOST_SEEDS]] if whole else _names(items)


def _warnings(items: list[Any]) -> list[str]:
    return [sentence(str(item)) for item in items[:MOST_ITEMS]]


def _skipped(items: list[Any]) -> list[Any]:
    return [_anything(item, NAME) for item in items[:MOST_ITEMS] if isinstance(item, dict)]


def _environment(found: dict[str, Any]) -> dict[str, Any]:
    known = _typed(found, {"packages": (dict, _text)})
    return dict(_anything(known, VALUE))


_text = partial(_anything, most=TEXT)
SIDE: dict[str, tuple[type, Bound]] = {
    "title": (str, name), "count": (int, _number), "fingerprint": (str, name),
    "skipped": (list, _skipped), "duplicates": (list, _text),
    "trained": (int, _number), "judged": (int, _number),
    "taken_of": (int, _number),
}  # fmt: skip
_side = partial(_typed, kinds=SIDE)
DATA: dict[str, tuple[type, Bound]] = {
    "judge_on": (str, name),
    "source": (dict, _side), "target": (dict, _side), "gallery": (dict, _text),
}  # fmt: skip
EXTRACTORS: dict[str, tuple[type, Bound]] = {"names": (list, _names), "reason": (str, sentence)}
SUITE: dict[str, tuple[type, Bound]] = {  # in suite.json
    "name": (str, name), "command": (str, _text), "budget": (str, name), "size": (int, _number),
    "profile": (str, name), "seeds": (list, _seeds), "models": (list, _names),
    "frameworks": (list, _names),
    "toml": (str, _text), "data": (dict, partial(_typed, kinds=DATA)),
    "environment": (dict, _environment), "warnings": (list, _warnings), "primary": (str, _text),
    "shard": (str, name), "samples": (int, _number), "curve_samples": (int, _number),
    "extractors": (dict, partial(_typed, kinds=EXTRACTORS)),
}  # fmt: skip
