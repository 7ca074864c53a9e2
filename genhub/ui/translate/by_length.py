"""BLEU by the number of words of the source: of models that were judged just now, and of ours as they were measured once."""

from genhub.lab import Lab
from genhub.text.translation.measured import words
from genhub.ui import charts, markup

NAMES = {"transformer": "Transformer", "attention": "RNN with attention", "plain": "RNN without attention"}
LONGER = 5  # words that the last span is drawn for, which has no end


def chart(systems: list[dict]) -> str:
    """A curve a system; `systems`: [{name, by_length}], see `scores.by_length`, of the same sources. Nothing where there is one span alone."""
    series = {one["name"]: [(_middle(span), span["bleu"]) for span in one["by_length"]] for one in systems}
    spans = systems[0]["by_length"]
    counts = ", ".join(f"{words(span)}: {span['sentences']:,}" for span in spans)
    return charts.lines(series, "words of the source", "BLEU", f"Sources by words: {counts}.") if len(spans) > 1 else ""


def exhibit(lab: Lab) -> str:
    """What attention changed, on the test split of ours; nothing before the three were trained."""
    told = lab.measured_by_length()
    if not told:
        return ""
    first, last = ({NAMES[one["name"]]: one["by_length"][at]["bleu"] for one in told} for at in (0, -1))
    shortest, longest = (words(told[0]["by_length"][at]) for at in (0, -1))
    fell = "; ".join(f"{system} from {first[system]:.1f} to {last[system]:.1f}" for system in first)
    said = f"BLEU on the same unseen sentences, those of {shortest} words and those of {longest}: {fell}."
    return markup.page(
        "<h3>What attention changed</h3>",
        chart([{**one, "name": NAMES[one["name"]]} for one in told]),
        markup.paragraph(said, "gi-note"),
    )


def _middle(span: dict) -> float:
    return (span["from"] + (span["to"] or span["from"] + LONGER - 1)) / 2
