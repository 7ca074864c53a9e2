"""Stage 4 of Generate: the tree of a beam search, with the score of every hypothesis and the path that greedy decoding takes."""

import gradio as gr

from genhub.errors import UserError
from genhub.lab import Lab
from genhub.training.configs import GenerateConfig
from genhub.ui import beam_tree, forms, markup
from genhub.ui.generate import writer
from genhub.ui.wiring import Wires

STAGE = "4  Beam-search tree"
TOKENS, MOST_TOKENS = 8, 24
INTRO = (
    "Beam search keeps the few best beginnings of a text at every step and drops the others. It continues the prompt of stage 1 with its "
    "model; the score of a hypothesis of n tokens is the sum of their log-probabilities divided by n to the power of the length penalty."
)
OWN = {"tree_beams": "beams", "tree_length_penalty": "length_penalty"}
OUTPUTS = ["tree_plot", "tree_best", "tree_told"]


def layout(wires: Wires) -> None:
    with gr.Accordion(STAGE, open=False, elem_classes="gh-stage", elem_id="stage-tree") as stage:
        gr.HTML(markup.page(markup.paragraph(INTRO)))
        with gr.Row():
            made = {
                name: forms.field(GenerateConfig.option(option), elem_id=f"tree-{option}", min_width=160) for name, option in OWN.items()
            }
            size = gr.Slider(
                2, MOST_TOKENS, value=TOKENS, step=1, label="Tokens", info="How deep the tree grows.", elem_id="tree-tokens", min_width=160
            )
        go = gr.Button("Grow the tree", variant="primary", elem_id="tree-go")
        problem = gr.HTML(elem_id="tree-problem")
        told = gr.HTML(markup.page(markup.note("No tree has been grown yet.")), elem_id="tree-told")
        plot = gr.Plot(visible=False, show_label=False, elem_id="tree-plot")
        best = gr.HTML(elem_id="tree-best")
    wires.add(tree_stage=stage, tree_tokens=size, tree_go=go, tree_plot=plot, tree_best=best, tree_told=told, tree_problem=problem, **made)


def wire(wires: Wires) -> None:
    asked = ["session", "gen_prompt", "tree_tokens", *OWN, *writer.FIELDS]
    wires.on(wires.parts["tree_go"].click, grow, asked, OUTPUTS, "tree_problem", trigger_mode="once", show_progress="minimal")


# ---- handlers -------------------------------------------------------------------------------------------------------


def grow(lab: Lab, session: dict, gen_prompt: str, tree_tokens: int, **fields) -> dict:
    """The tree, the hypotheses with their scores, and what greedy decoding would have written."""
    values, run = writer.asked(fields)
    if not isinstance(tree_tokens, int | float) or not 2 <= tree_tokens <= MOST_TOKENS:
        what = f"A tree of {str(tree_tokens)[:20]} tokens."
        raise UserError(what, f"From 2 to {MOST_TOKENS}.", "Move the slider.", "max_new_tokens")
    own = {option: fields[name] for name, option in OWN.items()}
    told = lab.beams(session["visitor"], gen_prompt, {**values, **own, "strategy": "beam", "max_new_tokens": int(tree_tokens)}, run)
    return {
        "tree_plot": gr.update(value=beam_tree.figure(told, gen_prompt), visible=True),
        "tree_best": beam_tree.hypotheses(told, float(own["length_penalty"])),
        "tree_told": beam_tree.summary(told),
    }
