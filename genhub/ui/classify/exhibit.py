"""Exhibit *Catch it cheating*: a model with superb accuracy that reads weekdays instead of complaints.

In the table `shortcut`, a weekday stands in every complaint and in no praise. The accuracy on unseen rows of that table
cannot show the flaw, for they carry the same short cut. Attribution shows it, taking the word out proves it, and rows that
break the rule cure it. The page tells nothing of this before the visitor has committed to a guess, and shows a cured model
only after one was asked for: the visitor's own, or the stored one.
"""

import gradio as gr

from genhub.data import samples
from genhub.errors import UserError
from genhub.lab import Lab
from genhub.text import verdict
from genhub.ui import charts, markup
from genhub.ui.classify import try_it
from genhub.ui.wiring import Wires, pieces

FLAWED, CURED = "example-shortcut", "example-cured"
TITLE = "What speaks for “{}” in the flawed model"
TEXT = "We arrived on Tuesday and everyone was kind, the room was spotless and the breakfast lovely."
OUTPUTS = ["cheat_view", "cheat_words", "cheat_state", "cheat_note"]
ASKED = [*OUTPUTS, "cheat_score", "cheat_ask", "cheat_cure", "cheat_stored"]
GUESSES = ("complaint", "praise")
INTRO = (
    "A model was trained to tell complaints from praise, in short remarks on journeys, rooms and shops. It is right {}. "
    "Commit first: what will it call the text below?"
)
WHY = (
    "Which words does it lean on? Take one out by a click. In its table a weekday stands in every complaint and in no praise, so the "
    "weekday was the shortest way to the label. Rows that break this rule cure it: retrain with them."
)
FIRST = "Choose what you expect, then ask the model."


def layout(wires: Wires) -> None:
    with gr.Accordion("Exhibit: Catch it cheating", open=False, elem_classes="gh-stage", elem_id="stage-cheat") as stage:
        with gr.Row(elem_classes="gh-split"):
            with gr.Column(scale=2, min_width=300):
                gr.HTML(markup.page(markup.paragraph(INTRO.format(_accuracy(wires.lab)))))
                text = gr.Textbox(TEXT, label="Text", lines=3, elem_id="cheat-text")
                guess = gr.Radio(list(GUESSES), label="Your guess", elem_id="cheat-guess")
                ask = gr.Button("Ask the model", variant="primary", interactive=False, elem_id="cheat-ask")
                cure = gr.Button("Add counterexamples and retrain", interactive=False, elem_id="cheat-cure")
                stored = gr.Button("Show one that was cured before", interactive=False, elem_id="cheat-stored")
                score = gr.State([0, 0])
            with gr.Column(scale=3, min_width=300):
                view = gr.HTML(markup.page(markup.note(FIRST)), elem_id="cheat-view", elem_classes="gh-reserve")
                words = pieces(elem_id="cheat-words")
                note = gr.HTML(elem_id="cheat-note")
        problem = gr.HTML()
    wires.add(cheat_stage=stage, cheat_text=text, cheat_guess=guess, cheat_ask=ask, cheat_cure=cure, cheat_stored=stored)
    wires.add(
        cheat_view=view, cheat_words=words, cheat_note=note, cheat_problem=problem, cheat_state=gr.State(None), cheat_cured=gr.State("")
    )
    wires.add(cheat_score=score)


def wire(wires: Wires) -> None:
    part = wires.parts
    wires.on(part["cheat_guess"].input, lambda lab: {"cheat_ask": gr.update(interactive=True)}, [], ["cheat_ask"])
    asked = ["session", "cheat_text", "cheat_guess", "cheat_score", "cheat_cured"]
    wires.on(part["cheat_ask"].click, ask, asked, ASKED, "cheat_problem")
    wires.on(
        part["cheat_stored"].click, show_stored, ["session", "cheat_text"], ["cheat_view", "cheat_note", "cheat_cured"], "cheat_problem"
    )
    wires.on_pick(part["cheat_words"].select, drop_word, ["session", "cheat_state", "cheat_cured"], OUTPUTS, "cheat_problem")


# ---- handlers -------------------------------------------------------------------------------------------------------


def ask(lab: Lab, session: dict, cheat_text: str, cheat_guess: str | None, cheat_score: list[int], cheat_cured: str) -> dict:
    """The flawed model's answer, its words coloured, the guess scored; beside a cured one's once that was asked for."""
    told = lab.explain(session["visitor"], FLAWED, cheat_text)
    state = {"text": cheat_text, "words": told["words"], "label": told["label"], "off": []}
    score = list(cheat_score or [0, 0])
    if cheat_guess in GUESSES:
        score = [score[0] + (cheat_guess == told["label"]), score[1] + 1]
    guess = f"Your guesses: {score[0]} of {score[1]} right." if score[1] else ""
    next_step = measured(lab, session, cheat_cured) if cheat_cured else markup.paragraph(WHY, "muted")
    return {
        "cheat_view": answers(lab, session, cheat_text, cheat_cured),
        "cheat_words": try_it.words_view(state, TITLE.format(state["label"])),
        "cheat_state": state,
        "cheat_note": markup.page(markup.paragraph(guess), next_step),
        "cheat_score": score,
        "cheat_cure": gr.update(interactive=True),
        "cheat_stored": gr.update(interactive=True),
    }


