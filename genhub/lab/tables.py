"""Tables come in and the doctor reads them; both happen in one-shot children.

take_upload · take_pasted · take_sample · take_hub · add_test · drop_test · examine · finding_rows · table
"""

import json
import shutil
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from genhub import catalog, gate, hub, oneshot
from genhub.data import intake, samples, tables
from genhub.errors import UserError
from genhub.families import ENCODER
from genhub.jobs import janitor
from genhub.jobs.folder import write_json
from genhub.lab.base import Base
from genhub.training.configs import ClassifyConfig

PASTED = "pasted table"  # the name of a table that came from the clipboard
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


class Tables(Base):
    """From a file, a paste, a sample or the Hub to rows that can be trained on."""

    def take_upload(self, visitor: str, path: str | Path, name: str = "", fixes=()) -> TableInfo:
        """Read an uploaded CSV, TSV, JSONL or Parquet file, with the remedies for reading (`fixes.READING`) that it needs of these."""
        upload = gate.upload(path, self.settings.limits)
        return self._read(visitor, {"path": str(upload.path), "name": name or upload.name, "fixes": self._reading(fixes)})

    def take_pasted(self, visitor: str, text: str, fixes=()) -> TableInfo:
        """Read rows pasted as text, with a header line."""
        pasted = gate.text(text, self.settings.limits.text_chars, "pasted")
        return self._read(visitor, {"text": pasted, "name": PASTED, "fixes": self._reading(fixes)})

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
        with self._streamed({"dataset": dataset_id, "config": config, "split": split}) as request:
            return self._read(visitor, request)

    def add_test(self, visitor: str, table_id: str, path: str | Path, fixes=()) -> int:
        """Attach a separate test table; returns its number of rows. Its two columns must carry the same names. One that is
        refused is not attached."""
        upload = gate.upload(path, self.settings.limits)
        folder = self._table_folder(visitor, table_id)
        request = {"folder": str(folder), "path": str(upload.path), "fixes": self._reading(fixes)}
        return int(oneshot.run("genhub.data.intake:add_test", request, seconds=60)["rows"])

    def drop_test(self, visitor: str, table_id: str) -> None:
        """Take a separate test table away again."""
        for name in (*intake.TEST, "clean.jsonl"):
            (self._table_folder(visitor, table_id) / name).unlink(missing_ok=True)

    def examine(self, visitor: str, table_id: str, columns: tuple[str, str] = ("", ""), fixes=(), options: dict | None = None) -> dict:
        """The doctor's report on a table (see `genhub.data.doctor.Report`), for `columns` = (text, label).

        Remedies for reading among the fixes do nothing here: a table is read with them.

        options: values of a ClassifyConfig that bear on it (model, max_length, folds, test_share, validation_share, seed), and
        `strict`: raise the first problem that forbids training instead of reporting it.
        """
        options = options or {}
        chosen = [gate.column(value, field) for value, field in zip(columns, ("text_column", "label_column"), strict=True)]
        wanted = self._known(fixes)
        model = gate.model_id(options.get("model", ClassifyConfig.model), self.settings, ENCODER.name)
        entry = catalog.MODELS.get(model)
        base = hub.stored_folder(model, self.settings, ENCODER.name)
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

    def finding_rows(self, visitor: str, table_id: str, code: str) -> Path:
        """All rows that a finding of the last report concerns, as a CSV with the columns row, line, text, label and why."""
        folder, code = self._table_folder(visitor, table_id), gate.text(code, 40, "finding")
        info = self.table(visitor, table_id)
        place = self._new_folder(self.settings.downloads, visitor, janitor.size(folder))
        request = {"folder": str(folder), "code": code, "out": str(place / "rows")}
        try:
            answer = oneshot.run("genhub.data.intake:finding_rows", request, seconds=60)
        except UserError:
            shutil.rmtree(place, ignore_errors=True)
            raise
        named = f"{Path(info.name).stem}-{answer['code']}{tables.suffix(answer['separator'])}"
        return Path(request["out"]).rename(place / named)

    def _read(self, visitor: str, request: dict, sample: str = "", target: str = "genhub.data.intake:read_table") -> TableInfo:
        folder, answer = self._taken(visitor, target, request)
        info = TableInfo(folder.name, answer["name"], answer["columns"], answer["rows"], sample, hub=request.get("hub") or {})
        return self._remember(folder, info)

    def _remember(self, folder: Path, info: TableInfo) -> TableInfo:
        write_json(folder / "table.json", asdict(info))
        return info

    def table(self, visitor: str, table_id: str) -> TableInfo:
        folder = self._table_folder(visitor, table_id)
        return TableInfo(**json.loads((folder / "table.json").read_text(encoding="utf-8")))
