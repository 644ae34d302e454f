"""Assembles the page: view of the results -> jinja2 template -> one file that can load nothing."""

import base64
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from ganbench.record import Results
from ganbench.report import citations, embedded, formatting, redact
from ganbench.report.analysis import (
    agreement,
    conditions,
    intervals,
    letter_display,
    machines,
    pairwise_tests,
    style_gap,
    uncertainty,
    vote_file,
    weight_averages,
)
from ganbench.report.analysis.comparison import BEST, LOSSES, Comparison, Row
from ganbench.report.analysis.costs import mean_cost
from ganbench.report.analysis.verdict import decide
from ganbench.report.figures import forest, learning_curves, loss_curves, quality_cost, svg
from ganbench.report.figures.axes import Figure
from ganbench.report.frameworks import section
from ganbench.report.pictures import (
    colour_texture,
    difficulty,
    encoding,
    failures,
    gallery,
    memorization,
    training_film,
    vote,
)
from ganbench.report.tables import (
    columns,
    csv_table,
    footnotes,
    latex,
    main_table,
    markdown,
    other_metrics,
    why,
)
from ganbench.system import html

SUITE = ("name", "command", "budget", "size", "seeds", "toml", "environment", "samples",
         "curve_samples")  # of suite.json, where it is there  # fmt: skip
FIGURES: dict[str, Callable[[Comparison], Figure | None]] = {
    "forest": forest.forest,
    "seconds": partial(learning_curves.curves, axis="seconds"),
    "pictures": partial(learning_curves.curves, axis="pictures"),
}
USED = ("target_pictures", "unique_targets", "source_pictures", "unique_sources", "steps")


@dataclass(frozen=True)
class Page:
    """The page and the figures that also become files of their own."""

    html: str
    figures: tuple[Figure, ...]


def assemble(
    results: Results,
    comparison: Comparison,
    public: bool,
    with_pictures: bool,
    votes: Sequence[tuple[Path, vote_file.VoteFile]] = (),
) -> Page:
    """Render `results`; `public` leaves out the pictures of the data set.

    InputError when `votes` are on other pictures than those of `results`.
    """
    view = {
        **_numbers(results, comparison),
        **_drawings(comparison),
        "copying": memorization.section(comparison, public, with_pictures),
        **_pictures(results, comparison, public, with_pictures, votes),
        **_origin(results, comparison),
        **_limits(results, public),
        "no_pictures": not with_pictures,
    }
    if votes:
        view["embedded"]["votes"] = view["vote"].embedded
    return Page(_environment().get_template("page.html").render(view), _files(view))


def _numbers(results: Results, comparison: Comparison) -> dict[str, Any]:
    """The verdict, the tables, and how sure they are."""
    pairs = pairwise_tests.pairs(comparison)
    primary = comparison.primary
    every_two = primary is None or pairwise_tests.is_every_two(comparison, primary.metric)
    return {
        "verdict": decide(results, comparison),
        "comparison": comparison,
        "table": main_table.table(comparison),
        "footnotes": footnotes.footnotes(comparison),
        "other_metrics": other_metrics.table(comparison),
        "leading": _leading(results),
        "recipe": conditions.recipe(comparison),
        "judge": conditions.judge(comparison),
        "held_out": conditions.held_out(comparison),
        "agreement": agreement.agreement(comparison),
        "weight_averages": weight_averages.weight_averages(comparison),
        "style_gap": style_gap.scale(comparison),
        "style_gap_missing": style_gap.why_not(comparison),
        "pairs": pairs,
        "pairs_finding": pairwise_tests.finding(pairs),
        "every_two": every_two,
        "letters": letter_display.letters(pairs) if every_two else [],
        "estimates": uncertainty.table(comparison),
        "unfinished_scores": uncertainty.unfinished_scores(comparison),
        "visible": _visible_difference(comparison),
        "meanings": [
            (formatting.heading(s), formatting.sentence(s.about))
            for s in comparison.metrics
            if s.about
        ],
        "markdown": markdown.to_markdown(comparison),
        "latex": latex.to_latex(comparison),
        "csv": csv_table.to_csv(csv_table.comparison_table(comparison)),
    }


