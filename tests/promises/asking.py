"""Calls to a served app as no client library would make them, timed, with whatever comes back; many at a time."""

import http.client
import json
import secrets
import threading
import time
import urllib.parse
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

PATIENCE = 120  # seconds until an answer that does not come is given up


@dataclass(frozen=True)
class Answer:
    """status: of HTTP. said: the sentence of a refusal, empty where it was accepted. data: what came back."""

    status: int
    said: str
    data: Any
    seconds: float


class Asker:
    """One visitor's script, at an app's address; each thread keeps one connection and one session, as a page does."""

    def __init__(self, address: str):
        self.host = urllib.parse.urlsplit(address).netloc
        self._mine = threading.local()
        told = json.loads(self.send("GET", "/gradio_api/info")[1])["named_endpoints"]
        self.defaults = {name: [one.get("parameter_default") for one in endpoint["parameters"]] for name, endpoint in told.items()}

    def ask(self, name: str, values: list) -> Answer:
        """What the endpoint says to these values, whatever they are: NaN and lone surrogates pass. What is left out has its default."""
        values = [*values, *self.defaults[name][len(values) :]]
        began = time.perf_counter()
        asked = {"data": values, "session_hash": self._session()}
        status, body = self.send("POST", f"/gradio_api/call{name}", json.dumps(asked).encode())
        if status != 200:
            return Answer(status, _detail(body), None, time.perf_counter() - began)
        event = json.loads(body)["event_id"]
        status, body = self.send("GET", f"/gradio_api/call{name}/{event}")
        said, data = _told(body.decode("utf-8"))
        return Answer(status, said, data, time.perf_counter() - began)

    def _session(self) -> str:
        if not hasattr(self._mine, "session"):
            self._mine.session = secrets.token_hex(6)
        return self._mine.session

    def all(self, calls: Iterable[tuple[str, list]], at_once: int) -> list[Answer]:
        """The answers to (name, values), in their order, so many at once."""
        with ThreadPoolExecutor(at_once) as pool:
            return list(pool.map(lambda call: self.ask(*call), calls))

    def upload(self, data: bytes, name: str) -> dict:
        """What a browser gets for a file that it uploads under `name`: the value of a file component."""
        border = "genhub-test"
        head = f'--{border}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\nContent-Type: text/csv\r\n\r\n'
        kind = {"Content-Type": f"multipart/form-data; boundary={border}"}
        status, body = self.send("POST", "/gradio_api/upload", head.encode() + data + f"\r\n--{border}--\r\n".encode(), kind)
        assert status == 200, body[:300]
        return {"path": json.loads(body)[0], "orig_name": name, "meta": {"_type": "gradio.FileData"}}

    def send(self, method: str, path: str, body: bytes | None = None, headers: dict | None = None) -> tuple[int, bytes]:
        """(status, body) of one request, on this thread's connection, which is opened anew where the server has closed it."""
        for last in (False, True):
            connection = getattr(self._mine, "connection", None)
            if connection is None:
                connection = self._mine.connection = http.client.HTTPConnection(self.host, timeout=PATIENCE)
            try:
                connection.request(method, path, body, {"Content-Type": "application/json", **(headers or {})})
                reply = connection.getresponse()
                return reply.status, reply.read()
            except (http.client.HTTPException, ConnectionError):
                connection.close()
                self._mine.connection = None
                if last:
                    raise
        raise AssertionError("not reached")


def _detail(body: bytes) -> str:
    try:
        return str(json.loads(body).get("detail", body.decode("utf-8", "replace")))
    except (ValueError, AttributeError):
        return body.decode("utf-8", "replace")


def _told(stream: str) -> tuple[str, Any]:
    """("", data) of a stream of events that ended well, (sentence, None) of one that ended with an error."""
    event, found = "", ("the stream ended without an answer", None)
    for line in stream.splitlines():
        if line.startswith("event: "):
            event = line.removeprefix("event: ")
        elif line.startswith("data: ") and event == "error":
            told = json.loads(line.removeprefix("data: "))
            found = (str(told.get("error") if isinstance(told, dict) else told), None)
        elif line.startswith("data: ") and event == "complete":
            found = ("", json.loads(line.removeprefix("data: ")))
    return found
