"""What the server keeps of every open page: the values of its states, and nothing that it could make again.

Gradio 6 writes down the whole configuration of a page for each new session, and again of every component that an event changes, so that
a page can be opened as somebody left it (`gr.DeepLinkButton`). On a page of two thousand components that took a new visitor's first
event, and every call of a script that brings no session, a third of a second of the server's one event loop, and 3 MB until ten thousand
others had come. GenHub's links say what is set by themselves (`ui.links`), and nobody reads those copies here. It also copies the tables of
all components and events, 0.17 MB, of which a session changes few and a script's call none: they are copied when one is changed.

Of these sessions `CAPACITY` are kept. A script's call that names none makes one, so a few thousand calls would take the sessions of open
pages: `Holder` lets those go first that no open page holds, which a page does by the one stream that it keeps open (`Heard`).

And of the last ten thousand events it keeps figures, from which it reckons percentiles anew, with pandas, after each event, for a page of
statistics that is not shown here: 2 ms of every event at first, 5 in the end. `uncounted()` ends it.

`lean()` puts a `Session` without them in the place of Gradio's; a test holds its attributes against those of the installed Gradio.
"""

import re
import sys
from collections import Counter
from copy import copy
from typing import Any

from gradio import blocks, components, routes, state_holder
from starlette.types import ASGIApp, Receive, Scope, Send

# Modules that make sessions: the first has the class, those that are loaded later take it from there.
MAKERS = ("gradio.state_holder", "gradio.blocks", "gradio.route_utils", "gradio.mcp")
CAPACITY = 500  # sessions that are kept; those not heard of for longest go first, an open page is heard of every few seconds
CLOSED_SECONDS = 3_600.0  # the states of a page that was closed are kept as long
HEARTBEAT = re.compile(r"/gradio_api/heartbeat/([^/]+)")


class Session(state_holder.SessionState):
    """As Gradio's; `config_values` stays empty, and `blocks_config` is the page's own until a component is changed."""

    def __init__(self, page: blocks.Blocks):
        self.blocks_config = page.default_config
        self.config_values: dict[int, dict] = {}
        self.state_data: dict[int, Any] = {}
        self._state_ttl: dict[int, Any] = {}
        self.is_closed = False
        self.STATE_TTL_WHEN_CLOSED = CLOSED_SECONDS

    def __setitem__(self, key: int, value: Any) -> None:
        if isinstance(self.blocks_config.blocks.get(key), components.State):
            super().__setitem__(key, value)
            self.config_values.clear()
            return
        if self.blocks_config is self.blocks_config.root_block.default_config:
            self.blocks_config = copy(self.blocks_config)
        self.blocks_config.blocks[key] = value

    def _update_config(self, key: int) -> None:
        pass

    def _update_value_in_config(self, key: int, value: Any) -> None:
        pass


class Holder(state_holder.StateHolder):
    """As Gradio's. held: how often each session's page is open."""

    def __init__(self):
        super().__init__()
        self.held: Counter[str] = Counter()

    def update(self, session_id: str) -> None:
        with self.lock:
            if session_id in self.session_data:
                self.session_data.move_to_end(session_id)
            while len(self.session_data) > self.capacity:
                oldest = next(iter(self.session_data))
                evicted = next((one for one in self.session_data if not self.held[one] and one != session_id), oldest)
                del self.session_data[evicted]
                self.time_last_used.pop(evicted, None)


class Heard:
    """ASGI middleware: while a page's heartbeat is open, its session is held."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        beat = HEARTBEAT.fullmatch(scope["path"]) if scope["type"] == "http" else None
        if beat is None:
            await self.app(scope, receive, send)
            return
        held, session = scope["app"].state_holder.held, beat[1]
        held[session] += 1
        try:
            await self.app(scope, receive, send)
        finally:
            held[session] -= 1
            if not held[session]:
                del held[session]


def lean() -> None:
    """From now on every new session of this process is a `Session`, and those of a page are in a `Holder`."""
    for name in MAKERS:
        if name in sys.modules:
            sys.modules[name].SessionState = Session
    routes.StateHolder = Holder


def uncounted(page: blocks.Blocks) -> None:
    """No figures of events are kept of a page whose queue has been made."""
    page._queue.ANALYTICS_MAX_EVENTS = 1
    page._queue.ANAYLTICS_CACHE_FREQUENCY = sys.maxsize  # as it is spelt there: after so many events they are reckoned
