"""Stage 5 of Augment: does it help? The visitor guesses, a job learns with and without over several splits, and the difference is told with its interval."""

from functools import partial

import gradio as gr

from genhub.augment.images.table import PRESETS as IMAGE_PRESETS
from genhub.augment.tables.table import NEIGHBOURLY
from genhub.augment.tables.table import TABLES as METHODS
from genhub.augment.texts.table import PRESETS as TEXT_PRESETS
from genhub.data.fixes import INSTEAD, MENDING
from genhub.data.image_sets import DIGITS
from genhub.errors import UserError
from genhub.lab import Lab
from genhub.lab.measuring import IMAGES, TABLES, TASKS, TEXTS
from genhub.training.configs import MeasureImagesConfig, MeasureTablesConfig, MeasureTextsConfig
from genhub.ui import forms, markup, run_view
from genhub.ui.augment import images, studies, tables, texts
from genhub.ui.wiring import Wires, pieces

STAGE = "5  Measure: does it help?"
INTRO = (
    "The same model learns with and without augmentation, over several splits. In each the test part is split off first and never augmented, so that the figure is "
    "of rows as they come. Guess first."
)
KINDS = {"A table of numbers": TABLES, "Texts": TEXTS, "Images": IMAGES}
GROUPS = {TABLES: "measure_tables", TEXTS: "measure_texts", IMAGES: "measure_images"}
MEANWHILE = "below stands a recorded measurement, with its figures and their intervals."
HELPS, NOTHING, HURTS = "It helps", "No evidence either way", "It hurts"
OWN_CHAIN = "The chain of stage {}"
OWN_SET = "My images"
NONE = "none"
TEXT_FIELDS = {name: f"measure_text_{name}" for name in ("sizes", "copies", "least", "method")}
IMAGE_FIELDS = {name: f"measure_image_{name}" for name in ("sizes", "steps", "each")}
PARTS = ["measure_run", "measure_view", "measure_stop", "measure_resume", "measure_pulse", "measure_table", "measure_show"]
SHOWN = [*PARTS, "measure_code"]
GIVEN = [
    *("measure_kind", "measure_repetitions", "measure_methods", *tables.ASKED[1:]),
    *("measure_text_table", "measure_text_chains", "text_chain", *TEXT_FIELDS.values()),
    *("measure_set", "measure_file", "measure_image_chains", "image_chain", "measure_painter", *IMAGE_FIELDS.values()),
]


def layout(wires: Wires) -> None:
    with gr.Accordion(STAGE, open=False, elem_classes="gh-stage", elem_id="stage-measure") as stage:
        gr.HTML(markup.page(markup.paragraph(INTRO)))
        with gr.Row(elem_classes="gh-split"):
            with gr.Column(scale=2, min_width=300):
                kind = gr.Radio(list(KINDS), value=next(iter(KINDS)), label="Measure on", elem_id="measure-kind")
                _tables(wires)
                _texts(wires)
                _images(wires)
                repetitions = forms.field(MeasureTablesConfig.option("repetitions"), elem_id="measure-repetitions")
                guess = gr.Radio([HELPS, NOTHING, HURTS], value=None, label="My guess, of the first one tried", elem_id="measure-guess")
                go = gr.Button("Commit, and measure", variant="primary", elem_id="measure-go")
                problem = pieces(elem_id="measure-problem")
            with gr.Column(scale=3, min_width=300):
                run = gr.Dropdown([], value=None, label="Measurement shown", info="Yours, the newest first.", elem_id="measure-run")
                view = gr.HTML(elem_id="measure-view")
                with gr.Row():
                    stop = gr.Button("Stop and keep", interactive=False, elem_id="measure-stop", elem_classes="gh-stop", min_width=140)
                    resume = gr.Button("Resume", visible=False, elem_id="measure-resume", min_width=140)
                    show = gr.Button("Show the code", visible=False, elem_id="measure-code-show", min_width=140)
                run_problem = gr.HTML(elem_id="measure-run-problem")
                table = gr.HTML(studies.example(), elem_id="measure-table", elem_classes="gh-reserve-tall")
                code = gr.Code(
                    language="python", label="Finds the same figures", visible=False, wrap_lines=True, max_lines=30, elem_id="measure-code"
                )
    wires.add(measure_stage=stage, measure_kind=kind, measure_repetitions=repetitions, measure_guess=guess, measure_go=go)
    wires.add(measure_problem=problem, measure_run=run, measure_view=view, measure_stop=stop, measure_resume=resume)
    wires.add(measure_show=show, measure_code=code)
    wires.add(measure_run_problem=run_problem, measure_table=table, measure_pulse=gr.Timer(1.0, active=False), measure_begun=gr.State(""))


