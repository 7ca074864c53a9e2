"""`models`: the catalog."""

import argparse
from dataclasses import asdict

from genhub import catalog
from genhub.commands import Command
from genhub.commands.output import Output, table
from genhub.families import FAMILIES


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--task", default="", help=f"Only models of this task: {' or '.join(FAMILIES)}.")


def _run(args: argparse.Namespace, out: Output) -> None:
    found = catalog.of_task(args.task) if args.task else list(catalog.MODELS.values())
    lines = [(model.id, model.task, model.parameters / 1e6, model.megabytes, model.licence, model.note) for model in found]
    out.result({"models": [asdict(model) for model in found]}, table(("id", "task", "million weights", "MB", "licence", ""), lines))


COMMAND = Command("list the models GenHub offers", _arguments, _run)
