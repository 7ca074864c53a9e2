"""What each operation does to texts, many at once: those that ask a model ask it once for all of them.

Each of them is (texts, a random generator for each, amount, tools) → texts. Whatever is drawn for a text depends on its own generator alone.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from genhub.augment.texts import words
from genhub.augment.texts.slips import beside, misspelt

Rngs = Sequence[np.random.Generator]


class Tools(Protocol):
    """What models do for operations."""

    def similar(self, asked: Sequence[tuple[str, np.random.Generator]]) -> list[str]:
        """For each word one with a similar embedding; the word itself where there is none."""
        ...

    def jittered(self, asked: Sequence[tuple[str, np.random.Generator]], deviation: float) -> list[str]:
        """For each word the one nearest to its embedding with noise on it."""
        ...

    def in_context(self, asked: Sequence[tuple[list[str], list[str], list[int], np.random.Generator]]) -> list[list[str]]:
        """For the words of each text, with its gaps, those at the places as a masked-language model proposes them."""
        ...

    def there_and_back(self, asked: Sequence[tuple[str, np.random.Generator]]) -> list[str]:
        """Each text in another language, in one of several ways that is drawn, and back."""
        ...


Effect = Callable[[Sequence[str], Rngs, float, Tools], list[str]]


def _each(do: Callable[[str, np.random.Generator, float], str]) -> Effect:
    """Of one that looks at one text at a time."""
    return lambda texts, rngs, amount, tools: [do(text, rng, amount) for text, rng in zip(texts, rngs, strict=True)]


def _chosen(count: int, share: float, rng: np.random.Generator) -> np.ndarray:
    """Which of so many: about this share of them, rounded by chance."""
    asked = count * share
    number = min(count, int(asked) + int(rng.random() < asked - int(asked)))
    return np.sort(rng.choice(count, number, replace=False)) if number else np.zeros(0, int)


def _shuffle_characters(text: str, rng: np.random.Generator, share: float) -> str:
    found, gaps = words.parted(text)
    long = [place for place, word in enumerate(found) if len(word) > 3]
    for at in _chosen(len(long), share, rng):
        word = found[long[at]]
        found[long[at]] = word[0] + "".join(rng.permutation(list(word[1:-1])).tolist()) + word[-1]
    return words.joined(found, gaps)


def _shuffle_words(text: str, rng: np.random.Generator, distance: float) -> str:
    """Each word may be overtaken by those at most so far behind it (Lample et al. 2018)."""
    found, gaps = words.parted(text)
    order = np.argsort(np.arange(len(found)) + rng.uniform(0, distance + 1, len(found)), kind="stable") if distance else range(len(found))
    return words.joined([found[place] for place in order], gaps)


def _shuffle_sentences(text: str, rng: np.random.Generator, _: float) -> str:
    found = words.sentences(text)
    if len(found) < 2:
        return text
    return " ".join(found[place].strip() for place in rng.permutation(len(found)))


def _swap(text: str, rng: np.random.Generator, share: float) -> str:
    found, gaps = words.parted(text)
    if len(found) < 2:
        return text
    for _ in _chosen(len(found), share, rng):
        one, other = rng.choice(len(found), 2, replace=False)
        found[one], found[other] = found[other], found[one]
    return words.joined(found, gaps)


def _delete(text: str, rng: np.random.Generator, share: float) -> str:
    found, gaps = words.parted(text)
    gone = _chosen(len(found), share, rng)
    if not len(gone):
        return text
    if len(gone) == len(found):
        gone = np.delete(gone, int(rng.integers(len(gone))))
    for place in gone.tolist():
        found[place] = ""
    return words.joined(found, gaps)


def _keyboard(text: str, rng: np.random.Generator, share: float) -> str:
    letters = list(text)
    places = [place for place, letter in enumerate(letters) if letter.isalpha()]
    for at in _chosen(len(places), share, rng):
        letters[places[at]] = beside(letters[places[at]], rng)
    return "".join(letters)


def _spelling(text: str, rng: np.random.Generator, share: float) -> str:
    found, gaps = words.parted(text)
    for place in _chosen(len(found), share, rng):
        found[place] = words.in_the_case_of(misspelt(found[place], rng), found[place])
    return words.joined(found, gaps)


def _insert(texts: Sequence[str], rngs: Rngs, share: float, tools: Tools) -> list[str]:
    """A word similar to one of the text, behind any of its words (Wei & Zou 2019)."""
    parts = [words.parted(text) for text in texts]
    asked, where = [], []
    for number, ((found, _), rng) in enumerate(zip(parts, rngs, strict=True)):
        for _ in _chosen(len(found), share, rng):
            asked.append((found[int(rng.integers(len(found)))], rng))
            where.append((number, int(rng.integers(len(found)))))
    for (number, place), (word, _), new in zip(where, asked, tools.similar(asked), strict=True):
        if new.lower() != word.lower():
            parts[number][0][place] += f" {new.lower()}"
    return [words.joined(*part) for part in parts]


def _replaced(texts: Sequence[str], rngs: Rngs, share: float, ask: Callable[[list], list[str]]) -> list[str]:
    """About this share of the words, by what is answered for them."""
    parts = [words.parted(text) for text in texts]
    asked, where = [], []
    for number, ((found, _), rng) in enumerate(zip(parts, rngs, strict=True)):
        for place in _chosen(len(found), share, rng):
            asked.append((found[place], rng))
            where.append((number, int(place)))
    for (number, place), (word, _), new in zip(where, asked, ask(asked), strict=True):
        parts[number][0][place] = words.in_the_case_of(new, word)
    return [words.joined(*part) for part in parts]


def _similar(texts: Sequence[str], rngs: Rngs, share: float, tools: Tools) -> list[str]:
    return _replaced(texts, rngs, share, tools.similar)


def _embedding_noise(texts: Sequence[str], rngs: Rngs, deviation: float, tools: Tools) -> list[str]:
    return _replaced(texts, rngs, 1.0 if deviation else 0.0, lambda asked: tools.jittered(asked, deviation))


def _in_context(texts: Sequence[str], rngs: Rngs, share: float, tools: Tools) -> list[str]:
    parts = [words.parted(text) for text in texts]
    asked = [(found, gaps, _chosen(len(found), share, rng).tolist(), rng) for (found, gaps), rng in zip(parts, rngs, strict=True)]
    for (found, _, places, _), proposed in zip(asked, tools.in_context(asked), strict=True):
        for place, new in zip(places, proposed, strict=True):
            found[place] = words.in_the_case_of(new, found[place])
    return [words.joined(*part) for part in parts]


def _there_and_back(texts: Sequence[str], rngs: Rngs, _: float, tools: Tools) -> list[str]:
    return tools.there_and_back(list(zip(texts, rngs, strict=True)))


EFFECTS: dict[str, Effect] = {
    "shuffle-characters": _each(_shuffle_characters),
    "shuffle-words": _each(_shuffle_words),
    "shuffle-sentences": _each(_shuffle_sentences),
    "swap": _each(_swap),
    "delete": _each(_delete),
    "insert": _insert,
    "keyboard": _each(_keyboard),
    "spelling": _each(_spelling),
    "similar": _similar,
    "embedding-noise": _embedding_noise,
    "in-context": _in_context,
    "back-translation": _there_and_back,
}
