"""A step that is recorded and replayed is the same step. Held against a tape of torch's operations.

No GPU is needed: whatever the recorded step would take from Python, or read back, shows here too.
"""

import weakref
from pathlib import Path

import numpy as np
import pytest
import torch

from ganzoo import conformance, registry
from ganzoo.pytorch import capture, capture_check, inlet, restraint
from ganzoo.pytorch.dcgan import DCGAN
from ganzoo.pytorch.tape import Tape
from ganzoo.settings import resolve
from ganzoo.trainer import Task

EXAMPLE = Path(__file__).parents[2] / "examples" / "replayed_gan.py"
ALL = {
    **{"ema": 0.99, "spectral_norm": True, "r1_gamma": 1.0, "lecam": 0.1, "d_steps": 2},
    **{"augment": "color-translation-cutout", "decay_from": 0.2},
}
STEPS = 25  # a step every other of which has R1, and a history that is full after three
NARROW = {"width": 4, "d_width": 4, "d_layers": 2, "history": 3}
CASES = [
    ("dcgan", {"width": 4, "batch": 4}),
    ("dcgan", {"width": 4, "batch": 4, "minibatch_std": True, "loss": "two-objective"} | ALL),
    (
        "dcgan",
        {"width": 4, "batch": 4, "dense_start": True, "enlarge": "flip-crop", "dropout": 0.3},
    ),
    ("cyclegan-unet", NARROW | {"ema": 0.9, "cycle_decay": 0.1, "identity_decay": 0.5}),
    ("cyclegan-unet", NARROW | ALL | {"batch": 2, "norm": "instance", "canvas": 2}),
    ("cyclegan-resnet", NARROW | {"blocks": 1, "residual": True, "d_norm": "none", "dropout": 0}),
    ("cyclegan-resnet", NARROW | ALL | {"blocks": 1, "batch": 2, "update": "together"}),
    ("cyclegan-resnet", NARROW | {"blocks": 1, "precision": "bf16", "history": 0}),
]


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    """Two directions in two threads would not be heard; R1 is met often enough to be recorded."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    monkeypatch.setattr(restraint, "R1_EVERY", 2)
    yield
    torch.set_num_threads(before)


def made(name, changes, kind=None):
    """A trainer and its tape."""
    kind = kind or registry.load(registry.select(name)[0])
    known = {k: v for k, v in changes.items() if k in kind.Settings.__dataclass_fields__}
    trainer = kind(resolve(kind.Settings, name, known), Task(32))
    tape = Tape(trainer)
    trainer.capture(tape)
    return trainer, tape


def teach(trainer, first, last):
    """Losses of each step, while the learning rates and the cycle's weight fall."""
    s, found = trainer.settings, []
    torch.manual_seed(first)  # which dropout draws from
    for step in range(first, last):
        random = np.random.default_rng(step)
        target = random.integers(0, 256, (s.batch, 32, 32, 3), np.uint8)
        source = random.integers(0, 256, (s.batch, 32, 32, 3), np.uint8)
        if trainer.source == "noise":
            source = random.standard_normal((s.batch, s.latent), np.float32)
        trainer.schedule(step / STEPS)
        losses = trainer.step(source, target)
        found.append({name: float(value) for name, value in losses.items()})
    return found


def assert_equal(one, other):
    one, other = one.state(), other.state()
    assert one.keys() == other.keys()
    assert [name for name in one if not torch.equal(one[name], other[name])] == []


@pytest.mark.parametrize(("name", "changes"), CASES)
def test_replayed_steps_are_those_that_are_not_recorded(name, changes):
    replayed, tape = made(name, changes)
    eager, _ = made(name, changes)
    eager.graphs.refused = "asked for"
    assert teach(replayed, 0, STEPS) == teach(eager, 0, STEPS)
    assert_equal(replayed, eager)
    assert not replayed.graphs.refused
    assert tape.recordings == (2 if "r1_gamma" in changes else 1)


@pytest.mark.parametrize(("name", "changes"), CASES[:6])
def test_a_fed_step_is_the_step_of_a_cpu(name, changes):
    fed, _ = made(name, changes)
    plain, _ = made(name, changes)
    plain.graphs = None
    for one, other in zip(teach(fed, 0, 4), teach(plain, 0, 4), strict=True):
        assert one == pytest.approx(other, rel=1e-3)  # learning rates have lost a few bits


