"""`deploy`: GenHub as a Space of the Hub; a run as a repository, or as a small Space of its own."""

import argparse
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from genhub import hub, settings
from genhub.commands import Command, hub_token, run_folders
from genhub.commands.output import Output
from genhub.commands.take_home import pushed
from genhub.errors import UserError

SECRETS = ("GENHUB_AUTH",)
VARIABLES = ("GENHUB_ALLOW",)
CAUTION = "Strangers reach a public Space: the public limits hold there."


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("repo", metavar="OWNER/NAME", help="The Space or repository on the Hub; it is made when it is not there.")
    parser.add_argument("--dry-run", action="store_true", help="Build and check the folder, list what is in it, and send nothing.")
    parser.add_argument("--into", metavar="DIR", help="Keep the folder that is built here. Default: a temporary one.")


def _space_arguments(parser: argparse.ArgumentParser) -> None:
    _common(parser)
    parser.add_argument("--variant", default="cpu", help="cpu, zerogpu or docker. Default: cpu.")
    parser.add_argument("--private", action="store_true", help="Only you see it. Default: everybody does, with the public limits.")


def _space(args: argparse.Namespace, out: Output) -> None:
    from genhub.deploy import build

    variant = build.variant(args.variant)
    with _folder(args.into) as into:
        folder = build.space(args.variant, into)
        _checked_and_sent(folder, variant, args, out, private=args.private)


def _adapter_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_name", metavar="RUN", help="Folder or id of a finished run.")
    _common(parser)
    parser.add_argument("--space", action="store_true", help="As a small Space that serves this run alone, instead of a repository.")
    parser.add_argument("--public", action="store_true", help="Everybody may see it. Default: private.")


def _adapter(args: argparse.Namespace, out: Output) -> None:
    run = run_folders.finished(args.run_name)
    if args.space:
        from genhub.deploy import adapter, build

        with _folder(args.into) as into:
            folder = adapter.space(run.path, args.repo.rpartition("/")[2], into)
            _checked_and_sent(folder, build.VARIANTS["cpu"], args, out, private=not args.public)
        return
    if args.dry_run:
        files = hub.to_publish(run.path, args.repo)["files"]
        out.result({"files": [name for name, _ in files]}, "\n".join(f"{size:>12,}  {name}" for name, size in files))
        return
    done = hub.publish(run.path, hub.Push(args.repo, hub_token(), private=not args.public), settings.get())
    out.result(done, pushed(done, public=args.public))


@contextmanager
def _folder(into: str | None) -> Iterator[Path]:
    """A new folder: one to keep, or one for the time of the command."""
    if into:
        place = Path(into)
        if place.exists() and (not place.is_dir() or any(place.iterdir())):
            raise UserError(f"{place} is there already.", "The folder of a Space holds nothing else.", "Name a new folder.", "into")
        yield place
        return
    with tempfile.TemporaryDirectory(prefix="genhub-space-") as place:
        yield Path(place)


def _checked_and_sent(folder: Path, variant, args: argparse.Namespace, out: Output, *, private: bool) -> None:
    from genhub.deploy import build, checks, publish

    told = checks.check(folder, variant)
    size = f"{told['files']} files, {told['bytes'] / 1e6:.1f} MB"
    if args.dry_run:
        listed = "\n".join(f"{bytes_:>12,}  {path}" for path, bytes_ in build.files(folder))
        kept = f" in {folder}" if args.into else ""
        out.result({**told, "folder": str(folder) if args.into else ""}, f"{listed}\n{size}{kept}; nothing was sent.")
        return
    chosen = {name: os.environ[name] for name in (*VARIABLES, *SECRETS) if os.environ.get(name)}
    target = publish.Target(
        repo=args.repo,
        sdk=variant.sdk,
        token=hub_token(),
        private=private,
        hardware=variant.hardware,
        variables={**dict(variant.variables), **{name: chosen[name] for name in VARIABLES if name in chosen}},
        secrets={name: chosen[name] for name in SECRETS if name in chosen},
    )
    out.say(size)
    done = out.steps(publish.deploy(folder, target, settings.get()))
    stays = f" {hub.STAYS_PRIVATE}" if done["private"] and not private else ""
    out.result(done, f"{done['page']} runs. {'It is private: only you see it.' if done['private'] else CAUTION}{stays}")


COMMAND = Command(
    "put GenHub or a run on the Hub; the token is HF_TOKEN, or asked for",
    children={
        "space": Command("GenHub as a Space: built, checked, uploaded, watched until it runs", _space_arguments, _space),
        "adapter": Command("a run as a repository, or with --space as a small Space of its own", _adapter_arguments, _adapter),
    },
)
