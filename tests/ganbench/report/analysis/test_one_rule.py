"""One rule for "told apart": whatever the records, no two statements of a page disagree."""

import re
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ganbench.record import Baseline, Cost, Record, Results, Score, Status
from ganbench.report.analysis import letter_display, pairwise_tests, verdict
from ganbench.report.analysis.comparison import compare
from ganbench.report.figures import forest
from ganbench.report.figures.axes import Figure
from ganbench.report.frameworks import section, speed_figure
from ganbench.report.tables import main_table, markdown, other_metrics

METRICS = {
    "fid": ("lower", "distance"),
    "kid": ("lower", "distance"),
    "recall": ("higher", "variety"),
}
TOLD, TIED, UNTESTED = "told apart", "tied", "too few seeds"
TITLES = {"PyTorch": "pytorch", "TensorFlow": "tensorflow"}

# Far and near levels, and noise that some seeds share: pairs on both sides of every threshold.
LEVELS = st.sampled_from([0.0, 0.0, 0.5, 1.0, 2.0, 5.0])
NOISE = st.integers(-8, 8).map(lambda whole: whole / 8)
STATUSES = st.sampled_from(["done"] * 8 + ["collapsed", "failed"])


def scores(values):
    return {
        key: Score(key, key.upper(), value, 300, 300, *METRICS[key][:1], "", {"kernel": "cubic"}, 1,
                   kind=METRICS[key][1])
        for key, value in zip(METRICS, values, strict=True)
    }  # fmt: skip


