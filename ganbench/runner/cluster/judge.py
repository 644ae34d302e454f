"""Judging on the node that has trained, near the samples: what it is told, and what it does.

It does what the driver would do, by the same code in a process of its own. Weights go once to each
node that has not the same already.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ganbench.data import shipped
from ganbench.jobs import SCORER, ExtractorChoice, Scored, ScoreJob, TrainJob
from ganbench.scoring import choose_extractors
from ganbench.system import child_process, files, frameworks

BLAS = "OPENBLAS_NUM_THREADS"  # which numpy's sums depend on, in their last bit
LIKE_BLAS = (BLAS, "GOTO_NUM_THREADS", "OMP_NUM_THREADS")  # what OpenBLAS reads, in this order

Message = dict[str, Any]
Offer = Callable[[Path], Message]  # a file of the driver's: by what it is asked for
Ask = Callable[[str], Iterable[bytes]]  # for one, by its sha256


def told(job: ScoreJob, patience: float, offer: Offer) -> Message:
    """What nodes are told of judging, wherever things lie there.

    patience: seconds that the process may give no sign of life.
    """
    chosen = choose_extractors.looked_through(job.extractors, job.metrics, job.plugins)
    names = tuple(ExtractorChoice(choice.name) for choice in chosen)
    return {
        "job": child_process.text(replace(job, extractors=names, baselines=False)),
        "patience": patience,
        "blas": next(filter(None, map(os.environ.get, LIKE_BLAS)), str(frameworks.usable_cores())),
        "weights": {each.name: offer(each.weights) for each in chosen if each.weights},
        "plugins": [[path.name, files.read_bytes(path)] for path in job.plugins],
    }


def carry_out(
    told: Message,
    trained: TrainJob,
    scratch: Path,
    ask: Ask,
    on_progress: Callable[[Message], None],
) -> str:
    """Put scores into the record of a run that has been trained here.

    scratch: for plugins. Returns why they are not there, in a sentence; nothing if they are.
    """
    problems: list[str] = []

    def hear(message: Message) -> None:
        if message["kind"] == "problem":
            problems.append(message["message"])
        else:
            on_progress(message)

    job = _job(told, trained, scratch, ask)
    ended = child_process.run(SCORER, job, hear, None, told["patience"])
    if not any(message["kind"] == "result" for message in ended.messages):
        return ended.how()
    # A metric may fail for want of something that is not on this node.
    return next(iter([*problems, *ended.result(Scored).failed]), "")


def _job(told: Message, trained: TrainJob, scratch: Path, ask: Ask) -> ScoreJob:
    """What was told, with everything where it lies here."""
    job = child_process.validated(ScoreJob, told["job"])
    plugins = tuple(
        scratch / f"judge-{place}" / Path(name).name
        for place, (name, _) in enumerate(told["plugins"])
    )
    for path, (_, content) in zip(plugins, told["plugins"], strict=True):
        files.write_bytes(path, content)
    weights = {name: _weights(name, seal, plugins, ask) for name, seal in told["weights"].items()}
    return replace(
        job,
        folder=trained.folder.parent,
        runs=(trained.folder.name,),
        source_folder=trained.source_folder,
        target_folder=trained.target_folder,
        extractors=tuple(replace(each, weights=weights.get(each.name)) for each in job.extractors),
        device=trained.device,
        plugins=plugins,
    )


def _weights(name: str, seal: Message, plugins: tuple[Path, ...], ask: Ask) -> Path:
    """Where this node has the weights of an extractor, which it fetches once."""
    key, ending = seal["key"], seal["ending"]
    if own := choose_extractors.with_digest(name, key, plugins):
        return own
    with shipped.turn(key):
        found = shipped.find_file(key, ending)
        return found or shipped.receive_file(key, ending, ask(key), seal["bytes"])
