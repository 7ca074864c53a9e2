"""The wrong answers of an image classifier: which are kept as pictures, and where."""

from collections.abc import Mapping, Sequence

PICTURE = "frames/0.png"  # in the run's folder: the images as they are, in the order of `mistakes`
COLUMNS = 8
MOST = 24


def mistakes(predictions: Sequence[Mapping]) -> list[int]:
    """Places of wrong answers, the most confident first."""
    wrong = [place for place, one in enumerate(predictions) if one["predicted"] != one["label"]]
    return sorted(wrong, key=lambda place: -max(predictions[place]["scores"]))[:MOST]
