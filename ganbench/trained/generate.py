"""`ganbench generate`: new pictures from noise by a trained model, a grid of them, a walk."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ganbench.data import batches
from ganbench.data.encode import encoded, ending_of, film, grid
from ganbench.data.sources.decode import decode_whole
from ganbench.data.store import OnProgress
from ganbench.errors import InputError
from ganbench.jobs import GenerateJob
from ganbench.system import child_process, files
from ganbench.trained import load_model, own_folder
from ganbench.trained.trained_run import TrainedRun
from ganzoo.trainer import Trainer

MOST = 100_000  # pictures of a command
TOGETHER = 64  # pictures drawn at once
IN_GRID = 64
STOPS, FRAMES, MILLISECONDS = 6, 12, 80  # of a walk: latents, frames between two, of a frame
WALK, GRID = "walk.webp", "grid.png"


@dataclass(frozen=True)
class Wish:
    """Which pictures are wanted."""

    count: int = 16
    seed: int = 0
    grid: bool = False
    walk: bool = False
    format: str = "png"
    device: str | None = None
    plugins: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Generated:
    """What was made, and where."""

    place: Path
    made: int
    kept: int  # were there already
    others: tuple[Path, ...]  # grid and walk
    names: tuple[str, ...]  # of the pictures in `place`


def generate(run: TrainedRun, out: Path | None, wish: Wish, on_progress: OnProgress) -> Generated:
    """Draw `wish.count` pictures; the first ones are the same whatever their number.

    InputError when the run starts from photographs, or when something else lies at `out`.
    """
    _check(run, wish)
    model = run.model(wish.plugins, wish.device)
    place = out or Path(f"{run.record.model}-generated-seed{wish.seed}")
    own_folder.begin(place, run, {"seed": wish.seed, "format": wish.format})
    names = [f"{number:06d}{ending_of(wish.format)}" for number in range(wish.count)]
    left = tuple("" if (place / name).is_file() else name for name in names)
    walk = wish.walk and not (place / WALK).is_file()
    made = sum(map(bool, left))
    if made or walk:
        _draw(GenerateJob(model, wish.seed, left, place, walk), on_progress)
    others = [place / WALK] * wish.walk
    if wish.grid:
        shown = [decode_whole(files.read_bytes(place / name)) for name in names[:IN_GRID]]
        files.write_bytes(place / GRID, encoded(grid(np.stack(shown)), GRID))
        others.append(place / GRID)
    return Generated(place, made, wish.count - made, tuple(others), tuple(names))


def _check(run: TrainedRun, wish: Wish) -> None:
    if run.translates:
        raise InputError(
            f"{run.name} draws from photographs, not from noise",
            f"ganbench translate PHOTOGRAPHS --with {run.folder}",
        )
    if not 1 <= wish.count <= MOST:
        raise InputError(f"--count {wish.count} must lie between 1 and {MOST:,}")
    if not 0 <= wish.seed < 2**32:
        raise InputError(f"--seed {wish.seed} must lie between 0 and {2**32 - 1:,}")
    ending_of(wish.format)


def _draw(job: GenerateJob, on_progress: OnProgress) -> None:
    def on_message(message: child_process.Message) -> None:
        if message["kind"] == "drawn":
            on_progress("pictures", message["done"], len(job.names))

    child_process.run("ganbench.trained.generate", job, on_message).result(int)


def work(job: GenerateJob, channel: child_process.Channel) -> int:
    """Draw and write: in a process of its own."""
    trainer = load_model.load(job.model)
    latents = batches.noise([job.seed, batches.NOISE], max(len(job.names), STOPS),
                            int(job.model.settings["latent"]))  # fmt: skip
    for start in range(0, len(job.names), TOGETHER):
        names = job.names[start : start + TOGETHER]
        if any(names):
            drawn = trainer.generate(latents[start : start + len(names)])
            for name, picture in zip(names, drawn, strict=True):
                if name:
                    files.write_bytes(job.out / name, encoded(picture, name))
        channel.send("drawn", done=start + len(names))
    if job.walk:
        files.write_bytes(job.out / WALK, film(_walk(trainer, latents[:STOPS]), MILLISECONDS))
    return len(job.names)


def _walk(trainer: Trainer, latents: np.ndarray) -> np.ndarray:
    """From each latent to the next along the sphere, and from the last to the first."""
    legs = zip(latents, np.roll(latents, -1, axis=0), strict=True)
    way = [batches.walk(np.stack(leg), FRAMES + 1)[:-1] for leg in legs]
    return trainer.generate(np.concatenate(way))


if __name__ == "__main__":
    child_process.serve(GenerateJob, work)
