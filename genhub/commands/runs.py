"""`runs`: this computer's runs, the page's and the command line's, read from their folders."""

import argparse
import shutil
from contextlib import closing
from pathlib import Path

from genhub import gate, settings
from genhub.commands import Command, run_folders
from genhub.commands.output import Output, table
from genhub.errors import UserError
from genhub.jobs import living, reading
from genhub.jobs.folder import RunFolder, write_json

HEADER = ("id", "name", "state", "accuracy", "bits a character", "created")
FIGURES = ("accuracy", "macro_f1", "test_rows", "bits_per_character", "test_characters")


def _list(args: argparse.Namespace, out: Output) -> None:
    found = [describe(RunFolder(path)) for path in _folders(settings.get().runs)]
    found.sort(key=lambda run: run["created"], reverse=True)
    if not found:
        return out.result(
            {"runs": []},
            "There are no runs yet. Start one with python -m genhub train classify --data F.csv, or train generate --data F.txt",
        )
    lines = [(run["id"], run["name"], run["state"], run["accuracy"], run["bits_per_character"], run["created"]) for run in found]
    return out.result({"runs": found}, table(HEADER, lines))


def _folders(home: Path) -> list[Path]:
    return [path for path in home.iterdir() if (path / "job.json").exists()] if home.is_dir() else []


def describe(folder: RunFolder) -> dict:
    """One line about a run; figures are None until it has ended."""
    job, figures = folder.job(), folder.read("metrics.json") if folder.has("metrics.json") else {}
    return {
        "id": folder.id,
        "run": str(folder.path),
        "task": job.get("task", ""),
        "name": run_folders.name_of(folder),
        "state": state(folder),
        "method": job.get("config", {}).get("method", ""),
        "model": job.get("config", {}).get("model", ""),
        "created": job.get("created", ""),
        **{name: figures.get(name) for name in FIGURES},
    }


def state(folder: RunFolder) -> str:
    """queued, running, finished, stopped, failed, or cut off (it can be resumed)."""
    view = reading.read(folder)
    if view.done is not None:
        return "stopped" if view.done.stopped else "finished"
    if view.failed is not None:
        return "failed"
    if living.of_run(folder.path) is not None:
        return "running"
    if view.offset and view.stage != reading.QUEUED.name:
        return "cut off"
    if (store := run_folders.index(folder)) is not None:  # its log does not know: it waits, or was stopped while it did
        with closing(store):
            return store.get(folder.id).state
    return "queued" if view.offset or not folder.has("passport.json") else "finished"  # it came as a zip, without its log


def _run_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_name", metavar="RUN", help="Folder or id of a run.")


def _show(args: argparse.Namespace, out: Output) -> None:
    folder = run_folders.find(args.run_name)
    job = folder.job() if folder.has("job.json") else {}
    metrics = folder.read("metrics.json") if folder.has("metrics.json") else None
    view = reading.read(folder)
    value = {"run": str(folder.path), "state": state(folder), "job": job, "metrics": metrics, "notes": view.notes}
    lines = [(name, setting) for name, setting in job.get("config", {}).items() if setting is not None]
    parts = [
        f"{run_folders.name_of(folder)} · {value['state']}",
        table(("option", "value"), [(name, str(setting)) for name, setting in lines]),
    ]
    parts += [*view.notes, *(metrics["sentences"] if metrics else ()), *((view.failed.what, view.failed.remedy) if view.failed else ())]
    out.result(value, "\n".join(part for part in parts if part))


def _rename_arguments(parser: argparse.ArgumentParser) -> None:
    _run_argument(parser)
    parser.add_argument("name", metavar="NAME", help="What it is called from now on.")


def _rename(args: argparse.Namespace, out: Output) -> None:
    name, folder = gate.display_name(args.name), run_folders.find(args.run_name)
    about = "job.json" if folder.has("job.json") else "passport.json"  # a run opened from a zip has no job
    write_json(folder.path / about, {**folder.read(about), "name": name})
    if (store := run_folders.index(folder)) is not None:
        with closing(store):
            store.update(folder.id, name=name)
    out.result({"run": str(folder.path), "name": name}, f"It is called “{name}”.")


def _id_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_name", metavar="ID", help="Id of a run. Folders that --out wrote are yours to delete.")


def _delete(args: argparse.Namespace, out: Output) -> None:
    current = settings.get()
    folder = RunFolder(current.runs / gate.run_id(args.run_name))
    if not folder.path.is_dir():
        raise UserError(f"There is no run {folder.id}.", "It must be one of this computer's runs.", "See python -m genhub runs.", "run")
    if living.of_run(folder.path) is not None:
        raise UserError("This run is being trained.", "Only a run at rest is deleted.", "Stop it first.", "run")
    if (store := run_folders.index(folder)) is not None:
        with closing(store):
            store.delete(folder.id)
    shutil.rmtree(folder.path)
    out.result({"deleted": folder.id}, f"Deleted {folder.id}.")


COMMAND = Command(
    "list, show, rename or delete runs",
    run=_list,
    children={
        "list": Command("list this computer's runs, the newest first", run=_list),
        "show": Command("show a run's options, state and figures", _run_argument, _show),
        "rename": Command("give a run another name", _rename_arguments, _rename),
        "delete": Command("delete one of this computer's runs and all its files", _id_argument, _delete),
    },
)
