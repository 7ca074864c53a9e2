"""Pipelines of diffusers from the Hub, against a loopback Hub: what is loaded draws as plain diffusers does; what is refused, and in which words."""

import contextlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from genhub import catalog, families, hub, settings
from genhub.cli import main
from genhub.errors import UserError
from genhub.hub_pipeline import INDEX, WEIGHTS
from genhub.images.painter import open_painter
from genhub.images.pixels import array
from genhub.lab import Lab
from genhub.training.configs import DrawConfig
from genhub.ui.images import chooser, play, tab
from tests import hub_here
from tests.hubserver import Fault
from tests.inline_worker import InlineWorker
from tests.tiny import tiny_encoder

WANTED = families.DIFFUSION.name
SIDE = 16
SIZES = {
    "sample_size": SIDE,
    "in_channels": 1,
    "out_channels": 1,
    "block_out_channels": (8, 16),
    "layers_per_block": 1,
    "down_block_types": ("DownBlock2D", "AttnDownBlock2D"),
    "up_block_types": ("AttnUpBlock2D", "UpBlock2D"),
    "norm_num_groups": 4,
    "attention_head_dim": 8,
}
NAME = "acme/noise"


def tiny(folder: Path, **changed) -> Path:
    """A small pipeline with weights drawn at random, as it is published."""
    from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel

    torch.manual_seed(0)
    DDPMPipeline(UNet2DModel(**(SIZES | changed)), DDPMScheduler()).save_pretrained(folder)
    return folder


def at_the_top(folder: Path) -> Path:
    """The same laid out as in 2022, with the names that tensors of attention had then."""
    for name in ("unet", "scheduler"):
        for path in (folder / name).iterdir():
            path.rename(folder / path.name)
        (folder / name).rmdir()
    then = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    tensors = load_file(folder / WEIGHTS)
    for now, old in then.items():
        tensors = {name.replace(f".{now}.", f".{old}."): tensor for name, tensor in tensors.items()}
    save_file(tensors, folder / WEIGHTS)
    return folder


def written(folder: Path, name: str, **values) -> Path:
    path = folder / name
    path.write_text(json.dumps(json.loads(path.read_text()) | values))
    return folder


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    return tiny(tmp_path_factory.mktemp("published"))


@pytest.fixture
def server(tmp_path, home, monkeypatch):
    with hub_here.looked_through(monkeypatch, tmp_path) as running:
        yield running


@contextlib.contextmanager
def a_lab():
    made = Lab(settings.get())
    made.worker = InlineWorker()
    yield made
    made.close()


def offer(tmp_path, folder: Path) -> None:
    shutil.copytree(folder, tmp_path / "hub" / "models" / NAME)


def fetched(tmp_path, folder: Path, wanted: str = WANTED) -> hub.ModelFolder:
    offer(tmp_path, folder)
    return hub.model_folder(NAME, settings.get(), family=wanted)


