"""Classifiers of tables that an augmentation is tried with, and what they are measured by."""

from collections.abc import Callable

import numpy as np

from genhub.augment.tables.columns import Rows

MEASURES = {
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro F1",
    "pr_auc": "area under precision and recall",
}
CONTENDERS = {
    "logistic": "Logistic regression",
    "forest": "Random forest",
    "boosting": "Gradient boosting",
}
TREES = 200
ITERATIONS = 2_000


def learner(name: str, rows: Rows, seed: int, *, weighted: bool = False):
    """A pipeline of scikit-learn for these columns. weighted: rows of small classes count more, which is the usual remedy without new rows."""
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    weight = "balanced" if weighted else None
    made: dict[str, Callable] = {
        "logistic": lambda: LogisticRegression(max_iter=ITERATIONS, class_weight=weight, random_state=seed),
        "forest": lambda: RandomForestClassifier(TREES, class_weight=weight, random_state=seed, n_jobs=1),
        "boosting": lambda: HistGradientBoostingClassifier(class_weight=weight, random_state=seed),
    }
    return make_pipeline(_reader(rows), made[name]())


def _reader(rows: Rows):
    """Numbers are centred and scaled, categories become zeros and ones."""
    from sklearn.compose import make_column_transformer
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    parts = [(StandardScaler(), rows.numeric)] if rows.numeric else []
    if rows.categorical:
        parts.append((OneHotEncoder(handle_unknown="ignore", sparse_output=False), list(rows.categorical)))
    return make_column_transformer(*parts, sparse_threshold=0)


def coded(rows: Rows, y: np.ndarray) -> np.ndarray:
    """Labels as numbers: of texts that look like numbers scikit-learn's forest (1.9) mistakes the weights."""
    return np.searchsorted(np.unique(rows.y.astype(str)), y.astype(str))


def scores(model, rows: Rows, test: Rows) -> dict[str, float]:
    """The MEASURES on unseen rows of `rows`, of a model that learnt `coded` labels."""
    from sklearn.metrics import average_precision_score, balanced_accuracy_score, f1_score

    y, said, sure = coded(rows, test.y), model.predict(test.x), model.predict_proba(test.x)
    truth = (y[:, None] == np.asarray(model.classes_)[None]).astype(int)
    there = truth.any(0)
    return {
        "balanced_accuracy": float(balanced_accuracy_score(y, said)),
        "macro_f1": float(f1_score(y, said, average="macro", zero_division=0)),
        "pr_auc": float(average_precision_score(truth[:, there], sure[:, there], average="macro")),
    }
