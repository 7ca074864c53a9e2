"""Reading a user's table the way the page does (`genhub.data.intake`), in a temporary folder of the calling process."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from genhub import catalog, gate, hub, settings
from genhub.commands import names
from genhub.data import doctor, intake, samples
from genhub.errors import UserError
from genhub.training.configs import ClassifyConfig

FIX_HELP = f"What to mend, separated by commas: {', '.join(doctor.FIXES)}."


@dataclass(frozen=True)
class TableReading:
    """A table that was read. `folder` holds it, `sample` is the bundled sample's name or ""; `rows` appears there once `examine` has cleaned it."""

    folder: Path
    sample: str

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
        intake.add_test({"folder": str(self.folder), "path": str(upload.path)})

    def examine(self, config: ClassifyConfig, fixes: str, *, strict: bool = False) -> dict:
        """The doctor's report; the cleaned rows are in `rows` then, unless a problem forbids training. With `strict` the problem is
        raised as a UserError."""
        current = settings.get()
        entry = catalog.MODELS.get(gate.model_id(config.model, current))
        base = hub.stored_folder(config.model, current)
        return intake.examine(
            {
                **config.to_dict(),  # columns, length and split; what the doctor does not know it leaves
                "folder": str(self.folder),
                "fixes": names(fixes, tuple(doctor.FIXES), "fix"),
                "model_folder": str(base.path) if base else "",
                "languages": list(entry.languages) if entry else ["*"],
                "strict": strict,
            }
        )


@contextmanager
def opened(data: str) -> Iterator[TableReading]:
    """Read a file, or a bundled sample by its name. Raises UserError for a table that cannot be read."""
    sample = data if data in samples.SAMPLES and not Path(data).is_file() else ""
    source = samples.path(sample) if sample else gate.upload(data, settings.get().limits).path
    folder = Path(tempfile.mkdtemp(prefix="genhub-table-"))
    try:
        intake.read_table({"path": str(source), "folder": str(folder)})
        yield TableReading(folder, sample)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
