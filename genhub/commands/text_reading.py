"""Reading a user's text the way the page does (`genhub.data.texts`), in a temporary folder of the calling process."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from genhub import gate, settings
from genhub.commands import names
from genhub.commands.table_reading import naming_the_option, on_the_hub, streamed
from genhub.data import samples, texts
from genhub.data.fixes import KEEP_FIRST, READING
from genhub.data.texts import TextInfo

FIXES = (*READING, KEEP_FIRST)
DATA_HELP = (
    "A plain text, a column of a CSV, TSV, JSONL or Parquet table, the name of a bundled text, or a data set of the Hub: "
    "hub:owner/name[:config[:split]]."
)
FIX_HELP = f"How to read it, separated by commas: {', '.join(FIXES)} (keep what is allowed of a text that is too long)."


@dataclass(frozen=True)
class TextReading:
    """A text that was read: its documents, one JSON object {"text": …} a line, and what is known of it."""

    rows: Path
    info: TextInfo


@contextmanager
def opened(data: str, column: str = "", fix: str = "") -> Iterator[TextReading]:
    """Read a file, a bundled text by its name, or a data set of the Hub. Raises UserError for what cannot be read."""
    fixes, column = names(fix, FIXES, "fix"), gate.column(column, "text_column")
    folder = Path(tempfile.mkdtemp(prefix="genhub-text-"))
    request = {"folder": str(folder), "column": column, "fixes": [name for name in fixes if name in READING], "cut": KEEP_FIRST in fixes}
    try:
        with naming_the_option():
            yield TextReading(folder / texts.ROWS, TextInfo(**texts.read_text({**request, **_origin(data, column, folder)})))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _origin(data: str, column: str, folder: Path) -> dict:
    """What `texts.read_text` is asked besides: where the text comes from."""
    if data in samples.TEXTS and not Path(data).is_file():
        return {"path": str(samples.text_path(data)), "name": samples.TEXTS[data].file, "sample": data, "source": "sample"}
    if on_the_hub(data):
        return {**streamed(data, folder, column=column, least=1), "source": "hub", "cut": True}
    upload = gate.text_upload(data, settings.get().limits)
    return {"path": str(upload.path), "name": upload.name, "source": "file" if upload.kind == "text" else "table"}
