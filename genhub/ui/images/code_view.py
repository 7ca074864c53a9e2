"""One code in words and pictures: what is decoded there, which known images are near, which other codes look alike."""

from collections import Counter

from genhub.ui import markup


def look(told: dict) -> str:
    """The answer of `lab.look`."""
    asked = f", told “{told['class']}”" if told.get("class") else ""
    parts = [f"<h3>This image{markup.esc(asked)}</h3>", markup.picture(told["picture"], "The image", "one"), _code(told["code"])]
    if "nearest" in told:
        parts += nearest(told["nearest"])
    parts += ["<h3>More like this</h3>", markup.picture(told["alike"], "Images of codes near this one")]
    return markup.page(*parts)


def nearest(told: dict) -> list[str]:
    """Known images near a code; the model gives them back where they themselves are not here."""
    whose = "as they are" if told["own"] else "as the model gives them back"
    counted = Counter(name for name in told["classes"] if name)
    named = ", ".join(f"{name} ({count})" if count > 1 else name for name, count in counted.most_common())
    said = f"The nearest images that it has not learnt from, {whose}" + (f": {named}." if named else ".")
    return ["<h3>Neighbours</h3>", markup.picture(told["picture"], said), markup.paragraph(said, "muted")]


def _code(code: list[float]) -> str:
    more = " …" if len(code) == 32 else ""
    return markup.paragraph(f"Its code: {', '.join(f'{number:.2f}' for number in code)}{more}", "muted")
