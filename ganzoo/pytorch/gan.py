"""What the built-in trainers share beyond a plugin's base: first weights, averages, schedule."""

import copy
import hashlib
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ganzoo import draws
from ganzoo.errors import InputError
from ganzoo.pytorch.augment import augment
from ganzoo.pytorch.capture import EAGER_STEPS, CudaGraphs, Graphs, Recorder
from ganzoo.pytorch.inlet import Fed, Feed
from ganzoo.pytorch.layers import MinibatchStd, init_normal, silence_last, spread_by_fan_in
from ganzoo.pytorch.ranks import ALONE, Ranks
from ganzoo.pytorch.restraint import r1_is_due
from ganzoo.pytorch.sync_batch_norm import synchronise
from ganzoo.pytorch.training import TorchTrainer, mixed
from ganzoo.trainer import Losses, Noise, Pictures, Task


class GAN(TorchTrainer):
    """Base of trainers that write `feed` and `learn`, whose steps a GPU can replay.

    The optimisers are called G and D, and made by `ganzoo.pytorch.training.adam`. Settings have
    `learning_rate_g` and `learning_rate_d`. What else there is to help a GAN's training reads those
    of `ganzoo.settings.Adversaries`, and works where it is asked for: `begin` first weights,
    precision and averages, which `follow` draws on and `shown` draws with; `augmentations` and
    `augmented` what D sees; `ganzoo.pytorch.restraint.Restraint` its penalties.
    """

    progress = 0.0  # used fraction of the budget
    ranks: Ranks = ALONE
    capturable = True  # on a GPU, `learn` may be recorded once and replayed

    def __init__(self, settings: Any, task: Task):
        super().__init__(settings, task)
        self.rates = {"G": settings.learning_rate_g, "D": settings.learning_rate_d}
        self.graphs: Graphs | None = None
        self.each_kernel = ""  # why a GPU is told of every kernel, if it is
        if why := self.uncapturable():
            self.launch_each_kernel(why)
        elif self.device.type == "cuda":
            self.capture(CudaGraphs(self.device))

    @classmethod
    def uncapturable(cls) -> str:
        """Why no step of this model can be recorded; empty if it can."""
        if cls.step is not GAN.step:
            return "its step is its own"
        return "" if cls.capturable else "the model says so"

    def step(self, source: Noise | Pictures, target: Pictures) -> Losses:
        """Teach every network once; losses by name.

        The host decides first, in `feed`; what follows is the device's alone, in `learn`.
        """
        with_r1 = r1_is_due(self.settings, self.steps)
        fed = self.feed(source, target)
        feed = {name: np.asarray(value, order="C") for name, value in fed.items()}
        if self.graphs:
            feed |= {f"rate_{name}": np.array(rate, "f4") for name, rate in self.rates.items()}
            feed |= {"pull": self.number(self.pull())} if self.averages else {}
            return self.graphs.step(self, feed, with_r1)
        there = {name: torch.from_numpy(a).to(self.device) for name, a in feed.items()}
        return self.ranks.means(self.learn(there, with_r1))

    def feed(self, source: Noise | Pictures, target: Pictures) -> Feed:
        """All that a step is told by the host, by name: pictures and whatever is drawn."""
        raise NotImplementedError

    def learn(self, fed: Fed, with_r1: bool) -> dict[str, Tensor]:
        """The step itself; losses by name.

        On a GPU it is recorded: it may depend on nothing but `fed`, `with_r1` and tensors that it
        changes in place, and reads no number back.
        """
        raise NotImplementedError

    def capture(self, recorder: Recorder) -> None:
        """Let `recorder` record `learn`, and from now on replay it."""
        self.graphs = Graphs(self.device, recorder)

    def launch_each_kernel(self, why: str) -> None:
        """Let no step be recorded; before the first one."""
        self.graphs, self.each_kernel = None, why

    @property
    def launches(self) -> str:
        """How a GPU is told of a step; empty on a CPU."""
        if self.device.type != "cuda":
            return ""
        why = self.graphs.refused if self.graphs else self.each_kernel
        return f"kernel by kernel: {why}" if why else "one graph a step"

    @property
    def rehearsals(self) -> int:
        """Steps after which the usual one is as fast as it gets."""
        return EAGER_STEPS + 3 if self.graphs else 2

    def find_rates(self, fed: Fed) -> None:
        """Let the optimisers find their learning rates in what is fed."""
        for name, optimizer in self.optimizers.items():
            for group in optimizer.param_groups:
                group["lr"] = fed[f"rate_{name}"]

    @staticmethod
    def has_batch_norm(settings: Any) -> bool:
        """Does what one picture becomes depend on those beside it?"""
        return getattr(settings, "norm", "batch") == "batch"

    @classmethod
    def check_ranks(cls, settings: Any, count: int, sync_batchnorm: bool) -> None:
        """InputError for settings that `count` processes cannot train as one would."""
        batch, more = settings.batch, -(-settings.batch // count) * count
        if batch % count:
            raise InputError(
                f"batch={batch} cannot be cut into {count} equal parts, one for each rank",
                f"set batch={more}",
            )
        if getattr(settings, "dropout", 0.0):
            raise InputError(
                f"dropout={settings.dropout} draws in each process what one alone would draw"
                " otherwise: several ranks cannot train it",
                "set dropout=0",
            )
        if getattr(settings, "dense_start", False) and batch < 2 * count and not sync_batchnorm:
            raise InputError(
                f"dense_start=true compares the pictures of a rank, and batch={batch} gives each"
                f" of {count} ranks one",
                f"set batch={2 * count}, or --sync-batchnorm",
            )

    def join(self, rank: int, count: int, sync_batchnorm: bool) -> None:
        """Train from now on as one of `count` ranks, whose default process group is there.

        Each is given the whole batch and takes its part of it. A discriminator that sees how much a
        batch varies sees the whole batch; batch norm does with `sync_batchnorm`.
        """
        self.ranks = Ranks(rank, count)
        if count > 1:
            self.launch_each_kernel("several ranks")
        for network in self.networks.values():
            if sync_batchnorm:
                synchronise(network, self.ranks)
            for part in network.modules():
                if isinstance(part, MinibatchStd):
                    part.ranks = self.ranks

    def digest(self) -> bytes:
        """32 bytes that change with any weight: all ranks have the same weights at all times.

        Running statistics of batch norm may differ between them; those of rank 0 are kept.
        """
        found = hashlib.sha256()
        for network in self.networks.values():
            for weight in network.parameters():
                found.update(weight.detach().cpu().contiguous().numpy().tobytes())
        return found.digest()

    def update(self, optimizer: str, *networks: nn.Module) -> None:
        """Let an optimiser teach its networks by the gradients that were collected."""
        self.ranks.average(*networks)
        self.optimizers[optimizer].step()

    def augmentations(self, count: int, *purposes: int) -> Feed:
        """Draws for what D sees `count` pictures as; of the whole batch, this rank's own."""
        kinds, size = self.settings.augment, self.task.size
        if not kinds:
            return {}  # a generator takes longer to make than a GPU some steps
        return {
            f"{kind} {purpose}": self.ranks.part(numbers, 1 if kind == "color" else 0)
            for purpose in purposes
            for kind, numbers in draws.augmentation(
                self.random(purpose), kinds, count, size
            ).items()
        }

    def augmented(self, x: Tensor, fed: Fed, purpose: int) -> Tensor:
        """What D sees of the pictures N 3 H W, if the settings say that it sees them changed."""
        return augment(x, {kind: fed[f"{kind} {purpose}"] for kind in self.settings.augment})

    def number(self, value: float) -> np.ndarray:
        """A number to be fed, in training precision."""
        return np.array(value, np.float64 if self.dtype == torch.float64 else np.float32)

    def begin(self, *generators: str) -> None:
        """Give `networks` their first weights, precision and, if so set, moving averages."""
        init_normal(self.networks.values(), self.settings.init_std, self.task.seed)
        for part, slope in self.without_norms():
            spread_by_fan_in(part, self.settings.init_std, slope)
        if getattr(self.settings, "residual", False):
            silence_last(*(self.networks[name] for name in generators))
        if self.settings.ema:
            self.averages = {
                name: copy.deepcopy(self.networks[name]).requires_grad_(False)
                for name in generators
            }
        for network in (*self.networks.values(), *self.averages.values()):
            mixed(network, self.settings.precision)

    def without_norms(self) -> list[tuple[nn.Module, float]]:
        """Parts of the networks that have no norm layers, each with its leaky ReLU's slope."""
        return []

    def pull(self) -> float:
        """How far the averages are drawn towards the networks; at first they follow closely."""
        return 1 - min(self.settings.ema, (1 + self.steps) / (10 + self.steps))

    @torch.no_grad()
    def follow(self, fed: Fed) -> None:
        """Draw the averages towards the networks."""
        for name, average in self.averages.items():
            followers, leaders = _numbers(average), _numbers(self.networks[name])
            if self.graphs:
                gaps = torch._foreach_sub(leaders, followers)
                torch._foreach_mul_(gaps, fed["pull"])
                torch._foreach_add_(followers, gaps)
            else:  # in one go, which wants a number
                torch._foreach_lerp_(followers, leaders, self.pull())

    def shown(self, name: str) -> nn.Module:
        """The network that draws: its average, where there is one."""
        return self.averages.get(name, self.networks[name])

    def schedule(self, progress: float) -> None:
        """Let the learning rates fall as the settings say."""
        s, self.progress = self.settings, progress
        scale = s.rate(progress) if hasattr(s, "rate") else 1.0
        self.rates = {"G": scale * s.learning_rate_g, "D": scale * s.learning_rate_d}
        if not self.graphs:
            self.set_learning_rate(1.0, **self.rates)


def _numbers(network: nn.Module) -> list[Tensor]:
    """Weights and running statistics, without the counts; sooner at hand than by `state_dict`."""
    return [*network.parameters(), *(b for b in network.buffers() if b.is_floating_point())]
