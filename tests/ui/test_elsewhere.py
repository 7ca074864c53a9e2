"""No file is fetched from another host, whatever a stranger asks of the page as it is built, by whatever event and component."""

import asyncio
import json
import socket
import urllib.error
import urllib.request

import gradio as gr
import pytest
from gradio import processing_utils

from genhub import settings
from genhub.lab import Lab
from genhub.ui import app as page_app
from genhub.ui.guard import sent_from
from tests.ui.launched import launched

THERE = "https://files.example.com/x.csv"
META = {"_type": "gradio.FileData"}
FETCHERS = ("async_ssrf_protected_download", "ssrf_protected_download", "save_url_to_cache")  # Gradio's


def file(path: str, **more) -> dict:
    return {"path": path, "meta": META, **more}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The whole page, built in this process, on a port; nothing behind it runs."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"GENHUB_HOME": str(home), "GENHUB_PROFILE": "public", "GENHUB_OFFLINE": "1"}.items():
            patch.setenv(name, value)
        lab = Lab(settings.get())
        with launched(page_app.build(lab), home) as found:
            yield found
        lab.close()


@pytest.fixture
def fetched(monkeypatch) -> list[str]:
    """What was asked of other hosts, or would have been."""
    asked, look_up = [], socket.getaddrinfo

    def noted(name):
        def fetch(address, *more, **named):
            asked.append(f"{name} {address}")
            raise OSError("no request leaves this test")

        return fetch

    def looked_up(host, *more, **named):
        if host not in ("127.0.0.1", "localhost", b"127.0.0.1"):
            asked.append(f"getaddrinfo {host}")
            raise OSError("no request leaves this test")
        return look_up(host, *more, **named)

    for name in FETCHERS:
        monkeypatch.setattr(processing_utils, name, noted(name))
    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    return asked


def test_the_trap_notices_what_gradio_would_fetch(fetched):
    with gr.Blocks(analytics_enabled=False) as plain:
        taken = gr.File()
        taken.change(lambda value: value, taken, None)
    with pytest.raises(OSError, match="no request"):
        asyncio.run(plain.preprocess_data(plain.fns[0], [file(THERE)], None))
    assert fetched[-1] == f"async_ssrf_protected_download {THERE}"


FORMS = {
    "file": file(THERE),
    "http": file("http://files.example.com/x.csv"),
    "of a list": [file("a.csv"), file(THERE)],
    "inside": {"value": {"files": [{"file": file(THERE)}]}},
    "with a local address": file(THERE, url="/gradio_api/file=a.csv", orig_name="a.csv", size=3),
}


@pytest.mark.parametrize("form", FORMS)
def test_no_input_of_any_event_fetches(page, fetched, form):
    """Also of those that are no files: Gradio looks for files in whatever comes."""

    async def ask(event, at: int) -> None:
        inputs = [FORMS[form] if number == at else None for number in range(len(event.inputs))]
        with pytest.raises(gr.Error, match=r"is an address, not a file\. GenHub fetches no files from elsewhere\. Download"):
            await page.page.preprocess_data(event, inputs, None)

    async def ask_all() -> int:
        for event in page.page.fns.values():
            for at in range(len(event.inputs)):
                await ask(event, at)
        return sum(len(event.inputs) for event in page.page.fns.values())

    found = asyncio.run(ask_all())
    assert found > 1_000
    assert fetched == []


def post(page, path: str, asked: dict) -> dict:
    request = urllib.request.Request(f"{page.address}gradio_api/{path}", json.dumps(asked).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.loads(reply.read())


def takes_files(event) -> list[int]:
    return [at for at, part in enumerate(event.inputs) if isinstance(part, gr.File | gr.UploadButton | gr.Image | gr.Gallery)]


def test_events_over_http_fetch_nothing(page, fetched):
    """Those that take files, as a page sends them: each is answered with the sentence."""
    events = [event for event in page.page.fns.values() if takes_files(event)]
    for event in events:
        for at in takes_files(event):
            data = [file(THERE) if number == at else None for number in range(len(event.inputs))]
            number = post(page, "queue/join", {"data": data, "fn_index": event._id, "session_hash": f"visit{event._id}x{at}"})["event_id"]
            with urllib.request.urlopen(f"{page.address}gradio_api/queue/data?session_hash=visit{event._id}x{at}", timeout=60) as reply:
                told = reply.read().decode()
            assert number in told
            assert "is an address, not a file" in told, (event.name, told[-500:])
    assert len(events) > 10
    assert fetched == []


@pytest.mark.parametrize(
    "path",
    [
        THERE,
        THERE.replace("https", "HTTP"),
        "http://127.0.0.1:9/x",
        "https%3A%2F%2Ffiles.example.com%2Fx",
        "%20https://files.example.com/x",
    ],
)
def test_no_file_is_asked_of_another_host(page, fetched, path):
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(f"{page.address}gradio_api/file={path}", timeout=60)
    assert raised.value.code == 404
    assert "There is no GET /gradio_api/file=" in json.loads(raised.value.read())["detail"]
    assert fetched == []


@pytest.mark.parametrize(
    "path", ["https%253A%252F%252Ffiles.example.com%252Fx", "https:/files.example.com/x", "//files.example.com/x", "/etc/passwd"]
)
def test_what_is_no_address_is_a_file_of_this_computer(page, fetched, path):
    """Which is not given to everybody."""
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(f"{page.address}gradio_api/file={path}", timeout=60)
    assert raised.value.code in (403, 404)
    assert "There is no GET" not in raised.value.read().decode()
    assert fetched == []


def test_nobody_is_looked_up_by_name(fetched):
    assert sent_from("127.0.0.1", "files.example.com") == "127.0.0.1"
    assert fetched == []
