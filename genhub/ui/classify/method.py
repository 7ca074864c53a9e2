"""Stage 2 of Classify: which encoder, which parameters learn, and what it will cost, measured before one commits."""

from functools import partial

import gradio as gr

from genhub import catalog, gate
from genhub.errors import UserError
from genhub.families import ENCODER
from genhub.lab import Lab
from genhub.training.configs import MAIN_METHODS, METHOD_HELP, MORE_METHODS, PRESETS, ClassifyConfig
from genhub.ui import forms, markup, shared
from genhub.ui.classify import data
from genhub.ui.wiring import Wires

STAGE = "2  Method"
MAIN = ("method", "epochs", "class_weights", "seed")
ADVANCED = forms.advanced(ClassifyConfig)
FIELDS = ("model", *MAIN, "more_method", *ADVANCED)
OWN = "My own"
FIRST = {True: "Quick", False: "Balanced"}  # preset of the form, by whether others wait for their turn: a page in public
REMEMBERED = ("preset", *FIELDS)  # of stage 2, in the browser, so that a reload changes no option without a word


def layout(wires: Wires) -> None:
    with gr.Accordion(STAGE, open=False, elem_classes="gh-stage", elem_id="stage-method") as stage:
        with gr.Row(elem_classes="gh-split"):
            with gr.Column(scale=3, min_width=300):
                _choices(wires)
            with gr.Column(scale=2, min_width=300):
                forecast = gr.HTML(
                    nothing_yet(),
                    elem_id="forecast",
                    elem_classes="gh-reserve",
                )
                fetched = gr.Button("Fetch this encoder", visible=False, elem_id="fetch")
                others = gr.CheckboxGroup(
                    [(METHOD_HELP[name][0], name) for name in MAIN_METHODS],
                    label="Train these as well",
                    info="Each becomes a run of its own on the same split and seed; Runs puts them in one table.",
                    elem_id="other-methods",
                )
                train = gr.Button("Train", variant="primary", interactive=False, elem_id="train")
        problem = gr.HTML()
    wires.add(method_stage=stage, forecast=forecast, other_methods=others, train=train, fetch=fetched, method_problem=problem)


def _choices(wires: Wires) -> None:
    first = FIRST[wires.lab.settings.public]
    decided = PRESETS[first]
    preset = gr.Radio([*PRESETS, OWN], value=first, label="Preset", elem_id="preset")
    wires.add(preset=preset)
    choices = [(METHOD_HELP[name][0], name) for name in MAIN_METHODS]
    method = gr.Radio(choices, value=decided["method"], label="Method", elem_id="option-method")
    about = gr.HTML(method_about(decided["method"]))
    models = [(f"{model.id} · {markup.millions(model.parameters)}", model.id) for model in catalog.of_task(ENCODER.name)]
    model = gr.Dropdown(
        models,
        value=models[0][1],
        allow_custom_value=True,
        label="Encoder",
        info=forms.hub_help(wires.lab.settings, "BERT-family"),
        elem_id="option-model",
    )
    made = forms.fields(ClassifyConfig, ["epochs", "class_weights", "seed"])
    with gr.Accordion("Advanced", open=False):
        more = gr.Dropdown(
            [("none: the method above", ""), *((METHOD_HELP[name][0], name) for name in MORE_METHODS)],
            value="",
            label="Another PEFT method",
            info="Takes the place of the method above.",
        )
        made |= forms.fields(ClassifyConfig, ADVANCED)
    for name in decided.keys() & made.keys():
        made[name].value = forms.shown(ClassifyConfig.option(name), decided[name])
    wires.add(method=method, method_about=about, model=model, more_method=more, **made)


def wire(wires: Wires) -> None:
    part = wires.parts
    decided = list(PRESETS["Balanced"])
    wires.on(part["preset"].input, choose_preset, ["preset"], [*decided, "more_method"])
    wires.on(part["method"].change, explain_method, ["method"], ["method_about"])
    costly = ("method", "epochs", "model", "more_method", "rank", "batch_size", "max_length", "bottleneck", "folds")
    changed = partial(gr.on, [part[name].change for name in costly])
    wires.on(changed, forecast, ["session", *FIELDS], ["forecast", "fetch"], "method_problem", trigger_mode="always_last")
    wires.on(partial(gr.on, [part[name].input for name in (*decided, "more_method")]), now_my_own, [], ["preset"])
    kept = partial(gr.on, [part[name].change for name in REMEMBERED])
    wires.on(kept, remember, [*REMEMBERED], ["method_form"], trigger_mode="always_last")
    fetched = wires.on(part["fetch"].click, fetch, ["session", *FIELDS], ["forecast", "fetch"], "method_problem", show_progress="minimal")
    wires.on(fetched.then, data.reexamine, ["session", *data.OPTIONS], data.LOOKED_AGAIN, "data_problem")  # lengths, in its tokens now


# ---- handlers -------------------------------------------------------------------------------------------------------


def remember(lab: Lab, **fields) -> dict:
    return {"method_form": fields}


