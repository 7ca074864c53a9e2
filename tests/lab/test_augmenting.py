"""Augmentation through the Lab: pictures, texts and tables in, variants and rows out, chains as files; and what is refused on the way."""

import base64
import csv
import io
import json
import math
import re
import zipfile

import numpy as np
import pytest
from PIL import Image

from genhub import hub, settings
from genhub.augment.images.table import IMAGES
from genhub.augment.images.table import PRESETS as IMAGE_PRESETS
from genhub.augment.images.variants import variant
from genhub.augment.kinds import chain_of
from genhub.augment.packing import read
from genhub.augment.texts.table import PRESETS as TEXT_PRESETS
from genhub.data import photos, pictures
from genhub.errors import UserError
from genhub.lab import Lab, augmenting
from genhub.lab.augmenting import PhotoInfo
from tests.inline_worker import InlineWorker

VISITOR, OTHER = "v" * 43, "w" * 43
GENTLE, TYPING = IMAGE_PRESETS["Gentle"].to_dict(), TEXT_PRESETS["Careless typing"].to_dict()
NAN = math.nan
HOSTILE_COUNTS = (0, -1, 17, 1.5, NAN, math.inf, True, "3", None, [3], 10**400)


@pytest.fixture
def lab(lab):
    lab.worker = InlineWorker()
    return lab


@pytest.fixture
def public(home, monkeypatch):
    monkeypatch.setenv("GENHUB_PROFILE", "public")
    made = Lab(settings.get())
    made.worker = InlineWorker()
    yield made
    made.close()


def picture(height: int = 40, width: int = 60, colours: int = 3) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    found = np.stack([255 * x / width, 255 * y / height, 255 - 255 * x / width][:colours], -1).astype(np.uint8)
    return found if colours == 3 else found[..., 0]


def saved(path, image: np.ndarray):
    Image.fromarray(image).save(path)
    return path


def pixels(shown: str) -> np.ndarray:
    with Image.open(io.BytesIO(base64.b64decode(shown.partition(",")[2]))) as image:
        return np.asarray(image)


def left_behind(lab) -> list:
    return [path for path in lab.settings.uploads.rglob("*") if path.is_file()] if lab.settings.uploads.exists() else []


# ---- pictures -------------------------------------------------------------------------------------------------------


def test_photographs_of_installed_packages_are_offered_and_vary(lab):
    offered = lab.photographs()
    assert set(offered) == set(photos.ALL)
    assert lab.photo_info(VISITOR, "cat") == PhotoInfo("cat", "A cat", whose="Stéfan van der Walt, CC0")
    told = lab.vary_photo(VISITOR, "camera", GENTLE, 2)
    assert len(told["variants"]) == 2
    assert pixels(told["variants"][0]["picture"]).ndim == 2  # it is grey
    assert len(lab.vary_photo(VISITOR, "flower", GENTLE)["variants"]) == 16


def test_a_photograph_that_is_not_installed_is_not_offered(monkeypatch):
    gone = photos.Photo("Nothing", "no_such_package", "a.png", "")
    lost = photos.Photo("Lost", "skimage", "data/no-such.png", "")
    monkeypatch.setattr(photos, "ALL", {"gone": gone, "lost": lost, "cat": photos.ALL["cat"]})
    photos.here.cache_clear()
    try:
        assert (gone.path, lost.path) == (None, None)
        assert list(photos.here()) == ["cat"]
    finally:
        photos.here.cache_clear()


def test_a_picture_of_ones_own_is_taken_varied_and_looked_at(lab, tmp_path):
    image = picture()
    info = lab.take_photo(VISITOR, saved(tmp_path / "my <b>cat.png", image))
    assert (info.name, info.width, info.height, info.grey, info.whose) == ("my <b>cat.png", 60, 40, False, "")
    assert lab.photo_info(VISITOR, info.id) == info
    told = lab.vary_photo(VISITOR, info.id, GENTLE, 3)["variants"]
    expected = variant(chain_of(GENTLE, "image"), image, 2)
    assert np.array_equal(pixels(told[2]["picture"]), expected.image)
    near = lab.vary_closer(VISITOR, info.id, GENTLE, 2)
    assert np.array_equal(pixels(near["before"]), image)
    assert near["after"] == told[2]["picture"]


