"""The queue as arithmetic."""

from genhub.jobs import fair
from genhub.jobs.store import Record


def waiting(id, owner, number, round=0):
    return Record(id, owner, "fake", id, "queued", 0.0, number=number, round=round)


def test_rounds_put_a_second_job_behind_others_first():
    queue = []
    for number, owner in enumerate(["ann", "ann", "ann", "bob", "eve", "bob"], start=1):
        queue.append(waiting(f"{owner}{number}", owner, number, fair.round_for(owner, queue, current=4)))
    assert [job.id for job in fair.order(queue)] == ["ann1", "bob4", "eve5", "ann2", "bob6", "ann3"]


def test_a_newcomer_does_not_overtake_those_who_wait_in_the_present_round():
    queue = [waiting("ann1", "ann", 1, 7)]
    queue.append(waiting("new", "bob", 2, fair.round_for("bob", queue, current=7)))
    assert [job.id for job in fair.order(queue)] == ["ann1", "new"]


def test_slots_and_one_job_a_visitor():
    running = [waiting("r", "ann", 1)]
    queue = [waiting("a", "ann", 2), waiting("b", "bob", 3), waiting("c", "eve", 4)]
    assert [job.id for job in fair.startable(queue, running, slots=3, per_owner=1)] == ["b", "c"]
    assert [job.id for job in fair.startable(queue, running, slots=2, per_owner=2)] == ["a"]
    assert fair.startable(queue, running, slots=1, per_owner=1) == []


def test_the_expected_wait_plays_the_queue_through():
    queue = [waiting("a", "ann", 1), waiting("b", "bob", 2), waiting("c", "ann", 3)]
    expected = {"a": 10.0, "b": 20.0, "c": 30.0}
    places = fair.places(queue, [("eve", 5.0), ("zoe", 8.0)], expected, slots=2, per_owner=1)
    assert {name: (place.position, place.wait) for name, place in places.items()} == {"a": (1, 5.0), "b": (2, 8.0), "c": (3, 15.0)}


def test_ones_own_running_job_must_end_first():
    places = fair.places([waiting("a", "ann", 1)], [("ann", 40.0)], {"a": 1.0}, slots=2, per_owner=1)
    assert places["a"].wait == 40.0
    free = fair.places([waiting("a", "ann", 1)], [], {"a": 1.0}, slots=2, per_owner=1)
    assert free["a"].wait == 0.0