@pytest.mark.parametrize("layout", [lambda folder: folder, at_the_top], ids=["in folders", "at the top"])
def test_one_is_fetched_and_draws_as_plain_diffusers_does(server, tmp_path, published, layout):
    from diffusers import DDIMPipeline, DDIMScheduler

    found = fetched(tmp_path, layout(shutil.copytree(published, tmp_path / "laid")))
    assert found.family == WANTED
    painter, config = open_painter(found.path), DrawConfig(n=3, steps=4, seed=5)
    drawn, asked = painter.draw(config)
    assert asked is None
    assert drawn.shape == (3, SIDE, SIDE)
    assert drawn.dtype == np.uint8
    plain = DDIMPipeline.from_pretrained(published)
    plain.scheduler = DDIMScheduler.from_config(plain.scheduler.config, timestep_spacing="trailing")
    plain.scheduler.set_timesteps(config.steps)
    x = torch.randn(3, SIDE * SIDE, generator=torch.Generator().manual_seed(config.seed)).view(3, 1, SIDE, SIDE)
    with torch.inference_mode():
        for t in plain.scheduler.timesteps:
            x = plain.scheduler.step(plain.unet(x, t).sample, t, x).prev_sample
    assert (np.abs(drawn.astype(int) - array(((x + 1) / 2).clamp(0, 1)).astype(int)) <= 1).all()
    assert painter.learnt == sum(tensor.numel() for tensor in plain.unet.parameters())
    assert (painter.denoises, painter.reads, painter.mapped, painter.names) == (True, False, False, ())
    assert hub.stored_folder(NAME, settings.get(), WANTED)


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        (INDEX, {"_class_name": "StableDiffusionPipeline"}, "is a StableDiffusionPipeline"),
        (INDEX, {"unet": ["acme", "UNet2DModel"]}, "as its unet"),
        (INDEX, {"scheduler": ["diffusers", "KarrasVeScheduler"]}, "as its scheduler"),
        ("unet/config.json", {"sample_size": 4_096}, "has sample_size = 4096"),
        ("unet/config.json", {"sample_size": [16, 32]}, "has sample_size"),
        ("unet/config.json", {"in_channels": 2, "out_channels": 2}, "reads 2 colours"),
        ("unet/config.json", {"in_channels": 3}, "reads 3 colours and gives 1"),
        ("unet/config.json", {"block_out_channels": [8] * 9}, "has block_out_channels"),
        ("unet/config.json", {"layers_per_block": 10_000}, "has layers_per_block"),
        ("unet/config.json", {"layers_per_block": 2}, "numbers; its config.json describes"),
        ("unet/config.json", {"num_class_embeds": 10}, "is told classes"),
        ("unet/config.json", {"down_block_types": ["Mystery", "DownBlock2D"]}, "cannot be loaded"),
        ("unet/config.json", {"norm_eps": 1e308}, "has norm_eps"),
        ("unet/config.json", {"_class_name": "UNet2DConditionModel"}, "is of the type “UNet2DConditionModel”"),
        ("unet/config.json", {"auto_map": {"AutoModel": "x.y"}}, "brings its own code"),
        ("scheduler/scheduler_config.json", {"num_train_timesteps": 10}, "has num_train_timesteps = 10"),
        ("scheduler/scheduler_config.json", {"beta_schedule": "mine"}, "has beta_schedule = mine"),
        ("scheduler/scheduler_config.json", {"prediction_type": "flow"}, "has prediction_type = flow"),
        ("scheduler/scheduler_config.json", {"beta_end": "0.02"}, "has beta_end"),
        ("scheduler/scheduler_config.json", {"trained_betas": [0.1]}, "a list of its own"),
    ],
)
def test_what_is_damaged_or_strange_is_refused(server, tmp_path, published, name, values, said):
    with pytest.raises(UserError, match=said):
        fetched(tmp_path, written(shutil.copytree(published, tmp_path / "changed"), name, **values))


def test_weights_that_do_not_fit_are_refused(server, tmp_path, published):
    folder = shutil.copytree(published, tmp_path / "changed")
    tensors = load_file(folder / "unet" / WEIGHTS)
    renamed = {("other." + name if name.startswith("conv_out") else name): tensor for name, tensor in tensors.items()}
    save_file(renamed, folder / "unet" / WEIGHTS)
    with pytest.raises(UserError, match=r"lack 2 of \d+ tensors \(“conv_out"):
        fetched(tmp_path, folder)


def test_numbers_that_are_none_are_refused(server, tmp_path, published):
    folder = shutil.copytree(published, tmp_path / "changed")
    tensors = load_file(folder / "unet" / WEIGHTS)
    save_file(tensors | {"conv_in.bias": torch.full_like(tensors["conv_in.bias"], float("nan"))}, folder / "unet" / WEIGHTS)
    with pytest.raises(UserError, match=r"conv_in\.bias"):
        fetched(tmp_path, folder)


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        (INDEX, "no model_index.json"),
        ("scheduler/scheduler_config.json", "has no scheduler/scheduler_config.json"),
        (f"unet/{WEIGHTS}", "has no unet/diffusion_pytorch_model.safetensors"),
    ],
)
def test_a_missing_part_is_named(server, tmp_path, published, gone, said):
    folder = shutil.copytree(published, tmp_path / "changed")
    (folder / gone).unlink()
    with pytest.raises(UserError, match=said):
        fetched(tmp_path, folder)


