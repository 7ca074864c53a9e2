"""The character RNN: its shape, the state it carries, streams, a resume in the middle of a stream, and its file."""

import random

import pytest
import torch

from genhub.events import Metric, Resumed
from genhub.text import char_rnn
from genhub.text.char_rnn import STATEFUL, STATELESS, CharRNN, Reader, StatefulTask, StatelessTask, Streams, reading_loss
from genhub.text.lm import MATRICES, REST, Windows
from genhub.training.checkpoint import Checkpoints
from genhub.training.loop import fit
from genhub.training.plan import Phase, Plan, Session, make_accelerator

IDS = [index * index % 7 for index in range(400)]
RATES = {MATRICES: 1e-2, REST: 1e-2}


def small() -> CharRNN:
    torch.manual_seed(0)
    return CharRNN(7, embedding=4, units=8)


def stateful(rnn: CharRNN) -> StatefulTask:
    return StatefulTask(rnn, Streams(IDS[:330], 10, 4), Windows(IDS[330:], 10))


PLAN = Plan((Phase(3, RATES),), 4, precision="fp32", in_order=True)


def test_its_shape_is_the_courses():
    rnn = CharRNN(65)
    assert sum(tensor.numel() for tensor in rnn.parameters()) == 65 * 16 + 3 * 128 * (16 + 128 + 2) + 129 * 65
    logits, state = rnn(torch.zeros(2, 5, dtype=torch.int64))
    assert logits.shape == (2, 5, 65)
    assert state.shape == (1, 2, 128)


def test_reading_on_is_reading_in_one_piece():
    rnn, ids = small().eval(), torch.tensor([IDS[:40]])
    whole, end = rnn(ids)
    first, state = rnn(ids[:, :13])
    second, last = rnn(ids[:, 13:], state)
    assert torch.allclose(torch.cat([first, second], 1), whole, atol=1e-6)
    assert torch.allclose(last, end, atol=1e-6)
    assert reading_loss(rnn, IDS, chunk=7) == pytest.approx(reading_loss(rnn, IDS), rel=1e-5)


def test_a_batch_goes_on_where_the_one_before_ended():
    streams = Streams(IDS, 10, 4)
    assert streams.steps == 9  # (400 - 1) // 4 // 10
    batches = [streams.batch(range(at, at + 4)) for at in range(0, 36, 4)]
    for stream in range(4):
        read = [token for batch in batches for token in batch["input_ids"][stream].tolist()]
        assert read == IDS[90 * stream : 90 * stream + 90]
        assert batches[-1]["labels"][stream, -1] == IDS[90 * stream + 90]
    assert [bool(batch["begin"]) for batch in batches] == [True] + [False] * 8
    with pytest.raises(ValueError, match="too few"):
        Streams(IDS[:40], 10, 4)


def test_the_state_is_carried_in_training_only():
    streams, reader = Streams(IDS, 10, 4), Reader(small(), carries=True)
    first, second = streams.batch(range(4)), streams.batch(range(4, 8))
    alone = reader.rnn(second["input_ids"])[0]
    reader.train()
    reader(first)
    assert not torch.allclose(reader(second), alone)
    assert not reader.state.requires_grad
    assert torch.allclose(reader(dict(second, begin=torch.tensor(True))), alone)
    reader.eval()
    assert torch.allclose(reader(second), alone)


@pytest.mark.parametrize("part", [STATELESS, STATEFUL])
def test_both_ways_learn(part):
    rnn = small()
    task = stateful(rnn) if part == STATEFUL else StatelessTask(rnn, Windows(IDS[:330], 10, wander=True), Windows(IDS[330:], 10))
    plan = Plan((Phase(25, RATES),), 4, precision="fp32", in_order=part == STATEFUL)
    losses = [
        event.values["val_loss"] for event in fit(task, plan, Session(make_accelerator())) if "val_loss" in getattr(event, "values", {})
    ]
    assert losses[-1] < 0.5 * losses[0]


def test_resumes_with_the_state_in_the_middle_of_a_stream(tmp_path):
    def curve(events) -> list:
        return [(event.step, event.values.get("loss"), event.values.get("val_loss")) for event in events if isinstance(event, Metric)]

    whole = curve(fit(stateful(small()), PLAN, Session(make_accelerator())))
    seen, draw = [], random.Random(1)
    for stop_after in [draw.randint(1, 5) for _ in range(4)] + [999]:
        generator = fit(stateful(small()), PLAN, Session(make_accelerator(), keeper=Checkpoints(tmp_path, seconds=0)))
        metrics = 0
        for event in generator:
            if isinstance(event, Resumed):
                seen = [entry for entry in seen if entry.step <= event.step]
            if isinstance(event, Metric):
                seen.append(event)
                metrics += 1
            if metrics > stop_after:
                break
        generator.close()
    assert curve(seen) == whole


def test_both_variants_travel_in_one_file(tmp_path):
    one, other = small(), small()
    with torch.no_grad():
        other.dense.bias.add_(1.0)
    char_rnn.save(tmp_path, {STATELESS: one, STATEFUL: other})
    for name, rnn in ((STATELESS, one), (STATEFUL, other)):
        loaded = char_rnn.load(tmp_path, name)
        assert not loaded.training
        for mine, theirs in zip(rnn.parameters(), loaded.parameters(), strict=True):
            assert theirs.dtype == torch.float32
            assert torch.allclose(mine, theirs, atol=1e-3)
    with pytest.raises(ValueError, match="holds stateless, stateful, not 'fast'"):
        char_rnn.load(tmp_path, "fast")
    with pytest.raises(ValueError, match="different shapes"):
        char_rnn.save(tmp_path, {STATELESS: one, STATEFUL: CharRNN(7, units=9)})
