"""GANs: parameter counts of the course, losses against cases worked out by hand, each remedy doing what it claims, alarms that ring and that do not."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from genhub.events import Note
from genhub.images import measures
from genhub.images.coder import Shape, parameters
from genhub.images.eye import Eye
from genhub.images.gans import losses
from genhub.images.gans.alarms import EARLY, FIRST, LASTING, Watch
from genhub.images.gans.pair import Discriminator, variation
from genhub.images.gans.replay import Replay
from genhub.images.gans.task import DISCRIMINATOR, GENERATOR, GANTask, Rules
from genhub.images.judge import Judge
from genhub.images.pixels import Images
from genhub.images.variants import Blueprint, build
from genhub.training import averaged
from genhub.training.configs import GANConfig, remedies
from genhub.training.loop import fit
from genhub.training.plan import Phase, Plan, Session, make_accelerator

MNIST = Shape(1, 28, 28)
SMALL = Shape(1, 8, 8)


def drawn(seed=0, **options):
    torch.manual_seed(seed)
    return build(Blueprint("gan", **{"variant": "dcgan", "shape": SMALL, "coding": 4, **options}))


def task(rules=None, epochs=4, classes=False, **options):
    """Sixteen dark and sixteen bright images, and an eye that nobody has taught."""
    draw = np.random.default_rng(0)
    y = np.arange(32) % 2
    x = (draw.integers(0, 60, (32, 8, 8)) + 150 * y[:, None, None]).astype(np.uint8)
    images = Images(x, y, ("dark", "bright"))
    torch.manual_seed(3)
    eye = Eye("tests/eye", Judge(SMALL, 2).eval().requires_grad_(False))
    model = drawn(**options, **({"classes": 2} if classes else {}))
    return GANTask(model, rules or Rules(), images.part(slice(0, 24)), images.part(slice(24, 32)), eye, epochs)


def fitted(made, epochs=2, rate=1e-3, **plan):
    found = Plan((Phase(epochs, {GENERATOR: rate, DISCRIMINATOR: rate, "average": 0.0}),), 8, precision="fp32", clip=1e3, **plan)
    return list(fit(made, found, Session(make_accelerator())))


# ---- networks -------------------------------------------------------------------------------------------------------


def test_the_dense_one_has_as_many_parameters_as_on_the_slides():
    made = build(Blueprint("gan", "dense", MNIST))
    assert (parameters(made.generator), parameters(made.discriminator)) == (1_486_352, 1_460_225)
    sizes = [layer.out_features for layer in build(Blueprint("gan", "dense-small", MNIST)).modules() if isinstance(layer, nn.Linear)]
    assert sizes == [100, 150, 784, 150, 100, 1]


def test_dcgan_keeps_radfords_rules():
    made = build(Blueprint("gan", "dcgan", MNIST))
    layers = [type(layer) for layer in made.modules()]
    assert nn.MaxPool2d not in layers
    assert sum(kind is nn.Linear for kind in layers) == 1  # what the discriminator says in the end
    assert isinstance(made.generator.body[-1], nn.Tanh)
    norms = [isinstance(layer, nn.BatchNorm2d) for layer in made.discriminator.body]
    assert norms == [False, False, False, True, False]  # not on its first layer


@pytest.mark.parametrize("variant", ["dense", "dense-small", "conv", "dcgan"])
@pytest.mark.parametrize("shape", [Shape(1, 28, 28), Shape(3, 32, 32), Shape(1, 8, 8), Shape(1, 64, 64)])
def test_every_variant_draws_and_judges_images_of_any_size(variant, shape):
    made = build(Blueprint("gan", variant, shape, classes=3)).eval()
    y = torch.tensor([0, 2])
    with torch.inference_mode():
        x = made.decode(torch.randn(2, made.coding), y)
        believed = made.believe(x, y)
    assert x.shape == (2, shape.channels, shape.height, shape.width)
    assert 0 <= x.min() < x.max() <= 1
    assert believed.shape == (2,)
    assert believed.dtype == torch.float32


def test_a_class_changes_what_is_drawn_and_what_is_believed():
    made = drawn(classes=2).eval()
    z = torch.randn(1, made.coding)
    dark, bright = (made.decode(z, torch.tensor([number])) for number in (0, 1))
    assert (dark - bright).abs().max() > 1e-6
    assert made.believe(dark, torch.tensor([0])) != made.believe(dark, torch.tensor([1]))
    with pytest.raises(ValueError, match="needs the classes"):
        made.decode(z)


# ---- losses ---------------------------------------------------------------------------------------------------------


def test_losses_of_a_case_worked_out_by_hand():
    real, fake = torch.tensor([math.log(3.0)]), torch.tensor([math.log(1 / 3)])  # probabilities ¾ and ¼
    assert losses.discriminator_loss("non-saturating", real, fake).item() == pytest.approx(-2 * math.log(0.75))
    assert losses.generator_loss("non-saturating", fake).item() == pytest.approx(-math.log(0.25))
    assert losses.generator_loss("saturating", fake).item() == pytest.approx(math.log(0.75))
    assert losses.discriminator_loss("wasserstein", real, fake).item() == pytest.approx(-2 * math.log(3.0))
    assert losses.generator_loss("wasserstein", fake).item() == pytest.approx(math.log(3.0))
    assert losses.discriminator_loss("hinge", torch.tensor([0.25]), torch.tensor([-2.0])).item() == pytest.approx(0.75)
    assert losses.discriminator_loss("least-squares", torch.tensor([0.5]), torch.tensor([0.5])).item() == pytest.approx(0.5)
    assert losses.generator_loss("least-squares", torch.tensor([3.0])).item() == pytest.approx(4.0)


def test_smoothing_and_noise_move_the_targets():
    real = torch.zeros(1_000)
    one, zero = losses.targets(real, smoothing=0.1)
    assert one.unique().tolist() == pytest.approx([0.9])
    assert zero.unique().tolist() == [0.0]
    smooth = losses.discriminator_loss("non-saturating", torch.tensor([math.log(3.0)]), torch.tensor([-50.0]), smoothing=0.1)
    assert smooth.item() == pytest.approx(-0.9 * math.log(0.75) - 0.1 * math.log(0.25), rel=1e-4)
    one, zero = losses.targets(real, noisy=True)
    assert 0.95 <= one.min() < one.max() <= 1
    assert 0 <= zero.min() < zero.max() <= 0.05


def test_the_gradient_penalty_of_a_linear_critic():
    """A critic w·x has the slope ‖w‖ everywhere: 2 for sixty-four weights of ¼."""
    real, fake = torch.rand(3, 1, 8, 8), torch.rand(3, 1, 8, 8)
    found = losses.gradient_penalty(lambda x: 0.25 * x.flatten(1).sum(1), real, fake)
    assert found.tolist() == pytest.approx([1.0] * 3, rel=1e-5)


# ---- remedies -------------------------------------------------------------------------------------------------------


def test_spread_tells_images_that_are_alike_from_such_that_differ():
    assert variation(torch.ones(4, 5)).unique().item() < 1e-3
    assert variation(torch.tensor([[0.0], [2.0]])).flatten().tolist() == pytest.approx([1.0, 1.0])
    made = Discriminator(nn.Flatten(), 4, spread=True)
    x = torch.rand(1, 1, 2, 2).expand(2, 1, 2, 2)
    with torch.no_grad():
        made.head.weight[0, 4] = 3.0  # what it makes of how much they differ
        alike = made(x)
        other = made(torch.cat([x[:1], 1 - x[:1]]))
    assert other[0] > alike[0]


def test_spectral_norm_keeps_every_layer_from_being_steep():
    made = drawn(options={"spectral": True, "normed": False})
    with torch.no_grad():
        for layer in made.discriminator.body:
            if isinstance(layer, nn.Conv2d):
                layer.parametrizations.weight.original.mul_(100)
    for _ in range(30):
        made.believe(torch.rand(2, 1, 8, 8))  # its estimate of the largest singular value settles
    weight = made.discriminator.head.weight
    assert torch.linalg.matrix_norm(weight, 2).item() == pytest.approx(1.0, rel=1e-2)
    for layer in made.discriminator.body:
        if isinstance(layer, nn.Conv2d):
            assert torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item() == pytest.approx(1.0, rel=5e-2)


def test_replay_mixes_old_images_in_and_stays_small():
    memory = Replay(most=6)
    first, second = torch.zeros(4, 1, 2, 2), torch.ones(4, 1, 2, 2)
    shown, told = memory.mixed(first, torch.tensor([0, 0, 0, 0]))
    assert torch.equal(shown, first)
    shown, told = memory.mixed(second, torch.tensor([1, 1, 1, 1]))
    assert sorted(shown.flatten(1).mean(1).tolist()) == [0, 0, 1, 1]
    assert sorted(told.tolist()) == [0, 0, 1, 1]
    for _ in range(5):
        memory.mixed(second, torch.tensor([1, 1, 1, 1]))
    assert len(memory.x) == len(memory.y) == 6
    again = Replay(most=6)
    again.set_state(memory.state())
    assert torch.equal(again.x, memory.x)


def test_the_mean_generator_follows_and_takes_over():
    made = drawn()
    made.keep_average()
    first = made.generator.body[0].weight.detach().clone()
    with torch.no_grad():
        made.generator.body[0].weight.add_(1.0)
    averaged.move(made.average, made.generator, 0.25)
    assert torch.allclose(made.average.body[0].weight, first + 0.25)
    z = torch.randn(2, 4)
    made.eval()
    shown = made.decode(z)
    assert not torch.allclose(shown, made.draw(z).float())
    made.settle()
    assert torch.allclose(made.decode(z), shown)
    assert not [name for name in made.state_dict() if name.startswith("average")]


# ---- turns ----------------------------------------------------------------------------------------------------------


def snapshot(module):
    return [tensor.detach().clone() for tensor in module.parameters()]


def moved(before, module):
    return any(not torch.equal(old, new) for old, new in zip(before, module.parameters(), strict=True))


def test_each_learns_in_its_own_turn_alone():
    made = task()
    made.model.train()
    batch = made.train.batch(range(8))
    assert made.turns(0) == (DISCRIMINATOR, GENERATOR)
    for turn, learns, rests in (
        (DISCRIMINATOR, made.gan.discriminator, made.gan.generator),
        (GENERATOR, made.gan.generator, made.gan.discriminator),
    ):
        made.begin_turn(turn)
        made.loss(made.model(batch), batch).backward()
        assert all(tensor.grad is not None for tensor in learns.parameters())
        assert all(tensor.grad is None for tensor in rests.parameters())
        made.model.zero_grad(set_to_none=True)


def test_a_critic_learns_more_often():
    made = task(Rules(loss="wasserstein", critics=3, penalty=10.0), options={"normed": False})
    assert [len(made.turns(step)) for step in range(6)] == [1, 1, 2, 1, 1, 2]
    told = [event.values for event in fitted(made) if "d_loss" in getattr(event, "values", {})]
    assert all("penalty" in values for values in told)
    assert sum("g_loss" in values for values in told) == 2  # of 2 × 3 steps


def test_a_training_moves_both_and_says_how_like_real_images_the_drawn_ones_are():
    made = task(Rules(average=0.9, replay=True, noise=0.1, smoothing=0.1, noisy=True), classes=True)
    before = [snapshot(part) for part in (made.gan.generator, made.gan.discriminator, made.gan.average)]
    reports = [event.values for event in fitted(made) if hasattr(event, "values")]
    after = (made.gan.generator, made.gan.discriminator, made.gan.average)
    assert all(moved(old, part) for old, part in zip(before, after, strict=True))
    judged = [values for values in reports if "judge_fid" in values]
    assert len(judged) == 2
    for values in judged:
        assert values["judge_fid"] == values["val_loss"] > 0
        assert values["classes_drawn"] in (0, 1, 2)
        assert values["variety"] >= 0
    told = next(values for values in reports if "d_loss" in values)
    assert {"g_loss", "d_real", "d_fake", "d_norm", "g_norm"} <= told.keys()
    assert made.model.noise == pytest.approx(0.1 * 3 / 4)  # after the second of four epochs began


def test_its_own_images_are_like_themselves_and_others_are_not():
    made = task()
    made.model.eval()
    batch = made.validation.batch(range(8))
    outputs = made.model(batch)
    same = made.summary(made.measure({**outputs, "drawn": batch["x"]}, batch).tolist())
    assert same["judge_fid"] == pytest.approx(0, abs=1e-3)
    assert same["variety"] == pytest.approx(1)
    assert same["classes_drawn"] == 2
    one = made.summary(made.measure({**outputs, "drawn": batch["x"][:1].expand(8, 1, 8, 8)}, batch).tolist())
    assert one["judge_fid"] > same["judge_fid"]
    assert one["variety"] == pytest.approx(0, abs=1e-6)
    assert (one["classes_drawn"], made.lost) == (1, ["bright"])


# ---- measures -------------------------------------------------------------------------------------------------------


def test_the_frechet_distance_of_two_normal_distributions():
    """Means 3 apart, standard deviations 1 and 2 in one dimension: 9 + 1 + 4 − 2·2."""
    one = measures.Moments(torch.tensor([0.0], dtype=torch.float64), torch.tensor([[1.0]], dtype=torch.float64))
    other = measures.Moments(torch.tensor([3.0], dtype=torch.float64), torch.tensor([[4.0]], dtype=torch.float64))
    assert measures.frechet_distance(one, other) == pytest.approx(10.0)
    features = torch.randn(50, 3)
    whole = measures.Moments.of(features)
    assert torch.allclose(whole.covariance, torch.cov(features.double().T))


def test_precision_and_recall_of_half_a_set():
    real = torch.cat([torch.randn(40, 2), torch.randn(40, 2) + 100], 0)
    precision, recall = measures.precision_recall(real, real[:40] + 0.01)
    assert precision == 1.0
    assert recall == pytest.approx(0.5)
    assert measures.precision_recall(real, real + 1_000)[0] == 0.0


def test_classes_copies_and_variety():
    real, classes = torch.cat([torch.zeros(10, 2), torch.full((10, 2), 9.0)]) + 0.1 * torch.randn(20, 2), torch.arange(20) // 10
    assert measures.shares(real, classes, torch.zeros(4, 2), 2) == [1.0, 0.0]
    assert measures.covered([1.0, 0.0], [0.5, 0.5]) == [True, False]
    assert measures.closeness(real, real + 0.05, real) == pytest.approx(0, abs=1e-3)
    assert measures.variety(real, real) == pytest.approx(1.0)
    assert measures.variety(real, real[:1].expand(5, 2)) == pytest.approx(0.0)


# ---- alarms ---------------------------------------------------------------------------------------------------------


def rung(reports, rules=None, epochs=4):
    watch = Watch(task(rules, epochs))
    return [note.text for step, values in enumerate(reports) for note in watch.look(step, values)]


HEALTHY = {"d_real": 0.7, "d_fake": 0.3, "g_norm": 1.0, "d_norm": 1.0}
LIKE = {"judge_fid": 10.0, "val_loss": 10.0, "variety": 0.9, "val_real": 0.65, "val_fake": 0.3}


def test_a_healthy_run_rings_no_alarm():
    assert rung([HEALTHY] * 30 + [LIKE] * 9) == []


RINGING = [
    ([{**HEALTHY, "d_real": 0.99, "d_fake": 0.01}] * LASTING, "discriminator is too strong"),
    ([{**HEALTHY, "d_real": 0.4, "d_fake": 0.6}] * LASTING, "generator is too strong"),
    ([HEALTHY] * FIRST + [{**HEALTHY, "g_norm": 0.001}] * LASTING, "gradient has vanished"),
    ([LIKE] * EARLY + [{**LIKE, "variety": 0.1}], "Mode collapse"),
    ([HEALTHY, *[LIKE] * EARLY, {**LIKE, "val_real": 0.2}], "by heart"),
]


@pytest.mark.parametrize(("reports", "said"), RINGING)
def test_every_alarm_names_remedies_that_change_something(reports, said):
    watch = Watch(task())
    notes = [note for step, values in enumerate(reports) for note in watch.look(step, values)]
    assert notes[0].remedies
    for key in notes[0].remedies:
        assert remedies.changes("gan", GANConfig(variant="conv", ratio=0.2, loss="saturating"), key)


@pytest.mark.parametrize(("reports", "said"), RINGING)
def test_an_alarm_rings_once(reports, said):
    found = rung([*reports, reports[-1], reports[-1]])
    assert len(found) == 1
    assert said in found[0]


def test_a_training_built_to_collapse_rings():
    """The generator of one constant picture."""
    made = task(epochs=6)
    with torch.no_grad():
        for tensor in made.gan.generator.parameters():
            tensor.zero_()
    watch = Watch(made)
    found = [note for event in fitted(made, epochs=6, rate=1e-9) if hasattr(event, "values") for note in watch.look(0, event.values)]
    assert all(isinstance(note, Note) for note in found)
    assert any("Mode collapse" in note.text for note in found)
