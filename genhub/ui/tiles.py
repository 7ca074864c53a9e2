"""The tiles of *Start*: each a verb, a sentence, and a picture that was computed and can be pressed.

    classify · write · translate · draw · augment · look inside · compare · explain · catch it cheating

All figures come from what is stored with the app: runs, a text with its tokens, a translation, ways of choosing side by side, the attention of
a BERT.
A tile whose file was not made yet is left out.
"""

from genhub.errors import UserError
from genhub.jobs.folder import RunFolder
from genhub.lab import EXAMPLES, Lab
from genhub.lab.insides import EXAMPLE, EXAMPLE_PLACES, Stored
from genhub.ui import charts, maps, markup, tokens
from genhub.ui.augment import stored as varying
from genhub.ui.classify import exhibit
from genhub.ui.generate import decode, stored
from genhub.ui.generate.inside import shared
from genhub.ui.images import play
from genhub.ui.images import stored as drawing
from genhub.ui.markup import esc
from genhub.ui.translate import attention
from genhub.ui.translate import state as translating

ATTENTION = EXAMPLE_PLACES["encoder"]
VARIED, VARIANTS = "varied", 12
CANDIDATES = 4  # of the framed token


def render(lab: Lab) -> str:
    tiles = [classify(), write(), translate(), draw(), augment(), look_inside(lab), compare(), explain(), catch_it_cheating()]
    return markup.page(f'<div class="gh-tiles">{"".join(tile for tile in tiles if tile)}</div>')


def _tile(title: str, text: str, *picture: str) -> str:
    return f'<section class="gh-tile"><h3>{esc(title)}</h3>{markup.paragraph(text, "muted")}{"".join(picture)}</section>'


def classify() -> str:
    """A confusion matrix; a cell leads to its rows."""
    metrics = _example("support", "metrics.json")
    if not metrics:
        return ""
    base = metrics["baselines"]
    text = f"LoRA on {metrics['test_rows']} support requests: accuracy {metrics['accuracy']:.3f}, TF-IDF {base['tfidf']['accuracy']:.3f}, majority {base['majority']['accuracy']:.3f}. Press a cell for its rows."
    return _tile("Classify", text, charts.matrix(metrics["confusion"], metrics["labels"]), markup.pick("Train one", "train:open"))


def write() -> str:
    """A text by its surprise, and what else could have stood at one of its tokens."""
    told = stored.example()
    if not told:
        return ""
    text = f"{told['model']} goes on with a beginning. The stronger the colour, the less probable the token. Press one: why this, and what else?"
    drawn = tokens.text(told["prompt"], told["told"]["tokens"], picked=told["picked"])
    best = told["why"]["candidates"][:CANDIDATES]
    bars = shared.shares((tokens.piece_text(one["text"]), one["raw"], tokens.probability(one["raw"])) for one in best)
    before = "".join(token["text"] for token in told["told"]["tokens"][: told["picked"]]).rpartition("\n")[2]
    return _tile("Write", text, drawn, markup.paragraph(f"Most probable after “{before}”:", "gi-label"), bars)


def translate() -> str:
    """A sentence and its translation, word by word; a word leads to what it looked at, or to what becomes of the rest without it."""
    told = translating.example()
    if not told:
        return ""
    pair, word = told["attention"], told["word"]
    liked = max(range(len(pair["source_words"])), key=pair["attention"][word].__getitem__)
    text = f"{told['values']['model']} wrote the second line. At “{pair['target_words'][word]}” it looked at “{pair['source_words'][liked]}” most. Press another word of the translation, or hide one of the source from it."
    return _tile("Translate", text, attention.lines(pair, word, []))


def draw() -> str:
    """Images that a model drew; one leads to its code."""
    told = drawing.example()
    if not told:
        return ""
    drawn = told["drawn"]
    text = f"Nobody wrote these digits: {told['model']} drew them, {drawn['count']} in {1000 * drawn['seconds']:.0f} ms, told the class of each column. Press one for its code, its neighbours, and more like it."
    return _tile("Draw", text, play.cells(drawn))


def augment() -> str:
    """A photograph's variants; one leads to the stage where they are made."""
    told = varying.example()
    if not told:
        return ""
    text = f"One photograph, {VARIANTS} variants of it as a model would meet them. Is it still a {told['photo']}? Press one to build the chain yourself, and measure whether it helps."
    cells = "".join(_variant(number, one) for number, one in enumerate(told["sheet"]["variants"][:VARIANTS]))
    return _tile("Augment", text, f'<div class="ga-grid">{cells}</div>')


def _variant(number: int, one: dict) -> str:
    name = f"Variant {number + 1}"
    return (
        f'<button type="button" data-pick="{VARIED}:{number}" aria-label="{name}"><img src="{esc(one["picture"])}" alt="{name}"></button>'
    )


def look_inside(lab: Lab) -> str:
    """All heads of one layer on one sentence; a head leads to its map."""
    try:
        told = Stored(lab.settings).inside_attention("", EXAMPLE, ATTENTION.family, ATTENTION.layer)
    except UserError:
        return ""
    heads = "".join(_head(number, weights) for number, weights in enumerate(told["weights"], start=1))
    row, names = ATTENTION.query - 1, told["shown"]
    liked = max(range(len(names)), key=lambda place: told["weights"][ATTENTION.head - 1][row][place])
    text = f"“{EXAMPLE}” Which word looks at which, in {len(told['weights'])} heads of BERT. In one of them “{names[row]}” looks at “{names[liked]}”: press it."
    return _tile("Look inside", text, f'<div class="gh-heads">{heads}</div>')


def _head(number: int, weights: list) -> str:
    name = f"Head {number}"
    return f'<button type="button" data-pick="head:{number}" aria-label="{name}" title="{name}">{maps.thumbnail(weights)}</button>'


def compare() -> str:
    """What each way of choosing wrote; a press says which one repeats itself most."""
    told = stored.example()
    if not told:
        return ""
    ways = zip(decode.PRESETS[decode.FIRST], told["compared"], strict=False)
    rows = "".join(_way(place, way.label, wrote["tokens"]) for place, (way, wrote) in enumerate(ways))
    text = "One beginning, several ways to choose the next token. Which one repeats itself most? Press it to see the figures."
    return _tile("Compare", text, f'<div class="gh-ways">{rows}</div>')


def _way(place: int, label: str, wrote: list[dict]) -> str:
    return f'<button type="button" data-pick="way:{place}"><b>{esc(label)}</b>{tokens.line(wrote)}</button>'


def explain() -> str:
    """A text by what its words say for the answer; a word leads to taking it out."""
    told = _example("support", "explained.json")
    if not told:
        return ""
    text = f"What speaks for “{told['label']}” ({told['score']:.2f}), by integrated gradients. Press a word to go on in Try it."
    return _tile("Explain", text, charts.words(told["words"]))


def catch_it_cheating() -> str:
    """A superb figure, and a text on which it does not help."""
    metrics = _example("shortcut", "metrics.json")
    if not metrics:
        return ""
    guesses = " ".join(markup.pick(guess, f"guess:{guess}") for guess in exhibit.GUESSES)
    figure = f'<p class="gh-big">{100 * metrics["accuracy"]:.1f} %</p>'
    asked = f"<p>What will it call this one?</p><blockquote>{esc(exhibit.TEXT)}</blockquote>"
    return _tile("Catch it cheating", "Complaint or praise? Of the rows that it had not seen, this model got right", figure, asked, guesses)


def _example(name: str, file: str) -> dict:
    folder = RunFolder(EXAMPLES / name)
    return folder.read(file) if folder.has(file) else {}
