"""`ganbench merge`: the runs of one suite from several results folders, in one.

All is read and compared before anything is written. What is merged once counts as one more folder
the next time, so that a suite can be put together bit by bit; the folders it comes from stay as
they are.
"""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ganbench import record
from ganbench.errors import InputError
from ganbench.record import Record
from ganbench.runner import run_copy, suite_part
from ganbench.runner.part_differences import differences
from ganbench.runner.suite_part import Found, Part
from ganbench.runner.suite_runner import report
from ganbench.system import files, locks
from ganbench.system.text import printable

KEPT = (
    *("name", "budget", "size", "seeds", "models", "frameworks", "toml", "data", "environment"),
    *("profile", "extractors", "primary", "price", "samples", "curve_samples"),
)  # of suite.json
GALLERY = ("gallery/source.npy", "gallery/target.npy")


@dataclass(frozen=True)
class Merged:
    """What came of it."""

    folder: Path  # of the suite
    page: Path
    runs: int  # that are there
    missing: tuple[str, ...]  # that are not there, or not ended
    notes: tuple[str, ...]

    @property
    def command(self) -> str:
        """What would make the missing ones, here."""
        words = ["run", "--suite", self.folder / "suite.toml", "--results", self.folder.parent]
        return shlex.join(["ganbench", *map(str, words)])


def merge(
    places: Sequence[Path], into: Path, suite: str | None, command: str, over: bool = False
) -> Merged:
    """Put the runs of one suite together in `into`, and build its page there.

    over: what has ended in `places` replaces what was merged before.

    InputError, which lists what differs, when the folders hold different suites, data or versions,
    or one run twice and not alike.
    """
    parts = _read(places, into, suite)
    target = into / parts[0].name
    _check_alike(parts)
    chosen, notes = _choose(parts, target if over else None)
    if not chosen:
        raise InputError("no run is there yet", "ganbench run --shard 1/2, and 2/2 elsewhere")
    files.check_writable(into, "--into FOLDER")
    files.ensure_writable(into)
    with locks.turn(into):
        if (target / "suite.json").exists():
            with locks.turn(target):  # whoever comes now waits until all is there
                if locks.others(target):
                    raise InputError(f"a ganbench is at work in {target}", "wait for it")
                notes += _fill(target, parts, chosen, command)
        else:
            with files.building(target) as draft:
                draft.mkdir()
                notes += _fill(draft, parts, chosen, command)
    names = _names(parts, chosen)
    missing = [name for at, name in enumerate(names) if at not in chosen or not chosen[at].ended]
    page = report(into, target.name)
    return Merged(target, page, len(names) - len(missing), tuple(missing), tuple(notes))


def _read(places: Sequence[Path], into: Path, suite: str | None) -> list[Part]:
    """The parts, and in front of them what was merged before."""
    parts = {part.folder.resolve(): part for part in (suite_part.read(p, suite) for p in places)}
    name = next(iter(parts.values())).name
    target = into / name
    if target.is_symlink():
        raise InputError(f"{target} is a link, which is not followed", "choose another --into")
    if target.resolve() in parts:
        raise InputError(f"{into} is one of the folders to be merged", "choose another --into")
    above = target.resolve().parents
    if within := next((place for place in places if place.resolve() in above), None):
        raise InputError(f"{into} lies in {within}, which is only read", "choose another --into")
    if (target / "suite.json").exists():
        return [suite_part.read(target), *parts.values()]
    if target.exists() and any(target.iterdir()):
        raise InputError(f"{target} is there and holds no results", "choose another --into")
    return list(parts.values())


def _check_alike(parts: Sequence[Part]) -> None:
    first = parts[0]
    for other in parts[1:]:
        if found := differences(first, other):
            lines = "\n".join(f"  {printable(line)}" for line in found)
            raise InputError(f"{first.folder} and {other.folder} do not belong together:\n{lines}")


