"""The tab *Classify*: six stages from a table to something one takes home, and one exhibit.

    1 Data → 2 Method → 3 Train → 4 Verdict → 5 Try it → 6 Take home

Stages 3 to 6 show one run: at first a computed example, then the visitor's own. `refresh` draws all of them; `tick` is
called by the page's timer while a run is alive.
"""

from collections.abc import Iterator

import gradio as gr

from genhub.jobs.folder import RunFolder
from genhub.jobs.runner import RunInfo
from genhub.lab import EXAMPLE_PREFIX, Lab
from genhub.ui import markup
from genhub.ui.classify import data, exhibit, method, take_home, train, try_it, verdict
from genhub.ui.wiring import Wires, merged

RUN_VIEW = [
    "run",
    "run_choice",
    "run_note",
    "train_view",
    "train_stage",
    "stop",
    "resume",
    "pulse",
    "threshold",
    *verdict.OUTPUTS,
    *try_it.OUTPUTS,
    "try_beside",
    "try_beside_view",
]
USED = ["data_stage", "method_stage", "forecast", "fetch"]  # what shows that a table is in use
NO_TABLE = ["data_stage", "data_report", "data_use", "data_sample", "data_file", "method_stage", "forecast", "train"]
CAME_BACK = [*USED, "data_source", "data_sample", *data.GROUPS]
RUN_VIEW += ["try_download", "try_table_note", "home_note", "home_download", "home_merged", "home_code", "home_command"]

TASK = "classify"  # whose runs are shown here
EXAMPLE_INFO = "A computed example, until you train your own."
OWN_INFO = "Your own; the examples stand below your runs in this list."


def layout(wires: Wires) -> None:
    gr.HTML(
        markup.page(
            "<h2>Classify</h2>",
            markup.paragraph(
                "Teach a small adapter to sort texts the way your table does, and see how good it is on rows it has not seen.", "muted"
            ),
        )
    )
    data.layout(wires)
    method.layout(wires)
    with gr.Row(elem_classes="gh-run-choice"):
        choice = gr.Dropdown(
            train.examples(),
            value="example-support",
            label=train.RUNS,
            info=EXAMPLE_INFO,
            elem_id="run-choice",
            scale=2,
        )
        note = gr.HTML(scale=3)
    wires.add(run_choice=choice, run_note=note)
    train.layout(wires)
    verdict.layout(wires)
    try_it.layout(wires)
    take_home.layout(wires)
    exhibit.layout(wires)


def wire(wires: Wires) -> None:
    part = wires.parts
    for stage in (data, method, train, verdict, try_it, take_home, exhibit):
        stage.wire(wires)
    used = ["session", *USED]
    nothing = {"forecast": method.nothing_yet()}
    wires.on_steps(part["data_use"].click, using_table, ["session", *method.FIELDS], used, "data_problem", failed=nothing)
    wires.on(
        part["train"].click,
        start,
        ["session", "other_methods", *method.FIELDS],
        ["session", *RUN_VIEW, *USED],
        "method_problem",
    )
    wires.on(part["cheat_cure"].click, cure, ["session"], [*RUN_VIEW, "cheat_note", "cheat_cured"], "cheat_problem")
    wires.on(part["run_choice"].input, choose_run, ["session", "run_choice"], RUN_VIEW, "train_problem")
    wires.on(part["home_reopen"].upload, reopened, ["session", "home_reopen"], RUN_VIEW, "home_problem")
    wires.on(part["pulse"].tick, tick, ["session"], RUN_VIEW, "pulse_problem", trigger_mode="once")


# ---- handlers -------------------------------------------------------------------------------------------------------


def using_table(lab: Lab, session: dict, **fields) -> Iterator[dict]:
    """Fold stage 1 into its decision and open stage 2, whose cost is measured then: that takes seconds."""
    report = examined(lab, session, fields)
    info = lab.table(session["visitor"], session["table"])
    yield {
        "session": {**session, "used": session["table"]},
        "data_stage": gr.update(label=data.summary(info, report), open=False),
        "method_stage": gr.update(open=True),
        "forecast": method.measuring(),
    }
    yield method.forecast(lab, session, **fields)


def use_table(lab: Lab, session: dict, **fields) -> dict:
    """The same at once."""
    return merged(*using_table(lab, session, **fields))


def examined(lab: Lab, session: dict, fields: dict) -> dict:
    """The doctor's report on the table in work, as stage 2 stands."""
    return lab.examine(session["visitor"], session["table"], tuple(session["columns"]), session["fixes"], data.considered(fields))


def no_table() -> dict:
    """Stages 1 and 2 as they are before there is a table."""
    return {
        "data_stage": gr.update(label=data.STAGE, open=True),
        "data_report": data.nothing_yet(),
        "data_use": gr.update(interactive=False, value=data.USE),
        "data_sample": None,
        "data_file": None,
        "method_stage": gr.update(label=method.STAGE, open=False),
        "forecast": method.nothing_yet(),
        "train": gr.update(interactive=False),
    }


