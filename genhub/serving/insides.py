"""What the model worker can be asked about one sentence inside a transformer, each from JSON to JSON.

    inside.tokens      {family, model, text}               → pieces, their embeddings' lengths and neighbours; see `tokens`
    inside.attention   {family, model, text, layer}        → the weights of every head of a layer, and the mask; see `attention`
    inside.steps       {…, layer, head, query}             → one query of one head, number by number; see `steps`
    inside.shuffled    {model, text, seed}                 → an encoder reads the words in another order; see `shuffled`
    inside.embeddings  {model, text, second}               → BERT's three embeddings of each piece; see `embeddings`
    inside.lens        {model, text}                       → what each layer of a language model would say next; see `lens`
    inside.positions   {family, model}                     → the position table that a model has learnt; see `positions`

{model} is a catalog or Hub id, {family} "encoder" or "causal"; layers, heads and tokens are counted from 1. Each is one step of the
worker, or several that leave nothing changed between them.
"""

from collections.abc import Generator
from dataclasses import asdict
from typing import Any

import torch

from genhub.errors import UserError
from genhub.text.causal import Causal
from genhub.text.encoder import Encoder
from genhub.text.inside import attention as attending
from genhub.text.inside import embeddings as embedding
from genhub.text.inside import lens as looking
from genhub.text.inside import positions as placing
from genhub.text.inside import shuffled as shuffling
from genhub.text.inside import steps as stepping
from genhub.text.inside import tokens as reading
from genhub.training.configs.inside import TEXT_CHARS, PlaceConfig, ShuffleConfig

DIGITS = 4
CANDIDATES = 5


def tokens(context: Any, args: dict) -> dict:
    """{kind, vocabulary, width, pieces: [{id, name, shown, text, hex, special, norm, neighbours: [{id, shown, cosine}]}]}"""
    reader = _reader(context, args)
    pieces = reading.read(reader, _text(args)).pieces
    told = reading.embedded(reader.model, reader.tokenizer, [piece.id for piece in pieces])
    return {
        "kind": reader.model.config.model_type,
        "vocabulary": len(reader.tokenizer),
        "width": reader.model.get_input_embeddings().embedding_dim,
        "pieces": [_rounded({**asdict(piece), **asdict(more)}) for piece, more in zip(pieces, told, strict=True)],
    }


def attention(context: Any, args: dict) -> dict:
    """{shown: T labels, layer, layers, heads, weights: (H, T, T), allowed: (T, T) of 0 and 1, patterns: one a head, splits}

    patterns: what a head does on the average over all queries that can: {self, before, after, first, last}, the weight on the token
    itself, the ones beside it, the first and the last. splits: whether `steps` knows this architecture."""
    reader, place = _reader(context, args), _place(args)
    sentence = reading.read(reader, _text(args))
    heat = attending.heat(reader.model, sentence.inputs(), isinstance(reader, Causal))
    if heat is None:
        raise _no_weights(reader)
    weights = _counted(heat.weights, place.layer, "layer")
    return {
        "shown": [piece.shown for piece in sentence.pieces],
        "layer": place.layer,
        "layers": len(heat.weights),
        "heads": len(weights),
        "weights": _rounded(weights.tolist(), digits=3),
        "allowed": heat.allowed[place.layer - 1].int().tolist(),
        "patterns": [_rounded(_pattern(head), digits=3) for head in weights],
        "splits": attending.splits(reader.model),
    }


def steps(context: Any, args: dict) -> dict:
    """{shown, layer, layers, head, heads, query, positions: how the model knows them, …} and what `genhub.text.inside.steps.Steps` holds;
    {shown, layer, layers, head, heads, query, closed: why not} of an architecture whose projections cannot be had."""
    reader, place = _reader(context, args), _place(args)
    sentence = reading.read(reader, _text(args))
    trace = attending.trace(reader.model, sentence.inputs())
    where = {"shown": [piece.shown for piece in sentence.pieces], "layer": place.layer, "head": place.head, "query": place.query}
    if trace is None:
        return {
            **where,
            "layers": reader.model.config.num_hidden_layers,
            "heads": reader.model.config.num_attention_heads,
            "closed": CLOSED,
        }
    layer = _counted(trace.layers, place.layer, "layer")
    _counted(layer.weights, place.head, "head")
    _counted(sentence.pieces, place.query, "query")
    told = asdict(stepping.steps(trace, place.layer - 1, place.head - 1, place.query - 1))
    positions = "" if placing.learned(reader.model) else placing.otherwise(reader.model)
    return {**where, "layers": len(trace.layers), "heads": len(layer.weights), "positions": positions, **_rounded(told, keep="difference")}


def shuffled(context: Any, args: dict) -> dict:
    """{shown, text: the shuffled words, order, with_positions, without: {sentence, tokens, difference}}, see `genhub.text.inside.shuffled`"""
    encoder = _encoder(context, args)
    text = _text(args)
    sentence = reading.read(encoder, text)
    told = shuffling.shuffle(encoder, text, sentence, ShuffleConfig(args.get("seed", 0)).seed)
    exact = {name: _rounded(asdict(getattr(told, name)), keep="difference", digits=6) for name in ("with_positions", "without")}
    return {"shown": [piece.shown for piece in sentence.pieces], "text": told.text, "order": told.order, **exact}


