"""The trainer of "scratch", whole: verdict on unseen text, samples, resume after a kill, Stop, divergence, what is left behind."""

import math
import random
import time
from itertools import pairwise

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from genhub.errors import UserError
from genhub.events import Done, Metric, Note, Resumed, Sample, Stage
from genhub.text import char_rnn, scratch
from genhub.text.from_scratch import learner
from genhub.text.from_scratch.learner import ScratchTask
from genhub.text.generator import load_generator
from genhub.text.lm import sliding_loss
from genhub.training.configs import ScratchConfig
from tests.text.tiny_scratch import KINDS, TEXT, config, new_run


def curve(seen) -> list:
    kept = ("loss", "val_loss", "learning_rate")
    return [
        (event.step, {name: event.values[name] for name in kept if name in event.values}) for event in seen if isinstance(event, Metric)
    ]


def written(seen) -> list:
    return [(event.step, event.text) for event in seen if isinstance(event, Sample)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_learns_to_write_and_is_complete(tmp_path, kind):
    chosen = config(kind, steps=150)
    run = new_run(tmp_path / "run", chosen)
    seen = list(scratch.train(chosen, run))
    assert [event.name for event in seen if isinstance(event, Stage)] == ["prepare", "train", "verdict"]
    metrics = run.read("metrics.json")
    assert seen[-1] == Done(seen[-1].metrics)
    assert seen[-1].metrics["loss"] == pytest.approx(metrics["loss"])
    assert metrics["loss"] < 0.7 * metrics["baselines"]["unigram"]["loss"]
    assert metrics["bits_per_character"] == pytest.approx(metrics["loss"] / math.log(2))
    assert metrics["test_characters"] == pytest.approx(0.1 * len(TEXT), rel=0.1)
    validated = [values["val_loss"] for _, values in curve(seen) if "val_loss" in values]
    assert len(validated) == 10
    assert validated[-1] < 0.7 * validated[0]
    assert [step for step, _ in written(seen)] == [0, 75, 150]
    assert written(seen)[0][1] != written(seen)[-1][1]
    assert all(len(text) == 12 for _, text in written(seen))
    assert {path.name for path in run.path.iterdir()} >= {"model", "passport.json", "metrics.json"}
    assert not run.checkpoints.exists()


@pytest.mark.parametrize("kind", ["gpt", "rnn"])
def test_the_verdict_is_what_the_loaded_run_says(tmp_path, kind):
    chosen = config(kind)
    run = new_run(tmp_path / "run", chosen)
    *_, done = scratch.train(chosen, run)
    loaded = load_generator(run.path)
    test = TEXT[-done.metrics["test_characters"] - 1 :]
    ids = np.array(loaded.encode(test))
    window = loaded.positions or 2 * chosen.window
    with torch.inference_mode():
        total, count = sliding_loss(lambda batch: loaded.model(input_ids=batch["input_ids"]).logits, ids, window, window // 2)
    assert total / count == pytest.approx(done.metrics["loss"], rel=1e-4)
    assert loaded.id == ""


def test_a_gpt_is_a_plain_folder_of_transformers(tmp_path):
    run = new_run(tmp_path / "run", config())
    list(scratch.train(config(), run))
    model = AutoModelForCausalLM.from_pretrained(run.path / "model")
    tokenizer = AutoTokenizer.from_pretrained(run.path / "model")
    ids = tokenizer("the cat", return_tensors="pt")["input_ids"]
    assert ids.shape == (1, 7)
    answer = model.generate(ids, max_new_tokens=5, do_sample=False, pad_token_id=0)
    assert tokenizer.decode(answer[0]).startswith("the cat")
    assert torch.allclose(model(ids).logits, load_generator(run.path).model(input_ids=ids).logits, atol=1e-5)


def test_an_rnn_is_saved_under_how_it_was_trained(tmp_path):
    for kind, variant in (("rnn", char_rnn.STATELESS), ("stateful", char_rnn.STATEFUL)):
        chosen = config(kind, steps=10)
        run = new_run(tmp_path / kind, chosen)
        list(scratch.train(chosen, run))
        assert char_rnn.variants(run.path / "model") == [variant]


def test_a_stateful_rnn_remembers_more_than_its_window(tmp_path, monkeypatch):
    """The state that a step begins with is the one that the step before ended with."""
    states, original = [], char_rnn.CharRNN.forward

    def forward(self, ids, state=None):
        logits, after = original(self, ids, state)
        if self.training:
            states.append((state, after.detach()))
        return logits, after

    monkeypatch.setattr(char_rnn.CharRNN, "forward", forward)
    list(scratch.train(config("stateful", steps=20), new_run(tmp_path / "run", config("stateful", steps=20))))
    assert states[0][0] is None
    assert all(torch.equal(state, before) for (_, before), (state, _) in pairwise(states) if state is not None)
    assert sum(state is not None for state, _ in states) > 15


@pytest.mark.parametrize("kind", ["gpt", "rnn"])
def test_the_more_often_a_text_is_read_the_more_is_dropped(tmp_path, kind):
    often = [ScratchConfig(architecture=kind, steps=steps, batch_size=10, window=100) for steps in (30, 150, 300, 1_000)]  # of 8,500
    assert [learner.dropout(one, 10_000) for one in often] == [share for _, share in learner.DROPOUT[kind]]
    assert learner.dropout(ScratchConfig(steps=300, batch_size=10, window=100, dropout=0.0), 10_000) == 0.0
    often = math.ceil(10 * len(TEXT) / (config(kind).batch_size * config(kind).window))
    for chosen, expected in (
        (config(kind, steps=often, dropout=None), learner.DROPOUT[kind][1][1]),
        (config(kind, steps=10, dropout=0.3), 0.3),
    ):
        run = new_run(tmp_path / f"run-{expected}", chosen)
        notes = [event.text for event in scratch.train(chosen, run) if isinstance(event, Note)]
        assert run.read("metrics.json")["training"]["dropout"] == pytest.approx(expected)
        assert any(f"dropout {expected:g}" in note for note in notes) == (chosen.dropout is None)


def test_the_same_seed_gives_the_same_run(tmp_path):
    curves = [curve(scratch.train(config(), new_run(tmp_path / name, config()))) for name in "ab"]
    assert curves[0] == curves[1]
    other = config(seed=1)
    assert curve(scratch.train(other, new_run(tmp_path / "c", other))) != curves[0]


@pytest.mark.parametrize("kind", ["gpt", "stateful"])
def test_resumes_to_the_same_curve_and_the_same_samples(tmp_path, monkeypatch, kind):
    chosen = config(kind, dropout=0.1)
    whole = list(scratch.train(chosen, new_run(tmp_path / "whole", chosen)))
    monkeypatch.setenv("GENHUB_CHECKPOINT_SECONDS", "0")
    run, draw, seen = new_run(tmp_path / "run", chosen), random.Random(3), []
    for patience in [draw.randint(3, 11) for _ in range(5)] + [999]:
        generator = scratch.train(chosen, run)
        for event in generator:
            if isinstance(event, Resumed):
                seen = [old for old in seen if old.step <= event.step]
            if isinstance(event, Metric | Sample):
                seen.append(event)
                patience -= 1
            if patience == 0:
                break
        generator.close()
    assert curve(seen) == curve(whole)
    assert written(seen) == written(whole)


@pytest.mark.parametrize("when", ["at once", "first metric", "verdict"])
def test_stop_keeps_the_best_and_judges_it(tmp_path, when):
    chosen = config(steps=400)
    run, pressed, seen = new_run(tmp_path / "run", chosen), None, []
    for event in scratch.train(chosen, run):
        seen.append(event)
        wanted = {
            "at once": isinstance(event, Stage) and event.name == "train",
            "first metric": isinstance(event, Metric),
            "verdict": isinstance(event, Stage) and event.name == "verdict",
        }[when]
        if wanted and pressed is None:
            run.request_stop()
            pressed = time.process_time()
    assert time.process_time() - pressed < 3  # of work, whatever else this machine does
    assert seen[-1].stopped
    metrics = run.read("metrics.json")
    assert metrics["stopped"]
    assert metrics["training"]["stopped_by"] == "hand"
    assert any("stopped by hand" in text for text in metrics["sentences"])
    assert load_generator(run.path).encode("the")


def test_a_stopped_run_goes_on_from_the_step_it_was_stopped_at(tmp_path):
    chosen = config()
    whole = list(scratch.train(chosen, new_run(tmp_path / "whole", chosen)))
    run, seen = new_run(tmp_path / "run", chosen), []
    for event in scratch.train(chosen, run):
        if isinstance(event, Metric | Sample):
            seen.append(event)
            if event.step == 22:
                run.request_stop()
    run.clear_stop()
    again = list(scratch.train(chosen, run))
    (resumed,) = [event for event in again if isinstance(event, Resumed)]
    assert resumed.step == 22
    assert curve([*seen, *again]) == curve(whole)
    assert written([*seen, *again]) == written(whole)
    assert not run.read("metrics.json")["stopped"]
    assert not run.checkpoints.exists()


def test_a_diverging_run_names_the_step_and_keeps_the_best(tmp_path, monkeypatch):
    def poisoned(self, step):
        if step == 9:
            for parameter in self.model.parameters():
                parameter.data.fill_(float("nan"))

    monkeypatch.setattr(ScratchTask, "after_step", poisoned)
    run = new_run(tmp_path / "run", config())
    with pytest.raises(UserError, match=r"after step 11 at a learning rate of 0\.0") as caught:
        list(scratch.train(config(), run))
    assert caught.value.field == "learning_rate"
    assert load_generator(run.path).encode("the")
    assert not run.has("metrics.json")


@pytest.mark.parametrize(
    ("documents", "said"),
    [
        (["short."], "6 characters"),
        (["a" * 3_000], "one character"),
        ([" \n" * 900 + "b" * 900], "one character"),
        (["".join(map(chr, range(0x4E00, 0x4E00 + 3_000)))], "3,000 different characters"),
    ],
)
def test_texts_that_nothing_can_be_learnt_from_are_refused(tmp_path, documents, said):
    with pytest.raises(UserError, match=said) as caught:
        list(scratch.train(config(), new_run(tmp_path / "run", config(), documents)))
    assert caught.value.limit
    assert caught.value.remedy


def test_a_window_longer_than_the_text_is_refused(tmp_path):
    chosen = config(window=512, test_share=0.4, validation_share=0.4)
    with pytest.raises(UserError, match="window") as caught:
        list(scratch.train(chosen, new_run(tmp_path / "run", chosen, [TEXT[:1_100]])))
    assert caught.value.remedy


def test_rare_characters_are_left_out_with_a_note(tmp_path):
    rare = "".join(map(chr, range(0x4E00, 0x4E00 + 600)))
    chosen = config(steps=10)
    run = new_run(tmp_path / "run", chosen, [TEXT * 12 + rare])
    (note,) = [event.text for event in scratch.train(chosen, run) if isinstance(event, Note) and "left out" in event.text]
    kept = load_generator(run.path).tokenizer.get_vocab()
    assert len(kept) == 512
    assert f"{600 + len(set(TEXT)) - 512} characters were left out" in note
    assert "\n" in kept


def test_a_sample_goes_on_from_what_was_asked_for(tmp_path):
    chosen = config(steps=10, sample_prompt="the ")
    samples = [event for event in scratch.train(chosen, new_run(tmp_path / "a", chosen)) if isinstance(event, Sample)]
    assert {sample.prompt for sample in samples} == {"the "}
    strange = config(steps=10, sample_prompt="Ñ")
    with pytest.raises(UserError, match="no token for “Ñ”"):
        list(scratch.train(strange, new_run(tmp_path / "b", strange)))
