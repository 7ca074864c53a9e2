"""What `train` does whatever is trained: prepare a run's folder, train in this process, print what happens.

The run lies under --out, or among this computer's runs, where the page lists it too. Ctrl-C stops and keeps the best so far;
a second one ends at once; after either `--resume` goes on from the last checkpoint. Under `torchrun` the main process prepares the
folder and prints, the others wait for it and join.
"""

import argparse
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from genhub import gate, hub, settings, tasks
from genhub.commands import Command, LoggedDefect, add_config, config_values, run_folders, target
from genhub.commands.output import Output, main_process
from genhub.errors import UserError
from genhub.events import Done, Event, Failed
from genhub.jobs import process, reading
from genhub.jobs import store as states
from genhub.jobs.folder import RunFolder, new_id
from genhub.jobs.new import make_job
from genhub.options import Config

WAIT_SECONDS = 600
STUDY = "measure-"  # how the tasks begin that train many models to compare them


@dataclass(frozen=True)
class Source:
    """Rows to learn from, as a run's data/train.jsonl holds them, and where they come from, as job.json tells it."""

    rows: Path
    data: dict


@dataclass(frozen=True)
class Training:
    """What is particular to a task.

    noun:      what it learns from: "table" or "text"
    arguments: options of the source, --data among them
    source:    (parsed options, config, output) → the Source, there while the context lasts
    words:     (run, Done) → the verdict as a few lines and the command that uses the run
    """

    task: str
    help: str
    noun: str
    presets: Mapping[str, dict]
    arguments: Callable[[argparse.ArgumentParser], None]
    source: Callable[[argparse.Namespace, Config, Output], AbstractContextManager[Source]]
    words: Callable[[RunFolder, Done], str]

    @property
    def config(self) -> type[Config]:
        return tasks.get(self.task).config


def command(training: Training) -> Command:
    """`train <task>`."""
    return Command(training.help, partial(_arguments, training), partial(run, training))


def source_arguments(training: Training, parser: argparse.ArgumentParser) -> None:
    """Where rows come from and all options, for `train` and for `forecast`."""
    training.arguments(parser)
    if training.presets:
        parser.add_argument("--preset", default="", help=f"Start from {', '.join(training.presets)}; options given win.")
    add_config(parser, training.config)


def _arguments(training: Training, parser: argparse.ArgumentParser) -> None:
    source_arguments(training, parser)
    place_arguments(parser)


def place_arguments(parser: argparse.ArgumentParser) -> None:
    """What the run is called, where it lies, and whether it is one that goes on."""
    parser.add_argument("--name", default="", help="What the page calls the run.")
    parser.add_argument("--out", metavar="DIR", help="Folder for the run. Default: among this computer's runs.")
    parser.add_argument(
        "--resume", metavar="RUN", help="Go on with a run (folder or id) that was stopped or cut off; other options are ignored."
    )


def run(training: Training, args: argparse.Namespace, out: Output) -> None:
    """Train, and tell the verdict."""
    if training.task.startswith(STUDY) and _processes() > 1:
        limit = "Under torchrun one model is trained; a study trains many small ones."
        raise UserError("A study is the work of one process.", limit, "Leave out torchrun.", "task")
    folder = _resumed(training, args.resume) if args.resume else new_run(training, args, out) if main_process() else _joined(args)
    last = train(training.config.from_dict(folder.job()["config"]), folder, out)
    if main_process() and isinstance(last, Done):
        out.result({"run": str(folder.path), "metrics": last.metrics}, training.words(folder, last))


def new_run(training: Training, args: argparse.Namespace, out: Output) -> RunFolder:
    """Check the options, fetch the model, read the source, and lay out the folder; rows come last."""
    config = checked_config(training, args)
    path, name = _place(args.out), gate.display_name(args.name) if args.name else ""
    RunFolder.check_free(target(str(path)))
    with training.source(args, config, out) as source:
        run = RunFolder.create(path, make_job(training.task, config, source.rows, source.data, name))
        shutil.copyfile(source.rows, run.data / "rows.part")
        os.replace(run.data / "rows.part", run.rows)
    return run


