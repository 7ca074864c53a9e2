"""Finished runs in one table: classifiers row by row, language models in bits a character, translation models in BLEU,
image models by their errors, those that only draw by how like real images theirs are."""

from collections.abc import Sequence

from genhub.errors import UserError
from genhub.images import compare as painters
from genhub.images.compare import PaintersCompared
from genhub.images.drawn import compare as drawers
from genhub.images.drawn.compare import DrawersCompared
from genhub.jobs.folder import RunFolder
from genhub.text import verdict
from genhub.text.adapting import compare as writers
from genhub.text.adapting.compare import WritersCompared
from genhub.text.translation.tuning import compare as translators
from genhub.text.translation.tuning.compare import TranslatorsCompared
from genhub.text.verdict import Comparison

DO = {
    "mse": "give images back",
    "judge_fid": "draw images",
    "bleu": "translate",
    "bits_per_character": "write",
    "effects": "measure augmentation",
    "accuracy": "put labels on texts",
}  # by the figure that tells a kind

BESIDE = {"mse": painters.compare, "judge_fid": drawers.compare, "bleu": translators.compare, "bits_per_character": writers.compare}


def compare(
    runs: Sequence[tuple[str, RunFolder]],
) -> Comparison | WritersCompared | TranslatorsCompared | PaintersCompared | DrawersCompared:
    """Named runs, the first one being what the others are compared with. Raises UserError for runs of two kinds, for such as were judged
    on other data, and for one that has no figures yet."""
    read = [(name, folder.read("metrics.json"), folder) for name, folder in runs]
    kinds = [next(kind for kind in DO if kind in metrics) for _, metrics, _ in read]
    if len(set(kinds)) > 1:
        what = f"Some of these runs {', others '.join(DO[kind] for kind in dict.fromkeys(kinds))}."
        raise UserError(what, "Only runs of one kind can be compared.", "Choose runs of one kind.", "runs")
    if kinds[:1] == ["accuracy"] or not kinds:
        return verdict.compare([(name, metrics, verdict.read_predictions(folder.path)) for name, metrics, folder in read])
    if kinds[0] == "effects":
        what = "A measurement is a comparison by itself."
        raise UserError(what, "Its own table says what helps.", "Open one of them.", "runs")
    return BESIDE[kinds[0]]([(name, metrics, folder.read("passport.json")) for name, metrics, folder in read])
