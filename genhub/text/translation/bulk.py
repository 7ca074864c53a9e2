"""Many texts at once through a translator's engine of eight bits: each is cut into sentences, and put together again.

bulk = open_bulk("embedded/en-es")
bulk.lines(["I run. It rains.", ""])                    # ["Corro. Llueve.", ""]
bulk.ways(["I run."], best=4)                           # the four best translations of each
"""

import copy
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from genhub.text.methods import MODEL
from genhub.text.translation import passages
from genhub.text.translation.engine import Engine, Found, convert
from genhub.text.translation.passages import Piece
from genhub.text.translation.translator import Translator, open_translator

LONGEST = 96  # tokens of a source: longer sentences are cut, for the models learnt from shorter ones
ROOM = 2  # target tokens for one of the source, and a few more
BEAMS = 4
WIDER = 3  # hypotheses that are searched for each that is wanted: many read alike


@dataclass(frozen=True)
class Bulk:
    """A translator beside its engine. penalty: of length; the translator's own without."""

    translator: Translator
    engine: Engine
    beams: int = BEAMS
    penalty: float | None = None

    def search(self, sources: Sequence[list[int]], best: int = 1) -> list[list[Found]]:
        """The best hypotheses of each source, which stands in tokens."""
        rows = [self.translator.pieces(ids) for ids in sources]
        first = self.translator.pieces(list(self.translator.first[1:]))
        limit = max(map(room, map(len, sources)), default=0)
        penalty = self.translator.penalty if self.penalty is None else self.penalty
        return self.engine.translate(rows, self.beams, penalty, best, first, limit)

    def ids(self, found: Found) -> list[int]:
        """The tokens of a hypothesis."""
        return self.translator.tokenizer.convert_tokens_to_ids(found.pieces)

    def fitting(self, piece: Piece) -> list[Piece]:
        """A sentence that the model reads at once, or its parts."""
        limit = min(LONGEST, self.translator.positions or LONGEST)
        return passages.fitting(piece, lambda text: len(self.translator.encode(text)), limit)

    def distinct(self, found: Sequence[Found]) -> list[Found]:
        """Without those that read like a better one: a model that has seen words cut in several ways writes them in several ways."""
        texts: dict[str, Found] = {}
        for one in found:
            texts.setdefault(self.translator.text(self.ids(one)), one)
        return list(texts.values())

    def lines(self, texts: Sequence[str]) -> list[str]:
        """One line for each text, an empty one for one without words."""
        return [ways[0] for ways in self.ways(texts)]

    def ways(self, texts: Sequence[str], best: int = 1) -> list[list[str]]:
        """Up to `best` translations of each text that read differently: the first of the best of each sentence, the second of the second
        best, and so on."""
        cut = [[part for piece in passages.split(" ".join(text.split())).pieces for part in self.fitting(piece)] for text in texts]
        sources = [self.translator.encode(part.text) for parts in cut for part in parts]
        wide = replace(self, beams=max(self.beams, WIDER * best)) if best > 1 else self
        searched = wide.search(sources, wide.beams if best > 1 else 1)
        found = iter([[self.translator.text(self.ids(one)) for one in self.distinct(each)[:best]] for each in searched])
        return [_joined([next(found) for _ in parts]) for parts in cut]


def _joined(sentences: Sequence[Sequence[str]]) -> list[str]:
    """The ways of a text from those of its sentences; where one has fewer, its last stands for the others."""
    number = max(map(len, sentences), default=0)
    return [" ".join(ways[min(place, len(ways) - 1)] for ways in sentences) for place in range(number)] or [""]


def room(tokens: int) -> int:
    """How many tokens a translation of so many may have."""
    return ROOM * tokens + 16


def open_engine(translator: Translator) -> Engine:
    """The same model for many sentences at once. Takes seconds."""
    with tempfile.TemporaryDirectory(prefix="genhub-engine-") as folder:
        convert(_whole(translator, Path(folder) / "whole"), Path(folder) / "converted")
        return Engine(Path(folder) / "converted")


def open_bulk(model_id: str) -> Bulk:
    """By the id of a model. Raises UserError when it cannot be had."""
    translator = open_translator(model_id)
    return Bulk(translator, open_engine(translator))


def _whole(translator: Translator, folder: Path) -> Path:
    """Where all weights of a translator lie; those of one with an adapter are folded into its base's and written to `folder` first."""
    if not hasattr(translator.model, "peft_config"):
        inner = translator.folder / MODEL
        return inner if inner.is_dir() else translator.folder
    copy.deepcopy(translator.model).merge_and_unload().save_pretrained(folder)
    translator.tokenizer.save_pretrained(folder)
    return folder
