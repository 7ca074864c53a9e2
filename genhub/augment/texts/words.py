"""A text as words and what stands between them, so that operations on words leave spaces and punctuation as they are."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

WORD = re.compile(r"\w+(?:['’\-]\w+)*")
COMPARED = 1_000  # words
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
    """What became of a text, word by word: ("same" | "gone" | "new", text), in the order in which it is read. Between what is the same
    before and behind, more than COMPARED words are taken as changed altogether: comparing them takes the square of their number."""
    old, new = (re.findall(r"\s*\S+", text.rstrip()) for text in (before, after))
    found = []
    for kind, a, b, c, d in _changes(*([piece.strip() for piece in pieces] for pieces in (old, new))):
        if kind == "equal":
            found.append(("same", "".join(new[c:d])))
            continue
        gone, came = "".join(old[a:b]), "".join(new[c:d])
        if gone and not came and not a:  # what follows begins with it
            gone += " "
        found += [(name, piece) for name, piece in (("gone", gone), ("new", came)) if piece]
    return found


def _changes(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    """As `SequenceMatcher.get_opcodes` gives them."""
    shorter = min(len(old), len(new))
    first = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    last = next((at for at in range(shorter - first) if old[-1 - at] != new[-1 - at]), shorter - first)
    a, b = len(old) - last, len(new) - last
    middle = [("replace", 0, a - first, 0, b - first)]
    if max(a, b) - first <= COMPARED:
        middle = SequenceMatcher(None, old[first:a], new[first:b], autojunk=False).get_opcodes()
    shifted = [(kind, *(at + first for at in places)) for kind, *places in middle]
    pieces = [("equal", 0, first, 0, first), *shifted, ("equal", a, len(old), b, len(new))]
    return [piece for piece in pieces if piece[1] < piece[2] or piece[3] < piece[4]]