def _tables(wires: Wires) -> None:
    with gr.Column(visible=True) as group:
        gr.HTML(
            markup.page(markup.paragraph("The table of stage 3, with what is said there of its columns, neighbours and balance.", "muted"))
        )
        methods = [(operation.title, name) for name, operation in METHODS.items()]
        tried = gr.Dropdown(
            methods,
            value=["smote", "random-over"],
            multiselect=True,
            label="Ways that are tried",
            info="Class weights stand beside them.",
            elem_id="measure-methods",
        )
    wires.add(measure_tables=group, measure_methods=tried)


def _texts(wires: Wires) -> None:
    own = OWN_CHAIN.format(2)
    with gr.Column(visible=False) as group:
        offered = [(title, name) for name, title in wires.lab.text_tables().items()] + [("The table of Classify", "")]
        table = gr.Dropdown(offered, value="reviews", label="Texts with labels", elem_id="measure-text-table")
        chains = gr.Dropdown(
            [own, *TEXT_PRESETS],
            value=[own, "Careless typing"],
            multiselect=True,
            label="Chains that are tried",
            elem_id="measure-text-chains",
        )
        with gr.Row():
            made = {
                f"measure_text_{name}": forms.field(MeasureTextsConfig.option(name), elem_id=f"measure-text-{name}", min_width=150)
                for name in TEXT_FIELDS
            }
    wires.add(measure_texts=group, measure_text_table=table, measure_text_chains=chains, **made)


def _images(wires: Wires) -> None:
    own = OWN_CHAIN.format(1)
    with gr.Column(visible=False) as group:
        offered = [(told, name) for name, told in wires.lab.image_samples().items()] + [(OWN_SET, OWN_SET)]
        chosen = gr.Dropdown(offered, value=DIGITS, label="Images with classes", elem_id="measure-set")
        file = gr.File(
            label="A ZIP of images, a folder in it for each class; or .npz with x and y", visible=False, height=110, elem_id="measure-file"
        )
        chains = gr.Dropdown(
            [own, *IMAGE_PRESETS], value=["Gentle"], multiselect=True, label="Chains that are tried", elem_id="measure-image-chains"
        )
        drawing = [(title, name) for name, title in wires.lab.class_painters().items()]
        painter = gr.Dropdown(
            [(NONE, NONE), *drawing],
            value=NONE,
            label="Drawn images",
            info="Of a model that knows the same classes, in the same size.",
            elem_id="measure-painter",
        )
        with gr.Row():
            made = {
                f"measure_image_{name}": forms.field(MeasureImagesConfig.option(name), elem_id=f"measure-image-{name}", min_width=150)
                for name in IMAGE_FIELDS
            }
    wires.add(measure_images=group, measure_set=chosen, measure_file=file, measure_image_chains=chains, measure_painter=painter, **made)


def wire(wires: Wires) -> None:
    part = wires.parts
    wires.on(part["measure_kind"].change, choose, ["measure_kind"], list(GROUPS.values()))
    wires.on(part["measure_set"].input, own_set, ["measure_set"], ["measure_file"])
    once = {"trigger_mode": "once", "show_progress": "minimal"}
    begun = wires.on(part["measure_go"].click, commit, ["session", "measure_guess", *GIVEN], ["measure_begun"], "measure_problem", **once)
    asked = ["session", "measured"]
    again = wires.on_pick(
        part["measure_problem"].select,
        mended,
        ["session", "measure_guess", *GIVEN],
        ["measure_begun", "measure_methods", "table_missing"],
        "measure_problem",
        **once,
    )
    for queued in (begun, again):
        wires.on(
            queued.then,
            note,
            ["session", "measured", "measure_begun", "measure_guess"],
            ["measured", "measure_begun", *SHOWN],
            "measure_run_problem",
        )
    wires.on(part["measure_run"].input, shown, ["session", "measured", "measure_run"], ["measured", *SHOWN], "measure_run_problem")
    wires.on(part["measure_pulse"].tick, tick, asked, PARTS, "measure_run_problem", trigger_mode="once")
    wires.on(part["measure_stop"].click, partial(ask, verb="stop"), asked, PARTS, "measure_run_problem", **once)
    wires.on(part["measure_resume"].click, partial(ask, verb="resume"), asked, PARTS, "measure_run_problem", **once)
    wires.on(part["measure_show"].click, show_code, asked, ["measure_code"], "measure_run_problem", **once)
    wires.on(part["augment_tab"].select, refresh, asked, PARTS, "measure_run_problem")


