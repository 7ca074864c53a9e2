"""Stage 1 of Classify: a table comes in, the doctor reads it, the visitor presses what to mend."""

from collections.abc import Callable
from functools import partial

import gradio as gr

from genhub.data import samples
from genhub.data.fixes import LEAVE_MALFORMED, READING
from genhub.data.found import place
from genhub.errors import UserError
from genhub.lab import PASTED, Lab, TableInfo
from genhub.training.configs import ClassifyConfig
from genhub.ui import charts, forms, markup
from genhub.ui.wiring import Wires, pieces

SOURCES = ("A sample", "My file", "Paste", "The Hub")
GROUPS = ("sample_group", "file_group", "paste_group", "hub_group")  # the fields of each source
STAGE = "1  Data"
MOST_CLASSES = 12
SHOWN_ABOVE = ("file", "columns", "classes")  # findings that the facts and the form say already
LOOKED_AGAIN = ["data_report", "data_rows", "data_use", "train"]  # what shows the report and follows from it
OUTPUTS = ["session", *LOOKED_AGAIN, "text_column", "label_column", "data_stage", "test_file", "data_refused"]
USE = "Use this table"
OPTIONS = ("model", "max_length", "seed", "folds", "test_share", "validation_share")  # of stage 2: they bear on the report
# A file of rows is there only when one was asked for just now: it is downloaded, and its button stays below the report.
DOWNLOAD_JS = "(file) => { if (file) Object.assign(document.createElement('a'), { href: file.url, download: file.orig_name }).click(); }"
SETTINGS = {  # finding → the option that answers it, its value, the button's words
    "long-texts": ("max_length", 256, "Read 256 tokens"),
    "imbalance": ("class_weights", "balanced", "Weigh the classes equally"),
    "language": ("model", "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2", "Use the multilingual encoder"),
}


def layout(wires: Wires) -> None:
    """Left what I give, right what the doctor found."""
    with gr.Accordion(STAGE, open=True, elem_classes="gh-stage", elem_id="stage-data") as stage, gr.Row(elem_classes="gh-split"):
        with gr.Column(scale=2, min_width=300):
            _sources(wires)
        with gr.Column(scale=3, min_width=300):
            report = pieces(
                nothing_yet(),
                elem_id="data-report",
            )
            rows = gr.DownloadButton("Download", visible=False, size="sm", elem_id="data-rows")
    wires.add(data_stage=stage, data_report=report, data_rows=rows)


def _sources(wires: Wires) -> None:
    source = gr.Radio(list(SOURCES), value=SOURCES[0], label="Where from", elem_id="data-source")
    with gr.Column(visible=True) as sample_group:
        choices = [(f"{sample.title} ({sample.rows} rows)", sample.id) for sample in samples.SAMPLES.values()]
        sample = gr.Radio(
            choices, value=None, label="Sample tables", info="Written for this project, not real people's data.", elem_id="data-sample"
        )
    with gr.Column(visible=False) as file_group:
        file = gr.File(
            label="CSV, TSV, JSONL or Parquet",
            file_types=[".csv", ".tsv", ".txt", ".jsonl", ".json", ".parquet"],
            elem_id="data-file",
            height=150,
        )
    with gr.Column(visible=False) as paste_group:
        pasted = gr.Textbox(
            label="Rows with a header", lines=7, placeholder="text,label\nWhere is my parcel?,delivery", elem_id="data-pasted"
        )
        read = gr.Button("Read it", elem_id="data-read")
    with gr.Column(visible=False) as hub_group:
        hub_id = gr.Textbox(
            label="Data set on the Hub",
            info="owner/name; of one beyond the limit a part is drawn, and the report says so.",
            elem_id="data-hub-id",
        )
        with gr.Row():
            hub_config = gr.Textbox(label="Configuration", info="Empty: the default one.", min_width=120)
            hub_split = gr.Textbox("train", label="Split", info="Such as train.", min_width=120)
        hub_read = gr.Button("Stream it")
    with gr.Row():
        text_column = gr.Dropdown([], label="Column with the texts", elem_id="text-column", min_width=140)
        label_column = gr.Dropdown([], label="Column with the labels", elem_id="label-column", min_width=140)
    with gr.Accordion("A test table of my own", open=False):
        test_file = gr.File(label="Same columns; the verdict then rests on these rows", elem_id="data-test", height=110)
    use = gr.Button(USE, variant="primary", interactive=False, elem_id="data-use")
    wires.add(data_use=use, data_problem=pieces(elem_id="data-problem"), data_refused=gr.State(None))
    wires.add(data_source=source, data_sample=sample, data_file=file, data_pasted=pasted, data_read=read)
    wires.add(hub_id=hub_id, hub_config=hub_config, hub_split=hub_split, hub_read=hub_read, test_file=test_file)
    wires.add(sample_group=sample_group, file_group=file_group, paste_group=paste_group, hub_group=hub_group)
    wires.add(text_column=text_column, label_column=label_column)


