"""The plain words under a verdict."""

import pytest

from genhub.text import sentences


@pytest.mark.parametrize(
    ("gap", "said"),
    [
        ((0.043, 0.015, 0.071), "Beats TF-IDF by 0.043 [+0.015, +0.071]."),
        ((-0.03, -0.05, -0.01), "TF-IDF wins by 0.030 [+0.010, +0.050]."),
        ((0.01, -0.02, 0.04), "No clear difference to TF-IDF: +0.010 [−0.020, +0.040]; the interval contains 0."),
        ((0.01, 0.0, 0.02), "No clear difference to TF-IDF: +0.010 [0.000, +0.020]; the interval contains 0."),
        ((0.0, 0.0, 0.0), "No difference to TF-IDF: both are right on the same rows, and wrong on the same."),
        ((-0.0001, -0.02, 0.02), "No clear difference to TF-IDF: 0.000 [−0.020, +0.020]; the interval contains 0."),
    ],
)
def test_the_base_line_is_told_as_it_is(gap, said):
    assert sentences.difference(dict(zip(("mean", "low", "high"), gap, strict=True)), "TF-IDF") == said


@pytest.mark.parametrize(
    ("judged", "planned", "stopped", "told"),
    [
        (5, 5, False, "5 folds"),
        (5, 5, True, "5 folds"),
        (1, 5, True, "fold 1 of 5"),
        (3, 5, True, "folds 1 to 3 of 5"),
        (5, None, False, "5 folds"),
        (1, None, True, "fold 1"),
    ],
)
def test_folds_are_counted_as_they_were_judged(judged, planned, stopped, told):
    split = {} if planned is None else {"folds": planned}
    assert sentences.folds({"folds": judged, "split": split, "stopped": stopped}) == told


def test_majority():
    assert sentences.majority({"label": "billing", "accuracy": 0.2099}) == "A model that always says “billing” would reach 0.21."


def test_the_most_frequent_confusions_come_first_and_single_rows_not_at_all():
    table = {"labels": ["refund", "cancel order", "other"], "confusion": [[45, 9, 0], [2, 50, 1], [0, 12, 40]]}
    assert sentences.confusions(table) == [
        "Confuses “other” with “cancel order” in 12 of 52 rows.",
        "Confuses “refund” with “cancel order” in 9 of 54 rows.",
        "Confuses “cancel order” with “refund” in 2 of 53 rows.",
    ]


def test_single_rows_are_told_when_there_is_nothing_else():
    assert sentences.confusions({"labels": ["a", "b"], "confusion": [[5, 1], [0, 5]]}) == ["Confuses “a” with “b” in 1 of 6 rows."]
    assert sentences.confusions({"labels": ["a", "b"], "confusion": [[5, 0], [0, 5]]}) == [
        "Confuses nothing: every unseen row got its own label."
    ]


def test_small_classes_are_named():
    metrics = {"per_class": [{"label": "a", "support": 9}, {"label": "b", "support": 10}]}
    assert sentences.rare(metrics) == ["Few unseen rows of “a” (9): figures of a class with fewer than 10 rows say little."]


def test_a_label_as_long_as_a_sentence_is_cut():
    said = sentences.majority({"label": "x" * 500, "accuracy": 0.5})
    assert said == f"A model that always says “{'x' * 59}…” would reach 0.50."


def test_overconfidence_has_a_direction():
    def bins(confidence, accuracy):
        return {"ece": abs(confidence - accuracy), "bins": [{"count": 0}, {"count": 7, "confidence": confidence, "accuracy": accuracy}]}

    assert sentences.overconfidence(bins(0.9, 0.8)) == (
        "Its highest probability is on average 0.100 too high (expected calibration error 0.100)."
    )
    assert "too low" in sentences.overconfidence(bins(0.7, 0.8))
    assert "as high as its accuracy" in sentences.overconfidence(bins(0.81, 0.8))
