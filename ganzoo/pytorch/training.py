"""What every PyTorch trainer shares: tensors in, pictures out, losses, checkpoints."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as fn

from ganzoo import draws
from ganzoo.errors import InputError
from ganzoo.settings import require_precision
from ganzoo.trainer import Counting, Noise, Pictures, Task

GENERATE_BATCH = 16
FEW = 4  # pixels of a channel in a batch, up to which bfloat16 does not pay; measured on two cores
OF_DEVICE = ("params", "capturable", "fused", "foreach")  # of an optimiser here, never loaded
COUNT = "num_batches_tracked"  # of batch norm; decides nothing where a momentum is set


class TorchTrainer(Counting):
    """Base of the PyTorch trainers. A model fills `networks` and `optimizers` and writes `step`."""

    framework: Literal["pytorch"] = "pytorch"

    def __init__(self, settings: Any, task: Task):
        if getattr(settings, "xla", False):
            raise InputError("xla=true compiles TensorFlow's step only", "--frameworks tensorflow")
        require_precision(settings, task.device)
        torch.manual_seed(task.seed)
        self.settings, self.task = settings, task
        self.device = torch.device(task.device)
        self.dtype = torch.float32
        self.networks: dict[str, nn.Module] = {}
        self.averages: dict[str, nn.Module] = {}  # of the weights of some networks
        self.optimizers: dict[str, torch.optim.Optimizer] = {}

    def tensors(self, *arrays: Noise | Pictures) -> list[Tensor]:
        """Bring arrays to the device: uint8 N H W 3 becomes N 3 H W in [-1, 1]; noise stays N Z."""
        moved = [torch.from_numpy(np.ascontiguousarray(a)).to(self.device) for a in arrays]
        return [self.scaled(t) for t in moved]

    def scaled(self, x: Tensor) -> Tensor:
        """The same of what is on the device already."""
        if x.dtype != torch.uint8:
            return x.to(self.dtype)
        return x.permute(0, 3, 1, 2).to(self.dtype).div(127.5).sub(1).contiguous()  # N 3 H W

    def draw(
        self, network: nn.Module, source: Noise | Pictures, batch: int = GENERATE_BATCH
    ) -> Pictures:
        """Let `network` make one picture for each source, in evaluation mode, `batch` at a time."""
        modes = {part: part.training for part in network.modules()}
        network.eval()
        with torch.inference_mode():
            parts = [
                pictures(network(self.tensors(source[i : i + batch])[0]))
                for i in range(0, len(source), batch)
            ]
        for part, mode in modes.items():
            part.training = mode
        return np.concatenate(parts)

    def random(self, purpose: int) -> np.random.Generator:
        """Draws that depend on nothing but the seed, the step and the purpose: no state to save."""
        return draws.of_step(self.task.seed, self.steps, purpose)

    def set_learning_rate(self, scale: float, **rates: float) -> None:
        """Set each named optimiser's rate to `scale` times its own."""
        for name, rate in rates.items():
            for group in self.optimizers[name].param_groups:
                group["lr"] = scale * rate

    def memory(self) -> dict[str, Tensor]:
        """Tensors beside networks and optimisers that an exact resume needs."""
        return {}

    def remember(self, tensors: dict[str, Tensor]) -> None:
        """Take back what `memory` gave."""

    def double(self) -> None:
        """Go on in float64: the yardstick for gradients."""
        self.dtype = torch.float64
        others = (value for value in vars(self).values() if isinstance(value, nn.Module))
        for network in (*self.networks.values(), *self.averages.values(), *others):
            network.double()

    def _kept(self) -> list[tuple[str, str, nn.Module]]:
        """Networks and averages, with the place of each in a checkpoint."""
        kinds = {"network": self.networks, "average": self.averages}
        return [(kind, *item) for kind, there in kinds.items() for item in there.items()]

    def state(self) -> dict[str, Tensor]:
        """All tensors that decide how training goes on, where they lie."""
        state = {f"memory/{name}": tensor for name, tensor in self.memory().items()}
        if strange := [name for name, tensor in state.items() if not isinstance(tensor, Tensor)]:
            raise TypeError(f"{strange[0]} is a {type(state[strange[0]]).__name__}, not a tensor")
        for kind, name, network in self._kept():
            state |= {f"{kind}/{name}/{key}": v for key, v in network.state_dict().items()}
        for name, optimizer in self.optimizers.items():
            for index, values in optimizer.state_dict()["state"].items():
                state |= {f"optimizer/{name}/{index}/{key}": v for key, v in values.items()}
        state["random/cpu"] = torch.get_rng_state()
        if self.device.type == "cuda":
            state["random/cuda"] = torch.cuda.get_rng_state(self.device)
        return state

    def restore(self, state: dict[str, Tensor]) -> None:
        """Take back what `state` gave, in place."""
        for kind, name, network in self._kept():
            counts = {k: v for k, v in network.state_dict().items() if k.endswith(COUNT)}
            network.load_state_dict(counts | _below(state, f"{kind}/{name}/"))
        for name, optimizer in self.optimizers.items():
            _refill(optimizer, _by_index(_below(state, f"optimizer/{name}/")))
        self.remember({k: v.to(self.device) for k, v in _below(state, "memory/").items()})
        if "random/cpu" in state:
            torch.set_rng_state(state["random/cpu"])
        if self.device.type == "cuda" and "random/cuda" in state:
            torch.cuda.set_rng_state(state["random/cuda"], self.device)

    def save(self, folder: Path) -> None:
        """Write networks, optimisers, memory, random state and the step as safetensors and JSON."""
        folder.mkdir(parents=True, exist_ok=True)
        state = {k: v.detach().cpu().contiguous().clone() for k, v in self.state().items()}
        save_file(state, folder / "state.safetensors")
        numbers = {
            "framework": self.framework,
            "settings": asdict(self.settings),
            "task": asdict(self.task),
            "steps": self.steps,
            "optimizers": {name: _groups(o) for name, o in self.optimizers.items()},
        }
        (folder / "state.json").write_text(json.dumps(numbers), encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Continue exactly where `save` was called, in this framework or the other.

        InputError when the files do not fit.
        """
        try:
            state = load_file(folder / "state.safetensors")
            numbers = json.loads((folder / "state.json").read_text(encoding="utf-8"))
            self.restore(state)
            for name, optimizer in self.optimizers.items():
                _renumber(optimizer, numbers["optimizers"][name])
            self.steps = numbers["steps"]
        except Exception as error:  # whatever a damaged file provokes in the libraries
            raise InputError(f"checkpoint {folder} cannot be loaded: {error}") from error


def _below(state: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {key[len(prefix) :]: v for key, v in state.items() if key.startswith(prefix)}


def _groups(optimizer: torch.optim.Optimizer) -> list[dict[str, Any]]:
    """An optimiser's numbers, of which a captured step reads the rate from the device."""
    groups = optimizer.state_dict()["param_groups"]
    return [group | {"lr": float(group["lr"])} for group in groups]


def _renumber(optimizer: torch.optim.Optimizer, groups: list[dict[str, Any]]) -> None:
    """Let an optimiser have the numbers that `_groups` gave."""
    for own, kept in zip(optimizer.param_groups, groups, strict=True):
        known = [k for k, v in own.items() if k not in OF_DEVICE and not isinstance(v, Tensor)]
        own |= {k: kept[k] for k in known if k in kept}


def _refill(optimizer: torch.optim.Optimizer, state: dict[int, dict[str, Tensor]]) -> None:
    """Let an optimiser's tensors have these values.

    Where they lay, if a step may have been captured, which looks for them and its rate there.
    """
    if not any(isinstance(group["lr"], Tensor) for group in optimizer.param_groups):
        optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
        return
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for index, parameter in enumerate(parameters):
        loaded = state.get(index, {})
        for name, value in optimizer.state[parameter].items():
            value.copy_(loaded[name]) if name in loaded else value.zero_()


def _by_index(flat: dict[str, Tensor]) -> dict[int, dict[str, Tensor]]:
    nested: dict[int, dict[str, Tensor]] = {}
    for key, value in flat.items():
        index, _, name = key.partition("/")
        nested.setdefault(int(index), {})[name] = value
    return nested


def pictures(tensor: Tensor) -> Pictures:
    """Turn N 3 H W in [-1, 1] into uint8 N H W 3."""
    scaled = tensor.float().mul(127.5).add(127.5).round().clamp(0, 255)
    return scaled.to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()


def gan_loss(kind: str, logits: Tensor, label: float) -> Tensor:
    """What D loses where its logits N ... should say `label`: 1 real, 0 fake.

    lsgan, bce: distance from the label. hinge: how far they are from 1 or -1 on their side. Of two
    objectives, the logits N 2 ... are those of two heads, and each has its own.
    """
    logits = logits.float() if logits.dtype == torch.bfloat16 else logits
    if kind == "two-objective":
        bce, hinge = logits.unbind(1)
        return 0.5 * (gan_loss("bce", bce, label) + gan_loss("hinge", hinge, label))
    if kind == "hinge":
        return fn.relu(1 - logits if label > 0.5 else 1 + logits).mean()
    wanted = torch.full_like(logits, label)
    if kind == "lsgan":
        return fn.mse_loss(logits, wanted)
    return fn.binary_cross_entropy_with_logits(logits, wanted)


def fooling_loss(kind: str, logits: Tensor) -> Tensor:
    """What G loses where D's logits of its pictures are not those of real ones."""
    if kind == "two-objective":
        bce, hinge = logits.unbind(1)
        return 0.5 * (fooling_loss("bce", bce) + fooling_loss("hinge", hinge))
    return -logits.float().mean() if kind == "hinge" else gan_loss(kind, logits, 1.0)


def adam(settings: Any, rate: float, *networks: nn.Module) -> torch.optim.Adam:
    """Adam over all parameters of `networks`, every default written out."""
    parameters = [p for network in networks for p in network.parameters()]
    on = parameters[0].device.type
    return torch.optim.Adam(
        parameters,
        lr=rate,
        betas=(settings.beta1, settings.beta2),
        eps=settings.adam_epsilon,
        weight_decay=0.0,
        fused=on != "meta",  # on meta, only work is counted
        capturable=on == "cuda",
    )


def mixed(network: nn.Module, precision: str) -> nn.Module:
    """Let `network` work in bfloat16 where autocast thinks it safe, if `precision` says so.

    Its weights stay in float32. The gradient's direction changes (cosine about 0.93 for CycleGAN).
    """
    device = next(network.parameters()).device.type
    if precision == "bf16" and device != "meta":  # there, only work is counted
        for part in network.modules() if device == "cpu" else ():
            if isinstance(part, nn.Conv2d | nn.ConvTranspose2d):
                part.forward = _in_float_of_few(part.forward)
        network.forward = torch.autocast(device, torch.bfloat16)(network.forward)
    return network


def _in_float_of_few(forward: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """A layer that works in float32 on maps N C H W of a few pixels.

    The innermost layers of a U-Net have more weights than anything else to read: in bfloat16 they
    made its step at 128 px slower than all of it in float32.
    """

    def spared(x: Tensor) -> Tensor:
        if x.numel() > FEW * x.shape[1]:
            return forward(x)
        with torch.autocast("cpu", enabled=False):
            return forward(x.float())

    return spared


@contextmanager
def frozen(*networks: nn.Module) -> Iterator[None]:
    """Spare the gradients of networks that only pass theirs on: exact, and less work."""
    parameters = [p for network in networks for p in network.parameters()]
    for p in parameters:
        p.requires_grad_(False)
    try:
        yield
    finally:
        for p in parameters:
            p.requires_grad_(True)
