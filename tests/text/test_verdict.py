"""A verdict on unseen rows: what metrics.json and predictions.jsonl hold, and several runs in one table."""

import json

import numpy as np
import pytest

from genhub.errors import UserError
from genhub.jobs.folder import RunFolder
from genhub.text import comparison, verdict

LABELS = ["billing", "delivery", "praise"]
TRUE = ["billing", "billing", "billing", "delivery", "delivery", "praise"]
SCORES = [[0.8, 0.1, 0.1], [0.6, 0.3, 0.1], [0.1, 0.9, 0.0], [0.2, 0.7, 0.1], [0.3, 0.4, 0.3], [0.5, 0.2, 0.3]]
PREDICTED = ["billing", "billing", "delivery", "delivery", "delivery", "billing"]
TFIDF = ["billing", "delivery", "delivery", "delivery", "delivery", "praise"]
HOLD_OUT = {"kind": "hold-out", "train": 20, "validation": 4, "test": 6, "seed": 0, "groups_kept_together": True}


def evidence(**changes) -> verdict.Evidence:
    rows = [{"row": 10 + index, "text": f"text {index}", "label": label, "group": index} for index, label in enumerate(TRUE)]
    parts = {"rows": rows, "labels": LABELS, "scores": np.array(SCORES), "tfidf": TFIDF, "majority": ["billing"] * 6}
    return verdict.Evidence(**{**parts, **changes})


def judged(training=(), split=(), **changes) -> verdict.Verdict:
    return verdict.judge(evidence(**changes), {**HOLD_OUT, **dict(split)}, {"method": "lora", **dict(training)})


def test_metrics_by_hand():
    metrics = judged().metrics
    assert metrics["accuracy"] == pytest.approx(4 / 6)
    assert (metrics["accuracy_low"], metrics["accuracy_high"]) == pytest.approx((0.300, 0.9032), abs=5e-4)
    assert metrics["confusion"] == [[2, 1, 0], [0, 2, 0], [1, 0, 0]]
    assert metrics["macro_f1"] == pytest.approx((2 / 3 + 0.8 + 0) / 3)
    assert [entry["label"] for entry in metrics["per_class"]] == LABELS
    assert [entry["support"] for entry in metrics["per_class"]] == [3, 2, 1]
    assert (metrics["test_rows"], metrics["folds"], metrics["labels"], metrics["stopped"]) == (6, 0, LABELS, False)
    assert metrics["split"] == HOLD_OUT
    assert metrics["training"] == {"method": "lora"}


def test_base_lines_by_hand():
    majority, tfidf = (judged().metrics["baselines"][name] for name in ("majority", "tfidf"))
    assert (majority["accuracy"], majority["macro_f1"], majority["label"]) == (0.5, pytest.approx(2 / 3 / 3), "billing")
    assert (majority["accuracy_low"], majority["accuracy_high"]) == pytest.approx((0.188, 0.812), abs=5e-4)
    assert tfidf["accuracy"] == pytest.approx(4 / 6)
    assert tfidf["difference"]["mean"] == pytest.approx(0)
    assert tfidf["difference"]["low"] < 0 < tfidf["difference"]["high"]


def test_predictions_carry_what_the_page_shows():
    first, *_, last = judged().predictions
    assert first == {
        "row": 10,
        "text": "text 0",
        "label": "billing",
        "predicted": "billing",
        "scores": [0.8, 0.1, 0.1],
        "fold": 0,
        "tfidf": "billing",
        "suspect": False,
    }
    assert (last["predicted"], last["tfidf"]) == ("billing", "praise")


def test_everything_survives_json():
    whole = judged(folds=np.array([0, 1, 0, 1, 0, 1]), scores=np.array(SCORES, dtype=np.float32))
    assert json.loads(json.dumps([whole.metrics, whole.predictions], allow_nan=False)) == [whole.metrics, whole.predictions]


def test_folds_are_counted_and_told():
    whole = judged(folds=[0, 1, 2, 0, 1, 2], split={"kind": "cross-validation", "folds": 3})
    assert whole.metrics["folds"] == 3
    assert [entry["fold"] for entry in whole.predictions] == [0, 1, 2, 0, 1, 2]
    assert "each predicted by a model that had not seen it (3 folds)" in whole.metrics["sentences"][0]


