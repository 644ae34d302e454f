"""What is measured against: a step of the official CycleGAN and of PyTorch's DCGAN example."""

import random
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as fn

HISTORY = 50


class Block(nn.Module):
    """A residual block with instance norm."""

    def __init__(self, width: int):
        super().__init__()
        self.layers = nn.Sequential(
            *(nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3), nn.InstanceNorm2d(width)),
            nn.ReLU(True),
            *(nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3), nn.InstanceNorm2d(width)),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


def resnet_generator() -> nn.Module:
    """Nine residual blocks (Zhu et al. 2017)."""
    return nn.Sequential(
        *(nn.ReflectionPad2d(3), nn.Conv2d(3, 64, 7), nn.InstanceNorm2d(64), nn.ReLU(True)),
        *(nn.Conv2d(64, 128, 3, 2, 1), nn.InstanceNorm2d(128), nn.ReLU(True)),
        *(nn.Conv2d(128, 256, 3, 2, 1), nn.InstanceNorm2d(256), nn.ReLU(True)),
        *(Block(256) for _ in range(9)),
        *(nn.ConvTranspose2d(256, 128, 3, 2, 1, 1), nn.InstanceNorm2d(128), nn.ReLU(True)),
        *(nn.ConvTranspose2d(128, 64, 3, 2, 1, 1), nn.InstanceNorm2d(64), nn.ReLU(True)),
        *(nn.ReflectionPad2d(3), nn.Conv2d(64, 3, 7), nn.Tanh()),
    )


class Level(nn.Module):
    """A level of the U-Net around those within: down, what is within, up, and the way across."""

    def __init__(self, outer: int, inner: int, within: nn.Module | None):
        super().__init__()
        down: list[nn.Module] = [nn.LeakyReLU(0.2, True)]
        down += [nn.Conv2d(outer, inner, 4, 2, 1, bias=False)]
        if within:
            down += [nn.BatchNorm2d(inner), within]
        up = nn.ConvTranspose2d(2 * inner if within else inner, outer, 4, 2, 1, bias=False)
        self.layers = nn.Sequential(*down, nn.ReLU(True), up, nn.BatchNorm2d(outer))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.layers(x)], 1)


def unet_generator(size: int) -> nn.Module:
    """Down to 1x1 and up again (Isola et al. 2017), with batch norm."""
    widths = [64 * min(2**i, 8) for i in range(size.bit_length() - 1)]
    within: nn.Module | None = None
    for outer, inner in reversed(list(pairwise(widths))):
        within = Level(outer, inner, within)
    assert within
    return nn.Sequential(
        nn.Conv2d(3, 64, 4, 2, 1, bias=False),
        within,
        nn.ReLU(True),
        nn.ConvTranspose2d(128, 3, 4, 2, 1),
        nn.Tanh(),
    )


def patch_discriminator(norm: Callable[[int], nn.Module]) -> nn.Module:
    """The 70x70 PatchGAN."""
    layers: list[nn.Module] = [nn.Conv2d(3, 64, 4, 2, 1), nn.LeakyReLU(0.2, True)]
    for before, after, stride in ((64, 128, 2), (128, 256, 2), (256, 512, 1)):
        layers += [nn.Conv2d(before, after, 4, stride, 1), norm(after)]
        layers += [nn.LeakyReLU(0.2, True)]
    return nn.Sequential(*layers, nn.Conv2d(512, 1, 4, 1, 1))


