"""Experience replay (Shrivastava et al. 2017): half of the fake images that a discriminator sees are older ones, so that it does not forget
what the generator did before, and the generator does not go round in circles."""

import torch


class Replay:
    """The `most` images that were drawn at any time, each new one taking the place of a random older one."""

    def __init__(self, most: int = 512):
        self.most = most
        self.x: torch.Tensor | None = None
        self.y: torch.Tensor | None = None

    def mixed(self, x: torch.Tensor, y: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor | None]:
        """A batch of which one half is new and one is old, where there are old ones; then some of the new are kept."""
        old = 0 if self.x is None else min(len(x) // 2, len(self.x))
        shown, told = x, y
        if old:
            rows = torch.randperm(len(self.x), device=x.device)[:old]
            shown = torch.cat([x[old:], self.x[rows].to(x.dtype)])
            told = None if y is None else torch.cat([y[old:], self.y[rows]])
        self.keep(x[: max(1, len(x) // 2)], None if y is None else y[: max(1, len(x) // 2)])
        return shown, told

    def keep(self, x: torch.Tensor, y: torch.Tensor | None) -> None:
        x = x.detach().float()
        if self.x is None:
            self.x, self.y = x[: self.most].clone(), None if y is None else y[: self.most].clone()
            return
        room = min(len(x), self.most - len(self.x))
        if room > 0:
            self.x = torch.cat([self.x, x[:room]])
            self.y = None if y is None else torch.cat([self.y, y[:room]])
        if rest := min(len(x), self.most) - max(0, room):
            rows = torch.randperm(len(self.x), device=x.device)[:rest]
            self.x[rows] = x[-rest:]
            if y is not None:
                self.y[rows] = y[-rest:]

    def state(self) -> dict[str, torch.Tensor]:
        return {name: tensor for name, tensor in (("x", self.x), ("y", self.y)) if tensor is not None}

    def set_state(self, tensors: dict[str, torch.Tensor]) -> None:
        self.x, self.y = tensors.get("x"), tensors.get("y")