def recall(lab: Lab, method_form: dict) -> dict:
    """The form as it was before a reload. Storage belongs to the visitor and may hold anything: what does not fit is left."""
    stored = method_form if isinstance(method_form, dict) else {}
    found = {}
    for name in (name for name in FIELDS if name in stored and name != "more_method"):
        option = ClassifyConfig.option(name)
        try:
            checked = option.check(forms.value(option, stored[name]))
        except UserError:
            continue
        found[name] = forms.shown(option, checked)
    if found.get("method") not in MAIN_METHODS:
        found.pop("method", None)
    for name, known in (("preset", (*PRESETS, OWN)), ("more_method", ("", *MORE_METHODS))):
        if stored.get(name) in known:
            found[name] = stored[name]
    return found


def explain_method(lab: Lab, method: str) -> dict:
    return {"method_about": method_about(method)}


def now_my_own(lab: Lab) -> dict:
    return {"preset": OWN}


def choose_preset(lab: Lab, preset: str) -> dict:
    """Fill the fields that a preset decides; *My own* leaves them."""
    return {**PRESETS[preset], "more_method": ""} if preset in PRESETS else {}


def values(session: dict, fields: dict) -> dict:
    """The form of stage 2 and the columns of stage 1 as the values of a ClassifyConfig."""
    chosen = {name: forms.value(ClassifyConfig.option(name), fields[name]) for name in FIELDS if name != "more_method"}
    chosen["method"] = fields["more_method"] or fields["method"]
    return {**chosen, "text_column": session["columns"][0], "label_column": session["columns"][1]}


def measuring() -> str:
    return markup.page(markup.note("Measuring on your rows what this will cost …"))


def forecast(lab: Lab, session: dict, **fields) -> dict:
    """What the chosen method will cost, from a few measured steps on the visitor's own rows. An encoder that is not on this
    machine is not fetched behind the visitor's back: a button does that."""
    if not session["table"]:
        return {}
    wanted = values(session, fields)
    if missing := absent(lab, wanted["model"]):
        return missing
    cost = lab.forecast(session["visitor"], session["table"], wanted)
    return {"forecast": render_forecast(cost), "fetch": gr.update(visible=False)}


def absent(lab: Lab, model: str) -> dict:
    """The way to an encoder that is not on this machine; nothing when it is. Raises UserError for what is no encoder's name."""
    model = gate.model_id(model, lab.settings, ENCODER.name)
    return {} if lab.has_model(model) else {"forecast": render_absent(model), "fetch": gr.update(visible=True)}


def fetch(lab: Lab, session: dict, **fields) -> dict:
    """Download and check the chosen encoder, then measure."""
    lab.fetch_model(fields["model"])
    return {"fetch": gr.update(visible=False), **forecast(lab, session, **fields)}


def summary(fields: dict) -> str:
    method = fields["more_method"] or fields["method"]
    return f"{STAGE} ✓ {METHOD_HELP[method][0]} on {fields['model'].rpartition('/')[2]} · seed {fields['seed']}"


def not_here(model: str) -> UserError:
    return UserError(f"{model} is not on this machine yet.", "Train downloads nothing.", "Press “Fetch this encoder” first.", "model")


# ---- rendering ------------------------------------------------------------------------------------------------------


def nothing_yet() -> str:
    return markup.page(markup.note("What it will cost is measured here, on your rows, once a table is in use."))


def method_about(method: str) -> str:
    return markup.page(markup.paragraph(METHOD_HELP[method][1], "muted"))


def render_absent(model: str) -> str:
    entry = catalog.MODELS.get(model)
    size = f" ({entry.megabytes:,.0f} MB, {entry.licence})" if entry else ""
    return markup.page(markup.note(f"{model}{size} is not on this machine yet. Fetch it first; its cost is measured then."))


def render_forecast(cost: dict) -> str:
    pairs = [
        ("trainable", markup.percent(cost["trainable_percent"])),
        ("parameters", f"{cost['trainable_parameters']:,} of {cost['total_parameters']:,}"),
        ("steps", f"{cost['steps']:,}" if cost["steps"] else "none: the features are computed once"),
        ("time", f"≈ {markup.seconds(cost['seconds'])}"),
        ("memory", f"≈ {cost['memory_mb']:,.0f} MB"),
        ("arithmetic", cost["precision"]),
    ]
    limit = cost["limit_seconds"]
    late = f"Longer than the {markup.seconds(limit)} that a run may take here: it would be stopped then, and the best so far kept."
    steps, rows = markup.plural(cost["measured_steps"], "step"), markup.plural(cost["measured_rows"], "row")
    work = f"{steps} with your own rows" if cost["steps"] else f"{rows} of your own"
    ground = f"Measured on {work}; folds, baselines and verdict included.{shared.OTHERWISE if cost.get('lent') else ''}"
    warning = markup.note(late) if limit and cost["seconds"] > limit else ""
    return markup.page("<h3>What it will cost</h3>", markup.facts(pairs), warning, markup.paragraph(ground, "muted"))
