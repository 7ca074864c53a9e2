"""The latent space of the tab *Images* without a browser: what a press shows, and what is refused."""

import re
from types import SimpleNamespace

import pytest

from genhub.errors import UserError
from genhub.ui.images import latent, plane

SESSION = {"visitor": "v" * 43}
TOLD = {
    "places": [[0.0, 0.0], [2.0, 4.0], [1.0, 1.0]],
    "classes": [0, 1, 1],
    "names": ["cat", "<b>"],
    "size": 2,
    "kept": 1.0,
    "conditional": False,
}
PICTURE = "aGk="
HELD = {"latent_run": "c", "latent_label": "", "latent_told": TOLD, "latent_places": []}


class Drawing:
    """A lab whose worker decodes nothing and says what it was asked."""

    def __init__(self, runs=()):
        self.asked, self._runs = [], list(runs)

    def runs(self, visitor):
        return self._runs

    def image_map(self, visitor, run):
        return TOLD

    def images_at(self, visitor, run, places, label):
        self.asked.append((run, places, label))
        return {"picture": PICTURE, "pixels": PICTURE if len(places) > 1 else "", "codes": places, "seconds": 0.004}

    def image_sheet(self, visitor, run, span, label):
        self.asked.append((run, span, label))
        return {"picture": PICTURE}


def info(task: str, id: str, metrics=True):
    return SimpleNamespace(task=task, id=id, name=id, metrics={"mse": 0.1} if metrics else None)


def test_finished_image_models_are_offered():
    lab = Drawing([info("classify", "a"), info("vae", "b", None), info("vae", "c"), info("autoencoder", "d")])
    offered = latent.offer(lab, SESSION, None)["latent_run"]
    assert (offered["choices"], offered["value"]) == ([("c", "c"), ("d", "d")], "c")
    assert latent.offer(lab, SESSION, "d")["latent_run"]["value"] == "d"
    assert latent.offer(Drawing(), SESSION, "d")["latent_run"]["value"] is None
    assert latent.NOTHING in latent.choose(Drawing(), SESSION, None)["latent_map"]


def test_a_press_decodes_and_a_second_one_walks_there():
    lab = Drawing()
    drawn = latent.choose(lab, SESSION, "c")
    assert drawn["latent_map"].count("<circle") == 3
    cell = re.search(r'data-pick="(at:[^"]+)"', drawn["latent_map"])[1]
    held = {"latent_run": "c", "latent_label": "", "latent_told": TOLD}
    first = latent.press(lab, cell, SESSION, **held, latent_places=[])
    assert lab.asked[-1][1] == first["latent_places"]
    assert "What is decoded there" in first["latent_shown"]
    second = latent.typed(lab, SESSION, **held, latent_places=first["latent_places"], latent_x=1.0, latent_y=2)
    (start, *_, end) = lab.asked[-1][1]
    assert len(lab.asked[-1][1]) == latent.STEPS
    assert (start, end) == (first["latent_places"][0], [1.0, 2.0])
    assert second["latent_shown"].count("<img") == 2
    assert "<line" in second["latent_map"]
    third = latent.press(lab, "at:0:0", SESSION, **held, latent_places=second["latent_places"])
    assert third["latent_places"] == [[1.0, 2], [0.0, 0.0]]


def test_the_whole_map_is_decoded():
    lab = Drawing()
    assert "<img" in latent.whole(lab, SESSION, "c", "", TOLD)["latent_shown"]
    assert lab.asked == [("c", list(plane.span(TOLD["places"])), "")]


@pytest.mark.parametrize("pick", ["", "at", "at:1", "at:x:y", "go:1:2", "at:1:2:3"])
def test_a_press_beside_the_map_does_nothing(pick):
    assert latent.press(Drawing(), pick, SESSION, **HELD) == {}


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), "1"])
def test_a_place_that_is_none_is_refused(value):
    with pytest.raises(UserError, match="This is no place"):
        latent.typed(Drawing(), SESSION, value, 0.0, **HELD)


def test_without_a_model_there_is_no_map():
    for call in (
        lambda: latent.press(Drawing(), "at:1:1", SESSION, **{**HELD, "latent_run": None, "latent_told": None}),
        lambda: latent.whole(Drawing(), SESSION, None, "", None),
    ):
        with pytest.raises(UserError, match="No model has been chosen"):
            call()


def test_names_are_text_and_cells_lie_within_the_map():
    drawn = plane.draw(TOLD)
    assert "&lt;b&gt;" in drawn
    assert "<b>" not in drawn
    left, bottom, right, top = plane.span(TOLD["places"])
    cells = [[float(number) for number in pick.split(":")] for pick in re.findall(r'data-pick="at:([^"]+)"', drawn)]
    assert len(cells) == plane.COLUMNS * plane.ROWS
    assert all(left < x < right and bottom < y < top for x, y in cells)
    assert "<circle" in plane.draw({**TOLD, "places": [[1.0, 1.0]], "classes": [-1], "names": []})
