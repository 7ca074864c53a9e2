"""What a run has to beat: the most frequent label, and TF-IDF with logistic regression, on the same split.

Both see the training rows only. TF-IDF counts words and pairs of neighbouring words, damped by their logarithm; it is a
strong opponent on small tables and on topics that single words give away, and it is reported even when it wins.
"""

import warnings
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

# A word, a run of other signs (“:)”, “!”), or one character of a script that is written without blanks.
WORDS = r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+|[^\w\s]+"
MOST_WEIGHTS = 1_000_000  # features × classes; beyond it the rarest words are left out, or the fit takes minutes
PAIRS_UP_TO = 20_000_000  # characters; of longer tables only single words are counted, for the memory of their pairs
CHOOSE_UP_TO = 2_000  # training rows, and
CHOOSE_UP_TO_CHARACTERS = 1_000_000  # their characters, for which C is chosen by cross-validation
CHOICES_OF_C = (1.0, 10.0, 100.0)
FIXED_C = 10.0
NEWTON = 2  # iterations between two steps of a fit, and
ROUNDS = 50  # how many such steps at most; a handful is usual
WORD_BYTES = 150  # of one word in the vocabulary, measured


def majority(train_labels: Sequence[str], count: int) -> list[str]:
    """The most frequent training label, `count` times; of equally frequent ones the first in the alphabet."""
    frequencies = Counter(train_labels)
    return [min(frequencies, key=lambda label: (-frequencies[label], label))] * count


def tfidf(train_texts: Sequence[str], train_labels: Sequence[str], test_texts: Sequence[str], seed: int = 0) -> list[str]:
    """Labels of `test_texts` by TF-IDF (word 1–2-grams, sublinear) and multinomial logistic regression.

    The inverse regularisation C is chosen by three-fold cross-validation on the training rows where there are at most
    2,000 of them (and a million characters), otherwise 10. `seed` draws those folds; the rest is deterministic.
    """
    return fit(train_texts, train_labels, seed).predict(test_texts)


@dataclass(frozen=True)
class Tfidf:
    """A fitted baseline. `labels` in the order of its scores; `words` and `weights` are None where there is one label only."""

    labels: list[str]
    words: object
    weights: object

    def scores(self, texts: Sequence[str]) -> np.ndarray:
        """Probabilities (N, C)."""
        if self.weights is None or not len(texts):
            return np.ones((len(texts), len(self.labels)))
        return self.weights.predict_proba(self.words.transform(texts))

    def predict(self, texts: Sequence[str]) -> list[str]:
        return [self.labels[place] for place in self.scores(texts).argmax(axis=1)]

    def bytes(self) -> int:
        """About how much memory it takes."""
        return 0 if self.weights is None else self.weights.coef_.nbytes + WORD_BYTES * len(self.words.vocabulary_)


def fit(texts: Sequence[str], labels: Sequence[str], seed: int = 0) -> Tfidf:
    """The baseline of `tfidf`, to be kept and asked again."""
    steps = fitting(texts, labels, seed)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def fitting(texts: Sequence[str], labels: Sequence[str], seed: int = 0) -> Generator[None, None, Tfidf]:
    """`fit` in steps, for a process that has others to serve in between; returns Tfidf."""
    frequencies = Counter(labels)
    if len(frequencies) < 2:
        return Tfidf(list(frequencies), None, None)
    characters = sum(map(len, texts))
    pairs, folds, c = characters <= PAIRS_UP_TO, min(3, *frequencies.values()), FIXED_C
    if len(texts) <= CHOOSE_UP_TO and characters <= CHOOSE_UP_TO_CHARACTERS and folds > 1:
        c = yield from _best_c(texts, labels, pairs, (folds, seed))
    words = _words(len(frequencies), pairs)
    counted = words.fit_transform(texts)
    yield
    weights = yield from _logistic(counted, labels, c)
    return Tfidf(weights.classes_.tolist(), words, weights)


def _words(classes: int, pairs: bool):
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        token_pattern=WORDS,
        ngram_range=(1, 2) if pairs else (1, 1),
        sublinear_tf=True,
        max_features=MOST_WEIGHTS // classes,
        dtype=np.float32,
    )


def _logistic(counted, labels: Sequence[str], c: float) -> Generator[None, None, object]:
    """Logistic regression on (N, words), a few Newton iterations a step. L-BFGS, scikit-learn's default, takes ten times as
    long with many classes and stops further from the optimum."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=c, solver="newton-cg", tol=1e-5, max_iter=NEWTON, warm_start=True)
    for _ in range(ROUNDS):
        with _quiet():
            model.fit(counted, labels)
        yield
        if model.n_iter_.max() < NEWTON:
            break
    return model


@contextmanager
def _quiet() -> Iterator[None]:
    """A fit cut off after a few iterations is meant to be, and one that finds no better point has ended: no warnings."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", message="Line Search failed")
        yield


def _best_c(texts: Sequence[str], labels: Sequence[str], pairs: bool, drawn: tuple[int, int]) -> Generator[None, None, float]:
    """The C with the best mean accuracy over stratified folds (number, seed); the smallest of equally good ones."""
    from sklearn.model_selection import StratifiedKFold

    texts, labels = np.array(texts, dtype=object), np.array(labels, dtype=object)
    right = dict.fromkeys(CHOICES_OF_C, 0.0)
    for seen, unseen in StratifiedKFold(drawn[0], shuffle=True, random_state=drawn[1]).split(texts, labels):
        words = _words(len(set(labels[seen])), pairs)
        counted, asked = words.fit_transform(texts[seen]), words.transform(texts[unseen])
        yield
        for c in CHOICES_OF_C:
            model = yield from _logistic(counted, labels[seen], c)
            right[c] += float((model.predict(asked) == labels[unseen]).mean())
    return max(right, key=lambda c: (right[c], -c))
