"""A finished run answers, through the model worker.

predict · predict_table · predicting_table · base_lines · explain · without
"""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from genhub import gate
from genhub.data import batch, intake, tables
from genhub.jobs.folder import RunFolder
from genhub.lab.tables import Tables


class Answers(Tables):
    """Texts and tables of texts in, labels, probabilities and reasons out."""

    def predict(self, visitor: str, run_id: str, texts: list[str]) -> dict:
        """{"labels": all labels, "predicted": one a text, "scores": probabilities (N, C)}."""
        limits = self.settings.limits
        checked = gate.texts(texts, limits, "text")
        return self._ask("classify.predict", visitor, run_id, {"texts": checked}, seconds=30 + len(checked) / 20)

    def predict_table(self, visitor: str, run_id: str, path: str | Path, *, fixes=(), threshold: float = 0.0) -> Path:
        """`predicting_table` in one go; returns the file."""
        *_, done = self.predicting_table(visitor, run_id, path, fixes=fixes, threshold=threshold)
        return done.path

    def predicting_table(
        self, visitor: str, run_id: str, path: str | Path, text_column: str = "", fixes=(), threshold: float = 0.0
    ) -> Iterator[tuple[int, int] | batch.Predicted]:
        """`predict_table` in steps: (done, total) again and again, the file with what is in it last. Closing it early frees the worker.

        The texts are in `text_column`, else in the column that the run was trained on, else see `batch.text_column`. Rows without
        a text keep the added cells empty; `threshold`: see `batch.write_labelled`. Raises UserError for a table with more rows than the limit."""
        threshold = gate.share(threshold, "threshold")
        upload = gate.upload(path, self.settings.limits)
        run = self._answering(visitor, run_id)
        trained = run.read("passport.json").get("config", {}).get("text_column", "")
        info = self._read(visitor, {"path": str(upload.path), "name": upload.name, "cut": False, "fixes": self._reading(fixes)})
        folder = self._table_folder(visitor, info.id)
        try:
            table = intake.load(folder)
            column = batch.text_column(table.columns, table.rows, gate.column(text_column, "text_column"), trained)
            name = f"{Path(info.name).stem}-predicted{tables.suffix(table.separator)}"
            texts = gate.texts(batch.texts(table.columns, table.rows, column), self.settings.limits, "text")
            with self._download(visitor, upload.bytes) as home:
                told = yield from self._steps("classify.predict", run, {"texts": texts})
                done = batch.write_labelled(home / name, table, column, (told["predicted"], told["scores"]), threshold)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        yield done

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
        return self.worker.call(op, {"run_dir": str(self._answering(visitor, run_id).path), **args}, seconds=seconds)