def test_it_goes_on_from_a_checkpoint_and_from_one_made_before_all_steps(tmp_path):
    trainer, tape = made(*CASES[6])
    trainer.save(tmp_path / "fresh")
    first = teach(trainer, 0, 20)
    trainer.save(tmp_path / "state")
    expected = teach(trainer, 20, 24)
    teach(trainer, 40, 43)
    trainer.load(tmp_path / "state")
    assert teach(trainer, 20, 24) == expected
    trainer.load(tmp_path / "fresh")
    assert teach(trainer, 0, 20) == first
    assert tape.recordings == 2 and not trainer.graphs.refused


def test_a_checkpoint_is_that_of_a_trainer_without_graphs(tmp_path):
    trainer, _ = made(*CASES[1])
    teach(trainer, 0, 12)
    trainer.save(tmp_path)
    plain, _ = made(*CASES[1])
    plain.graphs = None
    plain.load(tmp_path)
    assert_equal(trainer, plain)
    (group,) = plain.optimizers["G"].param_groups
    assert isinstance(group["lr"], float) and group["lr"] == pytest.approx(trainer.rates["G"])
    one, other = teach(trainer, 12, 13), teach(plain, 12, 13)
    assert one[0] == pytest.approx(other[0], rel=1e-4)


class Counting(DCGAN):
    """Its step takes a number from Python."""

    def learn(self, fed, with_r1):
        losses = super().learn(fed, with_r1)
        with torch.no_grad():
            next(self.G.parameters()).add_(self.steps**2)
        return losses


class Reading(DCGAN):
    """Its step reads a number back."""

    def learn(self, fed, with_r1):
        losses = super().learn(fed, with_r1)
        return losses if float(losses["D"]) else {}


class Refusing(DCGAN):
    """It says that it cannot be recorded."""

    capturable = False


@pytest.mark.parametrize(
    ("kind", "why"),
    [(Counting, "captured, it differed by"), (Reading, "cannot be captured: operation not perm")],
)
def test_a_step_that_cannot_be_replayed_is_taken_eagerly_and_says_why(kind, why):
    trainer, _ = made("dcgan", CASES[0][1], kind)
    eager, _ = made("dcgan", CASES[0][1], kind)
    eager.graphs.refused = "asked for"
    assert teach(trainer, 0, 12) == teach(eager, 0, 12)
    assert_equal(trainer, eager)
    assert why in trainer.graphs.refused and not trainer.graphs.recorded


def test_a_trainer_is_let_go_at_once():
    """With it goes what it has on the GPU: nothing that it has leads back to it."""
    trainer = DCGAN(resolve(DCGAN.Settings, "dcgan", {"width": 4, "batch": 2}), Task(32))
    trainer.capture(Alone())
    teach(trainer, 0, capture.EAGER_STEPS + 1)
    assert trainer.graphs.recorded
    gone = weakref.ref(trainer)
    del trainer
    assert gone() is None


class Alone:
    """Records nothing, and gives what a step gave."""

    def eagerly(self, work):
        return work()

    def record(self, work):
        return lambda: None, work()


def test_another_batch_is_recorded_anew():
    trainer, tape = made("dcgan", CASES[0][1])
    target = np.zeros((4, 32, 32, 3), np.uint8)
    for count in (4, 3, 4):
        for _ in range(8):
            trainer.step(np.zeros((count, 100), np.float32), target[:count])
    assert tape.recordings == 3 and not trainer.graphs.refused


def test_losses_stay_when_the_next_step_is_taken():
    trainer, _ = made("dcgan", CASES[0][1])
    teach(trainer, 0, 8)
    batch = np.zeros((4, 100), np.float32), np.zeros((4, 32, 32, 3), np.uint8)
    first = trainer.step(*batch)
    before = {name: float(value) for name, value in first.items()}
    trainer.step(*batch)
    assert {name: float(value) for name, value in first.items()} == before


