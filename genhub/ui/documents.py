"""The page and its configuration, 2.4 MB each, made once for all who ask for them in the same words.

Gradio makes them anew for everybody: 80 ms of this process's time, and packing takes another 10, while a class that opens the page at once
waits for each other. What it makes differs by the name under which the page is reached, and by who has signed in; where people sign in,
nothing is kept. The rest of an address is read by the page's own script, not by Gradio: it is left out.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATHS = ("/", "/config")
HEADERS = ("host", "x-forwarded-host", "x-forwarded-proto", "x-gradio-server")  # that Gradio looks at; a test asks the installed one
WAYS = ("br", "gzip")  # of packing, the better one first
KEPT = 16


@dataclass
class Answer:
    """of: the configuration that it shows. messages: of ASGI, as they were sent."""

    of: Any
    messages: list[Message] = field(default_factory=list)

    @property
    def lasts(self) -> bool:
        """Whether it may be shown to others."""
        start = self.messages[0] if self.messages else {"status": 0, "headers": []}
        return start["status"] == 200 and not any(name.lower() == b"set-cookie" for name, _ in start["headers"])


class Kept:
    """ASGI middleware, around the one that packs. One answer is made at a time: those who come meanwhile mostly want the same."""

    def __init__(self, app: ASGIApp):
        self.app, self.answers, self.making = app, OrderedDict(), asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in PATHS or scope["app"].auth or scope["app"].auth_dependency:
            await self.app(scope, receive, send)
            return
        scope = {**scope, "query_string": query(scope)}
        for message in (await self._answer(scope, receive)).messages:
            await send(dict(message))

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        key, config = words(scope), scope["app"].get_blocks().config
        if found := self._found(key, config):
            return found
        async with self.making:
            if found := self._found(key, config):
                return found
            made = Answer(config)
            await self.app(scope, receive, _into(made.messages))
            if made.lasts:
                self.answers[key] = made
                while len(self.answers) > KEPT:
                    self.answers.popitem(last=False)
            return made

    def _found(self, key: tuple, config: Any) -> Answer | None:
        found = self.answers.get(key)
        if found is None or found.of is not config:
            return None
        self.answers.move_to_end(key)
        return found


def query(scope: Scope) -> bytes:
    """What Gradio reads of an address behind its question mark, here: which page of several a configuration is of."""
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    return b"page=" if scope["path"] == "/config" and asked.get("page") == [""] else b""


def words(scope: Scope) -> tuple:
    """All that an answer depends on."""
    headers = Headers(scope=scope)
    packed = next((way for way in WAYS if way in headers.get("accept-encoding", "")), "")
    asked = (scope["method"], scope["path"], scope["query_string"], scope["scheme"], scope.get("root_path", ""), packed)
    return (*asked, *(tuple(headers.getlist(name)) for name in HEADERS))


def _into(messages: list[Message]) -> Send:
    async def send(message: Message) -> None:
        messages.append(message)

    return send
