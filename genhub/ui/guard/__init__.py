"""What stands in front of Gradio: every request passes here first, and most of what strangers try ends here.

    Guard(app, Rules(public=True, …))     # ASGI in, ASGI out

- A route that is not on the list is not there (404), however Gradio would answer it.
- A POST says how long it is (411), is not longer than what belongs there (413), and a file comes only where there is room for it (507).
- A POST from a page of another host is refused (403), and on a page for this computer alone so is every request for another host's
  name (421): a web page that somebody happens to visit must not speak to it.
- Where strangers come in, one address asks only so often and has only so much open at once (429), and what it sends is here in time (408).
  What is announced counts for its own address alone; others have less room only by what has really come.
- Answers carry headers that keep browsers from guessing, framing and calling other hosts, and from asking again for files whose names
  change with what is in them.

A refusal is JSON, {"detail": what is wrong, the limit, what to do}, which is what Gradio's page and clients show.
"""

import asyncio
import json
import math
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect

from genhub.errors import UserError
from genhub.ui.guard.addresses import sent_from
from genhub.ui.guard.bodies import Timely
from genhub.ui.guard.rates import SMALL_BYTES, Rates
from genhub.ui.guard.refusals import Refusal, too_much, too_often
from genhub.ui.guard.room import Room
from genhub.ui.guard.routes import DOCUMENT, FILE, PAGE, SIGN_IN, UPLOAD, Routes
from genhub.ui.guard.waiting import SENT, Sent

LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "::1", "0.0.0.0")  # noqa: S104 - names under which this computer asks itself
FORM_BYTES = 10_000
ROOM = 1_000_000  # what a request holds beside the text or the file in it
LETTER_BYTES = 6  # of a letter in JSON, at most: \uXXXX
PLAIN_BYTES = 3  # of a letter as browsers send it
QUERY_BYTES = 4_000
PATIENT = (PAGE, DOCUMENT, FILE)
PATIENCE_SECONDS, LOOK_SECONDS = 10.0, 0.1  # of what waits for a place: in all, and until it looks again
FEW = 500  # that wait look so often; of more, each looks less often
HEADERS = (
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    ("cross-origin-opener-policy", "same-origin-allow-popups"),
)
# Gradio's page builds functions and styles as it runs; nothing it shows comes from another host.
CONTENT = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data: blob:; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors {frames}"
)
LASTING = re.compile(r"/assets/[^/]+-[A-Za-z0-9_-]{8,10}\.(?:js|css)")  # a hash stands in the name
LASTS = (b"cache-control", b"public, max-age=604800, immutable")
FILE_CONTENT = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; sandbox"  # of what people have uploaded or made
Scope, Message = dict, dict
Receive, Send = Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]


@dataclass(frozen=True)
class Rules:
    """public: strangers come in. upload_bytes, text_chars: of the longest file and the longest text that may come. hosts: names under
    which the page is reached beside the one it is asked by, which may grow; a browser at one of them may send events. framed: other pages may show
    this one in a frame. room: for files that come; None where nobody looks."""

    public: bool
    upload_bytes: int
    text_chars: int
    hosts: Sequence[str] = ()
    framed: bool = False
    routes: Routes = field(default_factory=Routes)
    room: Room | None = None

    def longest(self, kind: str) -> int:
        """Bytes of a request's body."""
        letters = self.text_chars * (PLAIN_BYTES if self.public else LETTER_BYTES)
        return {UPLOAD: self.upload_bytes + ROOM, SIGN_IN: FORM_BYTES}.get(kind, letters + ROOM)


