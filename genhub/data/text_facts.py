"""What can be counted in a text to learn to write from, and what of that somebody should know before training on it.

`measure` counts, `findings` puts into words what is out of the ordinary; nothing is changed here.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

FREQUENT = 200  # characters that are listed
LONG_LINE = 5_000
REPEATABLE = 20  # shorter lines, such as the names of speakers, are repeated in any play
# Opening and closing tags such as <p class="a">, </p>, <br/>; bounded, so that one sign “<” costs little.
TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9-]{0,20})(?:\s[^<>]{0,300})?/?>")

FEW_LETTERS, MANY_REPEATS = 0.5, 0.2
LEAST_TAGS, CHARACTERS_PER_TAG = 20, 1_000  # that many, and one in so many characters, are worth a word
SHORT, ENOUGH = 20_000, 60_000


@dataclass(frozen=True)
class Measures:
    """Of all documents together.

    frequent: the most frequent of the `distinct` characters, most frequent first. letters: their share of the characters that are no
    blanks. long_lines: of more than LONG_LINE characters; longest_line in characters. repeated: the share, among lines of REPEATABLE
    characters or more, of those that have stood before. tags: how often each stands there, as a name, without attributes.
    """

    characters: int
    words: int
    lines: int
    distinct: int
    frequent: str
    letters: float
    long_lines: int
    longest_line: int
    repeated: float
    tags: dict[str, int]


def measure(documents: Sequence[str]) -> Measures:
    """Count. A line ends with \\n or with its document; words are what stands between blanks."""
    found: Counter[str] = Counter()
    tags: Counter[str] = Counter()
    seen: set[str] = set()
    words = lines = long_lines = longest = considered = repeated = 0
    for text in documents:
        found.update(text)
        words += len(text.split())
        if "<" in text:
            tags.update(match[1].lower() for match in TAG.finditer(text))
        for line in text.removesuffix("\n").split("\n"):
            lines += 1
            longest = max(longest, len(line))
            long_lines += len(line) > LONG_LINE
            if len(line.strip()) >= REPEATABLE:
                considered += 1
                repeated += line in seen
                seen.add(line)
    solid = sum(count for char, count in found.items() if not char.isspace())
    letters = sum(count for char, count in found.items() if char.isalpha())
    ranked = sorted(found, key=lambda char: (-found[char], char))
    return Measures(
        characters=found.total(),
        words=words,
        lines=lines,
        distinct=len(found),
        frequent="".join(ranked[:FREQUENT]),
        letters=letters / max(1, solid),
        long_lines=long_lines,
        longest_line=longest,
        repeated=repeated / max(1, considered),
        tags=dict(tags.most_common()),
    )


def findings(measures: Measures) -> list[dict[str, str]]:
    """{"code", "text": one or two sentences} for what is out of the ordinary."""
    return [{"code": code, "text": told} for code, look in LOOKS.items() if (told := look(measures))]


def _short(measures: Measures) -> str:
    if measures.characters >= SHORT:
        return ""
    return f"A character model from scratch will mostly memorise this: {ENOUGH:,} characters or more write better."


def _few_letters(measures: Measures) -> str:
    if measures.letters >= FEW_LETTERS:
        return ""
    return f"Only {measures.letters:.0%} of the characters are letters, blanks not counted: a model learns to write figures and signs, too."


def _markup(measures: Measures) -> str:
    total = sum(measures.tags.values())
    if total < max(LEAST_TAGS, measures.characters / CHARACTERS_PER_TAG):
        return ""
    often = ", ".join(f"<{name}> {count:,} times" for name, count in list(measures.tags.items())[:3])
    return f"There are {total:,} tags in it ({often}): a model learns to write them, too."


def _long_lines(measures: Measures) -> str:
    count = measures.long_lines
    if not count:
        return ""
    which = "1 line has" if count == 1 else f"{count:,} lines have"
    return f"{which} more than {LONG_LINE:,} characters, the longest {measures.longest_line:,}: line ends may be missing."


def _repeated(measures: Measures) -> str:
    if measures.repeated <= MANY_REPEATS:
        return ""
    share = f"{measures.repeated:.0%}"
    return f"{share} of the lines of {REPEATABLE} characters or more have stood before, word for word: a model learns these by heart."


LOOKS = {"short": _short, "few-letters": _few_letters, "markup": _markup, "long-lines": _long_lines, "repeated-lines": _repeated}
