"""Texts as their tokens: coloured by how probable each was, and what stood to choose from at one of them.

A token is a dictionary as the model worker gives it: {id, text, logprob, entropy, rank}, nats.
"""

import itertools
import math

from genhub.ui import charts, markup
from genhub.ui.markup import Raw, esc

STRONGEST = 78  # per cent of its colour that the least probable token has: the text stays readable on it
DULL, ODD = 1.0, 12.0  # bits of surprise between which the colour grows
PIECE_CHARS = 24
STAGES = (("raw", "probability"), ("penalised", "after penalties"), ("tempered", "after temperature"), ("kept", "after the cut"))


def text(
    prompt: str, tokens: list[dict], pick: str = "token", picked: int | None = None, *, writing: bool = False, small: bool = False
) -> str:
    """The prompt in grey and every token coloured by its surprise; a press on token 3 is picked as "token:3"."""
    pieces = [_token(token, f"{pick}:{place}" if pick else "", place == picked) for place, token in enumerate(tokens)]
    cursor = '<span class="cursor" aria-hidden="true"></span>' if writing else ""
    begun = f'<span class="prompt">{esc(prompt)}</span>' if prompt else ""
    return f'<div class="gh-text{" small" if small else ""}">{begun}{"".join(pieces)}{cursor}</div>'


def growing(prompt: str, tokens: list[dict]) -> str:
    """A text that is being written, drawn again many times a second: nothing to press yet, neighbours of one colour in one piece."""
    runs = itertools.groupby(tokens, key=lambda token: strength(token["logprob"]))
    pieces = "".join(f'<span class="tok" style="--s:{tone}">{_shown("".join(token["text"] for token in run))}</span>' for tone, run in runs)
    begun = f'<span class="prompt">{esc(prompt)}</span>' if prompt else ""
    return f'<div class="gh-text growing">{begun}{pieces}<span class="cursor" aria-hidden="true"></span></div>'


def line(tokens: list[dict]) -> str:
    """The same in one line, cut where it has no room, nothing to press; for use inside a button."""
    pieces = "".join(f'<i style="--s:{strength(token["logprob"])}">{esc(token["text"]).replace(chr(10), " ")}</i>' for token in tokens)
    return f'<span class="gh-text line">{pieces}</span>'


def _token(token: dict, pick: str, pressed: bool) -> str:
    shown = _shown(token["text"]) or '<span class="mark">◌</span>'
    tip = f"{probability(math.exp(token['logprob']))}, rank {token['rank'] + 1:,}, entropy {token['entropy'] / math.log(2):.2f} bits"
    tone = f'style="--s:{strength(token["logprob"])}"'
    if not pick:
        return f'<span class="tok" {tone} title="{tip}">{shown}</span>'
    return f'<span class="tok" role="button" tabindex="0" data-pick="{pick}" aria-pressed="{str(pressed).lower()}" {tone} title="{tip}">{shown}</span>'


def _shown(value: str) -> str:
    return esc(value).replace("\n", '<span class="mark">↵</span>\n')


def picked(pick: str, verb: str, count: int) -> int | None:
    """The place that a press named: 3 of "token:3" where the verb is "token" and there are more than three; None for any other press."""
    said, _, place = pick.partition(":")
    return int(place) if said == verb and place.isdecimal() and len(place) < 7 and int(place) < count else None


def strength(logprob: float) -> int:
    """Of a token's colour, in per cent: none for what was to be expected."""
    share = (-logprob / math.log(2) - DULL) / (ODD - DULL)
    return round(STRONGEST * max(0.0, min(1.0, share)))


def strength_of(share: float) -> int:
    """The same of a probability."""
    return strength(math.log(max(share, 1e-9)))


def scale(title: str = "Probability of a token:") -> str:
    """What the colours mean."""
    steps = ((0.5, "½ or more"), (0.1, "1 in 10"), (0.01, "1 in 100"), (0.001, "1 in 1,000"), (0.0001, "1 in 10,000"))
    items = "".join(f'<span><i style="--s:{strength(math.log(share))}"></i>{esc(name)}</span>' for share, name in steps)
    return f'<div class="gh-scale"><span>{esc(title)}</span>{items}</div>'


def probability(value: float) -> str:
    """For people: two digits that count."""
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}" if value >= 1e-4 else f"{value:.0e}" if value > 0 else "0"


def piece_text(value: str) -> str:
    """One token by itself as plain text, its blanks and line breaks visible, cut where it is long."""
    shown = value.replace("\n", "↵").replace("\t", "⇥")
    shown = shown if len(shown) <= PIECE_CHARS else shown[: PIECE_CHARS - 1] + "…"
    return shown if shown.strip() else "␣" * len(shown) or "◌"


def piece(value: str) -> Raw:
    """The same as a piece of the page."""
    return Raw(f'<code class="gh-piece">{esc(piece_text(value))}</code>')


def course(tokens: list[dict]) -> str:
    """Entropy and surprise along a text, in bits."""
    bits = math.log(2)
    series = {
        "entropy": [(place + 1, token["entropy"] / bits) for place, token in enumerate(tokens)],
        "surprise": [(place + 1, -token["logprob"] / bits) for place, token in enumerate(tokens)],
    }
    told = "How open the choice was (entropy) and how unlikely what was chosen is (surprise): drawn tokens lie about the entropy, the most probable one far below it."
    return charts.lines(series, "token", "bits", told) if len(tokens) > 1 else ""


def candidates(told: dict, branch: str = "branch", stages: tuple[str, ...] = tuple(key for key, _ in STAGES)) -> str:
    """The best candidates at a place through the stages of the choice, as `serving.generating.inspect` tells them. branch: what a press
    on another candidate is picked as; empty: none can be pressed."""
    shown = [(key, name) for key, name in STAGES if key in stages and (key != "penalised" or _changes(told, "raw", "penalised"))]
    names = ("token", "logit", *(name for _, name in shown), "")
    head = "".join(f'<th scope="col"{" class=num" if name == "logit" else ""}>{markup.term(name)}</th>' for name in names)
    rows = "".join(_candidate(candidate, [key for key, _ in shown], branch) for candidate in told["candidates"])
    return f'<div class="scroll"><table class="gh-candidates"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _candidate(candidate: dict, keys: list[str], branch: str) -> str:
    cells = "".join(_share(candidate[key], index) for index, key in enumerate(keys))
    chosen = candidate["chosen"]
    way = ("chosen" if branch else "the text") if chosen else markup.pick("branch here", f"{branch}:{candidate['id']}") if branch else ""
    return (
        f'<tr class="{"chosen" if chosen else ""}"><td>{piece(candidate["text"])}</td><td class="num">{candidate["logit"]:.2f}</td>'
        f"{cells}<td>{way}</td></tr>"
    )


def _share(value: float, colour: int) -> str:
    if not value:
        return '<td class="cut">cut away</td>'
    bar = f'<i style="width:{max(1.0, 100 * value):.1f}%;background:{charts.colour(colour)}"></i>'
    return f'<td><div class="cell"><span>{probability(value)}</span><span>{bar}</span></div></td>'


def _changes(told: dict, before: str, after: str) -> bool:
    return any(abs(candidate[before] - candidate[after]) > 1e-6 for candidate in told["candidates"])
