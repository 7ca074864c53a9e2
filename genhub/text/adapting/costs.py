"""What parts of a run on a text cost, in seconds: each is done here for a moment on the user's own text, timed and scaled."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch

from genhub.text.adapting import copying, judge, verdict
from genhub.text.adapting.material import Material
from genhub.text.adapting.verdict import Contender
from genhub.text.lm import sliding_windows
from genhub.text.sampling import Sampler

SAID = 24  # tokens that are written for the measurement
PART = 100_000  # tokens that are counted and searched for it


def sampling(sampler: Sampler, samples: int) -> float:
    """All samples on the way."""
    if not samples:
        return 0.0
    new = min(SAID, sampler.config.max_new_tokens)
    short = replace(sampler, config=replace(sampler.config, max_new_tokens=new, stop_at_end=False))
    return timed(short.write)[1] / new * sampler.config.max_new_tokens * samples


def judging(material: Material, contenders: Mapping[str, Contender]) -> float:
    """Reading the unseen text, writing, counting n-grams and searching for what is copied."""
    judged = verdict.Judge(material, contenders, bool, stopped=False)
    window = min(judged.window, len(judged.text) - 1)
    ids = torch.from_numpy(judged.text.ids[: window + 1])
    windows = len(sliding_windows(min(len(judged.text), verdict.MOST_TOKENS), judged.window, judged.window // 2))
    learnt, some = len(material.train) + len(material.validation), material.train[-PART:]
    vocabulary = material.base.model.config.vocab_size
    long, run = verdict.LONG[judged.spells], copying.CHARACTERS if judged.spells else copying.TOKENS
    _, counted = timed(lambda: judge.counted(some, judged.text.ids[:PART], vocabulary, judge.ORDER, len(some)))
    _, searched = timed(lambda: copying.copied([judged.text.ids[:long]], some, run))
    seconds = (counted * min(learnt, verdict.LEARNT) + 3 * searched * len(material.train)) / len(some)
    for contender in contenders.values():
        contender.logits(ids[None, :-1])
        _, read = timed(lambda one=contender: judge.losses(one.logits(ids[None, :-1])[0], ids[1:]))
        _, wrote = timed(lambda one=contender: judged.write(one, new=min(SAID, long)))
        seconds += read * windows + wrote * long / min(SAID, long)
    return seconds


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What `work` returns, and the seconds it took."""
    start = time.perf_counter()
    return work(), time.perf_counter() - start