@st.composite
def suites(draw):
    """Results of 2 to 5 models in one or two frameworks, with 1 to 5 seeds, some lost or failed."""
    frameworks = draw(st.sampled_from([["pytorch"], ["pytorch", "tensorflow"]]))
    seeds = draw(st.integers(1, 5))
    models = [f"m{place}" for place in range(draw(st.integers(2, 5 // len(frameworks) + 1)))]
    shared = draw(st.lists(NOISE, min_size=seeds, max_size=seeds))
    runs = []
    for label in models:
        level = draw(LEVELS)
        for framework in frameworks:
            own = draw(st.sampled_from([0.0, 0.0, 0.25, 1.0]))
            for seed in range(seeds):
                if draw(st.integers(0, 9)) == 0:
                    continue
                value = 3 + level + own + shared[seed] + draw(NOISE) * draw(st.sampled_from([0, 1]))
                other = 3 + level + draw(NOISE)
                made = Record(
                    key="0" * 8, model=label, label=label, framework=framework, source="pictures",
                    seed=seed, suite="s", size=32, budget="60s", settings={}, data={},
                    environment={}, status=Status(draw(STATUSES), 1, 1.0),
                    cost=Cost(10 + own + abs(draw(NOISE))), scores=scores((value, other, -other)),
                )  # fmt: skip
                runs.append((Path("s") / f"{label}-{framework}-{seed}", made))
    ends = draw(st.sampled_from([None, (99.0, 1.0), (2.5, 0.1)]))
    baselines = [Baseline(name, name, scores((end, end, 0.0)))
                 for name, end in zip(("identity", "floor"), ends or (), strict=False)]  # fmt: skip
    suite = {"primary": "fid", "models": models, "frameworks": frameworks}
    return Results(Path("r"), suite, tuple(baselines), tuple(runs))


class Statements:
    """What a page says of each pair of models in each metric, and where it says so."""

    def __init__(self):
        self.said = {}

    def add(self, where, metric, first, second, told, better=None):
        key = metric, frozenset((first, second))
        self.said.setdefault(key, []).append((where, told, better))

    def disagreements(self):
        for key, said in self.said.items():
            told = {told in (True, TOLD) for _, told, _ in said}
            better = {name for _, _, name in said if name is not None}
            kinds = {told for _, told, _ in said if isinstance(told, str)}
            if len(told) > 1 or len(better) > 1 or len(kinds) > 1:
                yield key, said


def best_of(comparison, metric):
    """Of rows with two values or more, or else of all, the best on average."""
    known = {row.name: list(row.values(metric).values()) for row in comparison.rows}
    several = {name: v for name, v in known.items() if len(v) > 1} or known
    sign = -1 if METRICS[metric][0] == "higher" else 1
    return min((sign * sum(v) / len(v), place, name)
               for place, (name, v) in enumerate(several.items()) if v)[2]  # fmt: skip


def from_pairs(page, comparison, metric):
    found = pairwise_tests.pairs(comparison, metric)
    for pair in found:
        kind = {"told apart": TOLD}.get(
            pair.verdict, TIED if "cannot" in pair.verdict else UNTESTED
        )
        better = None
        if kind == TOLD:
            better = pair.second.name if pair.difference.startswith("−") else pair.first.name
        page.add("pairs", metric, pair.first.name, pair.second.name, kind, better)
    letters = {row.name: set(said.split()) for row, said in letter_display.letters(found)}
    for first, second in combinations(letters, 2):
        page.add("letters", metric, first, second, not letters[first] & letters[second])
    told = sum(pair.verdict == "told apart" for pair in found)
    said = pairwise_tests.finding(found)
    if found:
        assert said.startswith(("All ", "The two ") if told == len(found) else f"{told} of ")


def from_bold(page, comparison):
    table, more = main_table.table(comparison), other_metrics.table(comparison)
    columns = [(column.head, {line.row.name: line.cells[place] for line in table.lines})
               for place, column in enumerate(table.columns)]  # fmt: skip
    columns += [(column.head, {row.name: cells[place] for row, cells in more.lines})
                for place, column in enumerate(more.columns if more else ())]  # fmt: skip
    text = markdown.to_markdown(comparison)
    for head, cells in columns:
        metric = head.split(" ")[0].lower()
        if metric not in METRICS:
            continue
        cells = {name: cell for name, cell in cells.items() if cell.sort is not None}
        best = best_of(comparison, metric) if cells else ""
        some = any(cell.best for cell in cells.values())  # none is bold where no model is beaten
        for name, cell in cells.items():
            assert (f"**{cell.text}**" in text) or not cell.best
            if name != best and some and not cell.best:
                page.add("bold", metric, best, name, True, best)
            elif name != best and head == columns[0][0]:
                page.add("bold", metric, best, name, *beaten(comparison, metric, best, name))


def beaten(comparison, metric, best, name):
    """Bold says "not beaten by the best": not told apart, or told apart as the better one."""
    rows = {row.name: row.place for row in comparison.rows}
    pair = pairwise_tests.by_places(comparison, metric)[frozenset((rows[best], rows[name]))]
    return (True, name) if pair.better is not None and pair.better.name == name else (False, None)


def from_verdict(page, results, comparison):
    found = verdict.decide(results, comparison)
    text, support = found.headline.striptags(), [s.striptags() for s in found.support]
    scored = [row.name for row in comparison.rows if row.values("fid")]
    able = [row.name for row in comparison.rows if len(row.values("fid")) > 1] or scored
    if found.kind == "winner":
        best = re.match(r"Use (.+?): ", text)[1]
        assert best == best_of(comparison, "fid")
        others = dict(re.findall(r"(m\d · \w+), the same model, (\w+)", text))
        for name in set(able) - {best}:
            how = {"cannot": TIED, "shares": UNTESTED}.get(others.get(name), TOLD)
            better = {TOLD: name if name in others else best}.get(how)
            page.add("verdict", "fid", best, name, how, better)
    elif found.kind == "no_winner" and "is the best on average, but" in text:
        best, other = re.match(
            r"No winner: (.+?) is the best on average, but (.+?) is", text
        ).groups()
        page.add("verdict", "fid", best, other, TOLD, other)
    elif found.kind == "no_winner":
        best, other, how = re.match(
            r"No winner: (.+?) and (m.+?) (differ|share too few)", text
        ).groups()
        page.add("verdict", "fid", best, other, TIED if how == "differ" else UNTESTED)
    elif found.kind == "hint":
        best = text.split(" comes out ahead")[0]
        for name in set(able) - {best}:
            page.add("verdict", "fid", best, name, UNTESTED)
    closing = next((said for said in support if "of the style gap:" in said), "")
    for name in re.findall(r"(m\d(?: · \w+)?) closes", closing):
        if name != best_of(comparison, "fid"):
            best = best_of(comparison, "fid")
            page.add("style gap", "fid", best, name, *beaten(comparison, "fid", best, name))


def from_forest(page, comparison):
    found = pairwise_tests.against_best(comparison, "fid")
    if not found:
        return
    best = best_of(comparison, "fid")
    (row,) = [row for row in comparison.rows if row.name == best]
    kinds = {"clear of": TOLD, "cannot be told": TIED, "one seed in": UNTESTED, "no seed": UNTESTED}
    named = 0
    for sentence in forest.caption(row, found).split("."):
        kind = next((kind for words, kind in kinds.items() if words in sentence), None)
        names = set(re.findall(r"m\d(?: · \w+)?", sentence)) - {best}
        for name in names if kind else ():
            page.add("forest", "fid", best, name, kind)
            named += 1
    assert named == len(found)


def from_frameworks(page, comparison):
    made = section.section(comparison)
    if made is None:
        return
    for model in made.models:
        for line in model.metrics:
            metric = line.measure.head.split(" ")[0].lower()
            metric = metric if metric in METRICS else "kid"  # the style gap
            kind = TOLD if line.verdict.startswith("told apart") else TIED
            kind = kind if "apart" in line.verdict else UNTESTED
            title = re.search(r": (\w+) is better", line.verdict)
            names = {row.framework: row.name for row in line.paired.rows}
            better = names[TITLES[title[1]]] if title else None
            if all(row.values(metric) for row in line.paired.rows):
                page.add("frameworks", metric, *names.values(), kind, better)
                if metric == "fid":
                    said = said_of(made.finding, line.paired.label)
                    page.add("finding", metric, *names.values(), said)
    settled = made.figure.caption if made.figure else ""
    for label in {model.paired.label for model in made.models}:
        told = re.search(rf"{label} [\d.,]+ times as fast[^(]*\(([^)]*)\)", made.finding)
        drawn = next((s for s in settled.split(".") if re.search(rf"\b{label}\b", s)), "")
        if told and drawn:
            assert ("not settled" in told[1]) == ("do not settle" in drawn)
            assert ("one seed" in told[1]) == ("one seed" in drawn)


def said_of(finding, label):
    kinds = {"tells the": TOLD, "cannot tell": TIED, "has too few": UNTESTED}
    ends = "(?=cannot tell|has too few|[.]|$)"
    parts = re.findall(f"({'|'.join(kinds)})([^.]*?){ends}", finding[finding.rindex("FID") :])
    (kind,) = [kinds[words] for words, names in parts if re.search(rf"\b{label}\b", names)]
    return kind


@pytest.fixture(autouse=True, scope="module")
def undrawn():
    """The caption of the speed figure without its drawing, which takes most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        draw = lambda found: Figure("", speed_figure.caption(found), "") if found else None  # noqa: E731
        patch.setattr(speed_figure, "draw", draw)
        yield


def statements(results):
    page, comparison = Statements(), compare(results)
    for metric in METRICS:
        from_pairs(page, comparison, metric)
    from_bold(page, comparison)
    from_verdict(page, results, comparison)
    from_forest(page, comparison)
    from_frameworks(page, comparison)
    return page


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(suites())
def test_no_two_statements_of_one_page_disagree(results):
    assert list(statements(results).disagreements()) == []
