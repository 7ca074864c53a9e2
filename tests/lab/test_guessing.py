"""Be the discriminator, through the Lab: tiles of a moment, what they were, and who plays the real ones."""

import base64
import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from genhub import catalog, hub
from genhub.data import image_sets
from genhub.errors import UserError
from genhub.images import stored
from genhub.images.coder import Shape
from genhub.images.gans import moments
from genhub.images.variants import Blueprint, build
from tests.inline_worker import InlineWorker
from tests.lab.test_images import picture

VISITOR, OTHER = "v" * 43, "w" * 43
PLAYS_REAL = catalog.PLAY_REAL[0]
PLAYER = f"model:{PLAYS_REAL}"
PAIR = Blueprint("gan", "dcgan-narrow", Shape(1, 28, 28), 4, options={"normed": False})


def believing(everything: float):
    """A pair whose discriminator takes everything for real, or nothing."""
    gan = build(PAIR)
    with torch.no_grad():
        for tensor in gan.discriminator.parameters():
            tensor.zero_()
        list(gan.discriminator.parameters())[-1].fill_(everything)
    return gan


@pytest.fixture
def lab(lab, monkeypatch, tmp_path):
    """Three moments: of the first the discriminator takes everything for real, of the second nothing, the last one is the finished model."""
    along, player = tmp_path / "along", tmp_path / "player"
    stored.save(along, PAIR, build(PAIR))
    moments.save(along, {50: moments.state(believing(9.0)), 100: moments.state(believing(-9.0))}, 300)
    stored.save(player, PAIR, build(PAIR))
    monkeypatch.setattr(hub, "image_models", lambda: {catalog.ALONG: along, PLAYS_REAL: player})
    lab.worker = InlineWorker()
    return lab


def test_moments_are_told_the_finished_one_last(lab):
    assert lab.moments() == [50, 100, 300]


def test_the_same_tiles_come_again_and_are_judged(lab):
    told = [lab.tiles(VISITOR, PLAYER, moment, 7) for moment in (1, 1, 2)]
    assert (picture(told[0]["picture"]).shape[1] - 28) % 3 == 0
    assert told[0]["picture"] == told[1]["picture"] != told[2]["picture"]
    for moment, taken_for in ((1, False), (2, True)):
        blind = lab.guessed(VISITOR, PLAYER, moment, 7, [False] * 12)
        assert blind["machine"] == [taken_for] * 12
        assert blind["machine_right"] == sum(one == taken_for for one in blind["fake"])
        assert 3 <= sum(blind["fake"]) <= 9
        assert blind["right"] == 12 - sum(blind["fake"])
        assert lab.guessed(VISITOR, PLAYER, moment, 7, blind["fake"])["right"] == 12


def taken(lab, tmp_path, side: int, name: str) -> str:
    x = np.full((80, side, side), 200, np.uint8)
    np.savez(tmp_path / f"{name}.npz", x=x)
    return lab.take_images(VISITOR, tmp_path / f"{name}.npz").id


def test_a_set_of_the_visitor_plays_the_real_ones_where_it_fits(lab, tmp_path):
    own, small = (taken(lab, tmp_path, side, name) for side, name in ((28, "mine"), (16, "small")))
    known = lab.real_images(VISITOR)
    assert f"set:{own}" in known
    assert f"set:{small}" not in known
    assert list(known)[-1] == PLAYER
    answer = lab.guessed(VISITOR, f"set:{own}", 3, 1, [False] * 12)
    pixels = picture(lab.tiles(VISITOR, f"set:{own}", 3, 1)["picture"])
    first = pixels[:28, :28]
    assert (first == 200).all() != answer["fake"][0]


def test_a_set_of_somebody_else_is_not_offered(lab, tmp_path, monkeypatch):
    monkeypatch.setattr(lab, "owner", lambda visitor: visitor[0])
    own = taken(lab, tmp_path, 28, "mine")
    assert f"set:{own}" not in lab.real_images(OTHER)
    with pytest.raises(UserError, match="Real is"):
        lab.tiles(OTHER, f"set:{own}", 1, 0)


def test_real_images_of_this_machine_play_where_its_owner_has_them(lab, tmp_path):
    (tmp_path / "data" / "images").mkdir(parents=True)
    np.savez(tmp_path / "data" / "images" / "fashion_mnist_test.npz", x=np.zeros((50, 28, 28), np.uint8))
    settings = lab.settings
    lab.settings = replace(settings, data=tmp_path / "data")
    assert next(iter(lab.real_images(VISITOR))) == "data"
    assert lab.guessed(VISITOR, "data", 1, 0, [True] * 12)["right"] >= 3
    lab.settings = replace(settings, data=tmp_path)
    assert "data" not in lab.real_images(VISITOR)


