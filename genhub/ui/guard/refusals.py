"""What a request that may not come in, or not go on, is told."""

import math

from genhub.errors import UserError


class Refusal(Exception):
    """status: of HTTP. retry: seconds, where waiting helps."""

    def __init__(self, status: int, error: UserError, retry: float = 0.0):
        super().__init__(str(error))
        self.status, self.error, self.retry = status, error, retry


def too_often(seconds: float) -> Refusal:
    what = "Too many requests come from this address."
    error = UserError(what, "They are counted, so that everybody has a turn.", f"Wait {math.ceil(seconds)} s and try again.")
    return Refusal(429, error, seconds)


def too_much() -> Refusal:
    limit = "An address and the whole page may have only so many requests open."
    return Refusal(429, UserError("Too much goes on at once.", limit, "Close other pages of GenHub, or wait."), 5.0)


def too_slow(length: int, seconds: float, begin: float) -> Refusal:
    """seconds: in which all of it has to be here; begin: in which something of it has."""
    limit = f"{length:,} bytes have to be here within {seconds:,.0f} s, steadily, and the first of them within {begin:,.0f} s."
    return Refusal(408, UserError("The request comes too slowly.", limit, "Send less, or try again over a faster line."))
