"""The section itself: a text on the left with what learns from it, on the right what the run is doing; below, what comes of it."""

from functools import partial

import gradio as gr

from genhub.errors import UserError
from genhub.lab import Lab
from genhub.ui import markup
from genhub.ui.generate.learning import home, options, run, source
from genhub.ui.generate.learning.kinds import KINDS, Kind
from genhub.ui.wiring import Wires


def layout(wires: Wires, kind: Kind) -> None:
    with gr.Accordion(kind.stage, open=False, elem_classes="gh-stage", elem_id=f"stage-{kind.prefix}") as stage:
        gr.HTML(markup.page(markup.paragraph(kind.intro)))
        with gr.Row(elem_classes="gh-split"):
            with gr.Column(scale=2, min_width=300):
                source.layout(wires, kind)
                options.layout(wires, kind)
                forecast = gr.HTML(markup.page(markup.note(options.NOTHING)), elem_id=kind.name("forecast"), elem_classes="gh-reserve")
                train = gr.Button("Train", variant="primary", interactive=False, elem_id=kind.name("train"))
                problem = gr.HTML(elem_id=kind.name("problem"))
            with gr.Column(scale=3, min_width=300):
                run.layout(wires, kind)
        home.layout(wires, kind)
    wires.add(**{kind.name("stage"): stage, kind.name("forecast"): forecast, kind.name("train"): train, kind.name("problem"): problem})


def wire(wires: Wires, kind: Kind) -> None:
    part, problem = wires.parts, kind.name("problem")
    source.wire(wires, kind)
    options.wire(wires, kind)
    run.wire(wires, kind, problem)
    home.wire(wires, kind, problem)
    asked = ["session", "learn", *kind.fields]
    used = wires.on(
        part[kind.name("use")].click,
        partial(use, kind=kind),
        ["session", "learn", *kind.names(*source.PARTS)],
        ["learn", *kind.names("facts", "train")],
        problem,
        trigger_mode="once",
        show_progress="minimal",
    )
    measured = partial(forecast, kind=kind)
    wires.on(used.then, measured, asked, kind.names("forecast"), problem)
    costly = partial(gr.on, [part[name].change for name in kind.fields if not name.endswith(("seed", "sample_prompt"))])
    wires.on(costly, measured, asked, kind.names("forecast"), problem, trigger_mode="always_last")
    started = [*kind.names(*run.PARTS), "learn", "learn_pulse"]
    wires.on(part[kind.name("train")].click, partial(train, kind=kind), asked, started, problem, trigger_mode="once")


def shared(wires: Wires) -> None:
    """The timer that looks at the runs in view, for all kinds."""
    drawn = [name for kind in KINDS for name in kind.names(*run.PARTS) if name != kind.name("run")]
    wires.on(wires.parts["learn_pulse"].tick, run.tick, ["session", "learn"], ["learn_pulse", *drawn], "learn_problem", trigger_mode="once")


# ---- handlers -------------------------------------------------------------------------------------------------------


def use(lab: Lab, session: dict, learn: dict, kind: Kind, **given) -> dict:
    """The text is read; training may begin."""
    text, told = source.take(lab, session, kind, given)
    return {"learn": {**learn, kind.name("text"): text}, kind.name("facts"): told, kind.name("train"): gr.update(interactive=True)}


def forecast(lab: Lab, session: dict, learn: dict, kind: Kind, **given) -> dict:
    """What it will cost, from a few measured steps on the visitor's own text; nothing before there is one."""
    if not learn.get(kind.name("text")):
        return {}
    cost = lab.forecast(session["visitor"], learn[kind.name("text")], options.values(kind, given), kind.task)
    return {kind.name("forecast"): options.forecast(cost)}


def train(lab: Lab, session: dict, learn: dict, kind: Kind, **given) -> dict:
    """Queue the run and show it."""
    text = learn.get(kind.name("text"))
    if not text:
        raise UserError("No text is in use.", "Training needs one.", "Choose a text and press “Use this text”.", "text")
    learn = {**learn, kind.name("run"): lab.train(session["visitor"], text, options.values(kind, given), task=kind.task)}
    return {"learn": learn, **run.refresh(lab, session, learn, kind), "learn_pulse": gr.Timer(active=True)}


def arrive(lab: Lab, session: dict, learn: dict) -> dict:
    """The page was opened or reloaded: what is shown of the visitor's runs and texts."""
    learn = {name: value for name, value in (learn if isinstance(learn, dict) else {}).items() if isinstance(value, str)}
    drawn: dict = run.pulse(lab, session, learn)
    for kind in KINDS:
        drawn |= run.refresh(lab, session, learn, kind)
        try:
            info = lab.text_info(session["visitor"], learn[kind.name("text")]) if learn.get(kind.name("text")) else None
        except UserError:
            info = None  # kept for a day only
        if info:
            drawn |= {kind.name("facts"): source.told(info), kind.name("train"): gr.update(interactive=True)}
    return drawn


def open_run(lab: Lab, session: dict, learn: dict, run_id: str) -> dict:
    """Show one of the visitor's runs in the section of its task, on the tab Generate."""
    kind = next(kind for kind in KINDS if kind.task == lab.run(session["visitor"], run_id).task)
    learn = {**(learn or {}), kind.name("run"): run_id}
    opened = {other.name("stage"): gr.update(open=other is kind) for other in KINDS}
    drawn = {"learn": learn, **run.refresh(lab, session, learn, kind), **run.pulse(lab, session, learn)}
    return {"tabs": gr.Tabs(selected="generate"), **opened, **drawn}


def teaches(task: str) -> bool:
    """Is it a task of this section?"""
    return any(kind.task == task for kind in KINDS)


OPENED = ["learn", "learn_pulse", "tabs", *(name for kind in KINDS for name in (kind.name("stage"), *kind.names(*run.PARTS)))]
ARRIVED = ["learn_pulse", *(name for kind in KINDS for name in kind.names(*run.PARTS, "facts", "train"))]
