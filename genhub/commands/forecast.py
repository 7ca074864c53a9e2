"""`forecast`: what a training would cost, from a few real steps on one's own rows or text."""

import argparse
from functools import partial

from genhub import tasks
from genhub.commands import Command, train, train_images, training
from genhub.commands.output import Output, table
from genhub.commands.training import Training


def _run(what: Training, args: argparse.Namespace, out: Output) -> None:
    config = training.checked_config(what, args)
    with what.source(args, config, out) as source:
        out.say("Measuring …")
        measure = tasks.resolve(tasks.get(what.task).forecaster)
        cost = measure({"config": config.to_dict(), "rows_path": str(source.rows), "task": what.task})
    out.result(cost, table(("", "forecast"), [(name.replace("_", " "), str(value)) for name, value in cost.items()]))


def _command(what: Training) -> Command:
    return Command(f"what it would cost to {what.help}", partial(training.source_arguments, what), partial(_run, what))


def _run_images(args: argparse.Namespace, out: Output) -> None:
    _run(train_images.chosen(args), args, out)


IMAGES = Command("what it would cost to train an image model", train_images.source_arguments, _run_images)
COMMAND = Command(
    "measure what a training would cost, without training",
    children={**{each.task: _command(each) for each in train.TRAININGS}, "images": IMAGES},
)
