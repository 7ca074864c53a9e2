"""Adapt a translation model to pairs of sentences and give its verdict: the trainer of the task "translate".

    for event in train(config, run): …

The sources are divided into some to learn from, some to choose the best epoch by and some that nothing is learnt from; on those rests
the verdict, beside the model without its adapter. Everyday sentences show what was forgotten. A killed run goes on where it was. Stop
keeps the best so far.
"""

from collections.abc import Iterable, Iterator

import torch

from genhub.events import Done, Event, Stage
from genhub.jobs.folder import RunFolder
from genhub.text import methods
from genhub.text.adapting.lean import lean
from genhub.text.translation.translator import Translator, open_translator
from genhub.text.translation.tuning import learner, material, sentences, verdict
from genhub.text.translation.tuning import outcome as results
from genhub.text.work import TaughtWork
from genhub.training.configs import TuneConfig
from genhub.training.loop import fit
from genhub.training.plan import Diverged, Session, make_accelerator
from genhub.training.work import Contender, Trained


def train(config: TuneConfig, run: RunFolder) -> Iterator[Event]:
    """Events of the whole task, Done as the last. Raises UserError for pairs or a model that cannot be used, and when the loss diverges.

    Under `torchrun` the main process alone yields events and writes files; the others yield Done.
    """
    yield from _Work(config, run, make_accelerator()).told()


class _Work(TaughtWork):
    """One tuning on its way."""

    reading = "Reading the pairs and the model"

    def prepare(self) -> Iterable[str]:
        self.material = material.gather(self.config, material.read(self.run.rows))
        return self.material.notes()

    def fit(self) -> Iterator[Event]:
        torch.manual_seed(self.config.seed)
        pairs = len(self.material.train.pairs)
        plan = learner.plan(self.config, pairs)
        model = learner.tuned(self.material.base, self.config, plan.steps(pairs))
        trainable, total = methods.counts(model.model)
        self.pace.total = plan.steps(pairs)
        self.pace.begin()
        session = Session(self.accelerator, self.run.stop_requested, self.keeper, self.pace, resuming=self.resuming)
        try:
            with lean(model.model):
                fitted = yield from fit(learner.task(model, self.material), plan, session)
        except Diverged as error:
            if error.best_epoch and self.main:
                results.save_model(self.run, model, self.config, {})
            raise
        model.model.eval()
        return Trained(model, fitted, trainable, total)

    def finish(self, trained: Trained) -> Iterator[Event]:
        yield Stage("verdict", "Judging on unseen pairs")
        if not self.main:
            yield Done({}, self.stopped)
            return
        contenders = {"model": Contender(trained.model), "base": self.untaught(trained, self.again)}
        judged = yield from verdict.Judge(self.material, contenders, self.run.stop_requested, self.stopped).events()
        passport = results.save_model(self.run, trained.model, self.config, judged)
        metrics = {**judged, "training": self.training_info(trained), "split": self.split_info(), "stopped": self.stopped}
        metrics |= {"sentences": sentences.of(metrics)}
        results.save_figures(self.run, metrics, passport)
        if not self.stopped:
            self.keeper.clear()
        yield Done(metrics, self.stopped)

    def again(self) -> Translator:
        base = self.material.base
        return open_translator(base.id, base.revision).between(base.source, base.target)

    def split_info(self) -> dict:
        """The "split" section of metrics.json; sizes in sources."""
        return {"kind": "hold-out", "by": "source", **self.material.sources, "left_out": self.material.long, "seed": self.config.seed}

    def training_info(self, trained: Trained) -> dict:
        """The "training" section of metrics.json."""
        return {
            "method": self.config.method,
            **self.costs(trained),
            "batch_size": learner.batch_size(self.config, len(self.material.train.pairs)),
            "learning_rate": learner.rate(self.config),
        }
