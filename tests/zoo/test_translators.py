"""The recipe of the translators end to end, on a few made-up pairs and with a model of a few thousand parameters."""

import json
import random
import shutil
from functools import partial

import pytest
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from genhub.text.translation.seq2seq import Special
from genhub.zoo.recipes import publish, sentence_pairs, stage, subwords, translator_rnn, translators
from genhub.zoo.recipes.sentence_pairs import Joined, Split
from genhub.zoo.recipes.translators import Round
from tests.tiny_translators import PAIRS

FIRST = Round("en-es", 2)


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    monkeypatch.setenv("GENHUB_HOME", str(tmp_path / "home"))
    shape = {"d_model": 32, "encoder_layers": 1, "attention_heads": 2, "ffn": 64}
    deep = {"en-es": 2, "es-en": 1}
    for name, value in {"SHAPE": shape, "DECODER_LAYERS": deep, "POSITIONS": 64, "BATCH": 16, "SAMPLE": 4}.items():
        monkeypatch.setattr(translators, name, value)


@pytest.fixture
def split() -> Split:
    rows = list(PAIRS)
    random.Random(0).shuffle(rows)
    return Split(rows[:36], rows[36:42], [*rows[42:], (rows[42][0], "Otra manera.")])


def tokenizer_of(split: Split, vocabulary: int = 120):
    return subwords.learn(sentence_pairs.texts(split.train, ("en", "es"), ("en", "es")), vocabulary)


def test_the_recipe(split, tmp_path):
    folder = translators.make(FIRST, split, stage.Options(into=tmp_path / "zoo"), vocabulary=120)
    model, tokenizer = AutoModelForSeq2SeqLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    assert (model.config.eos_token_id, model.config.pad_token_id) == (0, len(tokenizer) - 1)
    assert (folder / "model.safetensors").stat().st_size < 2.5 * model.num_parameters() + 20_000  # fp16, shared tables once
    assert not model.get_input_embeddings().weight[model.config.decoder_start_token_id].any()
    told = json.loads((folder / publish.FIGURES).read_text(encoding="utf-8"))
    write = partial(translators.translate, model, tokenizer, penalty=told["length_penalty"])
    again = json.loads(json.dumps(translators.measure(write, split.test)))
    assert again == told["test"]
    assert told["test"]["sentences"] == 6  # two of the seven pairs have one source
    assert told["token_accuracy"] == max(told["rounds"][0]["history"], key=lambda epoch: -epoch["val_loss"])["token_accuracy"]
    assert model.generation_config.length_penalty == told["length_penalty"]
    card = (folder / publish.CARD).read_text(encoding="utf-8")
    assert f"**{told['test']['bleu']:.1f}**" in card
    assert "language: [en, es]" in card
    assert all(written in card for _, written in told["samples"])


def test_other_rounds_begin_with_what_is_there(split, tmp_path):
    options = stage.Options(into=tmp_path / "zoo")
    folder = translators.make(FIRST, split, options, vocabulary=120)
    turned = Split(*([(target, source) for source, target in rows] for rows in (split.train, split.valid, split.test)))
    back = translators.make(Round("es-en", 1, start="en-es"), turned, options, vocabulary=120)
    models = [AutoModelForSeq2SeqLM.from_pretrained(each) for each in (folder, back)]
    assert [len(model.model.decoder.layers) for model in models] == [2, 1]
    assert [len(translators.published(each)) for each in (folder, back)] == [1, 1]
    assert "with the weights of embedded/en-es to begin with" in (back / publish.CARD).read_text(encoding="utf-8")
    second = Round("en-es", 1, share=0.5, start="en-es", number=2)
    before = (folder / "model.safetensors").read_bytes()
    assert translators.make(FIRST, split, options, vocabulary=120) == folder  # is there: not done again
    assert (folder / "model.safetensors").read_bytes() == before
    translators.make(second, split, options, vocabulary=120)
    assert (folder / "model.safetensors").read_bytes() != before
    assert [(one["start"], len(one["history"])) for one in translators.published(folder)] == [(None, 2), ("en-es", 1)]
    card = (folder / publish.CARD).read_text(encoding="utf-8")
    assert "Round 1, from random weights" in card
    assert "Round 2, with the weights of embedded/en-es to begin with" in card
    unlike = AutoModelForSeq2SeqLM.from_pretrained(folder).state_dict()
    one = models[0].state_dict()
    assert all(float((unlike[name] - one[name]).abs().mean()) < 0.05 for name in one)  # it went on, it did not begin anew


def test_a_round_may_publish_the_mean_of_what_it_began_with_and_what_came_out(split, tmp_path):
    options = stage.Options(into=tmp_path / "zoo")
    folder = translators.make(Round("en-es", 1), split, options, vocabulary=120)
    before = AutoModelForSeq2SeqLM.from_pretrained(folder).state_dict()
    told = {}
    for name in ("plain", "mean"):
        shutil.copytree(options.into, tmp_path / name)
        again = Round("en-es", 1, share=0.5, start="en-es", number=2, mean=name == "mean")
        made = translators.make(again, split, stage.Options(into=tmp_path / name), vocabulary=120)
        told[name] = AutoModelForSeq2SeqLM.from_pretrained(made).state_dict()
        assert ("Published is the mean" in (made / publish.CARD).read_text(encoding="utf-8")) == (name == "mean")
    for name, weights in before.items():
        moved, half = ((told[way][name].float() - weights.float()).norm() for way in ("plain", "mean"))
        assert not moved > 0.05 or float(half / moved) == pytest.approx(0.5, abs=0.1), name  # fp16 keeps eleven bits
    assert float((told["plain"]["model.shared.weight"] - before["model.shared.weight"]).norm()) > 0.05  # which has three names