def test_mixtures_are_with_the_other_photographs(lab):
    chain = {**GENTLE, "steps": [{"name": "mixup", "amount": 2.0}]}
    told = lab.vary_photo(VISITOR, "cat", chain, 16)["variants"]
    others = {place for one in told for place in one["shares"]}
    assert others <= {str(place) for place in range(len(photos.ALL) - 1)}
    assert len(others) > 2


def test_a_sweep_has_seven_steps_and_the_fill_of_the_chain(lab, tmp_path):
    photo = lab.take_photo(VISITOR, saved(tmp_path / "a.png", picture())).id
    told = lab.photo_sweep(VISITOR, photo, "translate", "constant")
    assert told["amounts"] == pytest.approx(np.linspace(0, 0.9, 7).tolist())
    assert pixels(told["pictures"][-1])[:, :50].max() == 0
    assert pixels(lab.photo_sweep(VISITOR, photo, "translate", "reflect")["pictures"][-1])[:, :50].max() > 0


def test_variants_are_taken_home_in_the_pictures_own_size(lab, tmp_path):
    image = picture(900, 1_400)
    photo = lab.take_photo(VISITOR, saved(tmp_path / "large.png", image)).id
    folder = lab.settings.uploads / "local" / photo
    with Image.open(folder / pictures.WHOLE) as whole, Image.open(folder / pictures.PREVIEW) as preview:
        assert np.array_equal(np.asarray(whole), image)
        assert preview.width * preview.height == pytest.approx(pictures.PREVIEW_PIXELS, rel=0.002)
        assert preview.width / preview.height == pytest.approx(14 / 9, rel=0.002)
    path = lab.photo_file(VISITOR, photo, GENTLE, {"copies": 2})
    assert path.is_relative_to(lab.settings.downloads)
    with zipfile.ZipFile(path) as archive:
        packed = [np.asarray(Image.open(io.BytesIO(archive.read(f"variant-000{number}.png")))) for number in range(2)]
        assert "“large.png” (1400 × 900 pixels)" in archive.read("README.md").decode()
    for number, made in enumerate(packed):
        assert np.array_equal(made, variant(chain_of(GENTLE, "image"), image, number).image)
    with zipfile.ZipFile(lab.photo_file(VISITOR, "coffee", GENTLE, {})) as archive:
        assert sum(name.endswith(".png") for name in archive.namelist()) == 16
        assert "“A cup of coffee”" in archive.read("README.md").decode()


@pytest.mark.parametrize(
    ("mode", "how", "told"),
    [
        ("L", {"format": "PNG"}, (60, 40, True)),
        ("RGB", {"format": "JPEG", "exif": 6}, (40, 60, False)),  # taken with the camera on its side
        ("RGBA", {"format": "WEBP", "lossless": True}, (60, 40, False)),
        ("P", {"format": "PNG"}, (60, 40, False)),
    ],
)
def test_a_picture_stands_upright_and_keeps_its_colours_only(tmp_path, mode, how, told):
    image = Image.fromarray(picture()).convert(mode)
    if mode == "RGBA":
        image.putalpha(Image.fromarray(np.where(np.arange(60) < 30, 0, 255).astype(np.uint8)[None].repeat(40, 0)))
    if "exif" in how:
        exif = Image.Exif()
        exif[0x0112] = how["exif"]
        how = {**how, "exif": exif}
    image.save(tmp_path / "given", **how)
    said = pictures.keep({"path": str(tmp_path / "given"), "name": "given", "folder": str(tmp_path)})
    assert (said["width"], said["height"], said["grey"]) == told
    kept = read(tmp_path / pictures.WHOLE)
    assert kept.shape == (told[1], told[0]) if told[2] else (told[1], told[0], 3)
    assert (tmp_path / pictures.PREVIEW).read_bytes() == (tmp_path / pictures.WHOLE).read_bytes()
    if mode == "RGBA":
        assert kept[:, :30].min() == 255  # what was transparent is white
        assert np.array_equal(kept[:, 30:], picture()[:, 30:])