# ---- handlers -------------------------------------------------------------------------------------------------------


def choose(lab: Lab, measure_kind: str) -> dict:
    return {group: gr.update(visible=KINDS.get(measure_kind) == task) for task, group in GROUPS.items()}


def own_set(lab: Lab, measure_set: str) -> dict:
    return {"measure_file": gr.update(visible=measure_set == OWN_SET)}


def commit(lab: Lab, session: dict, measure_guess: str | None, measure_kind: str, **given) -> dict:
    """The guess is in: the study is queued."""
    if measure_guess not in (HELPS, NOTHING, HURTS):
        raise UserError("There is no guess yet.", "One of three.", "What do you expect of the first one tried?", "measure_guess")
    begin = {TABLES: _begin_tables, TEXTS: _begin_texts, IMAGES: _begin_images}[KINDS.get(measure_kind, TABLES)]
    return {"measure_begun": begin(lab, session, given)}


def mended(lab: Lab, pick: str, session: dict, measure_guess: str | None, **given) -> dict:
    """The button of a refusal: once more, with what it says."""
    changed = mend(pick.removeprefix("fix:"), given["measure_methods"])
    try:
        return {**changed, **(commit(lab, session, measure_guess, **{**given, **changed}) if changed else {})}
    except UserError as error:
        return {**changed, "measure_problem": markup.problem(error, heard=True)}


def mend(remedy: str, methods: list[str]) -> dict:
    """Another way in the place of those that do not suit the table, or what becomes of rows with holes."""
    if remedy in INSTEAD:
        left = [name for name in methods if name in METHODS and name not in NEIGHBOURLY]
        return {"measure_methods": list(dict.fromkeys([remedy, *left]))}
    return {"table_missing": tables.missing(remedy)} if remedy in MENDING else {}


def _begin_tables(lab: Lab, session: dict, given: dict) -> str:
    read = given["table_read"]
    if not read:
        raise UserError(
            "No table is in use.", "Measured is on the table of stage 3.", "Choose one there and press “Use this table”.", "table"
        )
    tried = given["measure_methods"]
    if not isinstance(tried, list) or not tried:
        raise UserError("Nothing is to be tried.", "One way at least.", "Choose some.", "measure_methods")
    options = {name: given[f"table_{name}"] for name in ("k", "ratio", "deviation")}
    values = {"methods": ",".join(map(str, tried)), **options, "repetitions": given["measure_repetitions"]}
    return lab.measure_tables(session["visitor"], read["id"], tables.columns_of(given), values)


def _begin_texts(lab: Lab, session: dict, given: dict) -> str:
    table = given["measure_text_table"] or session["table"]
    if not table:
        raise UserError(
            "No table is in use in Classify.", "Texts with labels are needed.", "Choose a bundled one, or a table there.", "table"
        )
    if given["measure_text_table"]:
        table = lab.take_sample(session["visitor"], table).id
        lab.examine(session["visitor"], table)
    values = {name: given[field] for name, field in TEXT_FIELDS.items()} | {"repetitions": given["measure_repetitions"]}
    own = texts.KIND.held(given["text_chain"])
    return lab.measure_texts(
        session["visitor"], table, {**values, "chains": studies.named(given["measure_text_chains"], TEXT_PRESETS, own)}
    )


