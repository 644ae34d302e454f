"""How much memory a run will take, whether there is so much, and what would fit if not."""

from collections.abc import Callable
from dataclasses import dataclass

from ganbench.system.text import size_words

FULL = 0.9  # of the memory there is may be planned with; libraries and other programs move
SMALLEST = 32  # pixels: no built-in model is smaller by default


@dataclass(frozen=True)
class Need:
    """Bytes of tensors in the fullest moment of a step, and what there is for them."""

    parameters: int
    optimizer: int  # with gradients
    activations: int
    remembered: int  # old fakes, once all are there
    fixed: int  # at most, whatever the batch
    per_picture: int  # of a batch at this size, at most
    available: int | None  # None: not known

    @property
    def total(self) -> int:
        """All at once."""
        return self.parameters + self.optimizer + self.activations + self.remembered

    @property
    def fits(self) -> bool:
        """Is there enough, as far as one knows?"""
        return self.available is None or self.total <= FULL * self.available

    def at(self, batch: int, shrunk: float = 1.0) -> int:
        """Bytes with another batch, of pictures with `shrunk` times as many pixels."""
        return round(self.fixed + batch * self.per_picture * shrunk)


def advice(known: Need | None, label: str, model: str, size: int, batch: int) -> str:
    """What to try with a run that ran out of memory, in one clause.

    `label`: the model with what is changed on it, as it is typed.
    """

    def typed(batch: int) -> str:
        return _typed(label, model, batch)

    if known is None or known.available is None:
        return "how much would fit is not known" + _less(typed, size, batch)
    room = FULL * known.available
    for fewer in _smaller_batches(batch):
        if known.at(fewer) <= room:
            words = f"batch={fewer} would need about {_of(known.at(fewer), known.available)}"
            return f"{words}: {typed(fewer)}"
    for smaller in _smaller_sizes(size):
        wanted = known.at(1, (smaller / size) ** 2)
        if wanted <= room:
            one = f" {typed(1)}" if batch > 1 else ""
            words = f"{smaller} px would need about {_of(wanted, known.available)}"
            return f"{words}: --size {smaller}{one}"
    least = f"{size_words(known.at(1))}, and {size_words(known.available)} are there"
    return f"nothing smaller is known to fit: batch=1 at {size} px needs about {least}"


def _less(typed: Callable[[int], str], size: int, batch: int) -> str:
    """A next try where nothing is known."""
    if fewer := _smaller_batches(batch):
        return f"; less does {typed(fewer[0])}"
    smaller = _smaller_sizes(size)
    return f"; less does --size {smaller[0]}" if smaller else ""


def _smaller_batches(batch: int) -> list[int]:
    """Powers of two, largest first."""
    return [2**i for i in reversed(range((batch - 1).bit_length()))]


def _smaller_sizes(size: int) -> list[int]:
    """Halves that the built-in models can draw, largest first."""
    halves = [size // 2**i for i in range(1, size.bit_length()) if size % 2 ** (i + 2) == 0]
    return [half for half in halves if half >= SMALLEST]


def _typed(label: str, model: str, batch: int) -> str:
    """What to type for another batch; a label may tell what else is changed on the model."""
    name, _, settings = label.partition(":")
    if name != model:
        return f'batch = {batch} in the settings of "{label}"'
    kept = [part for part in settings.split(",") if part and not part.startswith("batch=")]
    return f"--models {name}:{','.join([*kept, f'batch={batch}'])}"


def describe(known: Need) -> str:
    """A prediction as people read it: about 1.3 GiB of tensors (parameters 0.05, ...)."""
    parts = {
        "parameters": known.parameters,
        "gradients and optimiser": known.optimizer,
        "activations": known.activations,
        "kept between steps": known.remembered,
    }
    unit = 2**30 if known.total > 2**30 else 2**20
    listed = ", ".join(f"{name} {_short(n / unit)}" for name, n in parts.items() if n)
    return f"about {size_words(known.total)} of tensors ({listed})"


def _short(count: float) -> str:
    return f"{count:.2f}" if count < 1 else f"{count:.1f}" if count < 10 else f"{count:.0f}"


def _of(wanted: int, available: int) -> str:
    """3.1 GiB of the 8.0 GiB there."""
    return f"{size_words(wanted)} of the {size_words(available)} there"
