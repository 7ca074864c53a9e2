"""One sentence inside a transformer, through the real worker: what it answers, and what it refuses."""

import json

import pytest

from genhub import settings
from genhub.errors import UserError
from genhub.serving.client import Worker
from tests.serving.tiny_language import MODEL, store_language
from tests.serving.tiny_runs import BASE, store_base

TEXT = "the dog hates the red film"
BERT = {"family": "encoder", "model": BASE, "text": TEXT}
GPT = {"family": "causal", "model": MODEL, "text": TEXT}


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENHUB_HOME", str(tmp_path_factory.mktemp("insides") / "home"))
        patch.setenv("GENHUB_OFFLINE", "1")
        store_language()
        store_base()
        made = Worker(settings.get())
        made.start()
        yield made
        made.close()


@pytest.fixture
def ask(worker):
    """ask("tokens", args) → what the worker answers."""
    return lambda what, args: worker.call(f"inside.{what}", args)


def test_both_read_the_same_sentence_in_their_own_pieces(ask):
    bert, gpt = ask("tokens", BERT), ask("tokens", GPT)
    assert [piece["shown"] for piece in bert["pieces"]] == ["[CLS]", *TEXT.split(), "[SEP]"]
    assert "".join(piece["text"] for piece in gpt["pieces"]).replace(" ", "") == TEXT.replace(" ", "")
    for told in (bert, gpt):
        assert all(piece["norm"] > 0 and len(piece["neighbours"]) == 8 for piece in told["pieces"])
        assert all(0 <= piece["id"] < told["vocabulary"] for piece in told["pieces"])


@pytest.mark.parametrize(("args", "pairs"), [(BERT, "all"), (GPT, "earlier")])
def test_weights_and_mask_of_a_layer(ask, args, pairs):
    told = ask("attention", {**args, "layer": 2})
    count = len(told["shown"])
    assert (told["layer"], told["layers"], told["heads"], told["splits"]) == (2, 2, 2, True)
    for row, query in enumerate(told["allowed"]):
        assert query == [int(pairs == "all" or column <= row) for column in range(count)]
    for head in told["weights"]:
        for row, weights in enumerate(head):
            assert sum(weights) == pytest.approx(1, abs=0.001 * count)
            assert all(weight == 0 for weight, seen in zip(weights, told["allowed"][row], strict=True) if not seen)
    mean = sum(head[row][0] for head in told["weights"][:1] for row in range(count)) / count
    assert told["patterns"][0]["first"] == pytest.approx(mean, abs=0.002)


@pytest.mark.parametrize("args", [BERT, GPT])
def test_the_steps_end_in_the_weights_of_the_map(ask, args):
    weights = ask("attention", {**args, "layer": 1})["weights"][1][3]
    told = ask("steps", {**args, "layer": 1, "head": 2, "query": 4})
    assert [round(seen["weight"], 3) for seen in told["seen"]] == pytest.approx(weights, abs=0.0011)
    assert told["difference"] < 1e-4
    assert len(told["q"]) == 8
    assert told["positions"] == ""


def test_shuffling(ask):
    told = ask("shuffled", {**BERT, "seed": 3})
    assert sorted(told["text"].split()) == sorted(TEXT.split())
    assert told["without"]["sentence"] == pytest.approx(1, abs=1e-5)
    assert told["without"]["difference"] < 1e-5 < told["with_positions"]["difference"]


def test_the_embeddings_of_two_texts(ask):
    told = ask("embeddings", {**BERT, "second": "a cat"})
    assert told["segments"] == [0] * 8 + [1] * 3
    assert set(told["parts"]) == {"token", "position", "segment"}
    assert len({len(told["shown"]), len(told["sum"]), len(told["normed"]), *map(len, told["parts"].values())}) == 1
    assert ask("embeddings", BERT)["segments"] == [0] * 8


def test_the_lens_ends_in_what_the_model_would_write(worker, ask):
    told = ask("lens", GPT)
    place = len(told["shown"]) - 1
    greedy = {"strategy": "greedy", "max_new_tokens": 1, "stop_at_end": False}
    [written] = worker.call("generate.write", {"model": MODEL, "prompt": TEXT, "config": greedy})["tokens"]
    last = told["rows"][-1]
    assert last["tokens"][place][0]["id"] == written["id"]
    assert last["same"] == len(told["shown"])
    assert len(told["rows"]) == 3
    assert all(len(row["own"]) == place for row in told["rows"])
    assert all(0 < token["probability"] <= 1 for row in told["rows"] for cell in row["tokens"] for token in cell[:1])


@pytest.mark.parametrize("args", [BERT, GPT])
def test_learnt_positions(ask, args):
    told = ask("positions", {name: args[name] for name in ("family", "model")})
    assert len(told["norms"]) == (66 if args is BERT else 64)
    assert len(told["cosines"]) == 48
    assert told["cosines"][5][5] == 1


def test_answers_are_json_of_bounded_size(ask):
    longest = "the " * 62
    assert len(json.dumps(ask("tokens", {**BERT, "text": longest}))) < 60_000
    assert len(json.dumps(ask("attention", {**BERT, "text": longest}))) < 120_000


@pytest.mark.parametrize(
    ("what", "args", "told"),
    [
        ("tokens", {**BERT, "text": "the " * 63}, r"65 tokens.*At most 64"),
        ("tokens", {**BERT, "text": "x" * 1_001}, "1,001 characters"),
        ("tokens", {**BERT, "text": "   "}, "no text"),
        ("tokens", {**BERT, "model": ""}, "No model"),
        ("tokens", {**GPT, "model": BASE}, "is an encoder"),
        ("attention", {**BERT, "layer": 3}, "no layer 3.*2 layers"),
        ("attention", {**BERT, "layer": 0}, "Layer is 0"),
        ("attention", {**BERT, "layer": True}, "Layer is True"),
        ("steps", {**GPT, "head": 9}, "no head 9.*2 heads"),
        ("steps", {**GPT, "query": 64}, "no query 64"),
        ("steps", {**GPT, "query": 1e9}, "Query is"),
        ("lens", {**GPT, "model": BASE}, "is an encoder"),
        ("shuffled", {**BERT, "seed": -1}, "Seed is -1"),
        ("shuffled", {**BERT, "text": "dog"}, "no two different words"),
        ("embeddings", {**BERT, "second": 5}, "no text"),
    ],
)
def test_refusals(ask, what, args, told):
    with pytest.raises(UserError, match=told):
        ask(what, args)
