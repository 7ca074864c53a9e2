"""Options described once: name, type, default, bounds, one line of help.

A task's configuration is a frozen dataclass whose fields are made by `option(…)`. From it come the form on the page, the
command line, the saved JSON, the API and the tests. Construction checks every value and names the field that is wrong.

    @dataclass(frozen=True)
    class SmoothConfig(Config):
        width: int = option(3, "Rows averaged together.", low=1, high=99)
"""

import dataclasses
import math
import types
import typing
from dataclasses import dataclass
from typing import Any

from genhub.errors import UserError


@dataclass(frozen=True)
class Option:
    """What is known of one field. `kind` is int, float, str or bool; `optional` fields may be None ("chosen for you")."""

    name: str
    kind: type
    default: Any
    help: str
    label: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    optional: bool = False
    advanced: bool = False

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    def bounds(self) -> str:
        """The limit in words, for help texts and errors."""
        if self.choices:
            return "One of " + ", ".join(self.choices) + "."
        kind = {int: "A whole number", float: "A number", str: "A text", bool: "true or false"}[self.kind]
        if self.kind is str:
            return f"{kind} of at most {self.high:g} characters." if self.high else f"{kind}."
        if self.low is not None and self.high is not None:
            return f"{kind} from {_plain(self.low)} to {_plain(self.high)}."
        return f"{kind}."

    def check(self, value: Any) -> Any:
        """The value in its own type, or UserError naming this field. Booleans are not numbers; 2.0 is a whole number."""
        if value is None and self.optional:
            return None
        convert = {int: _whole, float: _number, str: _text, bool: _boolean}[self.kind]
        checked = convert(value)
        if checked is None or not self._in_range(checked):
            remedy = "Leave it empty." if self.optional else f"The default is {self.default}."
            raise UserError(f"{self.label} is {_shown(value)}.", self.bounds(), remedy, self.name)
        return checked

    def _in_range(self, value: Any) -> bool:
        if self.choices:
            return value in self.choices
        if self.kind is bool:
            return True
        size = len(value) if self.kind is str else value
        return (self.low is None or size >= self.low) and (self.high is None or size <= self.high)


def option(default: Any, help: str, *, label: str = "", low=None, high=None, choices=(), advanced: bool = False) -> Any:
    """A dataclass field that carries its own description. For str, `low` and `high` bound the length."""
    meta = {"help": help, "label": label, "low": low, "high": high, "choices": tuple(choices), "advanced": advanced}
    return dataclasses.field(default=default, metadata=meta)


class Config:
    """Base of all task configurations: checks itself when made, reads and writes plain dictionaries."""

    def __post_init__(self):
        for item in self.options():
            object.__setattr__(self, item.name, item.check(getattr(self, item.name)))

    @classmethod
    def options(cls) -> list[Option]:
        hints = typing.get_type_hints(cls)
        return [_describe(field, hints[field.name]) for field in dataclasses.fields(cls)]

    @classmethod
    def option(cls, name: str) -> Option:
        return next(item for item in cls.options() if item.name == name)

    @classmethod
    def from_dict(cls, values: dict) -> "Config":
        """Raises UserError for a value out of range or a name that does not exist."""
        known = {field.name for field in dataclasses.fields(cls)}
        for name in values:
            if name not in known:
                raise UserError(
                    f"There is no option “{str(name)[:40]}”.",
                    f"Options: {', '.join(sorted(known))}.",
                    "Leave it out, or choose of these.",
                    str(name)[:40],
                )
        return cls(**values)

    def to_dict(self) -> dict:
        return dataclasses.asdict(self)


def _describe(field: dataclasses.Field, hint: Any) -> Option:
    arms = [arm for arm in typing.get_args(hint) if arm is not types.NoneType]
    label = field.metadata["label"] or field.name.replace("_", " ").capitalize()
    return Option(
        field.name,
        arms[0] if arms else hint,
        field.default,
        field.metadata["help"],
        label,
        field.metadata["low"],
        field.metadata["high"],
        field.metadata["choices"],
        optional=bool(arms),
        advanced=field.metadata["advanced"],
    )


def _plain(bound: float) -> str:
    return f"{bound:,}" if isinstance(bound, int) else f"{bound:g}"


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _whole(value: Any) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    number = _number(value)
    return int(number) if number is not None and number == int(number) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _shown(value: Any) -> str:
    if isinstance(value, int) and abs(value) > 10**30:
        return "a number of more than thirty digits"
    text = repr(value) if not isinstance(value, str) else f"“{value}”"
    return text if len(text) <= 60 else text[:57] + "…"
