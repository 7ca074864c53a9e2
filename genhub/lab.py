"""What a visitor can do, without a page: the use cases behind every button, endpoint and (in part) command.

    table   take_upload · take_pasted · take_sample · take_hub · add_test · examine
    run     forecast · train · view · stop · resume · rename · delete · compare
    answer  predict · predict_table · explain · without
    home    export · merged · reopen · code

Each takes the visitor first, checks every value through `gate`, and touches only what that visitor owns. Tables are parsed
in one-shot children, training happens in job processes, answers come from the model worker: no weight and no torch here.
"""

import contextlib
import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from genhub import catalog, gate, hub, oneshot
from genhub.data import batch, intake, samples
from genhub.data.cleaning import FIXES
from genhub.errors import UserError
from genhub.jobs import forecasts, janitor, reading
from genhub.jobs.folder import RunFolder, write_json
from genhub.jobs.new import make_job
from genhub.jobs.runner import RunInfo, Runner
from genhub.serving.client import Worker
from genhub.settings import Settings
from genhub.text import verdict
from genhub.training.configs import ClassifyConfig

EXAMPLES = Path(__file__).parent / "examples"
EXAMPLE_PREFIX = "example-"
SPLIT_OPTIONS = ("max_length", "folds", "test_share", "validation_share", "seed", "strict")


@dataclass(frozen=True)
class TableInfo:
    """A table that was read: `columns` in order, `rows` counted without the header.

    sample: the id of a bundled table; counterexamples: with the rows that break its planted short cut; hub: of a data set of the
    Hub, its revision and whether it was cut (see `hub_data.dataset`).
    """

    id: str
    name: str
    columns: list[str]
    rows: int
    sample: str = ""
    counterexamples: bool = False
    hub: dict = field(default_factory=dict)


