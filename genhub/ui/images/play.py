"""Stage 1 of Images: a trained model draws. Press an image to see its code, its neighbours and more like it; take the sheet home."""

from collections.abc import Iterator

import gradio as gr

from genhub.errors import UserError
from genhub.lab import Lab
from genhub.training.configs import DrawConfig
from genhub.ui import forms, markup
from genhub.ui.images import chooser, code_view, plane
from genhub.ui.wiring import Wires, pieces

STAGE = "1  Play"
INTRO = "The model draws: codes are drawn at random and decoded. Press an image for its code, its neighbours, and more like it."
NOTHING = "Choose a model above, or train one in stage 4, 6 or 7."
GIVES_BACK = "An autoencoder is not made to draw: give it an image in stage 3, or walk through its codes in stage 2."
FIELDS = {"play_n": "n", "play_temperature": "temperature", "play_seed": "seed", "play_truncation": "truncation"}
IN_STEPS = {"play_steps": "steps", "play_guidance": "guidance", "play_chance": "chance"}  # of a model that takes noise away
FEW, FEWEST = 16, 4  # images that such a one draws at first, and of a slow one when it is asked to
GUIDANCE = 3.0  # with which a model that is told the class begins: as its card's figures are measured
SLOW = "This network is large: without a GPU a drawing takes a while. Press “Draw”."
FORMATS = {"PNG, one picture": "png", "ZIP of PNGs": "zip", "NPZ, an array": "npz"}
PICK = "drawn"
OUTPUTS = ["play_sheet", "play_drawn", "play_look", "play_file", "play_moment"]
CLEARED = {"play_sheet": "", "play_drawn": None, "play_look": "", "play_file": gr.update(value=None, visible=False)}
CLEARED |= {"play_moment": gr.update(visible=False)}
GIVEN = {**FIELDS, **IN_STEPS}


def layout(wires: Wires) -> None:
    with gr.Accordion(STAGE, open=True, elem_classes="gh-stage", elem_id="stage-play") as stage:
        gr.HTML(markup.page(markup.paragraph(INTRO)))
        with gr.Row(elem_classes="gh-split"):
            with gr.Column(scale=3, min_width=300):
                with gr.Row():
                    made = {
                        name: forms.field(DrawConfig.option(option), elem_id=f"play-{option}", min_width=120)
                        for name, option in FIELDS.items()
                    }
                with gr.Row():
                    made |= {
                        name: forms.field(DrawConfig.option(option), elem_id=f"play-{option}", min_width=120, visible=False)
                        for name, option in IN_STEPS.items()
                    }
                draw = gr.Button("Draw", variant="primary", elem_id="play-draw", min_width=160)
                problem = gr.HTML(elem_id="play-problem")
                sheet = pieces(markup.page(markup.note(NOTHING)), elem_id="play-sheet", elem_classes="gh-reserve-tall")
                moment = gr.Slider(
                    1,
                    2,
                    value=1,
                    step=1,
                    label="Moment",
                    info="What it expected to draw, on the way from noise.",
                    visible=False,
                    elem_id="play-moment",
                )
                with gr.Row(elem_classes="gh-beside"):
                    kind = gr.Dropdown(list(FORMATS), value=next(iter(FORMATS)), label="As", elem_id="play-format", min_width=160)
                    save = gr.Button("Save the images", elem_id="play-save", min_width=140)
                file = gr.DownloadButton("Download", visible=False, elem_id="play-file")
            with gr.Column(scale=2, min_width=300):
                shown = gr.HTML(elem_id="play-look", elem_classes="gh-reserve-tall")
    wires.add(**made, play_stage=stage, play_draw=draw, play_problem=problem, play_sheet=sheet, play_look=shown)
    wires.add(play_format=kind, play_save=save, play_file=file, play_drawn=gr.State(None), play_moment=moment)


def wire(wires: Wires) -> None:
    part, asked = wires.parts, ["session", "im_model", "im_known", "im_label"]
    once = {"trigger_mode": "once", "show_progress": "minimal"}
    wires.on_steps(part["play_draw"].click, chooser.knowing(draw), [*asked, *GIVEN], OUTPUTS, "play_problem", **once)
    told = {"trigger_mode": "always_last", "show_progress": "hidden"}
    wires.on(part["play_moment"].input, scrub, ["play_drawn", "play_moment"], ["play_sheet"], "play_problem", **told)
    in_view = ["session", "im_known", "play_drawn", "latent_told"]
    wires.on_pick(part["play_sheet"].select, look, in_view, ["play_look", "play_sheet", "code_of", *plane.MARKED], "play_problem")
    wires.on(part["play_save"].click, save, ["session", "im_known", "play_drawn", "play_format"], ["play_file"], "play_problem", **once)


# ---- handlers -------------------------------------------------------------------------------------------------------


