"""Who may queue one more job: a limit for each visitor, one for each network address, one for the queue.

Visitors cost nothing, addresses do: without the second limit one computer could fill the queue under many names. Which address a
call came from is known at the page's edge alone, which sets `sender` for the time of the call.
"""

from collections.abc import Sequence
from contextvars import ContextVar

from genhub.errors import UserError
from genhub.jobs.store import Record
from genhub.settings import Limits

sender: ContextVar[str] = ContextVar("sender", default="")  # "" for a call that came over no network


class Admission:
    """Addresses are remembered in memory: after a restart, jobs from before it count for nobody's."""

    def __init__(self, limits: Limits):
        self._limits = limits
        self._senders: dict[str, str] = {}

    def check(self, owner: str, unfinished: Sequence[Record], waiting: int) -> None:
        """Raises UserError when a limit is reached. unfinished: all jobs that wait or run; waiting: how many of them wait."""
        mine = sum(record.owner == owner for record in unfinished)
        if mine >= self._limits.jobs_per_visitor:
            limit = f"The limit is {self._limits.jobs_per_visitor} a visitor."
            raise UserError(f"You have {mine} jobs waiting or running.", limit, "Wait for one to end, or stop one.")
        address = sender.get()
        beside = sum(self._senders.get(record.id) == address for record in unfinished) if address else 0
        if beside >= self._limits.jobs_per_address:
            what = f"{beside} jobs from your network address are waiting or running."
            raise UserError(what, f"The limit is {self._limits.jobs_per_address} an address.", "Wait for one to end.")
        if waiting >= self._limits.queue_length:
            raise UserError(f"{waiting} jobs are waiting.", f"The queue holds {self._limits.queue_length}.", "Try again in a few minutes.")

    def admit(self, run_id: str, unfinished: Sequence[Record]) -> None:
        """Remember where a job came from, and forget those that have ended."""
        living = {record.id for record in unfinished}
        self._senders = {run: address for run, address in self._senders.items() if run in living}
        if address := sender.get():
            self._senders[run_id] = address
