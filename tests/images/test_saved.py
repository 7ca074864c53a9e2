"""Images as a file: what is in it is what was drawn, and it can be learnt from again."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from genhub.data import image_sets
from genhub.images import saved

X = np.random.default_rng(0).integers(0, 256, (6, 8, 8), np.uint8)
Y = np.array([0, 1, 0, 1, 0, 1])


def test_an_array_holds_images_and_classes():
    with np.load(io.BytesIO(saved.as_file(X, Y, ("a", "b"), "npz"))) as file:
        assert np.array_equal(file["x"], X)
        assert file["y"].tolist() == ["a", "b", "a", "b", "a", "b"]
    with np.load(io.BytesIO(saved.as_file(X, None, (), "npz"))) as file:
        assert file.files == ["x"]


def test_a_zip_has_a_folder_a_class_whatever_it_is_called():
    with zipfile.ZipFile(io.BytesIO(saved.as_file(X, Y, ("T-shirt", "../up"), "zip"))) as archive:
        assert archive.namelist()[1:3] == ["T-shirt/00000.png", "___up/00001.png"]
        with Image.open(archive.open("T-shirt/00000.png")) as image:
            assert np.array_equal(np.asarray(image), X[0])
    with zipfile.ZipFile(io.BytesIO(saved.as_file(X, None, (), "zip"))) as archive:
        assert archive.namelist()[:2] == ["about.txt", "00000.png"]


@pytest.mark.parametrize("names", [("a", "b"), ("x/y", "x:y")])
@pytest.mark.parametrize("ending", ["zip", "npz"])
@pytest.mark.parametrize("y", [np.arange(70) % 2, np.zeros(70, int), None], ids=["two", "one", "none"])
def test_what_was_drawn_can_be_learnt_from_again(tmp_path, names, ending, y):
    x = np.random.default_rng(0).integers(0, 256, (70, 16, 16), np.uint8)
    path, folder = tmp_path / f"drawn.{ending}", tmp_path / "set"
    folder.mkdir()
    path.write_bytes(saved.as_file(x, y, names, ending))
    info = image_sets.read_images({"path": str(path), "folder": str(folder), "source": "file"})
    read, labels = image_sets.read_rows(folder / image_sets.ROWS)
    assert (info["images"], info["side"], len(info["classes"])) == (70, 16, 0 if y is None else len(set(y)))
    assert sorted(image.tobytes() for image in read) == sorted(image.tobytes() for image in x)
    if y is not None and names == ("a", "b"):
        told = {image.tobytes(): names[number] for image, number in zip(x, y, strict=True)}
        assert labels == [told[image.tobytes()] for image in read]


def test_a_set_for_datasets_is_read_by_datasets_with_its_classes(tmp_path, monkeypatch):
    from datasets import load_dataset

    packed = saved.as_set(X, Y, ("T-shirt", "a|b"), saved.DATASETS, "drawn by a model, seed 3.")
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(tmp_path / "set")
    found = load_dataset("imagefolder", data_dir=str(tmp_path / "set"), split="train", cache_dir=str(tmp_path / "cache"))
    told = found.features["label"].names
    assert {(told[row["label"]], np.asarray(row["image"]).tobytes()) for row in found} == {
        (("T-shirt", "a_b")[label], pixels.tobytes()) for pixels, label in zip(X, Y, strict=True)
    }
    card = (tmp_path / "set" / "README.md").read_text(encoding="utf-8")
    assert "# 6 drawn images" in card
    assert "| a\\|b | 3 |" in card
    assert "seed 3" in card
    unlabelled = zipfile.ZipFile(io.BytesIO(saved.as_set(X, None, (), saved.DATASETS, "drawn.")))
    assert unlabelled.namelist()[1] == "train/00000.png"
    assert "| class |" not in unlabelled.read("README.md").decode()


def test_one_picture_is_about_square():
    with Image.open(io.BytesIO(saved.as_file(X, Y, ("a", "b"), "png"))) as image:
        assert image.size == (16, 24)
