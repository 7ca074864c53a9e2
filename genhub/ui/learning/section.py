"""The section itself: a text on the left with what learns from it, on the right what the run is doing and, below, what comes of it."""

from collections.abc import Iterator
from functools import partial

import gradio as gr

from genhub import tasks
from genhub.errors import UserError
from genhub.lab import Lab
from genhub.ui import fetching, markup, ways
from genhub.ui.learning import home, images_source, options, pairs_source, run, text_source
from genhub.ui.learning.kinds import KINDS, Kind, remembered
from genhub.ui.run_view import LIVE, REMEDY
from genhub.ui.wiring import Wires

SOURCES = {"text": text_source, "pairs": pairs_source, "images": images_source}


def layout(wires: Wires, kind: Kind) -> None:
    with gr.Accordion(kind.stage, open=False, elem_classes="gh-stage", elem_id=f"stage-{kind.prefix}") as stage:
        gr.HTML(markup.page(markup.paragraph(kind.intro)))
        with gr.Row(elem_classes="gh-split"):
            with gr.Column(scale=2, min_width=300):
                SOURCES[kind.learns_from].layout(wires, kind)
                options.layout(wires, kind)
                forecast = gr.HTML(markup.page(markup.note(options.NOTHING)), elem_id=kind.name("forecast"), elem_classes="gh-reserve")
                train = gr.Button("Train", variant="primary", interactive=False, elem_id=kind.name("train"))
                problem = gr.HTML(elem_id=kind.name("problem"))
            with gr.Column(scale=3, min_width=300):
                run.layout(wires, kind)
                home.layout(wires, kind)
    parts = {"stage": stage, "forecast": forecast, "train": train, "problem": problem, "taken": gr.State(""), "begun": gr.State("")}
    parts["fixes"] = gr.State([])  # remedies that were pressed since the text was refused
    wires.add(**{kind.name(part): component for part, component in parts.items()})


def wire(wires: Wires, kind: Kind) -> None:
    """What takes long (reading a text, fetching a model) leaves its outcome in a place of its own, and another event notes it in `learn`:
    were it one, its end would bring back what was in view when it began."""
    part, problem, source = wires.parts, kind.name("problem"), SOURCES[kind.learns_from]
    source.wire(wires, kind)
    options.wire(wires, kind)
    run.wire(wires, kind)
    home.wire(wires, kind)
    asked = ["session", "learn", *kind.fields]
    once = {"trigger_mode": "once", "show_progress": "minimal"}
    text, used = ["session", *kind.names(*source.PARTS)], kind.names("taken", "facts", "fixes")
    refused, measured = kind.name("text_problem"), partial(forecast, kind=kind)
    pressed = wires.on(part[kind.name("use")].click, partial(use, kind=kind), text, used, refused, **once)
    mended = wires.on_pick(part[refused].select, partial(mend, kind=kind), [*text, kind.name("fixes")], used, refused, **once)
    for taken in (pressed, mended):
        noted = wires.on(taken.then, partial(note, kind=kind), ["learn", kind.name("taken")], ["learn", *kind.names("taken", "train")])
        wires.on_steps(noted.then, measured, asked, kind.names("forecast"), problem)
    costly = partial(gr.on, [part[name].change for name in kind.fields if not name.endswith(("seed", "sample_prompt"))])
    wires.on_steps(costly, measured, asked, kind.names("forecast"), problem, trigger_mode="always_last")
    begun = wires.on(part[kind.name("train")].click, partial(train, kind=kind), asked, kind.names("begun"), problem, **once)
    shown = ["learn", "learn_pulse", *kind.names(*run.PARTS), *home.outputs(kind)]
    queued = ["session", "learn", kind.name("begun")]
    wires.on(begun.then, partial(show, kind=kind), queued, [*shown, kind.name("begun")], kind.name("run_problem"))
    tried = [*shown, *kind.fields, *kind.names("preset", "about")]
    wires.on_pick(part[kind.name("view")].select, partial(remedy, kind=kind), ["session", "learn"], tried, kind.name("run_problem"))
    chosen = ["session", "learn", kind.name("run")]
    wires.on(part[kind.name("run")].input, partial(choose, kind=kind), chosen, shown, kind.name("run_problem"))


def shared(wires: Wires) -> None:
    """What looks at the runs in view of all kinds: the timer, and the tab when it is opened."""
    asked = ["session", "learn", *run.WATCHED]
    drawn = [name for kind in KINDS for name in kind.names(*run.PARTS) if name != kind.name("run")]
    ticked = {"problem": "learn_problem", "trigger_mode": "once"}
    wires.on(wires.parts["learn_pulse"].tick, run.tick, asked, ["learn_pulse", *drawn], **ticked)
    for tab in ("generate_tab", "translate_tab", "images_tab"):
        wires.on(wires.parts[tab].select, look, asked, VIEWED, "learn_problem")


# ---- handlers -------------------------------------------------------------------------------------------------------


def use(lab: Lab, session: dict, kind: Kind, **given) -> dict:
    """The text is read."""
    text, told = SOURCES[kind.learns_from].take(lab, session, kind, given)
    return {kind.name("taken"): text, kind.name("facts"): told, kind.name("fixes"): []}


