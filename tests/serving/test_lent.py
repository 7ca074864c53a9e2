"""Inference in the profile zerogpu: what is long goes to the GPU that is lent, all else and what is refused to the model worker."""

import contextlib
from collections.abc import Iterator

import pytest

from genhub import settings, zerogpu
from genhub.errors import UserError
from genhub.serving.lent import LEAST_TEXTS, UNKNOWN_SECONDS, Lent
from tests.inline_worker import InlineWorker
from tests.serving.tiny_runs import make_run, store_base

TEXTS = [f"The {word} parcel number {number} never came" for number in range(LEAST_TEXTS // 2) for word in ("red", "blue")]


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory) -> Iterator[str]:
    """A finished run; its base lies in this module's home."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("GENHUB_HOME", str(home)), ("GENHUB_PROFILE", "zerogpu"), ("GENHUB_ALLOW", "models")):
            patch.setenv(name, value)
        yield str(make_run(home / "run", store_base()))


class Beside(InlineWorker):
    """The model worker, which notes what it is asked."""

    def __init__(self):
        super().__init__()
        self.asked: list[str] = []

    def stream(self, op: str, args: dict, seconds: float = 0.0) -> Iterator[dict]:
        self.asked.append(op)
        return super().stream(op, args, seconds)


@pytest.fixture
def lent(run_dir, monkeypatch) -> Iterator[Lent]:
    made = Lent(settings.get())
    made.beside = Beside()
    yield made
    made.close()


@pytest.fixture
def asked(monkeypatch) -> list:
    """Seconds that were asked for; an error in `asked.errors` comes after the first message of the next call."""

    class Asked(list):
        errors: tuple = ()

    made, real = Asked(), zerogpu.on_gpu

    def on_gpu(target, args, seconds):
        made.append(seconds)
        error = made.errors[0] if made.errors else None
        made.errors = made.errors[1:]
        with contextlib.closing(real(target, args, seconds)) as telling:
            for each in telling:
                yield each
                if error:
                    raise error

    monkeypatch.setattr(zerogpu, "on_gpu", on_gpu)
    return made


def told(messages: list[dict]) -> dict:
    return messages[-1]["result"]


def test_a_long_request_is_answered_on_the_gpu_as_elsewhere(lent, asked, run_dir):
    args = {"run_dir": run_dir, "texts": TEXTS}
    messages = [*lent.stream("classify.predict", args, 60)]
    assert lent.beside.asked == []
    assert [message["total"] for message in messages[:-1]] == [len(TEXTS)] * (len(messages) - 1)
    assert len(messages) > 2
    assert told(messages) == told([*lent.beside.stream("classify.predict", args)])
    assert asked == [UNKNOWN_SECONDS]


def test_the_next_one_asks_for_what_the_last_one_took(lent, asked, run_dir):
    args = {"run_dir": run_dir, "texts": TEXTS}
    assert lent.call("classify.predict", args, 60)["labels"]
    lent._measured["classify.predict"] = (4.0, 0.02)
    lent.call("classify.predict", args, 60)
    assert asked == [UNKNOWN_SECONDS, 22]  # 1.5 · (4 + 512 · 0.02)
    way, each = lent._measured["classify.predict"]
    assert way + each * len(TEXTS) < 60
    assert lent.seconds_for("classify.predict", 1) == 10
    assert lent.seconds_for("classify.predict", 10**9) == 60


def test_what_is_short_costs_no_gpu_seconds(lent, asked, run_dir):
    args = {"run_dir": run_dir, "texts": TEXTS[: LEAST_TEXTS - 1]}
    assert len(lent.call("classify.predict", args, 60)["predicted"]) == LEAST_TEXTS - 1
    lent.call("classify.explain", {"run_dir": run_dir, "text": TEXTS[0]}, 60)
    lent.call("stats", {}, 60)
    assert lent.beside.asked == ["classify.predict", "classify.explain", "stats"]
    assert asked == []


@pytest.mark.parametrize(
    ("title", "message"),
    [
        ("ZeroGPU quota exceeded", "You have exceeded your ZeroGPU quota."),
        ("ZeroGPU queue timeout", "No GPU was available after 60s"),
        ("ZeroGPU worker error", "GPU task aborted"),
    ],
)
def test_without_a_gpu_the_model_worker_answers(lent, asked, run_dir, title, message):
    error = Exception(message)
    error.title, error.message = title, message
    asked.errors = (error,)
    messages = [*lent.stream("classify.predict", {"run_dir": run_dir, "texts": TEXTS}, 60)]
    assert {"restarted": True} in messages  # what came before is void
    assert len(told(messages)["predicted"]) == len(TEXTS)
    assert lent.beside.asked == ["classify.predict"]


def test_a_mistake_is_the_same_error(lent, asked, tmp_path):
    with pytest.raises(UserError, match="has no passport"):
        lent.call("classify.predict", {"run_dir": str(tmp_path), "texts": TEXTS}, 60)
    assert lent.beside.asked == []


def test_an_answer_has_its_time(lent, asked, run_dir):
    with pytest.raises(UserError, match="No answer within 0 s"):
        lent.call("classify.predict", {"run_dir": run_dir, "texts": TEXTS}, 0)
