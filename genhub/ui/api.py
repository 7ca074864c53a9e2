"""The endpoints for scripts: what `gradio_client` can call, named, typed and documented here; `docs/api.md` is made from it.

Events of the page itself are private. A script is a visitor like any other: it asks for a token first and passes it along
(in the local profile there is one owner and the token does not matter). Every value goes through the same gate as the page's.

    from gradio_client import Client, handle_file
    client = Client("http://127.0.0.1:7860")
    me = client.predict(api_name="/new_visitor")
"""

from collections.abc import Callable
from dataclasses import asdict
from functools import wraps

import gradio as gr

from genhub import gate
from genhub.data.fixes import hint
from genhub.errors import UserError
from genhub.lab import Lab
from genhub.text import verdict
from genhub.ui.classify.data import OPTIONS
from genhub.ui.session import new_visitor as token
from genhub.ui.wiring import guarded


def register(lab: Lab) -> None:
    """Add every endpoint to the page that is being built."""
    for function in endpoints(lab):
        gr.api(_checked(function), api_name=function.__name__, api_description=_described(function), concurrency_limit=4)
    _files(lab)


def endpoints(lab: Lab) -> list[Callable]:
    """The endpoints without files; names and docstrings are what clients see."""
    return [*_table_endpoints(lab), *_run_endpoints(lab), *_answer_endpoints(lab)]


def _table_endpoints(lab: Lab) -> list[Callable]:

    def new_visitor() -> str:
        """A token that owns the tables and runs of one script or person. Keep it; without it nothing is found again."""
        return token()

    def read_sample(visitor: str, sample: str, counterexamples: bool = False) -> dict:
        """Read a bundled table (support, reviews, messy, shortcut), with the rows that break its short cut if wanted."""
        return asdict(lab.take_sample(visitor, sample, counterexamples is True))

    def read_text(
        visitor: str,
        rows: str,
        fixes: list[str] = [],  # noqa: B006 - never changed
    ) -> dict:
        """Read pasted rows with a header line. `fixes` may hold leave-malformed-lines. Returns id, name, columns, rows."""
        return asdict(lab.take_pasted(visitor, rows, fixes))

    def read_hub_dataset(visitor: str, dataset: str, config: str = "", split: str = "train") -> dict:
        """Stream a split of a data set on the Hub; of one beyond the limits a part is drawn. Returns id, name, columns, rows, hub (revision, cut)."""
        return asdict(lab.take_hub(visitor, dataset, config, split))

    def examine_table(
        visitor: str,
        table: str,
        text_column: str = "",
        label_column: str = "",
        fixes: list[str] = [],  # noqa: B006 - never changed
        options: dict = {},  # noqa: B006 - never changed
    ) -> dict:
        """The data doctor's report: columns, class counts, findings with the codes of their fixes, the split. Options are those of
        training; of these, model, max_length, seed, folds, test_share and validation_share bear on the report."""
        config = gate.config("classify", options)
        chosen = {name: getattr(config, name) for name in OPTIONS if name in options and getattr(config, name) is not None}
        return lab.examine(visitor, table, (text_column, label_column), fixes, chosen)

    def drop_test_table(visitor: str, table: str) -> str:
        """Take the separate test table away again; the table must then be examined anew. Returns the table's id."""
        lab.drop_test(visitor, table)
        return table

    return [new_visitor, read_sample, read_text, read_hub_dataset, examine_table, drop_test_table]


def _run_endpoints(lab: Lab) -> list[Callable]:
    return [*_training_endpoints(lab), *_list_endpoints(lab)]


