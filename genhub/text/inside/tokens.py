"""A sentence as a model reads it: pieces with their ids, characters and bytes, their embeddings and the nearest other ones."""

import re
from dataclasses import dataclass

import torch
from torch import nn

from genhub.errors import UserError
from genhub.text.causal import Causal
from genhub.text.encoder import Encoder

MOST = 64  # tokens that can be shown side by side
BLANK = "·"  # stands for a blank that belongs to a piece
BYTE = re.compile(r"<0x([0-9A-F]{2})>")


@dataclass(frozen=True)
class Piece:
    """One token of a sentence. name: in the vocabulary; shown: how a chart spells it, a blank as “·”; text: the characters of the
    sentence that it covers; hex: its bytes, empty for a special token."""

    id: int
    name: str
    shown: str
    text: str
    hex: str
    special: bool


@dataclass(frozen=True)
class Sentence:
    """Pieces in order; segments: 0 or 1 for each, empty where the model knows none; spans: its characters in the text."""

    pieces: list[Piece]
    segments: list[int]
    spans: list[tuple[int, int]]

    @property
    def ids(self) -> list[int]:
        return [piece.id for piece in self.pieces]

    def inputs(self) -> dict[str, torch.Tensor]:
        """What the model is called with: `input_ids` (1, T), and `token_type_ids` where it knows them."""
        segments = {"token_type_ids": torch.tensor([self.segments])} if self.segments else {}
        return {"input_ids": torch.tensor([self.ids]), **segments}


@dataclass(frozen=True)
class Neighbour:
    id: int
    shown: str
    cosine: float


@dataclass(frozen=True)
class Embedded:
    """The length of a piece's embedding, and the pieces whose embeddings point most nearly the same way."""

    norm: float
    neighbours: list[Neighbour]


def read(reader: Encoder | Causal, text: str, second: str = "") -> Sentence:
    """The pieces of a text, of two texts where an encoder is given a second one. Raises UserError for more than MOST tokens, and
    for what the model cannot read."""
    tokenizer = reader.tokenizer
    encoding = tokenizer(text, *([second] if second else []), return_offsets_mapping=True, return_special_tokens_mask=True)
    ids, spans = encoding["input_ids"], encoding["offset_mapping"]
    if isinstance(reader, Causal):
        ids = reader.encode(text)  # refuses what cannot be read, and leaves a closing token out
    if all(encoding["special_tokens_mask"]):
        raise UserError("This text has no piece that the model can read.", "At least one.", "Write a sentence.", "text")
    most = min(MOST, _positions(reader))
    if len(ids) > most:
        raise UserError(f"The text has {len(ids):,} tokens for this model.", f"At most {most} are shown here.", "Shorten it.", "text")
    sources = [second if number == 1 else text for number in encoding.sequence_ids()]
    pieces = [
        _piece(tokenizer, token, sources[place][slice(*spans[place])], bool(encoding["special_tokens_mask"][place]))
        for place, token in enumerate(ids)
    ]
    return Sentence(pieces, list(encoding.get("token_type_ids", ())), [tuple(span) for span in spans[: len(ids)]])


def _positions(reader: Encoder | Causal) -> int:
    return (reader.positions or MOST) if isinstance(reader, Causal) else reader.max_length


@torch.inference_mode()
def embedded(model: nn.Module, tokenizer, ids: list[int], top: int = 8) -> list[Embedded]:
    """For each of T ids: its row of the table of input embeddings (V, D), compared with all other rows by cosine."""
    table = model.get_input_embeddings().weight[: len(tokenizer)]
    lengths = torch.linalg.vector_norm(table, dim=1).clamp(min=1e-12)
    index = torch.tensor(ids)
    cosines = table[index] @ table.T / (lengths[index, None] * lengths)
    cosines[torch.arange(len(ids)), index] = -2.0  # a piece is not its own neighbour
    best = cosines.topk(min(top, len(lengths) - 1))
    return [
        Embedded(
            float(lengths[token]), [Neighbour(other, spelled(tokenizer, other), float(cosine)) for cosine, other in zip(*row, strict=True)]
        )
        for token, *row in zip(ids, best.values.tolist(), best.indices.tolist(), strict=True)
    ]


def spelled(tokenizer, token: int) -> str:
    """A token by itself as a chart spells it: a blank as “·”, bytes that are no character as \\x…"""
    name = str(tokenizer.convert_ids_to_tokens(token))
    if token in tokenizer.all_special_ids:
        return name
    raw = _bytes(tokenizer, name)
    text = name.replace("▁", " ") if raw is None else raw.decode("utf-8", errors="backslashreplace")
    return text.replace(" ", BLANK).replace("\n", "↵").replace("\t", "→") or name


def _piece(tokenizer, token: int, text: str, special: bool) -> Piece:
    name = str(tokenizer.convert_ids_to_tokens(token))
    raw = _bytes(tokenizer, name)
    raw = text.encode() if raw is None else raw
    return Piece(token, name, spelled(tokenizer, token), text, "" if special else raw.hex(" "), special)


def _bytes(tokenizer, name: str) -> bytes | None:
    """The bytes that a token of a byte-level vocabulary stands for; None where tokens are characters."""
    from tokenizers.decoders import ByteLevel

    if found := BYTE.fullmatch(name):
        return bytes([int(found[1], 16)])
    if not isinstance(tokenizer.backend_tokenizer.decoder, ByteLevel):
        return None
    return bytes(ALPHABET[letter] for letter in name) if all(letter in ALPHABET for letter in name) else name.encode()


def _alphabet() -> dict[str, int]:
    """Letter → byte of byte-level BPE (Radford et al. 2019): bytes that print stand for themselves, the others for letters from
    U+0100 on."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(256 + place): byte for place, byte in enumerate(others)}


ALPHABET = _alphabet()
