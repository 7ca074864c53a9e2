"""passport.json and metrics.json of a run that somebody hands us: read, checked, and rewritten with what we know only.

Both are data of strangers that the page, the card and the script use. What comes back has every field they count on, in the
right type and range, and nothing else. `shapes` says how a field is described, and what all kinds of runs have.
"""

from genhub.text import formats


def check(value: object) -> dict:
    """The passport in our own words. Raises UserError for another format, a missing field, or one out of range."""
    return formats.part("passport", value).check(value)


def check_metrics(value: object, facts: dict) -> dict:
    """metrics.json in our own words; it must speak of the same run as the passport `facts`, which were checked. Raises UserError."""
    return formats.part("passport", facts).check_metrics(value, facts)
