"""Stage 5 of Classify: one text or a table of texts; which words speak for the answer; what happens without them."""

import contextlib
from collections.abc import Callable, Iterator

import gradio as gr

from genhub.data.batch import Predicted
from genhub.errors import UserError
from genhub.lab import Lab
from genhub.ui import charts, markup
from genhub.ui.wiring import Wires, pieces

STAGE = "5  Try it"
START = "The refund still has not reached my account and nobody answers."
COUNTED = 12  # labels whose rows are counted below a table that came back
WAYS = ("Integrated gradients", "Leave one word out")
TITLE = "Words for and against “{}”"
STRUCK_TITLE = "Words for and against “{}”, as measured in the whole text"
REFUSED = {"try_table_note": "", "try_stop": gr.update(visible=False)}
OUTPUTS = ["try_bars", "try_words", "try_words_note", "try_state", "try_label"]


def layout(wires: Wires) -> None:
    with gr.Accordion(STAGE, open=True, elem_classes="gh-stage", elem_id="stage-try") as stage:
        with gr.Row(elem_classes="gh-split"):
            with gr.Column(scale=2, min_width=300):
                text = gr.Textbox(START, label="Text", lines=4, info="Ctrl+Enter classifies.", elem_id="try-text")
                go = gr.Button("Classify", variant="primary", elem_id="try-go")
                label = gr.Dropdown([("the predicted one", "")], value="", label="Explain which class", elem_id="try-label")
                way = gr.Radio(list(WAYS), value=WAYS[0], label="Explain how", elem_id="try-way")
                beside = gr.Dropdown(
                    [], multiselect=True, label="Beside it, other runs", info="The same text through each.", elem_id="try-beside"
                )
            with gr.Column(scale=3, min_width=300):
                bars = gr.HTML(elem_id="try-bars", elem_classes="gh-reserve")
                words = pieces(elem_id="try-words")
                note = gr.HTML(elem_id="try-note")
                beside_view = gr.HTML(elem_id="try-beside-view")
        with gr.Row(elem_classes="gh-split"):
            with gr.Column(scale=2, min_width=300):
                gr.HTML(markup.page("<h3>A table of texts</h3>", markup.paragraph("CSV, TSV, JSONL or Parquet.", "muted")))
                file = gr.File(label="A table of texts", show_label=False, elem_id="try-file", height=120)
            with gr.Column(scale=3, min_width=300):
                halt = gr.Button("Stop", visible=False, elem_id="try-stop")
                done = gr.DownloadButton("Download with predictions", visible=False, elem_id="try-download")
                table_note = gr.HTML(elem_id="try-table-note")
        problem = gr.HTML()
    wires.add(try_stage=stage, try_text=text, try_go=go, try_label=label, try_way=way, try_beside=beside, try_bars=bars, try_words=words)
    wires.add(
        try_words_note=note, try_beside_view=beside_view, try_file=file, try_download=done, try_table_note=table_note, try_problem=problem
    )
    wires.add(try_state=gr.State(None), try_stop=halt)


def wire(wires: Wires) -> None:
    part = wires.parts
    asked = ["session", "try_text", "try_label", "try_way", "try_beside", "threshold"]
    shown = [*OUTPUTS, "try_beside_view"]
    going = [
        wires.on_steps(event, ask, asked, shown, "try_problem", trigger_mode="always_last")
        for event in (
            part["try_go"].click,
            part["try_text"].submit,
            part["try_way"].input,
            part["try_label"].input,
            part["try_beside"].input,
        )
    ]
    struck = ["try_bars", "try_words", "try_words_note", "try_state", "try_beside_view"]
    asked = ["session", "try_state", "try_beside", "threshold"]
    going.append(wires.on_pick(part["try_words"].select, drop_word, asked, struck, "try_problem"))
    wires.on(part["threshold"].input, reweigh, ["try_state", "threshold"], ["try_bars"], trigger_mode="always_last")
    table = ["try_download", "try_table_note", "try_stop"]
    reading = wires.on_steps(part["try_file"].upload, classify_table, ["session", "try_file", "threshold"], table, "try_problem", REFUSED)
    wires.on(part["try_stop"].click, stopped, [], ["try_table_note", "try_stop"], cancels=[reading])
    wires.on(part["run"].change, another_run, [], ["try_stop"], cancels=[*going, reading])  # late answers would stand under it


# ---- handlers -------------------------------------------------------------------------------------------------------


