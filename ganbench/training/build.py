"""The trainer of a run, alone or as one of several ranks."""

from typing import Any

from ganbench.jobs import TrainJob
from ganbench.system import frameworks
from ganzoo import registry
from ganzoo.settings import resolve
from ganzoo.trainer import Task

MANY = 32  # filters of the outermost layer, from which on threads share an operation gladly
MEETING = ".ranks"  # the file in a run's folder through which its ranks find each other


def trainer(job: TrainJob, rank: int = 0) -> Any:
    """A fresh trainer on the device of `rank`, which knows nothing of the others yet."""
    run, device = job.run, job.device_of(rank)
    precision = run.settings.get("precision")
    frameworks.prepare(
        *(run.framework, threads(job), device, precision, job.deterministic),
        narrow=is_narrow(run.settings),
    )
    kind = registry.load(registry.Model(run.model, run.address, run.framework))
    settings = resolve(kind.Settings, run.model, run.settings)
    made = kind(settings, Task(run.size, run.seed, device))
    if job.eager and hasattr(made, "launch_each_kernel"):
        made.launch_each_kernel("asked for")
    return made


def is_narrow(settings: dict[str, Any]) -> bool:
    """Has a model of these settings few filters?"""
    return bool(settings.get("width", MANY) < MANY)


def threads(job: TrainJob) -> int | None:
    """CPU threads of each rank; None: whatever is fastest, of a run that is alone."""
    if job.threads or job.ranks == 1:
        return job.threads
    return max(1, frameworks.usable_cores() // job.ranks)


def lead(made: Any, job: TrainJob) -> Any:
    """Rank 0's trainer, once all are there."""
    from ganbench.training.lead import Leader  # of torch, which not all runs meet

    return Leader(made, _join(made, job, 0))


def follow(made: Any, job: TrainJob, rank: int) -> None:
    """Train with another rank's trainer as rank 0 says, until it says that this is the end."""
    from ganbench.training.lead import follow

    follow(made, _join(made, job, rank), job)


def _join(made: Any, job: TrainJob, rank: int) -> Any:
    from ganbench.system.process_group import ProcessGroup

    group = ProcessGroup(job.folder / MEETING, rank, job.ranks, job.device_of(rank))
    made.join(rank, job.ranks, job.sync_batchnorm)
    return group
