"""`ganbench submit`: the paintings of a trained model as the zip that Kaggle takes.

What is drawn stays beside the zip, so that the same command goes on where it was stopped.
"""

import shlex
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ganbench.data import run_samples
from ganbench.data.sources import layout
from ganbench.data.sources.file_tree import open_tree
from ganbench.data.store import OnProgress, Skipped
from ganbench.errors import InputError
from ganbench.scoring import image_sets, verify
from ganbench.system import files
from ganbench.trained import generate as generating
from ganbench.trained import kaggle_rules, kaggle_zip, own_folder, photographs
from ganbench.trained import translate as translating
from ganbench.trained.kaggle_zip import Packed
from ganbench.trained.trained_run import TrainedRun

DRAWN = "pictures"  # folder beside the zip


@dataclass(frozen=True)
class Wish:
    """How the zip is to be made; it holds what the same command must find again."""

    photographs: str | None = None
    resize: bool = False
    device: str | None = None
    plugins: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Submission:
    """A zip that Kaggle takes, and how it came about."""

    place: Path
    file: Path
    packed: Packed
    drawn: int = 0  # by this command
    kept: int = 0  # drawn before
    skipped: tuple[Skipped, ...] = ()


def of_run(run: TrainedRun, out: Path | None, wish: Wish, on_progress: OnProgress) -> Submission:
    """Have the model of `run` draw as many pictures as Kaggle wants, and pack them.

    InputError, before any work, for a run of another size that is not to be resized, and for too
    few or too many photographs.
    """
    size, side = run.record.size, kaggle_rules.SIDE
    if size != side and not wish.resize:
        raise InputError(
            f"{run.name} draws pictures of {size}x{size}, and Kaggle takes {side}x{side}",
            f"--resize enlarges or shrinks them, which costs quality; or train with --size {side}",
        )
    place = out or Path(f"{run.record.model}-kaggle")
    # Lossless where they are resized afterwards.
    format_ = "jpeg" if size == side else "png"
    path = _photographs(run, wish) if run.translates else ""
    if not run.translates and wish.photographs:
        raise InputError(f"{run.name} draws from noise: it has no use for --photographs")
    run.model(wish.plugins, wish.device)  # InputError where it is not to be had
    _begin(place, {"submission of": run.name, **own_folder.about(run)})
    drawn = place / DRAWN
    done: translating.Translated | generating.Generated
    if run.translates:
        how = translating.Wish(whole=True, format=format_, device=wish.device, plugins=wish.plugins)
        done = translating.translate(path, run, drawn, how, on_progress)
        names, skipped = done.paintings, done.skipped
    else:
        wanted = generating.Wish(kaggle_rules.FEWEST, format=format_, device=wish.device,
                                 plugins=wish.plugins)  # fmt: skip
        done = generating.generate(run, drawn, wanted, on_progress)
        names, skipped = done.names, ()
    _check_count(len(names), f"{path} without those that cannot be read")
    file = place / kaggle_rules.NAME
    packed = kaggle_zip.write(file, names, open_tree(str(drawn)), wish.resize, on_progress)
    return Submission(place, file, packed, done.made, done.kept, skipped)


def of_pictures(path: str, out: Path | None, wish: Wish, on_progress: OnProgress) -> Submission:
    """Pack pictures that were made before, of a folder or zip; InputError for too few or others."""
    if wish.photographs:
        raise InputError("--pictures are packed as they are: --photographs goes with --with RUN")
    with TemporaryDirectory(prefix="ganbench-") as scratch:
        found = photographs.find(path, kaggle_rules.ENDING, Path(scratch))
        _check_count(len(found.names), path)
        place = out or Path(f"{found.title}-kaggle")
        _begin(place, {"submission of": found.title})
        file = place / kaggle_rules.NAME
        names = [name for name, _ in found.names]
        source = photographs.opened(found.place)
        packed = kaggle_zip.write(file, names, source, wish.resize, on_progress)
    return Submission(place, file, packed, skipped=found.skipped)


def _photographs(run: TrainedRun, wish: Wish) -> str:
    """The place of the photographs: named, or those that the run was trained on."""
    path = wish.photographs or str(_trained_on(run))
    with TemporaryDirectory(prefix="ganbench-") as scratch:
        found = photographs.find(path, kaggle_rules.ENDING, Path(scratch))
    place = run_samples.place_of(path)
    if wish.photographs and place.is_dir() and not photographs.is_cached(place):
        image_sets.refuse_two_sets(path, layout.one_set(path))
    _check_count(len(found.names), path if wish.photographs else f"what {run.name} was trained on")
    return path


def _trained_on(run: TrainedRun) -> Path:
    try:
        source = verify.reference_of(run.folder, run.record).source
    except InputError as error:
        raise InputError(
            f"the photographs that {run.name} was trained on cannot be had: {error}", HINT
        ) from None
    if source is None:
        raise InputError(f"{run.name} was trained on no photographs", HINT)
    return source.folder


HINT = "--photographs FOLDER, for instance the photo_jpg of Kaggle's download"


def _check_count(count: int, path: str) -> None:
    if why := kaggle_rules.why_not_so_many(count):
        raise InputError(
            f"{path} holds {why}",
            f"name a folder or zip with {kaggle_rules.FEWEST:,} to {kaggle_rules.MOST:,} pictures: "
            "Kaggle's own photo_jpg holds 7,038; nothing is repeated or left out to fit",
        )


def _begin(place: Path, told: dict[str, str]) -> None:
    """InputError, before the work, when the zip could not be written to `place`."""
    try:
        files.check_writable(place)
    except InputError as error:
        raise InputError(str(error), "--out FOLDER") from None
    own_folder.begin_told(place, told)


def by_hand(submission: Submission, message: str) -> str:
    """What to type to send the zip from here, which is never done by us."""
    command = ["kaggle", "competitions", "submit", kaggle_rules.COMPETITION]
    return shlex.join([*command, "-f", str(submission.file), "-m", message])
