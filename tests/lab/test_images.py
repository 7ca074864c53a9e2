"""Images through the Lab: in, learnt in a job's way, drawn, out as a zip and in again."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from genhub import tasks
from genhub.errors import UserError
from genhub.jobs.folder import RunFolder
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


def test_images_come_in(lab, images):
    info = lab.images_info(VISITOR, images)
    assert (info.images, info.side, info.name) == (1_797, 8, "digits")
    assert picture(info.preview).shape == (4 * 9 - 1, 15 * 9 - 1)


def test_a_run_draws_shows_its_film_and_its_map(lab, images, run):
    info, job = lab.run(VISITOR, run), RunFolder(lab.run(VISITOR, run).path).job()
    assert (info.task, info.name) == ("vae", "digits · Dense · 2 epochs · frames 2 · precision fp32 · conditional True")
    assert (job["data"]["sample"], job["data"]["rows"]) == ("digits", 1_797)
    told = lab.draw(VISITOR, run, {"n": 25, "label": "3", "seed": 1})
    assert picture(told["picture"]).shape == (3 * 9 - 1, 10 * 9 - 1)
    assert told["classes"] == ["3"] * 25
    assert lab.draw(VISITOR, run, {"n": 25, "label": "3", "seed": 1})["picture"] == told["picture"]
    _, view = lab.view(VISITOR, run)
    assert picture(lab.picture(VISITOR, run, view.samples[-1].file)).shape == (5 * 9 - 1, 10 * 9 - 1)
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
    for places in ([], [[1]], [["x", "y"]], [[float("inf"), 0]], [[0, 0]] * 300):
        with pytest.raises(UserError, match="no places of a map"):
            lab.images_at(VISITOR, run, places)
    with pytest.raises(UserError, match="There is no class"):
        lab.images_at(VISITOR, run, [[0, 0]], "eleven")


def test_a_run_leaves_as_a_zip_and_comes_back(lab, run):
    again = lab.reopen(VISITOR, lab.export(VISITOR, run))
    assert lab.draw(VISITOR, again, {"n": 10})["picture"] == lab.draw(VISITOR, run, {"n": 10})["picture"]
    told = lab.code(VISITOR, run)
    assert "class DenseVAE" in told["script"]
    assert "train images --family vae --data digits --coding" not in told["command"]
    assert "--variant dense" in told["command"]
    with pytest.raises(UserError, match="has no map"):
        lab.image_map(VISITOR, again)


def test_a_forecast_comes_before(lab, images):
    told = lab.forecast(VISITOR, images, FAST, task="vae")
    assert told["steps"] > 0
    assert told["limit_seconds"] == 3_600


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
