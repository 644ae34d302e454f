"""A model tried on a few tiny pictures: what every model, built in or plugin, must pass."""

import math
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from ganzoo import registry, remains
from ganzoo.errors import InputError, raised_at
from ganzoo.settings import misfits, resolve
from ganzoo.trainer import Losses, Task


@dataclass(frozen=True)
class Answer:
    """One question and how the model did; of a good answer the reason is what to think about."""

    question: str
    good: bool
    reason: str = ""


class Trial:
    """A model's class with settings, a size and made-up pictures.

    Each trainer has PyTorch's random numbers for itself, as in a process of its own.
    """

    def __init__(self, kind: Any, settings: Any, size: int, device: str = "cpu", most: int = 3):
        """most: steps of the longest lesson."""
        self.kind, self.settings, self.size, self.device = kind, settings, size, device
        self.most = most
        self._random: Any = None
        if kind.framework == "pytorch":
            from ganzoo.pytorch.own_random import OwnRandom

            self._random = OwnRandom()

    def trainer(self, seed: int = 0, batch: int | None = None) -> Any:
        """A fresh trainer."""
        settings = replace(self.settings, batch=batch or self.settings.batch)
        trainer = self.kind(settings, Task(self.size, seed, self.device))
        if self._random:
            self._random.begin(trainer)
        return trainer

    def turn(self, trainer: Any) -> AbstractContextManager[None]:
        """The random numbers are this trainer's."""
        return self._random.turn(trainer) if self._random else nullcontext()

    def sources(self, count: int, draw: int = 0) -> np.ndarray:
        """Noise, float32 N Z, or pictures, uint8 N H W 3, as the model wants them."""
        if self.kind.source == "noise":
            random = np.random.default_rng([draw, 0])
            return random.standard_normal((count, self.settings.latent), dtype=np.float32)
        return self.pictures(count, draw, side=0)

    def pictures(self, count: int, draw: int = 0, side: int = 1) -> np.ndarray:
        """Smooth made-up pictures, uint8 N H W 3."""
        random = np.random.default_rng([draw, side, 1])
        coarse = random.integers(0, 256, (count, 4, 4, 3)).astype(np.float32)
        return np.kron(coarse, np.ones((1, self.size // 4, self.size // 4, 1))).astype(np.uint8)

    def generate(self, trainer: Any, sources: np.ndarray) -> np.ndarray:
        """What `trainer` makes of N sources, if it is what it should be: uint8 N H W 3."""
        with self.turn(trainer):
            made: np.ndarray = trainer.generate(sources)
        _demand_pictures(made, len(sources), self.size, "generate")
        return made

    def steps(self, trainer: Any, *draws: int) -> list[dict[str, float]]:
        """Teach `trainer` with a batch for each draw; losses by name for each."""
        batch = trainer.settings.batch if hasattr(trainer, "settings") else self.settings.batch
        with self.turn(trainer):
            return [
                _floats(trainer.step(self.sources(batch, d), self.pictures(batch, d)))
                for d in draws
            ]


def run(
    model: registry.Model,
    size: int = 32,
    device: str = "cpu",
    changes: Mapping[str, Any] | None = None,
    steps: int = 3,
) -> Iterator[Answer]:
    """Ask every question of `model` with `changes` of its settings; a failed one has its reason.

    steps: how many the longest lesson has. InputError when the model cannot be loaded, or not
    built at `size` pixels.
    """
    kind: Any = registry.load(model)
    if size % 4:
        raise InputError(
            f"the made-up pictures need a size divisible by 4, not {size}", "--size 32"
        )
    changes = {"batch": 2, **(changes or {})}
    settings = resolve(kind.Settings, model.name, changes, "small")
    if hasattr(settings, "check"):
        settings.check(size)
    trial = Trial(kind, settings, size, device, steps)
    questions: list[Callable[[Trial], None]] = list(QUESTIONS)
    if kind.framework == "pytorch":
        from ganzoo.pytorch import capture_check, gradient_check

        questions += gradient_check.questions(kind)
        if device == "cpu":  # on a GPU the real thing is asked all along
            questions += capture_check.questions(kind)
    if hasattr(kind, "views"):
        questions.append(views_are_pictures)
    if hasattr(kind, "reverse"):
        questions.append(reverse_returns_pictures)
    for question in questions:
        yield _ask(question, trial)
    if model.origin != "built in" and (unread := _unread(trial)):
        yield Answer(
            "settings do something", True, f"nothing read {', '.join(unread)}: does it do anything?"
        )


def _ask(question: Callable[[Trial], None], trial: Trial) -> Answer:
    words = (question.__doc__ or question.__name__).rstrip(".")
    try:
        question(trial)
    except (Exception, SystemExit) as error:
        return Answer(words, False, _reason(error, trial.kind))
    return Answer(words, True)


def _unread(trial: Trial) -> list[str]:
    """Settings that neither building nor steps nor pictures have asked for."""
    read: set[str] = set()
    kind = type(trial.settings)

    class Watched(kind):  # type: ignore[misc, valid-type]
        def __getattribute__(self, name: str) -> Any:
            read.add(name)
            return super().__getattribute__(name)

    settings = object.__new__(Watched)
    settings.__dict__.update(vars(trial.settings))
    try:
        trainer = trial.kind(settings, Task(trial.size, 0, trial.device))
        getattr(trainer, "schedule", lambda progress: None)(0.5)
        trial.steps(trainer, *range(1, trial.most + 1))
        trial.generate(trainer, trial.sources(2))
    except (Exception, SystemExit):  # of which the answers tell
        return []
    return [field.name for field in fields(kind) if field.name not in read | {"batch"}]


def _reason(error: BaseException, kind: Any) -> str:
    """What went wrong; of what the model itself raised, with the line of its file."""
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    if place := raised_at(error, file) if file else "":
        return f"{place}: {type(error).__name__}: {error}".rstrip(": ")
    return str(error) or type(error).__name__


def settings_are_kept(trial: Trial) -> None:
    """Settings is a frozen dataclass, and each default is of its type."""
    kind = trial.kind.Settings
    _demand(kind.__dataclass_params__.frozen, "write @dataclass(frozen=True) above Settings")
    wrong = misfits(kind)
    _demand(not wrong, f"the default of {wrong} is not of the type that stands there")


def losses_are_numbers(trial: Trial) -> None:
    """step returns named losses, the same each time, all of them finite."""
    made = trial.steps(trial.trainer(), *range(1, trial.most + 1))
    for losses in made:
        _demand(
            losses.keys() == made[0].keys(),
            f"step named the losses {', '.join(made[0])}, and later {', '.join(losses)}",
        )
        for name, value in losses.items():
            _demand(math.isfinite(value), f"loss {name} is {value}")


def generates_pictures(trial: Trial) -> None:
    """generate returns uint8 N H W 3 for any N."""
    trainer = trial.trainer()
    for count in (1, 3):
        trial.generate(trainer, trial.sources(count))


def generating_changes_nothing(trial: Trial) -> None:
    """generate changes nothing that training depends on."""
    looked, left = trial.trainer(), trial.trainer()
    for trainer in (looked, left):
        trial.steps(trainer, 1)
    trial.generate(looked, trial.sources(3))
    _demand(
        trial.steps(looked, 2, 3) == trial.steps(left, 2, 3),
        "losses differ after a call of generate",
    )


def generates_alone_as_in_company(trial: Trial) -> None:
    """each picture depends on its own source only."""
    trainer = trial.trainer()
    trial.steps(trainer, 1, 2)
    sources = trial.sources(3)
    together = trial.generate(trainer, sources)
    alone = np.concatenate([trial.generate(trainer, sources[k : k + 1]) for k in range(3)])
    worst = int(np.abs(alone.astype(int) - together.astype(int)).max())
    _demand(worst <= 1, f"a picture changes by {worst} grey levels with its neighbours")


def repeats_itself(trial: Trial) -> None:
    """the same seed gives the same result."""
    first, second = trial.trainer(), trial.trainer()
    _demand(trial.steps(first, 1, 2) == trial.steps(second, 1, 2), "losses differ")
    _demand_equal(*(trial.generate(one, trial.sources(2)) for one in (first, second)))


def seeds_matter(trial: Trial) -> None:
    """another seed gives another result."""
    made: list[np.ndarray] = []
    for seed in (0, 1):
        trainer = trial.trainer(seed)
        trial.steps(trainer, 1, 2)  # a residual generator starts by giving back its input
        made.append(trial.generate(trainer, trial.sources(2)))
    _demand(
        not np.array_equal(made[0], made[1]), "seeds 0 and 1 give the same pictures after two steps"
    )


def continues_exactly(trial: Trial) -> None:
    """save and load continue exactly, history and optimisers included."""
    straight, resumed = trial.trainer(), trial.trainer()
    trial.steps(straight, 1, 2)
    with tempfile.TemporaryDirectory() as folder:
        with trial.turn(straight):
            straight.save(Path(folder) / "state")
        left = remains.of(straight)
        expected = trial.steps(straight, 3, 4)
        trial.steps(resumed, 5, 6, 7)  # away from where the other stood
        with trial.turn(resumed):
            resumed.load(Path(folder) / "state")
    if lost := remains.lost(left, remains.of(resumed)):
        raise AssertionError(
            f"{lost} is not what it was when the state was saved: {remains.ADVICE}"
        )
    _demand(trial.steps(resumed, 3, 4) == expected, "losses differ after load")
    _demand_equal(*(trial.generate(one, trial.sources(2)) for one in (resumed, straight)))


def schedule_can_be_called(trial: Trial) -> None:
    """schedule, where there is one, takes the used fraction of the budget."""
    trainer = trial.trainer()
    for progress in (0.0, 0.5, 0.999):
        getattr(trainer, "schedule", lambda progress: None)(progress)
    trial.steps(trainer, 1)


def views_are_pictures(trial: Trial) -> None:
    """views returns named pictures, uint8 N H W 3."""
    for name, made in trial.trainer().views(trial.sources(3), trial.pictures(3)).items():
        _demand_pictures(made, 3, trial.size, name)


def reverse_returns_pictures(trial: Trial) -> None:
    """reverse returns uint8 N H W 3."""
    _demand_pictures(trial.trainer().reverse(trial.pictures(3)), 3, trial.size, "reverse")


QUESTIONS = (
    settings_are_kept,
    losses_are_numbers,
    generates_pictures,
    generating_changes_nothing,
    generates_alone_as_in_company,
    repeats_itself,
    seeds_matter,
    continues_exactly,
    schedule_can_be_called,
)


def _floats(losses: Losses) -> dict[str, float]:
    named = isinstance(losses, Mapping)
    _demand(named, f"step returned {type(losses).__name__}, not a dict of named losses")
    return {name: _number(name, value) for name, value in losses.items()}


def _number(name: str, loss: Any) -> float:
    try:
        return float(loss)
    except (TypeError, ValueError):
        raise AssertionError(f"loss {name} is {loss!r}, not a number") from None


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)


def _demand_equal(a: np.ndarray, b: np.ndarray) -> None:
    _demand(np.array_equal(a, b), f"pictures differ by up to {np.abs(a.astype(int) - b).max()}")


def _demand_pictures(made: Any, count: int, size: int, who: str) -> None:
    wanted = f"uint8 {(count, size, size, 3)}"
    got = f"{getattr(made, 'dtype', type(made).__name__)} {getattr(made, 'shape', '')}".strip()
    _demand(got == wanted, f"{who} returned {got}, not {wanted}")