def test_what_is_fed_arrives_as_it_is():
    random = np.random.default_rng(0)
    feeds = [
        {
            "pictures": random.integers(0, 256, (2, 5, 5, 3), np.uint8),
            "number": np.array(random.random(), np.float32),
            "exact": np.array(random.random(), np.float64),
            "places": random.integers(0, 9, (3, 2), np.int64),
            "said": random.random(3) < 0.5,
            "none": np.zeros((0, 2), np.int32),
        }
        for _ in range(inlet.AHEAD + 2)
    ]
    there = inlet.Inlet(feeds[0], torch.device("cpu"))
    for feed in feeds:
        there.fill(feed)
        for name, array in feed.items():
            found = there.fed[name].numpy()
            assert found.dtype == array.dtype and np.array_equal(found, array), name


def test_a_difference_is_a_fraction_of_what_the_step_changed():
    weight, fakes, state = "network/G/weight", "memory/history_X", "random/cpu"
    before = {weight: torch.zeros(2, 2), fakes: torch.full((1, 2), torch.nan)}
    after = {weight: torch.ones(2, 2), fakes: torch.ones(1, 2), state: torch.ones(1)}
    other = after | {weight: torch.full((2, 2), 0.9), state: torch.zeros(1)}
    assert capture.difference(before, after, after) == 0
    assert capture.difference(before, after, other) == pytest.approx(0.1)
    other = after | {fakes: torch.tensor([[1.0, -1.0]])}
    assert capture.difference(before, after, other) == pytest.approx(2**0.5)
    lost = after | {weight: torch.full((2, 2), torch.nan)}
    assert capture.difference(before, after, lost) == torch.inf
    assert capture.difference(before, lost, lost) == 0  # it diverges, but in the same way
    still = dict.fromkeys((weight, fakes), torch.zeros(1, 1))
    assert capture.difference(still, still, still) == 0
    assert capture.difference(still, still, still | {weight: torch.ones(1, 1)}) == 1


def test_nothing_is_captured_on_a_cpu_nor_by_a_model_that_refuses():
    trainer = DCGAN(resolve(DCGAN.Settings, "dcgan", {"width": 4}), Task(32))
    assert trainer.graphs is None and DCGAN.uncapturable() == ""
    assert Refusing.uncapturable() == "the model says so"
    assert Stepping.uncapturable() == "its step is its own"


class Feeding(DCGAN):
    """It feeds and gives numbers that are no arrays and no tensors."""

    def feed(self, source, target):
        return super().feed(source, target) | {"half": 0.5, "one": torch.ones(1)}

    def learn(self, fed, with_r1):
        return super().learn(fed, with_r1) | {"half": fed["half"], "constant": 2.0}


class Stepping(DCGAN):
    """Its step is its own."""

    def step(self, source, target):
        return super().step(source, target)


class Forgetful(DCGAN):
    """Its loss depends on how far the training is, which nothing feeds."""

    def told_apart(self, *more):
        loss = super().told_apart(*more)
        with torch.no_grad():
            for p in self.D.parameters():
                p.grad.mul_(1 - 0.1 * self.progress)
        return loss


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (DCGAN, ""),
        (Feeding, ""),
        (Forgetful, "learn depends on something that is neither fed"),
        (Reading, "cannot be captured: operation not permitted"),
    ],
)
def test_check_finds_without_a_gpu_what_cannot_be_replayed(kind, why):
    settings = resolve(DCGAN.Settings, "dcgan", {"width": 4, "batch": 4})
    trial = conformance.Trial(kind, settings, 32)
    (question,) = capture_check.questions(kind)
    if not why:
        question(trial)
        return
    with pytest.raises(AssertionError, match=why):
        question(trial)


def test_the_example_keeps_the_contract_and_can_be_replayed():
    (model,) = registry.select("replayed-gan", (EXAMPLE,))
    answers = list(conformance.run(model))
    assert [answer for answer in answers if not answer.good] == []
    assert answers[-1].question.startswith("a step that is replayed")


def test_only_steps_that_are_fed_are_asked_about():
    assert capture_check.questions(Stepping) == capture_check.questions(Refusing) == []


def test_what_is_fed_with_another_shape_each_time_is_not_recorded():
    trainer, tape = made("dcgan", CASES[0][1])
    target = np.zeros((4, 32, 32, 3), np.uint8)
    for count in (4, 3, 2) * 4:
        trainer.step(np.zeros((count, 100), np.float32), target[:count])
    assert trainer.graphs.refused == "what it is fed has another shape each time"
    assert tape.recordings == 0
