"""A chain of operations: what is done to each image or text, in which order, how strongly and how often. It travels as JSON.

chain = Chain.read("rotate=30,brightness", IMAGES)
chain = Chain.from_dict(json.loads(text), TABLES)
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np

from genhub.augment.operations import Table
from genhub.errors import UserError

FORMAT = "genhub-augmentation-1"
MOST = 30  # operations of a chain
WAYS = ("all", "one", "few")
FILLS = ("reflect", "constant", "edge")
FEWEST, MOST_SEED = 1, 2**31 - 1


@dataclass(frozen=True)
class Step:
    """amount: None of an operation without one. chance: the share of the images or texts that it is done to."""

    name: str
    amount: float | None = None
    chance: float = 1.0


@dataclass(frozen=True)
class Chain:
    """kind: "image" or "text". way: all of the steps are done, "one" of them drawn at random, or a random "few". fill: what comes in from
    outside an image."""

    kind: str
    steps: tuple[Step, ...]
    way: str = "all"
    few: int = 2
    fill: str = "reflect"
    seed: int = 0

    def to_dict(self) -> dict:
        return {"format": FORMAT, **asdict(self), "steps": [asdict(step) for step in self.steps]}

    @classmethod
    def from_dict(cls, value: object, tables: Mapping[str, Table]) -> "Chain":
        """Of what a file says, every value checked. Raises UserError for what is no chain."""
        if not isinstance(value, dict) or value.get("format") != FORMAT:
            raise _refused("This is no chain of operations.", f"It is a JSON object with the format {FORMAT}.", "Choose another file.")
        unknown = set(value) - {"format", "kind", "steps", "way", "few", "fill", "seed"}
        kind, steps = value.get("kind"), value.get("steps")
        if unknown or not isinstance(kind, str) or kind not in tables:
            what = f"“{min(map(str, unknown))[:40]}” is not known" if unknown else f"kind is {str(kind)[:24]}"
            raise _refused(f"The chain cannot be read: {what}.", f"Kinds: {', '.join(tables)}.", "Save the chain again.")
        if not isinstance(steps, list) or not all(isinstance(step, dict) and set(step) <= {"name", "amount", "chance"} for step in steps):
            raise _refused("The chain's steps cannot be read.", "Each has a name, an amount and a chance.", "Save the chain again.")
        made = tuple(Step(step.get("name", ""), step.get("amount"), step.get("chance", 1.0)) for step in steps)
        told = {name: value[name] for name in ("way", "few", "fill", "seed") if name in value}
        return cls(kind, made, **told).checked(tables[kind])

    @classmethod
    def read(cls, ops: str, kind: str, table: Table, **told) -> "Chain":
        """Of names separated by commas, each with its amount behind a = where it is not the usual one. Raises UserError."""
        steps = []
        for part in filter(None, (part.strip() for part in ops.split(","))):
            name, given, amount = part.partition("=")
            operation = _operation(name.strip(), table)
            usual = operation.amount.default if operation.amount else None
            steps.append(Step(operation.name, _number(operation.name, amount) if given else usual))
        return cls(kind, tuple(steps), **told).checked(table)

    def checked(self, table: Table) -> "Chain":
        """The same with every value in its bounds. Raises UserError."""
        if not 0 < len(self.steps) <= MOST:
            raise _refused(f"The chain has {len(self.steps)} operations.", f"From 1 to {MOST}.", "Choose at least one.")
        for name, value, known in (("way", self.way, WAYS), ("fill", self.fill, FILLS)):
            if value not in known:
                raise _refused(f"The chain's {name} is {str(value)[:24]}.", f"One of {', '.join(known)}.", "Choose one of them.")
        for name, value, low, high in (("few", self.few, FEWEST, MOST), ("seed", self.seed, 0, MOST_SEED)):
            if type(value) is not int or not low <= value <= high:
                raise _refused(f"The chain's {name} is {str(value)[:24]}.", f"A whole number from {low} to {high:,}.", "Choose another.")
        return replace(self, steps=tuple(_checked(step, table) for step in self.steps))

    def drawn(self, rng: np.random.Generator) -> list[int]:
        """Numbers of the steps that are done this time, in their order."""
        chosen = list(range(len(self.steps)))
        if self.way != "all":
            count = 1 if self.way == "one" else min(self.few, len(chosen))
            chosen = sorted(rng.choice(len(chosen), count, replace=False).tolist())
        return [number for number in chosen if rng.random() < self.steps[number].chance]


def generator(seed: int, *which: int) -> np.random.Generator:
    """The random numbers of one variant of one thing: whatever is made beside it, it is the same."""
    return np.random.default_rng([seed, *which])


def _checked(step: Step, table: Table) -> Step:
    operation = _operation(step.name, table)
    chance = step.chance
    if not isinstance(chance, int | float) or isinstance(chance, bool) or not 0 <= chance <= 1:
        raise _refused(f"The chance of {operation.name} is {str(chance)[:24]}.", "A number from 0 to 1.", "1: always.")
    if operation.amount is None:
        return Step(operation.name, None, float(chance))
    asked = operation.amount.default if step.amount is None else step.amount
    return Step(operation.name, operation.amount.check(operation.name, asked), float(chance))


def _operation(name: object, table: Table):
    if not isinstance(name, str) or name not in table:
        raise _refused(f"There is no operation “{str(name)[:40]}”.", f"Operations: {', '.join(table)}.", "Choose one of them.")
    return table[name]


def _number(operation: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise _refused(f"“{text[:24]}” is no number.", f"Behind {operation}= stands its amount.", f"Such as {operation}=0.2.") from None


def _refused(what: str, limit: str, remedy: str) -> UserError:
    return UserError(what, limit, remedy, "ops")
