"""A model of the Hub on its way to this machine, as a page shows it before what was asked for begins."""

from collections.abc import Iterator

from genhub.lab import Lab
from genhub.ui import markup


def shown(lab: Lab, model: str, family: str) -> Iterator[str]:
    """Frames of a bar; none where the model is here. Raises UserError for one that does not come."""
    for fetched in lab.fetching(model, family):
        share = fetched.bytes / fetched.total if fetched.total else 0.0
        yield markup.page(markup.paragraph(f"{told(fetched, model)}."), markup.track(share))


def told(fetched, model: str) -> str:
    """How far it is, in words."""
    if not fetched.total:
        return f"{model} is asked for at the Hub"
    if fetched.bytes == fetched.total:
        return f"{model} is looked through"
    return f"{model} comes from the Hub: {fetched.bytes / 1e6:,.0f} of {fetched.total / 1e6:,.0f} MB"
