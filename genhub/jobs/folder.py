"""One run, one folder: everything a run is made of, readable without a database and without torch.

job.json           task, config, data fingerprint, model revision, library versions, seed
data/train.jsonl   the cleaned rows (never part of an export)
events.jsonl       what happened, one event a line, only ever appended to
metrics.json       final figures, on rows the training did not see
checkpoints/       for resuming; removed when the run has finished (a stopped one may go on)
adapter/ | model/  what was trained
passport.json      base model and revision, labels, data hash, seed, metrics
README.md          model card
stop               exists once somebody pressed Stop, empty, or once something else did: it says what
"""

import json
import os
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from genhub import events
from genhub.errors import UserError


def new_id() -> str:
    """128 random bits, as 32 hexadecimal digits."""
    return secrets.token_hex(16)


def write_json(path: Path, value) -> None:
    """Write `value` so that a reader sees the old file or the new one, never half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump(value, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:  # a full disk would stay full
        temporary.unlink(missing_ok=True)
        raise


class Paused(BaseException):
    """The time that this process has for a run is over, and all of its work is on the disk: another one goes on. No error, so nothing that
    handles errors may keep it."""


@dataclass(frozen=True)
class RunFolder:
    """pause_at: of the monotonic clock; from then on whoever has just written down all of its work raises Paused."""

    path: Path
    pause_at: float = float("inf")

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def rows(self) -> Path:
        return self.data / "train.jsonl"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def log(self) -> Path:
        return self.path / "events.jsonl"

    @classmethod
    def create(cls, path: Path, job: dict) -> "RunFolder":
        """Make the folder and write job.json. Raises UserError when it exists and is not empty."""
        cls.check_free(path)
        (path / "data").mkdir(parents=True, exist_ok=True)
        write_json(path / "job.json", job)
        return cls(path)

    @staticmethod
    def check_free(path: Path) -> None:
        """Raises UserError unless there is nothing at `path`, or an empty folder."""
        if path.exists() and not path.is_dir():
            raise UserError(f"{path} is not a folder.", "A run needs a folder of its own.", "Choose another one.", "out")
        if path.exists() and any(path.iterdir()):
            raise UserError(f"The folder {path} is not empty.", "A run needs a folder of its own.", "Choose another one.", "out")

    def job(self) -> dict:
        return self.read("job.json")

    def read(self, name: str) -> dict:
        """A JSON file of the run. Raises UserError when this is not a run's folder or the file is damaged."""
        try:
            return json.loads((self.path / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise UserError(
                f"This run has no {name}.",
                "It is written when the run gets that far.",
                "Wait for the run to end, or start it again.",
                "run",
            ) from None
        except (ValueError, OSError) as error:
            raise UserError(f"{name} of this run cannot be read ({type(error).__name__}).", "", "Start the run again.", "run") from None

    def has(self, name: str) -> bool:
        return (self.path / name).exists()

    def append(self, event: events.Event) -> None:
        with open(self.log, "a", encoding="utf-8") as file:
            file.write(events.to_json(event) + "\n")

    def events(self, offset: int = 0) -> Iterator[tuple[int, float, events.Event]]:
        """(offset after it, time, event) of each whole line from byte `offset` on; a torn last line is left for later."""
        if not self.log.exists():
            return
        with open(self.log, "rb") as file:
            file.seek(offset)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                offset += len(line)
                try:
                    yield offset, *events.from_json(line.decode("utf-8"))
                except ValueError:
                    continue

    def request_stop(self, why: str = "") -> None:
        """why: as `stopped_by` of a run's figures has it; by hand without, for which a full disk has room."""
        (self.path / "stop").touch()
        if why:
            (self.path / "stop").write_text(why, encoding="utf-8")

    def stop_requested(self) -> bool:
        return (self.path / "stop").exists()

    def pause(self) -> None:
        """Called when nothing would be lost. Raises Paused when it is time, unless Stop was pressed: little is left to do then."""
        if time.monotonic() >= self.pause_at and not self.stop_requested():
            raise Paused

    def clear_stop(self) -> None:
        (self.path / "stop").unlink(missing_ok=True)
