"""The process that scores: stored samples + reference pictures -> numbers in the records.

A `Scorer` looks through one extractor; a suite has one for each.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np

from ganbench import record
from ganbench.data import batches, load
from ganbench.data.split import Split
from ganbench.data.store import Domain, open_domain
from ganbench.errors import InputError
from ganbench.jobs import Scored, ScoreJob
from ganbench.scoring import feature_cache
from ganbench.system import child_process, files, locks
from ganbench.system.user_errors import USER_ERRORS
from metrics import nearest, registry, scoring
from metrics.errors import InputError as MetricError
from metrics.registry import Metric
from metrics.sample import Sample

SUSPECTS = 8  # generated pictures that the report shows beside their nearest real ones
NEIGHBOURS = 3
ALL = Split()


@dataclass(frozen=True)
class Numbers:
    """What one extractor says of a run: a curve, the final scores, and whom they suspect."""

    curve: tuple[record.CurvePoint, ...] = ()
    scores: dict[str, record.Score] = field(default_factory=dict)
    raw_scores: dict[str, record.Score] = field(default_factory=dict)
    evidence: dict[str, str] = field(default_factory=dict)

    def beside(self, other: "Numbers") -> "Numbers":
        """Both together; points of one step become one."""
        more = {point.step: point.scores for point in other.curve}
        curve = [replace(p, scores=p.scores | more.get(p.step, {})) for p in self.curve]
        scores, raw = self.scores | other.scores, self.raw_scores | other.raw_scores
        return Numbers(tuple(curve), scores, raw, self.evidence or other.evidence)


class Scorer:
    """The chosen metrics, what they look through, and the reference they compare with."""

    def __init__(
        self,
        metrics: Sequence[Metric],
        extractor: Any,
        domains: tuple[Domain | None, Domain],
        counts: tuple[int, int],
        tell: Callable[..., None],
        device: str = "cpu",
        split: Split = ALL,
    ):
        """extractor: None when no metric looks through one.

        domains: source (None: there is one set) and target. counts: pictures of a final score,
        and of a point of a curve.
        `tell(kind, **content)`: hears of progress and of problems.
        """
        self.metrics, self.extractor, self.device = metrics, extractor, device
        self.source, self.target = domains
        self.samples, self.curve_samples = counts
        self.tell = tell
        self.shown = np.arange(0)
        if self.source:
            self.shown = batches.ordered(self.source, split.judged(self.source))[: self.samples]
        self.reference = self.of_domain(self.target, split.judged(self.target))
        trained = split.trained(self.target)
        self.trained_names = [self.target.names[place] for place in trained]
        self.trained = self.of_domain(self.target, trained) if split.held_out else self.reference

    def look(self, what: str, pictures: np.ndarray) -> Sample:
        """uint8 N H W 3 and what the network sees in them; tells the parent how far it is."""

        def on_progress(done: int, of: int) -> None:
            self.tell("progress", what=what, done=done, of=of)

        if self.extractor is None:
            return Sample(pictures=pictures)
        return replace(self.extractor.features(pictures, on_progress), pictures=pictures)

    def of_domain(self, domain: Domain, places: np.ndarray) -> Sample:
        """Some pictures of a domain; their features are kept from one suite to the next."""
        ordered = np.array_equal(places, np.arange(len(domain.names)))  # spare a copy
        pictures = domain.pictures if ordered else domain.pictures[places]
        if self.extractor is None:
            return Sample(pictures=pictures)
        content = f"{domain.fingerprint} {places.tolist()}"
        seen = feature_cache.cached(
            *(content, self.extractor.protocol(), lambda: self.look(domain.title, pictures)),
            device=self.device,
        )
        return replace(seen, pictures=pictures)

    def of_run(self, run: record.Record, folder: Path, moment: record.Moment, count: int) -> Sample:
        """The first `count` pictures that a run made at a moment, with what they were made from."""
        pictures = record.array(folder, run, moment.file)[:count]
        made = self.look(f"{run.label} seed {run.seed}", pictures)
        return self.beside_inputs(made) if run.source == "pictures" else made

    def beside_inputs(self, made: Sample) -> Sample:
        """What a translator made, beside what it was given and what it should have made of it."""
        assert self.source
        places = self.shown[: len(made)]
        truth = None
        if "truth" in scoring.needs(self.metrics):
            truth = load.truth(self.source, self.shown.tolist())
        return replace(
            made,
            inputs=self.source.pictures[places],
            truth=None if truth is None else truth.pictures[: len(made)],
        )

    def scores(
        self, made: Sample, real: Sample, metrics: list[Metric] | None = None, errors: bool = True
    ) -> dict[str, record.Score]:
        """Every metric of one sample against another, each under the name it may carry."""
        chosen = self.metrics if metrics is None else metrics
        results: dict[str, scoring.Result] = {}
        for metric in scoring.distinct(chosen):
            self.tell(child_process.NOW, name=metric.title)  # should it end this process
            results |= scoring.score(made, real, [metric], self.extractor, errors)
        return {key: _score(result) for key, result in results.items()}

    def against_real(self, made: Sample) -> dict[str, record.Score]:
        """All metrics against what judges; copies would be of what was trained on."""
        if self.trained is self.reference:
            return self.scores(made, self.reference)
        copying = [metric for metric in self.metrics if self.real_for(metric) is self.trained]
        others = [metric for metric in self.metrics if metric not in copying]
        return self.scores(made, self.reference, others) | self.scores(made, self.trained, copying)

    def real_for(self, metric: Metric) -> Sample:
        """The real pictures that a metric compares with."""
        return self.trained if metric.kind == "copying" else self.reference

    def final_scores(self, made: Sample, run: record.Record, folder: Path) -> dict[str, Any]:
        """All metrics; those on pictures that were translated back see only these."""
        scores = self.against_real(made)
        if "back" not in run.views:
            return scores
        back = record.array(folder, run, run.views["back"])
        returned = replace(made[: len(back)], back=back)
        there_and_back = [metric for metric in self.metrics if "back" in metric.needs]
        return scores | self.scores(returned, self.reference, there_and_back)

    @property
    def of_curves(self) -> list[Metric]:
        """The metrics of the learning curve: the distances, and the one that decides."""
        return [m for m in self.metrics if m.kind == "distance" or m is self.metrics[0]]

    def baselines(self) -> tuple[record.Baseline, ...]:
        """The floor (real against real) and, of two sets, the identity (untouched photographs)."""
        if self.trained is self.reference:
            order = batches.probe_order(self.target.names)
            halves = self.reference[order[0::2]], self.reference[order[1::2]]
            what = "one half of the real paintings against the other"
        else:
            halves, what = (self.trained, self.reference), "the real paintings of the training"
        floor = record.Baseline("floor", what, self.scores(*halves))
        if self.source is None:
            return (floor,)
        untouched = self.beside_inputs(self.of_domain(self.source, self.shown))
        identity = self.against_real(untouched)
        return floor, record.Baseline("identity", "untouched photographs", identity)

    def judges(self) -> list[Any]:
        """Name, version and protocol of each metric: all that its numbers hang on but pictures."""
        return [
            (
                metric.called(self.extractor)[0],
                metric.version,
                scoring.protocol(metric, self.extractor),
            )
            for metric in self.metrics
        ]

    def numbers(self, run: record.Record, folder: Path) -> Numbers:
        """Scores and learning curve of a run, from its stored samples."""
        points, scores, raw, evidence = [], {}, {}, {}
        for moment in run.snapshots:
            last = moment is run.snapshots[-1] and run.status.used_all
            count = self.samples if last else self.curve_samples
            try:
                made = self.of_run(run, folder, moment, count)
            except InputError as error:
                if last:
                    raise
                # `is_scored` counts the points: with one too few the run is scored again by every
                # command, which costs minutes and makes the curve whole if the file comes back
                self.tell("problem", message=f"left out of a learning curve: {error}")
                continue
            first = made[: self.curve_samples]
            found = self.scores(first, self.reference, self.of_curves, errors=False)
            points.append(record.CurvePoint(moment.step, moment.seconds, moment.pictures, found))
            if last:
                scores = self.final_scores(made, run, folder)
                raw = self.raw_scores(run, folder)
                evidence = self.suspects(made, folder)
        return Numbers(tuple(points), scores, raw, evidence)

    def raw_scores(self, run: record.Record, folder: Path) -> dict[str, record.Score]:
        """The distances of what the last step's weights draw, where an average of them draws."""
        if "raw" not in run.views:
            return {}
        pictures = record.array(folder, run, run.views["raw"])[: self.samples]
        made = self.look(f"{run.label} seed {run.seed}, no average", pictures)
        return self.scores(made, self.reference, self.of_curves)

    def is_scored(self, run: record.Record) -> bool:
        """Are the record's numbers those that this scorer would give?"""
        whole = run.status.used_all
        there = run.scores if whole else run.curve[-1].scores if run.curve else {}
        wanted = self.metrics if whole else self.of_curves
        return len(run.curve) == len(run.snapshots) and all(
            self.same(metric, there, run) for metric in wanted
        )

    def same(self, metric: Metric, there: dict[str, record.Score], run: record.Record) -> bool:
        """Is the number there what `metric` would give now?"""
        score = there.get(metric.called(self.extractor)[0])
        count = self.samples if run.status.used_all else self.curve_samples
        return (
            score is not None
            and not score.note.startswith(scoring.FAILED)
            and score.version == metric.version
            and score.reference_count == len(self.real_for(metric))
            and (score.count == count or "back" in metric.needs)
            and score.protocol == scoring.protocol(metric, self.extractor)
        )

    def suspects(self, made: Sample, folder: Path) -> dict[str, str]:
        """Keep the samples that lie nearest to a real picture, beside these pictures."""
        if made.pool is None or not any(metric.kind == "copying" for metric in self.metrics):
            return {}
        try:
            found = nearest.closest(made.features(), self.trained.features(), SUSPECTS, NEIGHBOURS)
        except MetricError:  # the score itself says why there is none
            return {}
        shown = [
            picture
            for sample, real in zip(found.samples, found.real, strict=True)
            for picture in (made.pixels()[sample], *self.trained.pixels()[real])
        ]
        rows = [
            {
                "sample": int(sample),
                "real": [
                    {"name": self.trained_names[place], "distance": float(distance)}
                    for place, distance in zip(places, distances, strict=True)
                ],
            }
            for sample, places, distances in zip(
                found.samples, found.real, found.distances, strict=True
            )
        ]
        files.write_array(folder / "nearest" / "pictures.npy", np.stack(shown))
        files.write_sealed(
            folder / "nearest.json",
            {
                "format": record.FORMAT,
                "pictures": "nearest/pictures.npy",
                "neighbours": found.real.shape[1],
                "rows": rows,
                "generated": found.generated_to_real.tolist(),
                "real": found.real_to_real.tolist(),
            },
        )
        return {"nearest": "nearest.json"}