def _training_endpoints(lab: Lab) -> list[Callable]:
    def fetch_encoder(visitor: str, model: str) -> str:
        """Download and check an encoder of the Hub, so that no training waits for it; returns its id."""
        lab.owner(visitor)
        lab.fetch_model(model)
        return model

    def forecast(visitor: str, table: str, options: dict) -> dict:
        """What training would cost: trainable parameters, steps, seconds, memory, from a few measured steps."""
        return lab.forecast(visitor, table, options)

    def train(visitor: str, table: str, options: dict, name: str = "") -> str:
        """Queue a training run on an examined table; returns its id. Options are the fields of ClassifyConfig. An encoder that is not
        on this machine is downloaded first; `fetch_encoder` does it beforehand."""
        return lab.train(visitor, table, options, name)

    def run_status(visitor: str, run: str) -> dict:
        """State, place in the queue, progress, notes, and the final figures once there are any."""
        info, view = lab.view(visitor, run)
        progress = asdict(view.progress) if view.progress else None
        known = info.metrics if info else None  # a run that came as a zip has no log
        told = {
            "run": run,
            "state": info.state if info else "finished",
            "stage": view.stage_label,
            "progress": progress,
            "notes": view.notes,
            "metrics": view.done.metrics if view.done else known,
        }
        return {**told, "position": info.position if info else None, "error": info.error if info else None}

    def run_curves(visitor: str, run: str) -> dict:
        """The curves so far, by part (a fold, or the final model) and by name (loss, val_loss, val_accuracy …): [step, value] each."""
        return lab.view(visitor, run)[1].curves

    def stop_run(visitor: str, run: str) -> str:
        """Stop a run and keep the best so far."""
        lab.stop(visitor, run)
        return run

    def resume_run(visitor: str, run: str) -> str:
        """Go on with a stopped or failed run from its last checkpoint."""
        lab.resume(visitor, run)
        return run

    return [fetch_encoder, forecast, train, run_status, run_curves, stop_run, resume_run]


def _list_endpoints(lab: Lab) -> list[Callable]:
    def list_runs(visitor: str) -> list[dict]:
        """This visitor's runs, newest first."""
        return [
            {
                "run": info.id,
                "name": info.name,
                "state": info.state,
                "method": info.method,
                "accuracy": (info.metrics or {}).get("accuracy"),
            }
            for info in lab.runs(visitor)
        ]

    def rename_run(visitor: str, run: str, name: str) -> str:
        """Give a run another name."""
        lab.rename(visitor, run, name)
        return run

    def delete_run(visitor: str, run: str) -> str:
        """Delete a run and everything in it."""
        lab.delete(visitor, run)
        return run

    def delete_everything(visitor: str) -> int:
        """Delete every run and table of this visitor; returns how many runs."""
        return lab.delete_all(visitor)

    def compare_runs(visitor: str, runs: list[str]) -> dict:
        """Runs on the same split in one table, with paired differences to the first."""
        return asdict(lab.compare(visitor, runs))

    def unseen_rows(visitor: str, run: str, label: str, predicted: str) -> list[dict]:
        """The unseen rows of one cell of the confusion matrix: those labelled `label` for which the run said `predicted`, the most
        confident first. Runs that came as a zip carry no rows."""
        folder = lab.folder(visitor, run)
        labels = folder.read("passport.json")["labels"]
        for value, field in ((label, "label"), (predicted, "predicted")):
            gate.choice(value, labels, field)
        if not folder.has("predictions.jsonl"):
            raise UserError("The rows of this run are not here.", "They are never part of an export.", "Train it here to read them.", "run")
        return verdict.cell_rows(verdict.read_predictions(folder.path), label, predicted)

    return [list_runs, rename_run, delete_run, delete_everything, compare_runs, unseen_rows]