def _begin_images(lab: Lab, session: dict, given: dict) -> str:
    if given["measure_set"] == OWN_SET:
        if not given["measure_file"]:
            raise UserError("No file has been chosen.", "One file is needed.", "Choose a ZIP of images.", "measure_file")
        found = lab.take_images(session["visitor"], given["measure_file"])
    else:
        found = lab.take_images_sample(session["visitor"], given["measure_set"])
    values = {name: given[field] for name, field in IMAGE_FIELDS.items()} | {"repetitions": given["measure_repetitions"]}
    painter = given["measure_painter"]
    own = images.KIND.held(given["image_chain"])
    values |= {
        "chains": studies.named(given["measure_image_chains"], IMAGE_PRESETS, own),
        "drawn": "" if painter in (None, NONE) else painter,
    }
    return lab.measure_images(session["visitor"], found.id, values)


def note(lab: Lab, session: dict, measured: dict, measure_begun: str, measure_guess: str | None) -> dict:
    """The study that was queued, if one was, comes into view; the guess is kept beside it."""
    if not measure_begun:
        return {}
    guesses = {**studies.remembered(measured)["guesses"], measure_begun: measure_guess}
    return {**shown(lab, session, {"run": measure_begun, "guesses": guesses}, measure_begun), "measure_begun": ""}


def shown(lab: Lab, session: dict, measured: dict, measure_run: str | None) -> dict:
    """One of the visitor's studies comes into view."""
    measured = {**studies.remembered(measured), "run": str(measure_run or "")}
    return {"measured": measured, **refresh(lab, session, measured), "measure_code": gr.update(visible=False)}


def runs(lab: Lab, session: dict) -> list:
    return [info for info in lab.runs(session["visitor"]) if info.task in TASKS]


def measures(lab: Lab, session: dict, run: str) -> bool:
    """Is a run a study?"""
    return run in {info.id for info in runs(lab, session)}


def refresh(lab: Lab, session: dict, measured: dict) -> dict:
    """What is known of the study in view; of none the recorded one."""
    known, held = runs(lab, session), studies.remembered(measured)
    chosen = held["run"] if held["run"] in {info.id for info in known} else ""
    choices = gr.update(choices=[(info.name, info.id) for info in reversed(known)], value=chosen or None)
    if not chosen:
        idle = {
            "measure_stop": gr.update(interactive=False),
            "measure_resume": gr.update(visible=False),
            "measure_pulse": gr.Timer(active=False),
            "measure_show": gr.update(visible=False),
        }
        return {"measure_run": choices, "measure_view": "", "measure_table": studies.example(), **idle}
    info, view = lab.view(session["visitor"], chosen)
    folder = lab.folder(session["visitor"], chosen)
    metrics = folder.read("metrics.json") if folder.has("metrics.json") and view.ended else None
    recorded = studies.example() if info.state == "queued" and studies.RECORDED.exists() else ""
    return {
        "measure_run": choices,
        "measure_view": run_view.render(info, view, meanwhile=MEANWHILE if recorded else ""),
        "measure_stop": gr.update(
            interactive=info.state in ("queued", "running"), value="Stopping …" if info.state == "stopping" else "Stop and keep"
        ),
        "measure_resume": gr.update(visible=info.state in ("failed", "stopped")),
        "measure_pulse": gr.Timer(active=info.state in run_view.LIVE),
        "measure_table": studies.verdict(metrics, held["guesses"].get(chosen)) if metrics else recorded,
        "measure_show": gr.update(visible=bool(metrics) and info.task == TABLES),
    }


def tick(lab: Lab, session: dict, measured: dict) -> dict:
    """One look while the study in view is alive; who may have the list open keeps it."""
    drawn = refresh(lab, session, measured)
    drawn.pop("measure_run")
    return drawn


def show_code(lab: Lab, session: dict, measured: dict) -> dict:
    """A program that finds the same figures."""
    run = studies.remembered(measured)["run"]
    return {"measure_code": gr.update(value=lab.study_code(session["visitor"], run), visible=True)}


def ask(lab: Lab, session: dict, measured: dict, verb: str) -> dict:
    """Stop and keep, or go on."""
    getattr(lab, verb)(session["visitor"], studies.remembered(measured)["run"])
    return refresh(lab, session, measured)
