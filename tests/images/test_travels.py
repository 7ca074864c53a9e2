"""An image model leaves as a zip, as a card and as code, and comes back with every part looked at."""

import io
import json
import os
import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load, save

from genhub import cli, settings
from genhub.data.image_sets import grid
from genhub.errors import UserError
from genhub.images import drawing, stored
from genhub.images.travels.code import FILE
from genhub.text import code, portable
from genhub.training.configs import DrawConfig
from tests.images.bars import bars, trained
from tests.ui.calls import spoiled


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    return bars(tmp_path_factory.mktemp("bars"))


@pytest.fixture(scope="module")
def run(rows, tmp_path_factory):
    return trained(tmp_path_factory.mktemp("runs") / "run", "vae", rows, variant="dense", conditional=True, beta=0.5)


def packed(run, tmp_path) -> Path:
    return portable.export_zip(run.path, tmp_path / "run.zip")


def opened(path: Path, folder: Path):
    return portable.open_zip(path, folder, settings.get().limits)


def test_nothing_of_the_images_leaves(run, tmp_path):
    with zipfile.ZipFile(packed(run, tmp_path)) as archive:
        assert set(archive.namelist()) == {
            *("README.md", "metrics.json", "passport.json", FILE),
            *("model/config.json", "model/model.safetensors"),
        }


def test_the_card_tells_the_figures(run):
    card, metrics = (run.path / "README.md").read_text(), run.read("metrics.json")
    assert f"| this model | {metrics['mse']:.5f} |" in card
    assert "PCA with a code of 4 numbers" in card
    assert "It is told the class of an image." in card
    assert "pipeline_tag: unconditional-image-generation" in card
    assert "{" not in card.partition("## How to use it")[0]


def test_the_command_trains_it_again(run):
    comment, _, command = code.command_line(run.path).partition("\n")
    assert comment == "# YOUR-IMAGES.zip stands for the set of images of yours that this run was trained on (bars)."
    words = shlex.split(command)
    assert words[:8] == ["python", "-m", "genhub", "train", "images", "--family", "vae", "--data"]
    args = cli.parser().parse_args(words[3:])
    assert (args.side, args.grey, args.beta, args.variant, args.conditional) == ("8", True, "0.5", "dense", True)


