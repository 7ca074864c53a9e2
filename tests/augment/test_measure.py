"""Does augmentation help? Studies of texts and images, what is tried, the trainer and its card."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from genhub import steps
from genhub.augment.chain import Chain, Step
from genhub.augment.measure import study as studies
from genhub.augment.measure.arms import chains_of
from genhub.augment.measure.card import card
from genhub.augment.measure.effect import paired
from genhub.augment.measure.images import DRAWN, ImagesStudy, SharedTask, Varied
from genhub.augment.measure.images import Options as ImageOptions
from genhub.augment.measure.study import ALL, AS_IT_IS, Key, drawn, run, sizes_of
from genhub.augment.measure.texts import Options as TextOptions
from genhub.augment.measure.texts import TextsStudy
from genhub.augment.measure.train import RESULTS, methods_of, train
from genhub.errors import UserError
from genhub.events import Done, Note, Progress
from genhub.images.coder import Shape
from genhub.images.pixels import Images
from genhub.jobs.folder import RunFolder
from genhub.jobs.new import make_job
from genhub.text.encoder import load_encoder
from genhub.training.configs import MeasureImagesConfig, MeasureTablesConfig, MeasureTextsConfig
from tests.tiny import tiny_encoder, tiny_rows

SWAP = Chain("text", (Step("swap", 0.5),))
TURN = Chain("image", (Step("rotate", 20.0),))


def bars(each: int = 40, seed: int = 0) -> Images:
    """Lying and standing bars on 8 × 8 pixels, with noise: a quarter turn makes one of the other."""
    rng, x, y = np.random.default_rng(seed), [], []
    for number in range(2 * each):
        image = rng.integers(0, 40, (8, 8))
        at = rng.integers(1, 7)
        if number % 2:
            image[:, at] = 220
        else:
            image[at] = 220
        x.append(image)
        y.append(number % 2)
    return Images(np.array(x, np.uint8), np.array(y), ("lying", "standing"))


def grouped(count: int) -> list[dict]:
    return [{**row, "group": number} for number, row in enumerate(tiny_rows(count))]


# ---- what is tried --------------------------------------------------------------------------------------------------


def test_chains_are_named_by_themselves_by_presets_or_in_json():
    found = chains_of("rotate=30,flip; Gentle", "image")
    assert list(found) == ["rotate=30,flip", "Gentle"]
    assert [step.name for step in found["rotate=30,flip"].steps] == ["rotate", "flip"]
    told = json.dumps([{"name": "mine", "chain": SWAP.to_dict()}])
    assert chains_of(told, "text") == {"mine": SWAP}


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("levitate", "no operation"),
        ("[1, 2]", "cannot be read"),
        ("[", "cannot be read"),
        ("[" * 5_000, "cannot be read"),
        (json.dumps([{"name": "a", "chain": TURN.to_dict()}]), "chain for images"),
        (json.dumps([{"name": "a", "chain": SWAP.to_dict()}] * 2), "same name"),
        (json.dumps([{"name": " ", "chain": SWAP.to_dict()}]), "same name, or one has none"),
        (";".join(f"swap=0.{number}" for number in range(1, 10)), "9 chains are too many"),
    ],
)
def test_chains_that_are_none_are_refused_by_name(told, said):
    with pytest.raises(UserError, match=said):
        chains_of(told, "text")


def test_sizes_are_read_in_order_and_bounded():
    assert sizes_of("200, 50,all,50", 300) == (50, 200, ALL)
    for told, said in (("0", "no size"), ("-3", "no size"), ("1e3", "no size"), ("", "No size"), ("400", "more than there is")):
        with pytest.raises(UserError, match=said):
            sizes_of(told, 300)


def test_what_is_drawn_to_learn_from_keeps_the_shares_of_the_classes():
    y, places = np.array(["a"] * 60 + ["b"] * 30 + ["c"] * 2), np.arange(92)
    chosen = drawn(y, places, 30, 0)
    assert len(chosen) == len(set(chosen.tolist())) == 30
    assert {label: int((y[chosen] == label).sum()) for label in "abc"} == {"a": 19, "b": 10, "c": 1}
    assert chosen.tolist() != drawn(y, places, 30, 1).tolist()
    assert drawn(y, places, ALL, 0) is places


def test_unknown_methods_are_refused():
    assert [config.method for config in methods_of(MeasureTablesConfig(methods="smote, adasyn,smote"))] == ["smote", "adasyn"]
    with pytest.raises(UserError, match="no method “magic”"):
        methods_of(MeasureTablesConfig(methods="smote,magic"))


# ---- texts ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return load_encoder(tiny_encoder(tmp_path_factory.mktemp("encoder")))


def texts_study(encoder, tools=None, **options) -> TextsStudy:
    told = {"seeds": (0, 1), "sizes": (20,), "copies": 2, **options}
    return TextsStudy(grouped(80), {"swapped": SWAP}, TextOptions(**told), encoder, tools)


def test_variants_are_of_the_training_part_alone(encoder, monkeypatch):
    study, seen = texts_study(encoder), []
    varied = study._varied
    monkeypatch.setattr(study, "_varied", lambda training, chain: (seen.append((training, chain.seed)), varied(training, chain))[1])
    found: list = []
    assert [*run(study, found)][-1] == (4, 4)
    for seed, (training, drawn_with) in zip((0, 1), seen, strict=True):
        split = study.split(seed, 20)
        held = {study.rows[place]["text"] for part in (split.validation, split.test) for place in part}
        assert drawn_with == seed
        assert [text for text, _ in training] == [study.rows[place]["text"] for place in split.train]
        assert not {text for text, _ in training} & held
    assert len(split.train) + len(split.validation) == 20
    assert all(0 <= each["scores"]["accuracy"] <= 1 for each in found)


def test_the_same_study_says_the_same_and_variants_matter(encoder):
    one, other = [], []
    [*run(texts_study(encoder), one)]
    [*run(texts_study(encoder), other)]
    assert one == other
    assert {each["arm"] for each in one} == {AS_IT_IS, "swapped"}


def test_variants_that_are_too_unlike_are_left_out(encoder):
    study = texts_study(encoder, least=1.0)
    training = [(row["text"], row["label"]) for row in study.rows[:10]]
    kept = steps.result(study._varied(training, SWAP))
    assert len(kept) < 20
    found: list = []
    [*run(study, found)]
    assert "left out" in found[1]["notes"][0]


def test_an_encoder_that_learns_is_left_as_it_was(encoder):
    before = {name: tensor.clone() for name, tensor in encoder.model.state_dict().items()}
    found: list = []
    [*run(texts_study(encoder, seeds=(0,), method="full", steps=10), found)]
    assert [each["contender"] for each in found] == ["full", "full"]
    assert all(torch.equal(tensor, before[name]) for name, tensor in encoder.model.state_dict().items())


def test_stop_ends_a_training_without_a_result(encoder):
    study = texts_study(encoder, seeds=(0,), method="full", steps=2_000)
    calls = iter([False] * 5)
    found: list = []
    [*run(study, found, lambda: next(calls, True))]
    assert found == []


# ---- images ---------------------------------------------------------------------------------------------------------


def test_a_turn_that_changes_the_label_hurts():
    """A quarter turn makes a lying bar a standing one: who learns from such variants cannot tell them apart."""
    turned = Chain("image", (Step("rotate", 180.0),))
    study = ImagesStudy(bars(60), {"turned": turned}, ImageOptions((0, 1), (80,), steps=100))
    found: list = []
    [*run(study, found)]
    told = studies.judged(study, found)
    plain, hurt = told["table"]
    assert plain["scores"]["accuracy"] > 0.9 > 0.8 > hurt["scores"]["accuracy"]
    assert max(hurt["effects"]["accuracy"]["each"]) < -0.1


def test_mixtures_share_the_labels_of_a_batch():
    images = bars(8)
    examples = Varied(images, Chain("image", (Step("cutmix", 1.0),)))
    torch.manual_seed(0)
    batch = examples.batch([0, 1, 2, 3])
    assert batch["y"].shape == (4, 2)
    assert torch.allclose(batch["y"].sum(1), torch.ones(4), atol=1e-5)
    assert ((batch["y"] > 0.01) & (batch["y"] < 0.99)).any()
    loss = SharedTask.loss(None, torch.zeros(4, 2), batch)
    assert float(loss) == pytest.approx(4 * np.log(2), rel=1e-4)


def test_each_batch_has_new_variants():
    examples = Varied(bars(4), TURN)
    first, second = examples.batch([0, 1])["x"], examples.batch([0, 1])["x"]
    assert not torch.equal(first, second)


class Drawer:
    """A model that draws what it is told: class 0 lying, class 1 standing."""

    names = ("lying", "standing", "slanted")

    class model:
        classes = 3
        shape = bars(1).shape

    def set_of(self, each, config, most):
        self.asked = (each, config.seed)
        return config

    def drawing(self, config):
        yield 1
        return np.concatenate([bars(3).x, bars(3).x[:3]]), np.array([0, 1] * 3 + [2] * 3)


def test_drawn_images_are_learnt_with_the_names_that_the_set_has():
    images, drawer = bars(20), Drawer()
    study = ImagesStudy(images, {}, ImageOptions((0,), (20,), steps=20, each=7), drawer)
    assert list(study.arms) == [AS_IT_IS, DRAWN]
    together = steps.result(study._with_drawn(images.part(np.arange(4)), 5))
    assert drawer.asked == (7, 5)
    assert len(together) == 4 + 6  # slanted ones are none of the set's
    assert together.y[4:].tolist() == [0, 1] * 3


@pytest.mark.parametrize(
    ("names", "classes", "side", "said"),
    [
        (("lying", "standing"), 0, 8, "told no class"),
        (("lying",), 1, 8, "does not know the class “standing”"),
        (("lying", "standing"), 2, 9, "draws images of 9 × 9"),
    ],
)
def test_a_model_that_does_not_fit_the_set_is_refused(names, classes, side, said):
    drawer = Drawer()
    drawer.names, drawer.model = names, SimpleNamespace(classes=classes, shape=Shape(1, side, side))
    with pytest.raises(UserError, match=said):
        ImagesStudy(bars(10), {}, ImageOptions((0,), (10,)), drawer)


def test_images_without_classes_are_refused():
    with pytest.raises(UserError, match="no classes"):
        ImagesStudy(Images(bars(10).x), {}, ImageOptions((0,), (10,)))


# ---- the trainer ----------------------------------------------------------------------------------------------------


def table_run(folder, **options) -> RunFolder:
    rng = np.random.default_rng(0)
    lines = [{"a": str(rng.normal(number < 12)), "b": str(rng.normal()), "kind": "1" if number < 12 else "2"} for number in range(60)]
    folder.mkdir(exist_ok=True)
    rows = folder / "rows.jsonl"
    rows.write_text("".join(json.dumps(line) + "\n" for line in lines))
    config = MeasureTablesConfig(methods="random-over", **options)
    run = RunFolder.create(folder / "run", make_job("measure-tables", config, rows, {"name": "t", "label": "kind", "categorical": []}))
    run.rows.write_bytes(rows.read_bytes())
    return run


def events(run: RunFolder) -> list:
    return [*train(MeasureTablesConfig.from_dict(run.job()["config"]), run)]


@pytest.fixture
def few(monkeypatch):
    """One contender: the others take no other way."""
    from genhub.augment.measure.tables import TablesStudy

    monkeypatch.setattr(TablesStudy, "contenders", {"logistic": "Logistic regression"})


def test_the_trainer_tells_how_far_it_is_and_leaves_figures_and_a_card(tmp_path, few):
    run = table_run(tmp_path)
    told = events(run)
    done = told[-1]
    assert isinstance(done, Done)
    assert not done.stopped
    assert done.metrics == json.loads((run.path / "metrics.json").read_text())
    assert done.metrics["repetitions"] == 5
    assert [event for event in told if isinstance(event, Progress)][-1].done == 15
    assert "15 trainings: As it is, Class weights, Random over-sampling. 15 rows are split off first" in next(
        event.text for event in told if isinstance(event, Note)
    )
    written = (run.path / "README.md").read_text()
    assert all(sentence in written for sentence in done.metrics["sentences"])
    assert written == card(run.job(), done.metrics)


def test_a_stopped_run_keeps_whole_repetitions_and_goes_on(tmp_path, few):
    whole = events(table_run(tmp_path / "whole"))[-1].metrics
    run = table_run(tmp_path / "stopped")
    counted = iter(range(9))

    class Stopping(RunFolder):
        def stop_requested(self):
            return next(counted, None) is None

    stopped = [*train(MeasureTablesConfig.from_dict(run.job()["config"]), Stopping(run.path))][-1]
    assert stopped.stopped
    assert stopped.metrics["repetitions"] == 3
    assert "Fewer than five" in stopped.metrics["notes"][-1]
    with open(run.path / RESULTS, "ab") as file:
        file.write(b'{"seed": 3, "si')  # cut off by a kill
    again = events(run)[-1]
    assert {**again.metrics, "training": None} == {**whole, "training": None}


@pytest.fixture
def pictures(tmp_path):
    from genhub.data import image_sets

    np.savez(tmp_path / "bars.npz", x=bars().x, y=np.array(bars().names)[bars().y])
    image_sets.read_images({"folder": str(tmp_path), "path": str(tmp_path / "bars.npz"), "name": "bars.npz", "source": "file"})
    return tmp_path / image_sets.ROWS


def test_studies_of_images_and_texts_are_made_from_a_run(tmp_path, pictures, monkeypatch):
    from genhub.augment.measure import train as trainer

    config = MeasureImagesConfig(chains="rotate=10", sizes="20,all", steps=20)
    run = RunFolder.create(tmp_path / "images", make_job("measure-images", config, pictures, {"name": "bars"}))
    run.rows.write_bytes(pictures.read_bytes())
    study = trainer._of_images(config, run)
    assert (list(study.arms), study.sizes, list(study.seeds)) == ([AS_IT_IS, "rotate=10"], (20, ALL), [0, 1, 2, 3, 4])
    assert study.parts(20) == (20, 20)
    with pytest.raises(UserError, match="Nothing is to be tried"):
        trainer._of_images(MeasureImagesConfig(chains=" "), run)
    with pytest.raises(UserError, match="no model “embedded/none”"):
        trainer._of_images(MeasureImagesConfig(chains="", drawn="embedded/none"), run)
    rows = tmp_path / "texts.jsonl"
    rows.write_text("".join(json.dumps(row) + "\n" for row in [*grouped(60), {**grouped(1)[0], "part": "test", "group": 99}]))
    config = MeasureTextsConfig(chains="swap", sizes="20")
    run = RunFolder.create(tmp_path / "run", make_job("measure-texts", config, rows, {"name": "t"}))
    run.rows.write_bytes(rows.read_bytes())
    study = trainer._of_texts(config, run)
    assert len(study.rows) == 60
    assert study.measured(Key(0, 20, AS_IT_IS, "frozen"), bool) is not None


def test_an_interval_is_wider_the_larger_the_test_part():
    narrow, wide = (paired([0.5, 0.6, 0.7], [0.6, 0.65, 0.85], share) for share in (0.1, 1.0))
    assert narrow.low > wide.low
    assert narrow.difference == wide.difference
