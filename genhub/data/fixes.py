"""The remedies by code, with the words of their buttons: some are used when a file is read, the others on the rows it gave."""

from collections.abc import Iterable

from genhub.errors import UserError

WINDOWS_1252 = "windows-1252"
LEAVE_MALFORMED = "leave-malformed-lines"
READING = {
    WINDOWS_1252: "Read it as Windows-1252",
    LEAVE_MALFORMED: "Leave such lines out",
}
KEEP_FIRST = "first-characters"  # what a text or set of pairs that is too long offers: it is taken with `cut`
FIXES = {
    **READING,
    "first-N-rows": "Use the first rows",
    "first-line-is-a-row": "Use it as a row, too",
    "merge-labels": "Merge these labels",
    "drop-duplicates": "Remove the copies",
    "drop-conflicts": "Leave these texts out",
    "drop-other-languages": "Leave these texts out",
    "drop-rare": "Leave these classes out",
    "drop-few": "Leave these classes out",
}

LEAVE_OUT, FILL = (
    "leave-out-missing",
    "fill-missing",
)  # of tables of numbers: the rows with holes, or the median and the most frequent category
MENDING = {LEAVE_OUT: "Leave those rows out", FILL: "Fill the holes"}
LEAVE_IMAGES = "leave-unusable-images"
OF_IMAGES = {LEAVE_IMAGES: "Leave them out"}  # of a set of images, when it is read
INSTEAD = {"smote": "Use SMOTE", "smote-nc": "Use SMOTE-NC", "random-over": "Use random over-sampling"}  # another method
BUTTONS = {**FIXES, KEEP_FIRST: "Keep the first part", **MENDING, **OF_IMAGES, **INSTEAD}


def known(fixes: Iterable[str]) -> list[str]:
    """The codes once each. Raises UserError for one that there is not."""
    chosen = list(dict.fromkeys(fixes))
    for code in chosen:
        if code not in FIXES:
            what = f"There is no remedy “{str(code)[:40]}”."
            raise UserError(what, f"Remedies: {', '.join(FIXES)}.", "Choose one of them.", "fixes")
    return chosen


def hint(code: str, how: str) -> str:
    """The end of a refusal: `how` a remedy is asked for, and what it does. Nothing where no remedy is known."""
    told = {**FIXES, **OF_IMAGES}.get(code)
    return f" Or {how} {code}: {told[:1].lower()}{told[1:]}." if told else ""


def of_reading(fixes: Iterable[str]) -> list[str]:
    """Those that bear on the reading of a file."""
    return [code for code in fixes if code in READING]
