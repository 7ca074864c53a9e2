"""Diffusion: its loss against a case worked out by hand, steps that take noise away, guidance, its mean network, the files of plain diffusers."""

import pytest
import torch
from torch import nn

from genhub.images.coder import Shape, parameters
from genhub.images.diffusion.task import AVERAGE, NETWORK, QUARTERS, DiffusionTask
from genhub.images.diffusion.unet import TIMES, Diffusion
from genhub.images.variants import Blueprint, build
from genhub.training import averaged
from genhub.training.loop import fit
from genhub.training.plan import Phase, Plan, Session, make_accelerator
from tests.images.test_gans import task as gan_task

SMALL = Shape(1, 8, 8)


def model(**options) -> Diffusion:
    torch.manual_seed(0)
    return build(Blueprint("diffusion", **{"variant": "unet", "shape": SMALL, **options})).eval()


class Knowing(nn.Module):
    """In place of the network: it says that the noise is `noise`, whatever it is shown."""

    def __init__(self, noise: torch.Tensor):
        super().__init__()
        self.noise, self.asked = noise, []

    def forward(self, x, times, class_labels=None):
        self.asked.append((times.clone(), None if class_labels is None else class_labels.clone()))
        said = self.noise.expand(len(x), *self.noise.shape[1:])
        if class_labels is not None:
            said = said * (1 + class_labels.view(-1, 1, 1, 1))
        return type("Said", (), {"sample": said})


@pytest.mark.parametrize("shape", [Shape(1, 28, 28), Shape(3, 32, 32), SMALL, Shape(1, 12, 20)])
def test_noise_becomes_an_image_of_any_size(shape):
    made = model(shape=shape, classes=3)
    assert made.coding == shape.pixels
    with torch.inference_mode():
        *_, x = made.denoise(torch.randn(2, made.coding), torch.tensor([0, 2]), steps=2)
    assert x.shape == (2, shape.channels, shape.height, shape.width)
    assert 0 <= x.min() <= x.max() <= 1


def test_every_parameter_is_reached():
    made = model(classes=2).train()
    noise = torch.randn(4, 1, 8, 8)
    made.error(torch.rand(4, 1, 8, 8), torch.tensor([0, 1, 2, 0]), noise, torch.tensor([0, 300, 600, 999])).sum().backward()
    assert not [name for name, tensor in made.named_parameters() if tensor.grad is None or not tensor.grad.any()]


def test_the_loss_of_a_case_worked_out_by_hand():
    """Who says nothing of the noise is off by its own mean square."""
    made, noise = model(), torch.randn(3, 1, 8, 8)
    made.unet = Knowing(torch.zeros(1, 1, 8, 8))
    found = made.error(torch.rand(3, 1, 8, 8), None, noise, torch.tensor([0, 500, 999]))
    assert torch.allclose(found, noise.square().flatten(1).mean(1))


def test_who_knows_the_noise_gives_the_image_back():
    """x_t of an image and a noise that is known: DDIM arrives at the image."""
    made, noise = model(), torch.randn(1, 1, 8, 8)
    x = torch.rand(1, 1, 8, 8)
    made.unet = Knowing(noise)
    made.schedule.set_timesteps(10)
    begun = made.schedule.add_noise(2 * x - 1, noise, made.schedule.timesteps[3:4])
    at, shown = begun, None
    for time in made.schedule.timesteps[3:]:
        found = made.schedule.step(made.guided(at, time, None, 1.0), time, at)
        at, shown = found.prev_sample, found.pred_original_sample
    assert torch.allclose((shown + 1) / 2, x, atol=1e-3)


def test_guidance_asks_with_the_class_and_without():
    made, noise = model(classes=2), torch.ones(1, 1, 8, 8)
    made.unet = Knowing(noise)
    y = torch.tensor([1])
    plain = made.guided(noise, torch.tensor(5), y, 1.0)
    assert plain.unique().tolist() == [2.0]  # what it says of class 1
    guided = made.guided(noise, torch.tensor(5), y, 3.0)
    assert made.unet.asked[-1][1].tolist() == [1, 2]  # the last one: no class
    assert guided.unique().tolist() == [3 + 3 * (2 - 3)]


def test_a_seed_decides_what_chance_brings_and_without_chance_there_is_none():
    made, z = model(), torch.randn(1, 64)
    with torch.inference_mode():
        drawn = [list(made.denoise(z, steps=4, chance=chance, seed=seed))[-1] for chance, seed in ((1, 0), (1, 0), (1, 1), (0, 0), (0, 1))]
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    assert torch.equal(drawn[3], drawn[4])


def test_two_drawings_by_turns_are_those_drawn_alone():
    made, z = model(), torch.randn(1, 64)
    with torch.inference_mode():
        alone = [list(made.denoise(z, steps=steps, chance=0.5))[-1] for steps in (3, 7)]
        three, seven = made.denoise(z, steps=3, chance=0.5), made.denoise(z, steps=7, chance=0.5)
        by_turns = [next(three), next(seven), next(three), next(seven), next(three)]
        *_, last = seven
    assert torch.equal(by_turns[-1], alone[0])
    assert torch.equal(last, alone[1])


def test_an_image_is_the_same_whatever_is_drawn_beside_it():
    made, z = model(), torch.randn(3, 64)
    with torch.inference_mode():
        *_, together = made.denoise(z, steps=4, chance=1.0)
        *_, single = made.denoise(z[1:2], steps=4, chance=1.0)
    assert torch.allclose(together[1:2], single, atol=1e-5)
    assert not torch.allclose(together[0], together[1], atol=1e-2)


def test_a_conditional_one_needs_the_classes():
    with pytest.raises(ValueError, match="needs the classes"):
        model(classes=2).decode(torch.randn(1, 64))


def test_some_classes_are_hidden_while_it_learns():
    made = model(classes=2)
    hidden = (made.untold(torch.zeros(10_000, dtype=torch.long)) == 2).float().mean()
    assert 0.08 < hidden < 0.12
    assert model().untold(torch.zeros(3, dtype=torch.long)) is None


def test_it_learns_and_the_mean_network_draws():
    parts = gan_task()
    made = model()
    task = DiffusionTask(made, parts.train.images, parts.validation.images, average=0.9)
    plan = Plan((Phase(6, {NETWORK: 3e-3, AVERAGE: 0.0}),), 8, precision="fp32", clip=5.0)
    figures = [event.values for event in fit(task, plan, Session(make_accelerator())) if "val_loss" in getattr(event, "values", {})]
    assert figures[-1]["val_loss"] < 0.8 * figures[0]["val_loss"]
    assert {f"val_quarter_{number}" for number in range(1, QUARTERS + 1)} <= figures[0].keys()
    z = torch.randn(2, 64)
    made.eval()
    with torch.inference_mode():
        drawn = made.decode(z)
        made.settle()
        assert torch.allclose(made.decode(z), drawn, atol=1e-5)
    assert parameters(made) == parameters(model())


def test_validation_is_the_same_twice():
    parts = gan_task()
    task = DiffusionTask(model(), parts.train.images, parts.validation.images, average=0.0)
    task.model.eval()
    batch = task.validation.batch(range(8))
    first, second = (task.measure(task.model(batch), batch) for _ in range(2))
    assert torch.equal(first, second)
    assert first[:QUARTERS].tolist() == [2, 2, 2, 2]


def test_a_young_mean_follows_quickly():
    assert averaged.share(0.999, 0) == pytest.approx(10 / 11)
    assert averaged.share(0.999, 10_000_000) == pytest.approx(0.001)
    assert model().schedule.config.num_train_timesteps == TIMES
