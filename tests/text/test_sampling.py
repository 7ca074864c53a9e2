import pytest
import torch

from genhub.events import Metric, Progress, Resumed, Sample
from genhub.text.causal import load_causal
from genhub.text.sampling import Sampler
from genhub.training.configs import GenerateConfig
from genhub.training.sampling import places, with_samples
from tests.serving.tiny_language import tiny_gpt


@pytest.fixture(scope="module")
def sampler(tmp_path_factory):
    causal = load_causal(tiny_gpt(tmp_path_factory.mktemp("gpt")))
    config = GenerateConfig(strategy="sample", max_new_tokens=8, stop_at_end=False)
    return Sampler(causal.model, causal.decoder, causal.tokenizer, causal.encode("the"), "the", config, causal.ends)


def training(steps: int, first: int = 1, resumed: int | None = None):
    """What a training loop reports, and what it returns."""
    if resumed is not None:
        yield Resumed("final", resumed)
    for step in range(first, steps + 1):
        yield Metric(step, {"loss": 1.0})
        yield Progress(step, steps)
    return "fitted"


def told(events) -> tuple[list, object]:
    found = []
    while True:
        try:
            found.append(next(events))
        except StopIteration as end:
            return found, end.value


def test_samples_come_before_the_first_step_after_the_last_and_between(sampler):
    events, value = told(with_samples(training(10), sampler, places(3, 10)))
    assert [event.step for event in events if isinstance(event, Sample)] == [0, 5, 10]
    assert isinstance(events[0], Sample)
    assert value == "fitted"
    assert len(events) == 3 + 20


def test_a_resumed_run_writes_only_the_samples_that_are_left(sampler):
    events, _ = told(with_samples(training(10, 7, resumed=6), sampler, places(3, 10)))
    assert [event.step for event in events if isinstance(event, Sample)] == [10]


def test_a_run_that_begins_again_writes_all_of_them(sampler):
    events, _ = told(with_samples(training(4, resumed=0), sampler, places(2, 4)))
    assert [event.step for event in events if isinstance(event, Sample)] == [0, 4]


def test_no_samples_are_wanted(sampler):
    events, _ = told(with_samples(training(4), sampler, places(0, 4)))
    assert not [event for event in events if isinstance(event, Sample)]


def test_a_sample_leaves_the_training_as_it_was(sampler):
    sampler.module.train()
    before = torch.random.get_rng_state()
    first, second = sampler.write(), sampler.write()
    assert first == second != ""
    assert sampler.module.training
    assert torch.equal(before, torch.random.get_rng_state())