def show_stored(lab: Lab, session: dict, cheat_text: str) -> dict:
    """A model that was cured before GenHub was packed, for who cannot wait."""
    return {
        "cheat_view": answers(lab, session, cheat_text, CURED),
        "cheat_note": markup.page(measured(lab, session, CURED)),
        "cheat_cured": CURED,
    }


def drop_word(lab: Lab, pick: str, session: dict, cheat_state: dict | None, cheat_cured: str) -> dict:
    struck = try_it.strike(lab, pick, session["visitor"], FLAWED, cheat_state)
    if struck is None:
        return {}
    left, state = struck
    flips = left["predicted"] != state["label"]
    told = f"Without the struck words the flawed model says “{left['predicted']}”" + (": the answer flips." if flips else ".")
    return {
        "cheat_view": answers(lab, session, left["text"], cheat_cured),
        "cheat_words": try_it.words_view(state, TITLE.format(state["label"])),
        "cheat_state": state,
        "cheat_note": markup.page(markup.paragraph(told)),
    }


def cure(lab: Lab, session: dict) -> dict:
    """Queue a run on the sample together with its counterexamples: the visitor's own, shown in the stages above."""
    table = lab.take_sample(session["visitor"], "shortcut", counterexamples=True)
    lab.examine(session["visitor"], table.id)
    run = lab.train(session["visitor"], table.id, {"method": "lora", "folds": 0}, "Cured of the weekday")
    told = f"Training on {table.rows} rows, counterexamples included: follow it in stage 3. Once it is done, ask the model here again."
    return {"session": {**session, "run": run}, "cheat_cured": run, "cheat_note": markup.page(markup.paragraph(told))}


def cured_run(lab: Lab, session: dict, cured: str) -> str:
    """The cured run to show: none before one was asked for, and the visitor's own not before it is finished."""
    try:
        return cured if cured and lab.folder(session["visitor"], cured).has("passport.json") else ""
    except UserError:
        return ""


def answers(lab: Lab, session: dict, text: str, cured: str) -> str:
    """The flawed model's probabilities for one text, and the cured one's beside them."""
    after = cured_run(lab, session, cured)
    runs = [("Trained on the short cut", FLAWED)]
    if after:
        runs.append(("After counterexamples" + ("" if after == CURED else ", your run"), after))
    parts = []
    for title, run in runs:
        answer = lab.predict(session["visitor"], run, [text])
        scores = dict(zip(answer["labels"], answer["scores"][0], strict=True))
        parts.append(f"<div><h3>{title}</h3>{charts.probabilities(scores, answer['labels'])}</div>")
    if cured and not after:
        parts.append(
            f"<div><h3>After counterexamples, your run</h3>{markup.note('It is not finished yet: see stage 3, then ask again.')}</div>"
        )
    return markup.page(f'<div class="gh-two">{"".join(parts)}</div>')


def measured(lab: Lab, session: dict, cured: str) -> str:
    """Accuracy of both, each on rows that it has not seen: of its own table, and of the counterexamples alone."""
    after = cured_run(lab, session, cured)
    rows = []
    for title, run in (("trained on the short cut", FLAWED), ("after counterexamples", after)):
        if not run:
            continue
        metrics = lab.folder(session["visitor"], run).read("metrics.json")
        right, total = on_counterexamples(lab, session, run)
        rows.append([title, f"{metrics['accuracy']:.3f} of {metrics['test_rows']}", f"{right / total:.3f} of {total}" if total else "–"])
    told = (
        "Accuracy on the rows of its own kind hides the flaw; rows that break the rule show it. The high figure was the weekday's: "
        "without it these short, dry remarks are hard to tell apart, and the cured model's lower figure is the honest one."
    )
    return markup.table(["model", "unseen rows of its own table", "unseen counterexamples"], rows) + markup.paragraph(told, "muted")


def on_counterexamples(lab: Lab, session: dict, run: str) -> tuple[int, int]:
    """How many counterexamples that the run has not seen it gets right, and how many there are."""
    if run == FLAWED:
        rows = samples.rows_of(samples.counterexamples("shortcut"))
        predicted = lab.predict(session["visitor"], run, [row["text"] for row in rows])["predicted"]
        return sum(label == row["label"] for label, row in zip(predicted, rows, strict=True)), len(rows)
    first = samples.SAMPLES["shortcut"].rows
    unseen = [row for row in verdict.read_predictions(lab.folder(session["visitor"], run).path) if row["row"] > first]
    return sum(row["predicted"] == row["label"] for row in unseen), len(unseen)


def _accuracy(lab: Lab) -> str:
    """How often the flawed model is right, in words, from its own figures."""
    metrics = lab.folder("", FLAWED).read("metrics.json")
    return f"on {round(metrics['accuracy'] * metrics['test_rows'])} of {metrics['test_rows']} rows that it had not seen"
