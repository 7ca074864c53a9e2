"""The course index: every topic of the course that can be done on the page, with the way to the place and the state to do it in.

A line is a topic, what it is in a sentence, one question that an experiment answers, and a way. They are grouped as in the course.
"""

from genhub.ui import markup, tokens
from genhub.ui.course import data, images, texts
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
    return {} if number is None else follow(LINES[number].way)


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
    return f"<li><b>{markup.esc(line.topic)}</b><span>{markup.esc(line.told)}</span><span>{markup.esc(line.question)}</span><span>{way}</span></li>"
