"""A model that needs no framework and can misbehave in every way that we know."""

import ctypes
import os
import signal
import time
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Settings:
    """What it learns with, and what it does wrong at step `at`."""

    batch: int = 2
    latent: int = 3
    fault: str = ""
    at: int = 3
    seconds: float = 0.0  # of a step


class ToyGan:
    """Moves one colour towards the target's mean; every bit depends on all steps before."""

    framework = "pytorch"
    source = "noise"
    Settings = Settings

    def __init__(self, settings, task):
        self.settings, self.size, self.steps = settings, task.size, 0
        self.colour = np.random.default_rng(task.seed).uniform(0, 255, 3)

    def step(self, source, target):
        """Teach the colour."""
        self.steps += 1
        time.sleep(self.settings.seconds)
        if self.steps == self.settings.at and source.any():  # not while it is being described
            misbehave(self.settings.fault)
        error = target.mean((0, 1, 2)) - self.colour + source.mean()
        self.colour = self.colour + 0.05 * error
        return {"G": float(np.abs(error).mean()) + 1e-3 * self.steps}

    def generate(self, source):
        """One picture a latent."""
        random = np.random.default_rng(0)
        noise = random.normal(0, 20, (self.size, self.size, 3)) + 40 * source.mean(1)[
            :, None, None, None
        ] * random.normal(0, 1, (self.size, self.size, 3))
        return np.clip(self.colour + noise, 0, 255).astype(np.uint8)

    def save(self, folder):
        """Colour and step."""
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "state.npy", np.array([self.steps, *self.colour]), allow_pickle=False)

    def load(self, folder):
        """Colour and step."""
        state = np.load(folder / "state.npy", allow_pickle=False)
        self.steps, self.colour = int(state[0]), state[1:]


def misbehave(fault):
    """Do wrong."""
    if fault in WRONG:
        WRONG[fault]()
    if fault == "raises":
        raise RuntimeError("the paint is dry")
    if fault == "prints":
        for _ in range(50):
            print("paint " * 200_000)
        raise RuntimeError("and fell silent")
    if fault == "forks":
        if os.fork() == 0:
            time.sleep(1000)
        os._exit(1)


WRONG = {
    "memory": lambda: np.empty(1 << 60, np.uint8),
    "hangs": lambda: time.sleep(1000),
    "stops": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "segfault": lambda: ctypes.string_at(0),
    "exits": lambda: os._exit(0),
}
