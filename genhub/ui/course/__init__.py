"""The course index: every topic of the course that can be done on the page, with the way to the place and the state to do it in.

A line is a topic, what it is in two sentences, its formula, one question that an experiment answers, and a way; what one expects is
written down first, and stands beside the experiment. They are grouped as in the course.
"""

from genhub.ui import markup, tokens
from genhub.ui.course import data, images, texts
from genhub.ui.course.formulas import MORE
from genhub.ui.course.line import Line
from genhub.ui.ways import follow

PICK = "line"
INTRO = "Each line opens the page where its question can be answered, with what it asks for already chosen."
COURSE = {**texts.COURSE, **images.COURSE, **data.COURSE}
LINES = [line for group in COURSE.values() for line in group]
FIELDS = list(dict.fromkeys(name for line in LINES for name in line.way.values))


def go(pick: str) -> dict:
    """A line was pressed."""
    number = tokens.picked(pick, PICK, len(LINES))
    return {} if number is None else {**follow(LINES[number].way), "link_shown": asked(number)}


def sample(pick: str) -> str:
    """The sample table that a line has chosen in Classify; "" for one that has chosen none."""
    number = tokens.picked(pick, PICK, len(LINES))
    return "" if number is None else LINES[number].way.values.get("data_sample", "")


def asked(number: int) -> str:
    """What stands above the page while one looks for the answer; the browser adds what was expected."""
    line = LINES[number]
    expected = f'<span class="gh-expected" data-commit="{markup.esc(line.topic)}"></span>'
    return markup.page(f'<div class="gh-note"><b>{markup.esc(line.topic)}.</b> {markup.esc(line.question)} {expected}</div>')


def render() -> str:
    """The lines under the headings of the course, a list each."""
    numbers = {line.topic: number for number, line in enumerate(LINES)}
    groups = [
        f"<h4>{markup.esc(heading)}</h4><ul>{''.join(_line(line, numbers[line.topic]) for line in lines)}</ul>"
        for heading, lines in COURSE.items()
    ]
    return markup.page("<h3>Course index</h3>", markup.paragraph(INTRO, "muted"), *groups, classes="gh-course")


def _line(line: Line, number: int) -> str:
    way = markup.pick(f"Open {line.way.name}", f"{PICK}:{number}")
    more, formula = MORE[line.topic]
    told = f'{markup.esc(f"{line.told} {more}")}<code class="gh-formula">{markup.esc(formula)}</code>'
    label = markup.esc(f"Commit first: what do you expect of “{line.topic}”?")
    commit = f'<input class="gh-commit" data-commit="{markup.esc(line.topic)}" maxlength="200" placeholder="Commit first: what do you expect?" aria-label="{label}">'
    question = f"{markup.esc(line.question)}{commit}"
    return f"<li><b>{markup.esc(line.topic)}</b><span>{told}</span><span>{question}</span><span>{way}</span></li>"
