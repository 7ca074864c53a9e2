"""Stage 3 of Classify: what the run is doing, how long still, and a Stop that keeps the best so far.

The page only observes: a timer reads the run's log, so that closing, reloading or restarting loses nothing.
"""

from dataclasses import dataclass

import gradio as gr

from genhub.errors import UserError
from genhub.jobs.reading import View
from genhub.lab import EXAMPLE_PREFIX, EXAMPLES, Lab
from genhub.ui import markup, run_view
from genhub.ui.classify import method, verdict
from genhub.ui.wiring import Wires

STAGE = "3  Train"
LIVE = run_view.LIVE
RUNS = "Run shown below"  # what the list of runs is called
MEANWHILE = "the examples in the list “{}” are recorded trainings, with their curves, figures and mistakes."
EXAMPLES_OF = ("support", "shortcut", "cured")
NO_CURVES = "The curves stay with the run that was trained here: a zip holds the model and its figures."


def layout(wires: Wires) -> None:
    with gr.Accordion(STAGE, open=False, elem_classes="gh-stage", elem_id="stage-train") as stage:
        view = gr.HTML(markup.page(markup.note("Nothing is training.")), elem_id="train-view", elem_classes="gh-reserve-tall")
        with gr.Row():
            stop = gr.Button("Stop and keep", interactive=False, elem_id="stop", min_width=140)
            resume = gr.Button("Resume", visible=False, elem_id="resume", min_width=140)
        problem, looking = gr.HTML(), gr.HTML()
    wires.add(train_stage=stage, train_view=view, stop=stop, resume=resume, train_problem=problem, pulse_problem=looking)


def wire(wires: Wires) -> None:
    part = wires.parts
    wires.on(part["stop"].click, stop, ["session"], ["stop"], "train_problem")
    wires.on(part["resume"].click, resume, ["session"], ["stop", "resume", "pulse", *verdict.OUTPUTS], "train_problem")


# ---- handlers -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Queued:
    """The session that shows the first of the queued runs, and why the others were not all queued, if so."""

    session: dict
    refused: UserError | None = None


def submit(lab: Lab, session: dict, other_methods: list[str], fields: dict) -> Queued:
    """Queue the chosen method, and the others on the same table, split and seed."""
    values = method.values(session, fields)
    shown = {**session, "run": lab.train(session["visitor"], session["table"], values)}
    for other in other_methods or []:
        if other == values["method"]:
            continue
        try:
            lab.train(session["visitor"], session["table"], {**values, "method": other, "learning_rate": None, "head_learning_rate": None})
        except UserError as error:
            return Queued(shown, error)
    return Queued(shown)


def stop(lab: Lab, session: dict) -> dict:
    lab.stop(session["visitor"], session["run"])
    return {"stop": gr.update(value="Stopping …", interactive=False)}


def resume(lab: Lab, session: dict) -> dict:
    lab.resume(session["visitor"], session["run"])
    return {
        "stop": gr.update(value="Stop and keep", interactive=True),
        "resume": gr.update(visible=False),
        "pulse": gr.Timer(active=True),
        **verdict.show(lab, session),
    }


def look(lab: Lab, session: dict) -> tuple[dict, bool]:
    """The stage as it stands now, and whether the run is still alive."""
    info, view = lab.view(session["visitor"], session["run"])
    state = info.state if info else "finished"
    live = state in LIVE
    resumable = state in ("failed", "stopped") and not session["run"].startswith(EXAMPLE_PREFIX)
    stopping = gr.update(interactive=state in ("queued", "running"), value="Stopping …" if state == "stopping" else "Stop and keep")
    answer = {
        "train_view": run_view.render(info, view, meanwhile=MEANWHILE.format(RUNS) if examples() else "")
        or markup.page(markup.note(NO_CURVES if opened(lab, session) else "Nothing to show yet.")),
        "train_stage": gr.update(label=summary(state, view)),
        "stop": stopping,
        "resume": gr.update(visible=resumable),
    }
    return answer, live


def examples() -> list[tuple[str, str]]:
    """The recorded runs that anybody can choose, as (name, id)."""
    names = [name for name in EXAMPLES_OF if (EXAMPLES / name / "passport.json").exists()]
    return [(f"Example: {name.replace('-', ' ')}", EXAMPLE_PREFIX + name) for name in names]


def summary(state: str, view: View) -> str:
    """The stage's one line: what was decided, or where the work is."""
    if state in ("finished", "stopped") and view.done:
        figures = view.done.metrics.get("training", {})
        worked = f"{figures['steps']:,} steps" if figures.get("steps") else "features computed once, no steps"
        ending = "stopped, the best so far kept" if view.done.stopped else worked
        return f"{STAGE} ✓ {ending} · {markup.seconds(figures.get('seconds', view.seconds))}"
    return f"{STAGE} · {state}"


def opened(lab: Lab, session: dict) -> bool:
    """Did the run in view come as a zip?"""
    return bool(lab.folder(session["visitor"], session["run"]).job().get("opened"))
