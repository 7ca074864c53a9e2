"""A translator in eight bits for many sentences at once: CTranslate2 (Klein et al. 2020), which runs the same weights on its own kernels.

    convert(folder, into)                                       # once a model; a few seconds
    engine = Engine(into, threads=2)
    engine.translate([["▁I", "▁run", ".", "</s>"], …], beams=4)  # the best hypotheses of each, in the order given

Scores are those of `generate`: the sum of log-probabilities divided by length ** penalty, the end token counted. Sentences are sorted by
length and put into batches by their tokens, of which every processor core takes one at a time: two cores that share a batch of a model of
this size wait for each other (one sentence took 33 ms instead of 3, a thousand 2.6 s instead of 1.1). The arithmetic is that of eight bits,
so that now and then another word wins than in full precision (`bench/translate.py` says how often).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

BATCH_TOKENS = 256  # of a batch, padding counted: small enough that a few dozen sentences give every core some
TYPES = ("marian", "t5", "mbart", "m2m_100")  # architectures of ours that it knows


@dataclass(frozen=True)
class Found:
    """One hypothesis: its pieces without special tokens, and its score."""

    pieces: list[str]
    score: float


def convert(folder: Path, into: Path) -> None:
    """Write the model of a transformers folder for `Engine`, in a new folder. Raises ValueError or RuntimeError for one it cannot read."""
    from ctranslate2.converters import TransformersConverter

    TransformersConverter(str(folder), low_cpu_mem_usage=False).convert(str(into), quantization="int8")


class Engine:
    """A converted model in memory; used from one thread. threads: batches at once; as many as PyTorch has threads without."""

    def __init__(self, folder: Path, threads: int = 0):
        import ctranslate2
        import torch

        before = torch.get_num_threads()
        options = {"compute_type": "int8", "inter_threads": threads or before, "intra_threads": 1}
        self.translator = ctranslate2.Translator(str(folder), device="cpu", **options)
        torch.set_num_threads(before)  # its one thread a batch was set for everybody here

    def translate(
        self, rows: Sequence[Sequence[str]], beams: int, penalty: float = 1.0, best: int = 1, first: Sequence[str] = (), limit: int = 256
    ) -> list[list[Found]]:
        """`best` hypotheses of each row of pieces (with those that close it), the first the best. first: pieces that a translation
        begins with (the target language of models for many); limit: pieces of a translation at most."""
        told = self.translator.translate_batch(
            [list(row) for row in rows],
            target_prefix=[list(first)] * len(rows) if first else None,
            beam_size=beams,
            num_hypotheses=best,
            length_penalty=penalty,
            max_decoding_length=limit,
            max_batch_size=BATCH_TOKENS,
            batch_type="tokens",
            return_scores=True,
            max_input_length=0,
        )
        size = len(first)
        return [[Found(pieces[size:], score) for pieces, score in zip(one.hypotheses, one.scores, strict=True)] for one in told]
