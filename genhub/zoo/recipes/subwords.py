"""Byte-pair encoding with dropout: the same word cut in other ways while training (Provilkov et al. 2020, arXiv:1910.13267).

The library's own dropout cannot be seeded; here each distinct word is cut a few times in advance, and an epoch draws from
those. A recipe stays a function of its seed, and an epoch is encoded in seconds.
"""

import json
import random
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise

END, UNKNOWN, PAD = "</s>", "<unk>", "<pad>"
SPACE = "▁"
WORDS = rf"{SPACE}?\p{{P}}|{SPACE}?[^{SPACE}\p{{P}}]+|{SPACE}"  # a mark of punctuation is a word, with the space before it


def learn(texts: Iterable[str], vocabulary: int):
    """A tokeniser of `vocabulary` entries. </s> is the first and <pad> the last: some converters of Marian models ask for that."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN))
    straight = [normalizers.Replace(Regex(curly), plain) for curly, plain in (("[‘’ʼ]", "'"), ("[“”„]", '"'), (r"\s+", " "))]
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), *straight, normalizers.Strip()])
    words = pre_tokenizers.Split(Regex(WORDS), "isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace(SPACE, prepend_scheme="always"), words])
    tokenizer.decoder = decoders.Metaspace(SPACE, prepend_scheme="always")
    trainer = trainers.BpeTrainer(vocab_size=vocabulary - 1, special_tokens=[END, UNKNOWN], show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_special_tokens([AddedToken(PAD, special=True)])
    tokenizer.post_processor = processors.TemplateProcessing(single=f"$A {END}", special_tokens=[(END, tokenizer.token_to_id(END))])
    made = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, unk_token=UNKNOWN, pad_token=PAD)
    made.clean_up_tokenization_spaces = False
    return made


class Cutter:
    """Cuts texts into the tokeniser's pieces, in `ways` ways a word: the first is the usual one, the others drop merges at random."""

    def __init__(self, tokenizer, dropout: float, ways: int, seed: int):
        model = json.loads(tokenizer.backend_tokenizer.to_str())["model"]
        self.ids, self.unknown = model["vocab"], model["vocab"][UNKNOWN]
        self.ranks = {tuple(pair): rank for rank, pair in enumerate(model["merges"])}
        self.backend, self.dropout, self.ways, self.seed = tokenizer.backend_tokenizer, dropout, ways, seed
        self.cuts = cache(self._cuts)

    def words(self, text: str) -> list[str]:
        """As the tokeniser splits it before it looks for pieces."""
        return [word for word, _ in self.backend.pre_tokenizer.pre_tokenize_str(self.backend.normalizer.normalize_str(text))]

    def encode(self, words: Sequence[str], draw: random.Random | None = None) -> list[int]:
        """Ids without special tokens; cut at random when there is a generator to draw with."""
        found: list[int] = []
        for word in words:
            ways = self.cuts(word)
            found += ways[int(draw.random() * len(ways)) if draw else 0]
        return found

    def _cuts(self, word: str) -> list[list[int]]:
        draw = random.Random(f"{self.seed} {word}")  # noqa: S311 - not for secrets
        return [self.cut(word, None), *(self.cut(word, draw) for _ in range(self.ways - 1))]

    def cut(self, word: str, draw: random.Random | None) -> list[int]:
        """Merge the best pair until none is left; with a generator, each pair is overlooked now and then."""
        pieces = list(word)
        while len(pieces) > 1:
            known = [(self.ranks[pair], at) for at, pair in enumerate(pairwise(pieces)) if pair in self.ranks]
            kept = [one for one in known if draw is None or draw.random() >= self.dropout]
            if not kept:
                break
            _, at = min(kept)
            pieces[at : at + 2] = [pieces[at] + pieces[at + 1]]
        return [self.ids.get(piece, self.unknown) for piece in pieces]