def mend(lab: Lab, pick: str, session: dict, kind: Kind, **given) -> dict:
    """The button of a refusal: the text is read once more, with one remedy more."""
    fixes = [*given[kind.name("fixes")], pick.removeprefix("fix:")]
    try:
        text, told = SOURCES[kind.learns_from].take(lab, session, kind, given, fixes)
    except UserError as error:
        if not error.fix:
            raise
        return {kind.name("fixes"): fixes, kind.name("text_problem"): markup.problem(error, heard=True)}
    return {kind.name("taken"): text, kind.name("facts"): told, kind.name("fixes"): []}


def note(lab: Lab, learn: dict, kind: Kind, **given) -> dict:
    """The text that was read, if one was, is the one in use; training may begin."""
    text = given[kind.name("taken")]
    used = {"learn": {**remembered(learn), kind.name("text"): text}, kind.name("train"): gr.update(interactive=True)} if text else {}
    return {**used, kind.name("taken"): ""}


def forecast(lab: Lab, session: dict, learn: dict, kind: Kind, **given) -> Iterator[dict]:
    """What it will cost, from a few measured steps on the visitor's own text, once the model is here; nothing before there is a text."""
    text = remembered(learn).get(kind.name("text"))
    if not text:
        return
    values = options.values(kind, given)
    for frame in fetching.shown(lab, values["model"], tasks.get(kind.task).family) if kind.has_base else ():
        yield {kind.name("forecast"): frame}
    yield {kind.name("forecast"): options.forecast(kind, lab.forecast(session["visitor"], text, values, kind.task))}


def train(lab: Lab, session: dict, learn: dict, kind: Kind, **given) -> dict:
    """Queue the run."""
    text = remembered(learn).get(kind.name("text"))
    if not text:
        raise UserError(*SOURCES[kind.learns_from].MISSING, "text")
    return {kind.name("begun"): lab.train(session["visitor"], text, options.values(kind, given), task=kind.task)}


def show(lab: Lab, session: dict, learn: dict, kind: Kind, **given) -> dict:
    """The run that was queued, if one was, comes into view."""
    begun = given[kind.name("begun")]
    return {**in_view(lab, session, learn, kind, begun), kind.name("begun"): ""} if begun else {}


def remedy(lab: Lab, pick: str, session: dict, learn: dict, kind: Kind) -> dict:
    """What an alarm names is tried: the run in view is trained again with it, and the fields have its options."""
    verb, _, key = pick.partition(":")
    if verb != REMEDY:
        return {}
    begun = lab.remedied(session["visitor"], run.chosen_run(lab, session, learn, kind), key)
    return {**in_view(lab, session, learn, kind, begun), **options.filled(kind, lab.trained_with(session["visitor"], begun))}


def choose(lab: Lab, session: dict, learn: dict, kind: Kind, **given) -> dict:
    """One of the visitor's runs was chosen."""
    return in_view(lab, session, learn, kind, given[kind.name("run")])


def in_view(lab: Lab, session: dict, learn: dict, kind: Kind, run_id) -> dict:
    """A run of this kind comes into view: what stands there of another goes."""
    learn = {**remembered(learn), kind.name("run"): run_id if isinstance(run_id, str) else ""}
    return {"learn": learn, **run.refresh(lab, session, learn, kind), **run.pulse(lab, session, learn), **home.cleared(kind)}


def look(lab: Lab, session: dict, learn: dict, **known) -> dict:
    """What is shown of the visitor's runs, as it is now: some may have been deleted, renamed or opened elsewhere."""
    drawn: dict = run.pulse(lab, session, learn)
    for kind in KINDS:
        drawn |= run.news(lab, session, learn, kind, known)
    return drawn


def arrive(lab: Lab, session: dict, learn: dict) -> dict:
    """The page was opened or reloaded: what is shown of the visitor's runs and texts. A run that still trains is what the visitor came
    back for: the page opens on it, unless it has opened on another tab's run already."""
    drawn, living = look(lab, session, learn), {info.id: info.task for info in lab.runs(session["visitor"]) if info.state in LIVE}
    for kind in KINDS:
        drawn |= _text_in_use(lab, session, learn, kind)
        if living.get(run.shown_run(lab, session, learn, kind)) == kind.task:
            drawn |= ways.follow(ways.Way(kind.prefix))
    if not all(teaches(task) for task in living.values()):
        drawn.pop("tabs", None)
    return drawn


def _text_in_use(lab: Lab, session: dict, learn: dict, kind: Kind) -> dict:
    text, source = remembered(learn).get(kind.name("text")), SOURCES[kind.learns_from]
    try:
        info = source.info(lab, session, text) if text else None
    except UserError:
        info = None  # kept for a day only
    return {kind.name("facts"): source.told(info), kind.name("train"): gr.update(interactive=True)} if info else {}


def open_run(lab: Lab, session: dict, learn: dict, run_id: str) -> dict:
    """Show one of the visitor's runs in the section of its task."""
    kind = next(kind for kind in KINDS if kind.task == lab.run(session["visitor"], run_id).task)
    return {**ways.follow(ways.Way(kind.prefix)), **in_view(lab, session, learn, kind, run_id)}


def teaches(task: str) -> bool:
    """Is it a task of this section?"""
    return any(kind.task == task for kind in KINDS)


VIEWED = ["learn_pulse", *(name for kind in KINDS for name in kind.names(*run.PARTS))]
OPENED = ["learn", *ways.OPENED, *VIEWED, *(name for kind in KINDS for name in home.outputs(kind))]
ARRIVED = [*ways.OPENED, *VIEWED, *(name for kind in KINDS for name in kind.names("facts", "train"))]
