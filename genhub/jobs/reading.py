"""What a run's log says, folded into one picture for the page.

    view = read(folder)                     everything so far
    reader = Reader(); reader.read(folder)  the same, reading only what was added since the last call

A run that was killed and went on has said some things twice; `Resumed` tells which of the earlier figures are void. A run has
ended when the last event of its log is Done or Failed: whatever follows (it was started again) takes that back.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from genhub.events import Done, Event, Failed, Metric, Note, Progress, Resumed, Sample, Stage
from genhub.jobs.folder import RunFolder

QUEUED = Stage("queued", "Waiting to go on")
RESUMING = Stage("resuming", "Going on")
Curves = dict[str, dict[str, list[tuple[int, float]]]]


@dataclass(frozen=True)
class View:
    """curves:  {part: {name: [(step, value), …]}}, steps rising
    samples: what the model wrote on its way, steps rising
    notes:   those said since the run was last started; `earlier`: those from before that it has not said again
    remedies: keys of what can be tried against what the notes tell, the newest last
    seconds: time worked so far, without the pauses before it was started again
    offset:  bytes of the log that this picture covers
    """

    stage: str
    stage_label: str
    progress: Progress | None
    curves: Curves
    samples: list[Sample]
    notes: list[str]
    earlier: list[str]
    remedies: list[str]
    done: Done | None
    failed: Failed | None
    seconds: float
    offset: int

    @property
    def ended(self) -> bool:
        return self.done is not None or self.failed is not None


class Fold:
    """A log being folded: `feed` it a folder, then look at `view()`. `last` is the time of the last event, 0 before any."""

    def __init__(self, offset: int = 0):
        self.offset = offset
        self.last = 0.0
        self._seconds = 0.0
        self._stage = Stage("", "")
        self._progress: Progress | None = None
        self._curves: Curves = {}
        self._samples: list[Sample] = []
        self._notes: list[str] = []
        self._earlier: list[str] = []
        self._remedies: list[str] = []
        self._end: Done | Failed | None = None

    @property
    def end(self) -> Done | Failed | None:
        """Done or Failed when that is the last event, else None."""
        return self._end

    def feed(self, folder: RunFolder) -> "Fold":
        for offset, t, event in folder.events(self.offset):
            self.offset = offset
            self._take(t, event)
        return self

    def view(self) -> View:
        return View(
            self._stage.name,
            self._stage.label,
            self._progress,
            {part: {name: list(points) for name, points in curves.items()} for part, curves in self._curves.items()},
            list(self._samples),
            list(self._notes),
            list(self._earlier),
            list(self._remedies),
            self._end if isinstance(self._end, Done) else None,
            self._end if isinstance(self._end, Failed) else None,
            self._seconds,
            self.offset,
        )

    def _take(self, t: float, event: Event) -> None:
        pause = self._end is not None or self._stage == QUEUED or event in (QUEUED, RESUMING)
        if self.last and not pause:
            self._seconds += max(0.0, t - self.last)
        self.last = t
        if self._end is not None and not isinstance(event, Done | Failed):
            self._earlier, self._notes, self._remedies = [*self._earlier, *self._notes], [], []
        self._end = event if isinstance(event, Done | Failed) else None
        if isinstance(event, Stage):
            self._stage, self._progress = event, None
        elif isinstance(event, Progress):
            self._progress = event
        elif isinstance(event, Metric):
            self._plot(event)
        elif isinstance(event, Sample):
            self._samples.append(event)
        elif isinstance(event, Note):
            self._say(event)
        elif isinstance(event, Resumed):
            self._void(event)

    def _say(self, note: Note) -> None:
        if note.text in self._earlier:
            self._earlier.remove(note.text)
        if note.text not in self._notes:
            self._notes.append(note.text)
        self._remedies = [*(key for key in self._remedies if key not in note.remedies), *note.remedies]

    def _plot(self, metric: Metric) -> None:
        curves = self._curves.setdefault(metric.part, {})
        for name, value in metric.values.items():
            if value is not None:
                curves.setdefault(name, []).append((metric.step, value))

    def _void(self, event: Resumed) -> None:
        self._curves = {part: curves for part, curves in self._curves.items() if part == event.part or part in event.parts_done}
        for points in self._curves.get(event.part, {}).values():
            points[:] = [(step, value) for step, value in points if step <= event.step]
        self._samples = [
            sample
            for sample in self._samples
            if sample.part in event.parts_done or (sample.part == event.part and sample.step <= event.step)
        ]


def read(folder: RunFolder, after: int = 0) -> View:
    """The picture of a run, from the events after byte `after` of its log (0: all of them)."""
    return Fold(after).feed(folder).view()


class Reader:
    """Remembers how far each of the runs looked at last has been read. Many threads may use one."""

    def __init__(self, runs: int = 64):
        self._runs = runs
        self._folds: OrderedDict[str, Fold] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, folder: RunFolder) -> View:
        key = str(folder.path)
        with self._lock:
            fold = self._folds.pop(key, None)
            if fold is None or not folder.log.exists() or folder.log.stat().st_size < fold.offset:
                fold = Fold()
            self._folds[key] = fold.feed(folder)
            while len(self._folds) > self._runs:
                self._folds.popitem(last=False)
            return fold.view()

    def forget(self, folder: RunFolder) -> None:
        with self._lock:
            self._folds.pop(str(folder.path), None)
