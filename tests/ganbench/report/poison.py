"""A results folder in which every text of every file is a payload, as a stranger could send it."""

import json
from pathlib import Path
from typing import Any

from ganbench.record import Status

PAYLOADS = (
    '"><script>window.pwned=1</script><img src=x onerror=window.pwned=1>',
    "{{7*7}}{% for x in y %}${7*7}",
    "</style></script></title></textarea><svg/onload=window.pwned=1>",
    "]]><script>window.pwned=1</script><!--",
    "javascript:window.pwned=1",
    "=HYPERLINK(\"http://example.invalid\")|`x`[a](http://example.invalid)\n# head",
    "\u2028\u202egnp.exe\u202c\u200f\x00\x1b[31m\x7f",
    "https://example.invalid/" + "x" * 10_000,
    "' onmouseover='window.pwned=1' style='background:url(http://example.invalid)",
    "$\\frac{1}$ \\N{BULLET} %s {0} {}",
)  # fmt: skip


class Poison:
    """Puts the next payload behind a number for every text, so that keys stay different."""

    def __init__(self) -> None:
        self.count = 0

    def text(self) -> str:
        self.count += 1
        return PAYLOADS[self.count % len(PAYLOADS)] + str(self.count)

    def all_of(self, value: Any, keys: bool = False) -> Any:
        """`value` with a payload for every text, and with `keys` for every key as well."""
        if isinstance(value, str):
            return self.text()
        if isinstance(value, list):
            return [self.all_of(item, keys) for item in value]
        if isinstance(value, dict):
            return {self.text() if keys else key: self.all_of(item, keys)
                    for key, item in value.items()}  # fmt: skip
        return value


def changed(path: Path, change) -> None:
    """Rewrite a JSON file of the results as a stranger would: without digests, of format 1."""
    value = json.loads(path.read_text())
    if isinstance(value, dict):
        value.pop("sha256", None)
        value.pop("format", None)
    path.write_text(json.dumps(change(value)))


def poisoned_score(poison: Poison, score: dict[str, Any], key: str) -> dict[str, Any]:
    free = ("name", "unit", "note", "about")
    return score | {name: poison.text() for name in free} | {
        "metric": key, "protocol": poison.all_of(score["protocol"] | {"a": "b"}, keys=True)
    }  # fmt: skip


def poisoned_record(poison: Poison, value: dict[str, Any], label: str) -> dict[str, Any]:
    keys = {key: key if key == "random_inception_fd" else poison.text() for key in value["scores"]}
    free = ("model", "suite", "budget", "converted_from")
    return value | {name: poison.text() for name in free} | {
        "label": label,
        "settings": poison.all_of({"dropout": "x", "y": ["z"]}, keys=True)
        | {"decay_from": poison.text()},
        "data": poison.all_of({"a": {"b": "c"}}, keys=True),
        "environment": poison.all_of({"cpu": "c", "packages": {"torch": "1"}}),
        "status": value["status"] | {"reason": poison.text()},
        "cost": value["cost"] | {"memory_kind": poison.text(), "parameters": {poison.text(): 1}},
        "views": {**value["views"], poison.text(): value["views"].get("output", "x")},
        "scores": {new: poisoned_score(poison, value["scores"][key], new)
                   for key, new in keys.items()},
        "first_losses": {poison.text(): 1.0},
        "extended": [{"budget": poison.text(), "step": 3, "seconds": 1.0}],
    }  # fmt: skip


def poisoned(fake) -> Path:
    """A suite in which every text of every file is a payload."""
    poison = Poison()
    labels = [poison.text() for _ in range(len(PAYLOADS))]
    endings = [Status(name, 40, 0.4, "x") for name in ("failed", "collapsed", "diverged")]
    for place, label in enumerate(labels):
        fake.run("cyclegan-unet" if place % 3 else "dcgan", 0, 120.0 + place,
                 endings[place] if place < 3 else None, pictures=place % 4 < 2)  # fmt: skip
        folder = fake.suite / fake.runs[-1]
        change = lambda value, own=label: poisoned_record(poison, value, own)  # noqa: E731
        changed(folder / "record.json", change)
        head, *lines = (folder / "history.csv").read_text().splitlines()
        names = ['"' + poison.text().replace('"', '""') + '"' for _ in head.split(",")[5:]]
        head = ",".join([*head.split(",")[:5], *names])
        (folder / "history.csv").write_text("\n".join([head, *lines]))
        (folder / "events.jsonl").write_text(json.dumps({"event": poison.text()}))
        nearest = folder / "nearest/nearest.json"
        if nearest.exists():
            changed(nearest, lambda value: value | {"rows": poison.all_of(value["rows"])})
    results = fake.finish(labels, command=poison.text(), toml=poison.text())
    changed(fake.suite / "suite.json", lambda value: _poisoned_suite(poison, value))
    changed(fake.suite / "baselines.json", lambda value: _poisoned_rows(poison, value))
    return results


def _poisoned_suite(poison: Poison, value: dict[str, Any]) -> dict[str, Any]:
    data = poison.all_of({side: value["data"][side] for side in ("source", "target")})
    return value | {
        "name": poison.text(), "budget": poison.text(), "warnings": [poison.text()] * 3,
        "environment": poison.all_of(value["environment"], keys=True) | {"gpu": poison.text()},
        "seeds": [poison.text()], "data": value["data"] | data,
    }  # fmt: skip


def _poisoned_rows(poison: Poison, value: Any) -> list[dict[str, Any]]:
    found = value["baselines"] if isinstance(value, dict) else value
    for row in found:
        row["title"] = poison.text()
        row["scores"] = {key: poisoned_score(poison, score, key)
                         for key, score in row["scores"].items()}  # fmt: skip
    return found
