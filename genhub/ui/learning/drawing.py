"""What an image model learnt, tried: it draws. An autoencoder does not draw: what it does is in its film."""

from functools import partial

import gradio as gr

from genhub.lab import Lab
from genhub.training.configs import DrawConfig
from genhub.ui import forms, markup
from genhub.ui.learning.kinds import Kind
from genhub.ui.learning.run import chosen_run
from genhub.ui.wiring import Wires

FIELDS = ("label", "temperature", "seed")
COUNT = 60
NAMED = {"label": "draw_label", "temperature": "draw_temperature", "seed": "draw_seed"}


def layout(wires: Wires, kind: Kind) -> None:
    if not kind.draws:
        return
    with gr.Row():
        fields = {NAMED[name]: forms.field(DrawConfig.option(name), elem_id=kind.name(NAMED[name]), min_width=120) for name in FIELDS}
    draw = gr.Button("Draw", variant="primary", elem_id=kind.name("draw"), min_width=160)
    wires.add(**{kind.name(part): component for part, component in {**fields, "draw": draw}.items()})


def wire(wires: Wires, kind: Kind) -> None:
    if not kind.draws:
        return
    wires.on(
        wires.parts[kind.name("draw")].click,
        partial(draw, kind=kind),
        ["session", "learn", *kind.names(*NAMED.values())],
        [kind.name("beside")],
        kind.name("home_problem"),
        trigger_mode="once",
        show_progress="minimal",
    )


def draw(lab: Lab, session: dict, learn: dict, kind: Kind, **given) -> dict:
    """Codes drawn from the middle of the map, decoded."""
    values = {name: given[kind.name(NAMED[name])] for name in FIELDS}
    told = lab.draw(session["visitor"], chosen_run(lab, session, learn, kind), {**values, "n": COUNT})
    each = "" if not told["classes"] else f" of {told['classes'][0]}" if values["label"] else ", every class in turn"
    what = f"{told['count']} images{each}, drawn in {1000 * told['seconds']:.0f} ms"
    return {kind.name("beside"): markup.page(markup.picture(told["picture"], what), markup.paragraph(f"{what}.", "muted"))}
