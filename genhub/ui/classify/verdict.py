"""Stage 4 of Classify: how good it is on rows it has not seen, beside the baselines, and where it fails."""

import gradio as gr

from genhub.lab import EXAMPLE_PREFIX, Lab
from genhub.text import sentences
from genhub.text import verdict as figures
from genhub.ui import charts, markup
from genhub.ui.run_view import LIVE
from genhub.ui.wiring import Wires, pieces

STAGE = "4  Verdict"
OUTPUTS = ["verdict_stage", "verdict_head", "verdict_matrix", "verdict_cell", "verdict_abstain", "verdict_more"]
OUTPUTS += ["verdict_any", "verdict_true", "verdict_said"]
MATRIX_CLASSES = 30  # more make no readable matrix: the largest confusions are listed, and any cell can be chosen by its classes
LONGEST = 220
TRUSTED = 0.9  # below this accuracy four tenths of the suspects and more are the model's own mistakes: tests/text/test_figures.py
NONE_YET = {
    "failed": "This run failed before it could be judged: stage 3 says why.",
    "stopped": "This run was stopped before it could be judged. Resume in stage 3 lets it go on.",
    "finished": "This run brought no figures with it.",
}
EARLIER = "From before it was resumed. A new verdict takes its place when training has ended."
ELSEWHERE = "The rows stayed where this run was trained: a zip holds the figures, not the texts."


def layout(wires: Wires) -> None:
    with gr.Accordion(STAGE, open=True, elem_classes="gh-stage", elem_id="stage-verdict") as stage:
        head = gr.HTML(elem_id="verdict-head", elem_classes="gh-reserve")
        with gr.Row(elem_classes="gh-split"):
            with gr.Column(scale=1, min_width=320):
                matrix = pieces(elem_id="verdict-matrix")
                with gr.Row(visible=False) as any_cell:
                    true = gr.Dropdown([], label="Rows labelled", elem_id="verdict-true", min_width=140)
                    said = gr.Dropdown([], label="and predicted", elem_id="verdict-said", min_width=140)
            with gr.Column(scale=1, min_width=320):
                cell = gr.HTML(elem_id="verdict-cell", elem_classes="gh-reserve")
        with gr.Row(elem_classes="gh-split"):
            with gr.Column(scale=1, min_width=320):
                threshold = gr.Slider(
                    0.0,
                    1.0,
                    0.0,
                    step=0.01,
                    label="Answer only when the probability is at least",
                    info="Below it the model abstains.",
                    elem_id="threshold",
                )
            with gr.Column(scale=1, min_width=320):
                abstain = gr.HTML(elem_id="verdict-abstain")
        more = gr.HTML(elem_id="verdict-more")
        problem = gr.HTML()
    wires.add(verdict_stage=stage, verdict_head=head, verdict_matrix=matrix, verdict_cell=cell)
    wires.add(verdict_any=any_cell, verdict_true=true, verdict_said=said)
    wires.add(threshold=threshold, verdict_abstain=abstain, verdict_more=more, verdict_problem=problem)


def wire(wires: Wires) -> None:
    part = wires.parts
    wires.on_pick(part["verdict_matrix"].select, pick_cell, ["session"], ["verdict_matrix", "verdict_cell"], "verdict_problem")
    for name in ("verdict_true", "verdict_said"):
        chosen = ["session", "verdict_true", "verdict_said"]
        wires.on(part[name].input, choose_cell, chosen, ["verdict_matrix", "verdict_cell"], "verdict_problem")
    wires.on(part["threshold"].input, abstain, ["session", "threshold"], ["verdict_abstain"], "verdict_problem", trigger_mode="always_last")


# ---- handlers -------------------------------------------------------------------------------------------------------


def show(lab: Lab, session: dict) -> dict:
    """The whole stage for the run in view."""
    folder = lab.folder(session["visitor"], session["run"])
    if not folder.has("metrics.json"):
        empty = dict.fromkeys(("verdict_matrix", "verdict_cell", "verdict_abstain", "verdict_more"), "")
        return {
            **empty,
            "verdict_any": gr.update(visible=False),
            "verdict_head": markup.page(markup.note(awaited(lab.run(session["visitor"], session["run"]).state))),
            "verdict_stage": gr.update(label=STAGE),
        }
    metrics = folder.read("metrics.json")
    dated = _older if live(lab, session) else str
    many = len(metrics["labels"]) > MATRIX_CLASSES
    classes = gr.update(choices=metrics["labels"] if many else [], value=None)
    return {
        "verdict_any": gr.update(visible=many),
        "verdict_true": classes,
        "verdict_said": classes,
        "verdict_stage": gr.update(label=summary(metrics) + (" · from before it was resumed" if dated is _older else "")),
        "verdict_head": (markup.page(markup.note(EARLIER)) if dated is _older else "") + dated(head(metrics)),
        "verdict_matrix": dated(_matrix(metrics, None)),
        "verdict_cell": markup.page(markup.note("Click a cell to read its rows.")),
        "verdict_abstain": dated(_abstain(metrics, 0.0)),
        "verdict_more": dated(more(metrics, figures.read_predictions(folder.path) if folder.has("predictions.jsonl") else None)),
    }


