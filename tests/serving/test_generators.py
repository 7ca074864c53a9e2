"""Runs that adapted a language model, through the real worker: each writes as itself, whoever else is being answered."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from genhub import settings
from genhub.errors import UserError
from genhub.serving.client import Worker
from genhub.text.causal import load_causal
from genhub.text.generator import load_generator
from tests.serving.tiny_generators import make_generator
from tests.serving.tiny_language import MODEL, store_language
from tests.serving.tiny_runs import make_run, store_base

METHODS = ("lora", "lora", "lora", "dora", "ia3", "lntuning", "adalora", "vera", "full", "bitfit")
PROMPTS = ("the cat likes", "refund my", "a", "monday was not very good and the dog", "lost parcel")
GREEDY = {"strategy": "greedy", "max_new_tokens": 10, "stop_at_end": False}


@dataclass(frozen=True)
class Served:
    worker: Worker
    runs: list[Path]
    alone: list[dict[str, list[int]]]  # tokens after each prompt by each run, loaded by itself, without a worker


def greedy(model, prompt: str, new: int = 10) -> list[int]:
    """Transformers' own answer, with nobody else in the batch."""
    ids = torch.tensor([model.encode(prompt)])
    with torch.inference_mode():
        told = model.model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=new, do_sample=False, eos_token_id=None, pad_token_id=0
        )
    return told[0, ids.shape[1] :].tolist()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("generators")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENHUB_HOME", str(folder / "home"))
        patch.setenv("GENHUB_OFFLINE", "1")
        base = store_language()
        runs = [make_generator(folder / f"run{number}", base, method, seed=number) for number, method in enumerate(METHODS)]
        alone = []
        for run in runs:
            model = load_generator(run)
            alone.append({prompt: greedy(model, prompt) for prompt in PROMPTS})
        worker = Worker(settings.get())
        worker.start()
        yield Served(worker, runs, alone)
        worker.close()


def write(served: Served, run: Path | None, prompt: str, exact: bool = True, **config) -> list[int]:
    writer = {"run_dir": str(run)} if run else {"model": MODEL}
    told = served.worker.call("generate.write", {**writer, "prompt": prompt, "config": {**GREEDY, **config}, "exact": exact})
    return [token["id"] for token in told["tokens"]]


def test_each_run_writes_as_it_does_alone_and_unlike_the_others(served):
    base = load_causal(store_folder())
    expected = {prompt: greedy(base, prompt) for prompt in PROMPTS}
    for run, alone in zip(served.runs, served.alone, strict=True):
        assert {prompt: write(served, run, prompt) for prompt in PROMPTS} == alone
        assert alone != expected
    assert len({str(alone) for alone in served.alone}) == len(METHODS)
    assert {prompt: write(served, None, prompt) for prompt in PROMPTS} == expected


def store_folder() -> Path:
    return next((settings.get().cache / "models" / MODEL.replace("/", "--")).glob("b*"))


def test_no_answer_comes_from_another_runs_adapter(served):
    """Visitors of many runs and of the base at the same time, on one model: rows of one adapter share a batch, of two never."""
    asked = [(number % len(METHODS), PROMPTS[number % 5], 4 + number % 7) for number in range(60)]

    def one(ask: tuple[int, str, int]) -> list[int]:
        run, prompt, length = ask
        return write(served, served.runs[run], prompt, exact=False, max_new_tokens=length)

    alone = [{prompt: write(served, run, prompt, exact=False) for prompt in PROMPTS} for run in served.runs]
    assert len({str(told) for told in alone}) == len(METHODS)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(one, asked))
    wrong = [ask for ask, answer in zip(asked, answers, strict=True) if answer != alone[ask[0]][ask[1]][: ask[2]]]
    assert wrong == []


def test_runs_share_the_weights_of_their_base(served):
    for run in served.runs[:4]:
        write(served, run, "a")
    told = {tuple(entry["key"]): entry["bytes"] for entry in served.worker.call("stats", {})["models"]}
    stats = served.worker.call("stats", {})
    one = next(size for key, size in told.items() if key[0] == "language")
    assert stats["weight_bytes"] < sum(told.values()) - 3 * 0.9 * one


def test_a_run_is_looked_into_and_scored_with_its_adapter(served):
    run = served.runs[0]
    text = {"text": "the cat likes the dog"}
    ours, bases = (served.worker.call("generate.score", {**writer, **text})["bits"] for writer in ({"run_dir": str(run)}, {"model": MODEL}))
    assert ours != pytest.approx(bases, rel=0.01)
    tokens = served.alone[0]["the cat likes"]
    model = load_generator(run)
    ids = model.encode("the cat likes") + tokens
    told = served.worker.call("generate.inspect", {"run_dir": str(run), "ids": ids, "place": len(ids) - 1, "config": GREEDY})
    [best] = [candidate for candidate in told["candidates"] if candidate["chosen"]]
    assert best["raw"] == max(candidate["raw"] for candidate in told["candidates"])
    beams = {"run_dir": str(run), "prompt": "the cat", "config": {**GREEDY, "strategy": "beam", "beams": 2}}
    assert served.worker.call("generate.beams", beams)["hypotheses"]


def test_a_run_that_is_trained_further_is_read_again(served, tmp_path):
    run = make_generator(tmp_path / "run", store_folder(), seed=50)
    first = write(served, run, "the cat likes")
    make_generator(run, store_folder(), seed=51)
    again = write(served, run, "the cat likes")
    assert again == greedy(load_generator(run), "the cat likes") != first


def test_refusals(served, tmp_path, monkeypatch):
    with pytest.raises(UserError, match="No run was named"):
        served.worker.call("generate.write", {"run_dir": "", "prompt": "a", "config": GREEDY})
    with pytest.raises(UserError, match=r"no passport\.json"):
        served.worker.call("generate.write", {"run_dir": str(tmp_path), "prompt": "a", "config": GREEDY})
    classifier = make_run(tmp_path / "classifier", store_base())
    with pytest.raises(UserError, match="A language model has the format genhub-generator-1"):
        served.worker.call("generate.write", {"run_dir": str(classifier), "prompt": "a", "config": GREEDY})
    with pytest.raises(UserError, match="A classifier has the format"):
        served.worker.call("classify.predict", {"run_dir": str(served.runs[0]), "texts": ["a"]})
    damaged = make_generator(tmp_path / "damaged", store_folder())
    path = damaged / "adapter" / "adapter_model.safetensors"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(UserError, match="cannot be loaded"):
        served.worker.call("generate.write", {"run_dir": str(damaged), "prompt": "a", "config": GREEDY})


def test_tokens_of_a_run_arrive_one_by_one(served):
    args = {"run_dir": str(served.runs[1]), "prompt": "a", "config": GREEDY}
    with contextlib.closing(served.worker.stream("generate.write", args)) as events:
        told = [token["id"] for event in events if "tokens" in event for token in event["tokens"]]
    assert told == served.alone[1]["a"]
