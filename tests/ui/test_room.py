"""Uploads where there is no room: refused with a sentence before anything of them is on the disk, in front of the installed Gradio."""

import asyncio
import json
import shutil
import urllib.request

import gradio as gr
import pytest
from gradio.routes import App
from starlette.testclient import TestClient

from genhub import disk, settings
from genhub.errors import UserError
from genhub.jobs import janitor
from genhub.ui import app, guard
from genhub.ui.guard import Room, Rules, bodies, rates, room, routes
from genhub.ui.guard.rates import Rate
from tests.ui.launched import launched

MOST = 1_000_000  # bytes that the folder may hold


@pytest.fixture
def transit(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "transit"))
    return tmp_path / "transit"


@pytest.fixture
def client(transit):
    with gr.Blocks(analytics_enabled=False) as page:
        gr.File()
    page.max_file_size = None  # as `launch` sets it
    rules = Rules(public=True, upload_bytes=700_000, text_chars=100, room=Room(transit, MOST))
    with TestClient(App.create_app(page, app_kwargs={"lifespan": guard.guarded(rules)}), base_url="http://127.0.0.1") as client:
        yield client


def send(client, number: int, length: int = 400_000) -> tuple[int, str]:
    """Status and what is said to a file that is sent, other bytes for each number."""
    told = client.post("/gradio_api/upload", files={"files": (f"{number}.csv", bytes([number]) * length)})
    return told.status_code, "" if told.status_code == 200 else told.json()["detail"]


def test_a_file_is_refused_where_the_disk_is_short(client, transit, monkeypatch):
    assert send(client, 1) == (200, "")
    monkeypatch.setattr(disk, "FREE_BYTES", shutil.disk_usage(transit).free + 10**9)
    before = janitor.size(transit)
    status, said = send(client, 2)
    assert status == 507
    assert said.startswith("The disk is nearly full. ")
    assert "MB must stay free. Delete runs" in said
    assert janitor.size(transit) == before


def test_what_passes_through_has_a_bound_in_all(client, transit, monkeypatch):
    monkeypatch.setattr(room, "MEASURED_SECONDS", 0.0)
    assert [send(client, number)[0] for number in (1, 2)] == [200, 200]
    assert send(client, 3) == (
        507,
        "1 MB of uploads lie here. There is room for 1 MB. They go by themselves, hour by hour: try again later.",
    )
    assert janitor.size(transit) < MOST
    shutil.rmtree(next(transit.iterdir()))
    assert send(client, 3) == (200, "")


def test_one_address_may_send_only_so_much(client, monkeypatch):
    monkeypatch.setattr(rates, "UPLOADED", Rate(500_000, 100))
    assert send(client, 1)[0] == 200
    status, said = send(client, 2)
    assert (status, "Too many requests" in said) == (429, True)


def test_what_arrives_between_two_measurements_counts(tmp_path):
    """Those who come together measure once, and none of them more than is left."""
    clock = type("Clock", (), {"now": 100.0, "__call__": lambda self: self.now})()
    place, measured = Room(tmp_path / "transit", 1_000, clock), []
    size = place._size
    place._size = lambda: measured.append(1) or size()

    async def come(*lengths: int) -> list[bool]:
        async def one(length: int) -> bool:
            try:
                await place.enter(length)
                place.came(length)
            except UserError:
                return False
            return True

        return list(await asyncio.gather(*map(one, lengths)))

    async def day() -> None:
        assert await come(400, 400, 400) == [True, True, False]
        assert len(measured) == 1
        place.leave(400)  # it came to nothing: the next measurement will tell
        assert await come(400) == [False]
        clock.now += room.MEASURED_SECONDS
        assert await come(400, 400) == [True, False]
        assert len(measured) == 2

    asyncio.run(day())


