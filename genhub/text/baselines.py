"""What a run has to beat: the most frequent label, and TF-IDF with logistic regression, on the same split.

Both see the training rows only. TF-IDF counts words and pairs of neighbouring words, damped by their logarithm; it is a
strong opponent on small tables and on topics that single words give away, and it is reported even when it wins.
"""

import warnings
from collections import Counter
from collections.abc import Sequence

import numpy as np

# A word, a run of other signs (“:)”, “!”), or one character of a script that is written without blanks.
WORDS = r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+|[^\w\s]+"
MOST_WEIGHTS = 1_000_000  # features × classes; beyond it the rarest words are left out, or the fit takes minutes
PAIRS_UP_TO = 20_000_000  # characters; of longer tables only single words are counted, for the memory of their pairs
CHOOSE_UP_TO = 2_000  # training rows, and
CHOOSE_UP_TO_CHARACTERS = 1_000_000  # their characters, for which C is chosen by cross-validation
CHOICES_OF_C = (1.0, 10.0, 100.0)
FIXED_C = 10.0


def majority(train_labels: Sequence[str], count: int) -> list[str]:
    """The most frequent training label, `count` times; of equally frequent ones the first in the alphabet."""
    frequencies = Counter(train_labels)
    return [min(frequencies, key=lambda label: (-frequencies[label], label))] * count


def tfidf(train_texts: Sequence[str], train_labels: Sequence[str], test_texts: Sequence[str], seed: int = 0) -> list[str]:
    """Labels of `test_texts` by TF-IDF (word 1–2-grams, sublinear) and multinomial logistic regression.

    The inverse regularisation C is chosen by three-fold cross-validation on the training rows where there are at most
    2,000 of them (and a million characters), otherwise 10. `seed` draws those folds; the rest is deterministic.
    """
    from sklearn.exceptions import ConvergenceWarning

    frequencies = Counter(train_labels)
    if len(frequencies) < 2:
        return majority(train_labels, len(test_texts))
    if not test_texts:
        return []
    with warnings.catch_warnings():
        # A fit cut off at its last step still is a fair opponent; the warning would only puzzle the reader of a log.
        warnings.simplefilter("ignore", ConvergenceWarning)
        characters = sum(map(len, train_texts))
        model = _pipeline(len(frequencies), pairs=characters <= PAIRS_UP_TO)
        folds = min(3, *frequencies.values())
        if len(train_texts) <= CHOOSE_UP_TO and characters <= CHOOSE_UP_TO_CHARACTERS and folds > 1:
            model.set_params(logisticregression__C=_best_c(model, train_texts, train_labels, (folds, seed)))
        return model.fit(train_texts, train_labels).predict(test_texts).tolist()


def _pipeline(classes: int, pairs: bool):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    words = TfidfVectorizer(
        token_pattern=WORDS,
        ngram_range=(1, 2) if pairs else (1, 1),
        sublinear_tf=True,
        max_features=MOST_WEIGHTS // classes,
        dtype=np.float32,
    )
    return make_pipeline(words, LogisticRegression(C=FIXED_C, max_iter=200))


def _best_c(model, texts: Sequence[str], labels: Sequence[str], drawn: tuple[int, int]) -> float:
    """The C with the best mean accuracy over stratified folds (number, seed); the smallest of equally good ones."""
    from sklearn.model_selection import GridSearchCV, StratifiedKFold

    folds, seed = drawn
    splits = StratifiedKFold(folds, shuffle=True, random_state=seed)
    search = GridSearchCV(model, {"logisticregression__C": CHOICES_OF_C}, cv=splits, scoring="accuracy", refit=False)
    return search.fit(list(texts), list(labels)).best_params_["logisticregression__C"]
