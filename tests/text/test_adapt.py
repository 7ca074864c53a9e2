"""The trainer of "generate", whole: it learns, judges itself on unseen text, resumes bitwise, stops, and leaves a run that loads."""

import json
import time

import pytest
import torch

from genhub import catalog
from genhub.errors import UserError
from genhub.events import Done, Metric, Note, Resumed, Sample, Stage
from genhub.jobs.folder import RunFolder
from genhub.text import adapt, methods
from genhub.text.adapting import learner
from genhub.text.causal import load_causal, open_causal
from genhub.text.generator import load_generator
from genhub.training.configs import ADAPT_METHODS, AdaptConfig
from tests.serving.tiny_language import MODEL, store_language, tiny_causal
from tests.text.tiny_texts import text_run, tiny_text


@pytest.fixture(autouse=True)
def base(home):
    return store_language()


def config(**values) -> AdaptConfig:
    fast = {"epochs": 2, "window": 16, "batch_size": 16, "samples": 2, "sample_tokens": 6, "precision": "fp32", "learning_rate": 3e-2}
    return AdaptConfig(**{"model": MODEL, **fast, "patience": 0, **values})


def curve(seen) -> list:
    """What training reported and wrote on its way, without what the clock decides."""
    kept = ("loss", "val_loss", "learning_rate")
    told = []
    for event in seen:
        if isinstance(event, Metric):
            told.append((event.step, {name: event.values[name] for name in kept if name in event.values}))
        elif isinstance(event, Sample):
            told.append((event.step, event.text))
    return told


def figures(run: RunFolder) -> dict:
    metrics = run.read("metrics.json")
    return {name: value for name, value in metrics.items() if name != "training"}


def test_a_run_learns_and_is_complete(tmp_path):
    run = text_run(tmp_path / "run", config(epochs=6))
    seen = list(adapt.train(config(epochs=6), run))
    assert [event.name for event in seen if isinstance(event, Stage)] == ["prepare", "train", "verdict"]
    losses = [event.values["loss"] for event in seen if isinstance(event, Metric) and "loss" in event.values]
    assert losses[-1] < losses[0] / 1.5
    metrics = run.read("metrics.json")
    assert isinstance(seen[-1], Done)
    assert seen[-1].metrics == metrics
    base = metrics["baselines"]["base"]
    assert metrics["bits_per_character"] < base["bits_per_character"] / 1.5
    assert 0 < base["gain"]["low"] < base["gain"]["mean"] < base["gain"]["high"]
    assert metrics["training"]["trainable_parameters"] < metrics["training"]["total_parameters"] / 3
    assert metrics["training"]["tokens_per_second"] > 0
    assert metrics["split"]["train"] + metrics["split"]["validation"] + metrics["split"]["test"] == len(tiny_text())
    assert not run.checkpoints.exists()
    passport = run.read("passport.json")
    assert set(passport["files"]) == {"adapter/adapter_config.json", "adapter/adapter_model.safetensors"}
    assert passport["metrics"]["bits_per_character"] == metrics["bits_per_character"]


def test_the_first_sample_and_loss_are_the_base_models(tmp_path):
    run = text_run(tmp_path / "run", config())
    seen = list(adapt.train(config(), run))
    samples = [event for event in seen if isinstance(event, Sample)]
    assert [event.step for event in samples] == [0, max(event.step for event in seen if isinstance(event, Metric))]
    assert samples[0].text != samples[-1].text
    first = next(event for event in seen if isinstance(event, Metric))
    assert first.step == 0
    assert first.values["val_loss"] > 1.5 * min(event.values.get("val_loss", 99) for event in seen if isinstance(event, Metric))
    untouched = text_run(tmp_path / "again", config(learning_rate=1e-7, seed=0))
    assert next(event.text for event in adapt.train(config(learning_rate=1e-7), untouched) if isinstance(event, Sample)) == samples[0].text


def test_the_verdict_is_what_the_loaded_run_says(tmp_path):
    """The same tokens once more, in one pass over the text: windows hold it whole."""
    chosen = config(test_share=0.02, window=32)
    run = text_run(tmp_path / "run", chosen)
    metrics = list(adapt.train(chosen, run))[-1].metrics
    text = tiny_text()
    unseen = text[-metrics["test_characters"] :]
    for model, told in ((load_generator(run.path), metrics), (open_causal(MODEL), metrics["baselines"]["base"])):
        ids = torch.tensor([[0, *model.tokenizer(unseen)["input_ids"], 0]])
        assert ids.shape[1] - 1 == metrics["test_tokens"] <= 64
        with torch.inference_mode():
            logits = model.model(input_ids=ids).logits[0, :-1]
        loss = torch.nn.functional.cross_entropy(logits, ids[0, 1:])
        assert told["loss"] == pytest.approx(loss.item(), rel=1e-4)


