"""Train a classifier and give its verdict: the trainer of the task "classify".

    for event in train(config, run): …

One model on a hold-out split; or one a fold and then the one to keep, on everything. Each predicts rows that it has not
seen, and on those alone rests the verdict, beside the majority class and TF-IDF on the same split. A killed run goes on
where it was, in the middle of a fold too. Stop keeps the best so far and judges it on as many unseen rows as there is time
for; a stopped run that is resumed goes on from the step it was stopped at (during validation or the verdict: from the checkpoint
before), and its new model and verdict take the old one's place.
"""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
import torch

from genhub import settings
from genhub.events import Done, Event, Note, Resumed, Stage
from genhub.jobs.folder import RunFolder
from genhub.text import baselines, features, learner, material, methods, outcome, verdict
from genhub.text.classifier import Classifier, probabilities
from genhub.text.material import Part
from genhub.training import precision
from genhub.training.configs import ClassifyConfig
from genhub.training.loop import fit
from genhub.training.outcome import set_aside, stopped_by, weight_files
from genhub.training.plan import Diverged, Fitted, Plan, Session, agreed, make_accelerator
from genhub.training.work import Work

CHUNK = 128  # unseen rows between two looks at Stop
STOP_SECONDS = 0.7  # of predicting unseen rows after Stop
STOP_BASELINE_ROWS = 500  # training rows that TF-IDF sees after Stop


@dataclass(frozen=True)
class Trained:
    """A part's model with the best weights in it, and how it got there. `trainable`: how many parameters learnt."""

    model: Classifier
    fitted: Fitted
    trainable: int


def train(config: ClassifyConfig, run: RunFolder) -> Iterator[Event]:
    """Events of the whole task, Done as the last. Raises UserError for input that cannot be used, and when the loss diverges.

    Under `torchrun` the main process alone yields events and writes files; the others yield Done.
    """
    yield from _Work(config, run, make_accelerator()).told()


