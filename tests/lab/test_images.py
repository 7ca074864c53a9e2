"""Images through the Lab: in, learnt in a job's way, drawn, out as a zip and in again."""

import base64
import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from genhub import hub, tasks
from genhub.data import image_sets
from genhub.errors import UserError
from genhub.images import latent, stored
from genhub.images.coder import Shape
from genhub.images.pixels import Images
from genhub.images.variants import Blueprint, build
from genhub.jobs.folder import RunFolder
from genhub.training.configs import GANConfig, VAEConfig, remedies
from tests.hubserver import HubServer
from tests.inline_worker import InlineWorker

VISITOR, OTHER = "v" * 43, "w" * 43
FAST = {"variant": "dense", "epochs": 2, "precision": "fp32", "frames": 2, "conditional": True}


@pytest.fixture
def lab(lab):
    lab.worker = InlineWorker()
    return lab


@pytest.fixture
def images(lab) -> str:
    return lab.take_images_sample(VISITOR, "digits").id


@pytest.fixture
def run(lab, images) -> str:
    """A run that the trainer has ended, as the job process would."""
    run = lab.train(VISITOR, images, FAST, task="vae")
    folder = RunFolder(lab.run(VISITOR, run).path)
    for event in tasks.get("vae").load()(tasks.get("vae").config.from_dict(folder.job()["config"]), folder):
        folder.append(event)
    return run


def picture(told: str) -> np.ndarray:
    with Image.open(io.BytesIO(base64.b64decode(told))) as image:
        return np.asarray(image)


def test_a_run_is_trained_again_with_a_remedy(lab, images):
    run = lab.train(VISITOR, images, {"variant": "conv", "ratio": 0.2}, task="gan")
    again = lab.remedied(VISITOR, run, "spread")
    before, after = (RunFolder(lab.run(VISITOR, one).path) for one in (run, again))
    assert after.job()["config"] == {**before.job()["config"], "spread": True}
    assert after.job()["data"] == before.job()["data"]
    assert after.rows.read_bytes() == before.rows.read_bytes()
    assert "spread" in lab.run(VISITOR, again).name
    assert lab.remedies(VISITOR, run, ["spread", "non-saturating", "magic"]) == {"spread": "mini-batch standard deviation"}
    assert lab.remedies(VISITOR, again, ["spread"]) == {}  # it has that already
    assert lab.run(VISITOR, run).state == "stopped"  # it had not begun
    assert remedies.changes("vae", VAEConfig(variant="kl"), "beta") == {"beta": 1e-4}  # a tenth of its own
    assert remedies.changes("vae", VAEConfig(variant="kl", averaged=True), "summed") == {}
    assert remedies.changes("gan", GANConfig(smoothing=0.3), "smoothing") == {}
    with pytest.raises(UserError, match="There is no remedy “magic”"):
        lab.remedied(VISITOR, run, "magic")
    after.rows.unlink()
    with pytest.raises(UserError, match="is not here any more"):
        lab.remedied(VISITOR, again, "replay")


def test_a_set_is_enlarged(lab, run):
    *steps, told = lab.enlarging(VISITOR, run, 3, {"truncation": 1.0, "seed": 2}, "npz")
    assert steps[-1] == {"done": 30, "of": 30}
    assert told["classes"] == {str(digit): 3 for digit in range(10)}
    with np.load(told["path"]) as file:
        assert (file["x"].shape, file["y"].tolist()[:3]) == ((30, 8, 8), ["0", "1", "2"])
    *_, told = lab.enlarging(VISITOR, run, 5, {"label": "7"}, "datasets")
    assert (told["classes"], told["path"].name) == ({"7": 5}, "genhub-5-drawn.zip")
    with zipfile.ZipFile(told["path"]) as archive:
        assert "train/7/00000.png" in archive.namelist()
        assert lab.run(VISITOR, run).name in archive.read("README.md").decode()


