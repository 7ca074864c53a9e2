"""A stand-in for what lends GPUs on a ZeroGPU Space, on loopback: the package `spaces` forks, pickles and asks as it does there, and the fork
has no GPU.

    with Lender() as lender: subprocess.run([sys.executable, "-c", lending.PRELUDE + "…"], env=os.environ | lender.env)
    lender.asked        durations, in seconds

PRELUDE imports `spaces` as if there were no torch: of that package, what moves tensors to a GPU needs a build of torch for one.
"""

import http.server
import json
import threading
from collections import deque
from urllib.parse import parse_qsl, urlsplit

PRELUDE = """
import sys
sys.modules["torch"] = None
import gradio, spaces
del sys.modules["torch"]
"""


class Lender:
    """refusals: of the next requests, seconds that are left to the visitor."""

    def __init__(self):
        self.asked: list[int] = []
        self.tokens: list[str] = []  # of visitors, with each request
        self.allowed: list[int] = []  # process ids
        self.reports = 0
        self.refusals: deque[int] = deque()
        self.idle = False  # does a fork that was used before get the next request?
        lender = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_) -> None:
                """Nothing."""

            def do_POST(self) -> None:
                url = urlsplit(self.path)
                status, answer = lender.answer(url.path, dict(parse_qsl(url.query)))
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.env = {"SPACES_ZERO_GPU": "true", "SPACES_ZERO_DEVICE_API_URL": f"http://127.0.0.1:{self._server.server_port}"}

    def answer(self, path: str, asked: dict) -> tuple[int, dict]:
        if path == "/startup-report":
            self.reports += 1
        elif path == "/allow":
            self.allowed.append(int(asked["pid"]))
        elif path == "/schedule":
            self.asked.append(int(asked["durationSeconds"]))
            self.tokens.append(asked.get("token", ""))
            if self.refusals:
                return 429, {"left": self.refusals.popleft(), "wait": 3600}
            return 200, {"idle": self.idle, "nvidiaIndex": 0, "nvidiaUUID": "GPU-0", "allowToken": "lent"}
        return 200, {}

    def __enter__(self) -> "Lender":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self._server.shutdown()
        self._server.server_close()