def wire(wires: Wires) -> None:
    part = wires.parts
    wires.on(part["data_source"].change, show_source, ["data_source"], list(GROUPS))
    _reads(wires, part["data_sample"].input, take_sample, ["data_sample"])
    _reads(wires, part["data_file"].upload, take_file, ["data_file"])
    wires.on(part["data_file"].clear, lambda lab: {}, [], [], "data_problem")  # what was wrong with it is gone with it
    _reads(wires, part["data_read"].click, take_pasted, ["data_pasted"])
    _reads(wires, part["hub_read"].click, take_hub, ["hub_id", "hub_config", "hub_split"], show_progress="minimal")
    for name in ("text_column", "label_column"):
        _reads(wires, part[name].input, choose_columns, ["text_column", "label_column"])
    _reads(wires, part["test_file"].upload, add_test, ["test_file"])
    _reads(wires, part["test_file"].clear, drop_test, [])
    changed = partial(gr.on, [part[name].change for name in OPTIONS])
    queue = {"concurrency_id": "tables", "concurrency_limit": 4, "trigger_mode": "always_last"}
    wires.on(changed, reexamine, ["session", *OPTIONS], LOOKED_AGAIN, "data_problem", **queue)
    outputs = [*OUTPUTS, *dict.fromkeys(name for name, _, _ in SETTINGS.values())]
    pressed = wires.on_pick(part["data_report"].select, press, ["session", *OPTIONS], outputs, "data_problem")
    pressed.then(None, part["data_rows"], js=DOWNLOAD_JS, api_visibility="private", show_progress="hidden")
    again = {"concurrency_id": "tables", "concurrency_limit": 4}
    wires.on_pick(part["data_problem"].select, read_again, ["session", "data_refused", *OPTIONS], OUTPUTS, "data_problem", **again)


def _reads(wires: Wires, event: Callable, handler: Callable, inputs: list[str], **options) -> None:
    """An event after which the doctor reads the table again, with the options of stage 2 that bear on it."""
    wires.on(
        event, handler, ["session", *inputs, *OPTIONS], OUTPUTS, "data_problem", concurrency_id="tables", concurrency_limit=4, **options
    )


# ---- handlers -------------------------------------------------------------------------------------------------------


def show_source(lab: Lab, data_source: str) -> dict:
    return {group: gr.update(visible=data_source == name) for group, name in zip(GROUPS, SOURCES, strict=True)}


def source_of(info: TableInfo) -> str:
    """The one of SOURCES that a table came from."""
    sample, file, paste, hub = SOURCES
    return sample if info.sample else hub if info.hub else paste if info.name == PASTED else file


def own(lab: Lab, session: dict) -> bool:
    """Whether the table in work is one that the visitor has brought."""
    try:
        return bool(session["table"]) and not lab.table(session["visitor"], session["table"]).sample
    except UserError:
        return False  # it was kept for a day


