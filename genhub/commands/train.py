"""`train`: prepare a run's folder, train in this process, print what happens.

The run lies under --out, or among this computer's runs, where the page lists it too. Ctrl-C stops and keeps the best so far;
a second one ends at once; after either `--resume` goes on from the last checkpoint. Under `torchrun` the main process prepares the
folder and prints, the others wait for it and join.
"""

import argparse
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from genhub import gate, hub, settings, tasks
from genhub.commands import Command, LoggedDefect, add_config, config_values, run_folders, table_reading, target
from genhub.commands.doctor import finding_line
from genhub.commands.output import Output, main_process, table
from genhub.errors import UserError
from genhub.events import Done, Event, Failed
from genhub.families import ENCODER
from genhub.jobs import process, reading
from genhub.jobs import store as states
from genhub.jobs.folder import RunFolder, new_id
from genhub.jobs.new import make_job
from genhub.options import Config
from genhub.training.configs import PRESETS, ClassifyConfig

WAIT_SECONDS = 600


def table_arguments(parser: argparse.ArgumentParser) -> None:
    """The table, for this command and for `forecast`."""
    parser.add_argument("--data", metavar="F.csv", help=table_reading.DATA_HELP)
    parser.add_argument("--counterexamples", action="store_true", help="With --data shortcut: add the rows that break its short cut.")
    parser.add_argument("--test", metavar="F.csv", help="Separate table for the verdict; without it a part of --data is kept back.")
    parser.add_argument("--fix", default="", help=table_reading.FIX_HELP)
    parser.add_argument("--preset", default="", help=f"Start from {', '.join(PRESETS)}; options given win.")


def _classify_arguments(parser: argparse.ArgumentParser) -> None:
    table_arguments(parser)
    parser.add_argument("--name", default="", help="What the page calls the run.")
    parser.add_argument("--out", metavar="DIR", help="Folder for the run. Default: among this computer's runs.")
    parser.add_argument(
        "--resume", metavar="RUN", help="Go on with a run (folder or id) that was stopped or cut off; other options are ignored."
    )
    add_config(parser, ClassifyConfig)


def _classify(args: argparse.Namespace, out: Output) -> None:
    run = _resumed(args.resume) if args.resume else _new_run(args, out) if main_process() else _joined(args)
    config = tasks.get("classify").config.from_dict(run.job()["config"])
    last = _train(config, run, out)
    if main_process() and isinstance(last, Done):
        out.result({"run": str(run.path), "metrics": last.metrics}, in_words(run, last))


def _new_run(args: argparse.Namespace, out: Output) -> RunFolder:
    """Check the options, fetch the model, read and clean the tables, and lay out the folder; rows come last."""
    config = checked_config(args)
    path, name = _place(args.out), gate.display_name(args.name) if args.name else ""
    RunFolder.check_free(target(str(path)))
    with table_reading.opened(args.data, args.fix) as read:
        report = examined(read, config, args, out)
        data = {**report["data"], "sample": read.sample or None, "counterexamples": args.counterexamples}
        job = make_job("classify", config, read.rows, data, name)
        run = RunFolder.create(path, job)
        shutil.copyfile(read.rows, run.data / "rows.part")
        os.replace(run.data / "rows.part", run.rows)
    return run


def checked_config(args: argparse.Namespace) -> ClassifyConfig:
    """The options that were given, checked, with those of the preset; --data must be there."""
    config = gate.config("classify", _preset(args.preset) | config_values(args, ClassifyConfig))
    gate.model_id(config.model, settings.get(), ENCODER.name)
    if not args.data:
        raise UserError("There is no table to train on.", "Training needs --data, or --resume RUN.", "Add --data F.csv.", "data")
    return config


def examined(read: table_reading.TableReading, config: ClassifyConfig, args: argparse.Namespace, out: Output) -> dict:
    """The doctor's report on the table with what belongs to it; its findings are printed. The rows and the model are ready then."""
    hub.model_folder(config.model, settings.get(), family=ENCODER.name)  # first, for the doctor counts tokens with its tokenizer
    if args.counterexamples:
        read.add_counterexamples()
    if args.test:
        read.add_test(args.test)
    report = read.examine(config, strict=True)
    for finding in report["findings"]:
        out.say(finding_line(finding))
    return report


def _preset(name: str) -> dict:
    by_name = {known.lower(): values for known, values in PRESETS.items()}
    return by_name[gate.choice(name.lower(), tuple(by_name), "preset")] if name else {}


def _place(out: str | None) -> Path:
    if out:
        return Path(out)
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise UserError("Several processes need to know the run's folder.", "Under torchrun --out is required.", "Add --out DIR.", "out")
    return settings.get().runs / new_id()


def _joined(args: argparse.Namespace) -> RunFolder:
    """The folder that the main process lays out, once its rows are there."""
    run = RunFolder(_place(args.out))
    deadline = time.monotonic() + WAIT_SECONDS
    while not run.rows.exists():
        if time.monotonic() > deadline:
            raise UserError("The main process laid out no run.", f"The others wait {WAIT_SECONDS} s.", "See its messages.", "out")
        time.sleep(0.1)
    return run


def _resumed(name: str) -> RunFolder:
    run = run_folders.find(name)
    end = reading.Fold().feed(run).end
    if (isinstance(end, Done) and not end.stopped) or (run.has("metrics.json") and not run.log.exists()):
        limit = "A run that was stopped, cut off or failed goes on."
        raise UserError("This run has ended.", limit, "Start a new one to train more.", "resume")
    if not run.rows.exists():
        raise UserError("This run has no training rows.", "They are not part of an export.", "Start a new run.", "resume")
    if main_process():
        run.clear_stop()
    return run


def _train(config: Config, run: RunFolder, out: Output) -> Event | None:
    """Train to the end and return the last event. Raises UserError or LoggedDefect when it failed."""
    if not main_process():
        # The main process alone writes the log; this one does its share of the work.
        *_, last = tasks.get("classify").load()(config, run)
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


def in_words(run: RunFolder, done: Done) -> str:
    """The verdict as a few lines and the command that uses the run."""
    metrics, baselines = done.metrics, done.metrics["baselines"]
    rows = [("this model", metrics["accuracy"], metrics["macro_f1"])]
    rows += [(name, figures["accuracy"], figures["macro_f1"]) for name, figures in baselines.items()]
    interval = f"{metrics['accuracy_low']:.3f} to {metrics['accuracy_high']:.3f}"
    return "\n".join(
        (
            f"{metrics['test_rows']:,} unseen rows:",
            table(("", "accuracy", "macro F1"), rows),
            f"95 % interval of the accuracy: {interval}",
            *metrics["sentences"],
            "",
            f'Use it: python -m genhub classify --run {run.path} --text "…"',
        )
    )


COMMAND = Command("train a model", children={"classify": Command("fine-tune an encoder on a table", _classify_arguments, _classify)})
