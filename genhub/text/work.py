"""The training of a pretrained model, which is judged beside what it was before."""

from collections.abc import Callable

from genhub.text import methods
from genhub.training.work import Contender, Trained, Work


class TaughtWork(Work):
    """One that has a base."""

    def untaught(self, trained: Trained, again: Callable[[], methods.Pretrained]) -> Contender:
        """The model without what it learnt: its adapter switched off, or once more from the disk (`again`) where its own weights learnt."""
        if methods.get(self.config.method).storage == "peft":
            return Contender(trained.model, trained.model.model.disable_adapter)
        base = again()
        base.model.to(self.accelerator.device)
        return Contender(base)
