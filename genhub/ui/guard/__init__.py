"""What stands in front of Gradio: every request passes here first, and most of what strangers try ends here.

    Guard(app, Rules(public=True, …))     # ASGI in, ASGI out

- A route that is not on the list is not there (404), however Gradio would answer it.
- A POST says how long it is (411), and is not longer than what belongs there (413).
- A POST from a page of another host is refused (403), and on a page for this computer alone so is every request for another host's
  name (421): a web page that somebody happens to visit must not speak to it.
- Where strangers come in, one address asks only so often and has only so much open at once (429, 503).
- Answers carry headers that keep browsers from guessing, framing and calling other hosts, and from asking again for files whose names
  change with what is in them.

A refusal is JSON, {"detail": what is wrong, the limit, what to do}, which is what Gradio's page and clients show.
"""

import ipaddress
import json
import math
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from genhub import settings
from genhub.errors import UserError
from genhub.ui.guard.rates import Rates
from genhub.ui.guard.routes import FILE, SIGN_IN, UPLOAD, Routes

LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "::1", "0.0.0.0")  # noqa: S104 - names under which this computer asks itself
FORM_BYTES = 10_000
ROOM = 1_000_000  # what a request holds beside the text or the file in it
LETTER_BYTES = 6  # of a letter in JSON, at most: \uXXXX
QUERY_BYTES = 4_000
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
    this one in a frame."""

    public: bool
    upload_bytes: int
    text_chars: int
    hosts: Sequence[str] = ()
    framed: bool = False
    routes: Routes = field(default_factory=Routes)

    def longest(self, kind: str) -> int:
        """Bytes of a request's body."""
        return {UPLOAD: self.upload_bytes + ROOM, SIGN_IN: FORM_BYTES}.get(kind, LETTER_BYTES * self.text_chars + ROOM)


class Refusal(Exception):
    """status: of HTTP. retry: seconds, where waiting helps."""

    def __init__(self, status: int, error: UserError, retry: float = 0.0):
        super().__init__(str(error))
        self.status, self.error, self.retry = status, error, retry


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
        rules, kind, address, entered = self.rules, "", "", False
        try:
            asked = Asked.of(scope)
            kind = checked(asked, rules)
            if rules.public:
                address = asked.address
                if seconds := self.rates.wait(address, kind):
                    raise Refusal(429, _too_often(seconds), seconds)
                if not (entered := self.rates.enter(address, kind)):
                    raise Refusal(503, _too_much(), 5.0)
        except Refusal as refusal:
            await _refuse(refusal, send, rules)
            return
        try:
            await self.app(scope, receive, _with_headers(send, kind, rules, asked.path))
        finally:
            if entered:
                self.rates.leave(address, kind)


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
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope.get("headers", ())}
        peer = (scope.get("client") or ("", 0))[0]
        return cls(scope["method"].upper(), scope["path"], scope.get("query_string", b""), headers, peer)

    @property
    def host(self) -> str:
        return _name(self.headers.get("host", ""))

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
    ours = {asked.host, _name(asked.headers.get("x-forwarded-host", "")), *rules.hosts} - {""}
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
        raise Refusal(413, UserError(what, limit, "Send less, or run GenHub on your own computer."))


def _name(netloc: str) -> str:
    """The host of “host:port”, in small letters; an IPv6 address keeps its brackets."""
    name = netloc.rpartition("@")[2].lower()
    return name[: name.index("]") + 1] if name.startswith("[") and "]" in name else name.partition(":")[0]


def sent_from(peer: str, forwarded: str) -> str:
    """Who connected, or, when that is a proxy of ours, whom the last proxy that is not one of ours saw. forwarded: X-Forwarded-For, which
    anybody can write: it is believed of this computer itself (a share link's tunnel) and, where the owner says that a proxy stands in front
    (settings.proxied), of addresses that are not global."""
    seen = [peer, *reversed([one.strip() for one in forwarded.split(",") if one.strip()])]
    proxies = _inside if settings.proxied() else _here
    return next((one for one in seen if not proxies(one)), peer)


def _inside(address: str) -> bool:
    return not _as_address(address).is_global


def _here(address: str) -> bool:
    return _as_address(address).is_loopback


def _as_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """This computer's for what is no address, so that nonsense counts for nobody."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return ipaddress.ip_address("127.0.0.1")


def _with_headers(send: Send, kind: str, rules: Rules, path: str) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            lasts = [LASTS] if message["status"] == 200 and LASTING.fullmatch(path) else []
            message = {**message, "headers": [*_without_ours(message.get("headers", ())), *_headers(kind, rules), *lasts]}
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


def _too_often(seconds: float) -> UserError:
    what = "Too many requests come from this address."
    return UserError(what, "They are counted, so that everybody has a turn.", f"Wait {math.ceil(seconds)} s and try again.")


def _too_much() -> UserError:
    what = "Too much goes on at once."
    return UserError(what, "An address and the whole page may have only so many requests open.", "Close other pages of GenHub, or wait.")