class OfficialCycleGAN:
    """One pass for each thing, generators first, then discriminators with remembered fakes."""

    def __init__(self, size: int, device: str = "cpu", generator: str = "resnet"):
        self.shape, self.device = (1, 3, size, size), device
        resnet = generator == "resnet"
        norm = nn.InstanceNorm2d if resnet else nn.BatchNorm2d
        made = [resnet_generator() if resnet else unet_generator(size) for _ in range(2)]
        made += [patch_discriminator(norm) for _ in range(2)]
        self.G, self.F, self.D_X, self.D_Y = (network.to(device) for network in made)
        self.of_g = _adam(self.G, self.F)
        self.of_d = _adam(self.D_X, self.D_Y)
        self.pools: tuple[list[Tensor], list[Tensor]] = ([], [])

    def step(self) -> None:
        """Teach all four networks once, on random pictures."""
        x, y = (torch.rand(self.shape, device=self.device) * 2 - 1 for _ in range(2))
        fake_y, fake_x = self.G(x), self.F(y)
        self._freeze(True)
        self.of_g.zero_grad()
        fooled = _towards(self.D_Y(fake_y), 1.0) + _towards(self.D_X(fake_x), 1.0)
        cycle = fn.l1_loss(self.F(fake_y), x) + fn.l1_loss(self.G(fake_x), y)
        identity = fn.l1_loss(self.G(y), y) + fn.l1_loss(self.F(x), x)
        (fooled + 10 * cycle + 5 * identity).backward()
        self.of_g.step()
        self._freeze(False)
        self.of_d.zero_grad()
        for D, real, fake, pool in (
            (self.D_Y, y, fake_y, self.pools[0]),
            (self.D_X, x, fake_x, self.pools[1]),
        ):
            shown = _pooled(pool, fake.detach())
            (0.5 * (_towards(D(real), 1.0) + _towards(D(shown), 0.0))).backward()
        self.of_d.step()

    def _freeze(self, frozen: bool) -> None:
        for network in (self.D_X, self.D_Y):
            network.requires_grad_(not frozen)


def _adam(*networks: nn.Module) -> torch.optim.Adam:
    parameters = [p for network in networks for p in network.parameters()]
    return torch.optim.Adam(parameters, 2e-4, (0.5, 0.999))


def _towards(logits: Tensor, label: float) -> Tensor:
    return fn.mse_loss(logits, torch.full_like(logits, label))


def _pooled(pool: list[Tensor], fake: Tensor) -> Tensor:
    """Half of the time an older fake, once there are enough."""
    if len(pool) < HISTORY:
        pool.append(fake)
        return fake
    if random.random() < 0.5:
        return fake
    place = random.randrange(HISTORY)
    shown, pool[place] = pool[place], fake
    return shown


class ExampleDCGAN:
    """64 px, batch 64, as in PyTorch's examples."""

    def __init__(self, device: str = "cpu"):
        self.device = device
        up: list[nn.Module] = [nn.ConvTranspose2d(100, 512, 4, 1, 0, bias=False)]
        for before, after in pairwise((512, 256, 128, 64, 3)):
            up += [nn.BatchNorm2d(before), nn.ReLU(True)]
            up += [nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False)]
        down: list[nn.Module] = [nn.Conv2d(3, 64, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, True)]
        for before, after in pairwise((64, 128, 256, 512)):
            down += [nn.Conv2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after)]
            down += [nn.LeakyReLU(0.2, True)]
        down += [nn.Conv2d(512, 1, 4, 1, 0, bias=False), nn.Sigmoid()]
        self.G = nn.Sequential(*up, nn.Tanh()).to(device)
        self.D = nn.Sequential(*down).to(device)
        self.of_g, self.of_d = _adam(self.G), _adam(self.D)
        self.ones, self.zeros = torch.ones(64, device=device), torch.zeros(64, device=device)

    def step(self) -> None:
        """Teach both networks once, on random pictures."""
        real = torch.rand(64, 3, 64, 64, device=self.device) * 2 - 1
        self.D.zero_grad()
        fn.binary_cross_entropy(self.D(real).view(-1), self.ones).backward()
        fake = self.G(torch.randn(64, 100, 1, 1, device=self.device))
        fn.binary_cross_entropy(self.D(fake.detach()).view(-1), self.zeros).backward()
        self.of_d.step()
        self.G.zero_grad()
        fn.binary_cross_entropy(self.D(fake).view(-1), self.ones).backward()
        self.of_g.step()