def test_files_that_are_no_pictures_are_refused_and_leave_nothing(lab, tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    whole = saved(tmp_path / "whole.png", picture()).read_bytes()
    (tmp_path / "half.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.png").write_bytes(b"")
    saved(tmp_path / "small.png", picture(8, 8))
    Image.fromarray(picture()).save(tmp_path / "a.bmp")
    frames = [Image.fromarray(picture() // (1 + number)) for number in range(2)]
    frames[0].save(tmp_path / "film.webp", save_all=True, append_images=frames[1:])
    for name, said in (
        ("text.png", "“text.png” is no PNG, JPEG or WebP image"),
        ("half.png", "is damaged"),
        ("empty.png", "empty"),
        ("small.png", "8 × 8 pixels"),
        ("a.bmp", "a.bmp"),
        ("film.webp", "a film of 2 frames"),
        ("missing.png", "The file is not there"),
    ):
        with pytest.raises(UserError, match=re.escape(said)):
            lab.take_photo(VISITOR, tmp_path / name)
    assert left_behind(lab) == []


def test_a_picture_with_too_many_pixels_is_refused_before_it_is_decoded(public, tmp_path):
    Image.new("L", (5_000, 4_000)).save(tmp_path / "huge.png")
    with pytest.raises(UserError, match="5,000 × 4,000 pixels"):
        public.take_photo(VISITOR, tmp_path / "huge.png")


def test_a_picture_is_its_owners_alone(public, tmp_path):
    photo = public.take_photo(VISITOR, saved(tmp_path / "a.png", picture())).id
    assert public.vary_photo(VISITOR, photo, GENTLE, 1)["variants"]
    for call in (
        lambda: public.vary_photo(OTHER, photo, GENTLE, 1),
        lambda: public.vary_closer(OTHER, photo, GENTLE, 1),
        lambda: public.photo_sweep(OTHER, photo, "rotate"),
        lambda: public.photo_file(OTHER, photo, GENTLE, {}),
        lambda: public.photo_info(OTHER, photo),
    ):
        with pytest.raises(UserError, match="This photo is not here any more"):
            call()


@pytest.mark.parametrize("photo", ["", "nothing", "../../etc/passwd", "0" * 32, None, 7, "cat\x00"])
def test_a_picture_that_is_none_is_refused(lab, photo):
    for call in (
        lambda: lab.vary_photo(VISITOR, photo, GENTLE, 1),
        lambda: lab.photo_file(VISITOR, photo, GENTLE, {}),
        lambda: lab.photo_info(VISITOR, photo),
    ):
        with pytest.raises(UserError):
            call()


@pytest.mark.parametrize("photo", [["cat"], {}])
def test_a_picture_that_is_no_text_is_refused(lab, photo):
    with pytest.raises(UserError):
        lab.vary_photo(VISITOR, photo, GENTLE, 1)


def test_what_is_refused_leaves_no_folder(lab):
    for call in (
        lambda: lab.photo_file(VISITOR, "cat", {}, {}),
        lambda: lab.resampled(VISITOR, lab.take_number_table(VISITOR, "wine-rare").id, {"label": "nothing"}),
    ):
        with pytest.raises(UserError):
            call()
    assert [*lab.settings.downloads.glob("*/*")] == []


@pytest.mark.parametrize("count", HOSTILE_COUNTS)
def test_so_many_variants_are_not_shown(lab, count):
    with pytest.raises(UserError, match="It is a whole number from 1 to 16"):
        lab.vary_photo(VISITOR, "cat", GENTLE, count)


@pytest.mark.parametrize("copies", [0, 1_001, 1.5, NAN, "many", None, True])
def test_so_many_variants_are_not_packed(lab, copies):
    with pytest.raises(UserError, match="Copies"):
        lab.photo_file(VISITOR, "cat", GENTLE, {"copies": copies})


def test_other_values_out_of_bounds_are_refused(lab):
    for number in (-1, 10_001, NAN, "1", None):
        with pytest.raises(UserError, match="It is a whole number from 0 to 10,000"):
            lab.vary_closer(VISITOR, "cat", GENTLE, number)
    for name in ("", "turn", "__class__", None, ["rotate"]):
        with pytest.raises(UserError, match="Operation is"):
            lab.photo_sweep(VISITOR, "cat", name)
    for fill in ("wrap", None, 5):
        with pytest.raises(UserError, match="Fill"):
            lab.photo_sweep(VISITOR, "cat", "rotate", fill)


@pytest.mark.parametrize(
    "chain",
    [None, "flip", [], {}, TYPING, {**GENTLE, "steps": []}, {**GENTLE, "steps": [{"name": "rotate", "amount": NAN}]}, {**GENTLE, "x": 1}],
)
def test_a_chain_that_is_none_for_pictures_is_refused_everywhere(lab, chain):
    for call in (
        lambda: lab.vary_photo(VISITOR, "cat", chain, 1),
        lambda: lab.vary_closer(VISITOR, "cat", chain, 1),
        lambda: lab.photo_file(VISITOR, "cat", chain, {"copies": 1}),
        lambda: lab.chain_file(VISITOR, chain, "image"),
        lambda: lab.chain_code(chain, "image"),
    ):
        with pytest.raises(UserError):
            call()


# ---- texts ----------------------------------------------------------------------------------------------------------


def test_texts_are_varied_each_so_often(lab):
    told = lab.vary_texts(VISITOR, ["The cat sat.", "Nobody came."], {**TYPING, "steps": [{"name": "keyboard", "amount": 0.5}]}, 3)
    assert [one["of"] for one in told["variants"]] == [0, 0, 0, 1, 1, 1]
    assert len({one["text"] for one in told["variants"]}) == 6
    assert all(one["similarity"] < 1 - 1e-5 for one in told["variants"])


def test_texts_that_are_none_or_too_many_are_refused(lab):
    for texts, said in (
        ([], "empty"),
        ("one", "not a list"),
        (["one", ""], "Text 2"),
        ([None], "Text 1"),
        (["x"] * 201, "There are 201 texts"),
        (["x" * 100_001], "Text 1"),
    ):
        with pytest.raises(UserError, match=said):
            lab.vary_texts(VISITOR, texts, TYPING, 1)
    with pytest.raises(UserError, match="These would be 250,000 characters"):
        lab.vary_texts(VISITOR, ["x" * 5_000], TYPING, 50)
    for copies in (0, 51, 1.5, NAN, None, "2", True):
        with pytest.raises(UserError, match="It is a whole number from 1 to 50"):
            lab.vary_texts(VISITOR, ["one"], TYPING, copies)
    for chain in (None, {}, GENTLE, {**TYPING, "steps": [{"name": "flip"}]}):
        with pytest.raises(UserError):
            lab.vary_texts(VISITOR, ["one"], chain, 1)


# ---- chains ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "chain"), [("image", GENTLE), ("text", TYPING)])
def test_a_chain_goes_home_and_comes_back_as_it_was(lab, kind, chain):
    path = lab.chain_file(VISITOR, chain, kind)
    assert path.name == f"genhub-{kind}-chain.json"
    assert path.is_relative_to(lab.settings.downloads)
    assert chain_of(json.loads(path.read_text(encoding="utf-8")), kind) == chain_of(chain, kind)
    assert "STEPS = [" in lab.chain_code(chain, kind)
    with pytest.raises(UserError, match="This is a chain for"):
        lab.chain_file(VISITOR, chain, {"image": "text", "text": "image"}[kind])


# ---- tables ---------------------------------------------------------------------------------------------------------

ROWS = ["age,colour,size,kind", *(f"{n},{'red' if n % 3 else 'blue'},{1.5 * n + n % 4},{'few' if n < 8 else 'many'}" for n in range(30))]


@pytest.fixture
def table(lab) -> str:
    return lab.take_pasted(VISITOR, "\n".join(ROWS)).id


def test_a_bundled_table_is_taken_and_evened_out(lab):
    assert set(lab.number_tables()) == {"breast-cancer-rare", "breast-cancer", "wine-rare"}
    info = lab.take_number_table(VISITOR, "wine-rare")
    assert (info.sample, info.rows, info.columns[-1], len(info.columns)) == ("wine-rare", 139, "cultivar", 14)
    told = lab.resampled(VISITOR, info.id, {"label": "cultivar", "fixes": [], "values": {"k": 20}})
    assert told["after"] == {"class_1": 71, "class_0": 71, "class_2": 71}
    assert told["notes"] == ["8 neighbours instead of 20: class “class_2” has 9 rows."]
    with told["path"].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 213
    assert {row["made_by"] for row in rows[:139]} == {""}
    assert {row["made_by"] for row in rows[139:]} == {"smote"}
    for nothing in ("iris", "", None, ["wine-rare"], "../wine-rare"):
        with pytest.raises(UserError, match="Sample is"):
            lab.take_number_table(VISITOR, nothing)


def test_the_label_is_the_last_column_until_another_is_named(lab, table):
    told = lab.resampled(VISITOR, table, {"values": {"method": "smote-nc"}})
    assert (told["label"], told["after"], told["scatter"]["axes"]) == (
        "kind",
        {"many": 22, "few": 22},
        ["first component", "second component"],
    )
    told = lab.resampled(
        VISITOR, table, {"label": "colour", "categorical": ["kind"], "values": {"method": "smote-nc"}, "axes": ["size", "age"]}
    )
    assert (told["label"], told["after"], told["scatter"]["axes"]) == ("colour", {"red": 20, "blue": 20}, ["size", "age"])


def test_what_a_table_is_refused_for_names_a_remedy_that_works(lab, table):
    with pytest.raises(UserError, match="“colour” holds categories") as refused:
        lab.resampled(VISITOR, table, {"values": {"method": "smote"}})
    assert refused.value.fix == "smote-nc"  # it crosses the child process
    assert lab.resampled(VISITOR, table, {"values": {"method": refused.value.fix}})["made"] == 14
    holes = lab.take_pasted(VISITOR, "\n".join([*ROWS, "?,red,3,many"])).id
    with pytest.raises(UserError, match="1 of 31 rows have missing values") as refused:
        lab.resampled(VISITOR, holes, {"values": {"method": "smote-nc"}})
    for fix, rows in ((refused.value.fix, 30), ("fill-missing", 31)):
        assert lab.resampled(VISITOR, holes, {"fixes": [fix], "values": {"method": "smote-nc"}})["rows"] == rows


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"label": "nothing"}, "nothing"),
        ({"label": 5}, "Label is 5"),
        ({"label": "x" * 5_000}, "Label is"),
        ({"categorical": "age"}, "Categorical is"),
        ({"categorical": ["age", "no such"]}, "no column “no such”"),
        ({"categorical": [["age"]]}, "Categorical is"),
        ({"fixes": ["drop-few"]}, "Fix is"),
        ({"fixes": "fill-missing"}, "Fixes is"),
        ({"axes": ["age", "colour"]}, "“colour” is no column of numbers"),
        ({"axes": "age"}, "Axes is"),
        ({"values": {"method": "magic"}}, "Method"),
        ({"values": {"k": 0}}, "Neighbours"),
        ({"values": {"k": 2.5}}, "Neighbours"),
        ({"values": {"ratio": NAN}}, "Balance"),
        ({"values": {"ratio": 1.01}}, "Balance"),
        ({"values": {"deviation": -1}}, "Noise"),
        ({"values": {"seed": 2**31}}, "Seed"),
        ({"values": {"eval": 1}}, "eval"),
    ],
)
def test_what_is_asked_of_a_table_is_checked(lab, table, given, said):
    values = {"method": "smote-nc", **given.get("values", {})}
    with pytest.raises(UserError, match=said):
        lab.resampled(VISITOR, table, {**given, "values": values})