def test_the_same_seed_gives_the_same_run(tmp_path):
    runs = [text_run(tmp_path / name, config()) for name in "ab"]
    curves = [curve(adapt.train(config(), run)) for run in runs]
    assert curves[0] == curves[1]
    assert figures(runs[0]) == figures(runs[1])
    assert curve(adapt.train(config(seed=1), text_run(tmp_path / "c", config(seed=1)))) != curves[0]


def test_no_unseen_text_is_learnt_from(tmp_path, monkeypatch):
    from genhub.text import lm

    shown = set()
    original = lm.Windows.batch

    def batch(self, indices):
        rows = original(self, indices)
        if self.wander:
            shown.update(map(tuple, rows["input_ids"].unfold(1, 8, 1).flatten(0, 1).tolist()))
        return rows

    monkeypatch.setattr(lm.Windows, "batch", batch)
    documents = [f"document {number} is about money and the number {number * 7919}\n" for number in range(80)]
    run = text_run(tmp_path / "run", config(), documents)
    metrics = list(adapt.train(config(), run))[-1].metrics
    assert metrics["split"]["by"] == "document"
    held = adapt.material.gather(config(), documents).corpus.test
    tokenizer = open_causal(MODEL).tokenizer
    unseen = {tuple(tokenizer(text)["input_ids"][-9:-1]) for text in held}
    assert shown
    assert not shown & unseen


@pytest.mark.parametrize("method", ADAPT_METHODS)
def test_every_method_trains_and_loads_or_says_why_not(tmp_path, method):
    chosen = config(method=method, epochs=1, samples=0, learning_rate=None)
    run = text_run(tmp_path / "run", chosen)
    if method in ("loha", "lokr", "oft", "miss", "shira"):
        with pytest.raises(UserError, match="does not fit GPT-2"):
            list(adapt.train(chosen, run))
        return
    metrics = list(adapt.train(chosen, run))[-1].metrics
    base = open_causal(MODEL)
    before = {name: tensor.clone() for name, tensor in base.model.state_dict().items()}
    loaded, shared = load_generator(run.path), load_generator(run.path, base)
    ids = torch.tensor([base.encode("the dog likes the cat and the")])
    with torch.inference_mode():
        answers = [model.model(input_ids=ids).logits for model in (loaded, shared, base)]
    assert torch.allclose(answers[0], answers[1], atol=1e-5)
    assert not torch.equal(answers[0], answers[2])
    assert all(torch.equal(tensor, before[name]) for name, tensor in base.model.state_dict().items())
    assert metrics["baselines"]["base"]["gain"]["mean"] != 0


def test_embeddings_and_head_stay_as_they_are_in_an_adapter(tmp_path):
    base = open_causal(MODEL)
    chosen = config(method="lora")
    adapted = adapt.learner.adapted(base, chosen, 10)
    free = [name for name, parameter in adapted.model.named_parameters() if parameter.requires_grad]
    assert free
    assert all("lora_" in name for name in free)
    places = {name.split(".lora_")[0].rpartition("h.")[2].partition(".")[2] for name in free}
    assert places == {"attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"}
    assert methods.counts(adapted.model)[0] == sum(
        parameter.numel() for name, parameter in adapted.model.named_parameters() if "lora_" in name
    )


def replayed(run: RunFolder) -> list:
    """The events of a log that count, as the page reads them."""
    seen = []
    for _, _, event in run.events():
        if isinstance(event, Resumed):
            seen = [old for old in seen if getattr(old, "step", -1) <= event.step]
        if isinstance(event, Metric | Sample):
            seen.append(event)
    return seen


def test_a_kill_before_the_first_checkpoint_says_nothing_twice(tmp_path):
    whole = list(adapt.train(config(), text_run(tmp_path / "whole", config())))
    run = text_run(tmp_path / "run", config())
    generator = adapt.train(config(), run)
    for event in generator:
        run.append(event)
        if isinstance(event, Metric) and event.step == 1:
            break
    generator.close()
    for event in adapt.train(config(), run):
        run.append(event)
    assert curve(replayed(run)) == curve(whole)


@pytest.mark.parametrize("method", ["lora", "full"])
@pytest.mark.parametrize("when", ["train", "step", "verdict"])
def test_stop_keeps_the_best_and_judges_it(tmp_path, method, when):
    chosen = config(epochs=50, method=method)
    run, pressed, seen = text_run(tmp_path / "run", chosen, [tiny_text(400)]), None, []
    for event in adapt.train(chosen, run):
        seen.append(event)
        reached = (isinstance(event, Stage) and event.name == when) or (when == "step" and isinstance(event, Metric) and event.step)
        if reached and pressed is None:
            run.request_stop()
            pressed = time.monotonic()
        if when == "verdict" and isinstance(event, Metric) and "val_loss" in event.values and event.step:
            run.request_stop()  # the rest of fifty epochs would take too long
    assert time.monotonic() - pressed < 3
    assert seen[-1].stopped
    metrics = run.read("metrics.json")
    assert metrics["stopped"]
    assert metrics["training"]["stopped_by"] == "hand"
    assert any("stopped by hand" in text for text in metrics["sentences"])
    assert load_generator(run.path).model(input_ids=torch.tensor([[1, 2]])).logits.isfinite().all()