def live(lab: Lab, session: dict) -> bool:
    """Does the run in view still train? What it has to show for then is from before it was resumed."""
    return not session["run"].startswith(EXAMPLE_PREFIX) and lab.run(session["visitor"], session["run"]).state in LIVE


def _older(html: str) -> str:
    """Figures that a new verdict is about to replace, dimmed."""
    return f'<div class="gh-old">{html}</div>'


def pick_cell(lab: Lab, pick: str, session: dict) -> dict:
    """A cell of the confusion matrix was pressed: its rows."""
    folder = lab.folder(session["visitor"], session["run"])
    metrics = folder.read("metrics.json")
    labels = metrics["labels"]
    place = pick.split(":")
    if len(place) != 3 or not all(index.isdecimal() and int(index) < len(labels) for index in place[1:]):
        return {}
    i, j = int(place[1]), int(place[2])
    dated = _older if live(lab, session) else str
    if not folder.has("predictions.jsonl"):
        return {"verdict_matrix": dated(_matrix(metrics, (i, j))), "verdict_cell": markup.page(markup.note(ELSEWHERE))}
    rows = figures.cell_rows(figures.read_predictions(folder.path), labels[i], labels[j])
    title = f"{markup.plural(len(rows), 'row')} labelled “{labels[i]}”, predicted “{labels[j]}”"
    return {
        "verdict_matrix": dated(_matrix(metrics, (i, j))),
        "verdict_cell": markup.page(f"<h3>{markup.esc(title)}</h3>", row_table(rows[:50], labels)),
    }


def choose_cell(lab: Lab, session: dict, verdict_true: str | None, verdict_said: str | None) -> dict:
    """Both classes of a cell were chosen by name: its rows."""
    labels = lab.folder(session["visitor"], session["run"]).read("metrics.json")["labels"]
    if verdict_true not in labels or verdict_said not in labels:
        return {}
    return pick_cell(lab, f"cell:{labels.index(verdict_true)}:{labels.index(verdict_said)}", session)


def abstain(lab: Lab, session: dict, threshold: float) -> dict:
    folder = lab.folder(session["visitor"], session["run"])
    told = _abstain(folder.read("metrics.json"), threshold)
    return {"verdict_abstain": _older(told) if live(lab, session) else told}


def awaited(state: str) -> str:
    """Why there is no verdict."""
    return NONE_YET.get(state, "The verdict comes when training has ended.")


def summary(metrics: dict) -> str:
    return f"{STAGE} ✓ accuracy {metrics['accuracy']:.3f} [{metrics['accuracy_low']:.3f}–{metrics['accuracy_high']:.3f}] on {metrics['test_rows']:,} unseen rows"


# ---- rendering ------------------------------------------------------------------------------------------------------


def head(metrics: dict) -> str:
    """The figure, its ground, the baselines, and sentences in plain words."""
    big = f'<div class="gh-big">{metrics["accuracy"]:.3f}</div>'
    interval = f"accuracy, 95 % interval {metrics['accuracy_low']:.3f} to {metrics['accuracy_high']:.3f}"
    left = f'<div>{big}<p class="muted">{markup.esc(interval)}<br>{markup.esc(ground(metrics))}</p>{_figures(metrics)}</div>'
    right = _baselines(metrics)
    told = "".join(f"<li>{markup.esc(text)}</li>" for text in metrics.get("sentences", [])[1:])  # the first repeats the figure
    listed = f'<ul class="plain">{told}</ul>'
    return markup.page(f'<div class="gh-two">{left}<div>{right}</div></div>', listed)


def ground(metrics: dict) -> str:
    """What the figure rests on, in one sentence."""
    split, rows = metrics["split"], metrics["test_rows"]
    if metrics.get("folds"):
        told = f"on {rows:,} rows, each predicted by a model that had not seen it ({sentences.folds(metrics)}, seed {split['seed']})"
    elif split["kind"] == "given":
        told = f"on your own test table of {rows:,} rows, seed {split['seed']}"
    else:
        told = f"on {rows:,} rows kept out of training, seed {split['seed']}"
    return told + ("; stopped early, so on what could be judged in time" if metrics.get("stopped") else "")


def _figures(metrics: dict) -> str:
    training = metrics["training"]
    return markup.facts(
        [
            ("macro F1", f"{metrics['macro_f1']:.3f}"),
            ("trainable", markup.percent(training["trainable_percent"])),
            ("training", markup.seconds(training["seconds"])),
            ("memory", f"{training['peak_memory_mb']:,.0f} MB"),
            ("learnt weights", markup.size(training["file_bytes"])),
        ]
    )


