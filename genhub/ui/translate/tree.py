"""Stage 3 of Translate: the beam search for the sentence in view, step by step, with the path that greedy decoding takes."""

import gradio as gr

from genhub.errors import UserError
from genhub.lab import Lab
from genhub.training.configs import TranslateConfig
from genhub.ui import beam_tree, forms, markup
from genhub.ui.translate import state
from genhub.ui.wiring import Wires

STAGE = "3  Beam search"
TOKENS, MOST_TOKENS = 12, 24
INTRO = (
    "How the sentence in view came about: at every step the search keeps the few best beginnings and drops the others. What greedy decoding "
    "takes is dotted; where it leaves the best hypothesis, it began with what was likeliest and paid for it later."
)
OUTPUTS = ["tr_tree_plot", "tr_tree_best", "tr_tree_told"]


def layout(wires: Wires) -> None:
    with gr.Accordion(STAGE, open=False, elem_classes="gh-stage", elem_id="stage-translation-tree") as stage:
        gr.HTML(markup.page(markup.paragraph(INTRO)))
        with gr.Row():
            beams = forms.field(TranslateConfig.option("beams"), elem_id="tr-tree-beams", min_width=160)
            penalty = forms.field(TranslateConfig.option("length_penalty"), elem_id="tr-tree-penalty", min_width=160)
            size = gr.Slider(
                2,
                MOST_TOKENS,
                value=TOKENS,
                step=1,
                label="Tokens",
                info="How deep the tree grows.",
                elem_id="tr-tree-tokens",
                min_width=160,
            )
        go = gr.Button("Grow the tree", variant="primary", elem_id="tr-tree-go")
        problem = gr.HTML(elem_id="tr-tree-problem")
        told = gr.HTML(markup.page(markup.note("No tree has been grown yet.")), elem_id="tr-tree-told")
        plot = gr.Plot(visible=False, show_label=False, elem_id="tr-tree-plot")
        best = gr.HTML(elem_id="tr-tree-best")
    wires.add(translation_tree_stage=stage, tr_tree_beams=beams, tr_tree_penalty=penalty, tr_tree_tokens=size, tr_tree_go=go)
    wires.add(tr_tree_plot=plot, tr_tree_best=best, tr_tree_told=told, tr_tree_problem=problem)


def wire(wires: Wires) -> None:
    asked = ["session", "tr_state", "tr_tree_beams", "tr_tree_penalty", "tr_tree_tokens"]
    once = {"trigger_mode": "once", "show_progress": "minimal"}
    wires.on(wires.parts["tr_tree_go"].click, grow, asked, OUTPUTS, "tr_tree_problem", **once)


def grow(lab: Lab, session: dict, tr_state: dict | None, tr_tree_beams, tr_tree_penalty, tr_tree_tokens) -> dict:
    """The tree of the sentence in view, its hypotheses, and where the greedy path leaves the best."""
    if not tr_state or not tr_state["told"]["sentences"]:
        raise UserError(
            "No sentence has been translated yet.", "The tree is of the sentence in view.", "Press Translate in stage 1.", "tr_source"
        )
    if not isinstance(tr_tree_tokens, int | float) or not 2 <= tr_tree_tokens <= MOST_TOKENS:
        raise UserError(f"A tree of {str(tr_tree_tokens)[:20]} tokens.", f"From 2 to {MOST_TOKENS}.", "Move the slider.", "tokens")
    own = {
        "beams": tr_tree_beams,
        "length_penalty": forms.value(TranslateConfig.option("length_penalty"), tr_tree_penalty),
        "hypotheses": 1,
    }
    source = state.pair(tr_state)["source"]
    told = lab.translation_tree(session["visitor"], source, {**tr_state["values"], **own}, tr_state["run"], tokens=int(tr_tree_tokens))
    return {
        "tr_tree_plot": gr.update(value=beam_tree.figure(told, state.sentence(tr_state)["source"], whole=True), visible=True),
        "tr_tree_best": beam_tree.hypotheses(told, told["length_penalty"]),
        "tr_tree_told": beam_tree.summary(told),
    }
