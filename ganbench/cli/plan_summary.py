"""The plan before a run and the verdict after it, in words on the terminal."""

import shlex
import shutil
import textwrap
from collections.abc import Callable, Iterator, Sized

from rich.console import Console

from ganbench import memory_forecast
from ganbench.budget import parse
from ganbench.data.load import Pair
from ganbench.data.statistics import nearly_black, side_by_side, word_for
from ganbench.data.store import Domain
from ganbench.planning import shard
from ganbench.planning.plan import Plan, Planned, disk_bytes, title
from ganbench.scoring.choose_extractors import Extractors
from ganbench.system.files import existing_parent
from ganbench.system.text import duration, in_a_row, printable, shown, size_words, some_of
from ganzoo.settings import typed

NAMED = 10  # skipped files, before "more"
SEEDS = 12  # of a model, or rows of them, before "more"
LOOKED_AT = 64  # pictures of each side
PROFILES = {
    "official": "official: the papers' own settings",
    "best": "best, for a GPU: the settings below each model are not its paper's",
    "small": "small, for a CPU: the settings below each model are not its paper's",
}


def show(plan: Plan, extractors: Extractors, console: Console, cluster: str = "") -> None:
    """Print the resolved plan: data, models, budget, time, disk; on what `cluster`, if on one."""
    on = [("on", cluster)] if cluster else []
    for name, text in [*_lines(plan, extractors), *on]:
        within = len(text) - len(text.lstrip())
        say(console, f" {name:<8}{text}", 9 + within)
    console.print()