class Guard:
    """ASGI middleware."""

    def __init__(self, app: Callable, rules: Rules, rates: Rates | None = None):
        self.app, self.rules, self.rates = app, rules, rates or Rates()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        # anything else, such as a web socket, has no route here: the server closes it

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        rules = self.rules
        with ExitStack() as entered:
            try:
                asked = Asked.of(scope)
                kind, length = checked(asked, rules), asked.length
                if rules.public:
                    scope[SENT] = Sent(asked.address, length)
                    await self._enter(scope[SENT], kind, entered)
                count = await self._counting(kind, length, entered)
            except Refusal as refusal:
                await _refuse(refusal, send, rules)
                return
            sent = send
            if rules.public and asked.method == "POST":
                timely = Timely(receive, send, length, count, lambda refusal: _refuse(refusal, send, rules))
                receive, sent = timely.receive, timely.send
            with suppress(ClientDisconnect):  # a visitor who has gone is nobody's defect
                await self.app(scope, receive, _with_headers(sent, kind, rules, asked.path))

    async def _enter(self, sent: Sent, kind: str, entered: ExitStack) -> None:
        """Count a request with its address until `entered` ends. Raises Refusal; what a page is made of waits a while first, since a class
        that opens it together, through a tunnel that asks for all at once, may want two thousand files in a second."""
        address, length = sent.address, sent.length
        if seconds := self.rates.wait(address, kind) or (self.rates.wait_for(address, length) if kind == UPLOAD else 0.0):
            raise too_often(seconds)
        if kind in PATIENT and not self.rates.has_room(address, kind, length):
            await self._stay(address, kind, length)
        if not self.rates.enter(address, kind, length):
            raise too_much()
        entered.callback(self.rates.leave, address, kind, length)

    async def _stay(self, address: str, kind: str, length: int) -> None:
        """Until there is a place, or for as long as one waits. Raises Refusal where too many wait already."""
        if not self.rates.stay(address):
            raise too_much()
        try:
            until = time.monotonic() + PATIENCE_SECONDS
            while not self.rates.has_room(address, kind, length) and time.monotonic() < until:
                await asyncio.sleep(LOOK_SECONDS * max(1.0, self.rates.waiting / FEW))
        finally:
            self.rates.go_on(address)

    async def _counting(self, kind: str, length: int, entered: ExitStack) -> Callable[[int], None]:
        """What is told of every piece of a body that comes, in bytes: it counts until `entered` ends, and where there is no room for it Refusal
        is raised; here already where there is none for a whole file of `length` bytes."""
        came, room, rates = 0, self.rules.room, self.rates
        if kind == UPLOAD and room:
            with _no_room():
                await room.enter(length)
        elif kind == UPLOAD or not self.rules.public or length <= SMALL_BYTES:
            return lambda more: None

        def count(more: int) -> None:
            nonlocal came
            if kind == UPLOAD:
                with _no_room():
                    room.came(more)
            elif not rates.came(more):
                raise too_much()
            came += more

        entered.callback(lambda: room.leave(came) if kind == UPLOAD else rates.gone(came))
        if not self.rules.public:
            count(length)  # nobody measures how the owner's own bytes come
        return count


@contextmanager
def _no_room() -> Iterator[None]:
    """A file for which there is no room is refused."""
    try:
        yield
    except UserError as error:
        raise Refusal(507, error) from None


def guarded(rules: Rules) -> Callable:
    """A lifespan for a Starlette application that puts a guard around all of it, whatever middleware it has."""

    @asynccontextmanager
    async def lifespan(app):
        app.middleware_stack = Guard(app.middleware_stack, rules)
        yield

    return lifespan


@dataclass(frozen=True)
class Asked:
    """The parts of a request that decide."""

    method: str
    path: str
    query: bytes
    headers: dict[str, str]
    peer: str

    @classmethod
    def of(cls, scope: Scope) -> "Asked":
        headers: dict[str, str] = {}
        for raw, value in scope.get("headers", ()):  # several lines of one name are one list, in their order
            name, text = raw.decode("latin-1").lower(), value.decode("latin-1")
            headers[name] = f"{headers[name]}, {text}" if name in headers else text
        peer = (scope.get("client") or ("", 0))[0]
        return cls(scope["method"].upper(), scope["path"], scope.get("query_string", b""), headers, peer)

    @property
    def host(self) -> str:
        return _name(self.headers.get("host", ""))

    @property
    def length(self) -> int:
        """Bytes of its body, as it says; 0 where it says none."""
        told = self.headers.get("content-length", "")
        return int(told[:18]) if told.isascii() and told.isdigit() else 0

    @property
    def address(self) -> str:
        """Whose request it is."""
        return sent_from(self.peer, self.headers.get("x-forwarded-for", ""))


