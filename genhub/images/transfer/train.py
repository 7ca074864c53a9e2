"""Teach a network other classes of images, way after way on one split, and give the verdict: the trainer of the task "transfer".

    for event in train(config, run): …

First a new head on the frozen base; from there, as asked, all layers in small steps, or low-rank adapters of the convolutions; and the same
network from drawn weights. A killed run goes on in the way where it was. Stop keeps what was learnt so far.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict

from genhub.allocator import keep_blocks
from genhub.data.image_sets import grid, png, usual_gap
from genhub.errors import UserError
from genhub.events import Done, Event, Note, Stage
from genhub.images.material import read_rows
from genhub.images.transfer import sentences, verdict, ways, wrong
from genhub.images.transfer.material import gather
from genhub.images.transfer.verdict import Learnt
from genhub.jobs.folder import RunFolder, write_json
from genhub.text import card
from genhub.text.formats import IMAGE_CLASSIFIER as FORMAT
from genhub.training import outcome
from genhub.training.configs import TransferConfig
from genhub.training.configs.transfer import TRANSFERRED, WAYS
from genhub.training.loop import fit
from genhub.training.plan import Diverged, Fitted, Session, agreed, make_accelerator
from genhub.training.work import Trained, Work


def train(config: TransferConfig, run: RunFolder) -> Iterator[Event]:
    """Events of the whole task, Done as the last. Raises UserError for images that cannot be used, and when the loss of the first way
    diverges; a later one that does is left out.

    Under `torchrun` the main process alone yields events and writes files; the others yield Done.
    """
    keep_blocks()
    yield from _Work(config, run, make_accelerator()).told()


class _Work(Work):
    """One training on its way. Ways that are done have their results in the checkpoints folder."""

    def __init__(self, config: TransferConfig, run: RunFolder, accelerator):
        super().__init__(config, run, accelerator)
        self.learnt: dict[str, Learnt] = {}
        self.fits: dict[str, Fitted] = {}

    def events(self) -> Iterator[Event]:
        yield Stage("prepare", "Reading the images and the base")
        self.material = gather(self.config, read_rows(self.run.rows))
        for note in self.material.notes():
            yield Note(note)
        images = len(self.material.train)
        self.pace.total = sum(ways.plan(way, self.config, self.material).steps(images) for way in self.config.ways)
        for way in self.config.ways:
            if self.restored(way):
                continue
            yield Stage("train", WAYS[way][0])
            yield from self.way(way)
            if self.stopped:
                break
        yield from self.finish()

    # --- one way ----------------------------------------------------------------------------------------------------

    def way(self, way: str) -> Iterator[Event]:
        begun = {name: each.network for name, each in self.learnt.items()}
        learner = ways.learner(way, self.config, self.material, begun)
        total, learns = learner.total, learner.trainable
        self.pace.begin()
        session = Session(self.accelerator, self.run.stop_requested, self.keeper, self.pace, tuple(self.learnt), self.resuming)
        try:
            fitted = yield from fit(learner.task, learner.plan, session)
        except Diverged as error:
            if way == self.config.ways[0]:
                raise
            yield Note(f"{WAYS[way][0]} is left out: {error.what}")
            return
        self.resuming = False
        self.stopped = bool(agreed(self.accelerator, int(fitted.stopped)))
        if self.stopped and not fitted.best and self.learnt:
            return  # before its first validation: nothing is known of it
        accuracy = fitted.best.get("val_accuracy", 0.0)
        network = learner.settled()
        self.learnt[way] = Learnt(way, network, learns, total, accuracy, fitted.seconds, fitted.epochs_run, fitted.best_epoch)
        self.fits[way] = fitted
        if self.main and not self.stopped:
            facts = {"fitted": asdict(fitted), "trainable": learns, "total": total, "worked": self.pace.seconds()}
            self.keeper.save_part(way, network.state_dict(), facts)

    def restored(self, way: str) -> bool:
        """True when a process before this one finished the way; its result is then taken over."""
        saved = self.keeper.part(way)
        if saved is None:
            return False
        network = self.material.base.network.with_head(len(self.material.names))
        network.load_state_dict(saved.tensors)
        facts = saved.scalars
        fitted = self.fits[way] = Fitted(**facts["fitted"])
        accuracy = fitted.best.get("val_accuracy", 0.0)
        counts = (facts["trainable"], facts["total"])
        self.learnt[way] = Learnt(way, network.eval(), *counts, accuracy, fitted.seconds, fitted.epochs_run, fitted.best_epoch)
        self.pace.before = facts["worked"]
        self.pace.skip(fitted.steps)
        return True

    # --- the verdict ------------------------------------------------------------------------------------------------

    def finish(self) -> Iterator[Event]:
        yield Stage("verdict", "Judging on unseen images")
        if not self.main:
            yield Done({}, self.stopped)
            return
        kept = self.kept()
        judged = verdict.judge(self.material, list(self.learnt.values()), kept, self.config.seed, stopped=self.stopped)
        self.show_mistakes(judged.predictions)
        passport = self.save(kept, judged.metrics)
        metrics = {**judged.metrics, "training": self.training_info(kept), "split": self.split_info(), "stopped": self.stopped}
        metrics |= {"sentences": sentences.of(metrics)}
        card.write(self.run, metrics, passport)
        with (self.run.path / "predictions.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in judged.predictions)
        write_json(self.run.path / "metrics.json", metrics)
        if not self.stopped:
            self.keeper.clear()
        yield Done(metrics, self.stopped)

    def kept(self) -> str:
        """The way whose model stays: the one asked for, where it was trained, else the best on the validation images; of equals the one with
        fewer parameters that learn."""
        if self.config.keep in self.learnt:
            return self.config.keep
        here = [self.learnt[way] for way in TRANSFERRED if way in self.learnt]
        if not here:
            raise UserError("Nothing was learnt before the stop.", "", "Train again.", "run")
        return max(here, key=lambda each: (each.val_accuracy, -each.trainable)).way

    def save(self, kept: str, metrics: dict) -> dict:
        """model/ and passport.json; what an earlier stop left goes first."""
        outcome.set_aside(self.run)
        folder, names = self.run.path / outcome.MODEL, self.material.names
        shutil.rmtree(folder, ignore_errors=True)
        self.learnt[kept].network.save(folder, names)
        facts = {"format": FORMAT, "task": "transfer", "adapter": "model", "kept": kept, "classes": list(names)}
        facts["metrics"] = {name: metrics[name] for name in ("accuracy", "accuracy_low", "accuracy_high", "macro_f1", "test_images")}
        return outcome.write_passport(self.run, self.material.base, self.config, facts)

    def show_mistakes(self, predictions: list[dict]) -> None:
        """A picture of the wrong answers, as the images are, in the order of `wrong.mistakes`."""
        path, places = self.run.path / wrong.PICTURE, wrong.mistakes(predictions)
        path.unlink(missing_ok=True)
        if places:
            path.parent.mkdir(exist_ok=True)
            x = self.material.shown.x[places]
            path.write_bytes(png(grid(x, wrong.COLUMNS, usual_gap(x.shape[1]))))

    def split_info(self) -> dict:
        """The "split" section of metrics.json; sizes in images."""
        return {"kind": "hold-out", "by": "class", **self.material.sizes(), "seed": self.config.seed}

    def training_info(self, kept: str) -> dict:
        """The "training" section of metrics.json: of the way that is kept, but the seconds of all."""
        learnt, plan = self.learnt[kept], ways.plan(kept, self.config, self.material)
        return {
            "method": self.config.method,
            **self.costs(Trained(learnt.network, self.fits[kept], learnt.trainable, learnt.total)),
            "batch_size": plan.batch_size,
            "learning_rate": max(plan.phases[0].rates.values()),
            "epochs": plan.epochs,
        }