@pytest.mark.parametrize(
    ("each", "kind", "said"),
    [
        (5_000, "zip", "10 classes of 5,000 images"),
        (0, "zip", "Images a class is 0"),
        (3, "png", "Kind is “png”"),
        ("many", "npz", "Images a class"),
    ],
)
def test_sets_that_are_not_drawn(lab, run, each, kind, said):
    with pytest.raises(UserError, match=said):
        list(lab.enlarging(VISITOR, run, each, {}, kind))


def test_a_diffusion_set_is_drawn_in_small_parts_and_within_bounds(lab, monkeypatch, tmp_path):
    folder = tmp_path / "model"
    stored.save(folder, Blueprint("diffusion", "unet-narrow", Shape(1, 8, 8)), build(Blueprint("diffusion", "unet-narrow", Shape(1, 8, 8))))
    monkeypatch.setattr(hub, "image_models", lambda: {"embedded/fashion-diffusion": folder})
    *steps, told = lab.enlarging(VISITOR, "embedded/fashion-diffusion", 60, {"steps": 2}, "npz")
    assert sorted({one["done"] for one in steps}) == [0, 25, 50, 60]
    assert (told["count"], told["classes"]) == (60, {})
    with pytest.raises(UserError, match="500 images in 1,000 steps each take too long"):
        list(lab.enlarging(VISITOR, "embedded/fashion-diffusion", 500, {"steps": 1_000}, "npz"))
    with pytest.raises(UserError, match="At most 500 in all"):
        list(lab.enlarging(VISITOR, "embedded/fashion-diffusion", 501, {}, "npz"))


def test_images_come_in(lab, images):
    info = lab.images_info(VISITOR, images)
    assert (info.images, info.side, info.name) == (1_797, 8, "digits")
    assert picture(info.preview).shape == (4 * 9 - 1, 15 * 9 - 1)


def test_a_run_draws_shows_its_film_and_its_map(lab, images, run):
    info, job = lab.run(VISITOR, run), RunFolder(lab.run(VISITOR, run).path).job()
    assert (info.task, info.name) == ("vae", "digits · Dense · 2 epochs · frames 2 · precision fp32 · conditional True")
    assert (job["data"]["sample"], job["data"]["rows"]) == ("digits", 1_797)
    told = lab.draw(VISITOR, run, {"n": 25, "label": "3", "seed": 1})
    assert picture(told["picture"]).shape == (5 * 9 - 1, 5 * 9 - 1)
    assert picture(lab.draw(VISITOR, run, {"n": 12})["picture"]).shape == (2 * 9 - 1, 10 * 9 - 1)
    assert told["classes"] == ["3"] * 25
    assert lab.draw(VISITOR, run, {"n": 25, "label": "3", "seed": 1})["picture"] == told["picture"]
    _, view = lab.view(VISITOR, run)
    assert picture(lab.picture(VISITOR, run, view.samples[-1].file)).shape == (5 * 9 - 1, 10 * 9 - 1)
    forming = lab.forming_map(VISITOR, run, view.samples[-1].file)
    assert (len(forming["places"]), len(forming["names"])) == (180, 10)
    for name in ("../passport.json", "frames/../job.json", "frames/000001.txt", "frames/999999.png", 7):
        with pytest.raises(UserError, match="picture"):
            lab.picture(VISITOR, run, name)
    for values, said in (
        ({"n": 1_000}, "too many at once"),
        ({"label": "eleven"}, "There is no class “eleven”"),
        ({"temperature": float("nan")}, "Temperature"),
    ):
        with pytest.raises(UserError, match=said):
            lab.draw(VISITOR, run, values)
    found = lab.image_map(VISITOR, run)
    assert (len(found["places"]), found["size"], found["names"]) == (270, 4, [str(digit) for digit in range(10)])
    there = lab.images_at(VISITOR, run, found["places"][:3], "7")
    assert picture(there["picture"]).shape == picture(there["pixels"]).shape == (8, 3 * 9 - 1)
    assert picture(lab.image_sheet(VISITOR, run, [-1, -1, 1, 1])["picture"]).shape == (128, 128)
    for places in ([], [[1]], [["x", "y"]], [[float("inf"), 0]], [[0, 0]] * 300, [[10**400, 0]]):
        with pytest.raises(UserError, match="no places of a map"):
            lab.images_at(VISITOR, run, places)
    with pytest.raises(UserError, match="There is no class"):
        lab.images_at(VISITOR, run, [[0, 0]], "eleven")


