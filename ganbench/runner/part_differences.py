"""Whether two folders hold parts of one suite: every difference, a line each."""

from collections.abc import Callable, Iterator
from typing import Any

from ganbench.runner import suite_part
from ganbench.runner.suite_part import SIDES, Part, told

# In these a part may differ: where its machine has what, and what that costs. The pictures
# themselves, of which a limit takes some, are compared by their fingerprints, plugins and models
# beside by the runs' keys.
OWN = {
    *("device", "threads", "data", "source", "target", "swap", "limit", "plugins", "price"),
    *("beside", "eager", "deterministic"),
    *("ranks", "sync_batchnorm"),  # a run that ranks change has another key
}
MOST_RUNS = 3  # that a message names
Fact = Callable[[Part], Any]


def differences(first: Part, second: Part) -> list[str]:
    """Why two folders' runs do not belong into one table; empty if they do."""
    found = []
    for what, of in _facts(first, second).items():
        values = of(first), of(second)
        if values[0] != values[1]:
            found.append(_line(what, first, second, values))
    if not found:  # any of these gives every run another key
        found += _runs(first, second)
    return found + list(_metrics(first, second))


def _facts(first: Part, second: Part) -> dict[str, Fact]:
    fields = dict.fromkeys(name for part in (first, second) for name in part.values)
    facts: dict[str, Fact] = {told(name): _field(name) for name in fields if name not in OWN}
    facts |= {f"pictures of the {side}": _fingerprint(side) for side in SIDES}
    facts["version of ganbench"] = lambda part: part.known("environment").get("ganbench")
    facts["extractors"] = lambda part: part.known("extractors").get("names")
    shared = first.known("code").keys() & second.known("code").keys()
    return facts | {f"code of {told(name)}": _code(name) for name in sorted(shared)}


def _field(name: str) -> Fact:
    return lambda part: part.values.get(name)


def _fingerprint(side: str) -> Fact:
    return lambda part: part.fingerprint(side)


def _code(name: str) -> Fact:
    return lambda part: str(part.known("code")[name])[:16]


def _line(what: str, first: Part, second: Part, values: tuple[Any, Any]) -> str:
    one, other = map(told, values)
    return f"{what}: {one} in {first.folder}, {other} in {second.folder}"


def _runs(first: Part, second: Part) -> Iterator[str]:
    """Which runs are others. On another kind of device a run has another key, and is the same."""
    if len(first.names) != len(second.names):
        yield _line("number of runs", first, second, (len(first.names), len(second.names)))
        return
    compared = str if first.device == second.device else suite_part.what
    pairs = [
        names
        for names in zip(first.names, second.names, strict=True)
        if compared(names[0]) != compared(names[1])
    ]
    for names in pairs[:MOST_RUNS]:
        yield _line("run", first, second, names)
    if len(pairs) > MOST_RUNS:
        yield f"and {len(pairs) - MOST_RUNS:,} more"


def _metrics(first: Part, second: Part) -> Iterator[str]:
    """Which metrics were measured otherwise, of those that both have."""
    one, other = _measured(first), _measured(second)
    for what in one.keys() & other.keys():
        values = one[what], other[what]
        if values[0] != values[1]:
            said = tuple(", ".join(sorted(some)) for some in values)
            yield _line(what, first, second, (said[0], said[1]))


def _measured(part: Part) -> dict[str, set[str]]:
    """Version and protocol of every metric: all that its numbers in this part say."""
    found: dict[str, set[str]] = {}
    for score in suite_part.scores(part):
        name = f"metric {told(score.metric)}"
        facts = {"version": score.version} | score.protocol
        for what, value in facts.items():
            found.setdefault(f"{name}, {told(what)}", set()).add(told(value))
    return found
