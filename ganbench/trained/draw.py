"""Arrays in, arrays out, for whoever has them at hand: what `ganbench.Run` offers in Python."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ganbench.data import batches
from ganbench.errors import InputError
from ganbench.jobs import DrawJob, TrainedModel
from ganbench.system import child_process, files
from ganbench.trained import load_model, tiles
from ganbench.trained.trained_run import TrainedRun
from ganbench.trained.translate import network

Plugins = tuple[Path, ...]


def translate(
    run: TrainedRun, pictures: Any, reverse: bool, device: str | None, plugins: Plugins
) -> Any:
    """One uint8 H W 3, an array of them, or a list of any sizes, painted; in the shape they came.

    InputError for what is no picture, and for a model that starts from noise.
    """
    if not run.translates:
        raise InputError(f"{run.name} draws from noise, not from photographs", "run.generate(16)")
    if reverse:
        run.require_back()
    alone = getattr(pictures, "ndim", None) == 3 or hasattr(pictures, "getbands")  # Pillow's
    given = [_picture(one) for one in ([pictures] if alone else pictures)]
    made = _drawn(run.model(plugins, device), given, reverse)
    if alone:
        return made[0]
    return np.stack(made) if isinstance(pictures, np.ndarray) else made


def generate(
    run: TrainedRun, count: int, seed: int, device: str | None, plugins: Plugins
) -> np.ndarray:
    """uint8 N H W 3: the first `count` pictures of that seed, as `ganbench generate` draws them."""
    if run.translates:
        raise InputError(f"{run.name} draws from photographs", "run.translate(pictures)")
    latents = batches.noise([seed, batches.NOISE], count, int(run.record.settings["latent"]))
    (made,) = _drawn(run.model(plugins, device), [latents], False)
    return made


def _picture(given: Any) -> np.ndarray:
    """An array or one of Pillow's pictures as uint8 H W 3; InputError."""
    found = np.asarray(given.convert("RGB") if hasattr(given, "convert") else given)
    if found.dtype != np.uint8 or found.ndim != 3 or found.shape[2] != 3 or not found.size:
        kind = f"{found.dtype} {' '.join(map(str, found.shape))}"
        raise InputError(f"{kind} is no picture", "uint8 H W 3, or an array or list of them")
    return found


def _drawn(model: TrainedModel, given: Sequence[np.ndarray], reverse: bool) -> list[np.ndarray]:
    """By way of files: another process meets the framework."""
    with TemporaryDirectory(prefix="ganbench-") as scratch:
        places = [Path(scratch, f"{number}.npy") for number in range(len(given))]
        made = tuple(place.with_suffix(".made.npy") for place in places)
        for place, array in zip(places, given, strict=True):
            files.write_array(place, array)
        job = DrawJob(model, tuple(places), made, reverse)
        child_process.run("ganbench.trained.draw", job).result(int)
        return [np.array(files.read_array(place)) for place in made]


def work(job: DrawJob, channel: child_process.Channel) -> int:
    """Draw what is given: in a process that meets the framework."""
    trainer = load_model.load(job.model)
    for given, made in zip(job.given, job.made, strict=True):
        array = np.array(files.read_array(given))
        drawn = (
            trainer.generate(array)
            if trainer.source == "noise"
            else tiles.draw(array, job.model.size, network(trainer, job.model, job.reverse))
        )
        files.write_array(made, drawn)
    return len(job.made)


if __name__ == "__main__":
    child_process.serve(DrawJob, work)
