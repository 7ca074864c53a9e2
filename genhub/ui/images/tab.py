"""The tab *Images*: models that draw and give images back, trained here or brought along.

1 Play · 2 Latent space · 3 An image of yours · 4 Train a VAE · 5 Train an autoencoder · 6 Train a GAN · 7 Train a diffusion model · 8 Compare ·
9 Enlarge my data set · 10 Be the discriminator · 11 One step at a time · 12 Transfer
"""

from collections.abc import Iterator
from functools import partial

import gradio as gr

from genhub.errors import UserError
from genhub.lab import Lab
from genhub.ui import markup, ways
from genhub.ui.images import chooser, compare, discriminate, enlarge, latent, own, play, turns
from genhub.ui.learning import section
from genhub.ui.learning.kinds import PAINTERS, TRANSFER, Kind
from genhub.ui.learning.run import chosen_run
from genhub.ui.wiring import Wires, merged

INTRO = "Models of images: let one draw, walk through its codes, give it an image of yours, train one of your own and watch it learn, and compare."
STAGES, AFTER = (play, latent, own), (compare, enlarge, discriminate, turns)  # before and after the training
CHOSEN = list(dict.fromkeys(["im_problem", "im_known", "im_about", "im_label", *play.OUTPUTS, *play.GIVEN, *latent.SHOWN, "own_shown"]))


def layout(wires: Wires) -> None:
    gr.HTML(markup.page("<h2>Images</h2>", markup.paragraph(INTRO, "muted")))
    chooser.layout(wires)
    for part in STAGES:
        part.layout(wires)
    for kind in PAINTERS:
        section.layout(wires, kind)
    for part in AFTER:
        part.layout(wires)
    section.layout(wires, TRANSFER)


def wire(wires: Wires) -> None:
    for part in (*STAGES, *AFTER):
        part.wire(wires)
    for kind in (*PAINTERS, TRANSFER):
        section.wire(wires, kind)
    components, asked, problem = wires.parts, ["session", "im_model", "im_known"], "im_problem"
    wires.on(components["im_model"].focus, chooser.offer, ["session", "im_model"], ["im_model"], problem)
    chosen = wires.on_steps(components["im_model"].input, brought, asked, CHOSEN, problem)
    offered = wires.on(components["images_tab"].select, chooser.offer, ["session", "im_model"], ["im_model"], problem)
    arrived = wires.on(offered.then, arrive, [*asked, "start_pick"], CHOSEN, problem)
    wires.overtaken(arrived, components["im_model"].input, chosen)
    for kind in PAINTERS:
        opened = list(dict.fromkeys([*ways.OPENED, "im_model"]))
        pressed = components[kind.name("play")].click
        went = wires.on(pressed, partial(play_with, kind=kind), ["session", "learn"], opened, kind.name("home_problem"))
        shown = wires.on(went.then, again, ["session", "im_model"], CHOSEN, problem)
        shown.then(None, js=ways.SHOW_STAGE)


# ---- handlers -------------------------------------------------------------------------------------------------------


def brought(lab: Lab, session: dict, im_model: str | None, im_known: dict | None) -> Iterator[dict]:
    """As `choose`, of a model that may have to come from the Hub first."""
    try:
        yield from chooser.coming(lab, im_model)
    except UserError as error:
        yield _none(lab, session, error)
        return
    yield choose(lab, session, im_model, im_known)


def choose(lab: Lab, session: dict, im_model: str | None, im_known: dict | None) -> dict:
    """Another model, if it is another: what the stages show of the last one goes."""
    try:
        known = chooser.choose(lab, session, im_model, im_known)
    except UserError as error:  # the last one is not to go on under the new one's name
        return _none(lab, session, error)
    if not known:
        return {}
    return merged(known, play.begin(lab, session, known["im_known"]), {"own_shown": ""}, latent.choose(lab, session, known["im_known"]))


def _none(lab: Lab, session: dict, error: UserError) -> dict:
    """No model is in view, and why."""
    gone = [part(lab, session, None) for part in (play.begin, latent.choose)]
    return merged({"im_known": None, "im_about": "", "im_problem": markup.problem(error), "own_shown": ""}, *gone)


def again(lab: Lab, session: dict, im_model: str | None) -> dict:
    """A run is to be played with: read anew, for one that was resumed is another model under the same name."""
    return choose(lab, session, im_model, None)


def arrive(lab: Lab, session: dict, im_model: str | None, im_known: dict | None, start_pick: str) -> dict:
    """The tab was opened. Who came by pressing a drawn image sees what was pressed (`pressed`)."""
    return {} if im_known is None and start_pick.startswith(play.PICK) else choose(lab, session, im_model, im_known)


def pressed(lab: Lab, session: dict, model: str, values: dict, number: int) -> dict:
    """An image that was drawn elsewhere comes into view with its model: it is drawn again, and looked at."""
    chosen = choose(lab, session, model, None)
    drawn = play.shown(values, lab.draw(session["visitor"], model, values))
    looked = play.look(lab, f"{play.PICK}:{number}", session, chosen["im_known"], drawn["play_drawn"], chosen["latent_told"])
    return merged(chosen, drawn, looked, {"im_model": model, "play_n": values["n"]})


PRESSED = list(dict.fromkeys(["im_model", *CHOSEN, "code_of"]))


def play_with(lab: Lab, session: dict, learn: dict, kind: Kind) -> dict:
    """The run in view, on the first stage."""
    run = chosen_run(lab, session, learn, kind)
    offered = chooser.offer(lab, session, run)["im_model"]
    return {**ways.follow(ways.Way("play")), "im_model": {**offered, "value": run}}
