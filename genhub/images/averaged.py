"""A model of whose drawing network an exponential moving average can be kept while it learns; then the mean is what draws."""

from torch import nn

from genhub.images.coder import Drawer, Shape
from genhub.training import averaged


class AveragedDrawer(Drawer):
    """draws: the name of the network that draws. average: its mean, while one is kept, else None."""

    draws = ""

    def __init__(self, shape: Shape, coding: int, classes: int):
        super().__init__(shape, coding, classes)
        self.average: nn.Module | None = None

    def keep_average(self) -> None:
        """From now on a mean is kept, which begins as the network is."""
        self.average = averaged.begun(getattr(self, self.draws))

    def move_average(self, keeps: float, moves: int) -> None:
        """After a step: see `averaged.share`."""
        averaged.move(self.average, getattr(self, self.draws), averaged.share(keeps, moves))

    def settle(self) -> None:
        """The mean becomes the network, and is no longer kept."""
        if self.average is not None:
            getattr(self, self.draws).load_state_dict(self.average.state_dict())
            self.average = None
