"""Operations on images: what each does to the pixels, that nothing changes where nothing is asked, and that a seed decides everything."""

import json

import cv2
import numpy as np
import pytest

from genhub.augment.chain import Chain, Step, generator
from genhub.augment.images import geometry
from genhub.augment.images.effects import EFFECTS, done
from genhub.augment.images.table import GROUPS, IMAGES, PRESETS
from genhub.augment.images.variants import sweep, variant
from genhub.errors import UserError

TABLES = {"image": IMAGES}
H, W = 40, 60


def picture(colours: int = 3) -> np.ndarray:
    """Smooth, different in every corner and colour."""
    y, x = np.mgrid[0:H, 0:W]
    planes = [80 + 2 * x + 40 * (x // 8 % 2), 60 + 3 * y, 200 - x - 2 * y][:colours]
    found = np.stack(planes, -1).clip(0, 255).astype(np.uint8)
    return found if colours == 3 else found[..., 0]


def chain(*names: str, **told) -> Chain:
    return Chain("image", tuple(Step(name, IMAGES[name].amount.default if IMAGES[name].amount else None) for name in names), **told)


def apart(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


def test_the_table_and_the_effects_name_the_same_operations():
    assert list(IMAGES) == list(EFFECTS)
    assert {operation.group for operation in IMAGES.values()} == set(GROUPS)
    for operation in IMAGES.values():
        assert operation.help.endswith(".") or operation.help.endswith(")")
        assert operation.keeps == (EFFECTS[operation.name].sort != "mix")


@pytest.mark.parametrize("colours", [1, 3])
@pytest.mark.parametrize("name", [name for name, operation in IMAGES.items() if operation.amount and operation.keeps])
def test_at_nothing_nothing_changes_and_at_its_strongest_something_does(name, colours):
    image = picture(colours)
    (nothing, same), *_, (strongest, changed) = sweep(name, image, 3)
    assert nothing == IMAGES[name].amount.none
    assert apart(image, same) <= (2 if name == "sharpen" else 0.5)
    assert changed.shape == image.shape
    assert changed.dtype == np.uint8
    assert strongest in (IMAGES[name].amount.low, IMAGES[name].amount.high)
    if colours == 3 or EFFECTS[name].sort != "colour":
        assert apart(image, changed) > 1


def test_flips_mirror_exactly():
    image = picture()
    assert (done(image, [("flip", {"turned": 1})]) == image[:, ::-1]).all()
    assert (done(image, [("flip-vertical", {"turned": 1})]) == image[::-1]).all()
    assert (done(image, [("flip", {"turned": 0})]) == image).all()


def test_a_quarter_of_a_turn_is_one_and_goes_against_the_clock():
    image = picture()[:40, :40]
    assert apart(done(image, [("rotate", {"degrees": 90.0})]), np.rot90(image)) < 0.01


def test_translation_moves_by_its_share_and_fills_as_it_is_told():
    image = picture()
    told = [("translate", {"right": 0.5, "down": 0.0})]
    for fill, edge in (
        ("constant", np.zeros_like(image[:, :30])),
        ("edge", np.repeat(image[:, :1], 30, 1)),
        ("reflect", image[:, 30:0:-1]),
    ):
        moved = done(image, told, fill)
        assert (moved[:, 30:] == image[:, :30]).all()
        assert (moved[:, :30] == edge).all()


def test_zoom_keeps_the_middle_and_crop_shows_a_part_of_it():
    image = picture()
    nearer = done(image, [("zoom", {"nearer": 1.0})])
    assert apart(nearer[H // 2 - 3 : H // 2 + 3, W // 2 - 3 : W // 2 + 3], image[H // 2 - 3 : H // 2 + 3, W // 2 - 3 : W // 2 + 3]) < 6
    part = done(image, [("crop", {"kept": 0.5, "left": 0.5, "top": 0.0})])
    assert apart(part, cv2.resize(image[:20, 30:], (W, H), interpolation=cv2.INTER_LINEAR)) < 1.5


def test_shear_slants_and_perspective_moves_the_corners_in():
    image = np.zeros((41, 41), np.uint8)
    image[:, 20] = 255
    slanted = done(image, [("shear", {"degrees": 45.0})], "constant")
    assert [int(slanted[row].argmax()) for row in (10, 20, 30)] == [10, 20, 30]
    corners = {f"{side}{number}": 0.25 for number in range(1, 5) for side in "xy"}
    white = np.full((41, 41), 255, np.uint8)
    seen = done(white, [("perspective", corners)], "constant")
    assert seen[20, 20] == 255
    assert seen[5, 5] == 0


def test_geometric_operations_in_a_row_are_one_and_order_counts():
    image = picture()
    there_and_back = [("rotate", {"degrees": 30.0}), ("rotate", {"degrees": -30.0})]
    assert (done(image, there_and_back) == image).all()
    one = done(image, [("translate", {"right": 0.2, "down": 0.0}), ("flip", {"turned": 1})])
    other = done(image, [("flip", {"turned": 1}), ("translate", {"right": 0.2, "down": 0.0})])
    assert apart(one, other) > 1
    assert np.allclose(geometry.turned(20) @ geometry.turned(25), geometry.turned(45))


def test_brightness_adds_contrast_spreads_around_the_mean():
    image = np.full((8, 8), 100, np.uint8)
    image[:, 4:] = 140
    assert np.unique(done(image, [("brightness", {"change": 0.2})])).tolist() == [151, 191]
    assert np.unique(done(image, [("contrast", {"change": 0.5})])).tolist() == [90, 150]
    both = done(image, [("brightness", {"change": 0.2}), ("contrast", {"change": 1.0})])  # around the new mean, 171
    assert np.unique(both).tolist() == [131, 211]


def test_colours():
    red = np.zeros((2, 2, 3), np.uint8)
    red[..., 0] = 200
    grey = done(red, [("gray", {})])
    assert np.unique(grey).tolist() == [60]  # 0.299 · 200
    assert (done(red, [("saturation", {"change": -1.0})]) == grey).all()
    turned = done(red, [("hue", {"degrees": 180.0})])[0, 0].astype(int)
    assert turned[0] < min(turned[1], turned[2])
    assert apart(done(red, [("hue", {"degrees": 120.0}), ("hue", {"degrees": -120.0})]), red) <= 1
    flat = picture(1)
    assert (done(flat, [("gray", {}), ("hue", {"degrees": 90.0})]) == flat).all()


def test_noise_has_the_deviation_that_was_drawn_and_pixels_their_share():
    image = np.full((200, 200, 3), 128, np.uint8)
    noisy = done(image, [("gaussian-noise", {"deviation": 0.1, "seed": 1})])
    assert noisy.std() == pytest.approx(25.5, rel=0.02)
    assert noisy.mean() == pytest.approx(128, abs=0.5)
    black = done(image, [("black-pixels", {"share": 0.3, "seed": 1})])
    assert (black == 0).all(-1).mean() == pytest.approx(0.3, abs=0.01)
    any_colour = done(image, [("random-pixels", {"share": 0.3, "seed": 1})])
    changed = (any_colour != image).any(-1)
    assert changed.mean() == pytest.approx(0.3, abs=0.01)
    assert any_colour[changed].std() > 60


def test_erasing_covers_its_area_with_the_mean_colour():
    image = picture()
    gone = done(image, [("erase", {"area": 0.25, "shape": 0.0, "x": 0.0, "y": 0.0})])
    changed = (gone != image).any(-1)
    assert changed.mean() == pytest.approx(0.25, abs=0.02)
    assert (gone[2, 2] == np.array(cv2.mean(image)[:3]).astype(np.uint8)).all()
    assert (gone[H // 2 + 1 :] == image[H // 2 + 1 :]).all()


def test_blur_sharpen_motion_and_jpeg():
    image = np.zeros((100, 100), np.uint8)
    image[:, 50:] = 200
    edges = lambda found: np.abs(np.diff(found.astype(int), axis=1)).max()  # noqa: E731
    assert edges(done(image, [("blur", {"width": 3.0})])) < 60
    assert edges(done(np.clip(image, 50, 150), [("sharpen", {"strength": 2.0})])) > 120
    along = done(image, [("motion-blur", {"length": 11.0, "degrees": 0.0})])
    across = done(image, [("motion-blur", {"length": 11.0, "degrees": 90.0})])
    assert edges(along) < 60
    assert edges(across) == 200
    photo = picture()
    losses = [apart(photo, done(photo, [("jpeg", {"quality": quality})])) for quality in (90, 30, 5)]
    assert losses == sorted(losses)
    assert losses[0] < losses[2]


def test_mixtures_share_the_label_as_they_share_the_pixels():
    dark, light = np.zeros((20, 20), np.uint8), np.full((20, 20), 200, np.uint8)
    mixed, share = EFFECTS["mixup"].do({"weight": 0.75}, dark, light)
    assert (mixed == 50).all()
    assert share == 0.75
    cut, share = EFFECTS["cutmix"].do({"weight": 0.75, "x": 1.0, "y": 1.0}, dark, light)
    assert (cut == 200).mean() == pytest.approx(0.25)
    assert share == pytest.approx(1 - (cut == 200).mean())
    assert (cut[10:, 10:] == 200).all()


def test_a_variant_tells_what_was_mixed_in():
    made = variant(chain("mixup", "cutmix"), picture(), 0, [picture(1), picture()[:20]])
    assert made.image.shape == (H, W, 3)
    assert made.share == pytest.approx(1 - sum(made.shares.values()))
    assert 0 <= made.share <= 1
    assert all(0 <= drawn["other"] < 2 for _, drawn in made.drawn)
    alone = variant(chain("mixup", "flip"), picture())
    assert [name for name, _ in alone.drawn] == ["flip"]
    assert alone.share == 1


@pytest.mark.parametrize("name", PRESETS)
def test_a_seed_decides_everything_and_each_variant_differs(name):
    ready, image = PRESETS[name].checked(IMAGES), picture()
    made = [variant(ready, image, number) for number in range(6)]
    again = variant(ready, image, 4)
    assert (again.image == made[4].image).all()
    assert again.drawn == made[4].drawn
    assert len({one.image.tobytes() for one in made}) > 3
    assert json.loads(json.dumps(made[0].drawn))
    assert done(image, made[3].drawn, ready.fill).tobytes() == made[3].image.tobytes()
    moved = variant(Chain.from_dict({**ready.to_dict(), "seed": 1}, TABLES), image, 4)
    assert moved.drawn != again.drawn


def test_all_one_or_a_few():
    ready = chain("flip", "rotate", "blur", "jpeg")
    for way, counts in (("all", {4}), ("one", {1}), ("few", {2})):
        drawn = [Chain("image", ready.steps, way).drawn(generator(0, number)) for number in range(30)]
        assert {len(places) for places in drawn} == counts
        assert all(places == sorted(places) for places in drawn)
    assert {place for number in range(30) for place in Chain("image", ready.steps, "one").drawn(generator(0, number))} == {0, 1, 2, 3}
    half = Chain("image", (Step("flip", None, 0.5),))
    assert 60 < sum(len(half.drawn(generator(0, number))) for number in range(200)) < 140


def test_a_chain_travels_as_json_and_is_read_from_words():
    ready = PRESETS["The course's chain"]
    assert Chain.from_dict(json.loads(json.dumps(ready.to_dict())), TABLES) == ready.checked(IMAGES)
    read = Chain.read("rotate=30, flip,jpeg=12", "image", IMAGES, seed=5)
    assert read.steps == (Step("rotate", 30.0), Step("flip"), Step("jpeg", 12))
    assert read.seed == 5


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"format": "x"}, "no chain"),
        ({"kind": "video"}, "kind is video"),
        ({"steps": []}, "0 operations"),
        ({"steps": [{"name": "flip"}] * 31}, "31 operations"),
        ({"steps": [{"name": "__import__"}]}, "no operation “__import__”"),
        ({"steps": [{"name": ["flip"]}]}, "no operation"),
        ({"steps": ["flip"]}, "steps cannot be read"),
        ({"steps": [{"name": "flip", "eval": "1"}]}, "steps cannot be read"),
        ({"steps": [{"name": "rotate", "amount": 1e9}]}, "Degrees of rotate is 1000000000.0"),
        ({"steps": [{"name": "rotate", "amount": float("nan")}]}, "Degrees of rotate is nan"),
        ({"steps": [{"name": "rotate", "amount": True}]}, "Degrees of rotate is True"),
        ({"steps": [{"name": "jpeg", "amount": 12.5}]}, "Quality of jpeg is 12.5"),
        ({"steps": [{"name": "flip", "chance": 2}]}, "chance of flip is 2"),
        ({"way": "some"}, "way is some"),
        ({"fill": "wrap"}, "fill is wrap"),
        ({"few": 0}, "few is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"__class__": "x"}, "“__class__” is not known"),
    ],
)
def test_what_is_no_chain_is_refused(changed, said):
    with pytest.raises(UserError, match=said):
        Chain.from_dict({**PRESETS["Gentle"].to_dict(), **changed}, TABLES)


@pytest.mark.parametrize(
    ("ops", "said"), [("", "0 operations"), ("rotate,", None), ("turn", "no operation “turn”"), ("rotate=x", "“x” is no number")]
)
def test_words_that_are_no_operations_are_refused(ops, said):
    if said is None:
        assert len(Chain.read(ops, "image", IMAGES).steps) == 1
        return
    with pytest.raises(UserError, match=said):
        Chain.read(ops, "image", IMAGES)
