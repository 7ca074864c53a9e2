"""What learns, for how long, and what that will cost: measured on the visitor's own text before one commits."""

from functools import partial

import gradio as gr

from genhub.lab import Lab
from genhub.training.configs import ADAPT_METHODS, ARCHITECTURES, METHOD_HELP
from genhub.training.configs.images import VARIANTS
from genhub.training.configs.transfer import TRANSFERRED, WAYS
from genhub.ui import forms, markup, shared
from genhub.ui.learning.kinds import Kind
from genhub.ui.wiring import Wires

OWN = "My own"
METHODS = {name: METHOD_HELP[name] for name in ADAPT_METHODS}
ABOUT = ("method", "architecture", "variant", "keep")  # options whose choices have names of their own, and a sentence each
KEEP = {
    "best": ("The best on the validation images", "The way that is kept is the one with the most right answers on images that only choose.")
}
KEEP |= {way: WAYS[way] for way in TRANSFERRED}
NOTHING = "What it will cost is measured here, on what you bring, once it is in use."


def layout(wires: Wires, kind: Kind) -> None:
    first = kind.first_preset(wires.lab.settings.public)
    preset = gr.Radio([*kind.presets, OWN], value=first, label="Preset", elem_id=kind.name("preset"))
    made: dict[str, object] = {"preset": preset}
    decided = kind.presets[first]
    for first in range(0, len(kind.main), 2):
        with gr.Row():
            for name in kind.main[first : first + 2]:
                made[name] = _field(wires.lab, kind, name, decided)
    made["about"] = gr.HTML(_about(kind, decided), elem_id=kind.name("about"))
    with gr.Accordion("Advanced", open=False):
        for name in kind.options:
            if name not in kind.main:
                made[name] = _field(wires.lab, kind, name, decided)
    wires.add(**{kind.name(part): component for part, component in made.items()})


def known(kind: Kind, name: str) -> dict[str, tuple[str, str]]:
    """What the choices of an option in ABOUT are called, and what each is."""
    return {"method": METHODS, "architecture": ARCHITECTURES, "variant": VARIANTS.get(kind.task, {}), "keep": KEEP}[name]


def _field(lab: Lab, kind: Kind, name: str, decided: dict):
    option, place = kind.config.option(name), kind.name(name)
    value = decided.get(name, option.default)
    if name == "model" and kind.has_base:
        here = {"pairs": lab.translators, "images": lab.image_classifiers, "text": lab.language_models}[kind.learns_from]()
        choices = [(f"{entry.id} · {markup.millions(entry.parameters)}", entry.id) for entry in here if entry.adaptable]
        return gr.Dropdown(
            choices,
            value=value,
            allow_custom_value=True,
            label="Base model",
            info=forms.hub_help(lab.settings, kind.base_family),
            elem_id=place,
        )
    if name in ABOUT:
        choices = [(title, choice) for choice, (title, _) in known(kind, name).items()]
        return gr.Dropdown(choices, value=value, label=option.label, info=option.help, elem_id=place)
    made = forms.field(option, elem_id=place)
    made.value = str(value) if option.optional and value is not None else made.value if value is None else value
    return made


def wire(wires: Wires, kind: Kind) -> None:
    part = wires.parts
    decided = list(dict.fromkeys(name for values in kind.presets.values() for name in values))
    wires.on(
        part[kind.name("preset")].input,
        partial(choose_preset, kind=kind),
        [kind.name("preset")],
        [*kind.names(*decided), kind.name("about")],
    )
    own = partial(gr.on, [part[kind.name(name)].input for name in decided])
    wires.on(own, partial(now_my_own, kind=kind), [], [kind.name("preset")])
    for name in ABOUT:
        if kind.name(name) in part:
            wires.on(part[kind.name(name)].change, partial(explain, kind=kind, option=name), [kind.name(name)], [kind.name("about")])


# ---- handlers -------------------------------------------------------------------------------------------------------


def choose_preset(lab: Lab, kind: Kind, **given) -> dict:
    decided = kind.presets.get(str(given[kind.name("preset")]), {})
    answer = {kind.name(name): _shown(kind, name, value) for name, value in decided.items()}
    return {**answer, kind.name("about"): _about(kind, decided)} if decided else {}


def now_my_own(lab: Lab, kind: Kind) -> dict:
    return {kind.name("preset"): OWN}


def filled(kind: Kind, trained_with: dict) -> dict:
    """The fields as a run had them."""
    fields = {kind.name(name): _shown(kind, name, trained_with[name]) for name in kind.options if name in trained_with}
    return {**fields, kind.name("preset"): preset_of(kind, fields), kind.name("about"): _about(kind, trained_with)}


def preset_of(kind: Kind, fields: dict) -> str:
    """What decides these fields, the others being as they are at first: a preset, or the visitor's own choice."""
    chosen = kind.config.from_dict(values(kind, fields))
    return next((name for name, decided in kind.presets.items() if kind.config(**decided) == chosen), OWN)


def explain(lab: Lab, kind: Kind, option: str, **given) -> dict:
    return {kind.name("about"): _about(kind, {option: given[kind.name(option)]})}


def values(kind: Kind, given: dict) -> dict:
    """The fields as the values of the kind's Config."""
    return {name: forms.value(kind.config.option(name), given[kind.name(name)]) for name in kind.options if kind.name(name) in given}


# ---- rendering ------------------------------------------------------------------------------------------------------


def _shown(kind: Kind, name: str, value):
    return forms.shown(kind.config.option(name), value)


def _about(kind: Kind, decided: dict) -> str:
    for name in ABOUT:
        if name in kind.options:
            chosen = str(decided.get(name, kind.config.option(name).default))
            return markup.page(markup.paragraph(known(kind, name).get(chosen, ("", ""))[1], "muted"))
    return ""


def forecast(kind: Kind, cost: dict) -> str:
    """What a training will cost."""
    pairs = [
        ("trainable", markup.percent(cost["trainable_percent"])),
        ("parameters", f"{cost['trainable_parameters']:,} of {cost['total_parameters']:,}"),
        ("steps", f"{cost['steps']:,}"),
        ("time", f"≈ {markup.seconds(cost['seconds'])}"),
        ("memory", f"≈ {cost['memory_mb']:,.0f} MB"),
        ("arithmetic", cost["precision"]),
    ]
    limit = cost["limit_seconds"]
    late = f"Longer than the {markup.seconds(limit)} that a run may take here: it would be stopped then, and the best so far kept."
    warning = markup.note(late) if limit and cost["seconds"] > limit else ""
    included = "samples and verdict" if kind.learns_from == "text" else "the verdict"
    ground = f"Measured on {markup.plural(cost['measured_steps'], 'step')} with your own {kind.learns_from}; {included} included.{shared.OTHERWISE if cost.get('lent') else ''}"
    return markup.page("<h3>What it will cost</h3>", markup.facts(pairs), warning, markup.paragraph(ground, "muted"))
