"""What comes before and after the training of a run, wherever that is carried out."""

from dataclasses import dataclass, replace

from ganbench import record
from ganbench.jobs import TrainJob
from ganbench.planning.plan import Plan, Planned, status_of
from ganbench.runner import crash_record, extension
from ganbench.runner.interrupts import Interrupts
from ganbench.runner.observer import Observer
from ganbench.system import child_process, files


@dataclass(frozen=True)
class Attempt:
    """A run that is about to be trained, and the record that was there before."""

    planned: Planned
    job: TrainJob
    before: int | None  # time of the record's file, in nanoseconds; None: there was none

    @property
    def has_record(self) -> bool:
        """Has it written one since?"""
        return _written(self.planned) not in (None, self.before)

    def end(
        self,
        ended: child_process.Ended,
        memory_was_short: bool,
        observer: Observer,
        interrupts: Interrupts,
    ) -> None:
        """Leave a record, whatever became of it."""
        if not self.has_record and not interrupts.asked:
            crash_record.write(self.job, ended, memory_was_short)
        if (self.planned.folder / "record.json").exists():
            observer.ended(self.planned, record.read(self.planned.folder))


def begin(plan: Plan, planned: Planned, observer: Observer) -> Attempt | None:
    """Make a claimed run ready; None when nothing is left to do."""
    now = replace(planned, status=status_of(planned.folder))
    if now.finished or (now.failed and now.status != planned.status):  # by another command
        observer.kept(now)
        return None
    if now.status is None and (planned.folder / "record.json").exists():
        observer.line(planned, "its record is damaged: it goes on from its checkpoint")
    job = plan.job(planned)
    if planned.continues:
        extension.begin(job, planned.continues)
    files.write_json(planned.folder / "run.json", child_process.plain(job))
    return Attempt(planned, job, _written(planned))


def _written(planned: Planned) -> int | None:
    path = planned.folder / "record.json"
    return path.stat().st_mtime_ns if path.exists() else None
