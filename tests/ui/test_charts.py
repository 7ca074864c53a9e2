"""Charts are well-formed, escape what strangers wrote, and put marks where the numbers are."""

import re
import xml.etree.ElementTree as ET
from itertools import combinations
from pathlib import Path

import pytest

from genhub.ui import charts

HOSTILE = "<script>alert(1)</script>\"'&"


def parse(html: str) -> ET.Element:
    """Fails when the pieces are not well-formed."""
    return ET.fromstring(f"<root>{html}</root>")


def test_lines_maps_values_to_pixels():
    root = parse(charts.lines({"a": [(0, 0.0), (10, 1.0)]}, "step", "loss", "caption", (0, 1)))
    points = [tuple(map(float, pair.split(","))) for pair in root.find(".//polyline").get("points").split()]
    assert points == [(charts.LEFT, charts.HEIGHT - charts.BOTTOM), (charts.WIDTH - charts.RIGHT, charts.TOP)]


def test_lines_skip_what_was_not_finite():
    root = parse(charts.lines({"a": [(0, 1.0), (1, None), (2, 3.0)]}, "x", "y"))
    assert len(root.find(".//polyline").get("points").split()) == 2


def test_lines_without_points_draw_nothing():
    assert charts.lines({"a": [], "b": [(0, None)]}, "x", "y") == ""


def test_several_series_get_a_legend_and_their_own_colours():
    root = parse(charts.lines({"one": [(0, 1.0)], "two": [(0, 2.0)]}, "x", "y"))
    strokes = [line.get("stroke") for line in root.iter("polyline")]
    assert strokes == ["var(--c0)", "var(--c1)"]
    assert [span.find("i").tail for span in root.iter("span")] == ["one", "two"]


@pytest.mark.parametrize(
    ("xs", "ticks"),
    [
        ((2.1, 20.7), ["2", "5", "10", "20"]),
        ((0.03, 0.6), ["0.05", "0.1", "0.2", "0.5", "1"]),
        ((3.0, 900_000.0), ["10", "100", "1,000", "10,000", "100,000", "1,000,000"]),
    ],
)
def test_a_logarithmic_axis_has_round_numbers(xs, ticks):
    root = parse(charts.scatter([("a", xs[0], 0.5), ("b", xs[1], 0.5)], "x", "y", log_x=True))
    bottom = str(charts.HEIGHT - charts.BOTTOM + 18)
    marks = [mark for mark in root.iter("text") if mark.get("y") == bottom]
    assert [mark.text for mark in marks] == ticks
    places = {mark.text: float(mark.get("x")) for mark in marks}
    dots = [float(dot.get("cx")) for dot in root.iter("circle")]
    assert dots[0] < places[ticks[1]] < dots[1]


@pytest.mark.parametrize(
    "html",
    [
        charts.bars({HOSTILE: 3, "b": 1}, HOSTILE),
        charts.probabilities({HOSTILE: 0.9, "b": 0.1}, [HOSTILE, "b"]),
        charts.matrix([[1, 2], [0, 3]], [HOSTILE, "b"], (0, 1)),
        charts.words([{"text": HOSTILE, "score": 0.5}, {"text": "b", "score": -0.1}], {1}),
        charts.interval([(HOSTILE, 0.5, 0.4, 0.6)], HOSTILE),
        charts.lines({HOSTILE: [(0, 1.0)], "b": [(0, 1.0)]}, HOSTILE, HOSTILE, HOSTILE),
    ],
)
def test_strangers_words_stay_words(html):
    root = parse(html)
    assert not list(root.iter("script"))
    assert "alert(1)" in "".join(root.itertext()) + "".join(value for node in root.iter() for value in node.attrib.values())


def test_matrix_cells_can_be_picked_and_say_what_they_are():
    root = parse(charts.matrix([[7, 2], [0, 9]], ["yes", "no"], picked=(0, 1)))
    buttons = {button.get("data-pick"): button for button in root.iter("button")}
    assert set(buttons) == {"cell:0:0", "cell:0:1", "cell:1:0", "cell:1:1"}
    assert buttons["cell:0:1"].get("aria-pressed") == "true"
    assert buttons["cell:0:1"].get("aria-label") == "2 rows of “yes” predicted as “no”"


def test_bars_grow_with_their_values():
    widths = [float(rect.get("width")) for rect in parse(charts.bars({"a": 4, "b": 2})).iter("rect")]
    assert widths[0] == pytest.approx(2 * widths[1], rel=0.01)


def test_words_tell_for_from_against():
    good, bad = parse(charts.words([{"text": "good", "score": 1.0}, {"text": "bad", "score": -1.0}])).iter("button")
    assert f"var(--for) calc({charts.STRONGEST}% * var(--tint))" in good.get("style")
    assert f"var(--against) calc({charts.STRONGEST}% * var(--tint))" in bad.get("style")
    assert (good.get("class"), bad.get("class")) == ("", "against")


