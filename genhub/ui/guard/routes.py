"""The routes that are let through, of all that Gradio has: what its own page and its clients ask for, and nothing more.

`kind_of("POST", "/gradio_api/queue/join")` is EVENT; "" for a route that is refused. Each kind has its own limits (`limits`, `rates`).
"""

import re

PAGE, DOCUMENT, STREAM, EVENT, UPLOAD, FILE, SIGN_IN, TOOLS = "page", "document", "stream", "event", "upload", "file", "sign-in", "tools"
API = "/gradio_api"
NAME = r"[A-Za-z0-9_]{1,80}"
TOKEN = r"[A-Za-z0-9_-]{1,80}"  # noqa: S105 - a pattern: ids that Gradio or its clients draw

_ROUTES: tuple[tuple[str, str, str], ...] = (
    (DOCUMENT, "GET HEAD", r"/"),
    (DOCUMENT, "GET HEAD", r"/config/?"),
    (PAGE, "GET HEAD", r"/(?:assets|static|svelte)/[A-Za-z0-9._@/+-]{1,300}"),
    (PAGE, "GET HEAD", r"/(?:favicon\.ico|theme\.css|robots\.txt|manifest\.json|pwa_icon(?:/\d{1,4})?)"),
    (PAGE, "GET HEAD", rf"{API}/(?:theme\.css|startup-events|app_id/?|user/?|login_check/?)"),
    (DOCUMENT, "GET", rf"{API}/info/?"),
    (DOCUMENT, "GET", rf"{API}/openapi\.json"),
    # Of this computer: Gradio would fetch one from any host.
    (FILE, "GET HEAD", rf"{API}/file=(?!\s*[A-Za-z][A-Za-z0-9+.-]*://).{{1,1000}}"),
    (STREAM, "GET", rf"{API}/heartbeat/{TOKEN}"),
    (STREAM, "GET", rf"{API}/queue/data"),
    (STREAM, "GET", rf"{API}/call/{NAME}/{TOKEN}"),
    (STREAM, "GET", rf"{API}/upload_progress"),
    (PAGE, "GET", rf"{API}/queue/status"),
    (EVENT, "POST", rf"{API}/queue/join"),
    (EVENT, "POST", rf"{API}/call/{NAME}/?"),
    (EVENT, "POST", rf"{API}/(?:cancel|reset/?)"),
    (UPLOAD, "POST", rf"{API}/upload"),
)
_SIGN_IN: tuple[tuple[str, str, str], ...] = (
    (SIGN_IN, "POST", r"/login/?"),
    (SIGN_IN, "GET", r"/logout/?"),
    (SIGN_IN, "GET", r"/login/(?:huggingface|callback)"),
)
_TOOLS: tuple[tuple[str, str, str], ...] = (
    (TOOLS, "GET POST DELETE", rf"{API}/mcp/?"),
    (TOOLS, "GET", rf"{API}/mcp/(?:sse|schema|http)/?"),
    (TOOLS, "POST", rf"{API}/mcp/(?:messages|http)/?"),
)

# Routes of the installed Gradio that are not for anybody here. A test holds both lists against what Gradio has: a new one fails it.
REFUSED = frozenset(
    f"{API}{path}"
    for path in (
        "/token",
        "/dev/reload",
        "/runs",
        "/run-history/connect",
        "/run-history/buckets",
        "/run-history/records",
        "/run-history/records/{endpoint}/{record_id}/assets/{asset_id}",
        "/custom_component/{id}/{environment}/{type}/{file_name}",
        "/proxy={url_path:path}",  # would fetch from other hosts
        "/file/{path:path}",
        "/stream/{event_id}",
        "/stream/{event_id}/close",
        "/stream/{session_hash}/{run}/{component_id}/playlist.m3u8",
        "/stream/{session_hash}/{run}/{component_id}/{segment_id}.{ext}",
        "/stream/{session_hash}/{run}/{component_id}/playlist-file",
        "/api/{api_name}",
        "/run/{api_name}",
        "/call/v2/{api_name}",
        "/call/v2/{api_name}/{event_id}",
        "/component_server",
        "/process_recording",
        "/vibe-edit",
        "/undo-vibe-edit",
        "/vibe-code",
        "/vibe-starter-queries",
    )
) | {"/gradio_api/deep_link", "/monitoring", "/monitoring/summary", "/monitoring/{key}", "/openapi.json"}


class Routes:
    """Which routes are let through. sign_in: there is something to sign in to; tools: for clients of the model context protocol."""

    def __init__(self, sign_in: bool = False, tools: bool = False):
        rows = _ROUTES + (_SIGN_IN if sign_in else ()) + (_TOOLS if tools else ())
        self.known = [(kind, frozenset(methods.split()), re.compile(pattern)) for kind, methods, pattern in rows]

    def kind_of(self, method: str, path: str) -> str:
        """ "" for what is refused. A preflight is one of a page of another host: refused too."""
        return next((kind for kind, methods, pattern in self.known if method in methods and pattern.fullmatch(path)), "")

    def methods_of(self, path: str) -> frozenset[str]:
        """How a path may be asked for; empty for one that is refused."""
        return frozenset().union(*(methods for _, methods, pattern in self.known if pattern.fullmatch(path)))