def checked(asked: Asked, rules: Rules) -> str:
    """The kind of a request that may come in. Raises Refusal."""
    kind = rules.routes.kind_of(asked.method, asked.path)
    if not rules.public and asked.host not in (*LOOPBACK, *rules.hosts):
        raise Refusal(421, _misdirected(asked.host))
    if not kind:
        raise Refusal(404 if not rules.routes.methods_of(asked.path) else 405, _no_route(asked))
    if len(asked.query) > QUERY_BYTES:
        limit = f"An address has at most {QUERY_BYTES:,} characters after its question mark."
        raise Refusal(414, UserError("The address is too long.", limit, "Send what is long as the body."))
    if asked.method == "POST":
        _check_origin(asked, rules)
        _check_length(asked, kind, rules)
    return kind


def _check_origin(asked: Asked, rules: Rules) -> None:
    """A browser says which page sends a form or an event; scripts say nothing."""
    origin = asked.headers.get("origin")
    if origin is None:
        return
    forwarded = asked.headers.get("x-forwarded-host", "").split(",")
    ours = {asked.host, *(_name(one.strip()) for one in forwarded), *rules.hosts} - {""}
    if _name(urlsplit(origin).netloc) not in ours:
        what = f"A page of {origin[:80]} sent this."
        raise Refusal(403, UserError(what, "Events come from GenHub's own page, or from a script.", "Open GenHub itself."))


def _check_length(asked: Asked, kind: str, rules: Rules) -> None:
    told = asked.headers.get("content-length")
    if told is None or not told.isascii() or not told.isdigit() or "transfer-encoding" in asked.headers:
        what = "The request does not say how long it is."
        raise Refusal(411, UserError(what, "A POST needs the header Content-Length.", "Send its body in one piece."))
    longest = rules.longest(kind)
    if int(told) > longest:
        what = f"The request has {int(told[:18]):,} bytes."
        limit = f"{'A file' if kind == UPLOAD else 'A request'} may have {longest:,} bytes here."
        less = "Send less" if kind == UPLOAD else "Send less, or a long text as a file"
        raise Refusal(413, UserError(what, limit, f"{less}, or run GenHub on your own computer."))


def _name(netloc: str) -> str:
    """The host of “host:port”, in small letters; an IPv6 address keeps its brackets."""
    name = netloc.rpartition("@")[2].lower()
    return name[: name.index("]") + 1] if name.startswith("[") and "]" in name else name.partition(":")[0]


def _with_headers(send: Send, kind: str, rules: Rules, path: str) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = _without_ours(message.get("headers", ()))
            told = any(name.lower() == LASTS[0] for name, _ in headers)
            lasts = [LASTS] if message["status"] == 200 and LASTING.fullmatch(path) and not told else []
            message = {**message, "headers": [*headers, *_headers(kind, rules), *lasts]}
        await send(message)

    return sent


def _without_ours(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """An answer's headers without those that are set here, and without those that let pages of other hosts read it."""
    ours = {name.encode() for name, _ in HEADERS} | {b"content-security-policy"}
    return [(name, value) for name, value in headers if name.lower() not in ours and not name.lower().startswith(b"access-control-")]


def _headers(kind: str, rules: Rules) -> list[tuple[bytes, bytes]]:
    content = FILE_CONTENT if kind == FILE else CONTENT.format(frames="*" if rules.framed else "'self'")
    return [(name.encode(), value.encode()) for name, value in (*HEADERS, ("content-security-policy", content))]


async def _refuse(refusal: Refusal, send: Send, rules: Rules) -> None:
    body = json.dumps({"detail": str(refusal.error)}, ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    if refusal.retry:
        headers.append((b"retry-after", str(math.ceil(refusal.retry)).encode()))
    await send({"type": "http.response.start", "status": refusal.status, "headers": [*headers, *_headers("", rules)]})
    await send({"type": "http.response.body", "body": body})


def _no_route(asked: Asked) -> UserError:
    what = f"There is no {asked.method[:10]} {asked.path[:80]} here."
    return UserError(what, "GenHub answers what its page and its clients ask for.", "docs/api.md lists the endpoints for scripts.")


def _misdirected(host: str) -> UserError:
    what = f"GenHub was asked for as “{host[:80]}”."
    limit = "It runs for this computer alone, as localhost."
    return UserError(what, limit, "To let others in, start it with --share or --host 0.0.0.0, which switches the public limits on.")
