"""Adapt a language model to a text and give its verdict: the trainer of the task "generate".

    for event in train(config, run): …

The text is cut into a part to learn from, one to choose the best epoch by and one that nothing is learnt from; on that one rests the
verdict, beside the model without its adapter and n-grams counted on the same text. Samples show on the way what the model writes. A
killed run goes on where it was. Stop keeps the best so far and judges it on as much of the unseen text as there is time for; a stopped
run that is resumed goes on from the step it was stopped at.
"""

from collections.abc import Iterable, Iterator

import torch

from genhub.events import Done, Event, Metric, Stage
from genhub.jobs.folder import RunFolder
from genhub.text import corpus, methods
from genhub.text.adapting import learner, material, verdict
from genhub.text.adapting import outcome as results
from genhub.text.adapting.lean import lean
from genhub.text.adapting.learner import AdaptTask
from genhub.text.causal import Causal, open_causal
from genhub.text.work import TaughtWork
from genhub.training import precision
from genhub.training.configs import AdaptConfig
from genhub.training.loop import fit
from genhub.training.plan import Diverged, Session, make_accelerator
from genhub.training.sampling import places, with_samples
from genhub.training.work import Contender, Trained


def train(config: AdaptConfig, run: RunFolder) -> Iterator[Event]:
    """Events of the whole task, Done as the last. Raises UserError for a text or a model that cannot be used, and when the loss diverges.

    Under `torchrun` the main process alone yields events and writes files; the others yield Done.
    """
    yield from _Work(config, run, make_accelerator()).told()


class _Work(TaughtWork):
    """One training on its way."""

    reading = "Reading the text and the model"

    def prepare(self) -> Iterable[str]:
        self.material = material.gather(self.config, corpus.read(self.run.rows))
        return self.material.notes()

    # --- training ---------------------------------------------------------------------------------------------------

    def fit(self) -> Iterator[Event]:
        torch.manual_seed(self.config.seed)
        windows, held = self.material.windows()
        plan = learner.plan(self.config, len(windows.lengths))
        steps = plan.steps(len(windows.lengths))
        model = learner.adapted(self.material.base, self.config, steps)
        trainable, total = methods.counts(model.model)
        task = AdaptTask(model.model, windows, held)
        self.pace.total = steps
        self.pace.begin()
        session = Session(self.accelerator, self.run.stop_requested, self.keeper, self.pace, resuming=self.resuming)
        events = fit(task, plan, session)
        due = places(self.config.samples, steps) if self.main else []
        try:
            with lean(model.model):
                fitted = yield from with_samples(
                    events, material.sampler(self.material, model), due, before=self.before(task, plan.batch_size)
                )
        except Diverged as error:
            if error.best_epoch and self.main:
                results.save_model(self.run, model, self.config, self.material.window, {})
            raise
        model.model.eval()
        return Trained(model, fitted, trainable, total)

    def before(self, task: AdaptTask, batch_size: int) -> Iterator[Event]:
        """The validation loss of the model as it comes: a new adapter changes nothing yet."""
        device = self.accelerator.device
        task.model.to(device)
        with precision.autocast(precision.resolve(self.config.precision, device), device):
            loss = learner.validation_loss(task, max(32, batch_size), self.run.stop_requested)
        if loss is not None:
            yield Metric(0, {"val_loss": loss})

    # --- the verdict ------------------------------------------------------------------------------------------------

    def finish(self, trained: Trained) -> Iterator[Event]:
        yield Stage("verdict", "Judging on unseen text")
        contenders = {"model": Contender(trained.model), "base": self.untaught(trained, self.again)}
        judge = verdict.Judge(self.material, contenders, self.run.stop_requested, self.stopped)
        judged = yield from judge.events(self.accelerator)
        self.stopped = judge.stopped
        if not self.main:
            yield Done({}, self.stopped)
            return
        passport = results.save_model(self.run, trained.model, self.config, self.material.window, judged)
        metrics = verdict.whole(judged, self.training_info(trained), material.split_info(self.material), stopped=self.stopped)
        results.save_figures(self.run, metrics, passport)
        if not self.stopped:
            self.keeper.clear()
        yield Done(metrics, self.stopped)

    def again(self) -> Causal:
        return open_causal(self.material.base.id, self.material.base.revision)

    def training_info(self, trained: Trained) -> dict:
        """The "training" section of metrics.json."""
        return {
            "method": self.config.method,
            **self.costs(trained),
            "batch_size": learner.batch_size(self.config, len(self.material.windows()[0].lengths)),
            "window": self.material.window,
            "learning_rate": learner.rate(self.config),
        }