def test_words_have_no_colour_that_stands_for_a_class():
    css = (Path(charts.__file__).parent / "assets" / "page.css").read_text(encoding="utf-8")
    for scheme in (":root", ".dark"):
        tones = dict(re.findall(r"--(c\d|for|against): (#[0-9a-f]{6})", css.partition(scheme + " {")[2].partition("}")[0]))
        assert len(tones) == charts.COLOURS + 2 == len(set(tones.values()))


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0.82, 0.91), (3, 4000), (-2, 2), (0, 1e-5)])
def test_ticks_are_round_few_and_inside(low, high):
    ticks = charts._ticks(low, high, 4)
    assert 2 <= len(ticks) <= 9
    assert all(low - 1e-9 <= tick <= high + 1e-9 for tick in ticks)


def test_text_in_charts_is_never_below_the_readable_size():
    css = (Path(charts.__file__).parent / "assets" / "page.css").read_text(encoding="utf-8")
    sizes = [int(size) for size in re.findall(r"\.gh svg text \{[^}]*font-size: (\d+)px", css)]
    assert sizes
    assert min(sizes) >= 14


def test_small_numbers_leave_the_axis_title_room():
    """At 19 pixels, as on a phone, a figure takes about 11 of them."""
    root = parse(charts.lines({"a": [(0, 0.0), (40, 0.001)]}, "step", "learning rate"))
    told = [text.text for text in root.iter("text") if text.get("text-anchor") == "end"]
    assert "5e-4" in told
    assert max(map(len, told)) * 11 <= charts.LEFT - 8 - 18


def test_there_is_nothing_between_two_steps():
    root = parse(charts.lines({"a": [(34, 0.5), (35, 0.6)]}, "step", "loss"))
    told = [text.text for text in root.iter("text") if float(text.get("y") or 0) == charts.HEIGHT - charts.BOTTOM + 18]
    assert told == ["34", "35"]


def test_names_of_points_stand_beside_their_own_and_on_no_other():
    places = [(100.0, 100.0), (104.0, 112.0), (110.0, 90.0), (540.0, 100.0), (536.0, 104.0)]
    names = ["Greedy", "Sampling", "Nucleus (top-p)", "People", "Top-k"]
    found = charts._labels(places, names)
    assert found[0] == (90.0, 105.0, "end")  # its neighbours stand to the right
    boxes = []
    for (x, y, anchor), name in zip(found, names, strict=True):
        wide = charts.LETTER * len(name)
        left = x - {"start": 0, "end": wide, "middle": wide / 2}[anchor]
        boxes.append((left, y - 13, left + wide, y + 4))
    assert all(left >= 0 and right <= charts.WIDTH for left, _, right, _ in boxes)
    for one, other in combinations(boxes, 2):
        assert one[0] >= other[2] or other[0] >= one[2] or one[1] >= other[3] or other[1] >= one[3]


def test_the_last_tick_stays_in_the_picture():
    drawn = charts.lines({"training": [(0, 1.0), (1_500, 0.5)]}, "step", "loss")
    assert f'x="{charts.WIDTH:.1f}"' in drawn
    assert 'text-anchor="end">1500<' in drawn


CLOUD = [[0.0, 0.0, 0, 0], [10.0, 5.0, 1, 0], [5.0, 2.5, 1, 1]]


def test_new_points_are_rings_below_the_dots_and_hang_on_lines():
    root = parse(charts.cloud(CLOUD, ["a", "b"], ("x", "y"), [[0.0, 0.0, 10.0, 5.0]], "caption"))
    ring, *dots = root.findall(".//circle")
    assert (ring.get("fill"), ring.get("stroke")) == ("none", charts.colour(1))
    assert [dot.get("fill") for dot in dots] == [charts.colour(0), charts.colour(1)]
    line = next(line for line in root.findall(".//line") if line.get("opacity"))
    ends = [(float(line.get(f"x{end}")), float(line.get(f"y{end}"))) for end in (1, 2)]
    assert ends == [(float(dot.get("cx")), float(dot.get("cy"))) for dot in dots]
    middle = [sum(values) / 2 for values in zip(*ends, strict=True)]
    assert [float(ring.get("cx")), float(ring.get("cy"))] == pytest.approx(middle, abs=0.11)
    left, top = dots[0], dots[1]
    assert charts.LEFT < float(left.get("cx")) < float(top.get("cx")) < charts.WIDTH - charts.RIGHT
    assert float(left.get("cy")) > float(top.get("cy"))  # up is more


def test_a_cloud_of_nothing_is_nothing_and_one_of_a_single_point_a_chart():
    assert charts.cloud([], ["a"], ("x", "y"), [], "caption") == ""
    root = parse(charts.cloud([[2.0, 2.0, 0, 0]], ["a"], ("x", ""), [], "caption"))
    assert charts.LEFT < float(root.find(".//circle").get("cx")) < charts.WIDTH


def test_words_of_a_cloud_stay_words():
    html = charts.cloud(CLOUD, [HOSTILE, "b"], (HOSTILE, HOSTILE), [], HOSTILE)
    assert "<script" not in html
    root = parse(html)
    assert HOSTILE in root.find(".//figcaption").text
    assert any(HOSTILE in "".join(span.itertext()) for span in root.findall(".//span"))
