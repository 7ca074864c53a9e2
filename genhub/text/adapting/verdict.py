"""The verdict on an adaptation: the model with and without what it learnt, on text that neither has seen, and what counting reaches.

    judge = Judge(material, adapted, base, stop, stopped)
    figures = yield from judge.events(accelerator)          # what metrics.json begins with
    metrics = whole(figures, training, split, stopped=…)    # all of it

After Stop everything rests on what there is time for: on windows of the unseen text in random order, on n-grams of a part of the text;
nothing is written then, and nothing searched.
"""

import functools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch

from genhub.events import Event, Note, Progress
from genhub.text.adapting import copying, judge, sentences
from genhub.text.adapting.judge import Counted, Measured, Pieces
from genhub.text.adapting.material import Material
from genhub.text.causal import Causal
from genhub.text.decoding.batch import Batch, Row
from genhub.training.configs import GenerateConfig
from genhub.training.plan import agreed
from genhub.training.work import Contender

MOST_TOKENS = 60_000  # of the unseen text: more would not change the second decimal place of a bit
LEARNT = 3_000_000  # tokens that n-grams are counted on
SAMPLES = 6  # texts that each model writes, to see how much of them it copies
LONG = {False: 100, True: 240}  # tokens of each: pieces of words, or characters
PROMPT = {False: 12, True: 48}  # tokens of the unseen text that they go on from
STOP_SECONDS = 0.8  # of measuring after Stop
STOP_LEARNT = 100_000
WINDOWS = 2  # times the training's window is what unseen text is read in, where the model holds it


@dataclass(frozen=True)
class Written:
    """Prompts (tokens of the unseen text) and what a model wrote after each."""

    prompts: list[list[int]]
    answers: list[list[int]]


@torch.inference_mode()
def logits(contender: Contender[Causal], ids: torch.Tensor) -> torch.Tensor:
    """(1, T) tokens → (1, T, V)."""
    with contender.within():
        return contender.model.model(input_ids=ids.to(contender.model.model.device), use_cache=False).logits


