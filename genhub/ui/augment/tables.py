"""Stage 3 of Augment: a table with classes of unequal size, and the rows that even them out."""

from functools import partial

import gradio as gr

from genhub.augment.tables.table import GROUPS, TABLES, ResampleConfig
from genhub.data.fixes import INSTEAD, MENDING
from genhub.errors import UserError
from genhub.lab import Lab
from genhub.ui import charts, forms, markup, publishing
from genhub.ui.wiring import Wires, merged, pieces

STAGE = "3  Tables"
INTRO = (
    "A table of numbers and categories whose classes are of unequal size. New rows for the small ones are made, and shown where they lie; the thin "
    "lines lead to the rows that each was made between. Even out the rows a model learns from, never those it is judged on: stage 5 keeps them apart."
)
SAMPLE, FILE, PASTED = "Bundled table", "My file", "Pasted rows"
AS_IT_IS = "say so"
MISSING = {AS_IT_IS: (), "leave those rows out": ("leave-out-missing",), "fill them": ("fill-missing",)}
AS = {"CSV": "csv", "JSONL": "jsonl", "Parquet": "parquet", "Folder for datasets, with a card (ZIP)": "datasets"}
PLANE = "the two principal components"
FIELDS = {"table_method": "method", "table_k": "k", "table_ratio": "ratio", "table_deviation": "deviation", "table_seed": "seed"}
READ = ["table_sample", "table_file", "table_paste"]
ASKED = ["session", "table_read", "table_label", "table_categories", "table_missing", "table_across", "table_up", "table_as", *FIELDS]
DRAWN = ["table_shown", "table_out", "table_made", "table_code_show", "table_code"]
SHOWN = [*DRAWN, "table_label", "table_categories", "table_across", "table_up"]


def layout(wires: Wires) -> None:
    sources = [SAMPLE, FILE, PASTED]
    with gr.Accordion(STAGE, open=False, elem_classes="gh-stage", elem_id="stage-rows") as stage:
        gr.HTML(markup.page(markup.paragraph(INTRO)))
        with gr.Row(elem_classes="gh-split"):
            with gr.Column(scale=2, min_width=300):
                source = gr.Radio(sources, value=SAMPLE, label="Table", elem_id="table-source")
                offered = [(title, name) for name, title in wires.lab.number_tables().items()]
                sample = gr.Dropdown(offered, value=offered[0][1], label="Bundled table", elem_id="table-sample")
                file = gr.File(label="CSV, TSV, JSONL or Parquet", visible=False, height=110, elem_id="table-file")
                paste = gr.Textbox("", label="Rows", info="With a header line.", lines=5, visible=False, elem_id="table-paste")
                use = gr.Button("Use this table", elem_id="table-use")
                with gr.Row():
                    label = gr.Dropdown([], label="Column of the classes", elem_id="table-label", min_width=150)
                    missing = gr.Dropdown(list(MISSING), value=AS_IT_IS, label="Missing values", elem_id="table-missing", min_width=150)
                categories = gr.Dropdown(
                    [],
                    multiselect=True,
                    label="Columns of categories",
                    info="As recognised: confirm or correct.",
                    elem_id="table-categories",
                )
                made = {}
                with gr.Row():
                    methods = [
                        (f"{operation.title}", name) for group in GROUPS for name, operation in TABLES.items() if operation.group == group
                    ]
                    made["table_method"] = gr.Dropdown(
                        methods, value="smote", label="Method", info=TABLES["smote"].help, elem_id="table-method", min_width=200
                    )
                with gr.Row():
                    for name in ("table_k", "table_ratio", "table_deviation", "table_seed"):
                        made[name] = forms.field(ResampleConfig.option(FIELDS[name]), elem_id=name.replace("_", "-"), min_width=120)
                go = gr.Button("Even out", variant="primary", elem_id="table-go")
                problem = pieces(elem_id="table-problem")
            with gr.Column(scale=3, min_width=300):
                with gr.Row(elem_classes="gh-beside"):
                    across = gr.Dropdown([PLANE], value=PLANE, label="Across", elem_id="table-across", min_width=150)
                    up = gr.Dropdown([PLANE], value=PLANE, label="Up", elem_id="table-up", min_width=150)
                shown = gr.HTML(markup.page(markup.note("Press “Use this table”.")), elem_id="table-shown", elem_classes="gh-reserve-tall")
                with gr.Row(elem_classes="gh-beside"):
                    kind = gr.Dropdown(list(AS), value=next(iter(AS)), label="As", elem_id="table-as", min_width=200)
                    out = gr.DownloadButton("Download", visible=False, elem_id="table-out")
                    show = gr.Button("Show the code", visible=False, elem_id="table-code-show", min_width=130)
                code = gr.Code(
                    language="python", label="Makes the same rows", visible=False, wrap_lines=True, max_lines=30, elem_id="table-code"
                )
                publishing.layout(wires, "table", ("set",))
    wires.add(**made, rows_stage=stage, table_source=source, table_sample=sample, table_file=file, table_paste=paste, table_use=use)
    wires.add(table_label=label, table_missing=missing, table_categories=categories, table_go=go, table_problem=problem)
    wires.add(
        table_across=across, table_up=up, table_shown=shown, table_out=out, table_as=kind, table_read=gr.State({}), table_made=gr.State("")
    )
    wires.add(table_code=code, table_code_show=show)


