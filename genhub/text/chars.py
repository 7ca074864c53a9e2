"""Tokenisers whose tokens are single characters, as `transformers` loads and saves them."""

from collections.abc import Iterable


def char_tokenizer(characters: Iterable[str]):
    """A fast tokeniser with one token a character, numbered in the order of the code points, as nanoGPT numbers them.

    It fails on a character it does not know: ask `unknown` before.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {character: number for number, character in enumerate(sorted(set(characters)))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=None))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, clean_up_tokenization_spaces=False)


def unknown(tokenizer, text: str) -> list[str]:
    """The characters of `text` that a character tokeniser does not know, in the order of their first appearance."""
    known = tokenizer.get_vocab()
    return [character for character in dict.fromkeys(text) if character not in known]