def _drawings(comparison: Comparison) -> dict[str, Any]:
    """Plots, and what of them is said in numbers."""
    rows = comparison.shown if not comparison.unshown else _ends(comparison.shown)
    return {
        "drawn": _figures(comparison),
        "costs": quality_cost.quality_against_cost(comparison),
        "frameworks": section.section(comparison),
        "curves": _curve_table(comparison),
        "losses": [loss for row in rows if (loss := loss_curves.losses(row)) is not None],
        "large_logs": [said for row in rows for said in loss_curves.too_large(row)],
        "with_losses": len(rows),
    }


def _origin(results: Results, comparison: Comparison) -> dict[str, Any]:
    """Where it comes from: suite, machine, data, papers, and all of it for programs."""
    return {
        "suite": dict.fromkeys(SUITE) | results.suite,
        "machine": _machine(results, comparison),
        "data": _data(results),
        "used": _used(comparison),
        "bibtex": citations.bibtex(comparison.metrics),
        "embedded": embedded.results_json(results),
    }


def _limits(results: Results, public: bool) -> dict[str, Any]:
    """What the template asks while it is filled in: how many, who is best, what may be said."""
    return {
        "public": public,
        "why": partial(why.why, results.folder),
        "without_paths": redact.without_paths if public else str,
        "best": BEST,
        "most_cells": why.MOST_CELLS,
        "most_pairs": pairwise_tests.MOST_PAIRS,
        "most_failures": failures.MOST_FAILURES,
    }


def _files(view: dict[str, Any]) -> tuple[Figure, ...]:
    """The figures of a page that also become files of their own."""
    figures = [
        *view["drawn"].values(),
        *(cost.figure for cost in view["costs"]),
        *(loss.figure for loss in view["losses"]),
        view["copying"].figure,
        *(view["colour"].figures if view["colour"] else ()),
        *([view["frameworks"].figure] if view["frameworks"] else ()),
    ]
    return tuple(figure for figure in figures if figure is not None)


def _ends(shown: Sequence[Row]) -> tuple[Row, ...]:
    """The best of the rows shown, and the last."""
    return (*shown[: LOSSES - 1], shown[-1])


def _figures(comparison: Comparison) -> dict[str, Figure | None]:
    return {name: draw(comparison) for name, draw in FIGURES.items()}


def _pictures(
    results: Results,
    comparison: Comparison,
    public: bool,
    with_pictures: bool,
    votes: Sequence[tuple[Path, vote_file.VoteFile]],
) -> dict[str, Any]:
    reader = encoding.Reader()
    blind = vote.section(comparison, public, with_pictures, reader, votes)
    runs = gallery.shown_runs(comparison, public, reader) if with_pictures else []
    made = training_film.films(runs)
    view: dict[str, Any] = {
        "verdict_line": gallery.verdict_line(runs),
        "translations": gallery.translations(runs),
        "noise": gallery.noise_grids(runs),
        "round_trips": gallery.round_trips(runs),
        "pixel_differences": gallery.pixel_differences(runs),
        "other_views": gallery.other_views(runs),
        "films": made,
        "vote": blind,
        "difficulty": difficulty.section(comparison, public, with_pictures, reader),
        # Statistics over many pictures are no pictures: they stay with --public and --no-pictures.
        "colour": colour_texture.section(results, comparison, reader),
        "film_caption": training_film.film_caption(made) if made else "",
        "failures": failures.failures(comparison, with_pictures, reader),
        "failures_not_listed": failures.not_listed(comparison),
        "samples": None if public or not with_pictures else gallery.data_grid(results, reader),
        "elsewhere": gallery.elsewhere(comparison, results) if with_pictures else [],
    }
    return view | {"lost_pictures": list(dict.fromkeys(reader.problems))}