def wire(wires: Wires) -> None:
    part, problem = wires.parts, "table_problem"
    once = {"trigger_mode": "once", "show_progress": "minimal"}
    wires.on(part["table_source"].change, choose, ["table_source"], READ)
    fields = [*ASKED]
    wires.on(part["table_use"].click, used, [*fields, "table_source", *READ], ["table_read", *SHOWN], problem, **once)
    wires.on(part["table_go"].click, even_out, fields, SHOWN, problem, **once)
    seen_otherwise = partial(gr.on, [part[name].input for name in ("table_across", "table_up", "table_as")])
    wires.on(seen_otherwise, redraw, fields, DRAWN, problem, trigger_mode="always_last")
    wires.on(part["table_label"].input, other_label, fields, SHOWN, problem, **once)
    wires.on(part["table_code_show"].click, show_code, fields, ["table_code"], problem, **once)
    wires.on(part["table_method"].input, explained, ["table_method"], ["table_method"])
    publishing.wire(wires, "table", publishing.of_file("table_made"), problem)
    wires.on_pick(part[problem].select, mended, fields, [*SHOWN, "table_missing", "table_method"], problem, **once)


# ---- handlers -------------------------------------------------------------------------------------------------------


def choose(lab: Lab, table_source: str) -> dict:
    shown = {SAMPLE: "table_sample", FILE: "table_file", PASTED: "table_paste"}.get(str(table_source))
    return {name: gr.update(visible=name == shown) for name in READ}


def use(lab: Lab, session: dict, table_source: str, table_sample: str, table_file: str | None, table_paste: str) -> dict:
    """The table is read; its last column names the classes until another one is chosen."""
    if table_source == FILE:
        if not table_file:
            raise UserError("No file has been chosen.", "One file is needed.", "Choose a table.", "table_file")
        info = lab.take_upload(session["visitor"], table_file)
    elif table_source == PASTED:
        info = lab.take_pasted(session["visitor"], table_paste)
    else:
        info = lab.take_number_table(session["visitor"], table_sample)
    fresh = gr.update(choices=[PLANE], value=PLANE)
    return {
        "table_read": {"id": info.id, "name": info.name, "columns": info.columns},
        "table_label": gr.update(choices=info.columns, value=info.columns[-1]),
        "table_categories": gr.update(choices=info.columns[:-1], value=None),
        "table_across": fresh,
        "table_up": fresh,
        "table_shown": markup.page(markup.note(f"{info.name}: {markup.plural(info.rows, 'row')}.")),
        "table_out": gr.update(visible=False),
        "table_made": "",
        "table_code_show": gr.update(visible=False),
        "table_code": gr.update(visible=False),
    }


def used(lab: Lab, session: dict, table_source: str, **given) -> dict:
    """The table is read and evened out; one that cannot be is in use all the same, and why is said."""
    read = use(lab, session, table_source, *(given[name] for name in READ))
    fresh = {"table_read": read["table_read"], "table_label": read["table_read"]["columns"][-1], "table_categories": None}
    asked = {name: given[name] for name in ASKED if name in given} | fresh | {"table_across": PLANE, "table_up": PLANE}
    try:
        return merged(read, even_out(lab, session, **asked))
    except UserError as error:
        return {**read, "table_problem": markup.problem(error, heard=True)}


def mended(lab: Lab, pick: str, session: dict, **given) -> dict:
    """The button of a refusal: once more, with what it says."""
    changed = mend(lab, pick)
    held = {name: value["value"] if isinstance(value, dict) else value for name, value in changed.items()}
    try:
        return {**changed, **(even_out(lab, session, **{**given, **held}) if changed else {})}
    except UserError as error:
        return {**changed, "table_problem": markup.problem(error, heard=True)}


def other_label(lab: Lab, session: dict, **given) -> dict:
    """Another column names the classes: the columns of categories are recognised anew."""
    return even_out(lab, session, **{**given, "table_categories": None, "table_across": PLANE, "table_up": PLANE})


