"""Who writes, and how: the model or run, the strategy and its options, as one set of fields that the sections of Generate share."""

from dataclasses import replace
from functools import partial

import gradio as gr

from genhub import catalog
from genhub.jobs.folder import RunFolder
from genhub.lab import Lab
from genhub.training.configs import STRATEGIES, STRATEGY_OPTIONS, GenerateConfig
from genhub.ui import forms, markup
from genhub.ui.generate import stored
from genhub.ui.wiring import Wires

RUN = "run:"
TASKS = ("generate", "scratch")  # whose runs write
OPTIONS = [option.name for option in GenerateConfig.options() if option.name != "model"]
BEARING = list(dict.fromkeys(name for names in STRATEGY_OPTIONS.values() for name in names))  # those that some strategies do not know
FIELDS = ["gen_writer", *(f"gen_{name}" for name in OPTIONS)]


def layout(wires: Wires) -> None:
    offered = choices(wires.lab)
    writer = gr.Dropdown(
        offered,
        value=offered[0][1] if offered else None,
        allow_custom_value=True,
        label="Model or run",
        info=forms.hub_help(wires.lab.settings, "GPT-family"),
        elem_id="gen-writer",
    )
    strategy = gr.Dropdown(
        [(STRATEGIES[name][0], name) for name in STRATEGIES],
        value=GenerateConfig.strategy,
        label="Strategy",
        elem_id="gen-strategy",
    )
    aid = gr.HTML(reading_aid(GenerateConfig.strategy), elem_id="gen-aid")
    made = {}
    with gr.Row():
        for name in BEARING:
            shown = name in STRATEGY_OPTIONS[GenerateConfig.strategy]
            made[name] = forms.field(GenerateConfig.option(name), elem_id=f"gen-{name}", visible=shown, min_width=160)
    length = GenerateConfig.option("max_new_tokens")
    with gr.Row():
        for option in (replace(length, high=wires.lab.settings.limits.new_tokens), GenerateConfig.option("seed")):
            made[option.name] = forms.field(option, elem_id=f"gen-{option.name}", min_width=160)
    with gr.Accordion("Advanced", open=False):
        for name in forms.advanced(GenerateConfig):
            made[name] = forms.field(GenerateConfig.option(name), elem_id=f"gen-{name}")
    for name, value in stored.example().get("values", {}).items():  # those of the text that the tab opens on
        if name in made and value is not None:
            made[name].value = value
    wires.add(gen_writer=writer, gen_strategy=strategy, gen_aid=aid, **{f"gen_{name}": part for name, part in made.items()})


def wire(wires: Wires) -> None:
    shown = [f"gen_{name}" for name in BEARING]
    wires.on(wires.parts["gen_strategy"].change, choose_strategy, ["gen_strategy"], ["gen_aid", *shown])
    focus = partial(gr.on, [wires.parts["gen_writer"].focus])
    wires.on(focus, lambda lab, session: {"gen_writer": gr.update(choices=choices(lab, session))}, ["session"], ["gen_writer"])


def choose_strategy(lab: Lab, gen_strategy: str) -> dict:
    bearing = STRATEGY_OPTIONS.get(gen_strategy, ())
    return {"gen_aid": reading_aid(gen_strategy), **{f"gen_{name}": gr.update(visible=name in bearing) for name in BEARING}}


def reading_aid(strategy: str) -> str:
    """What a strategy does and what it tends to."""
    _, does, tends = STRATEGIES.get(strategy, ("", "", ""))
    return markup.page(markup.paragraph(f"{does} {tends}", "muted"))


def choices(lab: Lab, session: dict | None = None) -> list[tuple[str, str]]:
    """Models of the catalog, those on this machine first, and the visitor's runs that write."""
    models = [(f"{entry.id} · {markup.millions(entry.parameters)}", entry.id) for entry in lab.language_models()]
    if not session or not session["visitor"]:
        return models
    runs = [info for info in lab.runs(session["visitor"]) if RunFolder(info.path).has("passport.json") and info.task in TASKS]
    return [*((info.name, RUN + info.id) for info in runs), *models]


def asked(fields: dict) -> tuple[dict, str]:
    """(values of a GenerateConfig, id of the run that writes or "") from what the fields hold."""
    values = {name: forms.value(GenerateConfig.option(name), fields[f"gen_{name}"]) for name in OPTIONS if f"gen_{name}" in fields}
    writer = str(fields.get("gen_writer") or "")
    if writer.startswith(RUN):
        return values, writer.removeprefix(RUN)
    return {**values, "model": writer}, ""


def called(writer: str, lab: Lab, visitor: str) -> str:
    """What a writer is called on the page."""
    if writer.startswith(RUN):
        return lab.run(visitor, writer.removeprefix(RUN)).name
    return catalog.MODELS[writer].id if writer in catalog.MODELS else writer
