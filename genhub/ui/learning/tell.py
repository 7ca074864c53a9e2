"""A transferred network at work: of which class an image of one's own is, and which part of it says so."""

from functools import partial

import gradio as gr

from genhub.lab import Lab
from genhub.ui import charts, markup
from genhub.ui.learning.kinds import Kind
from genhub.ui.learning.run import chosen_run
from genhub.ui.wiring import Wires

READ = "As the network reads it; beside it what speaks for its answer, in orange, and what against it, in blue."
SHOWN = 10  # classes


def layout(wires: Wires, kind: Kind) -> None:
    file = gr.File(label="An image: PNG, JPEG or WebP", file_types=["image"], height=110, elem_id=kind.name("image"))
    turned = gr.Checkbox(False, label="Dark on light: turn it over", elem_id=kind.name("turned"))
    go = gr.Button("Say what it is", variant="primary", elem_id=kind.name("tell"))
    wires.add(**{kind.name(part): component for part, component in (("image", file), ("turned", turned), ("tell", go))})


def wire(wires: Wires, kind: Kind) -> None:
    wires.on(
        wires.parts[kind.name("tell")].click,
        partial(tell, kind=kind),
        ["session", "learn", *kind.names("image", "turned")],
        [kind.name("beside")],
        kind.name("home_problem"),
        trigger_mode="once",
        show_progress="minimal",
    )


def tell(lab: Lab, session: dict, learn: dict, kind: Kind, **given) -> dict:
    """The image through the run in view."""
    run = chosen_run(lab, session, learn, kind)
    told = lab.tell_image(session["visitor"], run, given[kind.name("image")], turned=given[kind.name("turned")])
    return {kind.name("beside"): render(told)}


def render(told: dict) -> str:
    """The answer of `lab.tell_image`."""
    names, shares = told["names"], told["shares"]
    order = sorted(range(len(names)), key=lambda place: -shares[place])[:SHOWN]
    best = order[0]
    pictures = markup.picture(told["read"], "As the network reads it", "one") + markup.picture(told["evidence"], READ, "one")
    lost = f"Covering one patch takes at most {told['lost']:.3f} of the answer's probability." if told["lost"] > 0 else ""
    return markup.page(
        f"<p><b>“{markup.esc(names[best])}”</b>, {shares[best]:.3f}</p>",
        charts.probabilities({names[place]: shares[place] for place in order}, names),
        f'<div class="gh-side-by-side">{pictures}</div>',
        markup.paragraph(READ, "muted"),
        markup.paragraph(lost, "muted") if lost else "",
    )
