"""The tab *Runs*: everything this visitor has trained, its curves over each other, one table on one split, and the way out."""

import datetime

import gradio as gr

from genhub.errors import UserError
from genhub.jobs.runner import RunInfo
from genhub.lab import Lab
from genhub.settings import ADAPTERS
from genhub.ui import charts, comparisons, markup, sign_in, ways
from genhub.ui.augment import tab as augment
from genhub.ui.augment.measure import measures
from genhub.ui.classify import tab, take_home
from genhub.ui.classify.train import LIVE
from genhub.ui.learning import section
from genhub.ui.wiring import Wires, pieces

CURVES = {"Validation loss": "val_loss", "Training loss": "loss", "Validation accuracy": "val_accuracy"}
SHOWN = [
    "runs_table",
    "runs_curves",
    "runs_compare",
    "runs_picked",
    "runs_actions",
    "runs_name",
    "runs_resume",
    "runs_delete",
    "runs_clock",
]
OTHER_TABS = ("start_tab", *dict.fromkeys(f"{stage.tab}_tab" for stage in ways.STAGES.values()))
SURE_OF_THESE = "Really delete"
SURE = "Really delete everything"


def layout(wires: Wires) -> None:
    gr.HTML(
        markup.page(
            "<h2>Runs</h2>",
            markup.paragraph("Pick runs to see their curves over each other and, where they share a split, in one table.", "muted"),
        )
    )
    table = pieces(elem_id="runs-table", elem_classes="gh-reserve")
    with gr.Row():
        refresh = gr.Button("Refresh", elem_id="runs-refresh", min_width=100)
        everything = gr.Button("Delete everything", variant="stop", elem_id="runs-delete-all", min_width=100)
        opens = ADAPTERS in wires.lab.settings.allowed
        reopen = gr.UploadButton("Open a run's zip", file_types=[".zip"], elem_id="runs-reopen", min_width=100, visible=opens)
    with gr.Accordion("Open a run from the Hub", open=False, visible=opens and not wires.lab.settings.offline, elem_id="runs-hub"):
        with gr.Row():
            told = "Of a repository that GenHub pushed a run to; owner/name@revision for an earlier commit."
            address = gr.Textbox(label="owner/name on the Hub", info=told, max_lines=1, elem_id="runs-hub-name", scale=3)
            told = "For a private one. Used once, kept nowhere."
            token = gr.Textbox(label="Access token", type="password", info=told, elem_id="runs-hub-token", scale=2)
        fetch = gr.Button("Open", elem_id="runs-hub-open")
    with gr.Column(visible=False) as actions, gr.Row():
        name = gr.Textbox(label="Name", max_lines=1, elem_id="runs-name", scale=3)
        rename = gr.Button("Rename", elem_id="runs-rename", min_width=90)
        resume = gr.Button("Resume", elem_id="runs-resume", min_width=90)
        pack = gr.Button("Pack", elem_id="runs-pack", min_width=90)
        delete = gr.Button("Delete", elem_id="runs-delete", min_width=90)
    download = gr.DownloadButton("Download", visible=False, elem_id="runs-download")
    problem = gr.HTML(elem_id="runs-problem")
    which = gr.Radio(list(CURVES), value="Validation loss", label="Curve", elem_id="runs-curve")
    with gr.Row(elem_classes="gh-split"):
        with gr.Column(scale=2, min_width=300):
            curves = gr.HTML(elem_id="runs-curves", elem_classes="gh-reserve")
        with gr.Column(scale=3, min_width=300):
            compare = gr.HTML(elem_id="runs-compare", elem_classes="gh-reserve")
    wires.add(runs_table=table, runs_refresh=refresh, runs_all=everything, runs_reopen=reopen, runs_actions=actions, runs_name=name)
    wires.add(runs_rename=rename, runs_resume=resume, runs_pack=pack, runs_delete=delete, runs_download=download, runs_problem=problem)
    wires.add(runs_hub_name=address, runs_hub_token=token, runs_hub_open=fetch)
    wires.add(runs_which=which, runs_curves=curves, runs_compare=compare, runs_picked=gr.State([]))
    wires.add(runs_clock=gr.Timer(2.0, active=False), runs_clock_problem=gr.HTML())  # its looks take no other sentence away