def take_sample(lab: Lab, session: dict, data_sample: str, **options) -> dict:
    return _taken(lab, session, lab.take_sample(session["visitor"], data_sample), options)


def take_file(lab: Lab, session: dict, data_file: str, **options) -> dict:
    return _read(lab, session, {"way": "file", "value": data_file, "fixes": []}, options)


def take_pasted(lab: Lab, session: dict, data_pasted: str, **options) -> dict:
    return _read(lab, session, {"way": "pasted", "value": data_pasted, "fixes": []}, options)


def take_hub(lab: Lab, session: dict, hub_id: str, hub_config: str, hub_split: str, **options) -> dict:
    return _taken(lab, session, lab.take_hub(session["visitor"], hub_id, hub_config, hub_split), options)


def choose_columns(lab: Lab, session: dict, text_column: str, label_column: str, **options) -> dict:
    return _examined(lab, {**session, "columns": [text_column or "", label_column or ""]}, options)


def add_test(lab: Lab, session: dict, test_file: str, **options) -> dict:
    """Attach a test table; one that is refused does not stay in the form as if it were attached."""
    try:
        return _read(lab, session, {"way": "test", "value": test_file, "fixes": []}, options)
    except UserError as error:
        return {"test_file": None, "data_problem": markup.problem(error)}


def read_again(lab: Lab, pick: str, session: dict, data_refused: dict | None, **options) -> dict:
    """The button of a refusal: what was refused last is read once more, with one remedy more. Another remedy than one of reading goes
    to the table that is here."""
    code = pick.removeprefix("fix:")
    if code not in READING:
        return press(lab, pick, session, **options)
    if not data_refused:
        raise UserError("The file is not here any more.", "It is kept until the page is reloaded.", "Choose it again.", "data")
    return _read(lab, session, {**data_refused, "fixes": [*data_refused["fixes"], code]}, options)


def drop_test(lab: Lab, session: dict, **options) -> dict:
    lab.drop_test(session["visitor"], session["table"])
    return {**_examined(lab, session, options), "test_file": None}


def reexamine(lab: Lab, session: dict, **options) -> dict:
    """An option of stage 2 that bears on the report has changed: the split and the lengths shown are those of the run to come."""
    if not session["table"]:
        return {}
    shown = _examined(lab, session, options)
    return {name: shown[name] for name in LOOKED_AGAIN}


def press(lab: Lab, pick: str, session: dict, **options) -> dict:
    """A button in the report: "fix:code" applies a remedy or takes it back, "set:code" changes an option of stage 2, "rows:code"
    gives the rows of a finding as a file, "label:column" reads the labels from there, "drop:test" takes the test table away."""
    verb, _, code = pick.partition(":")
    if verb == "rows":
        path = lab.finding_rows(session["visitor"], session["table"], code)
        return {"data_rows": gr.update(value=str(path), label=f"Download {path.name}", visible=True)}
    if verb == "label":
        return choose_columns(lab, session, session["columns"][0], code, **options)
    if verb == "drop":
        return drop_test(lab, session, **options)
    if verb == "set" and code in SETTINGS:
        name, value, _ = SETTINGS[code]
        return {**_examined(lab, session, {**options, **({name: value} if name in OPTIONS else {})}), name: value}
    fixes = [fix for fix in session["fixes"] if fix != code]
    return _examined(lab, {**session, "fixes": fixes if code in session["fixes"] else [*fixes, code]}, options)


def restore(lab: Lab, session: dict, **options) -> dict:
    """The page was reloaded: the table in work is shown again; one that has gone is forgotten. When only the doctor cannot look
    now (the server is busy), the table stays, and choosing a column tries again."""
    if not session["table"]:
        return {}
    try:
        info = lab.table(session["visitor"], session["table"])
    except UserError:
        return {"session": {**session, "table": "", "columns": ["", ""], "fixes": []}}
    try:
        return _examined(lab, session, options)
    except UserError as error:
        chosen = [gr.update(choices=info.columns, value=name or None) for name in session["columns"]]
        return {"text_column": chosen[0], "label_column": chosen[1], "data_problem": markup.problem(error)}


