"""Runs are forecast, trained in job processes, watched, renamed, deleted and compared.

has_model · fetch_model · forecast · train · remedies · remedied · trained_with · run · runs · view · stop · resume · rename · delete · delete_all · compare
"""

import contextlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from genhub import gate, hub, tasks
from genhub.data import image_sets, pairs, texts
from genhub.errors import UserError
from genhub.families import ENCODER
from genhub.images.compare import PaintersCompared
from genhub.images.drawn.compare import DrawersCompared
from genhub.jobs import forecasts, janitor, reading
from genhub.jobs.folder import RunFolder
from genhub.jobs.new import make_job, run_name
from genhub.jobs.runner import RunInfo
from genhub.lab.base import EXAMPLE_PREFIX
from genhub.lab.images import ImageSets
from genhub.lab.pairs_read import PairsRead
from genhub.lab.tables import Tables
from genhub.lab.texts import Texts
from genhub.options import Config
from genhub.text import comparison, verdict
from genhub.text.adapting.compare import WritersCompared
from genhub.text.translation.tuning.compare import TranslatorsCompared
from genhub.training.configs import ClassifyConfig, remedies

CLASSIFY = "classify"
MOST_COMPARED = 50  # runs in one table
MEASURED = ("sha256", "rows")  # of a job's data: by `make_job`


