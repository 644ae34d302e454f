"""What a step is told by the host, and the memory of the device in which it finds that."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

Feed = dict[str, np.ndarray]  # all that a step is told by the host
Fed = Mapping[str, Tensor]  # the same on the device

AHEAD = 3  # steps that the host may be ahead of the device
ALIGNED = 16  # bytes


class Inlet:
    """Memory of the device that every step finds its feed in."""

    def __init__(self, feed: Feed, device: torch.device):
        self.layout, size = layout(feed), 0
        places = {}
        for name, array in feed.items():
            places[name] = size, array
            size += -(-array.nbytes // ALIGNED) * ALIGNED
        self.flat = torch.empty(size, dtype=torch.uint8, device=device)
        self.fed = {name: _view(self.flat, *place) for name, place in places.items()}
        self.slots = [_Slot(places, size, device) for _ in range(AHEAD)]
        self.turn = 0
        self.sender: torch.cuda.Stream | None = None
        if device.type == "cuda":
            self.sender = torch.cuda.Stream(device)
            self.sender.wait_stream(torch.cuda.current_stream(device))  # which may still fill it

    def fill(self, feed: Feed) -> None:
        """Send a feed, without a wait for the device unless it is `AHEAD` steps behind."""
        slot = self.slots[self.turn % AHEAD]
        self.turn += 1
        if self.sender is None:
            slot.pack(feed)
            self.flat.copy_(slot.host)
            return
        slot.taken.synchronize()
        slot.pack(feed)
        with torch.cuda.stream(self.sender):
            slot.there.copy_(slot.host, non_blocking=True)
            slot.sent.record()
        here = torch.cuda.current_stream(self.flat.device)
        here.wait_event(slot.sent)
        self.flat.copy_(slot.there)
        slot.taken.record(here)


class _Slot:
    """A feed on its way."""

    def __init__(self, places: Mapping[str, tuple[int, np.ndarray]], size: int, to: torch.device):
        on_gpu = to.type == "cuda"
        self.host = torch.empty(size, dtype=torch.uint8, pin_memory=on_gpu)
        self.arrays = {name: _view(self.host, *place).numpy() for name, place in places.items()}
        if on_gpu:
            self.there = torch.empty(size, dtype=torch.uint8, device=to)
            self.sent, self.taken = torch.cuda.Event(), torch.cuda.Event(blocking=True)

    def pack(self, feed: Feed) -> None:
        for name, array in feed.items():
            np.copyto(self.arrays[name], array)


def layout(feed: Feed) -> tuple[tuple[str, str, tuple[int, ...]], ...]:
    """Names, kinds and shapes."""
    return tuple((name, array.dtype.str, array.shape) for name, array in feed.items())


def _view(flat: Tensor, place: int, like: np.ndarray) -> Tensor:
    """What lies at a place of flat memory, uint8."""
    kind = torch.from_numpy(np.empty(0, like.dtype)).dtype
    return flat[place : place + like.nbytes].view(kind).view(like.shape)