@pytest.mark.parametrize(
    ("real", "moment", "fake", "said"),
    [
        (PLAYER, 0, [True] * 12, "There is no such moment. From 1 to 3."),
        (PLAYER, 4, [True] * 12, "There is no such moment"),
        (PLAYER, 1, [True] * 11, "These are no guesses"),
        ("set:../up", 1, [True] * 12, "Real is"),
        (None, 1, [True] * 12, "Real is"),
    ],
)
def test_what_cannot_be_guessed(lab, real, moment, fake, said):
    with pytest.raises(UserError) as refused:
        lab.guessed(VISITOR, real, moment, 0, fake)
    assert said in str(refused.value)


@pytest.mark.parametrize("seed", ["abc", -1, 1e400, None])
def test_a_seed_is_a_number(lab, seed):
    with pytest.raises(UserError, match="Seed is"):
        lab.tiles(VISITOR, PLAYER, 1, seed)


def test_without_the_model_nothing_is_dealt(lab, monkeypatch):
    monkeypatch.setattr(hub, "image_models", dict)
    assert lab.moments() == []
    with pytest.raises(UserError, match="is not here"):
        lab.tiles(VISITOR, PLAYER, 1, 0)


def test_a_pair_is_stepped_through(lab, tmp_path):
    images = taken(lab, tmp_path, 8, "small")
    values = {"variant": "dense-small"}
    first = lab.gan_turn(VISITOR, images, values, "a", "none")
    assert first["made"] == {"discriminator": 0, "generator": 0}
    assert picture(first["wanted"]).shape[2] == 3
    told = [
        lab.gan_turn(VISITOR, images, values, "a", turn, count) for turn, count in (("discriminator", 1), ("generator", 2), ("both", 3))
    ]
    assert [one["made"] for one in told] == [
        {"discriminator": 1, "generator": 0},
        {"discriminator": 1, "generator": 2},
        {"discriminator": 4, "generator": 5},
    ]
    assert told[0]["drawn"] == first["drawn"] != told[1]["drawn"]  # the discriminator's step changes no image
    assert told[0]["believed_drawn"] != first["believed_drawn"]
    assert lab.gan_turn(VISITOR, images, values, "b", "none")["made"]["discriminator"] == 0  # another one
    assert lab.gan_turn(VISITOR, images, {**values, "loss": "hinge"}, "b", "discriminator")["made"]["discriminator"] == 1
    critic = lab.gan_turn(VISITOR, images, {**values, "loss": "wasserstein"}, "c", "both", 2)
    assert critic["made"] == {"discriminator": 6, "generator": 2}
    assert lab.gan_turn(VISITOR, images, values, "a", "none")["made"] == {"discriminator": 4, "generator": 5}  # each token its own pair


@pytest.mark.parametrize(
    ("values", "turn", "count", "said"),
    [
        ({}, "mine", 1, "nobody's turn"),
        ({}, "both", 101, "From 1 to 100"),
        ({}, "both", 0, "From 1 to 100"),
        ({"loss": "magic"}, "both", 1, "Loss is “magic”"),
        ({"conditional": True}, "both", 1, "There are no classes"),
    ],
)
def test_steps_that_cannot_be_made(lab, tmp_path, values, turn, count, said):
    images = taken(lab, tmp_path, 8, "small")
    with pytest.raises(UserError) as refused:
        lab.gan_turn(VISITOR, images, {"variant": "dense-small", **values}, "a", turn, count)
    assert said in str(refused.value)


def test_sets_are_read_in_part(tmp_path):
    rows = tmp_path / "rows.jsonl"
    row = json.dumps({"image": base64.b64encode(image_sets.png(np.zeros((8, 8), np.uint8))).decode(), "label": "a"})
    rows.write_text(f"{row}\n" * 5)
    x, labels = image_sets.read_rows(rows, 3)
    assert (x.shape, labels) == ((3, 8, 8), ["a"] * 3)
    rows.write_text("".join(row.replace('"a"', f'"{number // 50}"') + "\n" for number in range(100)))
    assert image_sets.read_rows(rows, 10)[1] == ["0"] * 5 + ["1"] * 5  # from all over a set that is sorted by class
