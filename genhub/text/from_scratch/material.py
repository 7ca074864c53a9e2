"""What a training from scratch starts from: the text's own characters, a model drawn for them, and the text as its tokens, in three parts."""

from collections import Counter
from collections.abc import Sequence

from genhub.errors import UserError
from genhub.text.adapting import material
from genhub.text.adapting.material import MOST_STRANGE, Material
from genhub.text.from_scratch import learner
from genhub.text.from_scratch.learner import BREAK, STRETCHES
from genhub.training.configs import ScratchConfig

MOST_CHARACTERS = 512  # different ones: more is a script of words or syllables, which a model this small cannot learn to spell
LEAST_CHARACTERS = 2
OFTEN = 100  # times that a text is read: on the bundled one nothing was gained after 115, and the RNN began to lose


def gather(config: ScratchConfig, documents: Sequence[str]) -> Material:
    """Draw a model for the characters of the text, divide the text and write it in them. Raises UserError for a text that cannot be
    learnt from."""
    dropout = learner.dropout(config, sum(map(len, documents)))
    return material.prepare(config, learner.draw(config, alphabet(documents), dropout), documents)


def alphabet(documents: Sequence[str]) -> list[str]:
    """The characters that get a token: all of them, or the most frequent where the others are so rare that they can be left out. Raises
    UserError where they are not, and for a text of one character."""
    counts = Counter()
    for text in documents:
        counts.update(text)
    if len([character for character in counts if not character.isspace()]) < LEAST_CHARACTERS:
        what = "The text is one character, again and again." if counts else "The text is empty."
        raise UserError(what, f"At least {LEAST_CHARACTERS} different ones.", "Choose a text in which there is something to learn.", "data")
    kept = [character for character, _ in counts.most_common(MOST_CHARACTERS - (BREAK not in counts))]
    left = counts.total() - sum(counts[character] for character in kept)
    if left > MOST_STRANGE * counts.total():
        what = f"The text is written in {len(counts):,} different characters."
        limit = f"A character model here knows {MOST_CHARACTERS}; if the others are more than {MOST_STRANGE:.0%} of a text they are missed."
        raise UserError(what, limit, "Choose a text in an alphabet, or adapt a model whose tokens are pieces of words.", "data")
    return [*kept, *([] if BREAK in counts else [BREAK])]


def notes(config: ScratchConfig, text: Material) -> list[str]:
    """What was decided about the text, in plain words."""
    sizes = text.corpus.characters()
    steps = STRETCHES * learner.stretch(config)
    told = [
        f"{sizes['train']:,} characters to learn from, {len(text.base.tokenizer)} different ones; {sizes['validation']:,} to watch the "
        f"training by, {sizes['test']:,} for the verdict.",
        f"The training is {steps:,} steps long; an epoch is a tenth of that.",
    ]
    times = learner.passes(config, sum(sizes.values()))
    if config.dropout is None and (chosen := learner.drawn_dropout(text.base)):
        told.append(f"The text is read about {times:.0f} times: dropout {chosen:g}, so that less of it is learnt by heart.")
    if times > OFTEN:
        told.append("That is often for a text of this length: a shorter training may reach as much, or a longer text more.")
    if text.strange:
        count = text.strange.total()
        left = "1 character was" if count == 1 else f"{count:,} characters were"
        told.append(f"{left} left out, to know no more than {MOST_CHARACTERS} different ones: {material.named(text.strange)}.")
    return told
