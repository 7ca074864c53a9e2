"""The labels: their spellings, how many classes, how large."""

from dataclasses import replace

from genhub.data.cleaning import FEW_ROWS, LEAST_ROWS
from genhub.data.fixes import FIXES
from genhub.data.looks.case import Case, Finding, counted, remedy

IMBALANCE = 10  # the largest class has this many times the rows of the smallest


def classes(case: Case) -> Finding | None:
    counts = case.classes
    if len(counts) < 2 or len(counts) > case.limits.classes:
        return None
    smallest, largest = min(counts.values()), max(counts.values())
    what = f"{counted(sum(counts.values()), 'row')} in {len(counts)} classes, {smallest:,} to {largest:,} rows each."
    return Finding("classes", "info", what, count=len(counts))


def variants(case: Case) -> Finding | None:
    found = case.found("merge-labels")
    if found is None:
        return None
    what = f"Labels that differ only in case, blanks, hyphens or underscores: {', '.join(found.names[:4])}{', …' if len(found.names) > 4 else ''}."
    will = "Each spelling stays a class of its own unless you merge them."
    done = f"Merged into the most frequent spelling, in {counted(found.count, 'row')}."
    return remedy(case, "merge-labels", "warning", what, (will, done))


def rare(case: Case) -> Finding | None:
    found = case.found("drop-rare")
    if found is None or len(case.classes) > case.limits.classes:
        return None
    named = ", ".join(f"“{name[:40]}”" for name in found.names[:5]) + (", …" if len(found.names) > 5 else "")
    what = f"{counted(len(found.names), 'class has', 'classes have')} fewer than {LEAST_ROWS} different texts: {named}."
    will = "Training is refused: such a class cannot be taught and tested. Add rows, or leave it out."
    done = f"{counted(found.count, 'row')} of {counted(len(found.names), 'class', 'classes')} left out."
    return remedy(case, "drop-rare", "problem", what, (will, done))


def few(case: Case) -> Finding | None:
    found = case.found("few-rows")
    if found is None or len(case.classes) > case.limits.classes:
        return None
    small = found.names
    named = ", ".join(small[-5:])
    what = f"{counted(len(small), 'class has', 'classes have')} fewer than {FEW_ROWS} rows: {named}."
    will = "They are used; their figures in the verdict will be uncertain."
    done = f"{counted(found.count, 'row')} of {counted(len(small), 'class', 'classes')} left out."
    finding = remedy(case, "few-rows", "warning", what, (will, done), "drop-few")
    nothing_left = not finding.applied and len(case.classes) - len(small) < 2
    return replace(finding, fix="", fix_label="") if nothing_left else finding


def imbalance(case: Case) -> Finding | None:
    counts = list(case.classes.values())
    if len(counts) < 2 or counts[0] < IMBALANCE * counts[-1] or len(counts) > case.limits.classes:
        return None
    names = list(case.classes)
    what = f"“{names[0][:40]}” has {counts[0]:,} rows, “{names[-1][:40]}” {counts[-1]:,}."
    return Finding("imbalance", "warning", what, "Look at macro F1 beside accuracy; balanced class weights may help.")


def not_trainable(case: Case) -> Finding | None:
    """What forbids training and no remedy mends: one class, too many classes, nothing left."""
    for code, problem in case.cleaned.problems.items():
        if code not in FIXES:
            return Finding(code, "problem", f"{problem.what} {problem.limit}", problem.remedy)
    return None
