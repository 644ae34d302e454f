"""A training step as one CUDA graph, which is launched as a whole.

A step is thousands of kernels, most of them shorter than it takes to launch them: a GPU that is
told of each spends most of its time in waiting. So what the host decides in a step, it decides
beforehand and sends ahead, and the rest, `learn`, is recorded once and replayed.
"""

import gc
import math
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import torch
from torch import Tensor

from ganzoo.errors import InputError
from ganzoo.pytorch.inlet import Fed, Feed, Inlet, layout

RECOVERS = (2, 15)  # torch from which memory and random state outlive a capture that failed
MOST_INLETS = 8  # of which a batch that changes now and then needs a few
EAGER_STEPS = 3  # of a kind, before it is recorded: libraries set themselves up in them
# Of what a step changes, between the recorded one and the eager one: kernels that add in any order
# move it by hundredths, what was recorded as a number and should have been fed by much more.
TOLERANCE = 0.2


class Learner(Protocol):
    """A trainer whose steps may be recorded."""

    def learn(self, fed: Fed, kind: Any) -> Mapping[str, Tensor]:
        """Take a step of this kind with what is fed; losses by name."""

    def find_rates(self, fed: Fed) -> None:
        """Let the optimisers find their learning rates in what is fed."""

    def state(self) -> dict[str, Tensor]:
        """All tensors that decide how training goes on, where they lie."""

    def restore(self, state: dict[str, Tensor]) -> None:
        """Take back what `state` gave, in place."""


class Recorder(Protocol):
    """Makes something that can be replayed of something that can be done."""

    def eagerly(self, work: Callable[[], Any]) -> Any:
        """Do it now."""

    def record(self, work: Callable[[], Any]) -> tuple[Callable[[], None], Any]:
        """Do nothing: what does it, again and again on the same memory, and what it then gives."""


class CudaGraphs:
    """The real recorder."""

    def __init__(self, device: torch.device):
        self.device = device
        self.stream = torch.cuda.Stream(device)

    def eagerly(self, work: Callable[[], Any]) -> Any:
        """On the stream that is to record it."""
        here = torch.cuda.current_stream(self.device)
        self.stream.wait_stream(here)
        with torch.cuda.stream(self.stream):
            made = work()
        here.wait_stream(self.stream)
        return made

    def record(self, work: Callable[[], Any]) -> tuple[Callable[[], None], Any]:
        graph, collects = torch.cuda.CUDAGraph(), gc.isenabled()
        gc.collect()
        gc.disable()  # another graph that is let go meanwhile would spoil this one
        try:
            with torch.cuda.graph(graph, stream=self.stream):
                made = work()
        finally:
            if collects:
                gc.enable()
        return graph.replay, made


