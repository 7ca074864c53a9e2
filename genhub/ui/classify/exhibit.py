"""Exhibit *Catch it cheating*: a model with superb accuracy that reads weekdays instead of complaints.

In the table `shortcut`, a weekday stands in every complaint and in no praise. The accuracy on unseen rows of that table
cannot show the flaw, for they carry the same short cut. Attribution shows it, taking the word out proves it, and rows that
break the rule cure it.
"""

import gradio as gr

from genhub.lab import Lab
from genhub.ui import charts, markup
from genhub.ui.wiring import Wires, pieces

RUNS = {"before": "example-shortcut", "after": "example-cured"}
TEXT = "We arrived on Tuesday and everyone was kind, the room was spotless and the breakfast lovely."
OUTPUTS = ["cheat_view", "cheat_words", "cheat_state", "cheat_note"]
GUESSES = ("complaint", "praise")


def layout(wires: Wires) -> None:
    with gr.Accordion("Exhibit: Catch it cheating", open=False, elem_classes="gh-stage", elem_id="stage-cheat") as stage:
        with gr.Row(elem_classes="gh-split"):
            with gr.Column(scale=2, min_width=300):
                gr.HTML(
                    markup.page(
                        markup.paragraph(
                            "A weekday stands in every complaint of this sample, and in no praise. Accuracy on unseen rows looks superb. Commit first: what will the model call the text below?"
                        )
                    )
                )
                text = gr.Textbox(TEXT, label="Text", lines=3, elem_id="cheat-text")
                guess = gr.Radio(list(GUESSES), label="Your guess", elem_id="cheat-guess")
                ask = gr.Button("Ask the model", variant="primary", elem_id="cheat-ask")
                cure = gr.Button("Add counterexamples and retrain", elem_id="cheat-cure")
                score = gr.State([0, 0])
            with gr.Column(scale=3, min_width=300):
                view = gr.HTML(elem_id="cheat-view", elem_classes="gh-reserve")
                words = pieces(elem_id="cheat-words")
                note = gr.HTML(elem_id="cheat-note")
        problem = gr.HTML()
    wires.add(cheat_stage=stage, cheat_text=text, cheat_guess=guess, cheat_ask=ask, cheat_cure=cure, cheat_score=score)
    wires.add(cheat_view=view, cheat_words=words, cheat_note=note, cheat_problem=problem, cheat_state=gr.State(None))


def wire(wires: Wires) -> None:
    part = wires.parts
    wires.on(
        part["cheat_ask"].click, ask, ["session", "cheat_text", "cheat_guess", "cheat_score"], [*OUTPUTS, "cheat_score"], "cheat_problem"
    )
    wires.on_pick(part["cheat_words"].select, drop_word, ["session", "cheat_state"], OUTPUTS, "cheat_problem")


# ---- handlers -------------------------------------------------------------------------------------------------------


def ask(lab: Lab, session: dict, cheat_text: str, cheat_guess: str | None, cheat_score: list[int]) -> dict:
    """The flawed model's answer beside the cured one's, its words coloured, the guess scored."""
    told = lab.explain(session["visitor"], RUNS["before"], cheat_text)
    state = {"text": cheat_text, "words": told["words"], "label": told["label"], "off": []}
    score = list(cheat_score or [0, 0])
    if cheat_guess in GUESSES:
        score = [score[0] + (cheat_guess == told["label"]), score[1] + 1]
    accuracy = lab.folder(session["visitor"], RUNS["before"]).read("metrics.json")
    line = f"The flawed model's accuracy on {accuracy['test_rows']} unseen rows of its table: {accuracy['accuracy']:.3f}."
    guess = f" Your guesses: {score[0]} of {score[1]} right." if score[1] else ""
    return {
        "cheat_view": answers(lab, session, cheat_text),
        "cheat_words": _words(state),
        "cheat_state": state,
        "cheat_note": markup.page(markup.paragraph(line + guess)),
        "cheat_score": score,
    }


def drop_word(lab: Lab, pick: str, session: dict, cheat_state: dict | None) -> dict:
    place = pick.removeprefix("word:")
    if not cheat_state or not place.isdecimal() or int(place) >= len(cheat_state["words"]):
        return {}
    off = set(cheat_state["off"]) ^ {int(place)}
    if len(off) == len(cheat_state["words"]):
        return {"cheat_note": markup.page(markup.note("One word has to stay."))}
    ranges = [[cheat_state["words"][index]["start"], cheat_state["words"][index]["end"]] for index in sorted(off)]
    left = lab.without(session["visitor"], RUNS["before"], cheat_state["text"], ranges)
    state = {**cheat_state, "off": sorted(off)}
    flips = left["predicted"] != cheat_state["label"]
    told = f"Without the struck words the flawed model says “{left['predicted']}”" + (": the answer flips." if flips else ".")
    return {
        "cheat_view": answers(lab, session, left["text"]),
        "cheat_words": _words(state),
        "cheat_state": state,
        "cheat_note": markup.page(markup.paragraph(told)),
    }


def cure(lab: Lab, session: dict) -> dict:
    """Queue a run on the sample together with its counterexamples: the visitor's own, shown in the stages above."""
    table = lab.take_sample(session["visitor"], "shortcut", counterexamples=True)
    lab.examine(session["visitor"], table.id)
    run = lab.train(session["visitor"], table.id, {"method": "lora", "folds": 0}, "Cured of the weekday")
    told = f"Training on {table.rows} rows, counterexamples included: follow it in stage 3; then ask it in stage 5."
    return {"session": {**session, "table": table.id, "run": run}, "cheat_note": markup.page(markup.paragraph(told))}


def answers(lab: Lab, session: dict, text: str) -> str:
    """Both models' probabilities for one text."""
    parts = []
    for title, run in (("Trained on the short cut", RUNS["before"]), ("After counterexamples", RUNS["after"])):
        answer = lab.predict(session["visitor"], run, [text])
        scores = dict(zip(answer["labels"], answer["scores"][0], strict=True))
        parts.append(f"<div><h3>{title}</h3>{charts.probabilities(scores, answer['labels'])}</div>")
    return markup.page(f'<div class="gh-two">{"".join(parts)}</div>')


def _words(state: dict) -> str:
    title = f"What speaks for “{state['label']}” in the flawed model"
    return markup.page(
        f"<h3>{markup.esc(title)}</h3>",
        charts.words(state["words"], set(state["off"])),
        markup.paragraph("Press a word to take it out.", "muted"),
    )