def wire(wires: Wires) -> None:
    part = wires.parts
    state = ["session", "runs_picked", "runs_which"]
    opened = list(dict.fromkeys([*SHOWN, "tabs", *tab.RUN_VIEW, *section.OPENED, *augment.OPENED]))
    wires.on_pick(part["runs_table"].select, picked, [*state, "learn", "measured"], opened, "runs_problem")
    for event in (part["runs_refresh"].click, part["runs_which"].input, part["runs_tab"].select):
        wires.on(event, show, state, SHOWN, "runs_problem")
    followed = ["runs_table", "runs_curves", "runs_compare", "runs_clock"]
    wires.on(part["runs_clock"].tick, follow, [*state, "runs_table"], followed, "runs_clock_problem", trigger_mode="once")
    for name in OTHER_TABS:
        wires.on(part[name].select, leave, [], ["runs_clock"])
    wires.on(part["runs_rename"].click, rename, [*state, "runs_name"], [*SHOWN, "run_choice"], "runs_problem")
    wires.on(part["runs_delete"].click, delete, [*state, "runs_delete"], [*SHOWN, *tab.RUN_VIEW], "runs_problem")
    wires.on(part["runs_resume"].click, resume, state, [*SHOWN, "pulse"], "runs_problem")
    wires.on(part["runs_pack"].click, pack, state, ["runs_download"], "runs_problem")
    wires.on(
        part["runs_all"].click,
        delete_all,
        [*state, "runs_all"],
        [*SHOWN, "runs_all", "session", *tab.NO_TABLE, *tab.RUN_VIEW],
        "runs_problem",
    )
    wires.on(part["runs_reopen"].upload, reopen, [*state, "runs_reopen"], SHOWN, "runs_problem")
    asked, once = [*state, "runs_hub_name", "runs_hub_token"], {"trigger_mode": "once", "show_progress": "minimal"}
    wires.on(part["runs_hub_open"].click, reopen_from_hub, asked, [*SHOWN, "runs_hub_token"], "runs_problem", **once)


# ---- handlers -------------------------------------------------------------------------------------------------------


def show(lab: Lab, session: dict, runs_picked: list[str], runs_which: str) -> dict:
    runs = lab.runs(session["visitor"])
    known = {info.id for info in runs}
    chosen = [run for run in runs_picked or [] if run in known]
    only = next((info for info in runs if [info.id] == chosen), None)
    return {
        "runs_table": render(runs, chosen, session["run"]),
        "runs_curves": curves(lab, session, chosen, runs_which),
        "runs_compare": compare(lab, session, chosen),
        "runs_picked": chosen,
        "runs_actions": gr.update(visible=bool(chosen)),
        "runs_name": only.name if only else "",
        "runs_resume": gr.update(interactive=bool(only and only.state in ("stopped", "failed"))),
        "runs_delete": "Delete",
        "runs_clock": gr.Timer(active=_alive(runs)),
    }


def follow(lab: Lab, session: dict, runs_picked: list[str], runs_which: str, runs_table: str) -> dict:
    """One look while something of this visitor waits or runs: the table where it changed, the curves, at the end the comparison.
    What the visitor may be typing or choosing is left alone."""
    runs = lab.runs(session["visitor"])
    known = {info.id for info in runs}
    chosen = [run for run in runs_picked or [] if run in known]
    table = render(runs, chosen, session["run"])
    drawn = {"runs_table": table} if table != runs_table else {}  # a table drawn anew would lose the keyboard's place
    if chosen:
        drawn["runs_curves"] = curves(lab, session, chosen, runs_which)
    if _alive(runs):
        return drawn
    return {**drawn, "runs_compare": compare(lab, session, chosen), "runs_clock": gr.Timer(active=False)}