def _score(result: scoring.Result) -> record.Score:
    metric = result.metric
    return record.Score(
        metric=result.key,
        name=result.title,
        value=result.value,
        count=result.count,
        reference_count=result.reference_count,
        better=metric.better,
        unit=metric.unit,
        protocol=dict(result.protocol),
        version=metric.version,
        note=result.note,
        details=dict(result.details),
        kind=metric.kind,
        error=result.error,
        about=metric.about,
    )


def build(job: ScoreJob, tell: Callable[..., None]) -> list[Scorer]:
    """The scorers that a job asks for, the leading one first."""
    metrics = [registry.get(name, job.plugins) for name in job.metrics]
    extractors = []
    if any(metric.sees_features for metric in metrics):
        from metrics.extractors import registry as specs
        from metrics.extractors.extractor import Extractor

        extractors = [
            Extractor(
                specs.get(chosen.name, job.plugins), chosen.weights, job.device, resize=job.protocol
            )
            for chosen in job.extractors
        ]
    source = open_domain(job.source_folder) if job.source_folder else None
    domains = source, open_domain(job.target_folder)
    counts = job.samples, job.curve_samples
    split = Split(job.held_out, job.judge_on)
    shares = scoring.shared_out(metrics, extractors)
    return [
        Scorer(mine, extractor, domains, counts, tell, job.device, split)
        for extractor, mine in shares
    ]


