"""A sketch is laid out as the images that a model knows."""

import base64

import numpy as np
import pytest

from genhub.errors import UserError
from genhub.images import sketch


def stroke(top: int, left: int, height: int, width: int) -> np.ndarray:
    drawn = np.zeros((sketch.SIDE, sketch.SIDE), np.uint8)
    drawn[top : top + height, left : left + width] = 255
    return drawn


def test_strokes_fill_the_box_and_stand_in_the_middle():
    made = sketch.laid_out(stroke(5, 90, 60, 15), 28)
    rows, columns = np.nonzero(made)
    assert rows.max() - rows.min() + 1 == 20
    assert columns.max() - columns.min() + 1 == 5
    assert rows.mean() + 0.5 == pytest.approx(14, abs=0.5)
    assert columns.mean() + 0.5 == pytest.approx(14, abs=0.5)


def test_as_it_lies_and_when_it_is_empty():
    made = sketch.laid_out(stroke(0, 0, 56, 56), 28, 0.0)
    assert np.array_equal(made[:14, :14], np.full((14, 14), 255))
    assert made[14:].sum() == 0
    assert sketch.laid_out(stroke(0, 0, 0, 0), 28).sum() == 0


def test_the_usual_box_is_that_of_most_images():
    x = np.zeros((5, 20, 20), np.uint8)
    for image, side in zip(x, (10, 10, 10, 4, 20), strict=True):
        image[:side, :2] = 200
    assert sketch.usual_box(x) == 0.5
    assert sketch.usual_box(np.repeat(x[..., None], 3, -1)) == 0.5
    assert sketch.usual_box(np.zeros((3, 8, 8), np.uint8)) == sketch.BOX


def test_strokes_arrive_row_by_row():
    drawn = stroke(3, 70, 20, 5)
    drawn[0, 1] = 7
    assert np.array_equal(sketch.strokes(base64.b64encode(drawn.tobytes()).decode()), drawn)


@pytest.mark.parametrize(
    ("given", "count"),
    [("", "0"), (None, "0"), (7, "0"), ("?", "0"), ("AAA", "0"), ("ÄÖ==", "0"), (["AAAA"], "0"), ("AAAA", "3"), ("AAAA" * 4_182, "12,546")],
)
def test_what_is_no_sketch_is_refused_with_how_much_it_holds(given, count):
    with pytest.raises(UserError, match=f"The sketch has {count} pixels. 112 × 112 of them"):
        sketch.strokes(given)
