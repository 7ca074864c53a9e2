"""Images through the endpoints, as a script meets it: a set is read, learnt and drawn from, and what is refused."""

import base64
import io
import time
import zipfile

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from tests.ui.calls import raw
from tests.ui.served import Served


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    served = Served(tmp_path_factory.mktemp("home")).start()
    yield served
    served.stop()
    assert "defect" not in served.log()


@pytest.fixture(scope="module")
def client(app) -> Client:
    return Client(app.address, verbose=False)


@pytest.fixture(scope="module")
def me(client) -> str:
    return client.predict(api_name="/new_visitor")


def png(size=(20, 20)) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", size, 90).save(buffer, "PNG")
    return buffer.getvalue()


def packed(path, files: dict[str, bytes]):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return handle_file(str(path))


def test_images_are_read_learnt_and_drawn_from(client, me, tmp_path):
    x = np.random.default_rng(0).integers(0, 256, (80, 8, 8), np.uint8)
    np.savez(tmp_path / "set.npz", x=x, y=np.arange(80) % 2)
    info = client.predict(me, handle_file(str(tmp_path / "set.npz")), {}, api_name="/read_images_file")
    assert (info["images"], info["side"], info["classes"]) == (80, 8, {"0": 40, "1": 40})
    options = {"variant": "dense", "epochs": 1, "precision": "fp32", "frames": 0, "conditional": True}
    assert client.predict(me, info["id"], options, "vae", api_name="/forecast")["steps"] > 0
    run = client.predict(me, info["id"], options, "mine", "vae", api_name="/train")
    deadline = time.monotonic() + 120
    while (told := client.predict(me, run, api_name="/run_status"))["state"] not in ("finished", "failed"):
        assert time.monotonic() < deadline, told
        time.sleep(0.2)
    assert next(iter(told["metrics"])) == "mse", told
    drawn = client.predict(me, run, {"n": 20, "label": "1"}, api_name="/draw_images")
    with Image.open(io.BytesIO(base64.b64decode(drawn["picture"]))) as picture:
        assert picture.size == (80, 16)


def test_the_digits_are_there(client, me):
    assert client.predict(me, "digits", {}, api_name="/read_bundled_images")["images"] == 1_797


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.png": png()}, "has 1 image"),
        (
            {f"{number}.png": png() for number in range(63)} | {"x.png": b"<svg xmlns='http://www.w3.org/2000/svg'/>"},
            "no PNG, JPEG or WebP",
        ),
        ({f"{number}.png": png() for number in range(63)} | {"x.png": png((5, 5))}, "At least 16"),
        ({"../a.png": png()}, "outside itself"),
        ({f"{number}.png": b"" for number in range(2_001)}, "At most 2000"),
    ],
    ids=["too few", "a drawing", "tiny", "outside", "too many entries"],
)
def test_a_set_that_cannot_be_read_is_refused(client, me, tmp_path, files, said):
    with pytest.raises(AppError, match=said):
        client.predict(me, packed(tmp_path / "a.zip", files), {}, api_name="/read_images_file")


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("/read_bundled_images", ["mnist", {}], "It is one of digits"),
        ("/read_bundled_images", ["digits", {"side": 30}], "a multiple of 4"),
        ("/read_bundled_images", ["digits", {"side": float("nan")}], "Side"),
        ("/read_bundled_images", ["digits", {"colour": True}], "There is no option"),
        ("/draw_images", ["0" * 32, {}], "run"),
        ("/draw_images", ["0" * 32, {"n": 10**9}], "N"),
        ("/draw_images", [7, {}], "run"),
    ],
)
def test_what_is_wrong_is_said(app, me, name, values, said):
    assert said in raw(app, name, [me, *values])
