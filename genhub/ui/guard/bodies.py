"""A request's body has to be here in time, and steadily: what trickles in, or is announced and never comes, would hold one of the places
that are open."""

import asyncio
from collections.abc import Awaitable, Callable

from genhub.ui.guard.refusals import Refusal, too_slow

BEGIN_SECONDS = 10.0  # until something of a body is here
USUAL_SECONDS = 30.0
SLOWEST = 25_000  # bytes a second, beyond what comes in the usual time: a slow line's


def seconds_for(length: int) -> float:
    """In which a body of so many bytes has to be here, and so many bytes of a longer one."""
    return USUAL_SECONDS + length / SLOWEST


class Timely:
    """`receive` and `send` of ASGI for an application that is told that its client has gone once the body is late, or there is no room for
    more of it; `refuse` then answers in its place, where it has not begun to.

    length: bytes that are announced. count: told of every piece that comes, in bytes; raises Refusal where there is no room for it."""

    def __init__(
        self, receive: Callable, send: Callable, length: int, count: Callable[[int], None], refuse: Callable[[Refusal], Awaitable]
    ):
        self._receive, self._send, self._length, self._count, self._refuse = receive, send, length, count, refuse
        self._began, self._came, self._whole, self._answered, self._over = 0.0, 0, False, False, False

    async def receive(self) -> dict:
        if self._over:
            return {"type": "http.disconnect"}
        if self._whole:
            return await self._receive()
        now = asyncio.get_running_loop().time()
        self._began = self._began or now
        allowed = seconds_for(self._came) if self._came else BEGIN_SECONDS
        try:
            message = await asyncio.wait_for(self._receive(), self._began + allowed - now)
            self._count(len(message.get("body", b"")))
        except asyncio.TimeoutError:
            return await self._end(too_slow(self._length, seconds_for(self._length), BEGIN_SECONDS))
        except Refusal as refusal:
            return await self._end(refusal)
        self._came += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        return message

    async def _end(self, refusal: Refusal) -> dict:
        self._over = True
        if not self._answered:
            await self._refuse(refusal)
        return {"type": "http.disconnect"}

    async def send(self, message: dict) -> None:
        if not self._over:
            self._answered = True
            await self._send(message)