class _Work(Work):
    """One training task on its way. Finished folds have their results in the checkpoints folder."""

    def __init__(self, config: ClassifyConfig, run: RunFolder, accelerator):
        super().__init__(config, run, accelerator)
        self.scores: dict[int, np.ndarray] = {}  # of unseen rows, by row
        self.fold: dict[int, int] = {}
        self.fits: list[Fitted] = []
        self.precision = config.precision
        self.features: features.Features | None = None
        self.taught: tuple[int, int] | None = None  # rows that TF-IDF learnt from because of Stop, and those there were

    def events(self) -> Iterator[Event]:
        yield Stage("prepare", "Reading the rows and the encoder")
        self.material = material.gather(self.config, material.read_rows(self.run.rows))
        for note in self.material.notes():
            yield Note(note)
        self.pace.total = sum(self.cost(part) for part in self.material.parts)
        kept = None
        for part in self.material.parts:
            if self.restored(part):
                continue
            trained = yield from self.part(part)
            self.stopped = bool(agreed(self.accelerator, int(trained.fitted.stopped)))
            # Stopped before its first validation: the model of the fold before is the better one, and its row stays unjudged
            if self.stopped and not trained.fitted.best and kept is not None:
                break
            kept = trained
            if part.split.test:
                yield from self.predict(part, trained.model)
            if self.stopped:
                break
            self.remember(part, trained)
        yield from self.finish(kept)

    def cost(self, part: Part) -> int:
        """Units of work of a part, for the progress: optimiser steps, or rows to encode for a frozen encoder."""
        if self.config.method == "frozen":
            return len(self.feature_rows()) if part.number == 0 else 0
        return self.plan(part).steps(len(part.split.train))

    def plan(self, part: Part) -> Plan:
        return learner.plan(self.config, len(self.material.labels), len(part.split.train), part.name, self.precision)

    # --- one part ---------------------------------------------------------------------------------------------------

    def remember(self, part: Part, trained: Trained) -> None:
        """Keep a finished fold's results, so that it need not be trained again after a kill."""
        if self.main and self.material.folds and part.split.test:
            scores = torch.from_numpy(np.stack([self.scores[row] for row in part.split.test]))
            facts = {"fitted": asdict(trained.fitted), "worked": self.pace.seconds()}
            self.keeper.save_part(part.key, {"scores": scores}, facts)

    def restored(self, part: Part) -> bool:
        """True when a process before this one finished the fold; its results are then taken over."""
        saved = self.keeper.part(part.key) if self.material.folds and part.split.test else None
        if saved is None:
            return False
        self.collect(part.split.test, saved.tensors["scores"].numpy(), part.number)
        fitted = Fitted(**saved.scalars["fitted"])
        self.fits.append(fitted)
        self.precision, self.pace.before = fitted.precision, saved.scalars["worked"]
        self.pace.skip(self.cost(part))
        return True

    def part(self, part: Part) -> Iterator[Event]:
        """Train one part. Returns Trained."""
        folds = self.material.folds
        yield Stage(
            "train",
            "Training" if not folds else f"Training fold {part.number + 1} of {folds}" if part.split.test else "Training on all rows",
        )
        torch.manual_seed(self.config.seed * 100 + part.number)
        self.pace.begin()
        trained = yield from (self.fit_frozen(part) if self.config.method == "frozen" else self.fit(part))
        self.resuming = False
        self.precision = trained.fitted.precision
        self.fits.append(trained.fitted)
        return trained

    def fit(self, part: Part) -> Iterator[Event]:
        plan = self.plan(part)
        model = self.material.classifier(plan.steps(len(part.split.train)))
        trainable, _ = methods.counts(model)
        session = Session(self.accelerator, self.run.stop_requested, self.keeper, self.pace, self.done_before(part), self.resuming)
        try:
            fitted = yield from fit(self.material.task(model, part.split), plan, session)
        except Diverged as error:
            if error.best_epoch and self.main:
                self.save_best(model)
            raise
        return Trained(model.eval(), fitted, trainable)

    def save_best(self, model: Classifier) -> None:
        """After a diverged loss: the weights of the best epoch, without a verdict."""
        set_aside(self.run)
        adapter = outcome.save_weights(self.run, model, self.config)
        facts = {"labels": self.material.labels, "max_length": self.material.max_length, "adapter": adapter, "metrics": {}}
        outcome.save_passport(self.run, model, self.config, facts)

    def fit_frozen(self, part: Part) -> Iterator[Event]:
        """Sentence vectors of all rows once, then a head fitted on this part's."""
        if self.resuming:
            yield Resumed(part.name, 0, list(self.done_before(part)))
        start = time.perf_counter()
        model = self.material.classifier(0).to(self.accelerator.device)
        rows = self.feature_rows()
        if self.features is None:
            self.features = yield from self.encode(model, rows)
        seconds = time.perf_counter() - start
        train, held = (self.labelled(rows, side) for side in (part.split.train, part.split.validation))
        task = features.HeadTask(part.name, len(self.material.labels), self.config.class_weights == "balanced", self.run.stop_requested)
        head = yield from features.fit_head(train, held, task)
        model.head.load_state_dict({"weight": head.weight, "bias": head.bias})
        tokens = sum(len(self.material.ids[row]) for row in rows)
        best = head.figures if self.features.known.any() else {}
        return Trained(
            model, Fitted(0, 1, 1, best, self.run.stop_requested(), seconds, len(rows), tokens, self.arithmetic()), methods.counts(model)[0]
        )

    def encode(self, model: Classifier, rows: list[int]) -> Iterator[Event]:
        """Sentence vectors of `rows`, from the cache where an earlier run left them. Returns Features."""
        held, folder = self.material, settings.get().cache / "features"
        key = features.cache_key(held.base, held.texts(rows), held.max_length, self.arithmetic())
        found = features.load(folder, key)
        if found is not None:
            yield Note("The sentence vectors were computed by an earlier run and are taken from the cache.")
            self.pace.skip(len(rows))
            return found
        found = yield from features.compute(model, [held.ids[row] for row in rows], self.arithmetic(), self.run.stop_requested, self.pace)
        if self.main:
            features.store(folder, key, found)
        return found

    def feature_rows(self) -> list[int]:
        """Rows whose vectors a head may be fitted on. Unseen rows of a hold-out split are encoded when they are predicted."""
        split = self.material.parts[0].split
        return list(range(len(self.material.rows))) if self.material.folds else sorted(split.train + split.validation)

    def arithmetic(self) -> str:
        return precision.resolve(self.config.precision, self.accelerator.device)

    def labelled(self, rows: list[int], side: list[int]) -> features.Labelled:
        """Those rows of `side` whose vectors are known, with their targets."""
        place = {row: number for number, row in enumerate(rows)}
        have = [row for row in side if self.features.known[place[row]]]
        vectors = self.features.vectors[[place[row] for row in have]].double().numpy()
        return features.Labelled(vectors, self.material.targets[have])

    def done_before(self, part: Part) -> tuple[str, ...]:
        return tuple(other.name for other in self.material.parts[: part.number])

    # --- the verdict ------------------------------------------------------------------------------------------------

    def predict(self, part: Part, model: Classifier) -> Iterator[Event]:
        """Probabilities of the part's unseen rows, in random order, so that after Stop those that were reached are a fair
        sample. Under several processes each takes its share."""
        world, rank = self.accelerator.num_processes, self.accelerator.process_index
        rows = part.split.test
        order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(self.config.seed)).tolist()[rank::world]
        scores, done = np.zeros((len(rows), len(self.material.labels)), dtype=np.float32), 0
        deadline = time.monotonic() + STOP_SECONDS if self.stopped else None
        for start in range(0, len(order), size := CHUNK if deadline is None else 32):
            chunk = order[start : start + size]
            scores[chunk] = probabilities(model, [self.material.ids[rows[index]] for index in chunk], 32)
            done += len(chunk)
            if deadline is None and self.run.stop_requested():
                self.stopped, deadline = True, time.monotonic() + STOP_SECONDS
            if deadline is not None and time.monotonic() > deadline:
                break
            yield self.pace.progress(f"{done:,} of {len(order):,} unseen rows")
        self.stopped = bool(agreed(self.accelerator, int(self.stopped)))
        if world > 1:
            scores = self.accelerator.reduce(torch.from_numpy(scores).to(self.accelerator.device)).cpu().numpy()
        known = np.flatnonzero(scores.sum(axis=1))
        self.collect([rows[index] for index in known], scores[known], part.number)

    def collect(self, rows: list[int], scores: np.ndarray, fold: int) -> None:
        self.scores |= dict(zip(rows, scores, strict=True))
        self.fold |= dict.fromkeys(rows, fold)

    def base_lines(self, rows: list[int]) -> Iterator[Event]:
        """What the majority class and TF-IDF say of `rows`, each from the training rows of that row's own model. Returns two
        dictionaries of labels by row. Validation rows are training rows for them: they choose nothing on them."""
        majority, tfidf = {}, {}
        for part in self.material.parts:
            mine = [row for row in rows if self.fold[row] == part.number]
            if not mine:
                continue
            seen = sorted(part.split.train + part.split.validation)
            model = None if self.stopped else self.fit_tfidf(seen)
            if model is None:
                self.stopped = True
                if len(few := self.few(seen)) < len(seen):
                    self.taught = (len(few), len(seen))
                    yield Note(f"Because of Stop, TF-IDF learnt from {len(few):,} of {len(seen):,} rows only.")
                seen = few
                model = baselines.fit(self.material.texts(seen), self.material.names(seen), self.config.seed)
            majority |= dict(zip(mine, baselines.majority(self.material.names(seen), len(mine)), strict=True))
            tfidf |= dict(zip(mine, model.predict(self.material.texts(mine)), strict=True))
        return majority, tfidf

    def fit_tfidf(self, rows: list[int]) -> baselines.Tfidf | None:
        """TF-IDF fitted on `rows`; None when Stop was pressed meanwhile."""
        fitting = baselines.fitting(self.material.texts(rows), self.material.names(rows), self.config.seed)
        while not self.run.stop_requested():
            try:
                next(fitting)
            except StopIteration as end:
                return end.value
        return None

    def few(self, rows: list[int]) -> list[int]:
        """As many of `rows` as TF-IDF learns from in a moment, drawn by the seed."""
        if len(rows) <= STOP_BASELINE_ROWS:
            return rows
        return sorted(np.random.default_rng(self.config.seed).choice(rows, STOP_BASELINE_ROWS, replace=False).tolist())

    def finish(self, kept: Trained) -> Iterator[Event]:
        """Judge the unseen rows, write everything, end with Done."""
        yield Stage("verdict", "Judging on unseen rows")
        if not self.main:
            yield Done({}, self.stopped)
            return
        held, rows = self.material, sorted(self.scores)
        unseen = len(held.rows) if held.folds else len(held.parts[0].split.test)
        if len(rows) < unseen:
            yield Note(f"Stopped: the verdict rests on {len(rows):,} of {unseen:,} unseen rows, drawn at random.")
        majority, tfidf = yield from self.base_lines(rows)
        evidence = verdict.Evidence(
            [held.rows[row] for row in rows],
            held.labels,
            np.stack([self.scores[row] for row in rows]),
            [tfidf[row] for row in rows],
            [majority[row] for row in rows],
            [self.fold[row] for row in rows] if held.folds else None,
            self.taught,
        )
        set_aside(self.run)
        adapter = outcome.save_weights(self.run, kept.model, self.config)
        judged = verdict.judge(evidence, material.split_info(held), self.training_info(kept), stopped=self.stopped)
        figures = {name: judged.metrics[name] for name in ("accuracy", "accuracy_low", "accuracy_high", "macro_f1", "test_rows")}
        facts = {"labels": held.labels, "max_length": held.max_length, "adapter": adapter, "metrics": figures}
        passport = outcome.save_passport(self.run, kept.model, self.config, facts)
        outcome.save_verdict(self.run, judged, passport)
        if not self.stopped:
            self.keeper.clear()
        yield Done(judged.metrics, self.stopped)

    def training_info(self, kept: Trained) -> dict:
        """The "training" section of metrics.json. Steps and rates are of all parts together, epochs those of the model kept."""
        trainable, total = kept.trainable, sum(parameter.numel() for parameter in kept.model.parameters())
        seconds = sum(fitted.seconds for fitted in self.fits)
        frozen = self.config.method == "frozen"
        encoder, head = learner.rates(self.config, len(self.material.labels))
        return {
            "method": self.config.method,
            "seconds": round(self.pace.seconds(), 2),
            "steps": sum(fitted.steps for fitted in self.fits),
            "epochs_run": kept.fitted.epochs_run,
            "best_epoch": kept.fitted.best_epoch,
            "trainable_parameters": trainable,
            "total_parameters": total,
            "trainable_percent": round(100 * trainable / total, 4),
            "peak_memory_mb": self.memory.peak_mb(),
            "tokens": sum(fitted.tokens for fitted in self.fits),
            "tokens_per_second": round(sum(fitted.tokens for fitted in self.fits) / seconds, 1) if seconds else None,
            "rows_per_second": round(sum(fitted.rows for fitted in self.fits) / seconds, 1) if seconds else None,
            "file_bytes": sum(path.stat().st_size for path in weight_files(self.run).values()),
            "precision": kept.fitted.precision,
            "device": self.accelerator.device.type,
            "batch_size": learner.batch_size(self.config, len(self.material.parts[-1].split.train)),
            "stopped_by": stopped_by(self.run, self.stopped),
            "learning_rate": None if frozen else encoder,
            "head_learning_rate": None if frozen else head,
        }
