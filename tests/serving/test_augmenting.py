"""Variants through the real worker: pictures as they are shown, texts with what changed, and what a judge says of a digit."""

import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image

from genhub import hub, settings
from genhub.augment.images.table import IMAGES, PRESETS
from genhub.augment.images.variants import sweep, variant
from genhub.augment.kinds import chain_of
from genhub.augment.texts.table import PRESETS as TEXT_PRESETS
from genhub.augment.texts.tools import ENCODER, Tools
from genhub.augment.texts.variants import variants
from genhub.errors import UserError
from genhub.images import sketch
from genhub.serving.client import Worker
from genhub.serving.store import Models, weight_bytes
from genhub.text.encoder import open_base

JUDGE, PAINTER = hub.ZOO / "mnist-judge", hub.ZOO / "mnist-gan-classes"
DIGITS = {"judge_dir": str(JUDGE), "painter_dir": str(PAINTER), "name": "rotate", "count": 13}
TEXTS = ["The film was slow, but the ending made me cry.", "good", "The film was slow, but the ending made me cry."]


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENHUB_HOME", str(tmp_path_factory.mktemp("augmenting") / "home"))
        patch.setenv("GENHUB_OFFLINE", "1")
        made = Worker(settings.get())
        made.start()
        yield made
        made.close()


@pytest.fixture
def ask(worker):
    """ask("images", args) → what the worker answers."""
    return lambda what, args: worker.call(f"augment.{what}", args)


def picture(height: int = 60, width: int = 90, colours: int = 3) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    found = np.stack([255 * x / width, 255 * y / height, 255 - 255 * x / width][:colours], -1).astype(np.uint8)
    return found if colours == 3 else found[..., 0]


def saved(path, image: np.ndarray) -> str:
    Image.fromarray(image).save(path)
    return str(path)


def pixels(shown: str, kind: str) -> np.ndarray:
    head, _, data = shown.partition(",")
    assert head == f"data:image/{kind};base64"
    with Image.open(io.BytesIO(base64.b64decode(data))) as image:
        return np.asarray(image)


def asked(path: str, chain=PRESETS["Gentle"], **more) -> dict:
    return {"path": path, "others": [], "chain": chain.to_dict(), **more}


def test_each_variant_comes_with_what_was_drawn_and_is_the_same_alone(worker, ask, tmp_path):
    image = picture()
    path = saved(tmp_path / "a.png", image)
    told = ask("images", asked(path, count=5))
    assert told["seconds"] > 0
    for number, one in enumerate(told["variants"]):
        made = variant(PRESETS["Gentle"], image, number)
        assert np.array_equal(pixels(one["picture"], "png"), made.image)
        assert one["drawn"] == [[name, dict(drawn)] for name, drawn in made.drawn]
        assert one["shares"] == {}
    alone = ask("closer", asked(path, number=3))
    assert alone["drawn"] == told["variants"][3]["drawn"]
    assert alone["after"] == told["variants"][3]["picture"]
    assert np.array_equal(pixels(alone["before"], "png"), image)


def test_a_mixture_says_whose_part_is_how_large(ask, tmp_path):
    chain = chain_of({**PRESETS["Gentle"].to_dict(), "steps": [{"name": "mixup", "amount": 1.0}, {"name": "cutmix"}]}, "image")
    path, others = saved(tmp_path / "a.png", picture()), [saved(tmp_path / f"{n}.png", picture(30 + n, 40)) for n in range(2)]
    told = ask("images", {**asked(path, chain, count=8), "others": others})["variants"]
    assert {place for one in told for place in one["shares"]} == {"0", "1"}
    for one in told:
        ((_, mixed), (_, cut)) = one["drawn"]
        assert set(one["shares"]) == {str(mixed["other"]), str(cut["other"])}
        assert 1 - sum(one["shares"].values()) == pytest.approx(mixed["weight"] * cut["weight"], abs=0.03)


