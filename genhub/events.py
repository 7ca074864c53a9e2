"""What a long task reports while it runs.

A task is a generator of these. The page maps them to components, the command line prints them, a job appends them to its
`events.jsonl`, a test collects them. Each is a frozen dataclass and one JSON object a line: `{"event": "Metric", "t": …, …}`.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Stage:
    """A part of the work begins: `name` is a stable key ("features", "train", "verdict"), `label` what the page says."""

    name: str
    label: str


@dataclass(frozen=True)
class Progress:
    """`done` of `total` units of the current stage; `seconds_left` for the whole task, None while unknown."""

    done: int
    total: int
    seconds_left: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Metric:
    """Figures at an optimiser step: `loss`, `val_loss`, `val_accuracy`, `learning_rate`, `rows_per_second` …

    `part` names the model being trained when there are several ("fold 1", "final").
    """

    step: int
    values: dict[str, float]
    part: str = "final"


@dataclass(frozen=True)
class Sample:
    """What the model in training made at an optimiser step: the `text` that it wrote after `prompt`, or pictures in a `file` of the run's
    folder."""

    step: int
    text: str
    prompt: str = ""
    part: str = "final"
    file: str = ""


@dataclass(frozen=True)
class Note:
    """One plain sentence about a decision the task made ("Stopped early: no gain for 2 epochs"). Of an alarm `remedies` are keys of what can
    be tried, see genhub/training/configs/remedies.py."""

    text: str
    remedies: Sequence[str] = ()

    def __post_init__(self):
        object.__setattr__(self, "remedies", tuple(self.remedies))  # a log has lists


@dataclass(frozen=True)
class Resumed:
    """The task goes on from a checkpoint: Metrics and Samples of this part after `step` that came earlier in the log are void,
    and so are all those of parts not in `parts_done` and not `part`."""

    part: str
    step: int
    parts_done: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Done:
    """The task ended well; `metrics` are its final figures. `stopped`: somebody pressed Stop, the best so far is kept."""

    metrics: dict
    stopped: bool = False


@dataclass(frozen=True)
class Failed:
    """The task ended without a result. `error_id` is set for defects of ours, empty for a user's mistake."""

    what: str
    limit: str = ""
    remedy: str = ""
    error_id: str = ""


Event = Stage | Progress | Metric | Sample | Note | Resumed | Done | Failed
KINDS = {cls.__name__: cls for cls in (Stage, Progress, Metric, Sample, Note, Resumed, Done, Failed)}


def to_json(event: Event, t: float | None = None) -> str:
    """One line of JSON (no newline); `t` is seconds since the epoch, now by default. Non-finite floats become null."""
    record = {"event": type(event).__name__, "t": round(time.time() if t is None else t, 3), **asdict(event)}
    return json.dumps(_finite(record), ensure_ascii=False, allow_nan=False)


def from_json(line: str) -> tuple[float, Event]:
    """The time and the event of a line that `to_json` wrote. Raises ValueError for anything else."""
    record = json.loads(line)
    try:
        kind = KINDS[record.pop("event")]
        return float(record.pop("t")), kind(**record)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not an event: {line[:80]!r}") from error


def _finite(value):
    if isinstance(value, float) and not (float("-inf") < value < float("inf")):
        return None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
