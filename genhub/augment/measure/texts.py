"""Texts: each repetition splits the rows, draws some to learn from, and trains Classify's classifier on them with and without variants of each."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from genhub import steps
from genhub.augment.chain import Chain
from genhub.augment.measure.study import AS_IT_IS, Key, drawn
from genhub.augment.texts.effects import Tools
from genhub.augment.texts.variants import variants
from genhub.data import split as splitting
from genhub.data.split import Split
from genhub.errors import UserError
from genhub.text import features, learner
from genhub.text.classifier import Classifier, length_batches, probabilities
from genhub.text.encoder import Encoder
from genhub.text.features import HeadTask, Labelled
from genhub.text.material import Material, Part
from genhub.training.configs import METHOD_HELP, ClassifyConfig
from genhub.training.loop import fit
from genhub.training.plan import Session, make_accelerator

MEASURES = {"accuracy": "accuracy", "macro_f1": "macro F1"}
FROZEN = "frozen"
VALIDATION = 0.15
MOST_EPOCHS = 100
BATCH = 32


@dataclass(frozen=True)
class Options:
    """seeds: of the repetitions. sizes: see `study.drawn`. copies: variants of each text. least: similarity below which they are left out."""

    seeds: Sequence[int]
    sizes: Sequence[int]
    copies: int = 4
    least: float = 0.0
    method: str = FROZEN
    steps: int = 150
    test: float = 0.25


class TextsStudy:
    """Chains against the texts as they are; see `study.Study`. rows: {"text", "label", "group"}, those of a group stay together."""

    measures, one = MEASURES, "rows"

    def __init__(self, rows: Sequence[dict], chains: Mapping[str, Chain], options: Options, encoder: Encoder, tools: Tools):
        self.rows, self.chains, self.options, self.encoder, self.tools = list(rows), chains, options, encoder, tools
        self.labels = sorted({row["label"] for row in rows})
        if len(self.labels) < 2:
            raise UserError("All rows have the same label.", "At least two are told apart.", "Choose another column.", "label_column")
        self.seeds, self.sizes, self.test = options.seeds, options.sizes, options.test
        self.arms = {AS_IT_IS: "As they are", **{name: name for name in chains}}
        self.contenders = {options.method: METHOD_HELP[options.method][0]}
        self._vectors: dict[str, np.ndarray] = {}

    def split(self, seed: int, size: int) -> Split:
        """Places of rows; those to learn from and to choose by are `size` together."""
        whole = splitting.holdout(self.rows, self.options.test, VALIDATION, seed)
        y = np.array([row["label"] for row in self.rows])
        taken = drawn(y, np.array(sorted(whole.train + whole.validation)), size, seed)
        chosen = set(whole.validation) & set(taken.tolist())
        return Split([place for place in taken.tolist() if place not in chosen], sorted(chosen), whole.test)

    def parts(self, size: int) -> tuple[int, int]:
        one = self.split(self.seeds[0], size)
        return len(one.train) + len(one.validation), len(one.test)

    def measured(self, key: Key, stopped: Callable[[], bool]) -> Generator[None, None, dict | None]:
        split, notes = self.split(key.seed, key.size), []
        training = [(self.rows[place]["text"], self.rows[place]["label"]) for place in split.train]
        if key.arm in self.chains:
            more = yield from self._varied(training, replace(self.chains[key.arm], seed=key.seed))
            if self.options.least and len(more) < self.options.copies * len(training):
                notes.append(f"{key.arm}: variants less similar than {self.options.least:g} were left out.")
            training = training + more
        chosen, test = (
            [(self.rows[place]["text"], self.rows[place]["label"]) for place in part] for part in (split.validation, split.test)
        )
        learn = self._frozen if self.options.method == FROZEN else self._tuned
        said = yield from learn(training, chosen, test, key.seed, stopped)
        return None if said is None else {"scores": _scores(said, [label for _, label in test]), "notes": notes}

    def _varied(self, training: list[tuple[str, str]], chain: Chain) -> Generator[None, None, list[tuple[str, str]]]:
        made = variants(chain, [text for text, _ in training], self.options.copies, self.tools)
        yield
        found = [(one.text, training[one.of][1]) for one in made if one.text.strip() and one.text != training[one.of][0]]
        if not self.options.least:
            return found
        own = [training[one.of][0] for one in made if one.text.strip() and one.text != training[one.of][0]]
        yield from self._encoded([*own, *(text for text, _ in found)])
        return [
            pair
            for text, pair in zip(own, found, strict=True)
            if _cosine(self._vectors[text], self._vectors[pair[0]]) >= self.options.least
        ]

    # ---- a frozen encoder -------------------------------------------------------------------------------------------

    def _frozen(self, training, chosen, test, seed: int, stopped: Callable[[], bool]) -> Generator[None, None, list[str] | None]:
        yield from self._encoded([text for part in (training, chosen, test) for text, _ in part])
        task = HeadTask("final", len(self.labels), False, stopped)
        head = yield from steps.quietly(features.fit_head(self._labelled(training), self._labelled(chosen), task))
        if stopped():
            return None
        sure = self._labelled(test).vectors @ head.weight.double().numpy().T + head.bias.double().numpy()
        return [self.labels[place] for place in sure.argmax(1)]

    def _encoded(self, texts: Sequence[str]) -> Generator[None, None, None]:
        """Vectors of the texts are known then."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        model = Classifier(self.encoder, len(self.labels)).eval()
        for at in range(0, len(missing), 128):
            part = missing[at : at + 128]
            ids = self.encoder.tokenize(part, ClassifyConfig.max_length)
            with torch.inference_mode():
                for batch in length_batches([len(row) for row in ids], BATCH):
                    vectors = model.vectors(model.collate([ids[place] for place in batch])).numpy()
                    self._vectors.update((part[place], vector) for place, vector in zip(batch, vectors, strict=True))
            yield

    def _labelled(self, pairs: Sequence[tuple[str, str]]) -> Labelled:
        vectors = np.array([self._vectors[text] for text, _ in pairs], np.float64).reshape(len(pairs), -1)
        return Labelled(vectors, np.array([self.labels.index(label) for _, label in pairs], np.int64))

    # ---- an encoder that learns -------------------------------------------------------------------------------------

    def _tuned(self, training, chosen, test, seed: int, stopped: Callable[[], bool]) -> Generator[None, None, list[str] | None]:
        rows = [{"text": text, "label": label} for part in (training, chosen, test) for text, label in part]
        ends = np.cumsum([len(training), len(chosen), len(test)]).tolist()
        split = Split([*range(ends[0])], [*range(ends[0], ends[1])], [*range(ends[1], ends[2])])
        plain = ClassifyConfig(method=self.options.method, seed=seed)
        epochs = round(self.options.steps * learner.batch_size(plain, len(training)) / len(training))
        config = replace(plain, epochs=min(MOST_EPOCHS, max(1, epochs)))
        base = self.encoder.clone()
        ids = base.tokenize([row["text"] for row in rows], config.max_length)
        targets = np.array([self.labels.index(row["label"]) for row in rows], np.int64)
        material = Material(config, rows, self.labels, targets, ids, base, [Part("final", split, 0)], "given")
        torch.manual_seed(seed)
        plan = learner.plan(config, len(self.labels), len(training))
        model = material.classifier(plan.steps(len(training)))
        fitted = yield from steps.quietly(fit(material.task(model, split), plan, Session(make_accelerator(), stopped)))
        if fitted.stopped:
            return None
        yield
        sure = probabilities(model.eval(), [ids[place] for place in split.test], BATCH)
        return [self.labels[place] for place in np.asarray(sure).argmax(1)]


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / max(1e-12, np.linalg.norm(one) * np.linalg.norm(other)))


def _scores(said: Sequence[str], truth: Sequence[str]) -> dict[str, float]:
    from sklearn.metrics import f1_score

    right = sum(one == other for one, other in zip(said, truth, strict=True))
    return {"accuracy": right / len(truth), "macro_f1": float(f1_score(truth, said, average="macro", zero_division=0))}
