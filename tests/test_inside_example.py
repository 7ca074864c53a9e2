"""What *Inside a transformer* opens on is what today's models say."""

import json
from types import SimpleNamespace

import pytest

from genhub.lab.base import EXAMPLES
from genhub.lab.insides import ENCODER, EXAMPLE, stored
from genhub.serving.insides import OPS
from genhub.text.causal import open_causal
from genhub.text.encoder import open_base


def close(one, other) -> bool:
    """Equal but for the rounding of sums."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(close(one[name], other[name]) for name in one if name != "difference")
    if isinstance(one, list):
        return len(one) == len(other) and all(map(close, one, other))
    return one == pytest.approx(other, abs=0.011) if isinstance(one, float) else one == other


@pytest.fixture(scope="module")
def context():
    kept = {}

    def once(load, name):
        return kept.get(name) or kept.setdefault(name, load(name))

    return SimpleNamespace(models=SimpleNamespace(base=lambda name: once(open_base, name), language=lambda name: once(open_causal, name)))


@pytest.mark.parametrize("question", stored())
def test_a_stored_answer_is_what_the_model_says(context, question):
    op, args = json.loads(question)
    answer = OPS[op](context, args)
    if not isinstance(answer, dict):
        *_, answer = until_end(answer)
    assert close(json.loads(json.dumps(answer)), stored()[question])


def until_end(steps):
    """What a generator yields, then what it returns."""
    yield (yield from steps)


def test_bert_is_there_before_any_model_has_loaded():
    questions = [json.loads(question) for question in stored()]
    assert {op for op, args in questions if args.get("model") == ENCODER} == {
        f"inside.{name}" for name in ("tokens", "attention", "steps", "positions", "shuffled", "embeddings")
    }
    assert all(args.get("text", EXAMPLE) == EXAMPLE for _, args in questions)
    assert (EXAMPLES / "inside.json").stat().st_size < 150_000
