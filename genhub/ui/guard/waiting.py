"""Who waits in Gradio's queue. It is one for everybody: one address may fill a part of it only, so that others find a place.

A class of thirty behind one address has room for three events of each of them. What is refused is told with a sentence of ours: Gradio's
page and clients have one of their own for the status 503, so this is a 429.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import gradio as gr
from starlette.exceptions import HTTPException

from genhub.errors import UserError

POOL = 250  # events that wait, of everybody
SHARE = 100  # of one address
BYTES, SHARE_BYTES = 100_000_000, 40_000_000  # of their bodies, which are in memory
SENT = "genhub.sent"


@dataclass(frozen=True)
class Sent:
    """What the guard leaves in the scope of a request where strangers come in. length: bytes of its body."""

    address: str
    length: int


def shared(page: gr.Blocks) -> None:
    """From now on a page whose queue has been made is asked by everybody alike."""
    queue, push = page._queue, page._queue.push

    async def pushed(body, request, username):
        waiting = [event.request.scope.get(SENT) for one in queue.event_queue_per_concurrency_id.values() for event in one.queue]
        try:
            check(request.scope.get(SENT), [sent for sent in waiting if sent], len(waiting))
        except UserError as error:
            raise HTTPException(429, str(error)) from None
        return await push(body, request, username)

    queue.push = pushed


def check(sent: Sent | None, waiting: Sequence[Sent], number: int) -> None:
    """Raises UserError where one more may not wait. number: of all that do, also of those of whom nothing is known."""
    sent = sent or Sent("", 0)
    mine = [other for other in waiting if sent.address and other.address == sent.address]
    if len(mine) >= SHARE or (mine and sum(other.length for other in mine) + sent.length > SHARE_BYTES):
        what = f"{len(mine)} requests from your network address are waiting."
        limit = f"At most {SHARE}, or {SHARE_BYTES / 1e6:.0f} MB, of one address wait here."
        raise UserError(what, limit, "Wait until some are answered, then try again.")
    if number >= POOL or (waiting and sum(other.length for other in waiting) + sent.length > BYTES):
        limit = f"At most {POOL}, or {BYTES / 1e6:.0f} MB, wait here."
        raise UserError(f"{number} requests of all visitors are waiting.", limit, "Try again in some seconds.")
