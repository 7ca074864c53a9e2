"""The command `augment`: files in, files out, the same for the same seed."""

import csv
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from genhub.cli import main


@pytest.fixture
def photo(tmp_path) -> Path:
    y, x = np.mgrid[0:48, 0:64]
    path = tmp_path / "photo.png"
    Image.fromarray(np.stack([4 * x, 5 * y, 255 - x - y], -1).clip(0, 255).astype(np.uint8)).save(path)
    return path


def told(capsys) -> dict:
    return json.loads(capsys.readouterr().out.strip().splitlines()[-1])


def rows(path: Path) -> list[dict]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def test_a_photograph_becomes_variants_and_a_chain_can_be_used_again(home, tmp_path, photo, capsys):
    asked = ["augment", "image", "--in", str(photo), "--ops", "flip,rotate=30,jpeg=20", "--copies", "5", "--seed", "3"]
    assert main([*asked, "--out", str(tmp_path / "a.npz"), "--save-chain", str(tmp_path / "chain.json"), "--json"]) == 0
    said = told(capsys)
    assert (said["images"], said["shape"]) == (6, [6, 48, 64, 3])
    assert [name for name, _ in said["drawn"][0]] == ["flip", "rotate", "jpeg"]
    x = np.load(tmp_path / "a.npz")["x"]
    assert (x[0] == np.asarray(Image.open(photo))).all()
    again = ["augment", "image", "--in", str(photo), "--ops", str(tmp_path / "chain.json"), "--copies", "5", "--replace"]
    assert main([*again, "--out", str(tmp_path / "b.npz")]) == 0
    assert (np.load(tmp_path / "b.npz")["x"] == x[1:]).all()
    assert main([*asked, "--out", str(tmp_path / "grid.png")]) == 0
    assert Image.open(tmp_path / "grid.png").width > 64


def test_the_course_s_chain_is_there_by_its_name(home, tmp_path, photo, capsys):
    asked = ["augment", "image", "--in", str(photo), "--ops", "The course's chain", "--fill", "edge", "--seed", "2", "--json"]
    assert main([*asked, "--out", str(tmp_path / "a.png")]) == 0
    chain = told(capsys)["chain"]
    assert [step["name"] for step in chain["steps"]] == ["flip", "translate", "rotate", "zoom", "contrast", "brightness"]
    assert (chain["fill"], chain["seed"]) == ("edge", 2)


def test_a_set_keeps_its_classes(home, tmp_path, capsys):
    asked = ["augment", "image", "--in", "digits", "--ops", "rotate=20", "--copies", "1", "--out", str(tmp_path / "set.npz"), "--json"]
    assert main(asked) == 0
    assert told(capsys)["images"] == 2 * 1797
    made = np.load(tmp_path / "set.npz")
    assert made["x"].shape == (3594, 8, 8)
    assert (made["y"][:1797] == made["y"][1797:]).all()
    assert (made["x"][:1797] != made["x"][1797:]).any()


def test_texts_get_variants_below_them(home, tmp_path, capsys):
    path = tmp_path / "in.csv"
    path.write_text("text,label\nI would definitely receive it tomorrow,yes\nno,no\n")
    asked = ["augment", "text", "--in", str(path), "--ops", "spelling=1", "--copies", "2", "--out", str(tmp_path / "out.csv"), "--json"]
    assert main(asked) == 0
    said = told(capsys)
    assert (said["rows"], said["made"], said["changed"]) == (6, 4, 2)
    found = rows(tmp_path / "out.csv")
    assert [row["made_of_row"] for row in found] == ["", "", "1", "1", "2", "2"]
    assert "definately recieve" in found[2]["text"]
    assert (found[2]["label"], found[2]["operations"]) == ("yes", "spelling")


def test_similar_words_come_from_the_embedded_encoder(home, tmp_path, capsys):
    path = tmp_path / "in.csv"
    path.write_text("text,label\n" + "The movie was really good and the actors were great,yes\n" * 3)
    asked = ["augment", "text", "--in", str(path), "--ops", "similar=0.5", "--out", str(tmp_path / "out.csv"), "--replace"]
    assert main(asked) == 0
    texts = [row["text"] for row in rows(tmp_path / "out.csv")]
    assert len(texts) == 3
    assert len(set(texts)) > 1
    assert all(len(text.split()) == 10 for text in texts)


def test_a_table_is_evened_out(home, tmp_path, capsys):
    path = tmp_path / "in.csv"
    rng = np.random.default_rng(0)
    lines = [f"{rng.normal():.3f},{n % 7},{'rare' if n < 12 else 'often'}" for n in range(60)]
    path.write_text("\n".join(["a,b,kind", *lines]))
    asked = ["augment", "table", "--in", str(path), "--ops", "smote", "--seed", "1", "--out", str(tmp_path / "out.csv"), "--json"]
    assert main(asked) == 0
    said = told(capsys)
    assert (said["before"], said["after"]) == ({"often": 48, "rare": 12}, {"often": 48, "rare": 48})
    found = rows(tmp_path / "out.csv")
    assert [row["between_row"] for row in found[:3]] == ["1", "2", "3"]
    assert {row["made_by"] for row in found} == {"", "smote"}
    assert all(1 <= int(row["between_row"]) <= 12 and 1 <= int(row["and_row"]) <= 12 for row in found[60:])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["image", "--in", "PHOTO", "--ops", "turn", "--out", "x.png"], "no operation “turn”"),
        (["image", "--in", "PHOTO", "--ops", "flip", "--out", "x.txt"], "neither a picture"),
        (["image", "--in", "digits", "--ops", "mixup", "--out", "x.zip"], "mixture has no label"),
        (["image", "--in", "PHOTO", "--ops", "nowhere.json", "--out", "x.png"], "no chain of operations"),
        (["table", "--in", "TABLE", "--ops", "magic", "--out", "x.csv"], "Method is “magic”"),
        (["table", "--in", "TABLE", "--out", "x.csv"], "has 3 rows"),
    ],
)
def test_what_cannot_be_done_is_said(home, tmp_path, photo, capsys, asked, said):
    import re

    table = tmp_path / "table.csv"
    table.write_text("text,label\none two,a\nthree four,b\nfive six,a\n")
    given = [{"PHOTO": str(photo), "TABLE": str(table)}.get(part, part) for part in asked]
    given[-1] = str(tmp_path / given[-1])
    assert main(["augment", *given]) == 2
    assert re.search(said, capsys.readouterr().err)


def test_a_zip_holds_a_picture_each(home, tmp_path, photo):
    assert main(["augment", "image", "--in", str(photo), "--ops", "flip", "--copies", "3", "--out", str(tmp_path / "a.zip")]) == 0
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert sum(name.endswith(".png") for name in archive.namelist()) == 4
