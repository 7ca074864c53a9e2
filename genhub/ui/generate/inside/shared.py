"""What the parts share: who reads what, the two halves of a view, shares as bars, vectors as numbers."""

from collections.abc import Callable, Iterable

from genhub.errors import UserError
from genhub.lab.insides import CAUSAL, ENCODER, EXAMPLE, Unread
from genhub.training.configs.inside import FAMILIES
from genhub.ui import markup
from genhub.ui.markup import Raw, esc

FIRST = {"text": EXAMPLE, "model": CAUSAL}  # what is read until the visitor writes a sentence
MODELS = [(name, family) for family, name in FAMILIES.items()]


def named(family: str, asked: dict) -> str:
    """Who reads, for people: “BERT (minilm-l6)”."""
    model = asked["model"] if family == "causal" else ENCODER
    return f"{FAMILIES[family]} ({str(model).rpartition('/')[2]})"


def both(half: Callable[[str], str], asked: dict) -> str:
    """BERT's half and GPT's side by side; one that cannot be computed says why. Raises UserError where neither can be."""
    shown, failed = [], []
    for family in FAMILIES:
        try:
            inside = half(family)
        except Unread as error:
            inside = markup.note(str(error))
        except UserError as error:
            inside = markup.problem(error)
            failed.append(error)
        shown.append(f"<section><h3>{esc(named(family, asked))}</h3>{inside}</section>")
    if len(failed) == len(FAMILIES):
        raise failed[0]
    return markup.page(f'<div class="gh-two">{"".join(shown)}</div>')


def clipped(ask: Callable[..., dict], **place: int) -> dict:
    """`ask(**place)`; a layer or head that this model does not have gives way to its first one."""
    try:
        return ask(**place)
    except UserError as error:
        if place.get(error.field, 1) == 1:
            raise
        return clipped(ask, **{**place, error.field: 1})


def scored(score: list[int], right: bool) -> tuple[list[int], str]:
    """Guesses right and made, with one more; and that in words."""
    score = [score[0] + right, score[1] + 1]
    return score, f"Guesses right: {score[0]} of {score[1]}."


def shares(rows: Iterable[tuple[str, float, str]], tone: str = "var(--c0)") -> str:
    """(name, share from 0 to 1, what it says) a row, as bars."""
    lines = (
        f'<div class="name">{esc(name)}</div><div class="bar"><i style="width:{100 * max(0.0, min(1.0, share)):.1f}%;background:{tone}"></i></div>'
        f'<div class="told">{esc(told)}</div>'
        for name, share, told in rows
    )
    return f'<div class="gi-shares">{"".join(lines)}</div>'


def cell(told: str, share: float, tone: str = "var(--c0)") -> Raw:
    """A number with its bar, for a table; share from 0 to 1."""
    width = 100 * max(0.0, min(1.0, share))
    return Raw(f'<div class="gi-cell"><span>{esc(told)}</span><i style="width:{width:.1f}%;background:{tone}"></i></div>')


def vector(numbers: list[float], length: int) -> str:
    """The first numbers of a vector of so many."""
    shown = "".join(f"<span>{number:.2f}</span>" for number in numbers).replace("-", "−")
    rest = f'<span class="rest">… of {length}</span>' if length > len(numbers) else ""
    return f'<div class="gi-vector">{shown}{rest}</div>'


def signed(number: float, digits: int = 2) -> str:
    return f"{number:.{digits}f}".replace("-", "−")


def small(number: float) -> str:
    """A difference of rounding: “2e-06” as “2 · 10⁻⁶”."""
    if number == 0:
        return "0"
    digits, _, power = f"{number:.0e}".partition("e")
    return f"{digits} · 10{str(int(power)).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def quoted(piece: str) -> str:
    """A piece of the text in a sentence."""
    return f"“{piece}”"