def test_a_stopped_run_goes_on_from_the_step_it_was_stopped_at(tmp_path):
    chosen = config(epochs=3)
    whole = list(adapt.train(chosen, text_run(tmp_path / "whole", chosen)))
    run, seen = text_run(tmp_path / "run", chosen), []
    for event in adapt.train(chosen, run):
        seen.append(event)
        if isinstance(event, Metric) and event.step == 4:
            run.request_stop()
    assert run.read("metrics.json")["stopped"]
    first = run.read("passport.json")
    run.clear_stop()
    again = list(adapt.train(chosen, run))
    (resumed,) = [event for event in again if isinstance(event, Resumed)]
    assert resumed.step == 4
    assert curve([*seen, *again]) == curve(whole)
    assert figures(run) == figures(RunFolder(tmp_path / "whole"))
    assert run.read("passport.json")["files"] != first["files"]
    assert not run.checkpoints.exists()


def test_a_diverging_run_names_the_step_and_keeps_the_best(tmp_path, monkeypatch):
    def poisoned(self, step):
        if step == 29:
            for parameter in self.model.parameters():
                if parameter.requires_grad:
                    parameter.data.fill_(float("nan"))

    monkeypatch.setattr(adapt.AdaptTask, "after_step", poisoned)
    run = text_run(tmp_path / "run", config(epochs=9))
    with pytest.raises(UserError, match=r"after step 31 at a learning rate of 0\.0") as caught:
        list(adapt.train(config(epochs=9), run))
    assert caught.value.field == "learning_rate"
    assert load_generator(run.path).model(input_ids=torch.tensor([[1, 2]])).logits.isfinite().all()
    assert not run.has("metrics.json")


def test_texts_that_cannot_be_learnt_from_are_refused(tmp_path):
    store_language("tests/long", positions=1024)
    for text, what, field in (("short", "The text has 5 characters", "data"), (tiny_text(22), "tokens to learn from", "window")):
        chosen = config(model="tests/long", window=1024)
        with pytest.raises(UserError, match=what) as caught:
            list(adapt.train(chosen, text_run(tmp_path / field, chosen, [text])))
        assert caught.value.field == field


def test_windows_are_no_longer_than_what_the_model_holds(tmp_path):
    chosen = config(window=1024, epochs=1)
    seen = list(adapt.train(chosen, text_run(tmp_path / "run", chosen, [tiny_text(600)])))
    assert any(isinstance(event, Note) and "holds 64 tokens" in event.text for event in seen)
    assert seen[-1].metrics["training"]["window"] == 64


def test_job_json_and_metrics_are_json(tmp_path):
    run = text_run(tmp_path / "run", config(epochs=1))
    done = list(adapt.train(config(epochs=1), run))[-1]
    assert json.loads(json.dumps(done.metrics, allow_nan=False)) == done.metrics


def test_a_model_without_a_place_for_an_adapter_is_refused(tmp_path):
    chosen = config(model="embedded/char-rnn")
    with pytest.raises(UserError, match=r"“char-rnn” models cannot be adapted here\. Known: gpt2, gpt_neo"):
        list(adapt.train(chosen, text_run(tmp_path / "run", chosen)))


@pytest.mark.parametrize("kind", catalog.CAUSAL_TYPES)
@pytest.mark.parametrize("method", ["lora", "ia3", "lntuning"])
def test_every_architecture_has_its_places(tmp_path, kind, method):
    base = load_causal(tiny_causal(tmp_path, kind))
    adapted = adapt.learner.adapted(base, config(method=method, rank=2), 10)
    trainable, total = methods.counts(adapted.model)
    assert 0 < trainable < total / 2
    ids = torch.tensor([[1, 2, 3]])
    adapted.model(input_ids=ids).logits.sum().backward()
    moved = {name for name, parameter in adapted.model.named_parameters() if parameter.grad is not None}
    assert len(moved) == sum(parameter.requires_grad for parameter in adapted.model.parameters())


@pytest.mark.parametrize(("method", "expected"), [("lora", 0.0), ("full", 0.1)])
def test_beside_an_adapter_the_base_drops_nothing(method, expected):
    found = open_causal(MODEL)
    drops = [module for module in found.model.modules() if isinstance(module, torch.nn.Dropout)]
    for module in drops:
        module.p = 0.1
    learner.adapted(found, config(method=method), 10)
    assert drops
    assert {module.p for module in drops} == {expected}