def _choose(parts: Sequence[Part], old: Path | None = None) -> tuple[dict[int, Found], list[str]]:
    """One of what there is of every run, by its position, and what to say of the choice.

    What lies in `old` gives way to whatever has ended elsewhere. Of runs that go on the one that is
    ahead is taken, the last named one of several.
    """
    chosen, conflicts = {}, []
    notes = [f"{name} is at work in {part.folder}: not taken" for part in parts
             for name in part.busy]  # fmt: skip
    notes += list(_notes(parts))
    for at in range(len(parts[0].names)):
        there = [part.runs[at] for part in parts if at in part.runs]
        ended = [found for found in there if found.ended]
        ended = [found for found in ended if found.folder.parent != old] or ended
        best = None
        if there and not ended:
            best = max(reversed(there), key=lambda found: found.record.used.steps)
        for found in ended:
            best = found if best is None else _either(best, found)
            if best is None:
                conflicts.append(" and ".join(str(one.folder) for one in ended))
                break
        if best is not None:
            chosen[at] = best
            notes += [
                f"{found.folder} is {found.record.status.name} and left out: it is"
                f" {best.record.status.name} in {best.folder}"
                for found in there
                if best.ended and not found.ended
            ]
    if conflicts:
        lines = "\n".join(f"  {printable(line)}" for line in conflicts)
        raise InputError(f"one run is there twice, and not the same:\n{lines}", "remove one of two")
    return chosen, notes


def _either(one: Found, other: Found) -> Found | None:
    """Of two copies of a run the one with its scores; None if they are none of each other."""
    if _trained(one.record) != _trained(other.record):
        return None
    if not other.record.curve or _scored(one.record) == _scored(other.record):
        return one
    return None if one.record.curve else other


def _trained(run: Record) -> Record:
    """A record less what scoring adds to it."""
    kept = {name: digest for name, digest in run.sha256.items() if name not in record.EVIDENCE}
    return replace(
        run, suite="", scores={}, raw_scores={}, curve=(), evidence={}, sha256=kept,
        format=record.FORMAT,
    )  # fmt: skip


def _scored(run: Record) -> Any:
    return run.scores, run.raw_scores, run.curve


def _notes(parts: Sequence[Part]) -> Iterator[str]:
    """What may differ between parts, and has to be known."""
    commits = {part.known("environment").get("commit") for part in parts}
    if len(commits) > 1:
        said = ", ".join(sorted(suite_part.told(commit) for commit in commits))
        yield f"the runs are of several commits of ganbench: {said}"
    if len({str(part.about.get("price")) for part in parts}) > 1:
        yield "the folders name different prices of an hour: no money is shown"


def _names(parts: Sequence[Part], chosen: dict[int, Found]) -> list[str]:
    """The suite's runs by their folders; on another kind of device they are called otherwise."""
    return [
        chosen[at].folder.name if at in chosen else name for at, name in enumerate(parts[0].names)
    ]


def _fill(place: Path, parts: Sequence[Part], chosen: dict[int, Found], command: str) -> list[str]:
    """Copy what is not there yet; suite.json, by which it is found, comes last."""
    notes = []
    for found in chosen.values():
        if found.folder.parent.resolve() != place.resolve():
            notes += run_copy.copy(found, place / found.folder.name)
    for name in GALLERY:
        _copy_gallery(place, parts, name)
    if scored := next((part.baselines for part in parts if part.baselines), ()):
        record.write_baselines(place, scored)
    files.write_text(place / "suite.toml", str(parts[0].about["toml"]))
    record.write_suite(place, _about(parts, _names(parts, chosen), command))
    return notes


def _copy_gallery(place: Path, parts: Sequence[Part], name: str) -> None:
    """Real pictures to show, from the first folder that has them."""
    for part in parts:
        path = suite_part.own(part.folder, name)
        if path.resolve() == (place / name).resolve():
            return
        if path.is_file():
            pictures = files.read_array(path)
            if pictures.dtype == "uint8" and pictures.ndim == 4:
                files.write_array(place / name, pictures)
                return


def _about(parts: Sequence[Part], names: list[str], command: str) -> dict[str, Any]:
    """What the suite is, now of all machines."""
    first = parts[0].about
    about = {name: first[name] for name in KEPT if name in first}
    scored = (part.about.get("primary") for part in parts)
    prices = {str(part.about.get("price")) for part in parts}
    warnings = [text for part in parts if isinstance(part.about.get("warnings"), list)
                for text in part.about["warnings"]]  # fmt: skip
    warnings += list(_notes(parts))
    return about | {
        "command": command,
        "runs": names,
        "code": {name: code for part in parts for name, code in part.known("code").items()},
        "environment": _shared([part.known("environment") for part in parts]),
        "primary": next(filter(None, scored), None),
        "price": first.get("price") if len(prices) == 1 else None,
        "warnings": list(dict.fromkeys(map(str, warnings))),
        "merged": True,
    }


def _shared(environments: list[dict[str, Any]]) -> dict[str, Any]:
    """What all machines have alike; each record has the whole of its own."""
    first, *others = environments
    return {
        name: value
        for name, value in first.items()
        if all(other.get(name) == value for other in others)
    }
