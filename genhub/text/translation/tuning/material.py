"""What tuning starts from: the model, and the pairs in three parts, divided by their sources, so that none stands in two."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genhub.data import samples
from genhub.errors import UserError
from genhub.text.translation import alignment
from genhub.text.translation.seq2seq import Pairs
from genhub.text.translation.translator import Translator, open_translator
from genhub.training.configs import TuneConfig

LONGEST = 128  # tokens of a side; longer pairs are left out
LEAST = {"train": 8, "validation": 2, "test": 4}  # sources of each part
GENERAL = samples.FOLDER / "alignments.en-es.txt"
Pair = tuple[str, str]


@dataclass(frozen=True)
class Material:
    """`train`, `validation`: pairs in tokens. `test`: sources with all their translations. general: others of these languages, that show
    what was forgotten; none for languages that there are none of. long: pairs that were left out; unknown: pairs with a character that
    the model does not know, which are not."""

    config: TuneConfig
    base: Translator
    train: Pairs
    validation: Pairs
    test: dict[str, list[str]]
    general: dict[str, list[str]]
    sources: dict[str, int]
    long: int
    unknown: int

    def notes(self) -> list[str]:
        """What was decided about the pairs, in plain words."""
        told = [
            f"{len(self.train.pairs):,} pairs to learn from, {len(self.validation.pairs):,} to choose the best epoch; "
            f"{self.sources['test']:,} sources for the verdict."
        ]
        if self.long:
            told.append(f"{_counted(self.long)} left out, because a side has more than {LONGEST} tokens.")
        if self.unknown:
            told.append(f"{self.unknown:,} of the pairs hold a character that the model has no piece for.")
        return told


def read(path: Path) -> list[Pair]:
    """The pairs of a run: {"source": …, "target": …} a line. Raises UserError where there are none."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    found = [(row["source"], row["target"]) for row in map(json.loads, lines)]
    if not found:
        raise UserError("This run has no pairs to learn from.", "Training needs some.", "Start it again from pairs.", "data")
    return found


def gather(config: TuneConfig, pairs: Sequence[Pair]) -> Material:
    """Open the model and divide the pairs. Raises UserError for languages that the model does not know, and for too few pairs."""
    base = open_translator(config.model).between(config.source_language, config.target_language)
    return prepare(config, base, pairs)


def prepare(config: TuneConfig, base: Translator, pairs: Sequence[Pair]) -> Material:
    """`gather` with a model that is open."""
    tokens = {pair: (base.encode(pair[0])[:-1], base.encode_target(pair[1])[:-1]) for pair in dict.fromkeys(pairs)}
    fitting = [pair for pair, sides in tokens.items() if max(map(len, sides)) < LONGEST and all(sides)]
    parts = divide(fitting, config.validation_share, config.test_share, config.seed)
    unknown = getattr(base.tokenizer, "unk_token_id", None)
    return Material(
        config,
        base,
        *(Pairs([tokens[pair] for pair in parts[part]], base.special) for part in ("train", "validation")),
        _by_source(parts["test"]),
        _by_source(general(base.source, base.target)),
        {part: len(_by_source(found)) for part, found in parts.items()},
        len(tokens) - len(fitting),
        sum(unknown in (*tokens[pair][0], *tokens[pair][1]) for pair in fitting),
    )


def divide(pairs: Sequence[Pair], validation_share: float, test_share: float, seed: int) -> dict[str, list[Pair]]:
    """The parts by name, by shares of the sources, drawn by the seed. Raises UserError where a part would have too few."""
    sources = list(_by_source(pairs))
    order = np.random.default_rng(seed).permutation(len(sources))
    held = {"test": round(test_share * len(sources)), "validation": round(validation_share * len(sources))}
    held = {part: max(LEAST[part], count) for part, count in held.items()}
    if len(sources) < sum(LEAST.values()) or len(sources) - sum(held.values()) < LEAST["train"]:
        what = f"There are {len(sources):,} different sources that the model can read."
        limit = f"At least {sum(LEAST.values())}, to have some to learn from, some to choose by and some to be judged on."
        raise UserError(what, limit, "Add more pairs, or hold out a smaller share.", "data")
    first = held["test"]
    part_of = {
        sources[at]: "test" if place < first else "validation" if place < first + held["validation"] else "train"
        for place, at in enumerate(order)
    }
    parts: dict[str, list[Pair]] = {"train": [], "validation": [], "test": []}
    for pair in pairs:
        parts[part_of[pair[0]]].append(pair)
    return parts


def general(source: str, target: str) -> list[Pair]:
    """Everyday pairs that were written for this project, in these languages."""
    if {source, target} != {"en", "es"}:
        return []
    written = alignment.read(GENERAL)
    found = [(alignment.as_text(one.source), alignment.as_text(one.target)) for one in written]
    return found if source == "en" else [(there, here) for here, there in found]


def _by_source(pairs: Sequence[Pair]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for source, target in pairs:
        found.setdefault(source, []).append(target)
    return found


def _counted(count: int) -> str:
    return "1 pair was" if count == 1 else f"{count:,} pairs were"