def test_codes_are_looked_at_one_by_one(lab, run):
    values = {"n": 25, "label": "3", "seed": 1}
    told = lab.look(VISITOR, run, {"drawn": values, "index": 24})
    assert told["class"] == "3"
    sheet, one = picture(lab.draw(VISITOR, run, values)["picture"]), picture(told["picture"])
    assert np.array_equal(one, sheet[36:44, 36:44])
    assert picture(told["nearest"]["picture"]).shape == (8, 8 * 9 - 1)
    assert (told["nearest"]["shown"], len(told["nearest"]["classes"]), len(told["spread"])) == ("own", 8, 4)
    place = lab.look(VISITOR, run, {"place": told["place"]}, "3")
    assert np.allclose(place["place"], told["place"], atol=1e-3)
    number, value, sigma = told["spread"][0]
    moved = lab.look(VISITOR, run, {"drawn": values, "index": 24, "moved": {str(number): value + 2 * sigma}})
    assert moved["code"][number] == pytest.approx(value + 2 * sigma, abs=1e-3)
    rows = lab.code_numbers(VISITOR, run, {"place": [0.0, 0.0]}, "3")
    assert picture(rows["picture"]).shape == (4 * 9 - 1, 9 * 9 - 1)
    for of, said in (
        ({}, "No image has been chosen"),
        ("place", "No image has been chosen"),
        ({"drawn": values, "index": 25}, "There is no such image"),
        ({"drawn": {"n": 0}, "index": 0}, "Images"),
        ({"place": [1.0]}, "no numbers of a code"),
        ({"place": [float("nan"), 0.0]}, "no numbers of a code"),
        ({"place": [0.0, 0.0], "moved": {"4": 0.0}}, "no such number in a code"),
        ({"place": [0.0, 0.0], "moved": {"0": 1e9}}, "no numbers of a code"),
    ):
        with pytest.raises(UserError, match=said):
            lab.look(VISITOR, run, of)
    with pytest.raises(UserError, match="its codes do not say it"):
        lab.code_sum(VISITOR, run, "1", "2", "3")
    with pytest.raises(UserError, match="Three classes"):
        lab.code_sum(VISITOR, run, "1", "", "3")


