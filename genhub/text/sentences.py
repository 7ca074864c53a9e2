"""What the figures of a verdict mean, in plain words. Reads metrics, computes nothing that is not in them."""

from collections.abc import Mapping

FEW_ROWS = 10
MOST_CONFUSIONS = 3
LABEL_CHARS = 60


def of(metrics: Mapping) -> list[str]:
    """The sentences under a verdict, the most important first."""
    return [
        headline(metrics),
        difference(metrics["baselines"]["tfidf"]["difference"], "TF-IDF"),
        *few_to_learn(metrics["baselines"]["tfidf"]),
        majority(metrics["baselines"]["majority"]),
        *confusions(metrics),
        *rare(metrics),
        overconfidence(metrics["calibration"]),
        *_suspects(metrics),
        *([f"{stopped(metrics)} These are the figures of the best model so far."] if metrics["stopped"] else []),
    ]


def stopped(metrics: Mapping) -> str:
    """Why a run ended before its end. Runs of older versions do not say whether it was the time limit."""
    known = {"limit": "at the time limit", "hand": "by hand", "quota": "when the quota of its GPU was used up"}
    how = known.get(metrics["training"].get("stopped_by"), "before its end")
    return f"The run was stopped {how}."


def few_to_learn(tfidf: Mapping) -> list[str]:
    """What is unfair in the comparison after Stop: the baseline had no time for all rows."""
    if "learnt_rows" not in tfidf:
        return []
    return [
        f"Because of the stop, TF-IDF learnt from {tfidf['learnt_rows']:,} of {tfidf['rows_to_learn']:,} rows only: the comparison is not fair to it."
    ]


def headline(metrics: Mapping) -> str:
    right = round(metrics["accuracy"] * metrics["test_rows"])
    interval = f"[{metrics['accuracy_low']:.3f}, {metrics['accuracy_high']:.3f}]"
    ground = "rows that training did not see"
    if metrics["folds"]:
        ground = f"rows, each predicted by a model that had not seen it ({folds(metrics)})"
    return f"Accuracy {metrics['accuracy']:.3f} {interval}: {right:,} of {metrics['test_rows']:,} {ground}."


def folds(metrics: Mapping) -> str:
    """Which folds of a cross-validation were judged: "5 folds"; "fold 1 of 5" or "folds 1 to 3 of 5" after Stop.

    Runs of older versions do not say how many were planned.
    """
    judged, planned = metrics["folds"], metrics["split"].get("folds")
    if judged == planned or (planned is None and not metrics["stopped"]):
        return f"{judged} folds"
    first = "fold 1" if judged == 1 else f"folds 1 to {judged}"
    return f"{first} of {planned}" if planned else first


def same(gap: Mapping) -> bool:
    """Nothing differs in any resample: both are right on the same rows."""
    return gap["mean"] == gap["low"] == gap["high"] == 0


def difference(gap: Mapping, other: str, rows: str = "rows") -> str:
    """{"mean", "low", "high"} of ours − `other`, said so that an interval with 0 in it, or a loss, is not dressed up. `rows`: what was
    classified."""
    if same(gap):
        return f"No difference to {other}: both are right on the same {rows}, and wrong on the same."
    low, high = signed(gap["low"]), signed(gap["high"])
    if gap["low"] > 0:
        return f"Beats {other} by {gap['mean']:.3f} [{low}, {high}]."
    if gap["high"] < 0:
        return f"{capital(other)} wins by {-gap['mean']:.3f} [{signed(-gap['high'])}, {signed(-gap['low'])}]."
    return f"No clear difference to {other}: {signed(gap['mean'])} [{low}, {high}]; the interval contains 0."


def majority(figures: Mapping) -> str:
    return f"A model that always says {named(figures['label'])} would reach {figures['accuracy']:.2f}."


def confusions(metrics: Mapping, rows: str = "rows") -> list[str]:
    """The most frequent confusions; single ones only when there is nothing more frequent. `rows`: what was classified."""
    labels, table = metrics["labels"], metrics["confusion"]
    cells = [
        (count, sum(table[true]), true, predicted)
        for true, line in enumerate(table)
        for predicted, count in enumerate(line)
        if count and true != predicted
    ]
    if not cells:
        return [f"Confuses nothing: every unseen {rows[:-1]} got its own label."]
    often = [cell for cell in cells if cell[0] > 1] or cells[:1]
    often.sort(key=lambda cell: (-cell[0], -cell[0] / cell[1], cell[2], cell[3]))
    return [
        f"Confuses {named(labels[true])} with {named(labels[predicted])} in {count:,} of {total:,} {rows}."
        for count, total, true, predicted in often[:MOST_CONFUSIONS]
    ]


def rare(metrics: Mapping, rows: str = "rows") -> list[str]:
    few = [entry for entry in metrics["per_class"] if entry["support"] < FEW_ROWS]
    if not few:
        return []
    listed = ", ".join(f"{named(entry['label'])} ({entry['support']})" for entry in few[:5]) + (" and others" if len(few) > 5 else "")
    return [f"Few unseen {rows} of {listed}: figures of a class with fewer than {FEW_ROWS} {rows} say little."]


def overconfidence(calibration: Mapping) -> str:
    """Whether probabilities can be taken at their word. The gap is signed where ECE is not."""
    filled = [entry for entry in calibration["bins"] if entry["count"]]
    total = sum(entry["count"] for entry in filled)
    gap = sum(entry["count"] * (entry["confidence"] - entry["accuracy"]) for entry in filled) / total
    error = f"expected calibration error {calibration['ece']:.3f}"
    if abs(gap) < 0.02:
        return f"On average its highest probability is as high as its accuracy ({error})."
    return f"Its highest probability is on average {abs(gap):.3f} too {'high' if gap > 0 else 'low'} ({error})."


def _suspects(metrics: Mapping) -> list[str]:
    count = metrics["suspects"]
    if not count:
        return []
    return [f"The model disagrees confidently with the label of {count:,} {'row' if count == 1 else 'rows'}: worth reading."]


def named(label: str) -> str:
    """A label in quotes, cut where it is as long as a sentence."""
    return f"“{label if len(label) <= LABEL_CHARS else label[: LABEL_CHARS - 1] + '…'}”"


def signed(value: float) -> str:
    """+0.015 or −0.015, with a true minus; 0 has no sign."""
    shown = f"{abs(value):.3f}"
    return shown if float(shown) == 0 else ("+" if value > 0 else "−") + shown


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
