"""The verdict on a transfer: every way on the same unseen images, what each class is taken for, and the wrong answers as pictures."""

from collections.abc import Mapping, Sequence

from genhub.errors import UserError
from genhub.images.transfer.wrong import PICTURE, mistakes
from genhub.lab import Lab
from genhub.text.verdict import read_predictions
from genhub.training.configs.transfer import WAYS
from genhub.ui import charts, markup

MATRIX_CLASSES = 30  # more make no readable matrix


def told_apart(lab: Lab, session: dict, run: str, metrics: Mapping) -> str:
    """The whole verdict; pictures and answers where the run was trained here."""
    big = f'<p><span class="gh-big">{metrics["accuracy"]:.3f}</span> accuracy on {metrics["test_images"]:,} unseen images</p>'
    sentences = "".join(markup.paragraph(sentence) for sentence in metrics["sentences"])
    shown = ways(metrics) + matrix(metrics) + wrong(lab, session, run)
    return markup.page("<h3>Verdict</h3>", big, sentences, shown)


def ways(metrics: Mapping) -> str:
    """A line for each way, and the baselines."""
    rows = [
        [
            WAYS[way["name"]][0] + (" (kept)" if way["name"] == metrics["kept"] else ""),
            f"{way['trainable_parameters']:,}",
            markup.percent(way["trainable_percent"]),
            _interval(way),
            f"{way['macro_f1']:.3f}",
            markup.seconds(way["seconds"]),
        ]
        for way in metrics["ways"]
    ]
    lines = metrics["baselines"]
    rows += [["logistic regression on the pixels", "", "", _interval(lines["pixels"]), f"{lines['pixels']['macro_f1']:.3f}", ""]]
    rows += [[f"always “{lines['majority']['label']}”", "", "", _interval(lines["majority"]), f"{lines['majority']['macro_f1']:.3f}", ""]]
    head = ["", "parameters that learn", "of all", "accuracy", "macro F1", "training"]
    return markup.table(head, rows, (1, 2, 3, 4, 5))


def matrix(metrics: Mapping) -> str:
    """What each class is taken for."""
    if len(metrics["labels"]) > MATRIX_CLASSES:
        return ""
    return "<h3>What each class is taken for</h3>" + charts.matrix(metrics["confusion"], metrics["labels"], of="images", pressed=False)


def wrong(lab: Lab, session: dict, run: str) -> str:
    """The wrong answers, the most confident first, each with what it was told for."""
    predictions = read_predictions(lab.folder(session["visitor"], run).path)
    places = mistakes(predictions)
    if not places:
        return ""
    try:
        picture = lab.picture(session["visitor"], run, PICTURE)
    except UserError:
        return ""  # opened from a ZIP, which holds no images
    title = "The wrong answers, the surest first" if len(places) > 1 else "The wrong answer"
    return f"<h3>{title}</h3>" + markup.picture(picture, title) + markup.paragraph(_said([predictions[place] for place in places]), "muted")


def _said(answers: Sequence[Mapping]) -> str:
    each = [f"“{answer['label']}” told “{answer['predicted']}” ({max(answer['scores']):.2f})" for answer in answers]
    return f"Row by row: {', '.join(each)}."


def _interval(line: Mapping) -> str:
    return f"{line['accuracy']:.3f} [{line['accuracy_low']:.3f}–{line['accuracy_high']:.3f}]"
