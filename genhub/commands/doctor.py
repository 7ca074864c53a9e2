"""`doctor`: what a table holds and what stands in the way of training on it, before any training."""

import argparse

from genhub import gate
from genhub.commands import Command, table_reading
from genhub.commands.output import Output, table

MARKS = {"info": "  ", "warning": "! ", "problem": "✗ "}


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", required=True, metavar="F.csv", help=table_reading.DATA_HELP)
    parser.add_argument("--text-column", default="", help="Column with the texts; default: `text`, or the one with the longest entries.")
    parser.add_argument("--label-column", default="", help="Column with the labels; default: the last one.")
    parser.add_argument("--fix", default="", help=table_reading.FIX_HELP)
    parser.add_argument("--model", default="embedded/minilm-l6", help="Encoder whose limits count. Default: embedded/minilm-l6.")


def _run(args: argparse.Namespace, out: Output) -> None:
    config = gate.config("classify", {"text_column": args.text_column, "label_column": args.label_column, "model": args.model})
    with table_reading.opened(args.data, args.fix) as read:
        report = read.examine(config)
    out.result(report, in_words(report))


def in_words(report: dict) -> str:
    """The report as text: the file, the classes, the findings with what will be done about each."""
    lines = [
        f"{report['rows']:,} rows, {len(report['columns'])} columns ({report['kind']}, {report['encoding']}); "
        f"texts in “{report['text_column']}”, labels in “{report['label_column']}”."
    ]
    classes = sorted(report["classes"].items(), key=lambda item: -item[1])
    lines += ["", table(("label", "rows"), [(f"“{label}”", count) for label, count in classes[:20]])]
    if len(classes) > 20:
        lines.append(f"… and {len(classes) - 20} more labels")
    lines += ["", *(finding_line(finding) for finding in report["findings"])]
    return "\n".join(lines)


def finding_line(finding: dict) -> str:
    remedy = f" [--fix {finding['fix']}]" if finding["fix"] and not finding["applied"] else ""
    return MARKS[finding["severity"]] + " ".join(part for part in (finding["what"], finding["will_do"]) if part) + remedy


COMMAND = Command("say what is in a table and what stands in the way of training on it", _arguments, _run)