def test_a_table_is_its_owners_alone(public):
    table = public.take_pasted(VISITOR, "\n".join(ROWS)).id
    for visitor, key in ((OTHER, table), (VISITOR, "0" * 32), (VISITOR, "../x"), (VISITOR, None)):
        with pytest.raises(UserError):
            public.resampled(visitor, key, {"values": {"method": "smote-nc"}})
    assert public.resampled(VISITOR, table, {"values": {"method": "smote-nc"}})["made"] == 14


# ---- where a label breaks -------------------------------------------------------------------------------------------


def test_a_digit_breaks_somewhere_between_nothing_and_the_strongest(lab):
    told = lab.breaking_points(VISITOR, "rotate", "6", 0)
    assert (len(told["amounts"]), told["amounts"][0], told["amounts"][-1]) == (augmenting.STEPS, 0.0, 180.0)
    best = [int(np.argmax(shares)) for shares in told["shares"]]
    assert (best[0], best[-1]) == (6, 9)
    drawn = np.zeros((112, 112), np.uint8)
    drawn[10:100, 50:58] = 255
    own = lab.breaking_points(VISITOR, "rotate", "6", 0, base64.b64encode(drawn.tobytes()).decode())
    assert int(np.argmax(own["shares"][0])) == 1


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("turn",), "Operation is"),
        ((None,), "Operation is"),
        (("rotate", "eleven"), "There is no class “eleven”"),
        (("rotate", "x" * 9), "9 characters"),
        (("rotate", None), "label"),
        (("rotate", "6", -1), "Seed"),
        (("rotate", "6", NAN), "Seed"),
        (("rotate", "6", 2**80), "Seed"),
        (("rotate", "6", 0, "AAAA"), "The sketch has 3 pixels"),
        (("rotate", "6", 0, "not base64!"), "The sketch has 0 pixels"),
        (("rotate", "6", 0, "A" * 100_001), "This is no sketch"),
        (("rotate", "6", 0, 5), "This is no sketch"),
    ],
)
def test_a_digit_that_cannot_be_judged_is_refused(lab, asked, said):
    with pytest.raises(UserError, match=said):
        lab.breaking_points(VISITOR, *asked)


def test_without_the_embedded_models_the_exhibit_says_so(lab, monkeypatch, tmp_path):
    monkeypatch.setattr(hub, "ZOO", tmp_path)
    with pytest.raises(UserError, match="embedded/mnist-judge is not here"):
        lab.breaking_points(VISITOR, "rotate")


def test_every_operation_on_pictures_can_be_swept(lab, tmp_path):
    photo = lab.take_photo(VISITOR, saved(tmp_path / "a.png", picture())).id
    for name, operation in IMAGES.items():
        told = lab.photo_sweep(VISITOR, photo, name)
        assert len(told["pictures"]) == (2 if operation.amount is None else augmenting.SWEPT)
        assert np.abs(pixels(told["pictures"][0]).astype(int) - picture()).mean() < 2
        assert told["pictures"][-1] != told["pictures"][0]