def even_out(lab: Lab, session: dict, table_read: dict, **given) -> dict:
    """The rows, where they lie, and a file of them."""
    axes = [given[name] for name in ("table_across", "table_up")]
    asked = {
        **_asked(table_read, given),
        "kind": AS.get(str(given["table_as"]), "csv"),
        "axes": [] if PLANE in axes or None in axes else axes,
    }
    told = lab.resampled(session["visitor"], table_read["id"], asked)
    planes = [PLANE, *told["numeric"]]
    size = markup.size(told["path"].stat().st_size)
    return {
        "table_shown": render(told, given["table_method"]),
        "table_categories": gr.update(choices=told["columns"], value=told["categorical"]),
        "table_across": gr.update(choices=planes, value=axes[0] if axes[0] in planes else PLANE),
        "table_up": gr.update(choices=planes, value=axes[1] if axes[1] in planes else PLANE),
        "table_out": gr.update(value=str(told["path"]), visible=True, label=f"Download ({size})"),
        "table_made": str(told["path"]),
        "table_code_show": gr.update(visible=True),
        "table_code": gr.update(visible=False),  # it was of other rows
    }


def show_code(lab: Lab, session: dict, table_read: dict, **given) -> dict:
    """A program that makes the same rows."""
    asked = _asked(table_read, given)
    return {"table_code": gr.update(value=lab.table_code(session["visitor"], table_read["id"], asked), visible=True)}


def _asked(table_read: dict, given: dict) -> dict:
    """What the stage says of the table and the method, as `lab.table_code` takes it. Raises UserError without a table."""
    if not table_read:
        raise UserError("No table is in use.", "Its small classes get rows.", "Choose a table and press “Use this table”.", "table")
    return {
        **columns_of(given),
        "values": {option: forms.value(ResampleConfig.option(option), given[name]) for name, option in FIELDS.items()},
    }


def redraw(lab: Lab, session: dict, **given) -> dict:
    """Other axes, or another kind of file: what is chosen stays, for somebody may choose the next before the answer is here."""
    told = even_out(lab, session, **given)
    return {name: told[name] for name in DRAWN}


def columns_of(given: dict) -> dict:
    """What the stage says of the table's columns, as `lab.resampled` takes it."""
    categories = given["table_categories"]
    fixes = list(MISSING.get(given["table_missing"], ()))
    return {"label": given["table_label"] or "", "categorical": categories if isinstance(categories, list) else None, "fixes": fixes}


def explained(lab: Lab, table_method: str) -> dict:
    """What the chosen method does."""
    return {"table_method": gr.update(info=TABLES[table_method].help)} if table_method in TABLES else {}


def mend(lab: Lab, pick: str) -> dict:
    """The button of a refusal."""
    remedy = pick.removeprefix("fix:")
    if remedy in INSTEAD:
        return {"table_method": gr.update(value=remedy, info=TABLES[remedy].help)}
    return {"table_missing": missing(remedy)} if remedy in MENDING else {}


def missing(remedy: str) -> str:
    """What the field says of rows with holes, for a remedy."""
    return next(name for name, fixes in MISSING.items() if remedy in fixes)


# ---- rendering ------------------------------------------------------------------------------------------------------


def render(told: dict, method: str) -> str:
    """Class counts before and after, and the scatter."""
    before, after = told["before"], told["after"]
    counts = markup.table(
        ["class", "rows before", "rows after"], [(name, f"{before[name]:,}", f"{after.get(name, 0):,}") for name in before], (1, 2)
    )
    said = f"{TABLES[method].title}: {markup.plural(told['made'], 'new row')}." if told["made"] else ""
    if told["left_out"]:
        said = f"{TABLES[method].title}: {markup.plural(told['left_out'], 'row')} left out."
    notes = "".join(markup.paragraph(note) for note in told["notes"])
    categories = ", ".join(told["categorical"])
    kinds = markup.paragraph(f"Columns of categories: {categories}." if categories else "All columns are of numbers.", "muted")
    drawn = (
        _scatter(told["scatter"]) if told["scatter"] else markup.paragraph("Without a column of numbers there is nothing to draw.", "muted")
    )
    return markup.page(markup.paragraph(said), notes, counts, kinds, drawn)


def _scatter(told: dict) -> str:
    across, up = told["axes"]
    old, new = told["of"]
    shown_old, shown_new = (sum(point[3] == which for point in told["points"]) for which in (0, 1))
    part = f" Of {old:,} and {new:,} points {shown_old:,} and {shown_new:,} are drawn." if (shown_old, shown_new) != (old, new) else ""
    caption = f"Dots are rows, rings are new ones. The two axes hold {told['shown']:.0%} of the columns' variance.{part}"
    return charts.cloud(told["points"], told["classes"], (across, up), told["lines"], caption)
