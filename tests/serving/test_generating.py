"""Generation through the real worker: alone and in company, looked at token by token, and refused where it must be."""

import contextlib
import math
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from genhub import settings
from genhub.errors import UserError
from genhub.serving.client import Worker
from genhub.text.causal import load_causal
from tests.serving.tiny_language import MODEL, POSITIONS, store_language

PROMPTS = ["the cat likes", "refund my", "a", "monday was not very good and the dog", "lost parcel"]
GREEDY = {"strategy": "greedy", "max_new_tokens": 12, "stop_at_end": False}


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    folder = tmp_path_factory.mktemp("generating")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENHUB_HOME", str(folder / "home"))
        patch.setenv("GENHUB_OFFLINE", "1")
        store_language()
        made = Worker(settings.get())
        made.start()
        yield made
        made.close()


@pytest.fixture(scope="module")
def model(worker, tmp_path_factory):
    from tests.serving.tiny_language import tiny_gpt

    return load_causal(tiny_gpt(tmp_path_factory.mktemp("gpt")))


def write(worker, prompt: str, exact: bool = True, **config) -> dict:
    return worker.call("generate.write", {"model": MODEL, "prompt": prompt, "config": {**GREEDY, **config}, "exact": exact})


def theirs(model, prompt: str, new: int = 12) -> list[int]:
    ids = torch.tensor([model.encode(prompt)])
    with torch.inference_mode():
        told = model.model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=new, do_sample=False, eos_token_id=None, pad_token_id=0
        )
    return told[0, ids.shape[1] :].tolist()


def test_greedy_is_generates_own(worker, model):
    for prompt in PROMPTS:
        told = write(worker, prompt)
        assert [token["id"] for token in told["tokens"]] == theirs(model, prompt)
        assert told["text"] == model.tokenizer.decode(theirs(model, prompt), skip_special_tokens=True, clean_up_tokenization_spaces=False)
        assert told["ended"] == "length"
        assert told["perplexity"] == pytest.approx(math.exp(-sum(token["logprob"] for token in told["tokens"]) / 12), rel=1e-4)


def test_tokens_arrive_one_by_one_and_add_up_to_the_text(worker):
    with contextlib.closing(worker.stream("generate.write", {"model": MODEL, "prompt": "the dog", "config": GREEDY})) as events:
        told = list(events)
    pieces = [token["text"] for event in told if "tokens" in event for token in event["tokens"]]
    assert len(pieces) == 12
    assert told[-1]["result"]["text"].startswith("".join(pieces))


@pytest.mark.parametrize("strategy", ["greedy", "sample", "beam"])
def test_a_branch_begins_with_the_tokens_it_is_given(worker, strategy):
    whole = write(worker, "the dog", strategy=strategy)
    first, other = [token["id"] for token in whole["tokens"][:4]], 7
    args = {"model": MODEL, "prompt": "the dog", "config": {**GREEDY, "strategy": strategy}, "forced": [*first, other], "exact": True}
    told = worker.call("generate.write", args)
    assert [token["id"] for token in told["tokens"][:5]] == [*first, other]
    assert len(told["tokens"]) == 12
    assert [token["logprob"] for token in told["tokens"][:4]] == pytest.approx(
        [token["logprob"] for token in whole["tokens"][:4]], abs=1e-4
    )
    assert told["text"] == "".join(token["text"] for token in told["tokens"])


def test_going_on_from_ones_own_tokens_changes_nothing(worker):
    whole = write(worker, "the dog")
    args = {"model": MODEL, "prompt": "the dog", "config": GREEDY, "forced": [token["id"] for token in whole["tokens"][:6]], "exact": True}
    assert worker.call("generate.write", args)["text"] == whole["text"]


@pytest.mark.parametrize(
    ("forced", "said"), [([1] * 12, "begins after 12"), ([10**6], "not tokens"), (["a"], "not tokens"), (3, "not tokens")]
)
def test_a_branch_that_cannot_be_is_refused(worker, forced, said):
    with pytest.raises(UserError, match=said):
        worker.call("generate.write", {"model": MODEL, "prompt": "the dog", "config": GREEDY, "forced": forced})


def test_many_visitors_at_once_each_get_their_own(worker):
    """Different prompts, seeds and strategies at the same time: everybody gets what they get alone."""
    asked = [
        {
            "prompt": PROMPTS[number % 5],
            "strategy": ("greedy", "nucleus", "sample")[number % 3],
            "seed": number,
            "max_new_tokens": 8 + number,
        }
        for number in range(16)
    ]
    alone = [write(worker, **one, exact=False)["text"] for one in asked]
    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(lambda one: write(worker, **one, exact=False)["text"], asked))
    assert together == alone


def test_a_reader_who_leaves_frees_the_place(worker):
    with contextlib.closing(
        worker.stream("generate.write", {"model": MODEL, "prompt": "a", "config": {**GREEDY, "max_new_tokens": 60}})
    ) as events:
        next(events)
    assert write(worker, "the cat")["text"] == write(worker, "the cat")["text"]
    assert worker.call("stats", {})["at_work"] == 1


def test_exact_requests_give_the_same_text_always(worker):
    args = {"model": MODEL, "prompt": "the cat", "config": {**GREEDY, "strategy": "sample", "seed": 3}, "exact": True}
    assert len({worker.call("generate.write", args)["text"] for _ in range(3)}) == 1


def test_beam_search_answers_with_its_best_hypothesis(worker):
    config = {**GREEDY, "strategy": "beam", "beams": 3}
    told = worker.call("generate.beams", {"model": MODEL, "prompt": "the cat", "config": config})
    written = worker.call("generate.write", {"model": MODEL, "prompt": "the cat", "config": config})
    assert written["text"] == told["hypotheses"][0]["text"]
    assert written["perplexity"] == pytest.approx(math.exp(-told["hypotheses"][0]["score"]), rel=1e-3)
    assert {node["state"] for node in told["nodes"]} <= {"kept", "dropped", "ended"}


