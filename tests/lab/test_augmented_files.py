"""Whole tables and whole sets through the Lab: variants as files that others read."""

import base64
import csv
import io
import json
import zipfile
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from genhub.augment.chain import Chain, Step
from genhub.augment.texts.variants import variants
from genhub.data import image_sets
from genhub.errors import UserError
from genhub.lab import augmented_files
from tests.inline_worker import InlineWorker

VISITOR = "v" * 43
SWAP = Chain("text", (Step("swap", 0.5), Step("shuffle-characters", 0.5)))
TURN = Chain("image", (Step("rotate", 90.0),))
TEXTS = ["one two three four", "five six seven eight", "", "nine ten eleven twelve"]


@pytest.fixture
def lab(lab):
    lab.worker = InlineWorker()
    return lab


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "given.csv"
    path.write_text("kind,text\n" + "".join(f"k{number},{text}\n" for number, text in enumerate(TEXTS)))
    return path


def last(steps) -> dict:
    *_, told = steps
    return told


def test_every_variant_says_which_row_it_is_of_and_what_was_done(lab, table, monkeypatch):
    monkeypatch.setattr(augmented_files, "PART", 2)
    steps = [*lab.augmenting_texts(VISITOR, table, SWAP.to_dict(), {"copies": 2})]
    assert steps[:-1] == [{"done": 2, "of": 3}, {"done": 3, "of": 3}]
    told = steps[-1]
    assert (told["rows"], told["made"], told["left_out"]) == (10, 6, 0)
    rows = [*csv.DictReader(io.StringIO(told["path"].read_text()))]
    assert [row["text"] for row in rows[:4]] == TEXTS
    whole = [text for text in TEXTS if text]
    made = variants(SWAP, whole, 2, None)
    assert [row["text"] for row in rows[4:]] == [one.text for one in made]  # in parts as all at once
    assert [row["made_of_row"] for row in rows[4:]] == ["1", "1", "2", "2", "4", "4"]
    assert {row["operations"] for row in rows[4:]} == {"swap shuffle-characters"}
    assert [row["kind"] for row in rows[4:]] == ["k0", "k0", "k1", "k1", "k3", "k3"]


def test_long_texts_are_asked_for_a_few_copies_at_a_time():
    assert list(augmented_files.parts([10] * 250, 2)) == [(0, 100, range(2)), (100, 100, range(2)), (200, 50, range(2))]
    assert list(augmented_files.parts([60_000, 10, 20], 4)) == [(0, 1, range(3)), (0, 1, range(3, 4)), (1, 2, range(4))]
    assert list(augmented_files.parts([500_000, 500_000], 1)) == [(0, 1, range(1)), (1, 1, range(1))]
    assert list(augmented_files.parts([], 3)) == []


def test_what_is_made_is_the_same_in_whatever_parts(lab, table, monkeypatch):
    def made():
        told = last(lab.augmenting_texts(VISITOR, table, SWAP.to_dict(), {"copies": 5}))
        return told["path"].read_text(), told["made"]

    whole = made()
    monkeypatch.setattr(augmented_files, "PART_CHARS", 50)  # two copies of a text at once
    assert made() == whole


@pytest.mark.parametrize("kind", ["jsonl", "parquet", "datasets"])
def test_other_libraries_read_what_is_written(lab, table, tmp_path, kind):
    from datasets import Dataset

    told = last(lab.augmenting_texts(VISITOR, table, SWAP.to_dict(), {"kind": kind, "replace": True}))
    path = told["path"]
    if kind == "datasets":
        with zipfile.ZipFile(path) as archive:
            archive.extractall(tmp_path / "out")
        card = (tmp_path / "out" / "README.md").read_text()
        assert "swap 0.5, shuffle-characters 0.5; seed 0" in card
        assert "`made_of_row`" in card
        path = tmp_path / "out" / "train.parquet"
    rows = [json.loads(line) for line in path.read_text().splitlines()] if kind == "jsonl" else Dataset.from_parquet(str(path)).to_list()
    assert [row["made_of_row"] for row in rows] == [1, 2, 4]
    assert sorted(rows[0]["text"].split()) != rows[0]["text"]
    assert set(rows[0]) == {"kind", "text", "made_of_row", "operations", "similarity"}


def test_variants_that_are_too_unlike_are_left_out(lab, table):
    told = last(lab.augmenting_texts(VISITOR, table, SWAP.to_dict(), {"copies": 4, "least": 0.999}))
    assert told["left_out"] > 0
    assert told["made"] + told["left_out"] == 12
    rows = [*csv.DictReader(io.StringIO(told["path"].read_text()))]
    assert all(float(row["similarity"]) >= 0.999 for row in rows if row["similarity"])


