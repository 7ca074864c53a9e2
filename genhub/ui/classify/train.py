"""Stage 3 of Classify: what the run is doing, how long still, and a Stop that keeps the best so far.

The page only observes: a timer reads the run's log, so that closing, reloading or restarting loses nothing.
"""

from dataclasses import dataclass

import gradio as gr

from genhub.errors import UserError
from genhub.jobs.reading import View
from genhub.jobs.runner import RunInfo
from genhub.lab import EXAMPLE_PREFIX, Lab
from genhub.ui import charts, markup
from genhub.ui.classify import method, verdict
from genhub.ui.wiring import Wires

STAGE = "3  Train"
LIVE = verdict.LIVE
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
        "train_view": render(info, view) or markup.page(markup.note(NO_CURVES if opened(lab, session) else "Nothing to show yet.")),
        "train_stage": gr.update(label=summary(state, view)),
        "stop": stopping,
        "resume": gr.update(visible=resumable),
    }
    return answer, live


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


# ---- rendering ------------------------------------------------------------------------------------------------------


def render(info: RunInfo | None, view: View) -> str:
    parts = [_headline(info, view)]
    if view.failed:
        error = view.failed
        tag = f" (id {error.error_id})" if error.error_id else ""
        parts.append(
            f'<div class="gh-problem" role="alert"><b>{markup.esc(error.what)}{tag}</b> {markup.esc(error.limit)} {markup.esc(error.remedy)}</div>'
        )
    parts.append(_now(view))
    parts.append(curves(view.curves))
    parts += [markup.paragraph(text, "muted") for text in view.notes[-4:]]
    if view.earlier and not view.ended:
        said = "".join(markup.paragraph(text, "muted") for text in view.earlier[-2:])
        parts.append(f'<div class="gh-old">{markup.paragraph("Said before it was resumed:", "muted")}{said}</div>')
    return markup.page(*parts) if any(parts) else ""


def _headline(info: RunInfo | None, view: View) -> str:
    if info and info.state == "queued":
        wait = markup.wait(info.wait_seconds)
        return markup.note(f"In the queue at place {info.position or 1}{wait}.")
    if not info or info.state not in LIVE or view.ended:
        return ""
    progress = view.progress
    if progress is None:
        return f'<p aria-live="polite">{markup.esc(view.stage_label or "Starting")} …</p>'
    share = progress.done / max(1, progress.total)
    left = f" · {markup.seconds(progress.seconds_left)} left" if progress.seconds_left is not None else ""
    text = f"{view.stage_label} · {progress.done:,} of {progress.total:,}{left}" + (f" · {progress.note}" if progress.note else "")
    return f'<p aria-live="polite">{markup.esc(text)}</p>' + markup.track(share)


def _now(view: View) -> str:
    """The newest figures of the newest part, as facts."""
    if not view.curves:
        return ""
    latest = {name: points[-1][1] for name, points in list(view.curves.values())[-1].items() if points}
    shown = [
        ("learning rate", "learning_rate", "{:.2g}"),
        ("rows a second", "rows_per_second", "{:,.0f}"),
        ("tokens a second", "tokens_per_second", "{:,.0f}"),
        ("training loss", "loss", "{:.3f}"),
        ("validation loss", "val_loss", "{:.3f}"),
        ("validation accuracy", "val_accuracy", "{:.3f}"),
    ]
    return markup.facts((label, form.format(latest[name])) for label, name, form in shown if latest.get(name) is not None)


def curves(parts: dict[str, dict[str, list]]) -> str:
    """Loss and accuracy over steps, of the newest part (a fold, or the final model)."""
    if not parts:
        return ""
    name, values = list(parts.items())[-1]
    name = "the final model" if name == "final" else name
    loss = {"training": values.get("loss", []), "validation": values.get("val_loss", [])}
    accuracy = {"validation": values.get("val_accuracy", [])}
    rate = charts.lines(
        {"learning rate": values.get("learning_rate", [])}, "step", "learning rate", "It rises while warming up, then decays."
    )
    told = f"Loss of {name}: lower is better; validation rows teach nothing." if any(loss.values()) else ""
    left = charts.lines(loss, "step", "loss", told)
    right = charts.lines(accuracy, "step", "accuracy", f"Accuracy of {name} on the validation rows.", (0, 1))
    return f'<div class="gh-two">{left}{right}{rate}</div>'