def test_an_image_of_ones_own_is_given_back(lab, run, tmp_path):
    path = tmp_path / "seven.png"
    Image.fromarray(np.kron(np.eye(8, dtype=np.uint8) * 255, np.ones((4, 4), np.uint8))).save(path)
    pixels = lab.read_image(VISITOR, run, path)
    read = np.frombuffer(base64.b64decode(pixels), np.uint8).reshape(8, 8)
    assert np.abs(read - 255.0 * np.eye(8)).max() < 80  # scaling down rings a little
    turned = np.frombuffer(base64.b64decode(lab.read_image(VISITOR, run, path, turned=True)), np.uint8)
    assert np.array_equal(turned, 255 - read.ravel())
    told = lab.give_back(VISITOR, run, {"pixels": pixels})
    assert np.array_equal(picture(told["picture"])[:, :8], read)
    assert told["best"] in [str(digit) for digit in range(10)]
    assert 0 <= told["worse"] <= 1
    hurt = lab.give_back(VISITOR, run, {"pixels": pixels}, {"damage": "white", "amount": 0.5, "seed": 3}, "7")
    assert picture(hurt["picture"]).shape == (8, 3 * 9 - 1)
    assert hurt["best"] == "7"
    assert "worse" not in hurt  # than whole ones: it would be an outlier for its damage
    sketch = np.zeros((112, 112), np.uint8)
    sketch[20:100, 50:60] = 255
    for centred in (True, False):
        told = lab.give_back(VISITOR, run, {"sketch": base64.b64encode(sketch.tobytes()).decode(), "centred": centred})
        assert picture(told["picture"])[:, :8].max() > 100
    for image, damage, said in (
        ({"pixels": "AAAA"}, None, "The picture has 3 numbers"),
        ({"pixels": "?"}, None, "The picture has 0 numbers"),
        ({"sketch": "AAAA"}, None, "The sketch has 3 pixels"),
        ({"pixels": 7}, None, "This is no picture"),
        ({"pixels": "A" * 200_000}, None, "This is no picture"),
        ({"pixels": pixels}, {"damage": "fire"}, "There is no damage"),
        ({"pixels": pixels}, {"damage": "white", "amount": 2}, "Amount"),
        ({"pixels": pixels}, {"damage": "white", "amount": 0.1, "seed": -1}, "Seed"),
        ({"pixels": pixels}, {"damage": "white", "amount": 0.1, "seed": 2**80}, "Seed"),
    ):
        with pytest.raises(UserError, match=said):
            lab.give_back(VISITOR, run, image, damage)
    path.write_bytes(b"no image")
    with pytest.raises(UserError, match="is no PNG, JPEG or WebP"):
        lab.read_image(VISITOR, run, path)


def test_two_models_are_compared_and_what_is_drawn_is_taken_home(lab, images, run):
    told = lab.painters_beside(VISITOR, run, run)
    assert told["errors"][0] == told["errors"][1] == pytest.approx(lab.folder(VISITOR, run).read("metrics.json")["mse"], rel=0.01)
    assert (told["kept"], told["unseen"], told["same"], told["count"]) == (0, True, True, 270)
    assert picture(told["picture"]).shape == (3 * 9 - 1, 10 * 9 - 1)
    for ending in ("png", "zip", "npz"):
        path = lab.drawn_file(VISITOR, run, {"n": 12}, ending)
        assert path.suffix == f".{ending}"
        assert path.stat().st_size > 100
    with pytest.raises(UserError, match="Format"):
        lab.drawn_file(VISITOR, run, {"n": 12}, "exe")
    with Image.open(lab.film_file(VISITOR, run)) as film:
        assert (film.format, film.n_frames) == ("GIF", 2)
    with pytest.raises(UserError, match="Model"):
        lab.draw(VISITOR, "embedded/nothing", {})
    with pytest.raises(UserError, match="no such run"):
        lab.draw(VISITOR, "0" * 32, {})


def test_a_run_leaves_as_a_zip_and_comes_back(lab, run):
    again = lab.reopen(VISITOR, lab.export(VISITOR, run))
    assert lab.draw(VISITOR, again, {"n": 10})["picture"] == lab.draw(VISITOR, run, {"n": 10})["picture"]
    told = lab.code(VISITOR, run)
    assert "class DenseVAE" in told["script"]
    assert "train images --family vae --data digits --coding" not in told["command"]
    assert "--variant dense" in told["command"]
    with pytest.raises(UserError, match="has no map"):
        lab.image_map(VISITOR, again)
    beside = lab.painters_beside(VISITOR, again, run)
    assert (beside["kept"], beside["unseen"], beside["same"]) == (1, False, True)
    assert beside["errors"][0] == pytest.approx(beside["errors"][1], rel=1e-3)
    assert len(set(beside["parameters"])) == 1
    assert beside["parameters"][0] == lab.folder(VISITOR, run).read("metrics.json")["training"]["trainable_parameters"]


def test_a_forecast_comes_before(lab, images):
    told = lab.forecast(VISITOR, images, FAST, task="vae")
    assert told["steps"] > 0
    assert told["limit_seconds"] == 3_600


