"""Train an image model and give its verdict: the trainer of the tasks "autoencoder", "vae", "gan" and "diffusion".

    for event in train(config, run): …

The images are divided into some to learn from, some to choose the best epoch by and some that nothing is learnt from; on those rests
the verdict: of a model with an encoder beside PCA with a code of the same size, of one that only draws beside real images. Pictures on the way show the
same images reconstructed and the same codes decoded.
A killed run goes on where it was. Stop keeps the best so far.
"""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from genhub.allocator import keep_blocks
from genhub.events import Done, Event, Stage
from genhub.images import kinds, latent, material, stored
from genhub.images.alarms import watched
from genhub.images.coder import parameters
from genhub.images.stored import FORMAT
from genhub.jobs.folder import RunFolder, write_json
from genhub.text import card
from genhub.training import outcome
from genhub.training.configs import ImageConfig
from genhub.training.loop import fit
from genhub.training.plan import Diverged, Session, make_accelerator
from genhub.training.sampling import places, with_samples
from genhub.training.work import Trained, Work


@dataclass(frozen=True)
class Unnamed:
    """The base of a model that has none."""

    id: str = ""
    revision: str = ""
    sha256: str = ""


def train(config: ImageConfig, run: RunFolder) -> Iterator[Event]:
    """Events of the whole task, Done as the last. Raises UserError for images that cannot be used, and when the loss diverges.

    Under `torchrun` the main process alone yields events and writes files; the others yield Done.
    """
    keep_blocks()
    yield from _Work(config, run, make_accelerator()).told()


class _Work(Work):
    """One training on its way."""

    reading = "Reading the images"

    def prepare(self) -> Iterable[str]:
        self.kind = kinds.of(self.config)
        self.material = material.gather(self.config, material.read_rows(self.run.rows))
        self.model = self.material.model
        return self.material.notes()

    def fit(self) -> Iterator[Event]:
        plan = self.kind.plan(self.config, self.material)
        task, learnt = self.kind.task(self.config, self.material, plan), parameters(self.model)
        self.pace.total = plan.steps(len(task.train.lengths))
        self.pace.begin()
        session = Session(self.accelerator, self.run.stop_requested, self.keeper, self.pace, resuming=self.resuming)
        film = self.kind.film(self.run.path, self.material, task, self.config.seed)
        due = places(self.config.frames, self.pace.total) if self.main else []
        try:
            fitted = yield from with_samples(watched(fit(task, plan, session), lambda: self.kind.alarms(task, plan)), film, due)
        except Diverged as error:
            if error.best_epoch and self.main:
                self.settle()
                self.save({})
            raise
        self.settle()
        return Trained(self.model, fitted, learnt, learnt)

    def settle(self) -> None:
        """The model as it is used from now on."""
        self.model.eval()
        self.model.settle()

    def finish(self, trained: Trained) -> Iterator[Event]:
        yield Stage("verdict", "Judging on unseen images")
        if not self.main:
            yield Done({}, self.stopped)
            return
        self.model.cpu()
        judged = yield from self.kind.judge(self.material, self.stopped)
        if self.kind.maps:
            latent.save(self.run.path, latent.plane(self.model, self.material.test))  # before the passport, by which a new model is known
        passport = self.save(judged)
        metrics = {**judged, "training": self.training_info(trained), "split": self.split_info(), "stopped": self.stopped}
        metrics |= {"sentences": self.kind.sentences(metrics)}
        card.write(self.run, metrics, passport)
        write_json(self.run.path / "metrics.json", metrics)
        if not self.stopped:
            self.keeper.clear()
        yield Done(metrics, self.stopped)

    def save(self, metrics: dict) -> dict:
        """model/ and passport.json, which tells the figures of its kind; what an earlier stop left goes first."""
        outcome.set_aside(self.run)
        folder = self.run.path / outcome.MODEL
        shutil.rmtree(folder, ignore_errors=True)
        stored.save(folder, self.material.blueprint, self.model, self.material.train.names)
        facts = {"format": FORMAT, "task": self.material.blueprint.family, "adapter": "model", "classes": list(self.material.train.names)}
        facts["metrics"] = {name: metrics[name] for name in self.kind.told if name in metrics}
        return outcome.write_passport(self.run, Unnamed(), self.config, facts)

    def split_info(self) -> dict:
        """The "split" section of metrics.json; sizes in images."""
        return {"kind": "hold-out", "by": "image", **self.material.sizes(), "seed": self.config.seed}

    def training_info(self, trained: Trained) -> dict:
        """The "training" section of metrics.json."""
        images = len(self.material.train)
        return {
            "method": self.config.method,
            **self.costs(trained),
            "val_loss": trained.fitted.best.get("val_loss"),
            "images_per_second": round(trained.fitted.rows / trained.fitted.seconds, 1) if trained.fitted.seconds else None,
            "batch_size": self.kind.batch_size(self.config, images),
            "learning_rate": self.kind.rate(self.config),
            "epochs": self.kind.epochs(self.config, images),
        }
