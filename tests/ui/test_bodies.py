"""Requests that come in letter by letter, on a real port."""

import json
import logging
import socket
import time
from collections.abc import Iterator

import gradio as gr
import pytest

from genhub.ui.guard import bodies, rates
from tests.promises.measured import within
from tests.ui.launched import Launched, launched

JOIN, UPLOAD = "/gradio_api/call/echo", "/gradio_api/upload"


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    with gr.Blocks(analytics_enabled=False) as page:
        text = gr.Textbox()
        text.submit(lambda value: value, text, text, api_name="echo")
    page.queue()
    with launched(page, tmp_path_factory.mktemp("home")) as found:
        yield found


@pytest.fixture
def log() -> Iterator[list[str]]:
    """What the server says of errors."""
    said, handler, logger = [], logging.Handler(logging.ERROR), logging.getLogger("uvicorn.error")
    handler.emit = lambda record: said.append(record.getMessage())
    logger.addHandler(handler)
    yield said
    logger.removeHandler(handler)


def begin(app: Launched, path: str = JOIN, length: int = 1000, address: str = "8.8.8.8", kind: str = "application/json") -> socket.socket:
    """A POST of which only the head has been sent."""
    connection = app.connect()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: {address}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
    )
    connection.sendall(head.encode())
    return connection


def told(connection: socket.socket) -> tuple[int, str]:
    """Status and body of what is answered, until the other side closes or has said all."""
    data = b""
    while b"\r\n\r\n" not in data or len(data.partition(b"\r\n\r\n")[2]) < int(data.lower().split(b"content-length:")[1].split(b"\r\n")[0]):
        part = connection.recv(65536)
        if not part:
            break
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    return int(head.split()[1]), body.decode()


def none_left(app: Launched) -> bool:
    """Whether nothing is counted as open, now or in a moment."""
    until = time.monotonic() + within(5)
    while app.guard.rates.open and time.monotonic() < until:
        time.sleep(0.02)
    return not app.guard.rates.open and not app.guard.rates.bytes


@pytest.mark.parametrize("path", [JOIN, UPLOAD])
def test_a_body_that_trickles_in_is_given_up(app, monkeypatch, log, path):
    monkeypatch.setattr(bodies, "USUAL_SECONDS", 1.0)
    kind = "multipart/form-data; boundary=border" if path == UPLOAD else "application/json"
    with begin(app, path, kind=kind) as connection:
        began, part = time.monotonic(), b"--border\r\n" + b"Content-Disposition: x" * 10
        connection.settimeout(0.2)
        for at in range(100):
            try:
                connection.sendall(part[at : at + 1])
                connection.recv(1, socket.MSG_PEEK)
                break
            except TimeoutError:
                assert time.monotonic() - began < within(5)
        connection.settimeout(30)
        status, body = told(connection)
        assert connection.recv(100) == b""  # it is closed
    assert status == 408
    assert json.loads(body)["detail"] == (
        "The request comes too slowly. 1,000 bytes have to be here within 1 s, steadily, and the first of them within 10 s. "
        "Send less, or try again over a faster line."
    )
    assert none_left(app)
    assert log == []


@pytest.mark.parametrize("path", [JOIN, UPLOAD])
def test_a_body_of_which_nothing_comes_is_given_up_soon(app, monkeypatch, log, path):
    """However long it is said to be."""
    monkeypatch.setattr(bodies, "BEGIN_SECONDS", 0.3)
    monkeypatch.setattr(bodies, "USUAL_SECONDS", 600.0)
    with begin(app, path, 7_000_000, kind="multipart/form-data; boundary=border" if path == UPLOAD else "application/json") as connection:
        began = time.monotonic()
        status, body = told(connection)
    assert (status, "the first of them within 0 s" in body) == (408, True)
    assert time.monotonic() - began < within(5)
    assert none_left(app)
    assert log == []


def test_a_long_body_that_begins_and_stops_is_given_up_soon(app, monkeypatch):
    """It has time for what has come, not for all that it announces."""
    monkeypatch.setattr(bodies, "USUAL_SECONDS", 0.5)
    with begin(app, length=7_000_000) as connection:
        connection.sendall(b"[")
        began = time.monotonic()
        assert told(connection)[0] == 408
    assert time.monotonic() - began < within(5)


