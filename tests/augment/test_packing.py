"""Variants of a picture to take home: the ZIP holds them whole, and what it takes to make them again."""

import io
import json
import zipfile

import cv2
import numpy as np
import pytest
from PIL import Image

from genhub.augment import packing
from genhub.augment.images.effects import done
from genhub.augment.images.table import IMAGES, PRESETS
from genhub.augment.images.variants import variant
from genhub.augment.kinds import chain_of
from genhub.errors import UserError

GENTLE = PRESETS["Gentle"]


def picture(colours: int = 3) -> np.ndarray:
    y, x = np.mgrid[0:40, 0:60]
    found = np.stack([4 * x, 6 * y, 255 - 2 * x - 2 * y][:colours], -1).clip(0, 255).astype(np.uint8)
    return found if colours == 3 else found[..., 0]


def saved(path, image: np.ndarray) -> str:
    Image.fromarray(image).save(path)
    return str(path)


def request(tmp_path, image: np.ndarray, chain=GENTLE, copies: int = 3, others=()) -> dict:
    paths = [saved(tmp_path / f"other-{number}.png", other) for number, other in enumerate(others)]
    given = {"path": saved(tmp_path / "given.png", image), "others": paths, "chain": chain.to_dict(), "copies": copies}
    return {**given, "name": "My {cat}.png", "out": str(tmp_path / "out.zip")}


def unpacked(path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def pixels(png: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image)


@pytest.mark.parametrize("colours", [1, 3])
def test_each_variant_lies_there_in_the_size_and_colours_of_the_picture(tmp_path, colours):
    image = picture(colours)
    assert packing.photo(request(tmp_path, image)) == {"count": 3}
    files = unpacked(tmp_path / "out.zip")
    assert [*files] == ["variant-0000.png", "variant-0001.png", "variant-0002.png", "README.md", "chain.json", "drawn.json"]
    for number in range(3):
        made = pixels(files[f"variant-{number:04d}.png"])
        assert made.shape == image.shape
        assert np.array_equal(made, variant(GENTLE, image, number).image)


def test_the_chain_and_what_was_drawn_make_the_variants_again(tmp_path):
    image = picture()
    packing.photo(request(tmp_path, image, PRESETS["One at random, of many"], 6))
    files = unpacked(tmp_path / "out.zip")
    chain, drawn = chain_of(json.loads(files["chain.json"]), "image"), json.loads(files["drawn.json"])
    assert chain == PRESETS["One at random, of many"].checked(IMAGES)
    assert [len(told) for told in drawn] == [1] * 6
    for number, told in enumerate(drawn):
        again = done(image, [(name, values) for name, values in told], chain.fill)
        assert np.array_equal(pixels(files[f"variant-{number:04d}.png"]), again)


def test_the_card_says_of_what_and_how_they_were_made(tmp_path):
    packing.photo(request(tmp_path, picture(), copies=2))
    card = unpacked(tmp_path / "out.zip")["README.md"].decode()
    assert "# 2 variants of one picture" in card
    assert "Made of “My {cat}.png” (60 × 40 pixels)" in card
    assert "seed 0" in card
    assert "- flip, chance 1\n- rotate 10, chance 1\n- translate 0.05, chance 1\n" in card


def test_mixtures_take_the_other_pictures(tmp_path):
    chain = chain_of({**GENTLE.to_dict(), "steps": [{"name": "mixup"}], "seed": 4}, "image")
    others = [np.full((20, 30, 3), 255, np.uint8), np.zeros((40, 60, 3), np.uint8)]
    packing.photo(request(tmp_path, picture(), chain, 8, others))
    files = unpacked(tmp_path / "out.zip")
    drawn = json.loads(files["drawn.json"])
    assert {told["other"] for ((_, told),) in drawn} == {0, 1}
    for number, ((_, told),) in enumerate(drawn):
        made = pixels(files[f"variant-{number:04d}.png"]).astype(float)
        expected = told["weight"] * picture() + (1 - told["weight"]) * (255.0 if told["other"] == 0 else 0.0)
        assert np.abs(made - expected).max() <= 0.51


def test_more_pixels_than_fit_are_refused_with_how_many_would(tmp_path, monkeypatch):
    monkeypatch.setattr(packing, "MOST_PIXELS", 5 * 40 * 60 + 7)
    with pytest.raises(UserError, match="6 variants of 60 × 40 pixels are too much") as refused:
        packing.photo(request(tmp_path, picture(), copies=6))
    assert "Ask for 5." in str(refused.value)
    assert not (tmp_path / "out.zip").exists()
    assert packing.photo(request(tmp_path, picture(), copies=5)) == {"count": 5}


def test_a_picture_is_read_red_first_and_without_its_transparency(tmp_path):
    red = np.zeros((20, 20, 3), np.uint8)
    red[..., 0] = 200
    assert np.array_equal(packing.read(saved(tmp_path / "red.png", red)), red)
    clear = np.dstack([red, np.full((20, 20), 9, np.uint8)])
    assert np.array_equal(packing.read(saved(tmp_path / "clear.png", clear)), red)
    assert packing.read(saved(tmp_path / "grey.png", picture(1))).shape == (40, 60)
    assert np.array_equal(cv2.imdecode(np.frombuffer(packing.png(red), np.uint8), cv2.IMREAD_COLOR)[..., ::-1], red)


@pytest.mark.parametrize("data", [None, b"no picture"])
def test_a_picture_that_is_not_there_is_said(tmp_path, data):
    path = tmp_path / "gone.png"
    if data:
        path.write_bytes(data)
    with pytest.raises(UserError, match="not here any more"):
        packing.read(path)


def test_a_chain_for_texts_packs_no_pictures(tmp_path):
    given = request(tmp_path, picture())
    given["chain"] = {**given["chain"], "kind": "text", "steps": [{"name": "swap"}]}
    with pytest.raises(UserError, match="This is a chain for texts"):
        packing.photo(given)