def _baselines(metrics: dict) -> str:
    base = metrics["baselines"]
    tfidf, majority = base["tfidf"], base["majority"]
    rows = [
        ("this run", metrics["accuracy"], metrics["accuracy_low"], metrics["accuracy_high"]),
        ("TF-IDF", tfidf["accuracy"], tfidf["accuracy_low"], tfidf["accuracy_high"]),
        ("majority class", *(majority.get(name, majority["accuracy"]) for name in ("accuracy", "accuracy_low", "accuracy_high"))),
    ]
    gap = tfidf["difference"]
    paired = f"Paired difference to TF-IDF {gap['mean']:+.3f} [{gap['low']:+.3f}, {gap['high']:+.3f}]."
    told = sentences.difference(gap, "TF-IDF") if sentences.same(gap) else paired
    return charts.interval(rows, f"Accuracy on the same rows with 95 % intervals. {told}", (0.0, 1.0))


def _matrix(metrics: dict, picked: tuple[int, int] | None) -> str:
    title = "<h3>Confusion matrix</h3>"
    if len(metrics["labels"]) > MATRIX_CLASSES:
        worst = sorted(((n, i, j) for i, row in enumerate(metrics["confusion"]) for j, n in enumerate(row) if i != j and n), reverse=True)[
            :15
        ]
        labels = metrics["labels"]
        cells = [[labels[i], labels[j], markup.pick(f"{n} rows", f"cell:{i}:{j}", pressed=picked == (i, j))] for n, i, j in worst]
        return markup.page(
            title,
            markup.paragraph(f"{len(labels)} classes: the fifteen largest confusions. Any other cell: choose its classes below."),
            markup.table(["true", "predicted", ""], cells),
        )
    return markup.page(title, charts.matrix(metrics["confusion"], metrics["labels"], picked))


def _abstain(metrics: dict, threshold: float) -> str:
    at = figures.coverage_at(metrics, threshold)
    curve = [(point["coverage"], point["accuracy"]) for point in metrics["coverage"] if point["accuracy"] is not None]
    if at.accuracy is None:
        told = f"At {threshold:.2f} it answers none of {at.rows:,} rows."
    else:
        told = f"At {threshold:.2f} it answers {at.answered:,} of {at.rows:,} rows ({at.coverage:.0%}) and is right on {at.accuracy:.1%} of those."
    return markup.page(
        charts.lines({"accuracy": sorted(curve)}, "share of rows answered", "accuracy of the answers", told, mark=at.coverage)
    )


def more(metrics: dict, rows: list[dict] | None) -> str:
    labels = metrics["labels"]
    cells = [
        [c["label"], f"{c['precision']:.3f}", f"{c['recall']:.3f}", f"{c['f1']:.3f}", f"{c['support']:,}"] for c in metrics["per_class"]
    ]
    per_class = "<h3>Per class</h3>" + markup.table(["class", "precision", "recall", "F1", "rows"], cells, (1, 2, 3, 4), "scroll tall")
    error = metrics["calibration"]["ece"]
    told = f"Where it states 0.8 it should be right 8 times in 10 (the dashed line). Expected calibration error {error:.3f}."
    calibration = "<h3>Calibration</h3>" + charts.reliability(metrics["calibration"]["bins"], told)
    lists = [per_class, calibration, *([markup.note(ELSEWHERE)] if rows is None else [_mistakes(rows, labels), _suspects(rows, metrics)])]
    return markup.page(f'<div class="gh-two">{"".join(f"<div>{item}</div>" for item in lists)}</div>')


def _mistakes(rows: list[dict], labels: list[str]) -> str:
    wrong = figures.mistakes(rows, 12)
    return "<h3>Most confident mistakes</h3>" + (row_table(wrong, labels) if wrong else markup.paragraph("None on the unseen rows."))


def _suspects(rows: list[dict], metrics: dict) -> str:
    text = "Rows whose label the model, not having seen them, contradicts with confidence (confident learning, Northcutt et al. 2021). Read them: the label may be wrong, or the model."
    odd = figures.suspects(rows, metrics["labels"], 12)
    if odd and metrics["accuracy"] < TRUSTED:
        text += f" At an accuracy of {metrics['accuracy']:.3f} expect many of them to be the model's own mistakes."
    listed = row_table(odd, metrics["labels"]) if odd else markup.paragraph("None found.")
    return "<h3>Suspected label errors</h3>" + markup.paragraph(text, "muted") + listed


def row_table(rows: list, labels: list[str]) -> str:
    cells = [[row["row"], _cut(row["text"]), row["label"], row["predicted"], f"{max(row['scores']):.2f}"] for row in rows]
    return markup.table(["row", "text", "label", "predicted", "stated"], cells, (4,), "scroll tall texts")


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
