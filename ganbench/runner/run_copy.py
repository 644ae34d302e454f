"""A run from another results folder, copied: its record and the files that belong to one.

What a record has a digest of is copied only if it still has it. A stranger's folder may hold, name
or link to anything: nothing but a run's own files is taken, by their names.
"""

import re
from pathlib import Path, PurePosixPath

from ganbench import record
from ganbench.errors import InputError
from ganbench.record import Record
from ganbench.runner.suite_part import Found, own
from ganbench.system import files
from ganbench.training import checkpoint, history

LOGS = (*history.LOGS, "error.txt")  # which have no digest
OF_A_RUN = re.compile(
    r"(samples|film|views|nearest)/\w[\w.+-]*\.npy|nearest\.json|history\.csv", re.ASCII
)


def copy(found: Found, place: Path) -> list[str]:
    """Copy a run to `place`, whole or not at all; what must be said of it.

    InputError when one of its files is not what the run wrote.
    """
    notes = []
    with files.building(place) as draft:
        draft.mkdir()
        for name, digest in sealed(found).items():
            _copy_sealed(found.folder, name, digest, draft)
        for name in beside(found):
            if (path := own(found.folder, name)).is_file():
                files.copy(path, draft / name)
        _copy_job(found.folder, draft)
        notes += _copy_checkpoint(found.folder, draft)
        record.write(draft, found.record)
    return notes


def sealed(found: Found) -> dict[str, str]:
    """The files of a run with their digests; those of format 1 have none.

    The log of a run that goes on is another one than when its record was written.
    """
    run = found.record
    names = run.sha256 or dict.fromkeys(_named(run), "")
    return {
        name: digest
        for name, digest in names.items()
        if OF_A_RUN.fullmatch(name) and (found.ended or name != history.NAME)
    }


def beside(found: Found) -> list[str]:
    """What a run may also have left, of which its record has no digest: logs, sheets of samples."""
    known = sealed(found)
    sheets = [str(PurePosixPath(moment.file).with_suffix(".png"))
              for moment in found.record.snapshots if moment.file in known]  # fmt: skip
    return [name for name in (*LOGS, *sheets) if name not in known]


def _named(run: Record) -> list[str]:
    moments = [moment.file for moment in (*run.snapshots, *run.film)]
    return [*moments, *run.views.values(), *run.evidence.values()]


def _copy_sealed(folder: Path, name: str, digest: str, draft: Path) -> None:
    path = own(folder, name)
    if not path.exists():
        raise InputError(f"{path} is not there")
    files.copy(path, draft / name)
    if digest and files.sha256(draft / name) != digest:
        raise InputError(f"{path} is damaged: its content is not what the run wrote")


def _copy_job(folder: Path, draft: Path) -> None:
    """What the run was started with, where it can be read: it says how to continue it."""
    try:
        job = files.read_json(own(folder, "run.json"))
    except InputError:
        return
    if isinstance(job, dict):
        files.write_json(draft / "run.json", job)


def _copy_checkpoint(folder: Path, draft: Path) -> list[str]:
    """The newest sound checkpoint, by which a run goes on and its model draws."""
    try:
        there = checkpoint.find(folder)
        if there is None:
            return []
        place = own(folder, there[0].name)
        told = files.read_sealed(own(place, checkpoint.NOTE), old=True)
        for name in (*told["files"], checkpoint.NOTE):
            files.copy(own(place, name), draft / checkpoint.NAMES[0] / name)
        checkpoint.find(draft)
    except InputError as error:
        files.remove(draft / checkpoint.NAMES[0])
        return [f"{folder.name} comes without its weights: {error}"]
    return []