def say(console: Console, text: str, indent: int = 1) -> None:
    """Print a line; on a terminal that is too narrow broken between words, each rest indented."""
    lines = [text]
    if console.is_terminal:
        lines = textwrap.wrap(
            text,
            max(40, console.width),
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
    for line in lines:
        console.print(line, markup=False)


def _lines(plan: Plan, extractors: Extractors) -> list[tuple[str, str]]:
    suite, pair = plan.suite, plan.pair
    counts = _said(pair, lambda side: side.names)
    look = f"{suite.size} px" + (" · mirrored" if suite.flip else "")
    look += f" · jitter {suite.jitter:g}" if suite.jitter else ""
    count = sum(len(side.skipped) for side in pair.domains)
    skipped = "1 file" if count == 1 else f"{count:,} files"
    todo = [p for p in plan.runs if not p.finished]
    lines = [
        ("data", f"{title(suite)}: {counts} · {look} · {skipped} skipped"),
        *(("", f"  {line}") for line in (*_limited(pair), *_beside(pair))),
        *_held_out(plan),
        ("device", plan.device + _ranks(plan)),
        ("profile", PROFILES[suite.profile or "official"]),
        ("runs", f"{len(plan.runs):,}, {len(plan.runs) - len(todo):,} done, {len(todo):,} to do"),
    ]
    groups = _groups(plan)
    for (label, framework), mine in groups.items():
        lines.append(
            ("", f"  {label:<26} {framework:<10} {_size(mine[0]):<34} seeds {_seeds(mine)}")
        )
        changed = " ".join(f"{name}={typed(v)}" for name, v in mine[0].changed.items())
        lines += [("", f"    {line}") for line in textwrap.wrap(changed, 66)]
    if elsewhere := shard.elsewhere(plan):
        lines.append(("shard", f"{plan.shard}; of other shards: {_others(elsewhere)}"))
    lines += [("beside", f"{job.label}: judged, not trained") for job in plan.beside]
    lines += _memory(plan, groups)
    lines.append(("budget", f"{plan.runs[0].run.budget} each{_time(plan)}"))
    free = shutil.disk_usage(existing_parent(plan.folder)).free
    lines.append(("disk", f"{size_words(disk_bytes(plan))} needed, {size_words(free)} free"))
    leading, *others = extractors.names
    beside = f", {' and '.join(others)} beside it" if others else ""
    lines.append(("judge", f"{leading} leads{beside}: {extractors.reason}"))
    lines.append(("", f"{', '.join(suite.metrics)} on {suite.samples} samples"))
    return lines + [("note", problem) for problem in extractors.left_out]


def _ranks(plan: Plan) -> str:
    """How many processes train each run, and what batch norm sees, where it is several."""
    count = plan.suite.ranks or 1
    if count == 1:
        return ""
    parts = max(planned.run.norm_parts for planned in plan.runs)
    seen = " by each rank's own pictures" if parts > 1 else ", if any, by the whole batch"
    return f", {count} ranks a run: batch norm{seen}"


def _others(elsewhere: list[tuple[str, str]]) -> str:
    return some_of([f"{printable(said)} ({whose})" for whose, said in elsewhere])


def _said(pair: Pair, part: Callable[[Domain], Sized]) -> str:
    """How many pictures that is of each kind; of one set nobody says what kind it is."""
    target = len(part(pair.target))
    if pair.source is None:
        return f"{target:,} pictures"
    words = [word_for(side.title) for side in (pair.target, pair.source)]
    return f"{target:,} {words[0]} · {len(part(pair.source)):,} {words[1]}"


def _limited(pair: Pair) -> Iterator[str]:
    """How many pictures there would be, where a limit took some."""
    limited = [side for side in pair.domains if side.taken_of]
    counts = [f"{len(side.names):,} of {side.taken_of:,} from {side.title}" for side in limited]
    if counts:
        yield f"limited to {' and '.join(counts)}, chosen by hash"


def _beside(pair: Pair) -> Iterator[str]:
    """Which side is which where their names do not say so, and what is not used, and why."""
    if pair.source is None:
        yield f"one set, {pair.target.title}: models from noise learn from all of it"
    elif not _told(pair.source, pair.target):
        yield f"from {pair.source.title} to {pair.target.title}; --swap turns this round"
    elif pair.left_alone:
        yield f"trained on {pair.target.title} and {pair.source.title}"
    if pair.left_alone:
        yield f"left alone: {some_of(pair.left_alone)}"
    skipped = [(side.title, one) for side in pair.domains for one in side.skipped]
    for folder, one in skipped[:NAMED]:
        yield f"skipped {folder}/{shown(one.name)}: {printable(one.reason)}"
    if len(skipped) > NAMED:
        yield f"skipped {len(skipped) - NAMED:,} more: ganbench data inspect lists them"
    for side in pair.domains:
        some = side.pictures[:: -(-len(side.pictures) // LOOKED_AT)]
        if nearly_black(some) == len(some):
            yield f"{side.title} is black, or 12-bit data that lies unscaled in 16-bit files"
        if advice := side_by_side(side):
            yield advice


def _told(source: Domain, target: Domain) -> bool:
    """Do their names say that photographs become paintings?"""
    return (word_for(source.title), word_for(target.title)) == ("photographs", "paintings")


def _held_out(plan: Plan) -> list[tuple[str, str]]:
    """How many pictures are trained on and how many judge, where that is not all of them."""
    split, pair = plan.suite.split, plan.pair
    if not split.held_out:
        return []
    trained, judging = _said(pair, split.trained), _said(pair, split.judged)
    which = "" if split.judge_on == "all" else f", the {split.judge_on} half of what is held out"
    return [("", f"trained on {trained}"), ("", f"judged by {judging}{which}")]


def _groups(plan: Plan) -> dict[tuple[str, str], list[Planned]]:
    """The runs of each label in each framework: they differ in their seeds."""
    groups: dict[tuple[str, str], list[Planned]] = {}
    for planned in plan.runs:
        groups.setdefault((planned.run.label, planned.run.framework), []).append(planned)
    return groups


def _memory(plan: Plan, groups: dict[tuple[str, str], list[Planned]]) -> list[tuple[str, str]]:
    """What each model will take where that is known, and what to type where it is too much."""
    said, warned = {}, {}
    for (label, _), (planned, *_) in groups.items():
        if not (need := planned.memory):
            continue
        said[label] = f"  {label:<26} {memory_forecast.describe(need)}"
        if need.available is not None and not need.fits:
            there = f"{size_words(need.total)} of tensors, {size_words(need.available)} there"
            advice = plan.job(planned).memory_advice
            warned[label] = f"{label} will probably not fit: about {there}; {advice}"
    listed = [("" if i else "memory", text) for i, text in enumerate(said.values())]
    return listed + [("warning", text) for text in warned.values()]


def _size(planned: Planned) -> str:
    text = f"{sum(planned.parameters.values()):,} parameters" if planned.parameters else ""
    flop = planned.flop_per_step
    return text + (f", {flop / 1e9:.3g} GFLOP/step" if flop else "")


def _seeds(planned: list[Planned]) -> str:
    said = in_a_row([p.run.seed for p in planned])
    more = len(said) - SEEDS
    return " ".join(said[:SEEDS]) + (f" and {more:,} more" if more > 0 else "")


def _time(plan: Plan) -> str:
    """How long all that is still to be trained takes, where the budget is a time."""
    budget = parse(plan.runs[0].run.budget)
    if budget.unit != "seconds":
        return ""
    left = budget.amount * sum(planned.left for planned in plan.runs)
    return f", about {duration(left)} of training in all"


def conclude(plan: Plan, console: Console) -> None:
    """Print what the report says, where it is, and what to do with the best translator."""
    from ganbench.report import closing

    results = plan.folder.parent
    verdict, translator = closing(results, plan.suite.name)
    for line in verdict.splitlines():
        say(console, f" {line}")
    console.print(f" {results / 'report.html'} · comparison.csv · comparison.md", markup=False)
    if translator:
        where = shlex.quote(str(plan.folder / translator))
        console.print(
            f" paint with it:  ganbench translate PHOTOGRAPHS --with {where}", markup=False
        )
