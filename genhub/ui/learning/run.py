"""What a run is doing: how far, the curves, what it writes on its way, a Stop that keeps the best."""

import hashlib
from collections.abc import Sequence
from functools import partial

import gradio as gr

from genhub.errors import UserError
from genhub.events import Sample
from genhub.lab import Lab
from genhub.ui import markup, run_view
from genhub.ui.images import plane
from genhub.ui.learning import verdicts
from genhub.ui.learning.kinds import KINDS, Kind, remembered
from genhub.ui.wiring import Wires, pieces

PARTS = ("run", "view", "stop", "resume", "film", "film_view", "following", "verdict", "seen")
WATCHED = [name for kind in KINDS for name in kind.names("following", "seen")]
NOTHING = "Nothing has been trained here yet."
RUNS = "Run shown"  # what the list of runs is called
RECORDED = "Recorded: {}"
MEANWHILE = "“{}” in the list “{}” is a finished training, with its curves, what it {} on its way, and its verdict."


def layout(wires: Wires, kind: Kind) -> None:
    run = gr.Dropdown([], value=None, label=RUNS, info="Yours, the newest first.", elem_id=kind.name("run"))
    film = gr.Slider(
        1, 2, value=1, step=1, label="Sample", info=f"What it {_made(kind)} on its way.", visible=False, elem_id=kind.name("film")
    )
    film_view = gr.HTML(elem_id=kind.name("film_view"))
    view = pieces(markup.page(markup.note(NOTHING)), elem_id=kind.name("view"), elem_classes="gh-reserve-tall")
    with gr.Row():
        stop = gr.Button("Stop and keep", interactive=False, elem_id=kind.name("stop"), min_width=140, elem_classes="gh-stop")
        resume = gr.Button("Resume", visible=False, elem_id=kind.name("resume"), min_width=140)
    problem = gr.HTML(elem_id=kind.name("run_problem"))
    verdict = gr.HTML(elem_id=kind.name("verdict"))
    parts = {"run": run, "view": view, "stop": stop, "resume": resume, "film": film, "film_view": film_view, "verdict": verdict}
    parts |= {"following": gr.State(True), "seen": gr.State({}), "run_problem": problem}
    wires.add(**{kind.name(part): component for part, component in parts.items()})


def wire(wires: Wires, kind: Kind) -> None:
    part, asked, problem = wires.parts, ["session", "learn"], kind.name("run_problem")
    wires.on(part[kind.name("stop")].click, partial(stop, kind=kind), asked, [kind.name("stop")], problem)
    wires.on(part[kind.name("resume")].click, partial(resume, kind=kind), asked, [*kind.names(*PARTS), "learn_pulse"], problem)
    wires.on(
        part[kind.name("film")].input,
        partial(scrub, kind=kind),
        [*asked, kind.name("film")],
        kind.names("film_view", "following"),
        problem,
        trigger_mode="always_last",
    )


# ---- handlers -------------------------------------------------------------------------------------------------------


def shown_run(lab: Lab, session: dict, learn: dict, kind: Kind) -> str:
    """The run in view: the one of the visitor's that was chosen, else the recorded one; "" where there is none."""
    chosen = remembered(learn).get(kind.name("run"))
    return chosen if chosen in {info.id for info in runs(lab, session, kind)} else kind.recorded


def chosen_run(lab: Lab, session: dict, learn: dict, kind: Kind) -> str:
    """The run in view. Raises UserError where there is none."""
    run = shown_run(lab, session, learn, kind)
    if not run:
        raise UserError("No run has been chosen.", "This is done with a finished run.", "Train one, or choose one of yours.", "run")
    return run


def stop(lab: Lab, session: dict, learn: dict, kind: Kind) -> dict:
    lab.stop(session["visitor"], shown_run(lab, session, learn, kind))
    return {kind.name("stop"): gr.update(value="Stopping …", interactive=False)}


def resume(lab: Lab, session: dict, learn: dict, kind: Kind) -> dict:
    lab.resume(session["visitor"], shown_run(lab, session, learn, kind))
    return {**refresh(lab, session, learn, kind), "learn_pulse": gr.Timer(active=True)}


def scrub(lab: Lab, session: dict, learn: dict, kind: Kind, **given) -> dict:
    """Another moment of the film. At its last one the film goes on with what comes; at any other it stays there."""
    _, view = lab.view(session["visitor"], shown_run(lab, session, learn, kind))
    number, count = given[kind.name("film")], len(view.samples)
    if not isinstance(number, int | float) or not 1 <= number <= count:
        return {}
    run = shown_run(lab, session, learn, kind)
    return {kind.name("film_view"): frame(lab, session, run, view.samples, int(number) - 1, kind), kind.name("following"): number >= count}


