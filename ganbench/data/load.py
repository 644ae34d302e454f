"""From what the user typed to two domains, or one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ganbench.data import recipes, store
from ganbench.data.sources import layout
from ganbench.data.sources.layout import Listing, OneSet
from ganbench.data.store import Domain, OnProgress
from ganbench.errors import InputError

EMBEDDED = "scenes"
SMALLEST, LARGEST = 16, 1024


Side = Listing | recipes.Kind  # the user's files, or one side of the embedded set


@dataclass(frozen=True)
class Pair:
    """The two sides: a translator goes from source to target, a generator imitates the target."""

    source: Domain | None  # photographs; None: one set, for models that start from noise
    target: Domain  # paintings

    @property
    def domains(self) -> list[Domain]:
        """Those that there are, the target last."""
        return [side for side in (self.source, self.target) if side]

    @property
    def left_alone(self) -> list[str]:
        """What lies beside the pictures and is not trained on, in words."""
        return list(dict.fromkeys(word for side in self.domains for word in side.left_alone))


def load(
    data: str | None,
    source: str | None,
    target: str | None,
    size: int,
    swap: bool = False,
    on_progress: OnProgress | None = None,
    limit: int | None = None,
) -> Pair:
    """Both domains as cached uint8 arrays `N size size 3`; N is at most `limit`, if there is one.

    `data` names both sides ("scenes", the default, is the embedded set), `source` and `target` one
    each. InputError when they are missing, mixed up, unreadable or hold fewer than 2 pictures.
    """
    check_size(size)
    return prepare(find(data, source, target, swap), size, on_progress, limit)


def load_one(
    path: str, size: int, on_progress: OnProgress | None = None, limit: int | None = None
) -> Domain:
    """One folder, zip or TFRecord file (or folder of them) as one domain, without test splits."""
    check_size(size)
    return _domain(layout.training_set(path), size, on_progress, limit)


def find(
    data: str | None,
    source: str | None,
    target: str | None,
    swap: bool = False,
    noise_only: bool = False,
) -> tuple[Side | None, Side]:
    """Source and target by names alone, opening no picture: see `load`.

    With `noise_only` there may be no source: only models that start from noise are taught.
    """
    if data is not None and (source is not None or target is not None):
        raise InputError(
            "--data names both sides, so it does not go with --source or --target",
            "give --data DATA, or --source PHOTOGRAPHS --target PAINTINGS",
        )
    found = _sides(data, source, target, noise_only)
    if not swap:
        return found
    if found[0] is None:
        raise InputError("--swap exchanges two sets, and there is one", "leave --swap away")
    return found[1], found[0]


def prepare(
    found: tuple[Side | None, Side],
    size: int,
    on_progress: OnProgress | None = None,
    limit: int | None = None,
) -> Pair:
    """What was found as cached arrays, each of at most `limit` pictures."""
    source, target = found
    made = None if source is None else _domain(source, size, on_progress, limit)
    return Pair(made, _domain(target, size, on_progress, limit))


def truth(photographs: Domain, places: Sequence[int]) -> Domain | None:
    """True paintings of some pictures of a domain, in their order; None where nobody knows them.

    They are known for the photographs of the embedded set.
    """
    count, size = photographs.pictures.shape[:2]
    if photographs.fingerprint != recipes.embedded("photo", size, count).fingerprint:
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


def _sides(
    data: str | None, source: str | None, target: str | None, noise_only: bool
) -> tuple[Side | None, Side]:
    if source is None and target is None:
        if data is None or data == EMBEDDED:
            return "photo", "painting"
        return layout.what_noise_needs(data) if noise_only else layout.two_sets(data)
    if target is None:
        hint = f"--target {source}, for models from noise" if noise_only else "the two go together"
        raise OneSet("--source is given without --target", hint)
    if source is None:
        if not noise_only:
            raise OneSet("--target is given without --source", "the two go together")
        return None, _named(target, "painting")
    return _named(source, "photo"), _named(target, "painting")


def _named(path: str, kind: recipes.Kind) -> Side:
    # its photographs beside one's own paintings, or the other way round
    return kind if path == EMBEDDED else layout.training_set(path)


def _domain(side: Side, size: int, on_progress: OnProgress | None, limit: int | None) -> Domain:
    if isinstance(side, Listing):
        recipe = recipes.listed(side, size, limit)
    else:
        recipe = recipes.embedded(side, size, limit)
    made = store.domain(recipe, size, on_progress)
    left_alone = side.left_alone if isinstance(side, Listing) else ()
    return replace(made, left_alone=left_alone, taken_of=recipe.taken_of)
