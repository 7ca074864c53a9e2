"""A Hub data set by its address, and what came of it in plain words: which rows, of which revision, what was left out or cut on the way."""

from genhub.errors import UserError

ORIGIN = ("dataset", "config", "split", "revision", "cut", "drawn")  # what a run remembers of where its rows come from


def address(typed: str, field: str = "dataset") -> dict:
    """{"dataset", "config", "split"} of owner/name[:configuration[:split]], empty where they are not said."""
    name, *rest = str(typed).strip().split(":")
    if len(rest) > 2:
        what, limit = f"“{typed[:200]}” has too many parts.", "It is owner/name:configuration:split; the last two may be left out."
        raise UserError(what, limit, "Check the spelling.", field)
    config, split = (*rest, "", "")[:2]
    return {"dataset": name, "config": config, "split": split}


def origin(hub: dict) -> dict:
    """Of the answer of `hub.dataset`, what a job says about its data."""
    return {name: hub[name] for name in ORIGIN if name in hub}


def rows_in_words(hub: dict) -> str:
    """Which rows came, of which split and revision."""
    source = f"the split “{hub['split']}” of “{hub['dataset']}” (configuration “{hub['config']}”, revision {hub['revision'][:10]})"
    if not hub["cut"]:
        return f"All {hub['rows']:,} rows of {source}."
    if hub["drawn"]:
        return f"{hub['rows']:,} rows, drawn from a shuffled stream of {source}, which has more."
    return f"The first {hub['rows']:,} rows of {source}, which has more."


def losses(hub: dict) -> list[str]:
    """What was left out or cut on the way, a sentence each."""
    told = []
    if hub["left_out"]:
        names = ", ".join(f"“{name[:40]}”" for name in hub["left_out"][:10])
        told.append(f"Left out, since they hold neither text nor numbers nor labels: {names}.")
    if hub["shortened"]:
        told.append(f"Cut, since a row may not be longer: {hub['shortened']:,} row{'s' * (hub['shortened'] > 1)}.")
    return told


def in_words(hub: dict, classes: int) -> tuple[bool, str, str]:
    """(is it a warning, what is so, what that means) for a table of so many classes with the answer of `hub.dataset`."""
    means = []
    if hub["cut"]:
        means.append("More rows or bytes are not allowed here." if hub["drawn"] else "A set that is sorted by label may lack classes here.")
    if hub["cut"] and classes < 2:
        means.append("These rows carry one label; others may follow later in the set: choose another split, or upload a sample of it.")
    doubtful = bool(hub["shortened"]) or (hub["cut"] and (classes < 2 or not hub["drawn"]))
    return doubtful, rows_in_words(hub), " ".join([*means, *losses(hub)])
