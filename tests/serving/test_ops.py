import contextlib
import json
import os
import random
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file

from genhub import settings
from genhub.data import split as splitting
from genhub.errors import UserError
from genhub.jobs.folder import write_json
from genhub.serving import base_lines, ops
from genhub.serving.client import Worker
from genhub.text import material
from genhub.text.classifier import BULK, load_run, pad
from genhub.text.encoder import Encoder, load_encoder
from genhub.training.configs import ClassifyConfig
from tests.promises.measured import times
from tests.serving.tiny_runs import BASE, LABELS, REVISION, make_run, store_base
from tests.tiny import WORDS, tiny_rows, tiny_run

TEXTS = ["good book", "awful parcel , late again", "refund my money please", "the cat likes the dog"]
METHODS = (
    "lora",
    "lora",
    "lora",
    "bottleneck",
    "bottleneck",
    "dora",
    "ia3",
    "lntuning",
    "bitfit",
    "frozen",
    "full",
    *times([], ["lora"] * 9),
)


@dataclass(frozen=True)
class Served:
    worker: Worker
    base: Path
    runs: list[Path]
    alone: list[list[list[float]]]  # scores of TEXTS by each run, loaded by itself, without a worker


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("serving")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENHUB_HOME", str(folder / "home"))
        patch.setenv("GENHUB_OFFLINE", "1")
        base = store_base()
        runs = [make_run(folder / f"run{number}", base, method, seed=number) for number, method in enumerate(METHODS)]
        alone = [load_run(run).predict(TEXTS).scores.tolist() for run in runs]
        worker = Worker(settings.get())
        worker.start()
        yield Served(worker, base, runs, alone)
        worker.close()


def test_each_run_answers_as_it_does_alone(served):
    for run, alone in zip(served.runs, served.alone, strict=True):
        answer = served.worker.call("classify.predict", {"run_dir": str(run), "texts": TEXTS})
        assert answer["labels"] == LABELS
        assert answer["scores"] == [pytest.approx(row, abs=1e-5) for row in alone]
        assert answer["predicted"] == [LABELS[row.index(max(row))] for row in alone]


def crosstalk(worker, served, threads=8, requests=200):
    """Answers that are not the asked run's own, of threads × requests in random order; and the number of requests."""

    def client(seed):
        draw, wrong = random.Random(seed), 0
        for _ in range(requests):
            number, text = draw.randrange(len(served.runs)), draw.randrange(len(TEXTS))
            args = {"run_dir": str(served.runs[number]), "texts": [TEXTS[text]]}
            scores = worker.call("classify.predict", args, seconds=60)["scores"][0]
            wrong += scores != pytest.approx(served.alone[number][text], abs=1e-4)
        return wrong

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(client, range(threads))), threads * requests


def test_no_answer_comes_from_another_runs_adapter(served, figure):
    wrong, asked = crosstalk(served.worker, served, *times((8, 200), (20, 50)))
    figure("S4", f"{asked} requests of {times(8, 20)} clients for {len(METHODS)} adapters", f"{wrong} answers of another one")
    assert wrong == 0
    stats = served.worker.call("stats", {})
    assert stats["batched_requests"] > 0  # some did share a batch


class InProcess:
    """The worker's operation in this process, one request at a time."""

    def __init__(self):
        self.context, self.lock = ops.context(0, {}), threading.Lock()

    def call(self, op, args, seconds=30):
        with self.lock:
            return ops.predict_together(self.context, [args])[0]


class Unlocked:
    """What the worker does not do: one PEFT model for all runs, whose active adapter each caller's own thread switches."""

    def __init__(self, base, runs):
        self.base = load_encoder(base, pooling="mean")
        self.model = PeftModel.from_pretrained(self.base.model, runs[0] / "adapter", adapter_name=runs[0].name)
        for run in runs[1:]:
            self.model.load_adapter(run / "adapter", adapter_name=run.name)
        self.heads = {str(run): load_file(run / "head.safetensors") for run in runs}

    @torch.inference_mode()
    def call(self, op, args, seconds=30):
        batch = pad(self.base.tokenize(args["texts"], 64), self.base.tokenizer.pad_token_id)
        self.model.set_adapter(Path(args["run_dir"]).name, inference_mode=True)
        vectors = self.base.pool(self.model(**batch).last_hidden_state, batch["attention_mask"])
        head = self.heads[args["run_dir"]]
        return {"scores": torch.nn.functional.linear(vectors, head["weight"], head["bias"]).softmax(-1).tolist()}