def leave(lab: Lab) -> dict:
    """Another tab was opened: nobody looks."""
    return {"runs_clock": gr.Timer(active=False)}


def _alive(runs: list[RunInfo]) -> bool:
    return any(info.state in LIVE for info in runs)


def picked(lab: Lab, pick: str, session: dict, runs_picked: list[str], runs_which: str, **views) -> dict:
    """A row was chosen ("select:id") or opened in the tab of its task ("open:id")."""
    verb, _, run = pick.partition(":")
    if verb == "open" and section.teaches(lab.run(session["visitor"], run).task):
        return {**section.open_run(lab, session, views["learn"], run), **leave(lab)}
    if verb == "open" and measures(lab, session, run):
        return {**augment.open_study(lab, session, views["measured"], run), **leave(lab)}
    if verb == "open":
        opened = tab.refresh(lab, {**session, "run": run})
        return {**opened, "tabs": gr.Tabs(selected="classify"), **leave(lab)}
    chosen = [item for item in runs_picked if item != run] + ([run] if run not in runs_picked else [])
    return show(lab, session, chosen, runs_which)


def rename(lab: Lab, session: dict, runs_picked: list[str], runs_which: str, runs_name: str) -> dict:
    lab.rename(session["visitor"], _one(runs_picked), runs_name)
    return {**show(lab, session, runs_picked, runs_which), "run_choice": gr.update(choices=tab.choices(lab, session), value=session["run"])}


def resume(lab: Lab, session: dict, runs_picked: list[str], runs_which: str) -> dict:
    lab.resume(session["visitor"], _one(runs_picked))
    return {**show(lab, session, runs_picked, runs_which), "pulse": gr.Timer(active=True)}


def pack(lab: Lab, session: dict, runs_picked: list[str], runs_which: str) -> dict:
    path = lab.export(session["visitor"], _one(runs_picked))
    return {"runs_download": gr.update(value=str(path), visible=True, label=f"Download {path.name} ({markup.size(path.stat().st_size)})")}


def delete(lab: Lab, session: dict, runs_picked: list[str], runs_which: str, runs_delete: str) -> dict:
    """Asks once more, like `delete_all`; picking other runs takes the question back."""
    if runs_delete != SURE_OF_THESE:
        return {"runs_delete": SURE_OF_THESE}
    for run in runs_picked:
        lab.delete(session["visitor"], run)
    return {**show(lab, session, [], runs_which), **_back_to_example(lab, session, session["run"] in runs_picked)}


def delete_all(lab: Lab, session: dict, runs_picked: list[str], runs_which: str, runs_all: str) -> dict:
    """Asks once more: the button says so, the second press deletes."""
    if runs_all != SURE:
        return {"runs_all": gr.update(value=SURE)}
    lab.delete_all(session["visitor"])
    kept = {**session, "table": "", "fixes": [], "columns": ["", ""], "used": ""}
    return {
        **show(lab, session, [], runs_which),
        **_back_to_example(lab, kept, True),
        **tab.no_table(),
        "session": kept,
        "runs_all": gr.update(value="Delete everything"),
    }


def reopen(lab: Lab, session: dict, runs_picked: list[str], runs_which: str, runs_reopen: str) -> dict:
    opened = take_home.reopen(lab, session, runs_reopen)
    return show(lab, session, [opened["session"]["run"]], runs_which)


def reopen_from_hub(lab: Lab, session: dict, runs_picked: list[str], runs_which: str, runs_hub_name: str, runs_hub_token: str) -> dict:
    token = str(runs_hub_token or "").strip() or sign_in.token()
    run = lab.reopen_from_hub(session["visitor"], runs_hub_name, token)
    return {**show(lab, session, [run], runs_which), "runs_hub_token": ""}