def ask(lab: Lab, session: dict, threshold: float, **asked) -> Iterator[dict]:
    """`classify` with the threshold of stage 4."""
    yield from classify(lab, {**session, "threshold": threshold}, **asked)


def classify(lab: Lab, session: dict, try_text: str, try_label: str, try_way: str, try_beside: list[str]) -> Iterator[dict]:
    """Probabilities, then attributions of the words for the chosen class, then the same text through other runs: what fails later
    takes back nothing that was answered before."""
    visitor, run = session["visitor"], session["run"]
    answer = lab.predict(visitor, run, [try_text])
    labels = answer["labels"]
    label = try_label if try_label in labels else ""
    yield {
        "try_bars": _bars(labels, answer["scores"][0], session.get("threshold", 0.0)),
        "try_label": gr.update(choices=[("the predicted one", ""), *((name, name) for name in labels)], value=label),
    }
    try:
        told = lab.explain(visitor, run, try_text, label)
    except UserError as error:
        yield {"try_words": "", "try_words_note": markup.problem(error), "try_state": None}
    else:
        yield _words(answer, told, try_text, try_way)
    yield {"try_beside_view": beside(lab, session, answer, try_text, try_beside or [])}


def _words(answer: dict, told: dict, text: str, way: str) -> dict:
    """The words of a text, coloured by what they say for a class."""
    words = told["left_out"] if way == WAYS[1] else told["words"]
    first = answer["scores"][0]
    state = {"text": text, "labels": answer["labels"], "words": words, "label": told["label"], "off": [], "first": first, "now": first}
    return {
        "try_words": words_view(state, TITLE.format(state["label"])),
        "try_words_note": _explained(told, way),
        "try_state": state,
    }


def drop_word(lab: Lab, pick: str, session: dict, try_state: dict | None, try_beside: list[str], threshold: float) -> dict:
    """A word was pressed: take it out (or put it back) and classify what is left, here and beside it."""
    struck = strike(lab, pick, session["visitor"], session["run"], try_state)
    if struck is None:
        return {}
    answer, state = struck
    before = state["labels"][max(range(len(state["first"])), key=state["first"].__getitem__)]
    told = f"Without the struck words the answer {'flips' if answer['predicted'] != before else 'stays'}: “{answer['predicted']}”."
    state["now"] = answer["scores"]
    left = {"predicted": [answer["predicted"]], "scores": [answer["scores"]]}
    return {
        "try_bars": _bars(answer["labels"], answer["scores"], threshold, len(state["off"])),
        "try_words": words_view(state, (STRUCK_TITLE if state["off"] else TITLE).format(state["label"])),
        "try_beside_view": beside(lab, session, left, answer["text"], try_beside or [], len(state["off"])),
        "try_words_note": markup.page(markup.paragraph(told if state["off"] else "All words are back.")),
        "try_state": state,
    }


def reweigh(lab: Lab, try_state: dict | None, threshold: float) -> dict:
    """The threshold was moved: does the answer that stands here still hold?"""
    if not try_state:
        return {}
    return {"try_bars": _bars(try_state["labels"], try_state["now"], threshold, len(try_state["off"]))}


def another_run(lab: Lab) -> dict:
    """Another run came into view: what was asked of the one before is not waited for."""
    return {"try_stop": gr.update(visible=False)}


def strike(lab: Lab, pick: str, visitor: str, run: str, state: dict | None) -> tuple[dict, dict] | None:
    """The answer of `run` without the words struck so far and the one just pressed, and the new state; None for no word of
    this text. Raises UserError when no word would be left."""
    place = pick.removeprefix("word:")
    if not state or not place.isdecimal() or int(place) >= len(state["words"]):
        return None
    off = sorted(set(state["off"]) ^ {int(place)})
    ranges = [[state["words"][index]["start"], state["words"][index]["end"]] for index in off]
    return lab.without(visitor, run, state["text"], ranges), {**state, "off": off}


def classify_table(lab: Lab, session: dict, try_file: str, threshold: float = 0.0) -> Iterator[dict]:
    """Every row of a table, with progress; what is not waited for is not worked on."""
    yield {
        "try_stop": gr.update(visible=True),
        "try_download": gr.update(visible=False),
        "try_table_note": markup.page(markup.note("Reading the table.")),
    }
    run = _name(lab, session["visitor"], session["run"])
    with contextlib.closing(lab.predicting_table(session["visitor"], session["run"], try_file, threshold=threshold)) as steps:
        for step in steps:
            if isinstance(step, tuple):
                done, total = step
                yield {"try_table_note": markup.page(markup.paragraph(f"{done:,} of {total:,} texts"), markup.track(done / max(1, total)))}
            else:
                told = _written(step, threshold, run)
                yield {
                    "try_download": gr.update(value=str(step.path), visible=True),
                    "try_table_note": markup.page(markup.note(told)),
                    "try_stop": gr.update(visible=False),
                }


