"""Warnings beside the verdict: protocols, runs that did not end well, records that are lost."""

from markupsafe import Markup

from ganbench.record import Record, Results, Score
from ganbench.report import formatting
from ganbench.report.analysis import extensions, machines, precisions, uneven_steps
from ganbench.report.analysis.comparison import Comparison, Row, status_summary
from ganbench.report.formatting import STATUS_WORDS

MOST_SAID = 12  # warnings of one kind; of more, the rest is a number
INPUT_CHANGE = "input_change"  # the metric; 1: as far as another photograph
UNBIASED_FROM = 2048  # pictures; below, the covariance of 2048 features is rank deficient


def warnings(results: Results, comparison: Comparison) -> list[Markup]:
    """What to keep in mind beside the verdict, a sentence each."""
    said = results.suite.get("warnings")
    texts = said if isinstance(said, list) else []
    found = _most([Markup.escape(text) for text in texts], "warnings, in suite.json")
    of_all = [part.sentence(comparison) for part in (machines, precisions, uneven_steps)]
    found += [Markup.escape(said) for said in (*of_all, _parts(results)) if said]
    found += _protocol_warnings(comparison)
    extended = [Markup.escape(sentence) for sentence in extensions.sentences(comparison)]
    found += _most(extended, "models with extended runs")
    found += _most(_astray(comparison), "seeds that lost their photographs")
    found += _all_endings(comparison)
    absent = [row.name for row in comparison.rows if not row.records]
    found += _most(
        [Markup("{}: no run is there.").format(name) for name in absent], "models without a run"
    )
    lost = [Markup("One record could not be read: {}.").format(t) for t in results.unreadable]
    return found + _most(lost, "records that could not be read")


def _parts(results: Results) -> str:
    """Which runs of a suite in several folders are not in this one."""
    names = results.suite.get("runs")
    lacking = (len(names) if isinstance(names, list) else 0) - len(results.runs)
    shard = results.suite.get("shard")
    if lacking <= 0 or not (shard or results.suite.get("merged")):
        return ""
    where = f"this is shard {shard}; ganbench merge puts shards together" if shard else "merged"
    return f"{formatting.plural(lacking, 'run')} of the suite not here ({where})."


def _most(said: list[Markup], of_what: str) -> list[Markup]:
    """What is said, or the first of many such sentences and how many more there are."""
    more = len(said) - MOST_SAID
    if more < 2:
        return said
    return [*said[:MOST_SAID], Markup("{} more {}.").format(f"{more:,}", of_what)]


def _astray(comparison: Comparison) -> list[Markup]:
    """Seeds of translators whose pictures have nothing to do with what they were made from."""
    said = (
        "{} seed {}: its pictures are farther from their own photographs than other photographs"
        " are (input change {}). Look at them; its numbers count."
    )
    return [
        Markup(said).format(row.name, seed, formatting.number(change))
        for row in comparison.rows
        for seed, change in row.values(INPUT_CHANGE).items()
        if change > 1
    ]


def _all_endings(comparison: Comparison) -> list[Markup]:
    """A sentence for each run that did not end well; of many, a sentence for each model."""
    each = [sentence for row in comparison.rows for sentence in _endings(row)]
    if len(each) <= MOST_SAID:
        return each
    broken = [row for row in comparison.rows if row.unfinished and not row.imported]
    said = [Markup("{}: {}.").format(row.name, status_summary(row)) for row in broken]
    return _most(said, "models with runs that did not end well")


def _protocol_warnings(comparison: Comparison) -> list[Markup]:
    warnings = []
    if any(score.metric.startswith("random") for score in comparison.metrics):
        warnings.append(Markup("random-Inception weights: these numbers are not FID."))
    frechet = [s for s in comparison.metrics if s.metric.endswith(("fid", "_fd"))]
    few = [s for s in frechet if s.value is not None and 0 < _smaller(s) < UNBIASED_FROM]
    if few:
        warnings.append(
            Markup("{} pictures on the smaller side: {} {} biased upwards.").format(
                formatting.count(_smaller(few[0])),
                formatting.listed([score.name for score in few]),
                "is" if len(few) == 1 else "are",
            )
        )
    return warnings + [
        Markup("{} was not measured the same way in every row: compare within a protocol.").format(
            score.name
        )
        for score in comparison.metrics
        if len(_protocols(comparison, score.metric)) > 1
    ]


def _smaller(score: Score) -> int:
    return min(score.count, score.reference_count)


def _protocols(comparison: Comparison, metric: str) -> set[str]:
    """Different ways in which one metric was measured in these runs."""
    scores = [record.scores.get(metric) for row in comparison.rows for record in row.finished]
    return {
        f"{s.count} {s.reference_count} {s.version} {sorted(s.protocol.items(), key=str)}"
        for s in scores
        if s is not None and s.value is not None
    }


def _endings(row: Row) -> list[Markup]:
    """One sentence for each run that did not end well, and for a model from elsewhere."""
    if row.imported:
        said = "{} is imported: trained elsewhere, under no budget of this suite, it is shown and"
        return [Markup(said + " compared with none.").format(row.name)]
    return [
        Markup("{} seed {} {}{}.").format(
            row.name, record.seed, STATUS_WORDS[record.status.name], _how_far(record)
        )
        for record in row.unfinished
    ]


def _how_far(record: Record) -> str:
    if record.status.progress >= 1:
        scored = any(score.value is not None for score in record.scores.values())
        return "; it used its whole budget" + (", its numbers are not averaged" if scored else "")
    if not record.status.progress:
        return ""
    return f" at {formatting.percent(record.status.progress)} of its budget"