def _back_to_example(lab: Lab, session: dict, gone: bool) -> dict:
    return tab.refresh(lab, {**session, "run": "example-support"}) if gone else {}


def _one(chosen: list[str]) -> str:
    if len(chosen) != 1:
        raise UserError(f"{len(chosen)} runs are picked.", "This is done to one run at a time.", "Pick just one.", "run")
    return chosen[0]


# ---- rendering ------------------------------------------------------------------------------------------------------


def render(runs: list[RunInfo], chosen: list[str], open_run: str) -> str:
    if not runs:
        return markup.page(
            markup.note("No runs yet. Train one in Classify or Generate, or open one that you took home or pushed to the Hub.")
        )
    rows = [_row(info, info.id in chosen, info.id == open_run) for info in runs]
    return markup.page(markup.table(["", "run", "state", "method", "on unseen data", "time", "started", ""], rows))


def _row(info: RunInfo, chosen: bool, shown: bool) -> list:
    metrics = info.metrics or {}
    state = str(markup.chip(info.state))
    if info.state == "queued" and info.position:
        wait = markup.wait(info.wait_seconds)
        state += markup.esc(f" place {info.position}{wait}")
    if info.error:
        state += f"<br><small>{markup.esc(info.error.get('what', ''))}</small>"
    seconds = metrics.get("training", {}).get("seconds")
    return [
        markup.pick("picked" if chosen else "pick", f"select:{info.id}", pressed=chosen),
        info.name,
        markup.Raw(state),
        info.method,
        _judged(metrics),
        markup.seconds(seconds) if seconds is not None else "–",
        _when(info.created),
        markup.pick("shown" if shown else "open", f"open:{info.id}"),
    ]


def _judged(metrics: dict) -> str:
    """The figure of the verdict, with its ground."""
    if "accuracy" in metrics:
        ground = f"{metrics['test_rows']:,} rows" if "test_rows" in metrics else f"{metrics['test_images']:,} images"
        return f"accuracy {metrics['accuracy']:.3f} [{metrics['accuracy_low']:.3f}–{metrics['accuracy_high']:.3f}], {ground}"
    if "bits_per_character" in metrics:
        return f"{metrics['bits_per_character']:.3f} bits a character, {metrics['test_characters']:,} characters"
    if "bleu" in metrics:
        return f"BLEU {metrics['bleu']:.1f}, chrF {metrics['chrf']:.1f}, {metrics['test_sources']:,} sources"
    if "mse" in metrics:
        return f"squared error {metrics['mse']:.4f} [{metrics['mse_low']:.4f}–{metrics['mse_high']:.4f}], {metrics['test_images']:,} images"
    if "judge_fid" in metrics:
        return f"judge FID {metrics['judge_fid']:.1f} (real {metrics['judge_fid_floor']:.1f}), {metrics['test_images']:,} images"
    if "effects" in metrics:
        return f"{metrics['effects']}, {metrics['repetitions']} splits"
    return "–"


def _when(created: float) -> str:
    return datetime.datetime.fromtimestamp(created).strftime("%d %b %H:%M")


def curves(lab: Lab, session: dict, chosen: list[str], which: str) -> str:
    """One line a run: its final model's curve, or its last fold's."""
    series = {}
    for run in chosen[:8]:
        info, view = lab.view(session["visitor"], run)
        if view.curves:
            part, values = list(view.curves.items())[-1]
            name = f"{info.name} ({part})" if info else part
            series[name if name not in series else f"{name} {run[:4]}"] = values.get(CURVES[which], [])
    drawn = charts.lines(series, "step", which.lower(), f"{which} of the picked runs.")
    return markup.page(drawn) if drawn else ""


def compare(lab: Lab, session: dict, chosen: list[str]) -> str:
    """The table over several finished runs; one sentence when they cannot be compared."""
    if len(chosen) < 2:
        return ""
    try:
        told = lab.compare(session["visitor"], chosen)
    except UserError as error:
        return markup.problem(error)
    return comparisons.table(told)