def begin(lab: Lab, session: dict, im_known: dict | None) -> dict:
    """Another model: what it draws at once, of one that draws."""
    if not im_known:
        return {**CLEARED, "play_sheet": markup.page(markup.note(NOTHING))}
    if not im_known["draws"]:
        return {**CLEARED, "play_sheet": markup.page(markup.note(GIVES_BACK))}
    denoises = im_known["denoises"]
    guided = {"guidance": GUIDANCE} if denoises and im_known["conditional"] else {}
    usual = DrawConfig(n=FEWEST if im_known["slow"] else FEW, **guided) if denoises else DrawConfig()
    values = {option: getattr(usual, option) for option in GIVEN.values()}
    fields: dict = {name: forms.shown(DrawConfig.option(option), values[option]) for name, option in GIVEN.items()}
    there = {"play_guidance": denoises and im_known["conditional"]}
    fields |= {name: gr.update(value=fields[name], visible=there.get(name, denoises)) for name in IN_STEPS}
    if im_known["slow"]:
        return {**CLEARED, "play_sheet": markup.page(markup.note(SLOW)), **fields}
    return {**shown(values, lab.draw(session["visitor"], im_known["model"], values)), **fields}


def values_of(fields: dict) -> dict:
    """Those of a DrawConfig, of the stage's fields as they are filled."""
    return {option: forms.value(DrawConfig.option(option), fields[name]) for name, option in GIVEN.items()}


def draw(lab: Lab, session: dict, im_known: dict | None, im_label: str, **given) -> Iterator[dict]:
    """Codes drawn at random, decoded; of a model that takes noise away what it expects to draw, step by step."""
    model, label = chooser.asked(im_known, im_label)
    values = {"label": label, **values_of(given)}
    for told in lab.drawing(session["visitor"], model, values):
        if "step" in told:
            said = f"Step {told['step']:,} of {told['steps']:,}: what it expects to draw."
            yield {"play_sheet": markup.page(markup.picture(told["picture"], said), markup.paragraph(said, "muted"))}
        else:
            yield shown(values, told)


def shown(values: dict, told: dict) -> dict:
    """Drawn images come into view. `values`: what was asked; `told`: the answer."""
    drawn = {"values": values, **{name: told[name] for name in ("picture", "columns", "count", "classes", "seconds")}}
    drawn["film"] = told.get("film", [])
    moments = len(drawn["film"])
    moment = gr.update(visible=moments > 1, maximum=max(2, moments), value=max(1, moments))
    return {**CLEARED, "play_sheet": sheet(drawn), "play_drawn": drawn, "play_moment": moment}


def scrub(lab: Lab, play_drawn: dict | None, play_moment) -> dict:
    """Another moment of a drawing; at the last one its images can be pressed."""
    film = play_drawn["film"] if play_drawn else []
    if not isinstance(play_moment, int | float) or not 1 <= play_moment <= len(film):
        return {}
    if play_moment >= len(film):
        return {"play_sheet": sheet(play_drawn)}
    told = film[int(play_moment) - 1]
    said = f"After step {told['step']:,} of {told['steps']:,} it expects to draw these."
    return {"play_sheet": markup.page(markup.picture(told["picture"], said), markup.paragraph(said, "muted"))}


def look(lab: Lab, pick: str, session: dict, im_known: dict | None, play_drawn: dict | None, latent_told: dict | None) -> dict:
    """An image of the sheet was pressed; its place is marked on the map, too."""
    verb, _, number = pick.partition(":")
    if verb != PICK or not number.isdecimal() or not play_drawn or int(number) >= play_drawn["count"]:
        return {}
    of = {"drawn": play_drawn["values"], "index": int(number)}
    told = lab.look(session["visitor"], chooser.asked(im_known, chooser.ANY)[0], of)
    shown = {"play_look": code_view.look(told), "play_sheet": sheet(play_drawn, int(number)), "code_of": of}
    return {**shown, **plane.marked(latent_told, told.get("place"))}


def save(lab: Lab, session: dict, im_known: dict | None, play_drawn: dict | None, play_format: str) -> dict:
    """The images of the sheet as a file."""
    if not play_drawn:
        raise UserError("Nothing has been drawn.", "The images on the sheet are saved.", "Press “Draw” first.", "play_sheet")
    ending = FORMATS.get(str(play_format), "png")
    model, _ = chooser.asked(im_known, chooser.ANY)
    path = lab.drawn_file(session["visitor"], model, play_drawn["values"], ending)
    size = markup.size(path.stat().st_size)
    return {"play_file": gr.update(value=str(path), visible=True, label=f"Download {path.name} ({size})")}


# ---- rendering ------------------------------------------------------------------------------------------------------


def sheet(drawn: dict, pressed: int | None = None) -> str:
    """The drawn images, each of which can be pressed, and what they are."""
    return markup.page(cells(drawn, pressed), markup.paragraph(_said(drawn), "muted"))


def _said(drawn: dict) -> str:
    count, classes = drawn["count"], drawn["classes"]
    each = "" if not classes else f" of {classes[0]}" if len(set(classes)) == 1 else ", every class in turn"
    return f"{markup.plural(count, 'image')}{each}, drawn in {1000 * drawn['seconds']:.0f} ms."


def cells(drawn: dict, pressed: int | None = None) -> str:
    """The drawn images alone."""
    count, columns, classes = drawn["count"], drawn["columns"], drawn["classes"]
    rows = -(-count // columns)
    buttons = "".join(
        markup.pick(
            "", f"{PICK}:{number}", pressed=number == pressed, title=f"Image {number + 1}" + (f", {classes[number]}" if classes else "")
        )
        for number in range(count)
    )
    grid = f'<div class="cells" style="grid-template: repeat({rows}, 1fr) / repeat({columns}, 1fr)">{buttons}</div>'
    return f'<div class="gh-sheet">{markup.picture(drawn["picture"], _said(drawn))}{grid}</div>'