def test_old_weights_are_refused_unless_the_bot_has_converted_them(server, tmp_path, published):
    folder = shutil.copytree(published, tmp_path / "changed")
    (folder / "unet" / WEIGHTS).rename(folder / "unet" / WEIGHTS.replace(".safetensors", ".bin"))
    with pytest.raises(UserError, match=r"only weights in the old \.bin format"):
        fetched(tmp_path, folder)


def test_models_of_another_kind_are_refused(server, tmp_path, published):
    with pytest.raises(UserError, match="is a diffusion model: it does not classify texts"):
        fetched(tmp_path, published, families.ENCODER.name)


def test_an_encoder_is_refused_where_images_are_drawn(server, tmp_path):
    tiny_encoder(tmp_path / "encoder")
    with pytest.raises(UserError, match="is an encoder: it does not draw images"):
        fetched(tmp_path, tmp_path / "encoder")


def test_the_page_brings_one_and_draws_with_it(server, tmp_path, published, monkeypatch):
    offer(tmp_path, published)
    with a_lab() as lab:
        session = {"visitor": "a"}
        frames = list(tab.brought(lab, session, NAME, None))
        assert all("im_about" in frame for frame in frames)
        last = frames[-1]
        assert last["im_known"]["model"] == NAME
        assert last["im_known"]["denoises"]
        assert not last["im_known"]["slow"]
        assert last["play_drawn"]["count"] == play.FEW
        given = {name: getattr(DrawConfig(n=4, steps=2), option) for name, option in play.GIVEN.items()}
        *steps, shown = play.draw(lab, session, last["im_known"], chooser.ANY, **given)
        assert len(steps) == 2
        assert shown["play_drawn"]["count"] == 4
        *_, told = lab.enlarging("a", NAME, 3, {"steps": 2}, "zip")
        assert told["count"] == 3


def test_the_page_says_what_does_not_come_and_shows_no_model(server, tmp_path):
    server.fault(NAME, Fault(status=429))
    with a_lab() as lab:
        (said,) = (frame for frame in tab.brought(lab, {"visitor": "a"}, NAME, None) if "im_problem" in frame)
        assert "pause" in said["im_problem"]
        assert said["im_known"] is None


def test_a_slow_one_draws_only_when_asked(server, tmp_path, published, monkeypatch):
    offer(tmp_path, published)
    monkeypatch.setattr("genhub.serving.imaging.SLOW", 0)
    with a_lab() as lab:
        known = chooser.read(lab, {"visitor": "a"}, NAME)
        assert known["slow"]
        begun = play.begin(lab, {"visitor": "a"}, known)
        assert begun["play_drawn"] is None
        assert play.SLOW in begun["play_sheet"]
        assert begun["play_n"] == play.FEWEST


def test_those_of_the_list_are_offered_while_there_is_a_network_and_on_a_public_page_no_others(server, monkeypatch):
    listed = [model.id for model in catalog.of_task(WANTED)]
    assert listed
    assert all(entry.source.endswith(entry.id) for entry in catalog.of_task(WANTED))
    with a_lab() as lab:
        assert [model for name, model in chooser.offers(lab) if name.startswith("Hub")] == listed
    monkeypatch.setenv("GENHUB_OFFLINE", "1")
    with a_lab() as lab:
        assert not [model for name, model in chooser.offers(lab) if name.startswith("Hub")]
    monkeypatch.setenv("GENHUB_OFFLINE", "0")
    monkeypatch.setenv("GENHUB_PROFILE", "public")
    with a_lab() as lab, pytest.raises(UserError, match="is not offered here"):
        lab.draw("a" * 32, NAME, {"n": 1})


def test_the_command_line_draws_with_one(server, tmp_path, published, capsys):
    offer(tmp_path, published)
    assert main(["sample", "--model", NAME, "--n", "2", "--steps", "2", "--out", str(tmp_path / "drawn.npz")]) == 0
    assert np.load(tmp_path / "drawn.npz")["x"].shape == (2, SIDE, SIDE)