def _written(done: Predicted, threshold: float, run: str) -> str:
    """What a table that came back holds."""
    most = [f"{label} {count:,}" for label, count in list(done.counts.items())[:COUNTED]]
    counts = ", ".join(most) + (f" and {len(done.counts) - COUNTED:,} more labels" if len(done.counts) > COUNTED else "")
    abstained = f" Below your threshold of {threshold:.2f}: {done.abstained:,}, marked “yes” as abstained." if threshold > 0 else ""
    rows = markup.plural(done.rows, "row")
    return f"{done.path.name}, {rows}: {counts}.{abstained} Your columns, plus the predicted class and its probability, by {run}."


def stopped(lab: Lab) -> dict:
    return {"try_table_note": markup.page(markup.note("Stopped; nothing was written.")), "try_stop": gr.update(visible=False)}


def beside(lab: Lab, session: dict, answer: dict, text: str, runs: list[str], struck: int = 0) -> str:
    """What the run, its baselines and other runs say to the same text, a line each; `struck`: so many words are not in it."""
    lines = [["this run", answer["predicted"][0], f"{max(answer['scores'][0]):.3f}"]]
    lines += _line("baselines", lambda: _base_lines(lab, session, text))
    for run in runs[:8]:
        lines += _line("a run", lambda run=run: [_other(lab, session["visitor"], run, text)])
    title = f"Beside it, {_without(struck)}" if struck else "Beside it"
    return markup.page(f"<h3>{title}</h3>", markup.table(["who", "predicted", "probability"], lines, (2,)))


def _line(name: str, ask: Callable[[], list]) -> list:
    """The lines that `ask` answers; a line that says why when it cannot."""
    try:
        return ask()
    except UserError as error:
        return [[name, error.what, "–"]]


def _base_lines(lab: Lab, session: dict, text: str) -> list:
    base = lab.base_lines(session["visitor"], session["run"], text)
    lines = []
    if base["tfidf"]:
        lines.append(["TF-IDF on the same rows", base["tfidf"]["predicted"][0], f"{max(base['tfidf']['scores'][0]):.3f}"])
    if base["majority"]:
        lines.append(["majority class", base["majority"]["label"], "–"])
    return lines


def _other(lab: Lab, visitor: str, run: str, text: str) -> list:
    other = lab.predict(visitor, run, [text])
    return [_name(lab, visitor, run), other["predicted"][0], f"{max(other['scores'][0]):.3f}"]


def _name(lab: Lab, visitor: str, run: str) -> str:
    return lab.folder(visitor, run).job().get("name", run)


# ---- rendering ------------------------------------------------------------------------------------------------------


def _bars(labels: list[str], scores: list[float], threshold: float = 0.0, struck: int = 0) -> str:
    """The probabilities; above them the answer, of which text it is, and whether it holds."""
    best = max(scores)
    told = f"<b>“{markup.esc(labels[scores.index(best)])}”</b>, {best:.3f}{', ' + _without(struck) if struck else ''}"
    below = markup.note(f"{best:.3f} is below your threshold of {threshold:.2f}: abstain.") if best < threshold else ""
    return markup.page(f"<p>{told}</p>", below, charts.probabilities(dict(zip(labels, scores, strict=True)), labels))


def _without(struck: int) -> str:
    return f"without {markup.plural(struck, 'struck word')}"


def words_view(state: dict, title: str) -> str:
    told = "Violet speaks for the class, grey, dashed, against it. Press a word to take it out."
    return markup.page(f"<h3>{markup.esc(title)}</h3>", charts.words(state["words"], set(state["off"])), markup.paragraph(told, "muted"))


def _explained(told: dict, way: str) -> str:
    if way == WAYS[1]:
        text = "How far the logit of the class falls when the word is left out, one word at a time."
    else:
        text = (
            f"Layer integrated gradients on the word embeddings ({told['steps']} steps; Sundararajan et al. 2017): the words' shares of the class's logit, "
            f"against a text of padding. They add up to the change of the logit but for {abs(told['delta']):.3f} (convergence delta)."
        )
    return markup.page(markup.paragraph(text, "muted"))
