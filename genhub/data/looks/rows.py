"""Rows that lack something, come twice, or say two things."""

from dataclasses import replace

from genhub.data.looks.case import Case, Finding, counted, left_out, remedy


def empty_texts(case: Case) -> Finding | None:
    found = case.found("empty-texts")
    return found and left_out(case, "empty-texts", f"{counted(found.count, 'row')} without a text{found.where()}.")


def empty_labels(case: Case) -> Finding | None:
    found = case.found("empty-labels")
    return found and left_out(case, "empty-labels", f"{counted(found.count, 'row')} without a label{found.where()}.")


def duplicates(case: Case) -> Finding | None:
    found = case.found("drop-duplicates")
    if found is None:
        return None
    what = f"{counted(found.count, 'row repeats', 'rows repeat')} an earlier row (case, blanks and punctuation aside)."
    will = "Copies stay together, so that none is in training and test at once."
    done = f"{counted(found.count, 'copy is', 'copies are')} left out; the first of each stays."
    finding = remedy(case, "drop-duplicates", "warning", what, (will, done))
    return replace(finding, fix_label=f"Remove {found.count:,} copies" if found.count > 1 else "Remove it")


def conflicts(case: Case) -> Finding | None:
    found = case.found("drop-conflicts")
    if found is None:
        return None
    what = f"{counted(found.count, 'row has', 'rows have')} a text that also stands under another label."
    will = "They are kept, always in the same part; the model cannot get all of them right."
    return remedy(case, "drop-conflicts", "warning", what, (will, "These rows are left out."))


def leaked(case: Case) -> Finding | None:
    found = case.found("leaked")
    return found and left_out(case, "leaked", f"{counted(found.count, 'training row')} with a text of the test table.")


def unknown_labels(case: Case) -> Finding | None:
    found = case.found("unknown-labels")
    return found and left_out(
        case, "unknown-labels", f"{counted(found.count, 'test row')} with a label that the training table does not have."
    )
