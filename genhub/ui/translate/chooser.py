"""Which model translates, and how: one set of fields that the stages of Translate share."""

import gradio as gr

from genhub import catalog
from genhub.data.languages import called
from genhub.errors import UserError
from genhub.lab import Lab
from genhub.training.configs import TranslateConfig
from genhub.ui import forms
from genhub.ui.wiring import Wires

OPTIONS = [option.name for option in TranslateConfig.options() if option.name != "model"]
FIELDS = ["tr_model", *(f"tr_{name}" for name in OPTIONS)]
SHOWN = ("beams", "hypotheses")


def layout(wires: Wires) -> None:
    offered = choices(wires.lab)
    with gr.Row(elem_classes="gh-beside"):
        model = gr.Dropdown(
            offered,
            value=offered[0][1] if offered else None,
            allow_custom_value=True,
            label="Model",
            info="Or any Marian, T5, mBART or M2M id on the Hub, as owner/name.",
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


def choices(lab: Lab) -> list[tuple[str, str]]:
    """Models of the catalog, those on this machine first."""
    return [(name(entry), entry.id) for entry in lab.translators()]


def name(entry: catalog.Model) -> str:
    """ "English → Spanish · en-es" """
    pair = " → ".join(called(language) for language in entry.languages) if len(entry.languages) == 2 else "many languages"
    return f"{pair} · {entry.id.rpartition('/')[2]}"


def asked(fields: dict) -> dict:
    """Values of a TranslateConfig from what the fields hold."""
    values = {name: forms.value(TranslateConfig.option(name), fields[f"tr_{name}"]) for name in OPTIONS if f"tr_{name}" in fields}
    return {**values, "model": str(fields.get("tr_model") or "")}


def turned(lab: Lab, fields: dict) -> dict:
    """The fields for the opposite direction. Raises UserError where nothing translates that way."""
    values = asked(fields)
    if values.get("source_language") and values.get("target_language"):
        return {"tr_source_language": values["target_language"], "tr_target_language": values["source_language"]}
    other = lab.opposite(values)
    if not other:
        what = f"No model here translates the other way than “{values['model'][:80]}”."
        raise UserError(what, "", "Name a model for that direction, as owner/name.", "model")
    return {"tr_model": other}