def test_sentences_speak_of_this_run():
    said = judged().metrics["sentences"]
    assert said[0] == "Accuracy 0.667 [0.300, 0.903]: 4 of 6 rows that training did not see."
    assert said[1].startswith("No clear difference to TF-IDF: 0.000 [")
    assert "A model that always says “billing” would reach 0.50." in said
    assert "Confuses “billing” with “delivery” in 1 of 3 rows." in said


def test_a_base_line_that_is_right_on_the_same_rows_is_not_given_an_interval():
    whole = judged(tfidf=["billing", "billing", "praise", "delivery", "delivery", "billing"])  # another mistake on the third row
    assert whole.metrics["sentences"][1] == "No difference to TF-IDF: both are right on the same rows, and wrong on the same."


def test_a_stopped_run_says_so():
    whole = verdict.judge(evidence(), HOLD_OUT, {}, stopped=True)
    assert whole.metrics["stopped"]
    assert "was stopped before its end" in whole.metrics["sentences"][-1]


def test_folds_that_stop_cut_off_are_told():
    split = {**HOLD_OUT, "kind": "cross-validation", "folds": 5}
    metrics = verdict.judge(evidence(folds=[0] * 6), split, {}, stopped=True).metrics
    assert metrics["folds"] == 1
    assert metrics["sentences"][0].endswith("each predicted by a model that had not seen it (fold 1 of 5).")


def test_mistakes_cells_and_suspects():
    scores = np.array(SCORES)
    scores[2] = [0.04, 0.96, 0.0]
    whole = judged(scores=scores)
    assert [entry["row"] for entry in verdict.mistakes(whole.predictions)] == [12, 15]
    assert [entry["row"] for entry in verdict.mistakes(whole.predictions, limit=1)] == [12]
    assert [entry["row"] for entry in verdict.cell_rows(whole.predictions, "billing", "billing")] == [10, 11]
    assert verdict.cell_rows(whole.predictions, "praise", "delivery") == []
    # Mean probability of "delivery" on its own rows is 0.55: row 12 (0.96) is confidently there, and 24 times surer than of
    # its own label. Row 15 reaches the 0.48 of "billing" too, but is not so sure.
    assert [entry["row"] for entry in verdict.suspects(whole.predictions, LABELS)] == [12]
    assert whole.metrics["suspects"] == 1
    assert "The model disagrees confidently with the label of 1 row: worth reading." in whole.metrics["sentences"]


def test_coverage_at_a_threshold():
    whole = judged()
    exact = verdict.coverage_at(whole.predictions, 0.6)
    assert exact == verdict.Coverage(0.6, pytest.approx(4 / 6), 0.75, answered=4, rows=6)
    assert verdict.coverage_at(whole.metrics, 0.6) == exact
    assert verdict.coverage_at(whole.predictions, 0.95).accuracy is None


@pytest.mark.parametrize(
    "changes",
    [
        {"scores": np.array(SCORES)[:, :2]},
        {"scores": np.array(SCORES) * 2},
        {"scores": np.full((6, 3), np.nan)},
        {"tfidf": TFIDF[:5]},
        {"folds": [0, 1]},
        {"rows": [], "scores": np.zeros((0, 3)), "tfidf": [], "majority": []},
    ],
)
def test_evidence_that_does_not_fit_is_a_defect(changes):
    with pytest.raises(ValueError, match=r"fit|entry|probabilities"):
        evidence(**changes)


def test_a_label_nobody_trained_on_is_a_defect():
    with pytest.raises(ValueError, match="'praise' is not among the labels"):
        verdict.judge(evidence(labels=["billing", "delivery", "other"]), HOLD_OUT, {})


def run(name: str, right: np.ndarray, **training) -> tuple[str, dict, list[dict]]:
    """A finished run that gets exactly the rows in `right`."""
    rows = [{"row": index + 1, "text": f"t{index}", "label": "ab"[index % 2]} for index in range(len(right))]
    truth = np.arange(len(right)) % 2
    scores = np.where(np.eye(2)[np.where(right, truth, 1 - truth)] > 0, 0.9, 0.1)
    names = [row["label"] for row in rows]
    whole = verdict.judge(verdict.Evidence(rows, ["a", "b"], scores, names, names), HOLD_OUT, training)
    return name, whole.metrics, whole.predictions


