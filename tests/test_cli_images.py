"""`train images` and `sample` on the command line."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from genhub import cli, hub
from genhub.data import image_sets
from genhub.images import stored
from genhub.images.coder import Shape
from genhub.images.variants import Blueprint, build
from genhub.jobs.folder import RunFolder
from genhub.text import code

FAST = ["--epochs", "2", "--precision", "fp32", "--frames", "0", "--quiet"]


@pytest.fixture(autouse=True)
def here(home, monkeypatch):
    monkeypatch.setenv("GENHUB_OFFLINE", "1")


def genhub(capsys, *words: str) -> tuple[int, str, str]:
    status = cli.main([*words])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_a_vae_is_trained_on_the_digits_and_draws(capsys, tmp_path):
    run = str(tmp_path / "run")
    words = ["--family", "vae", "--variant", "dense", "--data", "digits", "--conditional", *FAST, "--out", run, "--json"]
    status, out, _ = genhub(capsys, "train", "images", *words)
    told = json.loads(out.splitlines()[-1])
    assert (status, told["run"]) == (0, run)
    assert next(iter(told["metrics"])) == "mse"
    grid, arrays = tmp_path / "grid.png", tmp_path / "drawn.npz"
    assert genhub(capsys, "sample", "--run", run, "--n", "9", "--out", str(grid))[0] == 0
    with Image.open(grid) as picture:
        assert picture.size == (24, 24)
    for _ in range(2):
        status, out, _ = genhub(capsys, "sample", "--run", run, "--n", "12", "--label", "7", "--out", str(arrays), "--json")
        assert json.loads(out)["shape"] == [12, 8, 8]
    with np.load(arrays, allow_pickle=False) as file:
        assert file["x"].dtype == np.uint8
        assert file["y"].tolist() == ["7"] * 12
        first = file["x"]
    enlarged = tmp_path / "set.zip"
    assert genhub(capsys, "sample", "--run", run, "--each", "3", "--datasets", "--out", str(enlarged))[0] == 0
    with zipfile.ZipFile(enlarged) as archive:
        assert sum(name.startswith("train/7/") for name in archive.namelist()) == 3
        assert len(archive.namelist()) == 31
    genhub(capsys, "sample", "--run", run, "--n", "12", "--label", "7", "--seed", "1", "--out", str(arrays))
    with np.load(arrays, allow_pickle=False) as file:
        assert not np.array_equal(first, file["x"])


def test_two_gans_are_trained_on_the_digits_draw_and_stand_side_by_side(capsys, tmp_path):
    runs = [str(tmp_path / name) for name in ("usual", "critic")]
    for run, more in zip(runs, (["--conditional"], ["--loss", "wasserstein"]), strict=True):
        words = ["--family", "gan", "--variant", "conv", "--data", "digits", *more, *FAST, "--out", run, "--json"]
        status, out, err = genhub(capsys, "train", "images", *words)
        assert status == 0, err
        metrics = json.loads(out.splitlines()[-1])["metrics"]
        assert next(iter(metrics)) == "judge_fid"
        assert metrics["judge"] == "embedded/mnist-judge"
        assert ("asked" in metrics) == ("--conditional" in more)
    assert genhub(capsys, "sample", "--run", runs[0], "--n", "4", "--label", "7", "--out", str(tmp_path / "x.npz"))[0] == 0
    with np.load(tmp_path / "x.npz", allow_pickle=False) as file:
        assert (file["x"].shape, file["y"].tolist()) == ((4, 8, 8), ["7"] * 4)
    status, out, err = genhub(capsys, "compare", *runs, "--json")
    assert status == 0, err
    first, second = json.loads(out.splitlines()[-1])["runs"]
    assert second["more"] == pytest.approx(second["judge_fid"] - first["judge_fid"])
    assert "judge FID" in genhub(capsys, "compare", *runs)[1]


def test_files_that_are_no_images_are_left_out_and_the_command_says_so(capsys, tmp_path):
    (tmp_path / "set").mkdir()
    for number in range(80):
        Image.new("L", (16, 16), 3 * number).save(tmp_path / "set" / f"{number:02}.png")
    (tmp_path / "set" / "07.png").write_bytes(b"hello")
    words = ["train", "images", "--family", "vae", "--data", str(tmp_path / "set"), "--variant", "dense", "--epochs", "1", *FAST[2:]]
    status, _, err = genhub(capsys, *words, "--out", str(tmp_path / "refused"))
    assert (status, "“07.png” is no PNG" in err, "add --fix leave-unusable-images: leave them out" in err) == (2, True, True), err
    status, _, err = genhub(capsys, *words, "--fix", "leave-unusable-images", "--out", str(tmp_path / "run"))
    assert (status, len(RunFolder(tmp_path / "run").rows.read_text().splitlines())) == (0, 79), err
    assert "--fix leave-unusable-images" in code.command_line(tmp_path / "run")
    assert "There is no fix" in genhub(capsys, *words, "--fix", "drop-few", "--out", str(tmp_path / "no"))[2]


def test_an_autoencoder_is_trained_on_arrays(capsys, tmp_path):
    x = np.random.default_rng(0).integers(0, 256, (80, 9, 9), np.uint8)
    np.savez(tmp_path / "set.npz", x=x)
    words = ["--family", "autoencoder", "--data", str(tmp_path / "set.npz"), "--side", "8", *FAST, "--out", str(tmp_path / "run")]
    status, out, err = genhub(capsys, "train", "images", *words)
    assert status == 0, err
    assert "PCA, 30 numbers" in out
    status, _, err = genhub(capsys, "sample", "--run", str(tmp_path / "run"), "--out", str(tmp_path / "x.png"))
    assert (status, "An autoencoder is not made to draw images." in err) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--family", "gnn"], "Family is “gnn”"),
        (["--data", "digits", "--variant", "stacked"], "Variant is “stacked”"),
        (["--data", "digits", "--family", "autoencoder", "--beta", "2"], "There is no option “beta”"),
        (["--data", "digits", "--side", "30"], "a multiple of 4"),
        (["--data", "nothing.zip"], "The file is not there"),
        ([], "There is no set of images to train on"),
        (["--data", "digits", "--preset", "slow"], "Preset is “slow”"),
        (["--data", "digits", "--epochs", "0"], "from 1 to 1,000"),
    ],
)
def test_mistakes_are_named(words, said, capsys, tmp_path):
    status, _, err = genhub(capsys, "train", "images", *words, "--out", str(tmp_path / "run"))
    assert (status, said in err) == (2, True), err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--out", "x.gif"], "neither a picture nor pictures nor an array"),
        (["--out", "x.png", "--n", "0"], "from 1 to 10,000"),
        (["--out", "x.npz", "--datasets"], "is no ZIP"),
        (["--out", "x.npz", "--each", "0"], "from 1 to 10,000"),
        (["--out", "x.png", "--label", "7"], "This model is told no class."),
        (["--out", "x.png", "--temperature", "nan"], "from 0 to 3"),
    ],
)
def test_samples_that_cannot_be_drawn(words, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    genhub(capsys, "train", "images", "--variant", "dense", "--data", "digits", *FAST, "--epochs", "1", "--out", "run")
    status, _, err = genhub(capsys, "sample", "--run", "run", *words)
    assert (status, said in err) == (2, True), err


def test_two_runs_stand_side_by_side(capsys, tmp_path):
    runs = []
    for variant in ("linear", "stacked"):
        runs.append(str(tmp_path / variant))
        words = ["--family", "autoencoder", "--data", "digits", "--variant", variant, *FAST, "--out", runs[-1]]
        assert genhub(capsys, "train", "images", *words)[0] == 0
    status, out, err = genhub(capsys, "compare", *runs)
    assert status == 0, err
    assert "squared error" in out
    told = json.loads(genhub(capsys, "compare", *runs, "--json")[1].splitlines()[-1])["runs"]
    assert told[0]["more"] is None
    assert told[1]["more"] == pytest.approx(told[1]["mse"] - told[0]["mse"])


def test_a_forecast_is_measured_before(capsys):
    words = ["--family", "autoencoder", "--data", "digits", "--epochs", "3", "--precision", "fp32", "--json"]
    status, out, _ = genhub(capsys, "forecast", "images", *words)
    told = json.loads(out.splitlines()[-1])
    assert (status, told["precision"]) == (0, "fp32")
    assert told["steps"] > 0
    status, _, err = genhub(capsys, "forecast", "images", *words, "--beta", "2")
    assert status == 2
    assert "beta" in err.lower()


def test_a_model_that_comes_along_draws_and_draws_a_set(capsys, tmp_path, monkeypatch):
    folder, names = tmp_path / "zoo" / "mnist-vae-classes", tuple("0123456789")
    blueprint = Blueprint("vae", "dense", Shape(1, 8, 8), 4, 10)
    stored.save(folder, blueprint, build(blueprint).eval(), names)
    monkeypatch.setattr(hub, "ZOO", tmp_path / "zoo")
    out = tmp_path / "drawn.zip"
    assert genhub(capsys, "sample", "--model", "embedded/mnist-vae-classes", "--n", "20", "--out", str(out))[0] == 0
    with zipfile.ZipFile(out) as archive:
        assert archive.namelist()[4] == "3/00003.png"  # after about.txt
    words = ["--family", "autoencoder", "--data", "drawn-digits", "--variant", "linear", "--epochs", "1", "--precision", "fp32", "--json"]
    status, _, err = genhub(capsys, "train", "images", *words, "--out", str(tmp_path / "run"))
    assert status == 0, err
    assert json.loads((tmp_path / "run" / "job.json").read_text())["data"]["sample"] == "drawn-digits"
    for model, said in (("embedded/fashion-vae-2", "no image model"), ("../x", "two dots in a row")):
        status, _, err = genhub(capsys, "sample", "--model", model, "--out", str(out))
        assert (status, said in err) == (2, True)
    assert "is not here" in genhub(capsys, "train", "images", "--data", "drawn-clothes", "--out", str(tmp_path / "no"))[2]


def test_a_network_is_taught_other_classes_and_tells_pictures_apart(capsys, tmp_path):
    run = str(tmp_path / "run")
    words = ["--family", "transfer", "--data", "digits", "--no-lora", "--no-scratch", "--epochs", "1", "--precision", "fp32", "--quiet"]
    status, out, _ = genhub(capsys, "train", "images", *words, "--model", "embedded/mnist-judge", "--out", run, "--json")
    told = json.loads(out.splitlines()[-1])
    assert (status, told["run"]) == (0, run)
    assert [way["name"] for way in told["metrics"]["ways"]] == ["frozen", "fine-tune"]
    rows = [json.loads(line) for line in (tmp_path / "run" / "predictions.jsonl").read_text().splitlines()]
    answer = max(rows, key=lambda row: max(row["scores"]))
    x, _ = image_sets.read_rows(RunFolder(Path(run)).rows)
    large = np.kron(x[answer["row"]], np.ones((4, 4), np.uint8))
    Image.fromarray(large).save(tmp_path / "one.png")
    Image.fromarray(255 - large).save(tmp_path / "dark.png")
    status, out, _ = genhub(capsys, "tell", "--run", run, str(tmp_path / "one.png"), "--json")
    (picture,) = json.loads(out)["pictures"]
    assert (status, picture["label"]) == (0, answer["predicted"])
    assert list(picture["scores"].values()) == pytest.approx(answer["scores"], abs=0.1)  # it is scaled back to 8 × 8
    _, out, _ = genhub(capsys, "tell", "--run", run, "--turned", str(tmp_path / "dark.png"), "--json")
    assert list(json.loads(out)["pictures"][0]["scores"].values()) == pytest.approx(list(picture["scores"].values()), abs=0.02)
    status, _, error = genhub(
        capsys, "train", "images", "--family", "transfer", "--data", "digits", "--variant", "conv", "--out", run + "2"
    )
    assert (status, "variant" in error) == (2, True)


def test_a_model_that_draws_tells_nothing_apart(capsys, tmp_path):
    run = str(tmp_path / "run")
    genhub(capsys, "train", "images", "--family", "vae", "--variant", "dense", "--data", "digits", *FAST, "--out", run)
    Image.new("L", (16, 16)).save(tmp_path / "one.png")
    status, _, error = genhub(capsys, "tell", "--run", run, str(tmp_path / "one.png"))
    assert status == 2
    assert "tells no classes apart" in error