def test_a_column_that_is_there_already_keeps_its_name(lab, tmp_path):
    path = tmp_path / "again.csv"
    path.write_text("text,operations\nalpha beta gamma,mine\ndelta epsilon,mine\n")
    told = last(lab.augmenting_texts(VISITOR, path, SWAP.to_dict(), {}))
    assert told["path"].read_text().splitlines()[0] == "text,operations,made_of_row,genhub_operations,similarity"


def test_tables_that_cannot_be_augmented_are_refused(lab, tmp_path, table, monkeypatch):
    blank = tmp_path / "blank.csv"
    blank.write_text("text,b\n,1\n ,2\n")
    for path, chain, values, said in (
        (blank, SWAP.to_dict(), {}, "empty in every row"),
        (table, TURN.to_dict(), {}, "chain for images"),
        (table, SWAP.to_dict(), {"column": "nothing"}, "no column “nothing”"),
        (table, SWAP.to_dict(), {"kind": "exe"}, "Kind is"),
        (table, SWAP.to_dict(), {"copies": 0}, "Copies"),
        (table, SWAP.to_dict(), {"least": 2}, "Least"),
    ):
        with pytest.raises(UserError, match=said):
            last(lab.augmenting_texts(VISITOR, path, chain, values))
    monkeypatch.setattr(augmented_files, "MOST_ROWS", 9)
    with pytest.raises(UserError, match="10 rows are too many"):
        last(lab.augmenting_texts(VISITOR, table, SWAP.to_dict(), {"copies": 2}))


def test_what_is_stopped_or_fails_leaves_nothing_behind(lab, table, monkeypatch):
    monkeypatch.setattr(augmented_files, "PART", 1)
    steps = lab.augmenting_texts(VISITOR, table, SWAP.to_dict(), {})
    assert next(steps) == {"done": 1, "of": 3}
    steps.close()

    def dead(*_, **__):
        raise UserError("The model worker stopped.")

    monkeypatch.setattr(lab.worker, "call", dead)
    with pytest.raises(UserError, match="stopped"):
        last(lab.augmenting_texts(VISITOR, table, SWAP.to_dict(), {}))
    left = [path for home in (lab.settings.uploads, lab.settings.downloads) for path in home.rglob("*") if path.is_file()]
    assert left == []


@pytest.fixture
def images(lab, tmp_path) -> str:
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "set.npz", x=rng.integers(0, 255, (70, 16, 16), dtype=np.uint8), y=np.array(["a", "b"] * 35))
    return lab.take_images(VISITOR, tmp_path / "set.npz").id


def test_images_come_back_with_variants_in_their_classes(lab, images):
    told = lab.augmented_images(VISITOR, images, TURN.to_dict(), {"copies": 2, "kind": "npz"})
    found = np.load(told["path"])
    assert (told["count"], told["made"]) == (210, 140)
    assert Counter(found["y"].tolist()) == {"a": 105, "b": 105}
    x, labels = image_sets.read_rows(lab.images_rows(VISITOR, images))
    assert (found["x"][:70] == x).all()
    assert found["y"][70:74].tolist() == [labels[0]] * 2 + [labels[1]] * 2
    assert (found["x"][70] != x[0]).any()
    alone = np.load(lab.augmented_images(VISITOR, images, TURN.to_dict(), {"copies": 2, "kind": "npz", "replace": True})["path"])
    assert (alone["x"] == found["x"][70:]).all()


def test_a_set_for_datasets_has_a_card_that_tells_the_chain(lab, images):
    told = lab.augmented_images(VISITOR, images, TURN.to_dict(), {"copies": 1, "kind": "datasets"})
    with zipfile.ZipFile(told["path"]) as archive:
        card = archive.read("README.md").decode()
        names = archive.namelist()
    assert "# 140 images, augmented" in card
    assert "rotate 90; seed 0" in card
    assert sum(name.startswith("train/a/") for name in names) == 70
    with Image.open(io.BytesIO(base64.b64decode(told["picture"]))) as picture:
        assert picture.width >= 16


def test_sets_that_cannot_be_augmented_are_refused(lab, images):
    for chain, values, said in (
        (Chain("image", (Step("mixup", 0.4),)), {}, "Mixup makes images of two classes"),
        (TURN, {"copies": 1_000}, "70,070 images are too many at once"),
        (TURN, {"kind": "gif"}, "Kind is"),
        (SWAP, {}, "chain for texts"),
    ):
        with pytest.raises(UserError, match=said):
            lab.augmented_images(VISITOR, images, chain.to_dict(), values)
