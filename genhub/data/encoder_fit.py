"""Whether an encoder can read these texts: how long they are in its tokens, and which language they are in.

Both look at samples and import their library when called: `tokenizers` and `py3langid` belong to one-shot children.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from genhub.data import languages

TOKENS_AT_MOST = 5_000  # texts that are tokenised; more are estimated from these
LANGUAGE_TEXTS = 1_000  # texts looked at, about half a millisecond each
STRANGER_TEXTS = 20_000  # as many when single texts in other languages shall be left out
LANGUAGE_CHUNK = 200  # characters; single short texts are often taken for another language
LANGUAGE_CHARS = 300  # below this nothing is said


@dataclass(frozen=True)
class Lengths:
    """Lengths of texts in `unit` ("tokens", or "words" without a tokenizer). `over`: texts longer than `max_length` tokens; in words
    these are the texts that are longer in any case, a word being a token at least."""

    unit: str
    median: int
    p95: int
    longest: int
    over: int
    max_length: int
    estimated: bool


@dataclass(frozen=True)
class Language:
    """`share` of the sampled text that is in the language `code` (ISO 639-1); `strangers`: (row, code) of single texts that are
    clearly in another one, among the `looked` at."""

    code: str
    share: float
    strangers: tuple[tuple[int, str], ...] = ()
    looked: int = 0

    @property
    def name(self) -> str:
        return languages.called(self.code)


def lengths(texts: list[str], tokenizer_file: Path | None, max_length: int) -> Lengths:
    """How long the texts are, special tokens included. A file that is not there, or none, means counting words."""
    if tokenizer_file is None or not Path(tokenizer_file).is_file():
        counts = sorted(len(text.split()) for text in texts) or [0]
        over = sum(count > max_length for count in counts)
        return Lengths("words", _at(counts, 0.5), _at(counts, 0.95), counts[-1], over, max_length, False)
    sample = _spread(texts, TOKENS_AT_MOST)
    counts = sorted(_token_counts(sample, Path(tokenizer_file))) or [0]
    over = sum(count > max_length for count in counts)
    if len(sample) < len(texts):
        over = round(over * len(texts) / len(sample))
    return Lengths("tokens", _at(counts, 0.5), _at(counts, 0.95), counts[-1], over, max_length, len(sample) < len(texts))


def _token_counts(texts: list[str], tokenizer_file: Path) -> list[int]:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return [len(encoding.ids) for encoding in tokenizer.encode_batch(texts)]


def language(rows: list[dict], most: int = LANGUAGE_TEXTS) -> Language | None:
    """The language of most of a sample of rows ({"row", "text"}), None when there is too little text or no language has half.
    Strangers are looked for in at most `most` rows."""
    sample = _spread(rows, LANGUAGE_TEXTS)
    chunks = _chunks([row["text"] for row in sample])
    if sum(map(len, chunks)) < LANGUAGE_CHARS:
        return None
    import py3langid

    votes = Counter(py3langid.classify(chunk)[0] for chunk in chunks)
    code, count = votes.most_common(1)[0]
    if count < len(chunks) / 2:
        return None
    strangers = []
    looked = _spread(rows, most)
    for row in looked:
        other = languages.stranger(row["text"], code)
        if other:
            strangers.append((row["row"], other))
    return Language(code, count / len(chunks), tuple(strangers), len(looked))


def texts_to_look_at(fixes: Iterable[str]) -> int:
    """How many texts are looked at for strangers: what shall be left out must be found first."""
    return STRANGER_TEXTS if "drop-other-languages" in fixes else LANGUAGE_TEXTS


def unread(found: Language | None, trained: tuple[str, ...]) -> dict[int, str]:
    """Rows in languages that an encoder trained on some ("*" for many) does not read, where it reads the table's own; by row."""
    if found is None or "*" in trained or found.code not in trained:
        return {}
    return {row: code for row, code in found.strangers if code not in trained}


def texts_of(table, column: str) -> list[dict]:
    """The rows of a `tables.Table` that have a text, for `language`: the same whatever remedies are pressed."""
    place = table.index(column, "text_column")
    return [{"row": number, "text": row[place].strip()} for number, row in enumerate(table.rows, start=1) if row[place].strip()]


def _chunks(texts: list[str]) -> list[str]:
    """Texts joined until each piece is long enough to be recognised; a long text is cut."""
    chunks, piece = [], ""
    for text in texts:
        piece = f"{piece} {text[: 5 * LANGUAGE_CHUNK]}".strip()
        if len(piece) >= LANGUAGE_CHUNK:
            chunks.append(piece)
            piece = ""
    return [*chunks, piece] if piece and not chunks else chunks


def _spread(items: list, most: int) -> list:
    """At most `most` of them, evenly over the table."""
    if len(items) <= most:
        return items
    return [items[place * len(items) // most] for place in range(most)]


def _at(ordered: list[int], share: float) -> int:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
