"""Who may queue one more job."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from genhub import settings
from genhub.errors import UserError
from genhub.jobs.admission import Admission, sender

LIMITS = replace(settings.PUBLIC, jobs_per_visitor=3, jobs_per_address=4, queue_length=6)


def job(number: int, owner: str) -> SimpleNamespace:
    return SimpleNamespace(id=f"run{number}", owner=owner)


@pytest.fixture
def school():
    """A call from one network address."""
    known = sender.set("8.8.8.8")
    yield
    sender.reset(known)


def test_a_visitor_has_so_many():
    admission = Admission(LIMITS)
    jobs = [job(number, "ana") for number in range(3)]
    admission.check("ben", jobs, 3)
    admission.check("ana", jobs[:2], 2)
    with pytest.raises(UserError, match=r"You have 3 jobs waiting or running. The limit is 3 a visitor."):
        admission.check("ana", jobs, 3)


def test_many_names_from_one_address_are_no_way_around_it(school):
    admission, jobs = Admission(LIMITS), []
    for number in range(4):
        admission.check(f"visitor {number}", jobs, 0)
        admission.admit(f"run{number}", jobs)
        jobs.append(job(number, f"visitor {number}"))
    with pytest.raises(UserError, match=r"4 jobs from your network address .* The limit is 4 an address"):
        admission.check("visitor 5", jobs, 0)
    sender.set("1.1.1.1")
    admission.check("visitor 5", jobs, 0)
    sender.set("")
    admission.check("visitor 5", jobs, 0)


def test_what_has_ended_is_forgotten(school):
    admission, jobs = Admission(LIMITS), [job(number, "ana") for number in range(4)]
    for one in jobs:
        admission.admit(one.id, jobs)
    admission.admit("run9", jobs[:1])
    admission.check("ben", [jobs[0], job(9, "ana")], 0)


def test_the_queue_holds_so_many():
    with pytest.raises(UserError, match=r"6 jobs are waiting. The queue holds 6."):
        Admission(LIMITS).check("ana", [], 6)
