"""A model in numpy: every bit of it depends on all steps before."""

import json
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Settings:
    """What it learns with."""

    batch: int = 2
    latent: int = 3


class Toy:
    """Mixes what it is shown into one picture, and writes two files as real models do."""

    framework = "pytorch"
    source = "noise"
    Settings = Settings

    def __init__(self, settings, task):
        self.random = np.random.default_rng(task.seed)
        self.picture = self.random.uniform(0, 255, (task.size, task.size, 3))

    def step(self, source, target):
        """Move towards the targets by an amount that chance decides."""
        part = self.random.uniform(0, 0.5) + 0.01 * float(np.tanh(source).mean())
        gap = target.mean(0) - self.picture
        self.picture = self.picture + part * gap
        return {"G": float(np.abs(gap).mean())}

    def generate(self, source):
        """The picture, shifted by each latent."""
        made = self.picture + 40 * source[:, :1, None, None]
        return np.clip(made, 0, 255).astype(np.uint8)

    def save(self, folder):
        """Write picture and random state."""
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / "state.npy", "wb") as file:
            file.write(self.picture.tobytes())
        (folder / "state.json").write_text(json.dumps(self.random.bit_generator.state))

    def load(self, folder):
        """Continue where `save` was called."""
        content = np.frombuffer((folder / "state.npy").read_bytes())
        self.picture = content.reshape(self.picture.shape)
        self.random.bit_generator.state = json.loads((folder / "state.json").read_text())
