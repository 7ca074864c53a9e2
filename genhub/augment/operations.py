"""What is known of an operation before it does anything: its name, what it does, how strong it may be. Controls, help, command line and tests come
from tables of these; what an operation does is written elsewhere, under the same name."""

from collections.abc import Mapping
from dataclasses import dataclass

from genhub.errors import UserError


@dataclass(frozen=True)
class Amount:
    """How strong an operation is. low to high is what may be asked for; none: the value at which nothing changes."""

    label: str
    help: str
    low: float
    high: float
    default: float
    none: float = 0.0
    whole: bool = False

    def check(self, operation: str, value: object) -> float:
        """The value as a number. Raises UserError for what is none, or out of bounds."""
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not self.low <= value <= self.high or (self.whole and value != int(value)):
            kind = "A whole number" if self.whole else "A number"
            limit = f"{kind} from {self.low:g} to {self.high:g}: {self.help[:1].lower()}{self.help[1:]}"
            raise UserError(f"{self.label} of {operation} is {str(value)[:24]}.", limit, f"The usual is {self.default:g}.", "ops")
        return int(value) if self.whole else float(value)


@dataclass(frozen=True)
class Operation:
    """name: the literature's. amount: None of one that is done or not. keeps: it leaves the label as it is (a mixture does not)."""

    name: str
    title: str
    help: str
    group: str
    amount: Amount | None = None
    keeps: bool = True


Table = Mapping[str, Operation]


def table(*operations: Operation) -> dict[str, Operation]:
    return {operation.name: operation for operation in operations}
