"""The scheduler by itself, turn by turn: what the worker's one thread does next."""

import pytest

from genhub.serving.worker import Op, Request, Scheduler


@pytest.fixture
def sent():
    return []


def scheduler(sent, **ops):
    return Scheduler({name: Op(run) for name, run in ops.items()}, None, sent.append)


def results(sent):
    return [message["id"] for message in sent if "result" in message]


def test_a_cancelled_request_is_closed_before_its_next_step(sent):
    steps, closed = [], []

    def long(context, args):
        try:
            for number in range(100):
                steps.append(number)
                yield {"done": number}
        finally:
            closed.append(True)

    made = scheduler(sent, long=long, short=lambda context, args: {"fine": True})
    made.submit(Request(1, "long", {}))
    made.turn()
    made.turn()
    assert steps == [0, 1]
    made.cancel(1)
    made.submit(Request(2, "short", {}))
    made.turn()
    assert (steps, closed, results(sent)) == ([0, 1], [True], [2])


def test_a_request_that_is_cancelled_before_its_turn_is_never_begun(sent):
    begun = []
    made = scheduler(sent, note=lambda context, args: begun.append(args["name"]) or {})
    made.submit(Request(1, "note", {"name": "left"}))
    made.submit(Request(2, "note", {"name": "waits"}))
    made.cancel(1)
    made.turn()
    assert begun == ["waits"]


def test_long_requests_take_turns(sent):
    def long(context, args):
        yield {"of": args["name"]}
        yield {"of": args["name"]}
        return {}

    made = scheduler(sent, long=long)
    for number, name in enumerate("ab", start=1):
        made.submit(Request(number, "long", {"name": name}))
    for _ in range(3):
        made.turn()
    assert [message["event"]["of"] for message in sent if "event" in message] == list("abab")
    assert results(sent) == [1, 2]
