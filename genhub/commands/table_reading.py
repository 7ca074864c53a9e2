"""Reading a user's table the way the page does (`genhub.data.intake`), in a temporary folder of the calling process."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from genhub import catalog, gate, hub, settings
from genhub.commands import names
from genhub.data import intake, samples
from genhub.data.fixes import FIXES, hint
from genhub.data.streamed import address
from genhub.errors import UserError
from genhub.families import ENCODER
from genhub.training.configs import ClassifyConfig

HUB = "hub:"
DATA_HELP = "CSV, TSV, JSONL or Parquet table, the name of a bundled sample, or a data set of the Hub: hub:owner/name[:config[:split]]."
FIX_HELP = f"What to mend, separated by commas: {', '.join(FIXES)}."


@dataclass(frozen=True)
class TableReading:
    """A table that was read. `folder` holds it, `sample` is the bundled sample's name or "", `fixes` are the remedies that were asked
    for; `rows` appears there once `examine` has cleaned it."""

    folder: Path
    sample: str
    fixes: tuple[str, ...] = ()

    @property
    def rows(self) -> Path:
        return self.folder / "clean.jsonl"

    def add_counterexamples(self) -> None:
        """Add the rows that break the sample's planted short cut. Raises UserError for a table that has none."""
        if not self.sample:
            what = "--counterexamples goes with a bundled sample."
            raise UserError(what, "Other tables have no planted short cut.", "Leave it out, or give --data shortcut.", "counterexamples")
        intake.add_rows({"folder": str(self.folder), "path": str(samples.counterexamples(self.sample))})

    def add_test(self, path: str) -> None:
        """Attach a separate test table."""
        upload = gate.upload(path, settings.get().limits)
        with naming_the_option():
            intake.add_test({"folder": str(self.folder), "path": str(upload.path), "fixes": self.fixes})

    def examine(self, config: ClassifyConfig, *, strict: bool = False) -> dict:
        """The doctor's report; the cleaned rows are in `rows` then, unless a problem forbids training. With `strict` the problem is
        raised as a UserError."""
        with naming_the_option():
            return self._examined(config, strict)

    def _examined(self, config: ClassifyConfig, strict: bool) -> dict:
        current = settings.get()
        entry = catalog.MODELS.get(gate.model_id(config.model, current, ENCODER.name))
        base = hub.stored_folder(config.model, current, ENCODER.name)
        return intake.examine(
            {
                **config.to_dict(),  # columns, length and split; what the doctor does not know it leaves
                "folder": str(self.folder),
                "fixes": list(self.fixes),
                "model_folder": str(base.path) if base else "",
                "languages": list(entry.languages) if entry else ["*"],
                "strict": strict,
            }
        )


@contextmanager
def naming_the_option() -> Iterator[None]:
    """A refusal that a remedy would mend says which option that is."""
    try:
        yield
    except UserError as error:
        remedy = error.remedy + hint(error.fix, "add --fix")
        raise UserError(error.what, error.limit, remedy, error.field, error.fix) from None


@contextmanager
def opened(data: str, fix: str = "") -> Iterator[TableReading]:
    """Read a file, a bundled sample by its name, or a data set of the Hub as hub:owner/name[:configuration[:split]], with the remedies
    in `fix`, separated by commas. Raises UserError for a table that cannot be read."""
    fixes = tuple(names(fix, tuple(FIXES), "fix"))
    sample = data if data in samples.SAMPLES and not Path(data).is_file() else ""
    folder = Path(tempfile.mkdtemp(prefix="genhub-table-"))
    try:
        if sample:
            source = {"path": str(samples.path(sample))}
        elif on_the_hub(data):
            source = streamed(data, folder)
        else:
            source = {"path": str(gate.upload(data, settings.get().limits).path)}
        with naming_the_option():
            intake.read_table({**source, "folder": str(folder), "fixes": fixes})
        yield TableReading(folder, sample, fixes)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def on_the_hub(data: str) -> bool:
    """Is that the address of a data set, and no file?"""
    return data.startswith(HUB) and not Path(data).is_file()


def streamed(data: str, folder: Path, **more) -> dict:
    """Fetches a data set of the Hub into `folder`. Returns what the readers of tables, texts and pairs are asked for it; `more`: see
    `hub.dataset`."""
    out = str(folder / "hub.jsonl")
    facts = hub.dataset({**address(data.removeprefix(HUB), "data"), **more, "out": out}, settings.get())
    return {"path": out, "name": facts["dataset"], "hub": facts}
