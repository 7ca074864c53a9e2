"""Stage 11 of Images: a GAN one step at a time. The visitor says whose turn it is, and sees what that changes."""

import secrets

import gradio as gr

from genhub.data.image_sets import DIGITS
from genhub.errors import UserError
from genhub.lab import Lab
from genhub.training.configs import GANConfig
from genhub.training.configs.images import PROBABLE
from genhub.ui import charts, markup
from genhub.ui.learning import options
from genhub.ui.learning.kinds import GAN, remembered
from genhub.ui.wiring import Wires

STAGE = "11  One step at a time"
INTRO = (
    "Whose turn is it? A step of the discriminator changes what it believes, and no image. A step of the generator changes the images, the way "
    "the discriminator's slope points. Model, loss and remedies are those of stage 6 as they are filled in there, the images those in use "
    "there, or else the digits."
)
NOTHING = "Press “Begin”."
AGAIN = "The pair was begun anew: the machine needed its memory."
BUTTONS = {
    "discriminator": ("One step of the discriminator", "discriminator", 1),
    "generator": ("One step of the generator", "generator", 1),
    "rounds": ("Twenty rounds of both", "both", 20),
}
OUTPUTS = ["turns_state", "turns_shown", *(f"turns_{name}" for name in BUTTONS)]


def layout(wires: Wires) -> None:
    with gr.Accordion(STAGE, open=False, elem_classes="gh-stage", elem_id="stage-turns") as stage:
        gr.HTML(markup.page(markup.paragraph(INTRO)))
        with gr.Row():
            begin = gr.Button("Begin", variant="primary", elem_id="turns-begin", min_width=100)
            made = {
                f"turns_{name}": gr.Button(label, interactive=False, elem_id=f"turns-{name}", min_width=180)
                for name, (label, _, _) in BUTTONS.items()
            }
        problem = gr.HTML(elem_id="turns-problem")
        shown = gr.HTML(markup.page(markup.note(NOTHING)), elem_id="turns-shown", elem_classes="gh-reserve-tall")
    wires.add(turns_stage=stage, turns_begin=begin, turns_problem=problem, turns_shown=shown, turns_state=gr.State(None), **made)


def wire(wires: Wires) -> None:
    part, once = wires.parts, {"trigger_mode": "once", "show_progress": "minimal"}
    wires.on(part["turns_begin"].click, begin, ["session", "learn", "turns_state", *GAN.fields], OUTPUTS, "turns_problem", **once)
    for name in BUTTONS:
        wires.on(part[f"turns_{name}"].click, MOVES[name], ["session", "turns_state"], OUTPUTS, "turns_problem", **once)


# ---- handlers -------------------------------------------------------------------------------------------------------


def begin(lab: Lab, session: dict, learn: dict, turns_state: dict | None, **given) -> dict:
    """A new pair, before its first step. The digits are read where no images are in use."""
    values = options.values(GAN, given)
    images = remembered(learn).get(GAN.name("text")) or _digits(lab, session, turns_state)
    state = {"images": images, "values": values, "token": secrets.token_hex(8), "believed": [], "made": 0}
    told = _asked(lab, session, state, "none", 1)
    return {**_seen(state, told, 0), **{f"turns_{name}": gr.update(interactive=True) for name in BUTTONS}}


def _digits(lab: Lab, session: dict, state: dict | None) -> str:
    """Those that were read for the last pair, where they are still kept, else read now."""
    try:
        if state and lab.images_info(session["visitor"], state["images"]).sample == DIGITS:
            return state["images"]
    except UserError:
        pass
    return lab.take_images_sample(session["visitor"], DIGITS).id


def move(lab: Lab, session: dict, turns_state: dict | None, name: str) -> dict:
    """Some steps."""
    if not turns_state:
        raise UserError("There is no pair yet.", "Its steps are made one by one.", "Press “Begin” first.", "turns_begin")
    _, turn, count = BUTTONS[name]
    each = 1 + GANConfig.from_dict(turns_state["values"]).steps_of_discriminator if turn == "both" else 1
    return _seen(turns_state, _asked(lab, session, turns_state, turn, count), each * count)


MOVES = {name: (lambda lab, session, turns_state, name=name: move(lab, session, turns_state, name)) for name in BUTTONS}


def _asked(lab: Lab, session: dict, state: dict, turn: str, count: int) -> dict:
    return lab.gan_turn(session["visitor"], state["images"], state["values"], state["token"], turn, count)


def _seen(state: dict, told: dict, steps: int) -> dict:
    """The pair as it is now, `steps` later, with what was believed before: [steps, of real images, of drawn ones]."""
    made = sum(told["made"].values())
    lost = made != state["made"] + steps
    before = [] if lost else state["believed"]
    means = [sum(told[name]) / len(told[name]) for name in ("believed_real", "believed_drawn")]
    now = {**state, "made": made, "believed": [*before, [made, *means]]}
    return {"turns_state": now, "turns_shown": render(now, told, lost)}


# ---- rendering ------------------------------------------------------------------------------------------------------


def render(state: dict, told: dict, lost: bool = False) -> str:
    """Drawn images with what is believed of them, what the generator is told to change, real images, and beliefs over the steps."""
    probable = GANConfig.from_dict(state["values"]).loss in PROBABLE
    made = ", ".join(f"{markup.plural(count, 'step')} of the {turn}" for turn, count in told["made"].items())
    sheets = (
        ("Drawn", "drawn", "believed_drawn", "The same codes as always, and what the discriminator takes each image for."),
        ("What the generator is told", "wanted", "", "Blue: the discriminator would believe more if it were brighter there; red: darker."),
        ("Real", "real", "believed_real", "What the discriminator takes real images for."),
    )
    drawn = "".join(_sheet(title, told[name], told.get(believed, []), said, probable) for title, name, believed, said in sheets)
    lines = {name: [(step, row[place]) for step, *row in state["believed"]] for place, name in enumerate(("real", "drawn"))}
    caption = (
        "What is believed of the images shown, in the mean: 1 is real."
        if probable
        else "What is said of the images shown, in the mean: more is real."
    )
    chart = charts.lines(lines, "steps", "believed", caption, (0, 1) if probable else None) if len(state["believed"]) > 1 else ""
    again = markup.note(AGAIN) if lost else ""
    return markup.page(again, markup.paragraph(f"{made}."), f'<div class="gh-two">{drawn}{chart}</div>')


def _sheet(title: str, picture: str, believed: list[float], said: str, probable: bool) -> str:
    cells = "".join(f'<span class="belief">{f"{value:.0%}" if probable else f"{value:.1f}"}</span>' for value in believed)
    grid = f'<div class="cells" style="grid-template: repeat(2, 1fr) / repeat(8, 1fr)">{cells}</div>' if cells else ""
    return f'<div><h3>{title}</h3><div class="gh-sheet">{markup.picture(picture, said)}{grid}</div>{markup.paragraph(said, "muted")}</div>'