def test_large_pictures_are_shown_smaller_and_small_ones_pixel_by_pixel(ask, tmp_path):
    large = asked(saved(tmp_path / "large.png", picture(700, 1_400)))
    variants_of_it = ask("images", {**large, "count": 1})["variants"]
    assert pixels(variants_of_it[0]["picture"], "jpeg").shape == (128, 256, 3)
    near = ask("closer", {**large, "number": 0})
    assert pixels(near["before"], "jpeg").shape == pixels(near["after"], "jpeg").shape == (512, 1_024, 3)
    shrunk = np.asarray(Image.fromarray(picture(700, 1_400)).resize((1_024, 512), Image.Resampling.BOX)).astype(int)
    assert np.abs(pixels(near["before"], "jpeg") - shrunk).mean() < 3
    grey = asked(saved(tmp_path / "grey.png", picture(300, 200, 1)))
    assert pixels(ask("closer", {**grey, "number": 0})["after"], "jpeg").shape == (300, 200)


@pytest.mark.parametrize("name", ["rotate", "jpeg", "flip", "mixup"])
def test_one_operation_from_nothing_to_its_strongest(ask, tmp_path, name):
    image, other = picture(), picture(60, 90)[::-1]
    paths = [saved(tmp_path / "a.png", image), saved(tmp_path / "b.png", other)]
    told = ask("sweep", {"path": paths[0], "others": paths[1:], "name": name, "fill": "edge", "count": 4})
    expected = sweep(name, image, 4, "edge", other)
    assert told["amounts"] == [amount for amount, _ in expected]
    for shown, (_, made) in zip(told["pictures"], expected, strict=True):
        assert np.array_equal(pixels(shown, "png"), made)
    assert np.array_equal(pixels(told["pictures"][0], "png"), image)


def test_a_fill_of_a_sweep_is_the_one_that_was_asked_for(ask, tmp_path):
    given = {"path": saved(tmp_path / "a.png", picture()), "others": [], "name": "translate", "count": 3}
    black, edge = (pixels(ask("sweep", {**given, "fill": fill})["pictures"][-1], "png") for fill in ("constant", "edge"))
    assert black[:, :50].max() == 0
    assert edge[-1].max() > 0


def test_a_picture_that_went_is_said(ask, tmp_path):
    with pytest.raises(UserError, match="not here any more"):
        ask("images", asked(str(tmp_path / "gone.png"), count=1))


@pytest.mark.parametrize("what", ["images", "closer"])
def test_a_chain_for_texts_is_no_chain_for_pictures(ask, tmp_path, what):
    chain = TEXT_PRESETS["Careless typing"]
    with pytest.raises(UserError, match="a chain for texts"):
        ask(what, asked(saved(tmp_path / "a.png", picture()), chain, count=1, number=0))


def test_texts_come_back_with_what_changed_and_how_similar_they_are(ask):
    chain = TEXT_PRESETS["Easy data augmentation"]
    told = ask("texts", {"texts": TEXTS, "chain": chain.to_dict(), "copies": 6})["variants"]
    expected = variants(chain, TEXTS, 6, Tools(open_base))
    assert [(one["text"], one["of"], tuple(one["done"])) for one in told] == [(one.text, one.of, one.done) for one in expected]
    for one in told:
        assert "".join(piece for kind, piece in one["difference"] if kind != "gone").strip() == one["text"]
        same = one["text"] == TEXTS[one["of"]]
        assert same == all(kind == "same" for kind, _ in one["difference"])
        assert (one["similarity"] > 1 - 1e-5) == same
        assert one["similarity"] > 0.3
    assert any(one["text"] != TEXTS[one["of"]] for one in told)


def test_a_similarity_is_the_cosine_of_what_the_encoder_says_of_each_alone(ask):
    chain = chain_of({**TEXT_PRESETS["Careless typing"].to_dict(), "steps": [{"name": "delete", "amount": 0.6}]}, "text")
    [one] = ask("texts", {"texts": TEXTS[:1], "chain": chain.to_dict(), "copies": 1})["variants"]
    encoder = open_base(ENCODER)
    vectors = []
    for text in (TEXTS[0], one["text"]):
        [ids] = encoder.tokenize([text], encoder.max_length)
        with torch.inference_mode():
            states = encoder.model(input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long))
        vectors.append(encoder.pool(states.last_hidden_state, torch.ones(1, len(ids), dtype=torch.long))[0])
    assert one["similarity"] == pytest.approx(float(torch.cosine_similarity(*vectors, dim=0)), abs=1e-4)
    assert one["similarity"] < 0.98


