"""What one process asks of another: a run to be trained, a suite to be scored."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Run:
    """One training: everything that decides its result, and nothing else."""

    model: str
    address: str
    framework: str
    label: str
    source: str  # "noise" or "pictures"
    settings: dict[str, Any]
    seed: int
    budget: str
    size: int
    flip: bool
    jitter: float
    data: tuple[str, str]  # fingerprints of source and target
    samples: int
    curve_samples: int
    snapshots: int
    frames: int
    device: str  # its kind: "cpu", "cuda", "mps"
    code: str  # sha256 of the model's source

    @property
    def key(self) -> str:
        """Eight hexadecimal digits that change with anything that changes the result."""
        decisive = {k: v for k, v in asdict(self).items() if k not in ("address", "label")}
        text = json.dumps(decisive, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    @property
    def folder(self) -> str:
        """Name of the run's folder in its suite's."""
        return f"{self.model}.{self.framework}-seed{self.seed}-{self.key}"
