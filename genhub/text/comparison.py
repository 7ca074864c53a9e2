"""Finished runs in one table, whatever they are: classifiers row by row, language models in bits a character."""

from collections.abc import Sequence

from genhub.errors import UserError
from genhub.jobs.folder import RunFolder
from genhub.text import verdict
from genhub.text.adapting import compare as writers
from genhub.text.adapting.compare import WritersCompared
from genhub.text.verdict import Comparison


def compare(runs: Sequence[tuple[str, RunFolder]]) -> Comparison | WritersCompared:
    """Named runs, the first one being what the others are compared with. Raises UserError for runs of two kinds, for such as were judged
    on other data, and for one that has no figures yet."""
    read = [(name, folder.read("metrics.json"), folder) for name, folder in runs]
    if any("bleu" in metrics for _, metrics, _ in read):
        what = "Runs that translate are compared on the same sentences."
        raise UserError(what, "This table is for the other kinds.", "Choose them as models in stage 4 of Translate.", "runs")
    write = ["bits_per_character" in metrics for _, metrics, _ in read]
    if any(write) and not all(write):
        what = "Some of these runs put labels on texts, others write."
        raise UserError(what, "Only runs of one kind can be compared.", "Choose runs of one kind.", "runs")
    if any(write):
        return writers.compare([(name, metrics, folder.read("passport.json")) for name, metrics, folder in read])
    return verdict.compare([(name, metrics, verdict.read_predictions(folder.path)) for name, metrics, folder in read])
