"""Train a character model on a text from drawn weights and give its verdict: the trainer of the task "scratch".

    for event in train(config, run): …

A GPT or a character RNN begins by writing noise and ends, minutes later, by writing lines; samples on the way show it. The text is cut
into a part to learn from, one to watch the training by and one that nothing is learnt from; on that one rests the verdict, beside
n-grams counted on the same text. A training is `steps` long, not so many times the text: an epoch is a tenth of it. A killed run goes on
where it was. Stop keeps the best so far and judges it on as much of the unseen text as there is time for; a stopped run that is resumed
goes on from the step it was stopped at.
"""

from collections.abc import Iterable, Iterator

from genhub.events import Done, Event, Stage
from genhub.jobs.folder import RunFolder
from genhub.text import corpus
from genhub.text.adapting import verdict
from genhub.text.adapting.material import split_info
from genhub.text.from_scratch import learner, material, sentences
from genhub.text.from_scratch import outcome as results
from genhub.training.configs import ScratchConfig
from genhub.training.loop import fit
from genhub.training.plan import Diverged, Session, make_accelerator
from genhub.training.sampling import places, with_samples
from genhub.training.work import Contender, Trained, Work


def train(config: ScratchConfig, run: RunFolder) -> Iterator[Event]:
    """Events of the whole task, Done as the last. Raises UserError for a text that cannot be used, and when the loss diverges.

    Under `torchrun` the main process alone yields events and writes files; the others yield Done.
    """
    yield from _Work(config, run, make_accelerator()).told()


class _Work(Work):
    """One training on its way."""

    reading = "Reading the text"

    def prepare(self) -> Iterable[str]:
        self.material = material.gather(self.config, corpus.read(self.run.rows))
        self.model = self.material.base
        return material.notes(self.config, self.material)

    def fit(self) -> Iterator[Event]:
        task = learner.task(self.model, self.config, self.material.train, self.material.validation)
        rows = len(task.train.lengths)
        plan = learner.plan(self.config, rows)
        self.pace.total = plan.steps(rows)
        self.pace.begin()
        session = Session(self.accelerator, self.run.stop_requested, self.keeper, self.pace, resuming=self.resuming)
        due = places(self.config.samples, self.pace.total) if self.main else []
        try:
            fitted = yield from with_samples(fit(task, plan, session), learner.sampler(self.config, self.model), due)
        except Diverged as error:
            if error.best_epoch and self.main:
                results.save_model(self.run, self.model, self.config, {})
            raise
        self.model.model.eval()
        parameters = sum(tensor.numel() for tensor in self.model.model.parameters())
        return Trained(self.model, fitted, parameters, parameters)

    def finish(self, trained: Trained) -> Iterator[Event]:
        yield Stage("verdict", "Judging on unseen text")
        judge = verdict.Judge(self.material, {"model": Contender(self.model)}, self.run.stop_requested, self.stopped)
        judged = yield from judge.events(self.accelerator)
        self.stopped = judge.stopped
        if not self.main:
            yield Done({}, self.stopped)
            return
        passport = results.save_model(self.run, self.model, self.config, judged)
        metrics = {**judged, "training": self.training_info(trained), "split": split_info(self.material), "stopped": self.stopped}
        metrics |= {"sentences": sentences.of(metrics)}
        results.save_figures(self.run, metrics, passport)
        if not self.stopped:
            self.keeper.clear()
        yield Done(metrics, self.stopped)

    def training_info(self, trained: Trained) -> dict:
        """The "training" section of metrics.json."""
        return {
            "method": self.config.architecture,
            **self.costs(trained),
            "steps_planned": self.pace.total,
            "val_loss": trained.fitted.best.get("val_loss"),
            "characters": len(self.model.tokenizer),
            "passes": round(trained.fitted.tokens / len(self.material.train), 2),
            "dropout": learner.drawn_dropout(self.model),
            "batch_size": self.config.batch_size,
            "window": self.config.window,
            "learning_rate": learner.rates(self.config)[learner.MATRICES],
        }
