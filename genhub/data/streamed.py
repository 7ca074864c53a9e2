"""What came of a Hub data set, in plain words: which rows, of which revision, and what was left out or cut on the way."""

ORIGIN = ("dataset", "config", "split", "revision", "cut", "drawn")  # what a run remembers of where its rows come from


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