def test_the_crosstalk_test_can_fail(served, monkeypatch, figure):
    """Without the worker's one thread, without a module tree for each run: both give answers of other visitors' adapters."""
    few = Served(None, served.base, served.runs[:3], served.alone[:3])
    assert crosstalk(InProcess(), few, threads=8, requests=25)[0] == 0
    wrong, asked = crosstalk(Unlocked(served.base, few.runs), few, threads=8, requests=50)
    figure(
        "S4", f"{asked} requests for 3 adapters of one model, each from its own thread, without a lock", f"{wrong} answers of another one"
    )
    assert wrong > 0
    monkeypatch.setattr(Encoder, "twin", lambda self: self)
    wrong, asked = crosstalk(InProcess(), few, threads=8, requests=50)
    figure("S4", f"{asked} requests for 3 runs, one at a time, that share a tree of modules", f"{wrong} answers of another one")
    assert wrong > asked // 20


def many(count):
    return [" ".join(WORDS[: 1 + number % 9]) + f" {WORDS[number % len(WORDS)]}" for number in range(count)]


def test_many_texts_come_in_order_with_progress(served):
    args = {"run_dir": str(served.runs[0]), "texts": many(BULK)}
    messages = list(served.worker.stream("classify.predict", args))
    done = [message["done"] for message in messages[:-1]]
    assert done == sorted(done)
    assert all(message["total"] == BULK for message in messages[:-1])
    assert len(done) >= 3
    expected = load_run(served.runs[0]).predict(args["texts"])
    assert messages[-1]["result"]["predicted"] == expected.labels
    assert messages[-1]["result"]["scores"] == [pytest.approx(row, abs=1e-5) for row in expected.scores.tolist()]


def test_very_many_texts_have_the_labels_of_float32(served):
    """They may be computed in bfloat16, where the worker finds that faster."""
    args = {"run_dir": str(served.runs[0]), "texts": many(BULK + 40)}
    answer = served.worker.call("classify.predict", args)
    exact = load_run(served.runs[0]).predict(args["texts"], exact=True)
    assert answer["predicted"] == exact.labels
    assert answer["scores"] == [pytest.approx(row, abs=0.03) for row in exact.scores.tolist()]


def test_explains_and_the_label_moves_when_words_go(served):
    run, text = str(served.runs[0]), "good late parcel"
    found = served.worker.call("classify.explain", {"run_dir": run, "text": text})
    predicted = served.worker.call("classify.predict", {"run_dir": run, "texts": [text]})
    assert found["label"] == predicted["predicted"][0]
    assert found["score"] == pytest.approx(max(predicted["scores"][0]), abs=1e-5)
    assert [piece["text"] for piece in found["tokens"]] == ["good", "late", "parcel"]
    assert set(found["tokens"][0]) == {"text", "start", "end", "score"}
    assert sum(piece["score"] for piece in found["tokens"]) == pytest.approx(
        found["logit"] - found["baseline_logit"] + found["delta"], abs=1e-4
    )
    assert [piece["text"] for piece in found["left_out"]] == ["good", "late", "parcel"]
    rest = served.worker.call("classify.without", {"run_dir": run, "text": text, "drop": [[5, 9]]})
    assert rest["text"] == "good parcel"
    expected = load_run(served.runs[0]).predict(["good parcel"])
    assert rest["scores"] == pytest.approx(expected.scores[0].tolist(), abs=1e-5)
    assert rest["predicted"] == expected.labels[0]
    assert rest["labels"] == LABELS


def test_a_visitor_who_leaves_frees_the_worker(served, until):
    """A table of many texts is left after its first progress: the rest of it is not computed."""
    texts = ["good late parcel , the cat likes the dog"] * 5_000
    args = {"run_dir": str(served.runs[0]), "texts": texts}
    with contextlib.closing(served.worker.stream("classify.predict", args, seconds=60)) as events:
        assert next(events)["total"] == 5_000
        assert served.worker.call("stats", {})["at_work"] == 2  # the table and this question
    assert served.worker.call("stats", {})["at_work"] == 1


def ask_base_lines(served, run, texts, seconds=30):
    return served.worker.call("classify.baselines", {"run_dir": str(run), "texts": texts}, seconds)