def _answer_endpoints(lab: Lab) -> list[Callable]:
    def classify(visitor: str, run: str, texts: list[str]) -> dict:
        """Labels, the predicted one of each text, and all probabilities."""
        return lab.predict(visitor, run, texts)

    def explain(visitor: str, run: str, text: str, label: str = "") -> dict:
        """Integrated gradients for one class (the predicted one when empty), by token and by word, with the convergence delta."""
        return lab.explain(visitor, run, text, label)

    def leave_out(visitor: str, run: str, text: str, drop: list[list[int]]) -> dict:
        """The answer for the text without some character ranges, each [start, end]."""
        return lab.without(visitor, run, text, drop)

    def base_lines(visitor: str, run: str, text: str) -> dict:
        """What the majority class and TF-IDF, fitted on the run's own rows, say to a text; TF-IDF is null where they are not here."""
        return lab.base_lines(visitor, run, text)

    def show_code(visitor: str, run: str) -> dict:
        """A plain transformers + peft script that loads the run, and the command that reproduces it."""
        return lab.code(visitor, run)

    return [classify, explain, leave_out, base_lines, show_code]


def _files(lab: Lab) -> None:
    """Endpoints that take or give files: these need a File component, so that Gradio checks where a path comes from."""

    def read_table(visitor: str, file: str, fixes: list[str]) -> dict:
        """Read a CSV, TSV, JSONL or Parquet file. `fixes` may hold windows-1252 (read what is not UTF-8 as that) and
        leave-malformed-lines (leave out a few lines that do not fit). Returns id, name, columns, rows."""
        return asdict(lab.take_upload(visitor, file, fixes=fixes))

    def add_test_table(visitor: str, table: str, file: str, fixes: list[str]) -> int:
        """Attach a separate test table to a table, before it is examined; returns its rows. The verdict then rests on it. `fixes` as
        for read_table."""
        return lab.add_test(visitor, table, file, fixes)

    def finding_rows(visitor: str, table: str, finding: str) -> str:
        """All rows that a finding of the last report concerns, where its `listed` is true: a CSV of row, line, text, label and why."""
        return str(lab.finding_rows(visitor, table, finding))

    def classify_table(visitor: str, run: str, file: str, fixes: list[str], threshold: float) -> str:
        """Classify every row of a table; returns it with the columns predicted and probability added, in the separator it came with.
        `fixes` as for read_table. A `threshold` above 0 adds a column that says which answers are below it."""
        return str(lab.predict_table(visitor, run, file, fixes=fixes, threshold=threshold))

    def download_run(visitor: str, run: str) -> str:
        """The run as a zip: adapter, head, passport, card, script; none of the rows."""
        return str(lab.export(visitor, run))

    def download_merged(visitor: str, run: str) -> str:
        """One plain safetensors model as a zip, the adapter folded into the encoder's weights."""
        return str(lab.merged(visitor, run))

    def open_run(visitor: str, file: str) -> str:
        """Open a zip that GenHub wrote; returns the id of the run."""
        return lab.reopen(visitor, file)

    with gr.Column(visible=False):
        visitor, run, taken = gr.Textbox(label="visitor"), gr.Textbox(label="run"), gr.File(label="file")
        table, number = gr.Textbox(label="table"), gr.Number(label="answer", precision=0)
        fixes, finding = gr.JSON([], label="fixes"), gr.Textbox(label="finding")
        share = gr.Number(0.0, label="threshold")
        answer, text, given = gr.JSON(label="answer"), gr.Textbox(label="answer"), gr.File(label="file")
        for function, inputs, output in (
            (read_table, [visitor, taken, fixes], answer),
            (add_test_table, [visitor, table, taken, fixes], number),
            (finding_rows, [visitor, table, finding], given),
            (classify_table, [visitor, run, taken, fixes, share], given),
            (download_run, [visitor, run], given),
            (download_merged, [visitor, run], given),
            (open_run, [visitor, taken], text),
        ):
            button = gr.Button(function.__name__)
            button.click(_checked(function), inputs, output, api_name=function.__name__, api_description=_described(function))


def _checked(function: Callable) -> Callable:
    """`function` whose errors reach the client as one sentence each; what a remedy would mend names its code."""

    def failed(error: UserError):
        raise gr.Error(f"{error}{hint(error.fix, 'give the fix')}", print_exception=False)

    return wraps(function)(guarded(function, failed))


def _described(function: Callable) -> str:
    return " ".join((function.__doc__ or "").split())
