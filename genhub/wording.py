"""Words for values that strangers sent, for use in error messages: whatever it is, a sentence can hold it."""

import math
from typing import Any


def label(field: str) -> str:
    """A field's name at the beginning of a sentence."""
    return field.replace("_", " ").capitalize()


def kind(value: Any) -> str:
    """What sort of thing somebody sent."""
    names = {bool: "true or false", int: "a number", float: "a number", str: "a text", type(None): "missing", list: "a list"}
    return names.get(type(value), "a dictionary" if isinstance(value, dict) else "something else")


def digits(value: float) -> str:
    """A number in at most 12 digits; Python refuses to print whole numbers of thousands of digits."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return f"{value:,.12g}" if abs(value) < 1e12 else ("more than 10^12" if value > 0 else "less than −10^12")


def shown(value: Any) -> str:
    """A value as it may stand in a sentence: short, printable, quoted."""
    if not isinstance(value, str):
        return kind(value) if not isinstance(value, bool | int | float) else digits(value)
    printable = "".join(char if char.isprintable() and not "\ud800" <= char <= "\udfff" else "?" for char in value[:60])
    return f"“{printable}”" if value else "empty"