@pytest.fixture
def trained(served, tmp_path):
    """A finished run with its rows: 120, of which 24 were kept out of training."""
    config = ClassifyConfig(model=BASE, method="lora", folds=0)
    run = tiny_run(tmp_path / "trained", config, tiny_rows(120))
    make_run(run.path, served.base)
    majority = {"accuracy": 0.5, "macro_f1": 0.3, "label": "praise"}
    write_json(
        run.path / "metrics.json", {"folds": 0, "stopped": False, "split": {"kind": "hold-out"}, "baselines": {"majority": majority}}
    )
    return run


def test_base_lines_answer_beside_the_run(served, trained):
    texts = ["good dog", "an awful parcel"]
    told = ask_base_lines(served, trained.path, texts)
    assert told["majority"] == {"label": "praise"}
    assert told["tfidf"]["labels"] == ["blame", "praise"]
    assert told["tfidf"]["predicted"] == ["praise", "blame"]
    assert [sum(row) for row in told["tfidf"]["scores"]] == pytest.approx([1, 1])
    kept = ["tfidf", str(trained.path)]
    held = [model for model in served.worker.call("stats", {})["models"] if model["key"] == kept]
    assert held[0]["bytes"] > 1_000
    assert ask_base_lines(served, trained.path, texts) == told
    uses = [model["uses"] for model in served.worker.call("stats", {})["models"] if model["key"] == kept]
    assert uses == [held[0]["uses"] + 1]  # asked again, not fitted again


def test_tfidf_learns_from_the_rows_that_the_run_learnt_from(served, trained):
    split = splitting.holdout(tiny_rows(120), 0.2, 0.1, 0)
    assert ask_base_lines(served, trained.path, ["good"])["tfidf"]["rows"] == len(split.train) + len(split.validation) < 120
    rows = base_lines.learnt_rows(trained)
    assert not {text for text, _ in rows} & {tiny_rows(120)[place]["text"] for place in split.test}


@pytest.mark.parametrize(("judged", "stopped", "part"), [(3, False, -1), (3, True, -1), (1, True, 0), (2, True, 1)])
def test_after_a_stop_in_a_fold_these_are_the_rows_of_that_fold(tmp_path, judged, stopped, part):
    config = ClassifyConfig(model=BASE, folds=3)
    run = tiny_run(tmp_path / "run", config, tiny_rows(60))
    write_json(run.path / "metrics.json", {"folds": judged, "stopped": stopped, "split": {"folds": 3}})
    split = material.plan_parts(config, tiny_rows(60))[0][part].split
    assert len(base_lines.learnt_rows(run)) == len(split.train + split.validation) == (60 if part == -1 else 40)