def _tiny_drawer():
    """A conditional model with drawn weights: (its blueprint, it, the names of its classes)."""
    torch.manual_seed(0)
    blueprint = Blueprint("vae", "dense", Shape(1, 8, 8), 4, 10)
    return blueprint, build(blueprint).eval(), tuple("0123456789")


@pytest.fixture
def drawer(tmp_path, monkeypatch) -> str:
    """A zoo with one conditional model in it."""
    folder, (blueprint, model, names) = tmp_path / "zoo" / "mnist-vae-classes", _tiny_drawer()
    stored.save(folder, blueprint, model, names, torch.float16)
    x = np.random.default_rng(0).integers(0, 256, (40, 8, 8), np.uint8)
    latent.save(folder, latent.plane(model, Images(x, np.arange(40) % 10, names), with_images=False))
    monkeypatch.setattr(hub, "ZOO", tmp_path / "zoo")
    return "embedded/mnist-vae-classes"


def test_an_embedded_model_draws_and_what_it_draws_can_be_learnt(lab, drawer):
    assert [model.id for model in lab.image_models()] == [drawer]
    assert "digits" in lab.image_samples()
    told = lab.look(VISITOR, drawer, {"drawn": {"n": 10}, "index": 7})
    assert (told["class"], told["nearest"]["shown"]) == ("7", "given back")
    beside = lab.painters_beside(VISITOR, drawer, drawer)
    assert (beside["kept"], beside["same"], beside["count"], beside["seconds"]) == (None, True, 200, [None, None])
    assert beside["drew"] == 0
    info = lab.take_images_sample(VISITOR, "drawn-digits")
    assert (info.images, info.sample, len(info.classes)) == (4_000, "drawn-digits", 10)
    with pytest.raises(UserError, match="It is one of digits, drawn-digits"):
        lab.take_images_sample(VISITOR, "drawn-clothes")


def test_a_run_stands_beside_a_model_of_another_set(lab, run, drawer):
    for two, kept in (((run, drawer), 0), ((drawer, run), 1)):
        told = lab.painters_beside(VISITOR, *two)
        assert (told["kept"], told["same"], told["unseen"], told["drew"]) == (kept, False, False, None)
    (hub.ZOO / "mnist-vae-classes").rename(hub.ZOO / "fashion-vae-classes")
    stored.save(hub.ZOO / "mnist-vae-classes", *_tiny_drawer(), torch.float16)
    with pytest.raises(UserError, match="One model has learnt MNIST"):
        lab.painters_beside(VISITOR, drawer, "embedded/fashion-vae-classes")


def test_an_autoencoder_without_a_map_draws_nothing(lab, images, run):
    own = lab.train(VISITOR, images, {"variant": "stacked", "epochs": 1, "precision": "fp32", "frames": 0}, task="autoencoder")
    folder = RunFolder(lab.run(VISITOR, own).path)
    for event in tasks.get("autoencoder").load()(tasks.get("autoencoder").config.from_dict(folder.job()["config"]), folder):
        folder.append(event)
    assert all(lab.painters_beside(VISITOR, own, run)["samples"])
    again = lab.reopen(VISITOR, lab.export(VISITOR, own))
    assert [bool(drawn) for drawn in lab.painters_beside(VISITOR, again, run)["samples"]] == [False, True]


def test_a_gan_reads_nothing_and_stands_beside_what_does(lab, images, run):
    values = {"variant": "conv", "epochs": 1, "precision": "fp32", "frames": 2}
    own = lab.train(VISITOR, images, values, task="gan")
    folder = RunFolder(lab.run(VISITOR, own).path)
    for event in tasks.get("gan").load()(tasks.get("gan").config.from_dict(folder.job()["config"]), folder):
        folder.append(event)
    about = lab.about_painter(VISITOR, own)
    assert (about["draws"], about["reads"], about["mapped"]) == (True, False, False)
    assert lab.draw(VISITOR, own, {"n": 4})["count"] == 4
    film = lab.forming_map(VISITOR, own, "frames/000000.png")
    assert film["names"][-1] == "drawn"
    assert len(film["places"]) == len(film["classes"])
    beside = lab.painters_beside(VISITOR, own, run)
    assert beside["errors"][0] is None
    assert beside["errors"][1] > 0
    assert all(beside["samples"])
    assert lab.painters_beside(VISITOR, own, own)["picture"] == ""
    with pytest.raises(UserError, match="it has no encoder"):
        lab.give_back(VISITOR, own, {"pixels": base64.b64encode(bytes(64)).decode()})
    again = lab.reopen(VISITOR, lab.export(VISITOR, own))
    assert lab.draw(VISITOR, again, {"n": 4})["picture"] == lab.draw(VISITOR, own, {"n": 4})["picture"]


