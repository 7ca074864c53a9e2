"""Which model or run translates, and how: one set of fields that the stages of Translate share."""

from functools import partial

import gradio as gr

from genhub import catalog
from genhub.data.languages import called
from genhub.errors import UserError
from genhub.jobs.folder import RunFolder
from genhub.lab import Lab
from genhub.lab.pairs import RUN
from genhub.training.configs import TranslateConfig
from genhub.ui import forms
from genhub.ui.wiring import Wires

OPTIONS = [option.name for option in TranslateConfig.options() if option.name != "model"]
FIELDS = ["tr_model", *(f"tr_{name}" for name in OPTIONS)]
SHOWN = ("beams", "hypotheses")
TASK = "translate"


def layout(wires: Wires) -> None:
    offered = choices(wires.lab)
    with gr.Row(elem_classes="gh-beside"):
        model = gr.Dropdown(
            offered,
            value=offered[0][1] if offered else None,
            allow_custom_value=True,
            label="Model or run",
            info=forms.hub_help(wires.lab.settings, "Marian, T5, mBART or M2M"),
            elem_id="tr-model",
            scale=4,
            min_width=220,
        )
        swap = gr.Button("Swap", elem_id="tr-swap", scale=0, min_width=90)
    made = {}
    with gr.Row():
        for name in SHOWN:
            made[name] = forms.field(TranslateConfig.option(name), elem_id=f"tr-{name}", min_width=140)
    with gr.Accordion("Advanced", open=False):
        for name in OPTIONS:
            if name not in SHOWN:
                made[name] = forms.field(TranslateConfig.option(name), elem_id=f"tr-{name}")
    wires.add(tr_model=model, tr_swap=swap, **{f"tr_{name}": part for name, part in made.items()})


def wire(wires: Wires) -> None:
    focus = partial(gr.on, [wires.parts["tr_model"].focus])
    wires.on(focus, lambda lab, session: {"tr_model": gr.update(choices=choices(lab, session))}, ["session"], ["tr_model"])


def choices(lab: Lab, session: dict | None = None) -> list[tuple[str, str]]:
    """Models of the catalog, and before them the visitor's runs that adapted one."""
    models = [(name(entry), entry.id) for entry in lab.translators()]
    if not session or not session["visitor"]:
        return models
    runs = [info for info in lab.runs(session["visitor"]) if info.task == TASK and RunFolder(info.path).has("passport.json")]
    return [*((info.name, RUN + info.id) for info in runs), *models]


def name(entry: catalog.Model) -> str:
    """ "English → Spanish · en-es" """
    pair = " → ".join(called(language) for language in entry.languages) if len(entry.languages) == 2 else "many languages"
    return f"{pair} · {entry.id.rpartition('/')[2]}"


def asked(fields: dict) -> tuple[dict, str]:
    """(values of a TranslateConfig, id of the run that translates or "") from what the fields hold."""
    values = {name: forms.value(TranslateConfig.option(name), fields[f"tr_{name}"]) for name in OPTIONS if f"tr_{name}" in fields}
    chosen = str(fields.get("tr_model") or "")
    if chosen.startswith(RUN):
        return values, chosen.removeprefix(RUN)
    return {**values, "model": chosen}, ""


def turned(lab: Lab, fields: dict) -> dict:
    """The fields for the opposite direction. Raises UserError where nothing translates that way."""
    values, run = asked(fields)
    if run:
        raise UserError("A run translates one way.", "It learnt pairs of that direction.", "Choose a model for the other one.", "model")
    if values.get("source_language") and values.get("target_language"):
        return {"tr_source_language": values["target_language"], "tr_target_language": values["source_language"]}
    other = lab.opposite(values)
    if not other:
        what = f"No model here translates the other way than “{values['model'][:80]}”."
        raise UserError(what, "", "Name a model for that direction, as owner/name.", "model")
    return {"tr_model": other}
