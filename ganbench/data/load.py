"""From what the user typed to two domains."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ganbench.data import recipes, store
from ganbench.data.sources import layout
from ganbench.data.sources.layout import Listing
from ganbench.data.store import Domain, OnProgress, Recipe
from ganbench.errors import InputError

EMBEDDED = "scenes"
SMALLEST, LARGEST = 16, 1024


@dataclass(frozen=True)
class Pair:
    """The two sides: a translator goes from source to target, a generator imitates the target."""

    source: Domain  # photographs
    target: Domain  # paintings

    def describe(self) -> dict[str, Any]:
        """What a record says of the data: strict JSON."""
        return {"source": self.source.describe(), "target": self.target.describe()}


def load(
    data: str | None,
    source: str | None,
    target: str | None,
    size: int,
    swap: bool = False,
    on_progress: OnProgress | None = None,
) -> Pair:
    """Both domains as cached uint8 arrays `N size size 3`.

    `data` names both sides ("scenes", the default, is the embedded set), `source` and `target` one
    each. InputError when they are missing, mixed up, unreadable or hold fewer than 2 pictures.
    """
    check_size(size)
    made = _recipes(data, source, target, size)
    sides = [store.domain(recipe, size, on_progress) for recipe in made]
    return Pair(*reversed(sides)) if swap else Pair(*sides)


def load_one(path: str, size: int, on_progress: OnProgress | None = None) -> Domain:
    """One folder, zip or TFRecord file (or folder of them) as one domain."""
    check_size(size)
    return store.domain(recipes.listed(layout.one_set(path), size), size, on_progress)


def truth(photographs: Domain, places: Sequence[int]) -> Domain | None:
    """True paintings of some pictures of a domain, in their order; None where nobody knows them.

    They are known for the photographs of the embedded set.
    """
    size = photographs.pictures.shape[1]
    if photographs.fingerprint != recipes.embedded("photo", size).fingerprint:
        return None
    indices = tuple(int(photographs.names[place].rpartition("-")[2]) for place in places)
    return store.domain(recipes.truths(indices, size), size)


def check_size(size: int) -> None:
    """Refuse a size that is not a whole number in range; powers of two are the models' business."""
    if isinstance(size, bool) or not isinstance(size, int) or not SMALLEST <= size <= LARGEST:
        raise InputError(
            f"the size {size!r} is not a whole number from {SMALLEST} to {LARGEST}",
            "for instance --size 64, 128 or 256",
        )


def _recipes(data: str | None, source: str | None, target: str | None, size: int) -> list[Recipe]:
    if source is None and target is None:
        if data is None or data == EMBEDDED:
            return [recipes.embedded("photo", size), recipes.embedded("painting", size)]
        return [recipes.listed(listing, size) for listing in layout.two_sets(data)]
    if data is not None:
        raise InputError(
            "--data names both sides, so it does not go with --source or --target",
            "give --data DATA, or --source PHOTOGRAPHS --target PAINTINGS",
        )
    if source is None or target is None:
        there, missing = ("--source", "--target") if target is None else ("--target", "--source")
        raise InputError(f"{there} is given without {missing}", "the two go together")
    return [_side(source, "photo", size), _side(target, "painting", size)]


def _side(path: str, kind: recipes.Kind, size: int) -> Recipe:
    if path == EMBEDDED:  # its photographs beside one's own paintings, or the other way round
        return recipes.embedded(kind, size)
    listing: Listing = layout.one_set(path)
    return recipes.listed(listing, size)
