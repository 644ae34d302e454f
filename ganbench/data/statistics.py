"""What a set of pictures looks like in numbers and in words: histograms, average, palette."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ganbench.data.sources.folder_names import PAINTINGS, PHOTOGRAPHS
from ganbench.data.store import Domain
from ganbench.system.text import printable, shown, some_of

CHANNELS = ("red", "green", "blue")
BLACK = 16  # the largest value of a picture that shows nothing
DARK = 32  # values below are deep shadow
LIGHT = np.array((0.299, 0.587, 0.114))  # weights of red, green, blue in brightness, ITU-R BT.601
FEW = 2048  # below, the covariance of FID's 2048 features is rank deficient
CHUNK = 64
NAMED = 3  # files left out, before "more"; the page has them all


@dataclass(frozen=True)
class DomainStatistics:
    """Numbers of one domain; above 128 px the histograms take a regular grid of the pixels."""

    word: str  # "photographs", "paintings" or "pictures in FOLDER"
    histograms: np.ndarray  # float64, 3 256: share of the values of each channel
    average: np.ndarray  # uint8, size size 3: the mean of all pictures
    palette: tuple[tuple[str, float], ...]  # "#rrggbb" and its share, dark to light

    @property
    def means(self) -> np.ndarray:
        """Mean value of each channel, 0 to 255."""
        return self.histograms @ np.arange(256)

    @property
    def spreads(self) -> np.ndarray:
        """Standard deviation of each channel."""
        return np.sqrt(self.histograms @ np.arange(256) ** 2 - self.means**2)

    @property
    def brightness(self) -> float:
        return float(self.means @ LIGHT)

    @property
    def shadow(self) -> float:
        """Share of values below DARK."""
        return float(self.histograms[:, :DARK].sum(axis=1).mean())


def measure(domain: Domain) -> DomainStatistics:
    """Go once through the array of `domain`, a few pictures at a time."""
    size = domain.pictures.shape[1]
    step = -(-size // 128)
    counts = np.zeros((3, 256), np.int64)
    total = np.zeros((size, size, 3))
    for pictures in _chunks(domain.pictures):
        total += pictures.sum(axis=0, dtype=np.uint32)
        grid = pictures[:, ::step, ::step]
        counts += [np.bincount(grid[..., channel].ravel(), minlength=256) for channel in range(3)]
    average = np.rint(total / len(domain.names)).astype(np.uint8)
    histograms = counts / counts.sum(axis=1, keepdims=True)
    return DomainStatistics(word_for(domain.title), histograms, average, _palette(domain.pictures))


def _chunks(pictures: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(pictures), CHUNK):
        yield np.asarray(pictures[start : start + CHUNK])


def word_for(title: str) -> str:
    """What to call the pictures of a domain in a sentence."""
    words = set(re.findall(r"[a-z]+", title.lower().rpartition("/")[2]))
    if words & PHOTOGRAPHS:
        return "photographs"
    return "paintings" if words & PAINTINGS else f"pictures in {title.rpartition('/')[2]}"


def _palette(pictures: np.ndarray, colours: int = 12) -> tuple[tuple[str, float], ...]:
    chosen = pictures[:: max(1, len(pictures) // 300)]
    step = max(1, pictures.shape[1] // 16)
    pixels = np.ascontiguousarray(chosen[:, step // 2 :: step, step // 2 :: step]).reshape(1, -1, 3)
    few = Image.fromarray(pixels).quantize(colours, method=Image.Quantize.MEDIANCUT, kmeans=3)
    table = np.array(few.getpalette(), np.float64).reshape(-1, 3)
    counts = np.bincount(np.asarray(few).ravel(), minlength=len(table))
    found = [(table[i], float(counts[i] / counts.sum())) for i in np.flatnonzero(counts)]
    found.sort(key=lambda entry: float(entry[0] @ LIGHT))
    return tuple((f"#{int(r):02x}{int(g):02x}{int(b):02x}", share) for (r, g, b), share in found)


def overlap(one: DomainStatistics, other: DomainStatistics) -> float:
    """Shared area of the histograms, mean of the three channels: 0 apart, 1 the same."""
    return float(np.minimum(one.histograms, other.histograms).sum(axis=1).mean())


def colours_apart(source: DomainStatistics, target: DomainStatistics) -> str:
    """The finding of the colour section, by a fixed grammar."""
    apart = target.brightness - source.brightness
    if abs(apart) < 4:
        light = f"The {target.word} are as bright as the {source.word}"
    else:
        way = "brighter" if apart > 0 else "darker"
        light = (
            f"The {target.word} are {way} than the {source.word} by {abs(apart):.0f} of 255 levels"
        )
    shadow = f"deep shadow fills {target.shadow:.1%} of them, against {source.shadow:.1%}"
    return f"{light}; {shadow}."


def warnings_of(domains: list[Domain], words: list[str]) -> list[str]:
    """What a reader should know before training, a sentence each; empty when all is well."""
    found = []
    for domain, word in zip(domains, words, strict=True):
        if domain.skipped:
            files = "file was" if len(domain.skipped) == 1 else "files were"
            named = [f"{shown(one.name)} ({printable(one.reason)})" for one in domain.skipped]
            found.append(f"{len(named):,} {files} left out of the {word}: {some_of(named, NAMED)}.")
        if advice := side_by_side(domain):
            found.append(advice)
        if extra := sum(len(group) - 1 for group in domain.duplicates):
            found.append(
                f"{extra:,} of the {word} {'repeats' if extra == 1 else 'repeat'} another."
            )
        if small := enlarged(domain):
            verb = "was" if small == 1 else "were"
            found.append(
                f"{small:,} of the {word} {verb} smaller than {domain.pictures.shape[1]} px and "
                "had to be enlarged."
            )
        if black := nearly_black(domain.pictures):
            verb = "has" if black == 1 else "have"
            found.append(
                f"{black:,} of the {word} {verb} no value above {BLACK} of 255, as when 12-bit "
                "data lies unscaled in a 16-bit file."
            )
    left = list(dict.fromkeys(one for domain in domains for one in domain.left_alone))
    if left:
        found.append(f"Left alone: {some_of(left)}.")
    counts = [len(domain.names) for domain in domains]
    if len(counts) == 2 and max(counts) >= 3 * min(counts):
        more, fewer = words if counts[0] > counts[1] else reversed(words)
        times = max(counts) / min(counts)
        found.append(f"There are {times:.3g} times as many {more} as {fewer}; all are used.")
    if counts[-1] < FEW:
        found.append(
            f"Fewer than {FEW:,} {words[-1]} bias FID upwards: compare it with the floor row only."
        )
    return found


def side_by_side(domain: Domain) -> str:
    """What to do with pictures that are pairs, as pix2pix keeps them; empty where none seem so."""
    shapes = [tuple(map(int, text.split("x"))) for text in domain.original_sizes]
    if not shapes or any(width != 2 * height for width, height in shapes):
        return ""
    return (
        f"Every picture in {domain.title} is twice as wide as high, and the middle square of each "
        "is used. Are they pairs side by side? Cut them into two folders first, then "
        "--source LEFT --target RIGHT."
    )


def enlarged(domain: Domain) -> int:
    """How many pictures had a shorter side below the size they were brought to."""
    size = domain.pictures.shape[1]
    shapes = [(tuple(map(int, text.split("x"))), n) for text, n in domain.original_sizes.items()]
    return sum(count for sides, count in shapes if min(sides) < size)


def nearly_black(pictures: np.ndarray) -> int:
    """How many pictures, N H W 3, hold nothing above BLACK."""
    return sum(int((part.max(axis=(1, 2, 3)) <= BLACK).sum()) for part in _chunks(pictures))