def baselines(scorers: list[Scorer]) -> tuple[record.Baseline, ...]:
    """The untrained rows, with the scores of all extractors."""
    leading, *others = (scorer.baselines() for scorer in scorers)
    rows = []
    for row, *more in zip(leading, *others, strict=True):
        scores = {key: score for other in more for key, score in other.scores.items()}
        rows.append(replace(row, scores=row.scores | scores))
    return tuple(rows)


def write_baselines(scorers: list[Scorer], job: ScoreJob) -> None:
    """Write the untrained rows, unless those of the same judges and pictures are there."""
    domains = [domain and domain.fingerprint for domain in (scorers[0].source, scorers[0].target)]
    judges = [scorer.judges() for scorer in scorers]
    asked = [job.held_out, job.judge_on, job.samples]
    decisive = json.dumps([domains, asked, judges], default=str)
    judged_by = hashlib.sha256(decisive.encode()).hexdigest()
    if record.baselines_judged_by(job.folder) == judged_by:
        return
    rows = baselines(scorers)
    scores = (score for row in rows for score in row.scores.values())
    lasting = not any(score.note.startswith(scoring.FAILED) for score in scores)
    record.write_baselines(job.folder, rows, judged_by if lasting else "")


def score_run(scorers: list[Scorer], folder: Path) -> record.Record:
    """The record of a run with scores and learning curve, put there unless the same are there."""
    run = record.read(folder)
    if not run.snapshots or all(scorer.is_scored(run) for scorer in scorers):
        return run
    found = reduce(Numbers.beside, (scorer.numbers(run, folder) for scorer in scorers))
    if not found.curve:
        return run
    digests = (
        {name: files.sha256(folder / name) for name in record.EVIDENCE} if found.evidence else {}
    )
    scored = replace(
        run,
        scores=found.scores,
        raw_scores=found.raw_scores,
        curve=found.curve,
        evidence=found.evidence,
    )
    # what format 1 kept has no digests, and of some files alone they would say nothing
    scored = replace(scored, sha256=run.sha256 and run.sha256 | digests)
    record.write(folder, scored)
    return scored


def failed(run: record.Record) -> list[str]:
    """Of metrics that raised an error, which may be for want of something on this machine."""
    points = (run.scores, run.raw_scores, *(point.scores for point in run.curve))
    scores = (score for found in points for score in found.values())
    return [f"{each.name}: {each.note}" for each in scores if each.note.startswith(scoring.FAILED)]


def score_suite(job: ScoreJob, channel: child_process.Channel) -> Scored:
    """Score every run of a suite."""
    scorers = build(job, channel.send)
    if job.baselines:
        write_baselines(scorers, job)
    failures: list[str] = []
    for name in job.runs:
        with locks.claim(job.folder / name) as ours:
            if not ours:  # another command trains or scores it
                continue
            try:
                failures += failed(score_run(scorers, job.folder / name))
            except USER_ERRORS as error:  # one torn file must not hide the others
                channel.send("problem", message=str(error))
    leading = scorers[0]
    primary = leading.metrics[0].called(leading.extractor)[0]
    return Scored(primary, tuple(dict.fromkeys(failures)))


if __name__ == "__main__":
    child_process.serve(ScoreJob, score_suite)
