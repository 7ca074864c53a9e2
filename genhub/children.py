"""Entry points of one-shot children: JSON in, JSON out, one idea each. Started through `oneshot.run` or the warm server."""

import json
import shutil
from pathlib import Path

from genhub import archive, settings

PASSPORT_BYTES = 1_000_000


def export(args: dict) -> dict:
    """{"run_dir", "out"} → {"bytes"} of the zip with adapter, head, passport, card and script."""
    from genhub.text import portable

    portable.export_zip(Path(args["run_dir"]), Path(args["out"]))
    return {"bytes": Path(args["out"]).stat().st_size}


def merged(args: dict) -> dict:
    """{"run_dir", "out"} → {"bytes"} of a zip with one plain safetensors model."""
    from genhub.text import portable

    out = Path(args["out"])
    folder = out.with_suffix("")
    portable.merged(Path(args["run_dir"]), folder)
    shutil.make_archive(str(folder), "zip", folder)
    shutil.rmtree(folder)
    return {"bytes": out.stat().st_size}


def reopen(args: dict) -> dict:
    """{"path", "folder"} → {"passport"} of the checked run that now lies in `folder`."""
    from genhub.text import portable

    portable.open_zip(Path(args["path"]), Path(args["folder"]), settings.get().limits)
    return {"folder": args["folder"]}


def base_of(args: dict) -> dict:
    """{"path"} → {"id", "revision"} of the base that a zip's passport names, as it says so, unchecked; "" where it does not."""
    try:
        named = json.loads(archive.peek(Path(args["path"]), "passport.json", PASSPORT_BYTES))["base"]
        return {name: named[name] if isinstance(named.get(name), str) else "" for name in ("id", "revision")}
    except (ValueError, LookupError, TypeError, AttributeError):
        return {"id": "", "revision": ""}


def script(args: dict) -> dict:
    """{"run_dir"} → {"script", "command"}: the plain program that loads the run, the command that reproduces it."""
    from genhub.text import code

    run = Path(args["run_dir"])
    return {"script": code.script(run), "command": code.command_line(run)}