@pytest.mark.parametrize(("have", "want", "kept"), [(3, 2, [0, 2]), (3, 3, [0, 1, 2]), (3, 1, [0]), (6, 3, [0, 2, 5])])
def test_layers_are_taken_over_from_the_whole_depth(have, want, kept):
    assert translators.spread(have, want) == kept


def test_both_directions_share_their_tokeniser(split):
    there = sentence_pairs.texts(split.train, ("en", "es"), ("en", "es"))
    back = sentence_pairs.texts([(target, source) for source, target in split.train], ("es", "en"), ("en", "es"))
    assert there == back


def test_the_cutter_cuts_as_the_tokeniser_does_and_otherwise_when_it_draws(split):
    tokenizer = tokenizer_of(split)
    cutter = subwords.Cutter(tokenizer, 0.3, 6, seed=0)
    ways = set()
    for text in (*split.train[0], "¿Quién “es” Łuz?  I don’t know."):
        assert [*cutter.encode(cutter.words(text)), tokenizer.eos_token_id] == tokenizer(text)["input_ids"]
        for seed in range(20):
            ids = cutter.encode(cutter.words(text), random.Random(seed))
            ways.add(tuple(ids))
            assert tokenizer.decode(ids, skip_special_tokens=True) == tokenizer.decode(
                tokenizer(text)["input_ids"], skip_special_tokens=True
            )
    assert len(ways) > 10
    same = [subwords.Cutter(tokenizer, 0.3, 6, seed=1).cuts("▁house") for _ in range(2)]
    assert same[0] == same[1]


def test_an_epoch_is_a_function_of_its_number_and_holds_every_pair(split):
    cutter = subwords.Cutter(tokenizer_of(split), 0.0, 1, seed=0)
    first, second = (Joined(split.train, cutter, Special(0, 119, 119), ("en", "es"), seed=3) for _ in range(2))
    first.begin(1)
    first.begin(5)
    second.begin(5)
    assert first.pairs == second.pairs
    groups = first.groups(random.Random(0))
    assert sorted(number for group in groups for number in group) == list(range(len(split.train)))
    assert {len(group) for group in groups} <= {1, 2, 3, 4}
    second.begin(6)
    assert len(first.pairs) == len(second.pairs)
    assert first.pairs != second.pairs


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (("I run.", "Yo corro."), ("The dog sees.", "El perro ve."), "▁Yo ▁corro ▁y ▁el ▁perro ▁ve ."),
        (("I run.", "Yo corro."), ("Tom eats.", "Inés come."), "▁Yo ▁corro ▁e ▁Inés ▁come ."),
        (("I run.", "Yo corro."), ("There is ice.", "Hielo hay."), "▁Yo ▁corro ▁y ▁Hielo ▁hay ."),
    ],
)
def test_two_sentences_become_one(split, first, second, expected):
    joined = Joined(split.train, subwords.Cutter(tokenizer_of(split), 0.0, 1, seed=0), Special(0, 119, 119), ("en", "es"), seed=0)
    joined.small, joined.conjunctions = (set(), {"▁el"}), ((("and",), ("y",)),)
    sides = [tuple(joined.cutter.words(text) for text in pair) for pair in (first, second)]
    assert " ".join(joined.as_one(sides, random.Random(0))[1]) == expected


def test_only_a_plain_statement_is_joined_by_a_conjunction():
    assert sentence_pairs.plain(["▁I", "▁run", "."])
    for words in (["▁Run", "."], ["▁Do", "▁I", "▁run", "?"], ["▁He", "▁said", ",", '▁"', "No", "."], ["▁A", ".", "▁B", "."]):
        assert not sentence_pairs.plain(words)


def test_the_recurrent_recipe(split, tmp_path, monkeypatch):
    for name, value in {"EMBEDDING": 8, "UNITS": 16, "EPOCHS": 2, "BATCH": 16}.items():
        monkeypatch.setattr(translator_rnn, name, value)
    folder = translator_rnn.make(split, stage.Options(into=tmp_path / "zoo"), vocabulary=120)
    told = json.loads((folder / publish.FIGURES).read_text(encoding="utf-8"))
    tokenizer = translators.prepare(split, translator_rnn.LANGUAGES, 0, 120).tokenizer  # no copy of it is kept
    assert not list(folder.glob("tokenizer*"))
    again = json.loads(json.dumps(translator_rnn.measure(folder, tokenizer, split)))
    for part in translator_rnn.PARTS:
        assert again[part]["test"] == told[part]["test"]
        assert told["training"][part]["steps"] > 0
    assert told["attention"]["parameters"] == told["plain"]["parameters"] + 16 * 16
    card = (folder / publish.CARD).read_text(encoding="utf-8")
    assert f"**{told['attention']['test']['chrf']:.1f}**" in card
    assert translator_rnn.make(split, stage.Options(into=tmp_path / "zoo"), vocabulary=120) == folder  # trained once: only read again