class Lab:
    """One per server. `open()` starts the job runner and the model worker in the background; `close()` ends them."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.runner = Runner(settings)
        self.worker = Worker(settings)

    def open(self) -> None:
        self.runner.start()
        self.worker.start()

    def close(self) -> None:
        self.worker.close()
        self.runner.close()

    def owner(self, visitor: str) -> str:
        """The key under which a visitor's things are kept: one owner locally, else a digest of the visitor's token."""
        if not self.settings.public:
            return "local"
        return hashlib.sha256(gate.visitor(visitor).encode()).hexdigest()[:32]

    # ---- tables -----------------------------------------------------------------------------------------------------

    def take_upload(self, visitor: str, path: str | Path, name: str = "") -> TableInfo:
        """Read an uploaded CSV, TSV, JSONL or Parquet file."""
        upload = gate.upload(path, self.settings.limits)
        return self._read(visitor, {"path": str(upload.path), "name": name or upload.name})

    def take_pasted(self, visitor: str, text: str) -> TableInfo:
        """Read rows pasted as text, with a header line."""
        return self._read(visitor, {"text": gate.text(text, self.settings.limits.text_chars, "pasted"), "name": "pasted table"})

    def take_sample(self, visitor: str, sample_id: str, counterexamples: bool = False) -> TableInfo:
        """Read one of the tables that ship with GenHub, with the rows that break its short cut if it has any and they are wanted."""
        sample = samples.SAMPLES[gate.choice(sample_id, tuple(samples.SAMPLES), "sample")]
        info = self._read(visitor, {"path": str(samples.path(sample.id)), "name": sample.file}, sample.id)
        if not (counterexamples and sample.counterexamples):
            return info
        folder = self._table_folder(visitor, info.id)
        request = {"folder": str(folder), "path": str(samples.counterexamples(sample.id))}
        answer = oneshot.run("genhub.data.intake:add_rows", request, seconds=60)
        return self._remember(folder, replace(info, rows=answer["rows"], counterexamples=True))

    def take_hub(self, visitor: str, dataset_id: str, config: str = "", split: str = "train") -> TableInfo:
        """Stream a split of a Hub data set; of one beyond the limits a part is drawn, and the doctor says so."""
        with tempfile.TemporaryDirectory() as scratch:
            source = Path(scratch) / "hub.jsonl"
            facts = hub.dataset({"dataset": dataset_id, "config": config, "split": split, "out": str(source)}, self.settings)
            return self._read(visitor, {"path": str(source), "name": dataset_id, "hub": facts})

    def add_test(self, visitor: str, table_id: str, path: str | Path) -> int:
        """Attach a separate test table; returns its number of rows. Its two columns must carry the same names. One that is
        refused is not attached."""
        upload = gate.upload(path, self.settings.limits)
        request = {"folder": str(self._table_folder(visitor, table_id)), "path": str(upload.path)}
        return int(oneshot.run("genhub.data.intake:add_test", request, seconds=60)["rows"])

    def drop_test(self, visitor: str, table_id: str) -> None:
        """Take a separate test table away again."""
        for name in (*intake.TEST, "clean.jsonl"):
            (self._table_folder(visitor, table_id) / name).unlink(missing_ok=True)

    def examine(self, visitor: str, table_id: str, columns: tuple[str, str] = ("", ""), fixes=(), options: dict | None = None) -> dict:
        """The doctor's report on a table (see `genhub.data.doctor.Report`), for `columns` = (text, label).

        options: values of a ClassifyConfig that bear on it (model, max_length, folds, test_share, validation_share, seed), and
        `strict`: raise the first problem that forbids training instead of reporting it.
        """
        options = options or {}
        chosen = [gate.column(value, field) for value, field in zip(columns, ("text_column", "label_column"), strict=True)]
        wanted = [gate.choice(fix, tuple(FIXES), "fix") for fix in gate.listed(fixes, "fixes")]
        model = gate.model_id(options.get("model", ClassifyConfig.model), self.settings)
        entry = catalog.MODELS.get(model)
        base = hub.stored_folder(model, self.settings)
        request = {
            **{name: options[name] for name in SPLIT_OPTIONS if name in options},
            "folder": str(self._table_folder(visitor, table_id)),
            "text_column": chosen[0],
            "label_column": chosen[1],
            "fixes": wanted,
            "model_folder": str(base.path) if base else "",
            "languages": list(entry.languages) if entry else ["*"],
        }
        return oneshot.run("genhub.data.intake:examine", request, seconds=60)

    def _read(self, visitor: str, request: dict, sample: str = "") -> TableInfo:
        folder = self._new_folder(self.settings.uploads, visitor, Path(request["path"]).stat().st_size if "path" in request else 0)
        try:
            answer = oneshot.run("genhub.data.intake:read_table", {**request, "folder": str(folder)}, seconds=60)
        except UserError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        info = TableInfo(folder.name, answer["name"], answer["columns"], answer["rows"], sample, hub=request.get("hub") or {})
        return self._remember(folder, info)

    def _remember(self, folder: Path, info: TableInfo) -> TableInfo:
        write_json(folder / "table.json", asdict(info))
        return info

    def table(self, visitor: str, table_id: str) -> TableInfo:
        folder = self._table_folder(visitor, table_id)
        return TableInfo(**json.loads((folder / "table.json").read_text(encoding="utf-8")))

    def _new_folder(self, home: Path, visitor: str, more: int) -> Path:
        """A folder of this visitor's for about `more` bytes. Raises UserError when that is too much."""
        self.runner.check_disk(self.owner(visitor), more)
        return janitor.new_folder(home, self.owner(visitor))

    def _table_folder(self, visitor: str, table_id: str) -> Path:
        folder = self.settings.uploads / self.owner(visitor) / gate.table_id(table_id)
        if not folder.is_dir():
            raise UserError("This table is not here any more.", "Uploaded tables are kept for 24 hours.", "Upload it again.", "table")
        return folder

    # ---- runs -------------------------------------------------------------------------------------------------------

    def has_model(self, model_id: str) -> bool:
        """Is the encoder on this machine already?"""
        return hub.stored_folder(model_id, self.settings) is not None

    def fetch_model(self, model_id: str) -> None:
        """Download and check an encoder of the Hub."""
        hub.model_folder(gate.model_id(model_id, self.settings), self.settings)

    def forecast(self, visitor: str, table_id: str, values: dict) -> dict:
        """Trainable parameters, steps, seconds and memory, from a few measured steps on the visitor's own rows; `limit_seconds` is
        when a run is stopped here."""
        config, rows = self._prepared(visitor, table_id, values)
        base = hub.model_folder(config.model, self.settings)
        request = {"config": config.to_dict(), "rows_path": str(rows), "model_folder": str(base.path)}
        cost = self.runner.call("genhub.text.forecast:forecast", request, seconds=60, what="The forecast")
        return {**forecasts.remembered(rows, config, cost), "limit_seconds": self.settings.limits.training_seconds}

    def train(self, visitor: str, table_id: str, values: dict, name: str = "") -> str:
        """Queue a training run on an examined table; returns its id."""
        config, rows = self._prepared(visitor, table_id, values)
        hub.model_folder(config.model, self.settings)  # downloads and checks before the job, which is offline
        info = self.table(visitor, table_id)
        report = json.loads((rows.parent / "report.json").read_text(encoding="utf-8"))
        seconds, config = forecasts.seconds(rows, config), _with_columns(config, report)
        origin = {**report["data"], "sample": info.sample or None, "counterexamples": info.counterexamples}
        job = make_job("classify", config, rows, origin) | {"forecast": {"seconds": seconds}}
        job["name"] = gate.display_name(name) if name else f"{info.name} · {config.method}"
        return self.runner.submit(self.owner(visitor), job, rows)

    def _prepared(self, visitor: str, table_id: str, values: dict) -> tuple[ClassifyConfig, Path]:
        config = gate.config("classify", values)
        gate.model_id(config.model, self.settings)
        folder = self._table_folder(visitor, table_id)
        report = folder / "report.json"
        if not report.exists():
            raise UserError("This table has not been examined yet.", "The doctor reads it first.", "Choose its columns.", "table")
        if not (folder / "clean.jsonl").exists():  # the doctor found what forbids training: say it
            fixes = json.loads(report.read_text(encoding="utf-8"))["data"]["fixes"]
            self.examine(visitor, table_id, (config.text_column, config.label_column), fixes, {"strict": True})
        return config, folder / "clean.jsonl"

    def folder(self, visitor: str, run_id: str) -> RunFolder:
        """The folder of a run that this visitor owns, or of an example that everybody may read."""
        if isinstance(run_id, str) and (named := re.fullmatch(EXAMPLE_PREFIX + "([a-z-]+)", run_id)):
            example = EXAMPLES / named[1]
            if (example / "passport.json").exists():
                return RunFolder(example)
        return RunFolder(Path(self.run(visitor, run_id).path))

    def run(self, visitor: str, run_id: str) -> RunInfo:
        return self.runner.get(self.owner(visitor), gate.run_id(run_id))

    def runs(self, visitor: str) -> list[RunInfo]:
        return self.runner.list(self.owner(visitor))

    def view(self, visitor: str, run_id: str) -> tuple[RunInfo | None, reading.View]:
        """State and everything that has happened so far; the RunInfo is None for an example."""
        if str(run_id).startswith(EXAMPLE_PREFIX):
            return None, reading.read(self.folder(visitor, run_id))
        return self.run(visitor, run_id), self.runner.view(self.owner(visitor), run_id)

    def stop(self, visitor: str, run_id: str) -> None:
        self.runner.stop(self.owner(visitor), gate.run_id(run_id))

    def resume(self, visitor: str, run_id: str) -> None:
        self.runner.resume(self.owner(visitor), gate.run_id(run_id))

    def rename(self, visitor: str, run_id: str, name: str) -> None:
        self.runner.rename(self.owner(visitor), gate.run_id(run_id), gate.display_name(name))

    def delete(self, visitor: str, run_id: str) -> None:
        self.runner.delete(self.owner(visitor), gate.run_id(run_id))

    def delete_all(self, visitor: str) -> int:
        """Delete every run and table of this visitor; returns how many runs."""
        janitor.forget(self.settings, self.owner(visitor))
        return self.runner.delete_all(self.owner(visitor))

    def compare(self, visitor: str, run_ids: list[str]) -> verdict.Comparison:
        """Runs on the same split in one table: figures, intervals, paired difference to the first."""
        folders = [self.folder(visitor, run_id) for run_id in gate.listed(run_ids, "runs")]
        return verdict.compare(
            [
                (folder.job().get("name", folder.id), folder.read("metrics.json"), verdict.read_predictions(folder.path))
                for folder in folders
            ]
        )

    # ---- answers ----------------------------------------------------------------------------------------------------

    def predict(self, visitor: str, run_id: str, texts: list[str]) -> dict:
        """{"labels": all labels, "predicted": one a text, "scores": probabilities (N, C)}."""
        limits = self.settings.limits
        checked = gate.texts(texts, limits, "text")
        return self._ask("classify.predict", visitor, run_id, {"texts": checked}, seconds=30 + len(checked) / 20)

    def predict_table(self, visitor: str, run_id: str, path: str | Path, text_column: str = "") -> Path:
        """Classify every row of a table; returns a CSV with two columns added: `predicted` and `probability`."""
        *_, out = self.predicting_table(visitor, run_id, path, text_column)
        return out

    def predicting_table(self, visitor: str, run_id: str, path: str | Path, text_column: str = "") -> Iterator[tuple[int, int] | Path]:
        """`predict_table` in steps: (done, total) again and again, the file last. Closing it early frees the worker.

        The texts are in `text_column`, else in the column that the run was trained on, else see `batch.text_column`. Rows without
        a text keep both cells empty. Raises UserError for a table with more rows than the limit."""
        upload = gate.upload(path, self.settings.limits)
        run = self._with_model(visitor, run_id)
        trained = run.read("passport.json").get("config", {}).get("text_column", "")
        info = self._read(visitor, {"path": str(upload.path), "name": upload.name, "cut": False})
        folder = self._table_folder(visitor, info.id)
        try:
            with (folder / "table.jsonl").open(encoding="utf-8") as file:
                rows = [json.loads(line) for line in file]
            column = batch.text_column(info.columns, rows, gate.column(text_column, "text_column"), trained)
            out = self._new_folder(self.settings.downloads, visitor, upload.bytes) / f"{Path(info.name).stem}-predicted.csv"
            texts = gate.texts(batch.texts(info.columns, rows, column), self.settings.limits, "text")
            told = yield from self._steps("classify.predict", run, {"texts": texts})
            batch.write_labelled(out, info.columns, rows, column, (told["predicted"], told["scores"]))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        yield out

    def _steps(self, op: str, run: RunFolder, args: dict) -> Iterator[tuple[int, int]]:
        """(done, total) of a long request to the worker; a generator whose return value is the answer."""
        seconds = 30 + len(args["texts"]) / 20
        with contextlib.closing(self.worker.stream(op, {"run_dir": str(run.path), **args}, seconds=seconds)) as events:
            for event in events:
                if "result" in event:
                    return event["result"]
                if "done" in event:
                    yield event["done"], event["total"]
        raise RuntimeError("the worker ended a request without an answer")

    def base_lines(self, visitor: str, run_id: str, text: str) -> dict:
        """What the majority class and TF-IDF, fitted on the run's own training rows, say to the same text (see
        `serving.ops.baselines`); "tfidf" is None where these rows are not here."""
        text = gate.text(text, self.settings.limits.text_chars)
        return self._ask("classify.baselines", visitor, run_id, {"texts": [text]}, seconds=30)

    def explain(self, visitor: str, run_id: str, text: str, label: str = "") -> dict:
        """Integrated gradients for `label` (the predicted one when empty), by token and by word, with the convergence delta."""
        text = gate.text(text, self.settings.limits.text_chars)
        return self._ask("classify.explain", visitor, run_id, {"text": text, "label": label or None}, seconds=60)

    def without(self, visitor: str, run_id: str, text: str, drop: list[list[int]]) -> dict:
        """The answer for the text with some character ranges taken out."""
        text = gate.text(text, self.settings.limits.text_chars)
        return self._ask("classify.without", visitor, run_id, {"text": text, "drop": drop}, seconds=30)

    def _ask(self, op: str, visitor: str, run_id: str, args: dict, seconds: float) -> dict:
        return self.worker.call(op, {"run_dir": str(self._with_model(visitor, run_id).path), **args}, seconds=seconds)

    def _with_model(self, visitor: str, run_id: str) -> RunFolder:
        folder = self.folder(visitor, run_id)
        if not folder.has("passport.json"):
            raise UserError(
                "This run has no model yet.", "A model is saved when training ends.", "Wait for it, or choose another run.", "run"
            )
        return folder

    # ---- take home --------------------------------------------------------------------------------------------------

    def export(self, visitor: str, run_id: str) -> Path:
        """The run as a zip: adapter, head, passport, card, script; no training data."""
        request = self._to_pack(visitor, run_id, "adapter")
        most = 2 * self.settings.limits.hub_bytes  # a whole model and its head
        oneshot.run("genhub.children:export", request, seconds=120, file_bytes=most, what="Packing the run")
        return Path(request["out"])

    def merged(self, visitor: str, run_id: str) -> Path:
        """One plain safetensors model as a zip, the adapter folded into the encoder's weights."""
        request = self._to_pack(visitor, run_id, "merged")
        self.runner.call("genhub.children:merged", request, seconds=120, what="Packing the merged model")
        return Path(request["out"])

    def _to_pack(self, visitor: str, run_id: str, kind: str) -> dict:
        """What the child is asked: the run's folder and a new file to pack it into."""
        folder = self.folder(visitor, run_id)
        name = f"genhub-{kind}-{run_id.removeprefix(EXAMPLE_PREFIX)[:8]}.zip"
        place = self._new_folder(self.settings.downloads, visitor, janitor.size(folder.path))
        return {"run_dir": str(folder.path), "out": str(place / name)}

    def publish(self, visitor: str, run_id: str, repo_id: str, token: str) -> str:
        """Push a run to the Hub as a private repository; returns its address. Local profile only; the token is not kept."""
        if self.settings.public:
            raise UserError(
                "Publishing is off here.", "This page is shared with strangers.", "Download the zip and push it yourself.", "push"
            )
        return hub.publish(self.folder(visitor, run_id).path, repo_id, self.settings, token)["url"]

    def reopen(self, visitor: str, path: str | Path) -> str:
        """Check a zip that GenHub wrote and list it as a run, under the name it had; returns its id."""
        upload = gate.archive(path, self.settings.limits)
        self._fetch_base_of(upload.path)
        folder = self._new_folder(self.settings.uploads, visitor, upload.bytes) / "run"
        try:
            request = {"path": str(upload.path), "folder": str(folder)}
            self.runner.call("genhub.children:reopen", request, seconds=120, what="Opening the run")
            return self.runner.import_folder(self.owner(visitor), folder, gate.display_name(Path(upload.name).stem))
        finally:
            shutil.rmtree(folder.parent, ignore_errors=True)

    def _fetch_base_of(self, path: Path) -> None:
        """The base that a zip names comes to this machine first: where the zip is opened there is no network. What is no name
        of a model is left to the opening, which says what is wrong with it."""
        base = oneshot.run("genhub.children:base_of", {"path": str(path)}, what="Reading the ZIP file")
        try:
            model_id = gate.model_id(base["id"], self.settings)
        except UserError:
            return
        revision = base["revision"] if re.fullmatch("[0-9a-f]{40}", base["revision"]) else ""
        hub.model_folder(model_id, self.settings, revision=revision)

    def code(self, visitor: str, run_id: str) -> dict:
        """{"script": a plain program that loads the run and predicts, "command": what reproduces the run}."""
        request = {"run_dir": str(self.folder(visitor, run_id).path)}
        return oneshot.run("genhub.children:script", request, what="Writing the script")


def _with_columns(config: ClassifyConfig, report: dict) -> ClassifyConfig:
    """`config` with the columns that were examined; others cannot be trained on."""
    for name in ("text_column", "label_column"):
        if getattr(config, name) not in ("", report[name]):
            what = f"The table was examined with “{report[name]}” as {name.replace('_', ' ')}, not “{getattr(config, name)[:60]}”."
            raise UserError(what, "Training uses the columns that the doctor read.", "Examine the table with these columns first.", name)
    return replace(config, text_column=report["text_column"], label_column=report["label_column"])
