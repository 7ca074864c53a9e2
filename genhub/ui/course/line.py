"""A line of the course, and the fields of a stage as a line chooses them."""

from dataclasses import dataclass

from genhub.augment.chain import Chain
from genhub.ui import markup
from genhub.ui.augment import editor, texts
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
    fields = learner(kind, options.OWN, {**usual, **values})
    return {**fields, kind.name("preset"): options.preset_of(kind, fields)}


def pictures(chain: Chain) -> dict:
    """The chain of stage 1 of Augment; the tab draws what it makes once it is opened."""
    return {"image_chain": chain.to_dict(), "augment_arrived": False}


def words(chain: Chain) -> dict:
    """The chain of stage 2 of Augment; variants by another one go."""
    shown = {"text_shown": markup.page(markup.note("Press “Make variants”.")), "text_made": None}
    return {"text_chain": chain.to_dict(), "text_editor": editor.render(texts.KIND, chain), **shown}