class Judge:
    """Measures `model` and `base` (by their names in metrics.json) on the unseen part. `stopped`: Stop was pressed before."""

    def __init__(self, material: Material, contenders: Mapping[str, Contender], stop: Callable[[], bool], stopped: bool):
        self.material, self.contenders, self.stop, self.stopped = material, contenders, stop, stopped
        self.spells = material.base.spells
        self.text = judge.begun(material.test, material.base.start)
        self.window = min(WINDOWS * material.window, material.base.positions or WINDOWS * material.window)

    def events(self, accelerator) -> Iterator[Event]:
        """Progress; a generator whose return value is the figures, {} in all but the main process."""
        measured = yield from self.losses(accelerator)
        self.stopped = bool(agreed(accelerator, int(self.stopped)))
        if not accelerator.is_main_process:
            return {}
        reached = int(measured.known.sum())
        if reached < len(self.text) - 1:
            yield Note(f"The verdict rests on {reached:,} of {len(self.text) - 1:,} unseen tokens, drawn at random.")
        counted = {"ngrams": self.count(judge.ORDER), "unigram": self.count(1)}
        nats = {**measured.nats, **{name: found.nats for name, found in counted.items()}}
        pieces = Measured(measured.text, nats).pieces()
        written = {name: self.write(contender) for name, contender in self.contenders.items()}
        return {**figures(pieces, counted, self.material.config.seed), **self.copied(written), "samples": self.samples(written)}

    def losses(self, accelerator) -> Iterator[Event]:
        """Returns Measured. Under several processes each measures its share of the windows."""
        models = {name: functools.partial(logits, contender) for name, contender in self.contenders.items()}
        share = (accelerator.process_index, accelerator.num_processes)
        most, spoken = min(MOST_TOKENS, len(self.text) - 1), 0.0
        measured = Measured(self.text, {name: np.full(len(self.text), np.nan) for name in models})
        deadline = self.deadline()
        for measured in judge.measuring(models, self.text, self.window, most, self.material.config.seed, share):
            if time.monotonic() - spoken > 1:
                spoken = time.monotonic()
                done = int(measured.known.sum())
                yield Progress(done, most, None, f"{done:,} of {most:,} unseen tokens")
            if deadline is None and self.stop():
                self.stopped = True
                deadline = self.deadline()
            if deadline is not None and time.monotonic() > deadline:
                break
        return together(measured, accelerator)

    def deadline(self) -> float | None:
        return time.monotonic() + STOP_SECONDS if self.stopped else None

    def count(self, order: int) -> Counted:
        """Validation text is text to learn from for n-grams: they choose nothing by it."""
        learnt = np.concatenate([self.material.train, self.material.validation])
        vocabulary = self.material.base.model.config.vocab_size
        return judge.counted(learnt, self.text.ids, vocabulary, order, STOP_LEARNT if self.stopped else LEARNT)

    def write(self, contender: Contender) -> Written:
        """All texts side by side; nothing after Stop."""
        prompts = self.prompts()
        rows = [Row(list(prompt), self.decoding(number, LONG[self.spells]), contender.model.ends) for number, prompt in enumerate(prompts)]
        batch = Batch(contender.model.decoder)
        with contender.within():
            for row in () if self.stopped else rows:
                batch.join(row)
            while batch.rows and not self.stopped:
                batch.step()
                self.stopped = self.stop()
        return Written(prompts, [] if self.stopped else [row.new for row in rows])

    def prompts(self) -> list[list[int]]:
        """Tokens from places spread over the unseen text."""
        ids = self.material.test.ids
        long = min(PROMPT[self.spells], max(1, len(ids) // 4), max(1, (self.material.base.positions or len(ids)) // 4))
        starts = np.linspace(0, len(ids) - long, SAMPLES, dtype=int)
        return [ids[start : start + long].tolist() for start in dict.fromkeys(starts.tolist())]

    def decoding(self, number: int, new: int) -> GenerateConfig:
        return GenerateConfig(max_new_tokens=new, seed=(self.material.config.seed + number) % 2**31)

    def copied(self, written: Mapping[str, Written]) -> dict:
        """{"copying": {run, characters, model, base, held_out}}: see `genhub.text.adapting.copying`."""
        run = copying.CHARACTERS if self.spells else copying.TOKENS
        texts = {**{name: wrote.answers for name, wrote in written.items()}, "held_out": self.unseen()}
        texts = {name: [] for name in texts} if self.stopped else texts
        found = {name: asdict(copying.copied(answers, self.material.train, run)) for name, answers in texts.items()}
        return {"copying": {"run": run, "unit": "characters" if self.spells else "tokens", **found}}

    def unseen(self) -> list[list[int]]:
        """As much of the unseen text as a model writes: how much of it stands in the training text by chance."""
        ids, long = self.material.test.ids, LONG[self.spells]
        starts = np.linspace(0, max(0, len(ids) - long), SAMPLES, dtype=int)
        return [ids[start : start + long].tolist() for start in starts]

    def samples(self, written: Mapping[str, Written]) -> list[dict]:
        """[{prompt, model, base}]: the same prompts and draws with and without what was learnt."""
        prompts = [] if self.stopped else next(iter(written.values())).prompts
        spelled = {name: [self.spelled(answer) for answer in wrote.answers] for name, wrote in written.items()}
        return [
            {"prompt": self.spelled(prompt), **{name: texts[number] for name, texts in spelled.items()}}
            for number, prompt in enumerate(prompts)
        ]

    def spelled(self, ids: Sequence[int]) -> str:
        return self.material.base.tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)


def together(measured: Measured, accelerator) -> Measured:
    """What all processes measured, each its own windows."""
    if accelerator.num_processes == 1:
        return measured
    nats = {}
    for name, values in measured.nats.items():
        both = torch.from_numpy(np.stack([np.nan_to_num(values), np.isfinite(values)])).to(accelerator.device)
        found, known = accelerator.reduce(both).cpu().numpy()
        nats[name] = np.where(known > 0, found, np.nan)
    return Measured(measured.text, nats)


def figures(pieces: Pieces, counted: Mapping[str, Counted], seed: int) -> dict:
    """Losses of all models in the units they are known by, and what `model` gains on each of the others, in bits a character."""
    low, high = pieces.interval("model", seed)
    baselines = {}
    for name in pieces.nats:
        if name != "model":
            baselines[name] = {**pieces.figures(name), "gain": asdict(pieces.gain("model", name, seed))}
    for name, found in counted.items():
        baselines[name] |= {"order": found.order, "learnt_tokens": found.tokens, "tokens_to_learn": found.of}
    return {
        **pieces.figures("model"),
        "bits_per_character_low": low,
        "bits_per_character_high": high,
        "test_characters": int(pieces.characters.sum()),
        "test_bytes": int(pieces.bytes.sum()),
        "test_tokens": int(pieces.tokens.sum()),
        "baselines": baselines,
    }


def whole(judged: Mapping, training: Mapping, split: Mapping, *, stopped: bool) -> dict:
    """What metrics.json holds."""
    metrics = {**judged, "training": dict(training), "split": dict(split), "stopped": bool(stopped)}
    return metrics | {"sentences": sentences.of(metrics)}