def test_there_and_back_says_the_same_in_other_words(ask):
    chain = TEXT_PRESETS["There and back"].to_dict()
    asked = {"texts": ["She will come home tomorrow because she is very tired."], "chain": chain, "copies": 6}
    made = [one["text"] for one in ask("texts", asked)["variants"]]
    assert any("home" in text and "tired" in text for text in made)
    assert len(set(made)) > 1
    assert made == [one["text"] for one in ask("texts", asked)["variants"]]


def test_a_digit_is_told_upright_and_upside_down_no_more(ask):
    told = ask("breaks", {**DIGITS, "label": "6", "seed": 0})
    assert told["names"] == list("0123456789")
    assert told["amounts"] == pytest.approx(np.linspace(0, 180, 13).tolist())
    assert [sum(shares) for shares in told["shares"]] == pytest.approx([1.0] * 13)
    best = [int(np.argmax(shares)) for shares in told["shares"]]
    assert best[0] == 6
    assert best[-1] == 9
    upright, over = (pixels(told["pictures"][place], "png").astype(int) for place in (0, -1))
    assert upright.shape == (28, 28)
    assert np.abs(over - upright[::-1, ::-1]).max() <= 1
    again = ask("breaks", {**DIGITS, "label": "6", "seed": 0})
    assert again == told
    assert ask("breaks", {**DIGITS, "label": "6", "seed": 1})["pictures"] != told["pictures"]


def test_a_drawing_of_ones_own_is_judged_as_it_would_be_laid_out(ask):
    drawn = np.zeros((sketch.SIDE, sketch.SIDE), np.uint8)
    drawn[10:100, 80:90] = 255
    told = ask("breaks", {**DIGITS, "name": "zoom", "label": "6", "seed": 0, "sketch": base64.b64encode(drawn.tobytes()).decode()})
    assert np.array_equal(pixels(told["pictures"][0], "png"), sketch.laid_out(drawn, 28))
    assert int(np.argmax(told["shares"][0])) == 1
    with pytest.raises(UserError, match="The sketch has 3 pixels"):
        ask("breaks", {**DIGITS, "label": "6", "seed": 0, "sketch": "AAAA"})


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"label": "eleven"}, "There is no class “eleven”"),
        ({"judge_dir": str(PAINTER)}, "This model judges no images"),
        ({"judge_dir": ""}, "No run was named"),
    ],
)
def test_what_cannot_be_judged_is_said(ask, changed, said):
    with pytest.raises(UserError, match=said):
        ask("breaks", {**DIGITS, "label": "6", "seed": 0, **changed})


def test_every_offered_operation_on_pictures_can_be_swept_over_a_digit(ask):
    for name, operation in IMAGES.items():
        if operation.keeps:
            told = ask("breaks", {**DIGITS, "name": name, "count": 3, "label": "3", "seed": 2})
            assert int(np.argmax(told["shares"][0])) == 3
            assert len(told["pictures"]) == len(told["shares"]) == len(told["amounts"])


# ---- what the worker keeps ------------------------------------------------------------------------------------------


def test_a_judge_is_kept_with_the_names_of_its_classes():
    models = Models(budget=10**9)
    judge, names = models.judge(str(JUDGE))
    assert names == tuple("0123456789")
    assert models.judge(str(JUDGE))[0] is judge
    assert models.store.bytes() == weight_bytes([judge])
    assert models.store.loads == 1


@pytest.mark.parametrize("folder", [PAINTER, hub.ZOO / "nothing"])
def test_a_folder_without_a_judge_is_refused_and_not_kept(folder):
    models = Models(budget=10**9)
    with pytest.raises(UserError, match=r"judges no images|holds no image model"):
        models.judge(str(folder))
    assert models.store.contents() == []


def test_tools_know_similar_words_once_and_count_for_what_they_weigh(home):
    models = Models(budget=10**9)
    tools = models.tools()
    assert models.tools() is tools
    assert models.base(ENCODER).id == ENCODER
    assert models.store.loads == 2  # the encoder came with them
    vectors = tools.neighbours.vectors
    held = {one["key"][0]: one["bytes"] for one in models.store.contents()}
    assert held["tools"] == vectors.numel() * vectors.element_size() > 10_000_000
    assert tools.similar([("good", np.random.default_rng(0)), ("zzqx", np.random.default_rng(0))])[1] == "zzqx"
    assert {tools.similar([("good", np.random.default_rng(seed))])[0] for seed in range(20)} & {"great", "bad", "better", "excellent"}