def refresh(lab: Lab, session: dict, learn: dict, kind: Kind) -> dict:
    """The run as it stands now, its film at its newest moment."""
    chosen = shown_run(lab, session, learn, kind)
    offered = [(info.name, info.id) for info in runs(lab, session, kind)]
    offered += [(RECORDED.format(kind.recorded_of), kind.recorded)] if kind.recorded else []
    choices = gr.update(choices=offered, value=chosen or None)
    if not chosen:
        idle = {"stop": gr.update(interactive=False), "resume": gr.update(visible=False), "film": gr.update(visible=False)}
        return _told(
            kind, {"run": choices, "view": markup.page(markup.note(NOTHING)), "film_view": "", "following": True, "verdict": "", **idle}
        )
    info, view = lab.view(session["visitor"], chosen)
    remedies = lab.remedies(session["visitor"], chosen, view.remedies) if info and view.remedies else {}
    count, state = len(view.samples), info.state if info else "finished"
    drawn = {
        "run": choices,
        "view": run_view.render(info, view, remedies, _meanwhile(kind)) or markup.page(markup.note("Waiting to begin.")),
        "stop": gr.update(interactive=state in ("queued", "running"), value="Stopping …" if state == "stopping" else "Stop and keep"),
        "resume": gr.update(visible=state in ("failed", "stopped")),
        "film": gr.update(visible=count > 1, maximum=max(2, count), value=max(1, count)),
        "film_view": frame(lab, session, chosen, view.samples, count - 1, kind),
        "following": True,
        "verdict": verdicts.verdict(lab, session, chosen, view),
    }
    return _told(kind, drawn)


def _told(kind: Kind, drawn: dict) -> dict:
    """Values by component, with what is `seen` on the page from now on: a digest of each."""
    values = {kind.name(part): value for part, value in drawn.items()}
    return {**values, kind.name("seen"): {name: _digest(value) for name, value in values.items()}}


def _digest(value) -> str:
    return hashlib.blake2b(repr(value).encode("utf-8"), digest_size=12).hexdigest()


def news(lab: Lab, session: dict, learn: dict, kind: Kind, known: dict, leave: Sequence[str] = ()) -> dict:
    """What of a `refresh` is not on the page yet: every value sent costs the browser work, changed or not. An earlier moment of the film
    that somebody looks at stays. `known`: the values of WATCHED; `leave`: components that are not to be touched."""
    now, seen = refresh(lab, session, learn, kind), known.get(kind.name("seen")) or {}
    if not known.get(kind.name("following"), True):
        leave = [*leave, *kind.names("film_view", "following")]
        now[kind.name("film")].pop("value", None)
        now[kind.name("seen")][kind.name("film")] = _digest(now[kind.name("film")])
    fresh = {name: digest for name, digest in now[kind.name("seen")].items() if name not in leave and seen.get(name) != digest}
    return {**{name: now[name] for name in fresh}, kind.name("seen"): {**seen, **fresh}} if fresh else {}


def runs(lab: Lab, session: dict, kind: Kind) -> list:
    return [info for info in lab.runs(session["visitor"]) if info.task == kind.task]


def alive(lab: Lab, session: dict, learn: dict) -> bool:
    chosen = {(kind.task, shown_run(lab, session, learn, kind)) for kind in KINDS}
    return any((info.task, info.id) in chosen and info.state in run_view.LIVE for info in lab.runs(session["visitor"]))


def pulse(lab: Lab, session: dict, learn: dict) -> dict:
    return {"learn_pulse": gr.Timer(active=alive(lab, session, learn))}


def tick(lab: Lab, session: dict, learn: dict, **known) -> dict:
    """One look while a run in view is alive. `known`: the values of WATCHED."""
    drawn: dict = {} if alive(lab, session, learn) else {"learn_pulse": gr.Timer(active=False)}
    for kind in KINDS:
        if shown_run(lab, session, learn, kind) not in ("", kind.recorded):  # what is recorded does not change
            drawn |= news(lab, session, learn, kind, known, leave=[kind.name("run")])  # somebody may have it open
    return drawn


# ---- rendering ------------------------------------------------------------------------------------------------------


def _made(kind: Kind) -> str:
    return "drew" if kind.learns_from == "images" else "wrote"


def _meanwhile(kind: Kind) -> str:
    """What can be looked at while a run waits; "" where nothing is recorded."""
    return MEANWHILE.format(RECORDED.format(kind.recorded_of), RUNS, _made(kind)) if kind.recorded else ""


def frame(lab: Lab, session: dict, run: str, samples: list[Sample], place: int, kind: Kind) -> str:
    """One sample, with its step."""
    if not samples or place < 0:
        return ""
    sample = samples[place]
    when = "Before the first step" if sample.step == 0 else f"After step {sample.step:,}"
    if sample.file:
        drawn = markup.picture(lab.picture(session["visitor"], run, sample.file), f"{when}: {kind.in_a_frame}")
        places = lab.forming_map(session["visitor"], run, sample.file)
        forming = [plane.draw(places, pressed=False), markup.paragraph(kind.map_then, "muted")] if places else []
        return markup.page(f"<h3>{when}</h3>", drawn, markup.paragraph(kind.in_a_frame, "muted"), *forming)
    text = f'<div class="gh-text small"><span class="prompt">{markup.esc(sample.prompt)}</span>{markup.esc(sample.text)}</div>'
    return markup.page(f"<h3>{when} it writes</h3>", text)
