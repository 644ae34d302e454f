"""`precision=auto`: on a GPU TF32, on a processor bfloat16 where that takes a model's step sooner.

Found out once, before the runs are planned, and remembered: all runs of a model train in the same,
and plan and records name that, never "auto".
"""

import hashlib
import json
import time
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from ganbench.errors import InputError
from ganbench.system import cache, environment, files, frameworks
from ganbench.system.fastest import fastest
from ganzoo.settings import require_precision
from ganzoo.trainer import Task

PRECISIONS = ("fp32", "bf16")
ROUNDS = 30  # of a step in each, or as many as there is time for: it decides over hours


def settled(kind: Any, settings: Any, size: int, device: str, code: str) -> Any:
    """`settings` with a precision in the place of auto; `code`: hash of the model's source.

    TF32 on an NVIDIA GPU; float32 in TensorFlow on a CPU, and on processors without bfloat16.
    InputError for one that `device` has not.
    """
    if getattr(settings, "precision", None) != "auto":
        require_precision(settings, device)
        return settings
    if device.startswith("cuda"):
        return replace(settings, precision="tf32")
    can = device == "cpu" and kind.framework == "pytorch" and frameworks.torch_knows_bf16()
    precision = _remembered(kind, settings, size, code) if can else "fp32"
    return replace(settings, precision=precision)


def _remembered(kind: Any, settings: Any, size: int, code: str) -> str:
    note = _note(asdict(settings), size, code)
    try:
        known = files.read_sealed(note)["precision"]
    except (InputError, KeyError):  # not there, or damaged
        known = None
    if known in PRECISIONS:
        return str(known)
    found = fastest(PRECISIONS, _Steps(kind, settings, size).seconds, ROUNDS)
    with suppress(OSError):  # then it is found out anew
        files.write_sealed(note, {"precision": found})
    return found


def _note(settings: dict[str, Any], size: int, code: str) -> Path:
    """The file for what is known of a model on this machine, with the threads that are set."""
    cores = frameworks.usable_cores(), frameworks.torch_threads()
    machine = environment.cpu_name(), *cores, environment.installed("torch")
    decisive = json.dumps([settings, size, code, machine], sort_keys=True)
    return cache.folder("precision") / f"{hashlib.sha256(decisive.encode()).hexdigest()[:32]}.json"


class _Steps:
    """Steps of a model on random pictures, in either precision."""

    def __init__(self, kind: Any, settings: Any, size: int):
        self.trainers = {
            precision: kind(replace(settings, precision=precision), Task(size))
            for precision in PRECISIONS
        }
        random = np.random.default_rng(0)
        shape = (settings.batch, size, size, 3)
        self.target = random.integers(0, 256, shape, dtype=np.uint8)
        self.source = self.target
        if kind.source == "noise":
            drawn = random.standard_normal((settings.batch, settings.latent))
            self.source = drawn.astype(np.float32)

    def seconds(self, precision: str) -> float:
        """Of one step."""
        began = time.perf_counter()
        [float(loss) for loss in self.trainers[precision].step(self.source, self.target).values()]
        return time.perf_counter() - began