def came_back(lab: Lab, session: dict, **fields) -> dict:
    """After a reload, once the table is restored: where it came from is chosen again, and stages that were closed are closed. While a
    run is alive, nothing is measured beside it."""
    if not session["table"]:
        return {}
    info = lab.table(session["visitor"], session["table"])
    source = data.source_of(info)
    shown = {"data_source": source, "data_sample": info.sample or None, **data.show_source(lab, source)}
    if session["used"] != session["table"]:
        return shown
    if alive(lab, session):
        used = {"data_stage": gr.update(label=data.summary(info, examined(lab, session, fields)), open=False)}
    else:
        used = {name: value for name, value in use_table(lab, session, **fields).items() if name != "session"}
    return {**shown, **used}


def start(lab: Lab, session: dict, other_methods: list[str], **fields) -> dict:
    """Queue the run, fold what was decided, and follow it. An encoder that is not here is not downloaded behind the button."""
    if missing := method.absent(lab, fields["model"]):
        return {**missing, "method_problem": markup.problem(method.not_here(fields["model"]))}
    queued = train.submit(lab, session, other_methods, fields)
    return {
        **refresh(lab, queued.session),
        "session": {**queued.session, "used": queued.session["table"]},
        "method_problem": markup.problem(queued.refused) if queued.refused else "",
        "data_stage": gr.update(open=False),
        "method_stage": gr.update(label=method.summary(fields), open=False),
        "train_stage": gr.update(label=train.STAGE, open=True),
        "verdict_stage": gr.update(label=verdict.STAGE, open=False),
    }


def cure(lab: Lab, session: dict) -> dict:
    queued = exhibit.cure(lab, session)
    return {
        **refresh(lab, queued["session"]),
        "train_stage": gr.update(label=train.STAGE, open=True),
        **{name: queued[name] for name in ("cheat_note", "cheat_cured")},
    }


def alive(lab: Lab, session: dict) -> bool:
    """Is the run in view one of this visitor's that has not ended?"""
    return any(info.id == session["run"] and info.state in train.LIVE for info in runs(lab, session))


def choose_run(lab: Lab, session: dict, run_choice: str) -> dict:
    return refresh(lab, {**session, "run": run_choice})


def reopened(lab: Lab, session: dict, home_reopen: str) -> dict:
    return refresh(lab, take_home.reopen(lab, session, home_reopen)["session"])


def refresh(lab: Lab, session: dict) -> dict:
    """Draw everything that shows the run in view."""
    watched, live = train.look(lab, session)
    return {
        "run": session["run"],
        "run_choice": gr.update(
            choices=choices(lab, session),
            value=session["run"],
            info=EXAMPLE_INFO if session["run"].startswith(EXAMPLE_PREFIX) else OWN_INFO,
        ),
        "run_note": _note(lab, session),
        **watched,
        **verdict.show(lab, session),
        "threshold": 0.0,
        "pulse": gr.Timer(active=live),
        **_blank_answers(lab, session),
    }


def tick(lab: Lab, session: dict) -> dict:
    """One look at a living run; when it has ended, everything that shows it is drawn once."""
    watched, live = train.look(lab, session)
    if live:
        return watched
    drawn = refresh(lab, session)
    finished = lab.folder(session["visitor"], session["run"]).has("metrics.json")
    drawn["train_stage"] = (
        gr.update(**{**drawn["train_stage"], "open": not finished}) if isinstance(drawn["train_stage"], dict) else drawn["train_stage"]
    )
    if finished:
        drawn["verdict_stage"] = gr.update(**{**drawn["verdict_stage"], "open": True})
    return drawn


def choices(lab: Lab, session: dict) -> list[tuple[str, str]]:
    """The examples and this visitor's runs, newest first, as (name, id); a state is named once it stays."""
    return [
        (info.name if info.state in train.LIVE else f"{info.name} · {info.state}", info.id) for info in runs(lab, session)
    ] + train.examples()


def runs(lab: Lab, session: dict) -> list[RunInfo]:
    """This visitor's classifiers."""
    return [info for info in lab.runs(session["visitor"]) if info.task == TASK]


def _note(lab: Lab, session: dict) -> str:
    """Where the run in view comes from, if it was not trained here."""
    if train.opened(lab, session):
        return markup.page(markup.paragraph(take_home.OPENED.format(lab.run(session["visitor"], session["run"]).name), "muted"))
    if session["run"].startswith(EXAMPLE_PREFIX):
        return markup.page(
            markup.paragraph("A finished run that comes with GenHub: trained and measured with the same code, on a sample table.", "muted")
        )
    return ""


def _blank_answers(lab: Lab, session: dict) -> dict:
    """Answers of another run do not stand under this one."""
    trained = [(info.name, info.id) for info in runs(lab, session) if RunFolder(info.path).has("passport.json")]
    others = [(name, run) for name, run in trained + train.examples() if run != session["run"]]
    hidden = gr.update(visible=False, value=None)
    return {
        "try_bars": markup.page(markup.note("Press Classify to ask this run.")),
        "try_words": "",
        "try_words_note": "",
        "try_state": None,
        "try_label": gr.update(choices=[("the predicted one", "")], value=""),
        "try_beside": gr.update(choices=others, value=[]),
        "try_beside_view": "",
        "try_download": hidden,
        "try_table_note": "",
        "home_note": take_home.about(),
        "home_download": hidden,
        "home_merged": hidden,
        "home_code": hidden,
        "home_command": hidden,
    }
