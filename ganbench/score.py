"""The process that judges: stored samples + reference pictures -> numbers in the records."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ganbench import cache, files, processes, record
from ganbench.data import Domain, open_domain, streams
from ganbench.errors import InputError
from metrics import registry
from metrics.errors import InputError as MetricError
from metrics.features import Features


class Judge:
    """One extractor, the chosen metrics and the reference they compare with."""

    def __init__(self, job: dict[str, Any], channel: processes.Channel):
        from metrics.inception import Extractor

        self.job, self.channel = job, channel
        self.folder = Path(job["folder"])
        weights = Path(job["weights"]) if job["weights"] else None
        self.extractor = Extractor(weights, job["device"])
        self.metrics = [registry.get(name) for name in job["metrics"]]
        self.source = open_domain(Path(job["source_folder"]))
        self.target = open_domain(Path(job["target_folder"]))
        self.reference = self.cached(self.target, np.arange(len(self.target.names)))

    def look(self, what: str, pictures: np.ndarray) -> Features:
        """Features of uint8 N H W 3, telling the parent how far it is."""

        def on_progress(done: int, of: int) -> None:
            self.channel.send("progress", what=what, done=done, of=of)

        return self.extractor.features(pictures, on_progress)

    def cached(self, domain: Domain, places: np.ndarray) -> Features:
        """Features of some pictures of a domain, kept by content, extractor and protocol."""
        protocol = json.dumps(self.extractor.protocol(), sort_keys=True)
        decisive = f"{domain.fingerprint} {places.tolist()} {protocol}"
        folder = cache.folder("features") / hashlib.sha256(decisive.encode()).hexdigest()[:32]
        try:
            return _read_features(folder)
        except InputError:  # not there, or damaged
            ordered = np.array_equal(places, np.arange(len(domain.names)))  # spare a copy
            made = self.look(domain.title, domain.pictures if ordered else domain.pictures[places])
            _write_features(folder, made)
            return made

    def scores(self, generated: Features, real: Features) -> dict[str, record.Score]:
        """Every metric of one set against another, each under the name it may carry."""
        found = {}
        for metric in self.metrics:
            key, title = metric.called(self.extractor)
            measured = self.measure(metric, generated, real)
            found[key] = record.Score(
                metric=key,
                name=title,
                value=measured.value if np.isfinite(measured.value) else None,
                count=len(generated),
                reference_count=len(real),
                better=metric.better,
                unit=metric.unit,
                protocol={**self.extractor.protocol(), **metric.protocol},
                version=metric.version,
                note=measured.note,
                details=measured.details,
            )
        return found

    def measure(
        self, metric: registry.Metric, generated: Features, real: Features
    ) -> registry.Measurement:
        """The number; NaN with the reason as its note where there is none."""
        if metric.official_only and not self.extractor.official:
            reason = f"{metric.title} is defined on the official Inception features only"
            return registry.Measurement(float("nan"), {}, reason)
        try:
            return metric.measure(generated, real)
        except (MetricError, np.linalg.LinAlgError) as error:
            return registry.Measurement(float("nan"), {}, str(error))

    def baselines(self) -> tuple[record.Baseline, ...]:
        """The floor (real against real) and the identity (untouched photographs as output)."""
        order = streams.probe_order(self.target.names)
        halves = order[0::2], order[1::2]
        shown = streams.probe_order(self.source.names)[: self.job["samples"]]
        floor = self.scores(self.reference[halves[0]], self.reference[halves[1]])
        identity = self.scores(self.cached(self.source, shown), self.reference)
        return (
            record.Baseline("floor", "one half of the real paintings against the other", floor),
            record.Baseline("identity", "untouched photographs", identity),
        )

    def judge(self, folder: Path) -> None:
        """Put scores and learning curve into a run's record, unless the same are there."""
        run = record.read(folder)
        if not run.snapshots or self.judged(run):
            return
        name, points = f"{run.label} seed {run.seed}", []
        last = None
        for moment in run.snapshots:
            pictures = files.read_array(folder / moment.file)
            whole = moment is run.snapshots[-1] and run.status.name == "done"
            last = self.look(name, pictures if whole else pictures[: self.job["curve_samples"]])
            scores = self.scores(last[: self.job["curve_samples"]], self.reference)
            points.append(record.CurvePoint(moment.step, moment.seconds, moment.pictures, scores))
        final = self.scores(last, self.reference) if last and run.status.name == "done" else {}
        record.write(folder, replace(run, scores=final, curve=tuple(points)))

    def judged(self, run: record.Record) -> bool:
        """Are the record's numbers those that this judge would give?"""
        wanted = {metric.called(self.extractor)[0]: metric for metric in self.metrics}
        done = run.status.name == "done"
        wanted_count = self.job["samples"] if done else self.job["curve_samples"]
        scores = run.scores if done else run.curve[-1].scores if run.curve else {}
        return len(run.curve) == len(run.snapshots) and all(
            key in scores
            and scores[key].version == metric.version
            and scores[key].reference_count == len(self.reference)
            and scores[key].count == wanted_count
            and scores[key].protocol == {**self.extractor.protocol(), **metric.protocol}
            for key, metric in wanted.items()
        )


def _write_features(folder: Path, features: Features) -> None:
    with files.building(folder) as draft:
        files.write_array(draft / "pool.npy", features.pool)
        if features.logits is not None:
            files.write_array(draft / "logits.npy", features.logits)


def _read_features(folder: Path) -> Features:
    pool, logits = folder / "pool.npy", folder / "logits.npy"
    return Features(
        np.array(files.read_array(pool)),
        np.array(files.read_array(logits)) if logits.exists() else None,
    )


def judge(job: dict[str, Any], channel: processes.Channel) -> processes.Message:
    """Judge every run of a suite; the result names the metric that the verdict goes by."""
    chief = Judge(job, channel)
    record.write_baselines(chief.folder, chief.baselines())
    for name in job["runs"]:
        try:
            chief.judge(chief.folder / name)
        except InputError as error:  # one torn file of samples must not hide the other runs
            channel.send("problem", message=str(error))
    return {"primary": chief.metrics[0].called(chief.extractor)[0]}


if __name__ == "__main__":
    processes.serve(judge)
