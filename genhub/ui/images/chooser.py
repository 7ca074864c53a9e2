"""Which model draws, is walked through and gives images back: one choice that the stages of Images share."""

from collections.abc import Callable, Iterator

import gradio as gr

from genhub import catalog
from genhub.errors import UserError
from genhub.families import DIFFUSION
from genhub.lab import Lab
from genhub.ui import fetching, forms, markup
from genhub.ui.learning.kinds import PAINTERS
from genhub.ui.wiring import Wires

NOTHING = "There is no model yet: train one in stages 4 to 7 below."
FIELDS = ["im_model", "im_label"]
ANY = "every class in turn"
NO_MODEL = ("No model has been chosen.", "This is done with a trained one.", "Train one in stages 4 to 7.", "im_model")


def layout(wires: Wires) -> None:
    offered, anything = offers(wires.lab), forms.hub_help(wires.lab.settings, DIFFUSION.name)
    with gr.Row(elem_classes="gh-beside"):
        model = gr.Dropdown(
            offered,
            value=offered[0][1] if offered else None,
            label="Model",
            info=f"Yours, the newest first, then those that come with GenHub. {anything}".strip(),
            allow_custom_value=bool(anything),
            elem_id="im-model",
            scale=3,
            min_width=220,
        )
        label = gr.Dropdown(
            [ANY], value=ANY, label="Class", info="What the model is told.", visible=False, elem_id="im-label", scale=1, min_width=140
        )
    about = gr.HTML("" if offered else markup.page(markup.note(NOTHING)), elem_id="im-about")
    wires.add(im_model=model, im_label=label, im_about=about, im_problem=gr.HTML(elem_id="im-problem"), im_known=gr.State(None))


# ---- handlers -------------------------------------------------------------------------------------------------------


def offer(lab: Lab, session: dict, im_model: str | None) -> dict:
    """The models as they are now; the one in view, which may be another one by now, stays where it is still there."""
    return {"im_model": offered(offers(lab, session), im_model)}


def offered(known: list[tuple[str, str]], chosen: str | None, usual: str | None = None) -> dict:
    """A dropdown's choices; what is `chosen` is left alone, or where it is gone becomes `usual`, or the first."""
    ids = [model for _, model in known]
    return gr.update(choices=known) if chosen in ids or from_hub(chosen) else gr.update(choices=known, value=usual or next(iter(ids), None))


def choose(lab: Lab, session: dict, im_model: str | None, im_known: dict | None) -> dict:
    """Another model: what it is, and its classes."""
    if im_model and im_known and im_known["model"] == im_model:
        return {}
    if not im_model:
        return {"im_known": None, "im_about": markup.page(markup.note(NOTHING)), "im_label": gr.update(visible=False)}
    known = read(lab, session, im_model)
    classes = gr.update(choices=[ANY, *known["names"]], value=ANY, visible=known["conditional"])
    return {"im_known": known, "im_about": _about(known), "im_label": classes}


def from_hub(model: str | None) -> bool:
    return bool(model) and "/" in model and model not in catalog.IMAGE_MODELS


def coming(lab: Lab, im_model: str | None) -> Iterator[dict]:
    """A model of the Hub on its way to this machine; nothing of one that is here. Raises UserError for one that does not come."""
    for frame in fetching.shown(lab, im_model, DIFFUSION.name) if from_hub(im_model) else ():
        yield {"im_about": frame}


def offers(lab: Lab, session: dict | None = None) -> list[tuple[str, str]]:
    """Those of `choices`, and diffusion models of the Hub."""
    return [*choices(lab, session), *((f"Hub · {model.id} ({model.megabytes:.0f} MB)", model.id) for model in lab.hub_painters())]


def choices(lab: Lab, session: dict | None = None) -> list[tuple[str, str]]:
    """The visitor's finished image models, the newest first, and ours."""
    tasks = {kind.task for kind in PAINTERS}
    runs = lab.runs(session["visitor"]) if session and session["visitor"] else []
    own = [(info.name, info.id) for info in runs if info.task in tasks and info.metrics]
    return [*own, *((f"{model.of} · {model.title}", model.id) for model in lab.image_models())]


def asked(im_known: dict | None, im_label: str) -> tuple[str, str]:
    """(model, class or ""). Raises UserError without a model."""
    if not im_known:
        raise UserError(*NO_MODEL)
    return im_known["model"], "" if im_label == ANY or not im_known["conditional"] else str(im_label or "")


def knowing(handler: Callable) -> Callable:
    """`handler` for presses that may come before the model in view has been read, or while the last one still is known: it is read then."""

    def call(lab: Lab, *, session: dict, im_model: str | None, im_known: dict | None, **given):
        if im_model and (im_known is None or im_known["model"] != im_model):
            im_known = read(lab, session, im_model)
        return handler(lab, session=session, im_known=im_known, **given)

    return call


def read(lab: Lab, session: dict, model: str) -> dict:
    """What a model can do, with its id."""
    return {"model": model, **lab.about_painter(session["visitor"], model)}


def _about(known: dict) -> str:
    entry = catalog.IMAGE_MODELS.get(known["model"]) or catalog.MODELS.get(known["model"])
    note = entry.note if entry else ""
    colours = "coloured" if known["channels"] == 3 else "grey"
    facts = [
        ("code", f"{known['size']:,} numbers"),
        ("images", f"{known['side']} × {known['side']}, {colours}"),
        ("classes", "told which" if known["conditional"] else "told none"),
        ("parameters", f"{known['parameters']:,}"),
        ("draws", "yes" if known["draws"] else "no: it gives back"),
    ]
    return markup.page(markup.paragraph(note, "muted") if note else "", markup.facts(facts))
