"""A text as words and what stands between them, so that operations on words leave spaces and punctuation as they are."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

WORD = re.compile(r"\w+(?:['’\-]\w+)*")
SENTENCE = re.compile(r"[^.!?…]+[.!?…]*[\"'”’)\]]*\s*")


def parted(text: str) -> tuple[list[str], list[str]]:
    """(words, gaps): one gap more than words, before, between and behind them."""
    words, gaps, at = [], [], 0
    for found in WORD.finditer(text):
        gaps.append(text[at : found.start()])
        words.append(found[0])
        at = found.end()
    return words, [*gaps, text[at:]]


def joined(words: Sequence[str], gaps: Sequence[str]) -> str:
    """A word that is "" takes the gap behind it along; a mark in that gap stays."""
    pieces, left_out = [gaps[0]], False
    for word, gap in zip(words, gaps[1:], strict=True):
        if word:
            pieces += [word, gap]
        else:
            left_out = True
            if gap.strip():  # a mark stands behind the word before then
                pieces += [pieces.pop().rstrip(), gap]
    text = "".join(pieces)
    return re.sub(r"\s{2,}", " ", text).strip() if left_out else text


def sentences(text: str) -> list[str]:
    return SENTENCE.findall(text) or [text]


def in_the_case_of(word: str, model: str) -> str:
    """`word` written as `model` is: in capitals, with a capital, or as it stands."""
    if len(model) > 1 and model.isupper():
        return word.upper()
    return word[:1].upper() + word[1:] if model[:1].isupper() else word


def difference(before: str, after: str) -> list[tuple[str, str]]:
    """What became of a text, word by word: ("same" | "gone" | "new", text), in the order in which it is read."""
    old, new = (re.findall(r"\s*\S+", text) for text in (before, after))
    bare = [[piece.strip() for piece in pieces] for pieces in (old, new)]
    found = []
    for kind, a, b, c, d in SequenceMatcher(None, *bare, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(("same", "".join(new[c:d])))
            continue
        gone, came = "".join(old[a:b]), "".join(new[c:d])
        if gone and not came and not a:  # what follows begins with it
            gone += " "
        found += [(name, piece) for name, piece in (("gone", gone), ("new", came)) if piece]
    return found
