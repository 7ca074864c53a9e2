"""`export` and `open`: a run as a zip, and back, from the Hub too. `push`: a run to the Hub. `code`: a run as a program of a page."""

import argparse
import os
import re
import tempfile
from pathlib import Path

from genhub import gate, hub, settings
from genhub.commands import Command, hub_token, run_folders, target
from genhub.commands.output import Output
from genhub.commands.table_reading import HUB
from genhub.errors import UserError
from genhub.jobs.folder import RunFolder


def _export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_name", metavar="RUN", help="Folder or id of a finished run.")
    parser.add_argument("--out", required=True, metavar="F.zip", help="The zip to write.")
    parser.add_argument(
        "--merged",
        action="store_true",
        help="One plain safetensors folder, the adapter folded in, instead of a zip; of a diffusion model one that diffusers loads.",
    )


def _export(args: argparse.Namespace, out: Output) -> None:
    folder, place = run_folders.finished(args.run_name), target(args.out)
    if place.exists():
        raise UserError(f"{place} exists already.", "Nothing is overwritten.", "Choose another name, or remove it first.", "out")
    place.parent.mkdir(parents=True, exist_ok=True)
    from genhub.text import portable

    if args.merged:
        portable.merged(folder.path, place)
    else:
        portable.export_zip(folder.path, place)
    size = sum(item.stat().st_size for item in (place.rglob("*") if place.is_dir() else [place]) if item.is_file())
    out.result({"out": str(place), "bytes": size}, f"Written to {place} ({size / 1e6:.3g} MB).")


def _open_arguments(parser: argparse.ArgumentParser) -> None:
    told = "A zip that `export` or the page wrote, or a run that was pushed to the Hub: hub:owner/name, or hub:owner/name@revision."
    parser.add_argument("zip", metavar="F.zip", help=told)
    parser.add_argument("--out", metavar="DIR", help="Folder to put the run in. Default: among this computer's runs.")


def _open(args: argparse.Namespace, out: Output) -> None:
    current = settings.get()
    if args.out:
        RunFolder.check_free(target(args.out))
    with tempfile.TemporaryDirectory(prefix="genhub-open-") as place:
        packed, repo = _brought(args.zip, Path(place), current)
        source = gate.archive(packed, current.limits)
        if args.out:
            folder = target(args.out)
            _unpack(source.path, folder, current)
        else:
            folder = _listed(source, Path(place, "run"), current, hub.opened_name(repo) if repo else "")
    out.result({"run": str(folder)}, f"Opened as {folder}.")


def _brought(source: str, place: Path, current: settings.Settings) -> tuple[str | Path, str]:
    """(the zip, the repository of the Hub that it comes from, if any). A private one needs HF_TOKEN."""
    if source.startswith(HUB):
        packed = place / "run.zip"
        return packed, hub.fetch_run(source.removeprefix(HUB), packed, current, os.environ.get("HF_TOKEN", "").strip())
    if not Path(source).exists() and re.fullmatch(r"[\w.-]+/[\w.-]+(@\S+)?", source) and not source.endswith(".zip"):
        what, remedy = f"There is no file “{source[:100]}”.", f"A run on the Hub is opened with hub:{source[:100]}."
        raise UserError(what, "A run is opened from a zip, or from the Hub.", remedy, "zip")
    return source, ""


def _unpack(source: Path, folder: Path, current: settings.Settings) -> None:
    from genhub.text import portable

    folder.parent.mkdir(parents=True, exist_ok=True)
    portable.open_zip(source, folder, current.limits)


def _listed(source: gate.Upload, folder: Path, current: settings.Settings, name: str) -> Path:
    """Put the run among this computer's runs, where the page lists it, called `name` if one is given; returns its folder."""
    from genhub.jobs.runner import Runner

    runner = Runner(current)
    try:
        _unpack(source.path, folder, current)
        run = runner.import_folder(run_folders.OWNER, folder, gate.display_name(Path(source.name).stem))
        if name:
            runner.rename(run_folders.OWNER, run, name)
        return current.runs / run
    finally:
        runner.close()


def _push_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_name", metavar="RUN", help="Folder or id of a finished run.")
    parser.add_argument("--repo", required=True, metavar="OWNER/NAME", help="Repository on the Hub; it is made when it is not there.")
    parser.add_argument("--public", action="store_true", help="Everybody may see it. Default: a private repository.")


def _push(args: argparse.Namespace, out: Output) -> None:
    folder = run_folders.finished(args.run_name)
    done = hub.publish(folder.path, hub.Push(args.repo, hub_token(), private=not args.public), settings.get())
    out.result(done, pushed(done, public=args.public))


def pushed(done: dict, *, public: bool) -> str:
    """What came of a push that was to be public, or not."""
    stays = f" {hub.STAYS_PRIVATE}" if public and done["private"] else ""
    return f"Pushed to {done['url']} ({'private' if done['private'] else 'public'}).{stays}"


def _code_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_name", metavar="RUN", help="Folder or id of a finished run.")
    parser.add_argument("--command", action="store_true", dest="again", help="Print the command that trains the run again instead.")


def _code(args: argparse.Namespace, out: Output) -> None:
    folder = run_folders.finished(args.run_name)
    from genhub.text import code

    value = {"script": code.script(folder.path), "command": code.command_line(folder.path)}
    out.result(value, value["command"] if args.again else value["script"].rstrip("\n"))


EXPORT = Command("write a run as a zip to take home", _export_arguments, _export)
OPEN = Command("check a run's zip, or a run on the Hub, and open it again", _open_arguments, _open)
PUSH = Command("push a run to the Hugging Face Hub; the token is HF_TOKEN, or asked for", _push_arguments, _push)
CODE = Command("print a plain program that loads a run, or the command that trains it again", _code_arguments, _code)
