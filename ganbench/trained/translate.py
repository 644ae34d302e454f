"""`ganbench translate`: photographs to paintings by a trained translator, and back.

The parent says which photographs and which run; a child that meets the run's framework alone reads
them, draws and writes. What is there already stays, so that the same command goes on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from ganbench.data.encode import encoded, ending_of
from ganbench.data.sources.bounded_read import UnreadableFile
from ganbench.data.sources.decode import BrokenPicture, decode, decode_whole
from ganbench.data.store import OnProgress, Skipped
from ganbench.errors import InputError
from ganbench.jobs import TrainedModel, TranslateJob
from ganbench.system import child_process, files
from ganbench.trained import album, load_model, own_folder, photographs, tiles
from ganbench.trained.trained_run import TrainedRun
from ganzoo.trainer import Trainer

BACK = "back"  # folder beside the paintings, of what became photographs again
TOGETHER = 16  # pictures of the model's own size that are drawn at once
LARGE = 4  # times the model's size; of larger pictures a tile sees too little


@dataclass(frozen=True)
class Wish:
    """How photographs are to be painted."""

    back: bool = False
    reverse: bool = False
    whole: bool = False
    side: int | None = None
    full: bool = False
    format: str = "jpeg"
    device: str | None = None
    plugins: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Translated:
    """What was made, and where."""

    place: Path
    index: Path  # a page with photographs and paintings side by side
    made: int
    kept: int  # were there already
    skipped: tuple[Skipped, ...]
    paintings: tuple[str, ...]  # their names in `place`
    shrunk: int = 0  # of those that were made now, and nobody had asked for it
    side: int | None = None  # to so many pixels on the shorter side


def translate(
    path: str, run: TrainedRun, out: Path | None, wish: Wish, on_progress: OnProgress
) -> Translated:
    """Paint the photographs at `path` with the model of `run`.

    InputError when the run has no translator, when there is no photograph that can be read, or when
    something else lies at `out`. Broken photographs are left out and named.
    """
    ending = _ending(run, wish)
    model = run.model(wish.plugins, wish.device)
    side = wish.side or (None if wish.whole or wish.full else LARGE * model.size)
    with TemporaryDirectory(prefix="ganbench-") as scratch:
        found = photographs.find(path, ending, Path(scratch))
        place = out or Path(f"{found.title}-{run.record.model}")
        told = {name: getattr(wish, name) for name in ("back", "reverse", "whole", "format")}
        own_folder.begin(place, run, {"photographs": found.title, **told, "side": side})
        left = tuple(pair for pair in found.names if not _is_done(place, pair[1], wish.back))
        job = TranslateJob(
            model, found.place, left, place, wish.back, wish.reverse, wish.whole, side
        )
        broken_now, shrunk = _paint(job, on_progress) if left else ((), 0)
        skipped = found.skipped + broken_now
        broken = {one.name for one in skipped}
        painted = [pair for pair in found.names if pair[0] not in broken]
        if not painted:
            last = skipped[-1]
            raise InputError(
                f"{path} has no photograph that can be read ({last.name}: {last.reason})"
            )
        shown = [(*pair, f"{BACK}/{pair[1]}" if wish.back else None) for pair in painted]
        index = album.write(place, found.place, shown, run.name, wish.reverse)
    made = sum(name not in broken for name, _ in left)
    kept = len(found.names) - len(left)
    names = tuple(name for _, name in painted)
    shrunk = 0 if wish.side else shrunk
    return Translated(place, index, made, kept, skipped, names, shrunk, side)


def _ending(run: TrainedRun, wish: Wish) -> str:
    """That of the paintings' names; InputError for what cannot be wished of this run."""
    if not run.translates:
        raise InputError(
            f"{run.name} draws from noise: it has no use for photographs",
            f"ganbench generate --with {run.folder}",
        )
    ending = ending_of(wish.format)
    if wish.side is not None and wish.side < 1:
        raise InputError(f"--side {wish.side} must be at least 1")
    sizes = {"--whole": wish.whole, "--side": wish.side, "--full": wish.full}
    if len(asked := [name for name, given in sizes.items() if given]) > 1:
        raise InputError(
            f"{asked[0]} and {asked[1]} each say another size", f"leave {asked[1]} out"
        )
    if wish.back or wish.reverse:
        run.require_back()
    return ending


