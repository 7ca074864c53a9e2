"""One code in words and pictures: what is decoded there, which known images are near, which other codes look alike."""

from collections import Counter

from genhub.ui import markup

SHOWN_AS = {
    "own": "as they are",
    "given back": "as the model gives them back",
    "nearly": "nearly as the model gives them back",  # the start of their codes is all that is kept
}


def look(told: dict) -> str:
    """The answer of `lab.look`."""
    asked = f", told “{told['class']}”" if told.get("class") else ""
    parts = [f"<h3>This image{markup.esc(asked)}</h3>", markup.picture(told["picture"], "The image", "one"), _code(told)]
    if "nearest" in told:
        parts += nearest(told["nearest"])
    parts += ["<h3>More like this</h3>", markup.picture(told["alike"], "Images of codes near this one")]
    return markup.page(*parts)


def nearest(told: dict) -> list[str]:
    """Known images near a code; the model gives them back where they themselves are not here."""
    whose = SHOWN_AS[told["shown"]]
    counted = Counter(name for name in told["classes"] if name)
    named = ", ".join(f"{name} ({count})" if count > 1 else name for name, count in counted.most_common())
    said = f"The nearest images that it has not learnt from, {whose}" + (f": {named}." if named else ".")
    return ["<h3>Neighbours</h3>", markup.picture(told["picture"], said), markup.paragraph(said, "muted")]


def _code(told: dict) -> str:
    return markup.paragraph(f"Its code: {listed(told['code'], told['size'])}", "muted")


def listed(code: list[float], size: int) -> str:
    """The first numbers of a code of `size`."""
    return ", ".join(f"{number:.2f}" for number in code) + (" …" if size > len(code) else "")