def test_a_run_without_rows_has_no_tfidf_unless_all_of_them_were_judged(served, trained):
    trained.rows.unlink()
    told = ask_base_lines(served, trained.path, ["good"])
    assert told == {"majority": {"label": "praise"}, "tfidf": None}
    judged = [{"row": row["row"], "text": row["text"], "label": row["label"]} for row in tiny_rows(60)]
    (trained.path / "predictions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in judged), encoding="utf-8")
    assert ask_base_lines(served, trained.path, ["good"])["tfidf"] is None  # of a hold-out split these are the unseen rows
    metrics = trained.read("metrics.json")
    write_json(trained.path / "metrics.json", {**metrics, "folds": 5, "split": {"kind": "cross-validation"}})
    assert ask_base_lines(served, trained.path, ["good"])["tfidf"]["rows"] == 60
    (trained.path / "metrics.json").unlink()
    assert ask_base_lines(served, trained.path, ["good"]) == {"majority": None, "tfidf": None}


def test_the_shipped_examples_have_base_lines(served):
    folder = Path(ops.__file__).parents[1] / "examples"
    told = ask_base_lines(served, folder / "shortcut", ["We arrived on Tuesday and everyone was kind, the room spotless."])
    assert told["tfidf"]["labels"] == ["complaint", "praise"]
    assert told["tfidf"]["rows"] == 329
    assert told["majority"]["label"] in told["tfidf"]["labels"]


def test_very_many_rows_are_sampled(monkeypatch):
    rows = [(f"text {number}", "ab"[number % 2]) for number in range(1_000)]
    assert base_lines._sample(rows) == rows
    monkeypatch.setattr(base_lines, "MOST_ROWS", 100)
    few = base_lines._sample(rows)
    assert len(few) == len(set(few)) == 100
    assert few == base_lines._sample(rows)
    monkeypatch.setattr(base_lines, "MOST_CHARACTERS", 60)
    assert sum(len(text) for text, _ in base_lines._sample(rows)) <= 60


@pytest.mark.parametrize(
    ("op", "args", "message"),
    [
        ("classify.predict", {"texts": ["a"]}, "No run was named"),
        ("classify.predict", {"run_dir": "/nowhere/at/all", "texts": ["a"]}, "no passport.json"),
        ("classify.predict", {"run_dir": ["x"], "texts": ["a"]}, "No run was named"),
        ("classify.predict", {"run_dir": "RUN", "texts": []}, "no list of texts"),
        ("classify.predict", {"run_dir": "RUN", "texts": "good"}, "no list of texts"),
        ("classify.predict", {"run_dir": "RUN", "texts": ["good", 7]}, "no list of texts"),
        ("classify.explain", {"run_dir": "RUN", "text": " "}, "no text"),
        ("classify.explain", {"run_dir": "RUN", "text": "x" * 200_000}, "200,000 characters"),
        ("classify.explain", {"run_dir": "RUN", "text": "good", "label": "anger"}, "no label “anger”"),
        ("classify.explain", {"run_dir": "RUN", "text": "good", "label": {}}, "no label"),
        ("classify.without", {"run_dir": "RUN", "text": "good dog", "drop": "all"}, "not a list"),
        ("classify.without", {"run_dir": "RUN", "text": "good dog", "drop": [[0, 99]]}, "not a part of this text"),
        ("classify.without", {"run_dir": "RUN", "text": "good dog", "drop": [[0, 8]]}, "Nothing is left"),
        ("classify.baselines", {"texts": ["a"]}, "No run was named"),
        ("classify.baselines", {"run_dir": "RUN", "texts": []}, "no list of texts"),
        ("classify.dance", {}, "no operation"),
    ],
)
def test_requests_that_cannot_be_answered_say_why(served, op, args, message):
    if args.get("run_dir") == "RUN":
        args = {**args, "run_dir": str(served.runs[0])}
    with pytest.raises(UserError, match=message):
        served.worker.call(op, args)


def test_damaged_runs_are_refused_and_harm_nobody(served, tmp_path):
    def broken(name, damage):
        run = make_run(tmp_path / name, served.base)
        damage(run)
        with pytest.raises(UserError):
            served.worker.call("classify.predict", {"run_dir": str(run), "texts": ["good"]})

    broken("head", lambda run: (run / "head.safetensors").write_bytes(b"\x00" * 40))
    broken("no head", lambda run: (run / "head.safetensors").unlink())
    broken("adapter", lambda run: (run / "adapter" / "adapter_model.safetensors").write_bytes(b"{}"))
    broken("passport", lambda run: (run / "passport.json").write_text("[1]"))
    broken("torn", lambda run: (run / "passport.json").write_text('{"format": '))
    broken("base", lambda run: (run / "passport.json").write_text((run / "passport.json").read_text().replace("tests/tiny", "tests/other")))
    broken("revision", lambda run: (run / "passport.json").write_text((run / "passport.json").read_text().replace("a" * 40, "b" * 40)))
    answer = served.worker.call("classify.predict", {"run_dir": str(served.runs[0]), "texts": TEXTS})
    assert answer["scores"] == [pytest.approx(row, abs=1e-5) for row in served.alone[0]]


def test_a_run_that_was_trained_again_is_read_again(served, tmp_path):
    args = {"run_dir": str(make_run(tmp_path / "run", served.base, seed=50)), "texts": ["good"]}
    first = served.worker.call("classify.predict", args)
    make_run(tmp_path / "run", served.base, seed=51)
    again = served.worker.call("classify.predict", args)
    assert again["scores"] != first["scores"]
    assert again["scores"][0] == pytest.approx(load_run(tmp_path / "run").predict(["good"]).scores[0].tolist(), abs=1e-5)


def test_a_killed_worker_is_back_within_ten_seconds(served):
    args = {"run_dir": str(served.runs[0]), "texts": TEXTS}
    before = served.worker.call("classify.predict", args)
    os.kill(served.worker.pid, signal.SIGKILL)
    assert served.worker.call("classify.predict", args, seconds=10) == before  # S8


def test_stats_tell_what_is_in_memory(served):
    served.worker.call("classify.predict", {"run_dir": str(served.runs[0]), "texts": TEXTS})
    stats = served.worker.call("stats", {})
    assert ["run", str(served.runs[0].resolve())] in [model["key"] for model in stats["models"]]
    assert ["base", "tests/tiny", REVISION] in [model["key"] for model in stats["models"]]
    assert 0 < stats["weight_bytes"] <= stats["budget_bytes"]
    assert stats["requests"] >= 2
    assert stats["pid"] == served.worker.pid
