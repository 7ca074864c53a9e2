"""Whether there is room for what is sent: on the disk, and in the folder where uploads arrive, of which nobody's limit knows yet."""

import asyncio
import math
import time
from collections.abc import Callable
from pathlib import Path

from genhub import disk
from genhub.errors import UserError
from genhub.jobs import janitor

MEASURED_SECONDS = 5.0


class Room:
    """Belongs to one event loop. The folder is measured in a thread, at most every `MEASURED_SECONDS`; what arrives in between is added.

    Only what has come counts: who announces a file and does not send it takes nobody's room."""

    def __init__(self, folder: Path, most: int, clock: Callable[[], float] = time.monotonic):
        """most: bytes that the folder may hold."""
        self.folder, self.most, self.clock = folder, most, clock
        self.held, self.coming, self.measured = 0, 0, -math.inf
        self._measuring = asyncio.Lock()

    async def enter(self, more: int) -> None:
        """Raises UserError when there is no room for a file of `more` bytes, before anything of it has come."""
        async with self._measuring:
            if self.clock() - self.measured >= MEASURED_SECONDS:
                self.held, self.measured = await asyncio.to_thread(self._size), self.clock()
        self._check(more)

    def came(self, more: int) -> None:
        """`more` bytes of a file are here. Raises UserError when there is no room for them; what came has to `leave`."""
        self._check(more)
        self.coming += more

    def leave(self, came: int) -> None:
        """The file is there, or has broken off, after so many bytes."""
        self.coming -= came
        self.held += came

    def _check(self, more: int) -> None:
        disk.check_free(self.folder, self.coming + more)
        if self.held + self.coming + more > self.most:
            what = f"{(self.held + self.coming) / 1e6:,.0f} MB of uploads lie here."
            raise UserError(what, f"There is room for {self.most / 1e6:,.0f} MB.", "They go by themselves, hour by hour: try again later.")

    def _size(self) -> int:
        self.folder.mkdir(parents=True, exist_ok=True)
        return janitor.size(self.folder)