def _read(lab: Lab, session: dict, source: dict, options: dict) -> dict:
    """Read a table, or the test table of one, from a source: {"way": file, pasted or test, "value", "fixes"}. One whose refusal
    offers a remedy is kept for its button."""
    visitor, value, fixes = session["visitor"], source["value"], source["fixes"]
    try:
        if source["way"] == "test":
            lab.add_test(visitor, session["table"], value, fixes)
        else:
            take = lab.take_upload if source["way"] == "file" else lab.take_pasted
            info = take(visitor, value, fixes=fixes)
    except UserError as error:
        if not error.fix:
            raise
        kept = {"data_problem": markup.problem(error, heard=True), "data_refused": source}
        return {**kept, "test_file": None} if source["way"] == "test" else kept
    shown = _examined(lab, session, options) if source["way"] == "test" else _taken(lab, session, info, options)
    return {**shown, "data_refused": None}


def _taken(lab: Lab, session: dict, info: TableInfo, options: dict) -> dict:
    shown = _examined(lab, {**session, "table": info.id, "columns": ["", ""], "fixes": []}, options)
    return {**shown, "test_file": None}


def _examined(lab: Lab, session: dict, options: dict) -> dict:
    info = lab.table(session["visitor"], session["table"])
    report = lab.examine(session["visitor"], session["table"], tuple(session["columns"]), session["fixes"], considered(options))
    chosen = [report["text_column"], report["label_column"]]
    return {
        "session": {**session, "columns": chosen},
        "data_report": render(info, report),
        "data_rows": gr.update(value=None, visible=False),
        "text_column": gr.update(choices=info.columns, value=chosen[0]),
        "label_column": gr.update(choices=info.columns, value=chosen[1]),
        "data_use": gr.update(interactive=report["ready"], value=USE if report["ready"] else "First settle what is marked red"),
        "data_stage": gr.update(label=STAGE),
        "train": gr.update(interactive=report["ready"]),
    }


def considered(fields: dict) -> dict:
    """The options of stage 2 that bear on the report, checked; what is out of range is said where it is chosen."""
    found = {}
    for name in OPTIONS:
        option = ClassifyConfig.option(name)
        try:
            value = option.check(forms.value(option, fields.get(name)))
        except UserError:
            continue
        if value is not None:
            found[name] = value
    return found


def summary(info: TableInfo, report: dict) -> str:
    """What the folded stage says was decided."""
    return f"{STAGE} ✓ {info.name} · {markup.plural(report['rows'], 'row')} · {markup.plural(len(report['classes']), 'class')}"


# ---- rendering ------------------------------------------------------------------------------------------------------


def nothing_yet() -> str:
    return markup.page(markup.note("Choose a table: the doctor reads it and reports here, before anything is trained."))


