"""The lines of the course on data."""

from genhub.ui.course.line import Line
from genhub.ui.ways import Way

COURSE: dict[str, tuple[Line, ...]] = {
    "Data and its bias": (
        Line(
            "Learned bias in data",
            "A model takes the shortest way that the table leaves open.",
            "Does accuracy on unseen rows show that it cheats?",
            Way("cheat"),
        ),
    ),
}
