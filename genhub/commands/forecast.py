"""`forecast`: what a training would cost, from a few real steps on the table's own rows."""

import argparse

from genhub.commands import Command, add_config, table_reading, train
from genhub.commands.output import Output, table
from genhub.training.configs import ClassifyConfig


def _arguments(parser: argparse.ArgumentParser) -> None:
    train.table_arguments(parser)
    add_config(parser, ClassifyConfig)


def _run(args: argparse.Namespace, out: Output) -> None:
    config = train.checked_config(args)
    with table_reading.opened(args.data, args.fix) as read:
        train.examined(read, config, args, out)
        out.say("Measuring …")
        from genhub.text.forecast import forecast

        cost = forecast({"config": config.to_dict(), "rows_path": str(read.rows)})
    out.result(cost, table(("", "forecast"), [(name.replace("_", " "), str(value)) for name, value in cost.items()]))


CLASSIFY = Command("what fine-tuning an encoder on a table would cost", _arguments, _run)
COMMAND = Command("measure what a training would cost, without training", children={"classify": CLASSIFY})
