"""Gradio's queue behind our guard, over HTTP: a class behind one address finds room in it, and one address leaves room for others."""

import json
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import gradio as gr
import pytest

from genhub.errors import UserError
from genhub.ui.guard import waiting
from genhub.ui.guard.waiting import Sent
from tests.ui.launched import launched
from tests.ui.served import Served

AT_ONCE = 4  # events that run; the others wait
SCHOOL, LAB, HOME = "8.8.8.8", "9.9.9.9", "7.7.7.7"


def send(address: str, path: str, asked: dict | None, sender: str) -> tuple[int, str]:
    """Status and body of one request, which comes from `sender` as a tunnel on this computer says."""
    headers = {"Content-Type": "application/json", "X-Forwarded-For": sender}
    request = urllib.request.Request(f"{address}gradio_api/{path}", None if asked is None else json.dumps(asked).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())["detail"]


class Held:
    """A page whose one handler waits until the test lets it go on."""

    def __init__(self):
        self.go, self.address = threading.Event(), ""
        with gr.Blocks(analytics_enabled=False) as self.page:
            text = gr.Textbox(elem_id="text")
            gr.Button("Ask", elem_id="ask").click(self.wait, text, text, api_name="wait", concurrency_limit=AT_ONCE)
        self.page.queue(max_size=waiting.POOL)
        waiting.shared(self.page)

    def wait(self, value: str) -> str:
        self.go.wait(60)
        return value

    def join(self, sender: str, visitor: str) -> tuple[int, str]:
        """An event as a script or a page sends it; the two take turns."""
        asked, even = {"data": [visitor], "session_hash": visitor.replace(" ", "")}, len(visitor) % 2
        return send(self.address, "call/wait" if even else "queue/join", asked if even else {**asked, "fn_index": 0}, sender)

    def running(self) -> int:
        return sum(one.current_concurrency for one in self.page._queue.event_queue_per_concurrency_id.values())

    def waiting(self) -> int:
        return len(self.page._queue)


@pytest.fixture
def held(tmp_path, until):
    made = Held()
    with launched(made.page, tmp_path) as found:
        made.address = found.address
        yield made
        made.go.set()
        until(lambda: not made.waiting() and not made.running())


def test_thirty_people_behind_one_address_have_two_events_each(held):
    with ThreadPoolExecutor(10) as pool:
        told = list(pool.map(lambda number: held.join(SCHOOL, f"pupil{number // 2:02} {number % 2}"), range(60)))
        assert {status for status, _ in told} == {200}
        held.go.set()
        events = [json.loads(body)["event_id"] for _, body in told]
        answers = list(pool.map(lambda event: send(held.address, f"call/wait/{event}", None, SCHOOL)[1], events))
    assert len({answer for answer in answers if "event: complete" in answer}) == 60


def test_one_address_leaves_room_and_a_full_queue_says_so(held, until):
    def fill(sender: str, most: int) -> list[tuple[int, str]]:
        with ThreadPoolExecutor(10) as pool:
            return list(pool.map(lambda number: held.join(sender, f"{sender} {number}"), range(most)))

    first = fill(SCHOOL, AT_ONCE)
    until(lambda: held.running() == AT_ONCE)
    first += fill(SCHOOL, waiting.SHARE + 20)
    assert [status for status, _ in first].count(200) == AT_ONCE + waiting.SHARE
    assert {body for status, body in first if status != 200} == {
        f"{waiting.SHARE} requests from your network address are waiting. At most 100, or 40 MB, of one address wait here. "
        "Wait until some are answered, then try again."
    }
    assert [status for status, _ in fill(LAB, waiting.SHARE)] == [200] * waiting.SHARE
    last = fill(HOME, waiting.SHARE)
    assert [status for status, _ in last].count(200) == waiting.POOL - 2 * waiting.SHARE
    full = f"{waiting.POOL} requests of all visitors are waiting. At most 250, or 100 MB, wait here. Try again in some seconds."
    assert {(status, body) for status, body in last if status != 200} == {(429, full)}
    assert held.waiting() == waiting.POOL
    held.go.set()
    until(lambda: not held.waiting())
    assert held.join(SCHOOL, "again")[0] == 200


def test_the_page_shows_why_it_may_not_wait(held, chromium, monkeypatch):
    monkeypatch.setattr(waiting, "SHARE", 0)
    page = chromium.new_page()
    page.goto(held.address)
    page.locator("#ask").click()
    page.get_by_text("requests from your network address are waiting. At most 0").wait_for(timeout=60_000)
    page.close()


def told(sent: Sent | None, *others: Sent) -> str:
    try:
        waiting.check(sent, others, len(others))
    except UserError as error:
        return error.what if error.limit and error.remedy else "parts are missing"
    return ""


def test_long_bodies_count_by_their_length():
    most = waiting.SHARE_BYTES
    assert told(Sent("a", most // 2), Sent("a", most // 2)) == ""
    assert told(Sent("a", most // 2), Sent("a", most // 2 + 1)).startswith("1 requests from your network address")
    assert told(Sent("a", 2 * most)) == ""  # one that is let in finds its turn
    assert told(Sent("b", most), Sent("a", most), Sent("c", most)).startswith("2 requests of all visitors")
    assert told(Sent("b", most // 2), Sent("a", most), Sent("c", most)) == ""


def test_at_home_nobody_is_counted_by_address():
    waiting.check(None, [], waiting.POOL - 1)
    with pytest.raises(UserError, match="of all visitors are waiting"):
        waiting.check(None, [], waiting.POOL)


def test_a_class_uses_the_whole_app(tmp_path):
    """Thirty scripts with two calls each, at the same moment, from one address."""
    served = Served(tmp_path, trains=False, GENHUB_PROFILE="public").start()
    try:
        with ThreadPoolExecutor(60) as pool:
            asked = list(pool.map(lambda _: send(served.address, "call/new_visitor", {"data": []}, SCHOOL), range(60)))
            assert {status for status, _ in asked} == {200}
            events = [json.loads(body)["event_id"] for _, body in asked]
            answers = list(pool.map(lambda event: send(served.address, f"call/new_visitor/{event}", None, SCHOOL)[1], events))
        assert len({answer for answer in answers if "event: complete" in answer}) == 60
    finally:
        served.stop()