def _environment() -> jinja2.Environment:
    """Templates with every value escaped; the script's hash is what the policy lets run."""
    folder = resources("ganbench.report")
    script = folder.joinpath("page.js").read_text(encoding="utf-8")
    style = folder.joinpath("page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    environment = html.templates("report")
    environment.policies["json.dumps_kwargs"] = {"sort_keys": True, "separators": (",", ":")}
    environment.globals |= {
        "script": Markup(script),
        "script_hash": Markup(digest),
        "style": Markup(svg.css_variables() + "\n" + style),
        "words": formatting,
        "heading": formatting.heading,
        "over_seeds": uncertainty.OVER_SEEDS,
        "over_pictures": uncertainty.OVER_PICTURES,
        "strip_rank": columns.STRIP_RANK,
        "late": columns.LATE,
        "ending": main_table.ending,
        "moment_words": training_film.moment_words,
    }
    environment.filters["figure"] = lambda figure: Markup(figure.inline)
    environment.filters["breakable"] = _breakable
    return environment


def _breakable(name: str) -> Markup:
    """A name whose settings stay whole where a line ends: dcgan:|batch=16,|width=32."""
    return Markup("<wbr>").join(re.split("(?<=[:,])", name))


def _curve_table(comparison: Comparison) -> list[tuple[Any, list[tuple[str, str, str]]]]:
    """For every model up to six points of its mean curve: seconds, pictures, score."""
    if comparison.primary is None:
        return []
    found = []
    for row in comparison.listed:
        by_seconds = learning_curves.mean_curve(row, comparison.primary.metric, "seconds")
        by_pictures = learning_curves.mean_curve(row, comparison.primary.metric, "pictures")
        chosen = sorted({round(k * (len(by_seconds) - 1) / 5) for k in range(6)} - {-1, -2})
        points = [
            (
                formatting.duration(by_seconds[k][0]),
                formatting.count(by_pictures[k][0]),
                formatting.number(by_seconds[k][1]),
            )
            for k in chosen
            if 0 <= k < len(by_seconds)
        ]
        if points:
            found.append((row, points))
    return found


def _visible_difference(comparison: Comparison) -> str:
    """What so many seeds can see at all."""
    primary = comparison.primary
    counts = [len(row.values(primary.metric)) for row in comparison.rows] if primary else []
    most = max(counts, default=0)
    if most < 2:
        return "One seed shows no spread: it can rank, but not say how surely."
    return (
        f"Four times in five, {most} seeds see differences of {intervals.visible(most):.1f} "
        f"standard deviations; {2 * most} seeds would see {intervals.visible(2 * most):.1f}."
    )


def _data(results: Results) -> dict[str, Any]:
    data = results.suite.get("data")
    plain = data if isinstance(data, dict) else {}
    sides = [
        (said, _side(plain[side]))
        for side, said in (("source", "photographs"), ("target", "paintings"))
        if isinstance(plain.get(side), dict)
    ]
    said = {name: plain.get(name) for name in ("flip", "jitter", "judge_on")}
    return {"sides": sides, **said}


def _side(known: dict[str, Any]) -> dict[str, Any]:
    """One side of the data; what is not there has its empty value."""
    empty: dict[str, Any] = {
        "title": None,
        "count": None,
        "trained": None,
        "judged": None,
        "taken_of": None,
        "fingerprint": None,
        "skipped": [],
        "duplicates": [],
    }
    side = empty | known
    return side | {"skipped": [{"name": "", "reason": ""} | item for item in side["skipped"]]}


def _leading(results: Results) -> str:
    """Which extractor leads and why; nothing in results of versions that had one only."""
    told = results.suite.get("extractors") or {}
    names, reason = told.get("names"), told.get("reason")
    return f"{names[0]} leads: {reason}." if names and reason else ""


def _machine(results: Results, comparison: Comparison) -> Any:
    if (found := machines.machines(comparison)).several:
        return formatting.some(found.names(), machines.MOST_NAMED)
    known = results.suite.get("environment") or {}
    facts = (known.get(name) for name in ("gpu", "cpu", "device", "platform"))
    return next(filter(None, facts), None)


def _used(comparison: Comparison) -> list[tuple[Any, dict[str, str]]]:
    """Pictures seen by every model, with repetition and without."""
    return [(row, {key: _mean_used(row, key) for key in USED}) for row in comparison.listed
            if row.records]  # fmt: skip


def _mean_used(row: Row, key: str) -> str:
    return formatting.count(mean_cost(row, lambda record: getattr(record.used, key)))