@pytest.mark.parametrize("exact", [True, False])
def test_a_token_can_be_looked_into(worker, model, exact):
    config = {**GREEDY, "strategy": "top-k", "top_k": 5, "temperature": 1.5, "seed": 2}
    written = worker.call("generate.write", {"model": MODEL, "prompt": "the cat", "config": config, "exact": exact})
    ids = model.encode("the cat") + [token["id"] for token in written["tokens"]]
    place = len(ids) - 3
    told = worker.call("generate.inspect", {"model": MODEL, "ids": ids, "place": place, "config": config, "top": 10, "exact": exact})
    [chosen] = [candidate for candidate in told["candidates"] if candidate["chosen"]]
    assert chosen["id"] == ids[place]
    assert chosen["kept"] > 0
    assert math.log(chosen["raw"]) == pytest.approx(written["tokens"][-3]["logprob"], abs=1e-3)
    assert sum(candidate["kept"] > 0 for candidate in told["candidates"]) == 5
    assert len(told["candidates"]) == 10


def test_a_token_of_a_beam_search_is_explained_by_the_model_that_chose_it(worker, model):
    config = {**GREEDY, "strategy": "beam", "beams": 3}
    asked = {"model": MODEL, "prompt": "the cat", "config": config, "exact": False}
    *steps, done = worker.stream("generate.write", asked)
    assert [step["depth"] for step in steps] == list(range(1, 13))
    assert {step["most"] for step in steps} == {12}
    written = done["result"]
    ids = model.encode("the cat") + [token["id"] for token in written["tokens"]]
    for place in range(len(ids) - 12, len(ids)):
        told = worker.call("generate.inspect", {**asked, "ids": ids, "place": place})
        [chosen] = [candidate for candidate in told["candidates"] if candidate["chosen"]]
        assert math.log(chosen["raw"]) == pytest.approx(written["tokens"][place - len(ids)]["logprob"], abs=1e-4)


def test_a_search_that_nobody_listens_to_any_more_ends(worker):
    config = {**GREEDY, "strategy": "beam", "beams": 3}
    with contextlib.closing(worker.stream("generate.write", {"model": MODEL, "prompt": "the cat", "config": config})) as events:
        assert next(events) == {"depth": 1, "most": 12}
    assert worker.call("stats", {})["at_work"] == 1  # the question itself


def test_a_search_that_fills_the_positions_says_so(worker):
    config = {**GREEDY, "strategy": "beam", "beams": 2, "max_new_tokens": POSITIONS}
    told = worker.call("generate.write", {"model": MODEL, "prompt": "the cat", "config": config})
    assert (told["ended"], len(told["prompt_ids"]) + len(told["tokens"])) == ("positions", POSITIONS)
    assert told["prompt_read"] == len(told["prompt_ids"])


def test_a_text_is_judged_in_pieces_as_in_one(model, monkeypatch):
    ids = model.encode("the cat likes the dog and monday was not very good")
    whole = model.logits(ids)
    monkeypatch.setattr("genhub.text.causal.PIECE", 3)
    assert len(list(model.pieces(ids))) == -(-len(ids) // 3)
    assert torch.allclose(model.logits(ids), whole, atol=1e-4)


def test_a_text_is_scored_in_bits(worker, model):
    told = worker.call("generate.score", {"model": MODEL, "text": "the cat likes the dog"})
    ids = torch.tensor([[0, *model.encode("the cat likes the dog")]])
    with torch.inference_mode():
        logprobs = model.model(ids).logits[0, :-1].log_softmax(-1).gather(1, ids[0, 1:, None])
    assert told["bits"] == pytest.approx(float(-logprobs.sum()) / math.log(2), rel=1e-4)
    assert told["bits_per_character"] == pytest.approx(told["bits"] / len("the cat likes the dog"), rel=1e-6)
    assert "".join(token["text"] for token in told["tokens"]) == "the cat likes the dog"


@pytest.mark.parametrize(
    ("op", "args", "what"),
    [
        ("write", {"prompt": "the " * POSITIONS}, f"holds {POSITIONS}"),
        ("write", {"prompt": None}, "no text"),
        ("write", {"model": ""}, "No model"),
        ("write", {"config": {"temperature": 0}}, "Temperature is 0"),
        ("write", {"config": {"top_p": 5}}, "Top p is 5"),
        ("write", {"config": {"beams": 10**6}}, "Beams is 1000000"),
        ("write", {"config": {"max_new_tokens": float("nan")}}, "Max new tokens"),
        ("write", {"config": {"heat": 1}}, "no option"),
        ("inspect", {"ids": [1, 2, 10**6], "place": 1}, "not tokens"),
        ("inspect", {"ids": [1, 2, 3], "place": 9}, "no token at place 9"),
        ("score", {"text": ""}, "too short"),
        ("score", {"text": "the " * 200}, f"holds {POSITIONS}"),
    ],
)
def test_refusals(worker, op, args, what):
    with pytest.raises(UserError, match=what):
        worker.call(f"generate.{op}", {"model": MODEL, "prompt": "a", "text": "a", "config": GREEDY, **args})


def test_no_prompt_at_all_starts_a_text(worker):
    assert len(write(worker, "")["tokens"]) == 12


def test_a_text_beyond_the_positions_is_judged_as_far_as_it_goes(worker):
    told = worker.call("generate.score", {"model": MODEL, "text": "the " * 200, "cut": True})
    assert len(told["ids"]) == POSITIONS
    assert len(told["tokens"]) == POSITIONS - 1
