"""What a model sees at each step: a pure function of seed and position, the same for all."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache

import numpy as np
from PIL import Image

from ganbench.data.picture_file import unmapped
from ganbench.data.store import Domain
from ganbench.system.frameworks import usable_cores

# Batches made ahead of the step that needs them, by as many threads as there are cores to spare.
AHEAD = 4

# Each purpose draws from a generator of its own, so that no draw shifts another.
SOURCE, TARGET, NOISE, PROBE = range(1, 5)


class PictureStream:
    """One domain as an endless sequence: epoch after epoch, every picture once an epoch.

    Position p of the sequence is the same picture, mirrored and cropped the same way, for every
    model and batch size.
    """

    def __init__(
        self,
        pictures: np.ndarray,
        seed: int,
        purpose: int,
        flip: bool = True,
        jitter: float = 0.0,
        places: np.ndarray | None = None,
    ):
        """places: of the pictures that are met; all of them by default."""
        self.pictures, self.seed, self.purpose = unmapped(pictures), seed, purpose
        self.places = np.arange(len(pictures)) if places is None else places
        self.flip, self.jitter = flip, jitter
        self._epoch = lru_cache(maxsize=2)(self._draw_epoch)

    def batch(self, step: int, count: int) -> np.ndarray:
        """Pictures of step `step` (from 0), uint8 count H W 3."""
        places = range(step * count, (step + 1) * count)
        return np.stack([self._picture(*divmod(place, len(self.places))) for place in places])

    def _picture(self, epoch: int, place: int) -> np.ndarray:
        order, mirrored, corners = self._epoch(epoch)
        picture = self.pictures[order[place]]
        if self.jitter:
            picture = _crop_enlarged(picture, self.jitter, corners[place])
        return picture[:, ::-1] if self.flip and mirrored[place] else picture

    def _draw_epoch(self, epoch: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        random = np.random.default_rng([self.seed, self.purpose, epoch])
        n = len(self.places)
        return self.places[random.permutation(n)], random.random(n) < 0.5, random.random((n, 2))


def _crop_enlarged(picture: np.ndarray, jitter: float, corner: np.ndarray) -> np.ndarray:
    """Enlarge by the fraction `jitter` and cut the old size out at `corner`, 0 to 1 each way."""
    size = len(picture)
    large = round(size * (1 + jitter))
    enlarged = Image.fromarray(picture).resize((large, large), Image.Resampling.BICUBIC)
    top, left = (int(c * (large - size + 1)) for c in corner)
    return np.asarray(enlarged)[top : top + size, left : left + size]


class Stream:
    """Source and target of every step."""

    def __init__(self, source: PictureStream | int, target: PictureStream, batch: int, seed: int):
        self.source, self.target, self.batch_size, self.seed = source, target, batch, seed

    def batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Source (noise float32 N Z, or uint8 N H W 3) and target (uint8 N H W 3) of a step."""
        if isinstance(self.source, int):
            source = noise([self.seed, NOISE, step], self.batch_size, self.source)
        else:
            source = self.source.batch(step, self.batch_size)
        return source, self.target.batch(step, self.batch_size)


class Ahead:
    """A stream whose next batches are made while the model works. What comes is the same."""

    def __init__(self, stream: Stream):
        self._stream = stream
        self._threads = ThreadPoolExecutor(max(1, min(AHEAD, usable_cores() - 1)))
        self._waiting: dict[int, Future[tuple[np.ndarray, np.ndarray]]] = {}

    def batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """The stream's batch of a step; those after it are begun."""
        for later in range(step, step + AHEAD):
            if later not in self._waiting:
                self._waiting[later] = self._threads.submit(self._stream.batch, later)
        return self._waiting.pop(step).result()

    def close(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(cancel_futures=True)


def noise(seed: Sequence[int], count: int, latent: int) -> np.ndarray:
    """Standard normal latents, float32 count Z."""
    return np.random.default_rng(list(seed)).standard_normal((count, latent), dtype=np.float32)


def probe_latents(count: int, latent: int) -> np.ndarray:
    """The latents every noise model is judged by, the same for all seeds."""
    return noise([0, PROBE, 0], count, latent)


def probe_order(names: Sequence[str]) -> np.ndarray:
    """Order in which pictures are picked: by the hash of the name, so by nobody's taste."""
    return np.argsort([hashlib.sha256(name.encode()).hexdigest() for name in names], kind="stable")


def ordered(domain: Domain, places: np.ndarray) -> np.ndarray:
    """These places of a domain in the order in which pictures are picked."""
    return places[probe_order([domain.names[place] for place in places])]


class Probes:
    """Pictures in the order of their names' hashes, chosen never by hand, read when asked for.

    order: as of `ordered`.
    """

    def __init__(self, pictures: np.ndarray, order: np.ndarray):
        self._pictures, self._order = pictures, order

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, places: slice) -> np.ndarray:
        """uint8 N H W 3."""
        return self._pictures[self._order[places]]


def walk(latents: np.ndarray, stops: int = 8) -> np.ndarray:
    """Walk from the first latent to the second along the sphere (slerp), float32 stops Z."""
    a, b = latents[0].astype(np.float64), latents[1].astype(np.float64)
    cosine = np.dot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b))
    angle = np.arccos(np.clip(cosine, -1, 1))
    t = np.linspace(0, 1, stops)[:, None]
    return ((np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)).astype("f4")


def first(domain: Domain, places: np.ndarray, count: int) -> np.ndarray:
    """The `count` pictures among these places of a domain that stand first by hash."""
    return domain.pictures[ordered(domain, places)[:count]]