def _is_done(place: Path, name: str, back: bool) -> bool:
    return (place / name).is_file() and (not back or (place / BACK / name).is_file())


def _paint(job: TranslateJob, on_progress: OnProgress) -> tuple[tuple[Skipped, ...], int]:
    """Have a child paint; what it had to leave out, and how many it shrank first."""
    skipped: list[Skipped] = []
    shrunk: list[str] = []
    title = "photographs" if job.reverse else "paintings"

    def on_message(message: child_process.Message) -> None:
        if message["kind"] == "skipped":
            skipped.append(Skipped(message["name"], message["reason"]))
        elif message["kind"] == "shrunk":
            shrunk.append(message["name"])
        elif message["kind"] == "painted":
            on_progress(title, message["done"], len(job.names))

    on_progress(title, 0, len(job.names))
    child_process.run("ganbench.trained.translate", job, on_message).result(int)
    return tuple(skipped), len(shrunk)


def work(job: TranslateJob, channel: child_process.Channel) -> int:
    """Read, draw and write every photograph of the job: in a process of its own."""
    trainer = load_model.load(job.model)
    draw = network(trainer, job.model, job.reverse, job.back)
    tree, size = photographs.opened(job.photographs), job.model.size
    for start in range(0, len(job.names), TOGETHER):
        group: list[tuple[str, np.ndarray]] = []
        for name, painting in job.names[start : start + TOGETHER]:
            try:
                data = tree.read(name)
                if job.whole:
                    pixels = decode(data, size).pixels
                else:
                    given = decode_whole(data)
                    pixels = _shrunk(given, job)
                    if pixels.shape != given.shape:
                        channel.send("shrunk", name=name)
                group.append((painting, pixels))
            except (UnreadableFile, BrokenPicture) as reason:
                channel.send("skipped", name=name, reason=str(reason))
        for done, (painting, made) in enumerate(_drawn(group, size, draw), start + 1):
            _write(job.out, painting, made)
            channel.send("painted", done=done)
        channel.send("painted", done=min(start + TOGETHER, len(job.names)))
    return len(job.names)


def _shrunk(picture: np.ndarray, job: TranslateJob) -> np.ndarray:
    """A photograph as small as was asked for; one that is smaller stays as it is."""
    shorter = min(picture.shape[:2])
    if job.side is None or shorter <= job.side:
        return picture
    height, width = (max(1, round(length * job.side / shorter)) for length in picture.shape[:2])
    image = Image.fromarray(picture)
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC))


def network(
    trainer: Trainer, model: TrainedModel, reverse: bool = False, back: bool = False
) -> tiles.Draw:
    """What draws a stack of tiles: uint8 N S S 3 -> N S S 3, or 6 with the way back.

    InputError for a model that goes one way only, where the other is wanted.
    """
    other: Callable[[np.ndarray], np.ndarray] | None = getattr(trainer, "reverse", None)
    if other is None:
        if back or reverse:
            raise InputError(
                f"{model.model.name} goes one way only: it has no method reverse",
                "leave --back and --reverse out",
            )
        return trainer.generate
    there, again = (other, trainer.generate) if reverse else (trainer.generate, other)

    def both(given: np.ndarray) -> np.ndarray:
        made = there(given)
        return np.concatenate([made, again(made)], axis=-1)

    return both if back else there


def _drawn(
    group: list[tuple[str, np.ndarray]], size: int, draw: tiles.Draw
) -> Iterator[tuple[str, np.ndarray]]:
    """Each picture of a group painted, as soon as it is; those of the model's own size together."""
    own = [picture for _, picture in group if picture.shape[:2] == (size, size)]
    together = iter(draw(np.stack(own)) if own else ())
    for name, picture in group:
        whole = picture.shape[:2] == (size, size)
        yield name, next(together) if whole else tiles.draw(picture, size, draw)


def _write(out: Path, name: str, made: np.ndarray) -> None:
    files.write_bytes(out / name, encoded(made[..., :3], name))
    if made.shape[-1] == 6:
        files.write_bytes(out / BACK / name, encoded(made[..., 3:], name))


if __name__ == "__main__":
    child_process.serve(TranslateJob, work)
