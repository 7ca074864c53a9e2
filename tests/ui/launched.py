"""A page of Gradio's behind our guard on a real port, in this process: its handlers can be held up, its rules changed while it runs."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock
from urllib.parse import urlsplit

import gradio as gr

from genhub import settings
from genhub.ui import app
from tests.ui.served import free_port


class Launched:
    """One page. `guard` is what stands in front of it."""

    def __init__(self, page: gr.Blocks):
        self.page, self.guard = page, page.app.middleware_stack
        self.address = page.local_url

    def connect(self) -> socket.socket:
        """A connection on which a test sends what it likes."""
        at = urlsplit(self.address)
        return socket.create_connection((at.hostname, at.port), timeout=60)


@contextmanager
def launched(page: gr.Blocks, home: Path, **env: str) -> Iterator[Launched]:
    """Opened as `serve` opens a page for strangers; `page` has a queue."""
    told = {"GENHUB_PROFILE": "public", "GENHUB_HOME": str(home), "GRADIO_TEMP_DIR": str(home / "transit"), **env}
    with mock.patch.dict(os.environ, told):
        app.launch(page, settings.get(), app.Opening(port=free_port()))
        try:
            yield Launched(page)
        finally:
            page.close(verbose=False)