def test_compare_puts_runs_beside_the_first():
    first, better = np.arange(100) < 70, np.arange(100) < 90
    compared = verdict.compare(
        [run("frozen", first, method="frozen", seconds=2.0), run("lora", better, method="lora", trainable_percent=0.3, file_bytes=1_000)]
    )
    reference, other = compared.runs
    assert (compared.test_rows, reference.difference, reference.seconds, reference.file_bytes) == (100, None, 2.0, None)
    assert (other.name, other.method, other.trainable_percent, other.file_bytes) == ("lora", "lora", 0.3, 1_000)
    assert other.difference.mean == pytest.approx(0.2)
    assert 0 < other.difference.low < 0.2 < other.difference.high
    assert (other.only_this_right, other.only_first_right) == (20, 0)
    assert other.sentence.startswith("Beats “frozen” by 0.200 [+0.1")
    assert json.loads(json.dumps(compared.to_dict()))["runs"][1]["difference"]["mean"] == pytest.approx(0.2)


def test_compare_pairs_rows_by_number_not_by_place():
    first = run("first", np.arange(50) < 25)
    name, metrics, predictions = run("again", np.arange(50) < 25)
    compared = verdict.compare([first, (name, metrics, predictions[::-1])])
    assert compared.runs[1].difference == verdict.Difference(0.0, 0.0, 0.0)
    assert (compared.runs[1].only_this_right, compared.runs[1].only_first_right) == (0, 0)


def _other_rows(metrics, predictions):
    return metrics, predictions[:-1]


def _other_labels(metrics, predictions):
    return metrics, [{**entry, "label": "b"} for entry in predictions]


def _other_folds(metrics, predictions):
    return metrics, [{**entry, "fold": entry["row"] % 2} for entry in predictions]


def _other_training(metrics, predictions):
    return {**metrics, "split": {**HOLD_OUT, "train": 900}}, predictions


def _no_rows(metrics, predictions):
    return metrics, []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_other_rows, "“b” was judged on other rows than “a”."),
        (_other_labels, "“b” was judged on other rows than “a”."),
        (_other_folds, "“b” was cross-validated on other folds than “a”."),
        (_other_training, "“b” learned from 904 rows, “a” from 24."),
        (_no_rows, "“b” came without its unseen rows."),
    ],
)
def test_compare_refuses_another_split(change, said):
    first, (_, metrics, predictions) = run("a", np.arange(20) < 15), run("b", np.arange(20) < 15)
    with pytest.raises(UserError) as refused:
        verdict.compare([first, ("b", *change(metrics, predictions))])
    assert refused.value.what == said
    assert refused.value.limit
    assert refused.value.remedy
    assert refused.value.field == "runs"


def test_compare_needs_two_runs():
    with pytest.raises(UserError, match="at least two"):
        verdict.compare([run("alone", np.arange(20) < 15)])


def test_a_comparison_reads_what_runs_wrote(tmp_path):
    named = []
    for name, right in (("one", 12), ("two", 15)):
        _, metrics, predictions = run(name, np.arange(20) < right, method=name)
        (tmp_path / name).mkdir()
        (tmp_path / name / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
        lines = "".join(json.dumps(entry) + "\n" for entry in predictions)
        (tmp_path / name / "predictions.jsonl").write_text(lines, encoding="utf-8")
        named.append((name, RunFolder(tmp_path / name)))
    first, second = comparison.compare(named).to_dict()["runs"]
    assert (first["method"], first["difference"]) == ("one", None)
    assert second["difference"]["mean"] == pytest.approx(0.15)
    (tmp_path / "two" / "predictions.jsonl").unlink()
    with pytest.raises(UserError, match="came without its unseen rows"):
        comparison.compare(named)


def test_runs_of_two_kinds_cannot_be_compared(tmp_path):
    named = []
    for name, metrics in (("sorts", {"accuracy": 1.0}), ("writes", {"bits_per_character": 2.0})):
        (tmp_path / name).mkdir()
        (tmp_path / name / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
        named.append((name, RunFolder(tmp_path / name)))
    with pytest.raises(UserError, match="one kind"):
        comparison.compare(named)