def checked_config(training: Training, args: argparse.Namespace) -> Config:
    """The options that were given, checked, with those of the preset; --data must be there. The model is on this machine then."""
    config = gate.config(training.task, _preset(training, args) | config_values(args, training.config))
    family = tasks.get(training.task).family
    if family:
        gate.model_id(config.model, settings.get(), family)
    if not args.data:
        what = f"There is no {training.noun} to train on."
        raise UserError(what, "Training needs --data, or --resume RUN.", "Add --data FILE.", "data")
    if family:
        hub.model_folder(config.model, settings.get(), family=family)
    return config


def _preset(training: Training, args: argparse.Namespace) -> dict:
    """The options that a preset decides; "3 minutes" is that of the architecture that was asked for."""
    by_name = {known.lower(): values for known, values in training.presets.items()}
    name = getattr(args, "preset", "").lower()
    asked = config_values(args, training.config).get("architecture") or getattr(training.config, "architecture", "")
    name = f"{asked}, {name}" if f"{asked}, {name}" in by_name else name
    return by_name[gate.choice(name, tuple(by_name), "preset")] if name else {}


def _place(out: str | None) -> Path:
    if out:
        return Path(out)
    if _processes() > 1:
        raise UserError("Several processes need to know the run's folder.", "Under torchrun --out is required.", "Add --out DIR.", "out")
    return settings.get().runs / new_id()


def _processes() -> int:
    """Those that torchrun started."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def _joined(args: argparse.Namespace) -> RunFolder:
    """The folder that the main process lays out, once its rows are there."""
    run = RunFolder(_place(args.out))
    deadline = time.monotonic() + WAIT_SECONDS
    while not run.rows.exists():
        if time.monotonic() > deadline:
            raise UserError("The main process laid out no run.", f"The others wait {WAIT_SECONDS} s.", "See its messages.", "out")
        time.sleep(0.1)
    return run


def _resumed(training: Training, name: str) -> RunFolder:
    run = run_folders.find(name)
    end = reading.Fold().feed(run).end
    if (isinstance(end, Done) and not end.stopped) or (run.has("metrics.json") and not run.log.exists()):
        limit = "A run that was stopped, cut off or failed goes on."
        raise UserError("This run has ended.", limit, "Start a new one to train more.", "resume")
    if not run.rows.exists():
        raise UserError("This run has no training rows.", "They are not part of an export.", "Start a new run.", "resume")
    if (task := run.job().get("task")) != training.task:
        raise UserError(f"This is a run of the task “{task}”.", "", f"Go on with train {tasks.get(task).words} --resume.", "resume")
    if main_process():
        run.clear_stop()
    return run


def train(config: Config, run: RunFolder, out: Output) -> Event | None:
    """Train to the end and return the last event. Raises UserError or LoggedDefect when it failed."""
    if not main_process():
        # The main process alone writes the log; this one does its share of the work.
        *_, last = tasks.get(run.job()["task"]).load()(config, run)
        return last
    with _stop_on_interrupt(run, out):
        last = out.follow(_listed(process.inline(config, run), run))
    if isinstance(last, Failed):
        if last.error_id:
            raise LoggedDefect(f"{last.what} The traceback is in {run.path / 'log.txt'}.", last.error_id)
        raise UserError(last.what, last.limit, last.remedy)
    return last


def _listed(events: Iterator[Event], run: RunFolder) -> Iterator[Event]:
    """The same events; at the first one, when the run is this process's, the page's index is told that it goes on."""
    for number, event in enumerate(events):
        if number == 0 and (store := run_folders.index(run)) is not None:
            with closing(store):
                fresh = {"started": time.time(), "ended": None, "metrics": None, "error": None}
                store.update(run.id, state=states.RUNNING, inline=True, **fresh)
        yield event


@contextmanager
def _stop_on_interrupt(run: RunFolder, out: Output) -> Iterator[None]:
    """The first Ctrl-C asks the run to stop and keep its best; the second raises KeyboardInterrupt."""

    def stop(number, frame):
        if run.stop_requested():
            raise KeyboardInterrupt
        run.request_stop()
        out.say("Stopping; the best so far is kept. Ctrl-C again ends at once.")

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