def alone(script: Path, *words: str, **environment: str):
    """The script in a folder from which nothing of ours can be imported."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-I", script.name, *words],
        cwd=script.parent,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def draws_as_we_do(run, tmp_path):
    """The run leaves and comes back, and its script draws, without us, the images that it draws here."""
    again = opened(packed(run, tmp_path), tmp_path / "again")
    script = again / FILE
    script.write_text(code.script(again))
    assert not re.search(r"^(from|import) genhub", script.read_text(), re.MULTILINE)
    alone(script, "drawn.png", N="16", SEED="3")
    with Image.open(again / "drawn.png") as picture:
        drawn = np.asarray(picture)
    assert np.array_equal(drawn, grid(drawing.drawn(stored.load(again / "model"), DrawConfig(n=16, seed=3)), 8))


def test_the_script_draws_what_we_draw(run, tmp_path):
    draws_as_we_do(run, tmp_path)


@pytest.mark.parametrize(
    ("family", "values"),
    [
        ("gan", {"variant": "dense-small", "spread": True}),
        ("gan", {"variant": "conv", "average": 0.0}),
        ("gan", {"variant": "dcgan", "spectral": True}),
        ("diffusion", {}),
    ],
)
def test_a_model_that_only_draws_travels_with_its_card_and_its_script(rows, tmp_path, family, values):
    run = trained(tmp_path / "run", family, rows, epochs=1, conditional=True, **values)
    metrics = run.read("metrics.json")
    card = (run.path / "README.md").read_text()
    assert f"| judge FID | {metrics['judge_fid']:.2f} | {metrics['judge_fid_floor']:.2f} |" in card
    assert {"gan": "Generative adversarial network", "diffusion": "Diffusion model"}[family] in card
    draws_as_we_do(run, tmp_path)


@pytest.mark.parametrize("name", ["denoising", "conv", "recurrent"])
def test_the_script_reconstructs(rows, tmp_path, name):
    run = trained(tmp_path / "run", "autoencoder", rows, variant=name, epochs=1)
    script = run.path / FILE
    script.write_text(code.script(run.path))
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8), np.uint8)
    Image.fromarray(pixels).save(run.path / "a.png")
    alone(script, "a.png")
    with Image.open(run.path / "reconstructed.png") as picture:
        found = np.asarray(picture)
    assert np.array_equal(found[:8], pixels)
    x = torch.from_numpy(pixels)[None, None] / 255
    expected = (stored.load(run.path / "model").reconstruct(x)[0, 0] * 255).round().numpy()
    assert np.abs(found[8:].astype(int) - expected).max() <= 1


def changed(**values):
    def change(entry: bytes) -> bytes:
        return json.dumps(json.loads(entry) | values).encode()

    return change


def shape(**values):
    return lambda entry: json.dumps({**(told := json.loads(entry)), "shape": {**told["shape"], **values}}).encode()


def poisoned(entry: bytes) -> bytes:
    tensors = load(entry)
    tensors["mu.bias"][0] = float("nan")
    return save(tensors)


SPOILED = {
    "family": ("model/config.json", changed(family="gan"), "another model than the passport"),
    "variant": ("model/config.json", changed(variant="conv"), "another model than the passport"),
    "side": ("model/config.json", shape(width=4_000), "has width = 4000"),
    "a side that is none": ("model/config.json", shape(width=True), "has width = True"),
    "coding": ("model/config.json", changed(coding=10**9), "has coding = 1000000000"),
    "classes": ("model/config.json", changed(classes=3), "has 3 classes"),
    "an option": ("model/config.json", changed(options={"hidden": 10**9}), "options that this variant has not"),
    "an option's value": ("model/config.json", changed(options={"beta": 1e9}), "has beta"),
    "no table": ("model/config.json", lambda entry: b"[]", "is not the configuration of an image model"),
    "other sizes": ("model/config.json", changed(coding=7), "mu"),
    "not a number": ("model/model.safetensors", poisoned, "mu.bias"),
    "torn": ("model/model.safetensors", lambda entry: entry[:200], "model.safetensors"),
}


@pytest.mark.parametrize("case", SPOILED)
def test_what_was_changed_is_refused(run, tmp_path, case):
    name, change, said = SPOILED[case]
    path = spoiled(packed(run, tmp_path).read_bytes(), name, change, tmp_path / "bad.zip")
    with pytest.raises(UserError) as refused:
        opened(Path(path), tmp_path / "again")
    assert said in str(refused.value), refused.value
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize(
    ("values", "said"),
    [({"method": "gnn"}, "is of the variant “gnn”"), ({"base": {"id": "acme/tiny"}}, "names a base model"), ({"task": "dream"}, "task")],
)
def test_a_passport_that_cannot_be_is_refused(run, tmp_path, values, said):
    buffer = io.BytesIO(packed(run, tmp_path).read_bytes())
    with zipfile.ZipFile(buffer) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    entries["passport.json"] = changed(**values)(entries["passport.json"])
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        for name, entry in entries.items():
            archive.writestr(name, entry)
    with pytest.raises(UserError, match=said):
        opened(tmp_path / "bad.zip", tmp_path / "again")


@pytest.mark.parametrize("conditional", [False, True])
def test_a_diffusion_model_leaves_as_a_pipeline_of_plain_diffusers(rows, tmp_path, conditional):
    from diffusers import DDIMPipeline

    run = trained(tmp_path / "run", "diffusion", rows, epochs=1, conditional=conditional, variant="unet-narrow")
    folder = portable.merged(run.path, tmp_path / "pipeline")
    pipeline = DDIMPipeline.from_pretrained(folder)
    ours, seed = stored.load(run.path / "model"), torch.Generator().manual_seed(3)
    if conditional:
        alone(folder / "draw.py")
        with Image.open(folder / "drawn.png") as picture:
            assert picture.size == (8 * ours.classes, 8)
        return
    pipeline.set_progress_bar_config(disable=True)
    drawn = pipeline(batch_size=2, generator=seed, num_inference_steps=4, output_type="np").images
    z = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(3)).flatten(1)
    with torch.inference_mode():
        *_, own = ours.denoise(z, steps=4)
    assert np.allclose(drawn[..., 0], own[:, 0].numpy(), atol=1e-4)
    assert "unet/diffusion_pytorch_model.safetensors" in json.loads((folder / "passport.json").read_text())["files"]


def test_there_is_nothing_to_merge(run, tmp_path):
    with pytest.raises(UserError, match="has no adapter"):
        portable.merged(run.path, tmp_path / "merged")