def embeddings(context: Any, args: dict) -> dict:
    """{shown, segments, width, parts: {name: T lengths}, sum: T lengths, normed: T lengths}"""
    encoder = _encoder(context, args)
    sentence = reading.read(encoder, _text(args), _text(args, "second", blank=True))
    told = embedding.summed(encoder.model, sentence.inputs())
    return {
        "shown": [piece.shown for piece in sentence.pieces],
        "segments": sentence.segments,
        "width": told.sum.shape[-1],
        "parts": {name: _lengths(part) for name, part in told.parts.items()},
        "sum": _lengths(told.sum),
        "normed": _lengths(told.normed),
    }


def lens(context: Any, args: dict) -> Generator[None, None, dict]:
    """{ids, shown, rows: [{tokens: [[{id, shown, probability}]] (T, top), own: T - 1, same}]}

    The first row is that of the embeddings, the last the model's answer. own: the probability of the token that comes next in the
    text; same: at how many places the best token is already that of the last row."""
    model = _causal(context, args)
    sentence = reading.read(model, _text(args))
    rows, names = [], {}
    for row in looking.rows(model, sentence.ids, CANDIDATES):
        rows.append(row)
        yield None
    for token in {token for row in rows for place in row.ids for token in place}:
        names[token] = reading.spelled(model.tokenizer, token)
    final = [place[0] for place in rows[-1].ids]
    return {
        "ids": sentence.ids,
        "shown": [piece.shown for piece in sentence.pieces],
        "rows": [
            {
                "tokens": [
                    [{"id": token, "shown": names[token], "probability": round(share, DIGITS)} for token, share in zip(*place, strict=True)]
                    for place in zip(row.ids, row.probabilities, strict=True)
                ],
                "own": _rounded(row.own),
                "same": sum(place[0] == last for place, last in zip(row.ids, final, strict=True)),
            }
            for row in rows
        ],
    }


def positions(context: Any, args: dict) -> dict:
    """{kind, norms: one a position, cosines: (N, N) of the first positions}; {kind, otherwise: how} of a model without a table."""
    model = _reader(context, args).model
    told = placing.learned(model)
    if told is None:
        return {"kind": model.config.model_type, "otherwise": placing.otherwise(model)}
    norms = _rounded(told.norms, digits=3)
    return {"kind": model.config.model_type, "norms": norms, "cosines": _rounded(told.cosines.tolist(), digits=2)}


CLOSED = "This architecture keeps its queries and keys to itself: the weights can be seen, the steps that lead to them cannot."


def _pattern(head: torch.Tensor) -> dict[str, float]:
    """(T, T) weights → mean weights; 0 where no query can."""
    diagonals = {"self": 0, "before": -1, "after": 1}
    told = {name: float(head.diagonal(offset).mean()) if len(head) > abs(offset) else 0.0 for name, offset in diagonals.items()}
    return {**told, "first": float(head[:, 0].mean()), "last": float(head[:, -1].mean())}


def _lengths(rows: torch.Tensor) -> list[float]:
    """(T, D) → T norms"""
    return _rounded(rows.float().norm(dim=-1).tolist())


def _rounded(value: Any, keep: str = "", digits: int = DIGITS) -> Any:
    """JSON with its numbers rounded, but for what stands under `keep`."""
    if isinstance(value, dict):
        return {name: part if name == keep else _rounded(part, keep, digits) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part, keep, digits) for part in value]
    return round(value, digits) if isinstance(value, float) else value


# ---- arguments: they come checked; here only what would harm the worker is checked again -----------------------------


def _reader(context: Any, args: dict) -> Encoder | Causal:
    return _causal(context, args) if args.get("family") == "causal" else _encoder(context, args)


def _encoder(context: Any, args: dict) -> Encoder:
    return context.models.base(_name(args))


def _causal(context: Any, args: dict) -> Causal:
    return context.models.language(_name(args))


def _name(args: dict) -> str:
    name = args.get("model")
    if not isinstance(name, str) or not name:
        raise UserError("No model was named.", "Something must read the text.", "Choose a model.", "model")
    return name


def _place(args: dict) -> PlaceConfig:
    return PlaceConfig.from_dict({name: args[name] for name in ("layer", "head", "query") if name in args})


def _counted(things: Any, number: int, field: str) -> Any:
    """The one with this number, counted from 1."""
    if number > len(things):
        called = {"layer": "layers", "head": "heads", "query": "tokens"}[field]
        raise UserError(f"There is no {field} {number}.", f"Here are {len(things)} {called}.", "Choose one of them.", field)
    return things[number - 1]


def _text(args: dict, field: str = "text", blank: bool = False) -> str:
    text = args.get(field, "" if blank else None)
    if not isinstance(text, str) or not (text.strip() or blank):
        raise UserError("There is no text.", "A sentence is needed.", "Write one.", field)
    if len(text) > TEXT_CHARS:
        raise UserError(f"The text has {len(text):,} characters.", f"At most {TEXT_CHARS:,} here.", "Shorten it.", field)
    return text


def _no_weights(reader: Encoder | Causal) -> UserError:
    what = f"A “{reader.model.config.model_type}” model does not tell its attention weights."
    return UserError(what, "They are needed here.", "Choose another model.", "model")


OPS = {
    "inside.tokens": tokens,
    "inside.attention": attention,
    "inside.steps": steps,
    "inside.shuffled": shuffled,
    "inside.embeddings": embeddings,
    "inside.lens": lens,
    "inside.positions": positions,
}
