"""Images as a file: what is in it is what was drawn, and it can be learnt from again."""

import io
import zipfile

import numpy as np
from PIL import Image

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
        assert archive.namelist()[:2] == ["T-shirt/00000.png", "___up/00001.png"]
        with Image.open(archive.open("T-shirt/00000.png")) as image:
            assert np.array_equal(np.asarray(image), X[0])
    with zipfile.ZipFile(io.BytesIO(saved.as_file(X, None, (), "zip"))) as archive:
        assert archive.namelist()[0] == "00000.png"


def test_one_picture_is_about_square():
    with Image.open(io.BytesIO(saved.as_file(X, Y, ("a", "b"), "png"))) as image:
        assert image.size == (16, 24)