def opened(app: Launched, number: int) -> None:
    """Waits until so many requests go on."""
    until = time.monotonic() + within(5)
    while app.guard.rates.open < number and time.monotonic() < until:
        time.sleep(0.02)
    assert app.guard.rates.open == number


def heard(app: Launched, length: int, address: str) -> int:
    """Status of an event of so many bytes, which is sent at once."""
    body = json.dumps({"data": ["x" * (length - 14)]}).encode()
    assert len(body) == length
    with begin(app, length=length, address=address) as connection:
        connection.sendall(body)
        return told(connection)[0]


def test_bodies_that_are_announced_and_do_not_come_take_nobodys_room(app):
    """At the bounds as they are."""
    held = [begin(app, length=7_000_000, address=f"8.8.8.{number // 11}") for number in range(38)]
    opened(app, 38)
    assert rates.OPEN_BYTES_IN_ALL < 38 * 7_000_000
    assert app.guard.rates.bytes == 0
    assert [heard(app, length, "9.9.9.9") for length in (50, 5_000_000)] == [200, 200]
    for connection in held:
        connection.close()
    assert none_left(app)


def test_long_bodies_that_come_have_a_length_together_and_short_ones_are_let_in(app, monkeypatch):
    monkeypatch.setattr(rates, "OPEN_BYTES_IN_ALL", 250_000)
    with begin(app, length=240_000) as first, begin(app, length=240_000, address="7.7.7.7") as second:
        opened(app, 2)
        first.sendall(b"[" + b" " * 200_000)
        until = time.monotonic() + within(5)
        while app.guard.rates.bytes < 200_001 and time.monotonic() < until:
            time.sleep(0.02)
        assert app.guard.rates.bytes == 200_001
        with begin(app, length=150_000, address="9.9.9.9") as third:
            assert told(third)[0] == 429
        assert heard(app, rates.SMALL_BYTES, "9.9.9.9") == 200
        second.sendall(b"[" + b" " * 50_000)  # what was let in when there was room, and finds none
        assert told(second)[0] == 429
        assert app.guard.rates.bytes <= 250_000
    assert none_left(app)
    assert heard(app, 240_000, "9.9.9.9") == 200


def test_an_upload_that_is_given_up_by_its_visitor_is_no_defect(app, log):
    with begin(app, UPLOAD, kind="multipart/form-data; boundary=border") as connection:
        connection.sendall(b"--border\r\n")
        until = time.monotonic() + within(5)
        while not app.guard.rates.open and time.monotonic() < until:
            time.sleep(0.02)
    assert none_left(app)
    assert log == []


def test_a_body_in_two_parts_is_taken(app, monkeypatch):
    monkeypatch.setattr(bodies, "USUAL_SECONDS", within(5))
    body = json.dumps({"data": ["hello"]}).encode()
    with begin(app, length=len(body)) as connection:
        connection.sendall(body[:5])
        time.sleep(0.3)
        connection.sendall(body[5:])
        status, answer = told(connection)
    assert status == 200
    assert "event_id" in answer


def test_long_ones_have_longer():
    assert bodies.seconds_for(0) == bodies.USUAL_SECONDS
    assert bodies.seconds_for(10_000_000) == pytest.approx(430)


def test_one_address_holds_only_so_much_open_and_others_come_in(app, monkeypatch):
    monkeypatch.setattr(rates, "OPEN_USUALLY", 3)
    held = [begin(app) for _ in range(3)]
    until = time.monotonic() + within(5)
    while app.guard.rates.open < 3 and time.monotonic() < until:
        time.sleep(0.02)
    with begin(app) as fourth:
        status, body = told(fourth)
    assert status == 429
    assert json.loads(body)["detail"].startswith("Too much goes on at once. An address")
    whole = json.dumps({"data": ["hello"]}).encode()
    with begin(app, length=len(whole), address="9.9.9.9") as other:
        other.sendall(whole)
        assert told(other)[0] == 200
    for connection in held:
        connection.close()
    assert none_left(app)


def test_bodies_of_one_address_have_a_length_together(app, monkeypatch):
    monkeypatch.setattr(rates, "OPEN_BYTES", 2_500)
    with begin(app), begin(app):
        until = time.monotonic() + within(5)
        while app.guard.rates.open < 2 and time.monotonic() < until:
            time.sleep(0.02)
        with begin(app) as third:
            assert told(third)[0] == 429
    assert none_left(app)