def test_a_diffusion_model_draws_in_steps(lab, images):
    own = lab.train(VISITOR, images, {"epochs": 1, "precision": "fp32", "frames": 0, "conditional": True}, task="diffusion")
    folder = RunFolder(lab.run(VISITOR, own).path)
    for event in tasks.get("diffusion").load()(tasks.get("diffusion").config.from_dict(folder.job()["config"]), folder):
        folder.append(event)
    assert lab.about_painter(VISITOR, own)["denoises"] is True
    values = {"n": 4, "steps": 3, "guidance": 2.0, "label": "1"}
    *moments, last = lab.drawing(VISITOR, own, values)
    assert [told["step"] for told in moments] == [1, 2, 3]
    assert moments[-1]["picture"] == last["picture"] == lab.draw(VISITOR, own, values)["picture"]
    assert [told["step"] for told in last["film"]] == [1, 2, 3]
    assert last["classes"] == ["1"] * 4
    assert lab.drawn_file(VISITOR, own, values, "npz").stat().st_size > 0
    assert lab.look(VISITOR, own, {"drawn": values, "index": 2})["class"] == "1"
    with pytest.raises(UserError, match="At most 100"):
        lab.draw(VISITOR, own, {"n": 101})


def test_pictures_of_a_data_set_of_the_hub_are_taken(lab, tmp_path, monkeypatch):
    import datasets

    x = np.random.default_rng(0).integers(0, 256, (70, 28, 28), np.uint8)
    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=["cat", "dog"])})
    columns = {"image": [Image.fromarray(pixels) for pixels in x], "label": [number % 2 for number in range(70)]}
    with HubServer(tmp_path / "served") as server:
        folder = server.folder("acme/pictures", "datasets")
        folder.mkdir(parents=True)
        datasets.Dataset.from_dict(columns, features=features).to_parquet(str(folder / "train.parquet"))
        for name, value in {"HF_ENDPOINT": server.url, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "0"}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(lab, "settings", replace(lab.settings, offline=False))
        info = lab.take_images_hub(VISITOR, "acme/pictures")
    assert (info.images, info.side, info.source, info.name, info.classes) == (70, 28, "hub", "acme/pictures", {"cat": 35, "dog": 35})
    assert info.findings[0]["text"].startswith("All 70 rows of the split “train” of “acme/pictures”")
    read, labels = image_sets.read_rows(lab.images_rows(VISITOR, info.id))
    assert np.array_equal(read, x)
    assert labels[:3] == ["cat", "dog", "cat"]
    assert image_sets.origin(info)["hub"]["split"] == "train"
    with pytest.raises(UserError, match="not the name of a Hub data set"):
        lab.take_images_hub(VISITOR, "../x")


def test_what_is_wrong_with_images_is_said(lab, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("hello")
    with pytest.raises(UserError, match="is neither"):
        lab.take_images(VISITOR, path)
    with pytest.raises(UserError, match="a multiple of 4"):
        lab.take_images_sample(VISITOR, "digits", {"side": 30})
    with pytest.raises(UserError, match="It is one of digits"):
        lab.take_images_sample(VISITOR, "mnist")
    with pytest.raises(UserError, match="is not here any more"):
        lab.images_info(VISITOR, "0" * 32)