class Graphs:
    """Takes the steps of a trainer: the first ones eagerly, then as they were recorded.

    The first replayed step is held against the eager one from the same weights. Whatever goes
    wrong, training goes on eagerly, and `refused` says why.
    """

    def __init__(self, device: torch.device, recorder: Recorder):
        self.device, self.recorder = device, recorder
        self.inlet: Inlet | None = None
        self.inlets = 0
        self.taken: Counter[Hashable] = Counter()  # steps of each kind
        self.recorded: dict[Hashable, Recorded] = {}
        self.refused = ""

    def step(self, learner: Learner, feed: Feed, kind: Hashable) -> dict[str, Tensor]:
        """Take a step of this kind; losses by name, still on the device."""
        if self.inlet is None or self.inlet.layout != layout(feed):
            self.inlets += 1
            if self.inlets > MOST_INLETS:
                self._refuse("what it is fed has another shape each time")
            self.inlet = Inlet(feed, self.device)
            learner.find_rates(self.inlet.fed)
            self.taken, self.recorded = Counter(), {}
        self.inlet.fill(feed)
        self.taken[kind] += 1
        learnt = Learnt(partial(learner.learn, self.inlet.fed, kind), self.device)
        if self.refused or self.taken[kind] <= EAGER_STEPS:
            return self._eagerly(learnt)
        if kind not in self.recorded:
            return self._record(kind, learnt)
        first = self.taken[kind] == EAGER_STEPS + 2
        return self._try(learner, kind, learnt) if first else self.recorded[kind].replay()

    def _eagerly(self, learnt: "Learnt") -> dict[str, Tensor]:
        return named(learnt.names, self.recorder.eagerly(learnt))

    def _record(self, kind: Hashable, learnt: "Learnt") -> dict[str, Tensor]:
        """Take the last eager step, and record the next one with what is fed now."""
        losses = self._eagerly(learnt)
        try:
            self.recorded[kind] = Recorded(learnt.names, *self.recorder.record(learnt))
        except Exception as error:  # whatever a kernel provokes that cannot be recorded
            self._refuse(f"it cannot be captured: {_cause(error)}")
            self._recover()
        return losses

    def _try(self, learner: Learner, kind: Hashable, learnt: "Learnt") -> dict[str, Tensor]:
        """Take a step both ways; with another feed, so that nothing recorded may be a number."""
        before = copied(learner.state())
        losses = self._eagerly(learnt)
        eager = copied(learner.state())
        learner.restore(before)
        replayed = self.recorded[kind].replay()
        apart = difference(before, eager, learner.state())
        if apart <= TOLERANCE:
            return replayed
        learner.restore(eager)
        self._refuse(f"captured, it differed by {apart:.0%} of what a step changes")
        return losses

    def _recover(self) -> None:
        """InputError where torch cannot go on after a recording that failed."""
        if self.device.type != "cuda":
            return
        version = tuple(map(int, torch.__version__.split(".")[:2]))
        if version < RECOVERS:
            raise InputError(
                f"a step was tried as a CUDA graph, and {self.refused}; torch {torch.__version__}"
                " cannot go on after that",
                "--eager",
            )
        torch.cuda.synchronize(self.device)  # raises again if the device is lost

    def _refuse(self, why: str) -> None:
        self.refused = why
        self.recorded.clear()


class Learnt:
    """A step that gives its losses as one tensor, in the order of `names`."""

    def __init__(self, learn: Callable[[], Mapping[str, Tensor]], device: torch.device):
        self._learn, self._device = learn, device
        self.names: list[str] = []

    def __call__(self) -> Tensor:
        losses = self._learn()
        self.names[:] = losses
        found = [torch.as_tensor(loss, dtype=torch.float64) for loss in losses.values()]
        return torch.stack([loss.to(self._device) for loss in found])


@dataclass(frozen=True)
class Recorded:
    """A step that can be replayed. Its losses lie where they lay when it was recorded."""

    names: list[str]
    again: Callable[[], None]
    losses: Tensor

    def replay(self) -> dict[str, Tensor]:
        """Take the step; losses by name, which stay when it is taken again."""
        self.again()
        return named(self.names, self.losses.clone())


def named(names: list[str], losses: Tensor) -> dict[str, Tensor]:
    """Losses by name."""
    return dict(zip(names, losses.unbind(), strict=True))


def difference(before: Fed, eager: Fed, replayed: Fed) -> float:
    """How far two states after a step are apart: of all matrices and kernels the most.

    Of weights, as a fraction of what the step has changed; of what is remembered, of all of it.
    Infinite where one is not a number, and the other is.
    """
    return max((_apart(n, before, eager, replayed) for n in eager if eager[n].dim() > 1), default=0)


def _apart(name: str, before: Fed, eager: Fed, replayed: Fed) -> float:
    where = {"device": replayed[name].device, "dtype": torch.float64}
    one, other = eager[name].to(**where), replayed[name].to(**where)
    changed = one if name.startswith("memory/") else one - before[name].to(**where)
    apart, length = float((one - other).norm()), float(changed.norm())
    if not math.isfinite(apart):
        return 0.0 if one.equal(other) or not math.isfinite(length) else math.inf
    return apart / length if apart and length else apart


def copied(state: Fed) -> dict[str, Tensor]:
    """A state on the CPU, for which there is always room."""
    return {name: value.detach().to("cpu", copy=True) for name, value in state.items()}


def _cause(error: BaseException) -> str:
    """Of an error that others came on top of, while a recording was ended."""
    while error.__context__:
        error = error.__context__
    return (str(error).strip() or type(error).__name__).partition("\n")[0][:200]