def test_files_that_are_announced_and_do_not_come_take_nobodys_room(tmp_path):
    """Nor do those that break off, beyond what has come of them; whoever comes too late is told so in the middle."""
    place = Room(tmp_path / "transit", 1_000)

    async def day() -> None:
        for _ in range(363):
            await place.enter(900)
        await place.enter(1_000)
        place.came(600)
        place.came(300)
        with pytest.raises(UserError, match="of uploads lie here"):
            place.came(101)
        assert place.coming == 900
        with pytest.raises(UserError, match="of uploads lie here"):
            await place.enter(101)
        await place.enter(100)
        place.leave(900)
        assert (place.coming, place.held) == (0, 900)

    asyncio.run(day())


HEAD = "POST /gradio_api/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: {}\r\nContent-Type: multipart/form-data; boundary=b\r\n"
PART = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.csv"\r\n\r\n'


def test_a_visitor_sends_a_file_while_others_only_announce_theirs(tmp_path, until, monkeypatch):
    """On a real port; what came too late is answered in the middle."""
    monkeypatch.setattr(bodies, "BEGIN_SECONDS", 300.0)  # a busy machine needs more than ten for what comes before they send something
    with gr.Blocks(analytics_enabled=False) as page:
        gr.File()
    page.queue()
    with launched(page, tmp_path) as found:
        place = found.guard.rules.room
        place.most = MOST
        held = [found.connect() for _ in range(12)]
        for number, connection in enumerate(held):
            connection.sendall(f"{HEAD.format(f'8.8.8.{number % 4}')}Content-Length: 900000\r\n\r\n".encode())
        until(lambda: found.guard.rates.open == len(held))
        assert place.coming == 0
        with urllib.request.urlopen(upload(found.address, 600_000), timeout=60) as reply:
            assert len(json.loads(reply.read())) == 1
        until(lambda: place.coming == 0)  # it counts as held a moment after its answer
        held[0].sendall(PART + b"x" * 300_000)
        until(lambda: place.coming > 300_000)
        held[1].sendall(PART + b"y" * 100_000)
        answer = b"".join(iter(lambda: held[1].recv(65536), b"")).decode()
        assert answer.startswith("HTTP/1.1 507")
        assert "There is room for 1 MB." in answer
        for connection in held:
            connection.close()
        until(lambda: not found.guard.rates.open)
        assert place.coming == 0


def upload(address: str, length: int) -> urllib.request.Request:
    """A file of so many bytes of another visitor."""
    headers = {"Content-Type": "multipart/form-data; boundary=b", "X-Forwarded-For": "9.9.9.9"}
    return urllib.request.Request(f"{address}gradio_api/upload", PART + b"z" * length + b"\r\n--b--\r\n", headers)


def test_the_owners_file_counts_as_a_whole(transit):
    """Nobody measures how it comes."""
    seen = []

    async def answer(scope, receive, send):
        seen.append(place.coming)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    place = Room(transit, MOST)
    rules = Rules(public=False, upload_bytes=700_000, text_chars=100, room=place)
    client = TestClient(guard.Guard(answer, rules), base_url="http://127.0.0.1")
    assert client.post("/gradio_api/upload", content=b"x" * 400_000).status_code == 200
    assert seen == [400_000]
    assert (place.coming, place.held) == (0, 400_000)


@pytest.mark.parametrize(("allowed", "most"), [("", 10_000_000), ("models,publishing", 10_000_000), ("adapters", 50_000_000)])
def test_long_files_come_where_packed_runs_may_be_opened(tmp_path, allowed, most):
    shared = settings.get({"GENHUB_PROFILE": "public", "GENHUB_ALLOW": allowed, "GENHUB_HOME": str(tmp_path)})
    rules = app.rules(shared, app.Opening(), ())
    assert rules.longest(routes.UPLOAD) == most + guard.ROOM
    assert rules.room.folder == shared.transit
    assert rules.room.most == shared.limits.transit_bytes
    assert settings.get({}).file_bytes == settings.LOCAL.archive_bytes