class Runs(Tables, Texts, PairsRead, ImageSets):
    """From an examined table, a text, pairs or images to a finished run."""

    def has_model(self, model_id: str, task: str = CLASSIFY) -> bool:
        """Is the model that a task is to begin with on this machine already?"""
        return hub.stored_folder(model_id, self.settings, tasks.get(task).family) is not None

    def fetch_model(self, model_id: str, task: str = CLASSIFY) -> None:
        """Download and check a model of the Hub that a task is to begin with."""
        hub.model_folder(model_id, self.settings, family=tasks.get(task).family)

    def forecast(self, visitor: str, source_id: str, values: dict, task: str = CLASSIFY) -> dict:
        """Trainable parameters, steps, seconds and memory, from a few measured steps on the visitor's own rows or text; `limit_seconds`
        is when a run is stopped here. `lent`: the training gets a GPU, and these are seconds on a processor."""
        config, rows = self._prepared(visitor, source_id, values, task)
        request = {"config": config.to_dict(), "rows_path": str(rows), "model_folder": self._model(config, task), "task": task}
        cost = self.runner.call(tasks.get(task).forecaster, request, seconds=60, what="The forecast")
        lent = self.settings.zerogpu and tasks.get(task).accelerated
        limit = 0 if lent else self.settings.limits.training_seconds
        return {**forecasts.remembered(rows, config, cost), "limit_seconds": limit, "lent": lent}

    def train(self, visitor: str, source_id: str, values: dict, name: str = "", task: str = CLASSIFY) -> str:
        """Queue a training run on what its task learns from: an examined table, a text, pairs or images. Returns its id."""
        self.runner.check_queue(self.owner(visitor))  # before anything that takes time
        config, rows = self._prepared(visitor, source_id, values, task)
        self._model(config, task)  # downloads and checks before the job, which is offline
        seconds = forecasts.seconds(rows, config)
        if task == CLASSIFY:
            config, source, origin = self._of_table(visitor, source_id, config, rows)
        else:
            info, told = {"text": (self.text_info, texts), "pairs": (self.pairs_info, pairs), "images": (self.images_info, image_sets)}[
                tasks.get(task).source
            ]
            read = info(visitor, source_id)
            source, origin = read.name, told.origin(read)
        job = make_job(task, config, rows, origin) | {"forecast": {"seconds": seconds}}
        job["name"] = gate.display_name(name) if name else run_name(source, config)
        return self.runner.submit(self.owner(visitor), job, rows)

    def remedies(self, visitor: str, run_id: str, keys: Sequence[str]) -> dict[str, str]:
        """What of `keys` (see `training.configs.remedies`) would change something of a run: key → what it is called."""
        job = self.folder(visitor, run_id).job()
        config, known = tasks.get(job["task"]).config.from_dict(job["config"]), remedies.REMEDIES.get(job["task"], {})
        return {key: known[key].label for key in keys if key in known and remedies.changes(job["task"], config, key)}

    def remedied(self, visitor: str, run_id: str, key: str) -> str:
        """Queue a training like a run's, on the same images, with what one remedy changes (see `training.configs.remedies`); a run that is
        still at work is asked to stop. Returns the new run's id. Raises UserError for a run whose images are not here."""
        folder = RunFolder(Path(self.run(visitor, run_id).path))
        job = folder.job()
        config = remedies.applied(job["task"], tasks.get(job["task"]).config.from_dict(job["config"]), key)
        if not folder.rows.is_file():
            what = "What this run learnt from is not here any more."
            raise UserError(what, "A run that was opened from a ZIP brings none of it.", "Train anew on a set of yours.", "run")
        self._bring_begun(job | {"config": config.to_dict()})
        again = make_job(job["task"], config, folder.rows, {name: value for name, value in job["data"].items() if name not in MEASURED})
        begun = self.runner.submit(self.owner(visitor), again, folder.rows)
        if self.run(visitor, run_id).state in ("queued", "running"):
            with contextlib.suppress(UserError):  # it has just ended
                self.stop(visitor, run_id)  # not before: a run goes on where another has no room in the queue
        return begun

    def trained_with(self, visitor: str, run_id: str) -> dict:
        """The options of a run."""
        return self.folder(visitor, run_id).job()["config"]

    def _model(self, config: Config, task: str) -> str:
        """The folder of the pretrained model that the configuration names; empty where a task has none."""
        family = tasks.get(task).family
        return str(hub.model_folder(config.model, self.settings, family=family).path) if family else ""

    def _bring_begun(self, job: dict) -> None:
        """What a job begins with may have gone since: it comes again, as for a new one."""
        if not self.settings.offline:
            self._model(tasks.get(job["task"]).config.from_dict(job["config"]), job["task"])

    def _of_table(self, visitor: str, table_id: str, config: ClassifyConfig, rows: Path) -> tuple[ClassifyConfig, str, dict]:
        """(config with its columns, what the table is called, where its rows come from)."""
        info = self.table(visitor, table_id)
        report = json.loads((rows.parent / "report.json").read_text(encoding="utf-8"))
        origin = {**report["data"], "sample": info.sample or None, "counterexamples": info.counterexamples}
        return _with_columns(config, report), info.name, origin

    def _prepared(self, visitor: str, source_id: str, values: dict, task: str) -> tuple[Config, Path]:
        """(checked options, the rows or documents to learn from)."""
        if task == CLASSIFY:
            return self._prepared_table(visitor, source_id, values)
        config, family = gate.config(task, values), tasks.get(task).family
        if family:
            gate.model_id(config.model, self.settings, family)
        rows = {"text": self.text_rows, "pairs": self.pairs_rows, "images": self.images_rows}[tasks.get(task).source]
        return config, rows(visitor, source_id)

    def _prepared_table(self, visitor: str, table_id: str, values: dict) -> tuple[ClassifyConfig, Path]:
        config = gate.config(CLASSIFY, values)
        gate.model_id(config.model, self.settings, ENCODER.name)
        folder = self._table_folder(visitor, table_id)
        report = folder / "report.json"
        if not report.exists():
            raise UserError("This table has not been examined yet.", "The doctor reads it first.", "Choose its columns.", "table")
        if not (folder / "clean.jsonl").exists():  # the doctor found what forbids training: say it
            fixes = json.loads(report.read_text(encoding="utf-8"))["data"]["fixes"]
            self.examine(visitor, table_id, (config.text_column, config.label_column), fixes, {"strict": True})
        return config, folder / "clean.jsonl"

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
        if self.run(visitor, run_id).state in ("stopped", "failed"):
            self._bring_begun(self.folder(visitor, run_id).job())
        self.runner.resume(self.owner(visitor), gate.run_id(run_id))

    def rename(self, visitor: str, run_id: str, name: str) -> None:
        self.runner.rename(self.owner(visitor), gate.run_id(run_id), gate.display_name(name))

    def delete(self, visitor: str, run_id: str) -> None:
        self.runner.delete(self.owner(visitor), gate.run_id(run_id))

    def delete_all(self, visitor: str) -> int:
        """Delete every run and table of this visitor; returns how many runs."""
        janitor.forget(self.settings, self.owner(visitor))
        return self.runner.delete_all(self.owner(visitor))

    def compare(
        self, visitor: str, run_ids: list[str]
    ) -> verdict.Comparison | WritersCompared | TranslatorsCompared | PaintersCompared | DrawersCompared:
        """Runs on the same split in one table, see `genhub.text.comparison`."""
        if len(gate.listed(run_ids, "runs")) > MOST_COMPARED:
            raise UserError(f"{len(run_ids):,} runs are too many.", f"At most {MOST_COMPARED} at once.", "Choose fewer.", "runs")
        folders = [self.folder(visitor, run_id) for run_id in run_ids]
        return comparison.compare([(folder.job().get("name", folder.id), folder) for folder in folders])


def _with_columns(config: ClassifyConfig, report: dict) -> ClassifyConfig:
    """`config` with the columns that were examined; others cannot be trained on."""
    for name in ("text_column", "label_column"):
        if getattr(config, name) not in ("", report[name]):
            what = f"The table was examined with “{report[name]}” as {name.replace('_', ' ')}, not “{getattr(config, name)[:60]}”."
            raise UserError(what, "Training uses the columns that the doctor read.", "Examine the table with these columns first.", name)
    return replace(config, text_column=report["text_column"], label_column=report["label_column"])