def render(info: TableInfo, report: dict) -> str:
    """The doctor's report: facts, class counts, findings with their remedies, the split, the first rows."""
    used = f"{report['rows']:,}" if report["rows"] == report["table_rows"] else f"{report['rows']:,} of {report['table_rows']:,}"
    pairs = [("table", info.name), ("rows used", used), ("columns", len(info.columns)), ("format", report["kind"].upper())]
    if report["kind"] == "csv":
        pairs += [
            ("encoding", report["encoding"]),
            ("separator", report["separator"]),
        ]
    parts = [markup.facts(pairs)]
    if report["classes"]:
        shown = dict(list(report["classes"].items())[:MOST_CLASSES])
        count = len(report["classes"])
        caption = (
            f"Rows a class, {markup.plural(count, 'class')}."
            if count <= MOST_CLASSES
            else f"Rows a class: the largest {MOST_CLASSES} of {count}."
        )
        parts.append(charts.bars(shown, caption, labels=sorted(report["classes"])))
    findings = [finding for finding in report["findings"] if finding["code"] not in SHOWN_ABOVE or _changed(finding) or finding["column"]]
    if report["test"]:
        parts.append(_test(report["test"]))
    parts += [_finding(finding) for finding in findings if _asks(finding)]
    remarks = "".join(_finding(finding) for finding in findings if not _asks(finding))
    if remarks:
        count = sum(not _asks(finding) for finding in findings)
        parts.append(
            f"<details><summary>{markup.plural(count, 'remark')} that {'needs' if count == 1 else 'need'} nothing from you</summary>{remarks}</details>"
        )
    if report.get("split"):
        parts.append(_split(report["split"]))
    parts.append(_preview(report["preview"]))
    return markup.page(*parts)


def _changed(finding: dict) -> bool:
    """Does the finding on the file say what was changed in reading it?"""
    return finding["code"] == "file" and bool(finding["will_do"])


def _asks(finding: dict) -> bool:
    """Does this finding want a decision? The others are remarks, folded away."""
    return finding["severity"] != "info" or finding["applied"]  # a pressed remedy stays in view, with its Undo


def _finding(finding: dict) -> str:
    tone = "done" if finding["applied"] else finding["severity"]
    examples = "".join(
        f"<li>{markup.esc(place(item))}: {markup.esc(_cut(item['text']))} {_label(item)}</li>" for item in finding["examples"][:2]
    )
    button = ""
    if finding["fix"]:
        label = "Undo" if finding["applied"] else finding["fix_label"]
        button = markup.pick(label, f"fix:{finding['fix']}", pressed=finding["applied"])
    elif finding["code"] in SETTINGS and finding["severity"] != "info":
        button = markup.pick(SETTINGS[finding["code"]][2], f"set:{finding['code']}")
    elif finding["column"]:
        button = markup.pick(finding["fix_label"], f"label:{finding['column']}")
    if finding["listed"]:
        what = "lines" if finding["code"] == LEAVE_MALFORMED else "rows"
        button += " " + markup.pick(
            f"Download {'these ' + what if finding['count'] > 1 else 'this ' + what[:-1]}", f"rows:{finding['code']}"
        )
    listed = f"<ul>{examples}</ul>" if examples else ""
    return f'<div class="gh-finding {tone}"><b>{markup.esc(finding["what"])}</b> {markup.esc(finding["will_do"])} {listed}{button}</div>'


def _label(item: dict) -> str:
    return f"<i>{markup.esc(item['label'])}</i>" if item.get("label") else ""


def _test(test: dict) -> str:
    what = f"Test table attached: “{test['name']}”, {markup.plural(test['rows'], 'row')}."
    words = "The verdict rests on it, and none of its rows teaches."
    return f'<div class="gh-finding done"><b>{markup.esc(what)}</b> {words} {markup.pick("Remove it", "drop:test")}</div>'


def _split(split: dict) -> str:
    if split["kind"] == "cross-validation":
        text = f"{split['folds']} folds: every row is predicted once, by a model that has not seen it. Small tables get this by themselves."
    elif split["kind"] == "given":
        text = f"The verdict rests on your test table of {split['test']:,} rows; {split['train']:,} rows teach, {split['validation']:,} choose the best epoch."
    else:
        text = f"{split['train']:,} rows teach, {split['validation']:,} choose the best epoch, {split['test']:,} are kept unseen for the verdict."
    return markup.note(f"Split, seed {split['seed']}, the same share of every class in each part, duplicates together. {text}")


def _preview(rows: list) -> str:
    cells = [[item["row"], _cut(item["text"], 160), item["label"]] for item in rows[:8]]
    return "<h3>First rows</h3>" + markup.table(["row", "text", "label"], cells)


def _cut(text: str, most: int = 90) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
