"""The section itself: one sentence, two models, and a tab for each part, computed when it is opened.

Each part has FIELDS (what it asks of the page), OUTPUTS (what it draws) and `show(lab, session, inside_asked, **fields)`.
"""

from collections.abc import Callable, Iterator
from functools import partial

import gradio as gr

from genhub.lab import Lab
from genhub.lab.insides import CAUSAL
from genhub.ui import forms, markup
from genhub.ui.generate.inside import embeddings, heads, lens, masks, positions, shared, shuffled, steps, tokens
from genhub.ui.wiring import Wires

STAGE = "5  Inside a transformer"
PARTS = {
    "tokens": tokens,
    "steps": steps,
    "heads": heads,
    "masks": masks,
    "positions": positions,
    "shuffled": shuffled,
    "embeddings": embeddings,
    "lens": lens,
}
FIELDS = [name for part in PARTS.values() for name in part.FIELDS]
OUTPUTS = list(dict.fromkeys(name for part in PARTS.values() for name in part.OUTPUTS))
GO = "Look inside"
BUSY, READY = ({"inside_go": gr.update(value=value, interactive=value == GO)} for value in ("Reading …", GO))
INTRO = "Watch one sentence on its way through BERT, which reads, and GPT, which writes. All numbers are computed by the real models."


def layout(wires: Wires) -> None:
    with gr.Accordion(STAGE, open=False, elem_classes="gh-stage", elem_id="stage-inside") as stage:
        gr.HTML(markup.page(markup.paragraph(INTRO, "gi-text")))
        with gr.Row(elem_classes="gi-controls"):
            text = gr.Textbox(
                shared.FIRST["text"],
                label="Sentence",
                info="At most 64 tokens. Enter looks inside.",
                max_lines=2,
                elem_id="inside-text",
                scale=4,
                min_width=300,
            )
            model = gr.Dropdown(
                _choices(wires.lab),
                value=CAUSAL,
                allow_custom_value=True,
                label="GPT",
                info=forms.hub_help(wires.lab.settings, "GPT-family"),
                elem_id="inside-model",
                scale=2,
                min_width=220,
            )
            go = gr.Button(GO, variant="primary", elem_id="inside-go", scale=1, min_width=160)
        problem = gr.HTML(elem_id="inside-problem")
        with gr.Tabs(selected="tokens", overflow_behavior="wrap", elem_id="inside-tabs", elem_classes="gi-tabs") as tabs:
            opened = {}
            for name, part in PARTS.items():
                with gr.Tab(part.TITLE, id=name) as opened[name]:
                    part.layout(wires)
    wires.add(inside_stage=stage, inside_text=text, inside_model=model, inside_go=go, inside_problem=problem, inside_tabs=tabs)
    wires.add(
        inside_asked=gr.State(shared.FIRST),
        inside_tab=gr.State("tokens"),
        inside_drawn=gr.State({"tokens": shared.FIRST}),
        **{f"inside_tab_{name}": tab for name, tab in opened.items()},
    )


def wire(wires: Wires) -> None:
    part = wires.parts
    for name, module in PARTS.items():
        module.wire(wires)
        given = ["session", "inside_asked", "inside_drawn", *module.FIELDS]
        drawn = ["inside_tab", "inside_drawn", "inside_go", *module.OUTPUTS]
        shown = partial(steps_of, partial(opened, name=name))
        wires.on_steps(part[f"inside_tab_{name}"].select, shown, given, drawn, "inside_problem", READY)
    given = ["session", "inside_text", "inside_model", "inside_tab", *FIELDS]
    drawn = ["inside_asked", "inside_drawn", "inside_go", *OUTPUTS]
    for event in (part["inside_go"].click, part["inside_text"].submit):
        wires.on_steps(event, partial(steps_of, look), given, drawn, "inside_problem", READY, trigger_mode="once")
    given = ["session", "inside_asked", "inside_drawn", "inside_steps_guess", *heads.FIELDS]
    drawn = ["inside_tabs", "inside_tab", "inside_drawn", "inside_steps_family", *steps.OUTPUTS]
    wires.on_pick(part["inside_map"].select, follow, given, drawn, "inside_problem")


# ---- handlers -------------------------------------------------------------------------------------------------------


def steps_of(handler: Callable[..., dict], lab: Lab, **given) -> Iterator[dict]:
    """The button says that a model reads, then what `handler` answers: the first answer waits until models are loaded."""
    yield BUSY
    yield {**handler(lab, **given), **READY}


def look(lab: Lab, session: dict, inside_text: str, inside_model: str, inside_tab: str, **fields) -> dict:
    """Another sentence, or another GPT: the part in view reads it now, the others when they are opened."""
    asked = {"text": inside_text, "model": inside_model or CAUSAL}
    return {"inside_asked": asked, "inside_drawn": {inside_tab: asked}, **_shown(lab, session, asked, inside_tab, fields)}


def opened(lab: Lab, session: dict, inside_asked: dict, inside_drawn: dict, name: str, **fields) -> dict:
    """A part was opened: it is drawn if it has not read this sentence yet."""
    if inside_drawn.get(name) == inside_asked:
        return {"inside_tab": name}
    return {"inside_tab": name, "inside_drawn": {**inside_drawn, name: inside_asked}, **_shown(lab, session, inside_asked, name, fields)}


def _shown(lab: Lab, session: dict, asked: dict, name: str, fields: dict) -> dict:
    part = PARTS[name]
    return part.show(lab, session, asked, **{field: fields[field] for field in part.FIELDS})


def follow(lab: Lab, pick: str, session: dict, inside_asked: dict, inside_drawn: dict, **fields) -> dict:
    """From a row of a map to the steps that lead to it."""
    query = pick.removeprefix("query:")
    if not query.isdecimal():
        return {}
    family, layer, head = (fields[name] for name in heads.FIELDS)
    place = dict(zip(steps.PLACE, (family, layer, head, int(query)), strict=True))
    shown = steps.show(lab, session, inside_asked, inside_steps_guess=fields["inside_steps_guess"], **place)
    there = {"inside_tabs": gr.Tabs(selected="steps"), "inside_tab": "steps", "inside_drawn": {**inside_drawn, "steps": inside_asked}}
    return {**there, **shown, "inside_steps_family": family}


def _choices(lab: Lab) -> list[str]:
    return list(dict.fromkeys([CAUSAL, *(entry.id for entry in lab.language_models() if entry.adaptable)]))
