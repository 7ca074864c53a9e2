"""Random numbers for the rows of a batch that several processes share.

Each process draws those of the whole batch, as one process alone would, and keeps those of its own rows. So two processes learn from the same
windows, noise and times as one, and their loss curve is the same. Where no batch is shared these are torch's own numbers.

    with shared(len(indices), rank, world):
        noise = randn_like(x)          # of x's rows, which are rank, rank + world, rank + 2 · world … of the batch
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch

_SHARE: ContextVar[tuple[int, int, int] | None] = ContextVar("share", default=None)


@contextmanager
def shared(rows: int, rank: int, world: int) -> Iterator[None]:
    """A batch of `rows`, of which this process has those of its `rank` among `world` processes; its first one where it has none."""
    before = _SHARE.set((rows, rank, world) if world > 1 else None)
    try:
        yield
    finally:
        _SHARE.reset(before)


def own(draw: Callable[[int], torch.Tensor], rows: int) -> torch.Tensor:
    """`draw(n)` answers random numbers for n rows (n, …). Returns those of this process's `rows`."""
    share = _SHARE.get()
    if share is None:
        return draw(rows)
    whole, rank, world = share
    drawn = draw(whole)
    return drawn[rank::world] if rank < whole else drawn[:1]


def randn_like(x: torch.Tensor) -> torch.Tensor:
    """Normal numbers in the shape of x (B, …), as `torch.randn_like`."""
    return own(lambda rows: torch.randn_like(_longer(x, rows)), len(x))


def rand_like(x: torch.Tensor) -> torch.Tensor:
    """Numbers from 0 to 1 in the shape of x (B, …), as `torch.rand_like`."""
    return own(lambda rows: torch.rand_like(_longer(x, rows)), len(x))


def _longer(x: torch.Tensor, rows: int) -> torch.Tensor:
    """x itself, or nothing in particular with more rows, laid out alike: numbers are drawn in the order of the memory."""
    if rows == len(x):
        return x
    last = x.ndim == 4 and not x.is_contiguous() and x.is_contiguous(memory_format=torch.channels_last)
    kind = torch.channels_last if last else torch.contiguous_format
    return torch.empty((rows, *x.shape[1:]), dtype=x.dtype, device=x.device, memory_format=kind)
