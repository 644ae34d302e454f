"""TensorBoard's event files, written with its own messages and without TensorFlow or torch.

Its usual writer asks for TensorFlow where that is installed; its messages and its framing do not.
"""

import shlex
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams.summary_v2 import hparams_pb
from tensorboard.summary.writer.record_writer import RecordWriter

from ganbench.system import files
from ganbench.trackers.events import TrackedRun
from ganbench.trackers.numbers import Numbers, by_pictures
from ganbench.trackers.pictures import Picture

RGB = 3  # Summary.Image.colorspace


def write(draft: Path, place: Path, suite: str, runs: Iterable[TrackedRun]) -> str:
    """Write a folder a run into `draft`; returns what shows what will lie in `place`."""
    for run in runs:
        path = draft / run.name / f"events.out.tfevents.{int(run.began)}.ganbench"
        path.parent.mkdir()
        with files.writing(path), open(path, "wb") as file:
            log = RecordWriter(file)
            for event in _events(run):
                log.write(event.SerializeToString())
    return f"tensorboard --logdir {shlex.quote(str(place))}"


def _events(run: TrackedRun) -> Iterator[Event]:
    yield Event(wall_time=run.began, file_version="brain.Event:2")
    settings = hparams_pb(run.settings(), trial_id=run.name, start_time_secs=run.began)
    yield Event(wall_time=run.began, summary=settings)
    for found in chain(run.numbers(), [run.final()]):
        yield from _scalars(run, found)
    for made in run.pictures():
        yield _event(run, made, made.step, [_image(made)])


def _scalars(run: TrackedRun, found: Numbers) -> Iterator[Event]:
    """The numbers of a moment; curves once more with pictures shown as their step."""
    with np.errstate(over="ignore"):  # beyond float32, which it keeps, is infinity
        values = {name: float(np.float32(value)) for name, value in found.values.items()}
    plain = [Summary.Value(tag=name, simple_value=value) for name, value in values.items()]
    yield _event(run, found, found.step, plain)
    again = [Summary.Value(tag=tag, simple_value=value) for name, value in values.items()
             if (tag := by_pictures(name))]  # fmt: skip
    if again:
        yield _event(run, found, found.pictures, again)


def _image(made: Picture) -> Any:
    height, width, _ = made.pixels.shape
    content = {"height": height, "width": width, "colorspace": RGB}
    image = Summary.Image(encoded_image_string=files.png(made.pixels), **content)
    return Summary.Value(tag=made.name, image=image)


def _event(run: TrackedRun, at: Numbers | Picture, step: int, values: list[Any]) -> Event:
    return Event(wall_time=run.began + at.seconds, step=step, summary=Summary(value=values))
