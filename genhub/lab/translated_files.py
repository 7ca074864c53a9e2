"""Files go through a translation model line by line.

translating_file
"""

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from genhub import gate
from genhub.data import lines
from genhub.data.lines import LinesInfo
from genhub.lab.translating import Translating

SECONDS_A_LINE = 2.0


@dataclass(frozen=True)
class TranslatedLines:
    """How far a file is: `path` holds what is done."""

    done: int
    total: int
    path: Path


class TranslatedFiles(Translating):
    """A .txt or a table's column in, the same with translations out."""

    def translating_file(self, visitor: str, path: str | Path, values: dict, run: str = "", column: str = "") -> Iterator[TranslatedLines]:
        """Steps; after each the file holds one line for each that is done. Closing it early keeps what is done."""
        upload = gate.text_upload(path, self.settings.limits)
        request = {"path": str(upload.path), "name": upload.name, "column": gate.column(column, "column")}
        asked = self._translator(visitor, {**gate.named(values), "hypotheses": 1}, run)
        folder, answer = self._taken(visitor, "genhub.data.lines:read_lines", request)
        try:
            info = LinesInfo(**answer)
            read = lines.stored(folder)
            by = f"run-{run[:8]}" if run else asked["config"]["model"].rpartition("/")[2]
            name = f"{Path(info.name).stem}-{by}{lines.suffix(info)}"
            out = self._new_folder(self.settings.downloads, visitor, 3 * upload.bytes) / name
            writer = lines.Writer(out, info, read)
            yield TranslatedLines(0, info.lines, out)
            wanted = {**asked, "lines": [line["text"] for line in read]}
            seconds = 60 + SECONDS_A_LINE * info.lines
            with contextlib.closing(self.worker.stream("translate.lines", wanted, seconds=seconds)) as events:
                for event in events:
                    if "restarted" in event:
                        writer.begin()
                    elif "translations" in event:
                        writer.add(event["translations"])
                        yield TranslatedLines(writer.done, info.lines, out)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
