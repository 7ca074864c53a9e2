"""A line of the course, and the fields of a stage as a line chooses them."""

from dataclasses import dataclass

from genhub.ui.classify import method as classify_method
from genhub.ui.learning import options
from genhub.ui.learning.kinds import Kind
from genhub.ui.ways import Way


@dataclass(frozen=True)
class Line:
    """`told`: the topic in a sentence; `question`: what an experiment answers, at the end of `way`."""

    topic: str
    told: str
    question: str
    way: Way


def classifier(name: str, *beside: str) -> dict:
    """The fields of stage 2 of Classify: this method, and those that are to be trained as well."""
    return {"preset": classify_method.OWN, "method": name, "more_method": "", "other_methods": list(beside)}


def learner(kind: Kind, preset: str, values: dict) -> dict:
    """The fields of *Adapt* or *From scratch*."""
    return {kind.name("preset"): preset, **{kind.name(option): value for option, value in values.items()}}


def painter(kind: Kind, **values) -> dict:
    """The fields of a training on images: these options, of all others the usual ones."""
    usual = {name: kind.config.option(name).default for name in kind.options}
    usual = {name: "" if value is None else value for name, value in usual.items()}
    return learner(kind, options.OWN, {**usual, **values})
