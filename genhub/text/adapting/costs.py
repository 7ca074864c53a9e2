"""What parts of a run on a text cost, in seconds: each is done here for a moment on the user's own text, timed and scaled."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from genhub.text.adapting import copying, judge, verdict
from genhub.text.adapting.material import Material
from genhub.text.decoding.batch import Batch, Row
from genhub.text.decoding.memory import Decoder
from genhub.text.lm import sliding_windows
from genhub.text.sampling import Sampler
from genhub.training.configs import GenerateConfig
from genhub.training.work import Contender

SAID = 24  # tokens that are written for the measurement
PART = 100_000  # tokens that are counted and searched for it
TRIALS = 3


def sampling(sampler: Sampler, samples: int) -> float:
    """All samples on the way."""
    config = replace(sampler.config, max_new_tokens=min(SAID, sampler.config.max_new_tokens), stop_at_end=False)
    return samples * sampler.config.max_new_tokens * a_token(sampler.decoder, [sampler.prompt], config) if samples else 0.0


def judging(material: Material, contenders: Mapping[str, Contender]) -> float:
    """Reading the unseen text, writing, counting n-grams and searching for what is copied."""
    judged = verdict.Judge(material, contenders, bool, stopped=False)
    window, long = min(judged.window, len(judged.text) - 1), verdict.LONG[judged.spells]
    ids = torch.from_numpy(judged.text.ids[: window + 1])
    windows = len(sliding_windows(min(len(judged.text), verdict.MOST_TOKENS), judged.window, judged.window // 2))
    seconds = 0.0
    for contender in contenders.values():
        read = usual(lambda one=contender: judge.losses(verdict.logits(one, ids[None, :-1])[0], ids[1:]))
        config = replace(judged.decoding(0, min(SAID, long)), stop_at_end=False)
        with contender.within():
            seconds += read * windows + long * a_token(contender.model.decoder, judged.prompts(), config)
    return seconds + _counting(material, judged.text.ids, long)


def _counting(material: Material, unseen: np.ndarray, long: int) -> float:
    """N-grams of both orders, and three looks for copies: of what the model wrote, of what its base wrote, of the unseen text."""
    learnt, some = len(material.train) + len(material.validation), material.train[-PART:]
    run = copying.CHARACTERS if material.base.spells else copying.TOKENS
    vocabulary = material.base.model.config.vocab_size
    counted = usual(lambda: judge.counted(some, unseen[:PART], vocabulary, judge.ORDER, len(some)))
    searched = usual(lambda: copying.copied([unseen[:long]], some, run))
    return (2 * counted * min(learnt, verdict.LEARNT) + 3 * searched * len(material.train)) / len(some)


def a_token(decoder: Decoder, prompts: Sequence[list[int]], config: GenerateConfig) -> float:
    """One token of each of these rows, side by side."""
    batch, seconds = Batch(decoder), []
    for prompt in prompts:
        batch.join(Row(list(prompt), config))
    while batch.rows:
        seconds.append(timed(batch.step)[1])
    return statistics.median(seconds)


def usual(work: Callable[[], Any]) -> float:
    """Seconds of a piece of work that another program now and then interrupts."""
    return statistics.median(timed(work)[1] for _ in range(TRIALS))


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What `work` returns, and the seconds it took."""
    start = time.perf_counter()
    return work(), time.perf_counter() - start
