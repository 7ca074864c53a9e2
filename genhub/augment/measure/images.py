"""Images: each repetition splits the set by class, draws some images to learn from, and trains the judge's network on them, with chains that make new
variants of every batch, or with images that a model drew beside them."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from genhub import steps
from genhub.augment.chain import Chain
from genhub.augment.images.variants import variant
from genhub.augment.measure.study import AS_IT_IS, Key, drawn
from genhub.errors import UserError
from genhub.images.judge import Judge
from genhub.images.painter import Painter
from genhub.images.pixels import Examples, Images, tensor
from genhub.images.task import ALL, JudgeTask
from genhub.training.configs import DrawConfig
from genhub.training.loop import fit
from genhub.training.plan import Phase, Plan, Session

MEASURES = {"accuracy": "accuracy", "macro_f1": "macro F1"}
CONTENDERS = {"judge": "The judge's network"}
DRAWN = "drawn-images"
RATE, BATCH, VALIDATION = 2e-3, 32, 0.15


@dataclass(frozen=True)
class Options:
    """seeds: of the repetitions. sizes: see `study.drawn`. each: drawn images of every class."""

    seeds: Sequence[int]
    sizes: Sequence[int]
    steps: int = 400
    test: float = 0.25
    each: int = 20


class Varied(Examples):
    """Images of which a chain makes new variants each time; mixtures share the labels of two of the same batch."""

    def __init__(self, images: Images, chain: Chain):
        super().__init__(images)
        self.chain, self.classes = chain, len(images.names)

    def batch(self, indices: Sequence[int]) -> dict[str, torch.Tensor]:
        rows, turn = np.asarray(indices), int(torch.randint(2**31, ()))
        x, y = self.images.x[rows], self.images.y[rows]
        made = [variant(self.chain, image, place, x, turn) for place, image in enumerate(x)]
        shares = np.zeros((len(rows), self.classes), np.float32)
        for place, one in enumerate(made):
            shares[place, y[place]] += one.share
            for other, share in one.shares.items():
                shares[place, y[other]] += share
        return {"x": tensor(np.stack([one.image for one in made])), "y": torch.from_numpy(shares)}


class SharedTask(JudgeTask):
    """Cross-entropy, also with labels that are shares; measured with whole ones."""

    def measure(self, outputs: torch.Tensor, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        whole = batch["y"] if batch["y"].ndim == 1 else batch["y"].argmax(1)
        return super().measure(outputs, {**batch, "y": whole})


class ImagesStudy:
    """Chains, and drawn images, against the images as they are; see `study.Study`."""

    contenders, measures, one = CONTENDERS, MEASURES, "images"

    def __init__(self, images: Images, chains: Mapping[str, Chain], options: Options, painter: Painter | None = None):
        if images.y is None or len(images.names) < 2:
            raise UserError("The images have no classes.", "At least two are told apart.", "Put those of each class into a folder.", "data")
        self.images, self.chains, self.options, self.painter = images, chains, options, painter
        self.seeds, self.sizes, self.test = options.seeds, options.sizes, options.test
        self.arms = {AS_IT_IS: "As they are", **{name: name for name in chains}}
        if painter is not None:
            self.names = self._known_names(painter)
            self.arms[DRAWN] = "Drawn images"

    def _known_names(self, painter: Painter) -> list[int]:
        """Of each class that the painter is told its number in the set. Raises UserError where one lacks."""
        if not painter.model.classes:
            raise UserError("This model is told no class.", "Images to learn from need one.", "Choose a conditional model.", "drawn")
        missing = [name for name in self.images.names if name not in painter.names]
        if missing:
            what = f"This model does not know the class “{missing[0][:60]}”."
            raise UserError(what, f"It draws {', '.join(painter.names[:12])}.", "Choose one that learnt the same classes.", "drawn")
        if painter.model.shape != self.images.shape:
            shape, own = painter.model.shape, self.images.shape
            what = f"This model draws images of {shape.width} × {shape.height} pixels in {shape.channels} colours."
            limit = f"The set has {own.width} × {own.height} in {own.channels}."
            raise UserError(what, limit, "Choose another model, or read the set in its size.", "drawn")
        return [self.images.names.index(name) if name in self.images.names else -1 for name in painter.names]

    def split(self, seed: int, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Places of the images to learn from, and of those to judge on."""
        rng, y = np.random.default_rng(seed), self.images.y
        learnt, held = [], []
        for kind in np.unique(y):
            places = rng.permutation(np.flatnonzero(y == kind))
            count = max(1, round(self.options.test * len(places)))
            held.append(places[:count])
            learnt.append(places[count:])
        return drawn(y, np.sort(np.concatenate(learnt)), size, seed), np.sort(np.concatenate(held))

    def parts(self, size: int) -> tuple[int, int]:
        learnt, held = self.split(self.seeds[0], size)
        return len(learnt), len(held)

    def measured(self, key: Key, stopped: Callable[[], bool]) -> Generator[None, None, dict | None]:
        places, held = self.split(key.seed, key.size)
        rng = np.random.default_rng([key.seed, 1])
        places = rng.permutation(places)
        count = max(1, round(VALIDATION * len(places)))
        chosen, training = self.images.part(places[:count]), self.images.part(places[count:])
        if key.arm == DRAWN:
            training = yield from self._with_drawn(training, key.seed)
        torch.manual_seed(key.seed)
        examples = Varied(training, self._chain(key)) if key.arm in self.chains else Examples(training)
        judge = Judge(self.images.shape, len(self.images.names))
        task = SharedTask(judge, examples, Examples(chosen))
        epochs = max(1, round(self.options.steps * BATCH / len(training)))
        plan = Plan((Phase(epochs, {ALL: RATE}),), BATCH, seed=key.seed, precision="fp32")
        fitted = yield from steps.quietly(fit(task, plan, Session(_accelerator(), stopped)))
        if fitted.stopped:
            return None
        return {"scores": scores(judge.eval(), self.images.part(held)), "notes": []}

    def _chain(self, key: Key) -> Chain:
        return Chain(**{**vars(self.chains[key.arm]), "seed": key.seed})

    def _with_drawn(self, training: Images, seed: int) -> Generator[None, None, Images]:
        config = self.painter.set_of(self.options.each, DrawConfig(seed=seed), 100_000)
        x, classes = yield from steps.quietly(self.painter.drawing(config))
        number = np.array([self.names[one] for one in classes])
        kept = number >= 0
        return Images(np.concatenate([training.x, x[kept]]), np.concatenate([training.y, number[kept]]), training.names)


def _accelerator():
    from accelerate import Accelerator

    return Accelerator()


@torch.inference_mode()
def scores(judge: Judge, test: Images) -> dict[str, float]:
    from sklearn.metrics import f1_score

    said = np.concatenate([judge(tensor(test.x[at : at + 500])).argmax(1).cpu().numpy() for at in range(0, len(test), 500)])
    return {"accuracy": float((said == test.y).mean()), "macro_f1": float(f1_score(test.y, said, average="macro", zero_division=0))}
