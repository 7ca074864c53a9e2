"""What the model worker can be asked of a language model, each from JSON to JSON. {model} is a catalog or Hub id; a {run_dir} in its place
is the folder of a run that adapted one.

    generate.write    {model, prompt, config, exact, forced} → events {tokens}, {prompt_ids} too at first; result `written`; see `write`
    generate.beams    {model, prompt, config}          → the tree and the hypotheses of a beam search; see `beams`
    generate.inspect  {model, ids, place, config, top, exact} → how the token at `place` was chosen among the best candidates; see `inspect`
    generate.score    {model, text, cut, most}             → each token of a text with its log-probability; see `score`

Rows of several requests on one model are decoded together, in eight bits on a CPU, unless they ask to be exact: then each is alone and
in full precision, and the same seed gives the same text always. Sums of floating-point numbers depend on the batch, so that a row in
company may now and then get another token than alone.
"""

import itertools
import math
import time
from collections.abc import Generator
from dataclasses import replace
from typing import Any

import torch

from genhub import settings, steps
from genhub.errors import UserError
from genhub.serving import arguments
from genhub.text.causal import Causal
from genhub.text.decoding import beams as beam_search
from genhub.text.decoding import measures
from genhub.text.decoding.batch import END, LENGTH, POSITIONS, Batch, Row
from genhub.text.decoding.beams import Beams
from genhub.text.decoding.spelling import Speller
from genhub.text.decoding.strategies import BEAMS, Chooser
from genhub.training.configs import GenerateConfig

ROWS = 32  # decoded together on one model; more wait for a place
CANDIDATES = 12
DIGITS = 6


def write(context: Any, args: dict) -> Generator[dict | None, None, dict]:
    """A continuation, token by token. `written`: {text, prompt_ids, prompt_read (how many of these were read, the last ones), tokens: [{id, text, logprob, entropy, rank}], ended, perplexity,
    units, distinct_1, distinct_2, repetition, loops, seconds, tokens_per_second}; figures are null where there is no token. forced: the first
    tokens of the continuation, which are not chosen (a branch of an earlier one); they count among max_new_tokens.
    ended: "end" (by the model), "length" (of the config) or "positions" (of the model). Of a beam search events {depth, most} come."""
    model, config = _model(context, args), _config(args)
    if config.strategy in BEAMS:
        return (yield from _write_beams(model, args, config))
    if not args.get("exact"):
        model = _quick(context, model, args)
    ids, began = model.prompt(arguments.text(args, "prompt")), time.monotonic()
    forced = _forced(model, args, len(ids), config)
    key = id(model.decoder)  # which the batch holds, so that no other model has it meanwhile: rows of two adapters never share a batch
    while not args.get("exact") and len(context.rows(key)) >= ROWS:
        yield None
    tokens = yield from _scored(model, ids + forced, len(ids))
    yield {"prompt_ids": ids, "tokens": tokens}
    batch = Batch(model.decoder) if args.get("exact") else context.batch(key, model.decoder)
    row = Row(ids + forced, replace(config, max_new_tokens=config.max_new_tokens - len(forced)), model.ends)
    speller = Speller(model.tokenizer, ids + forced)
    try:
        batch.join(row)
        while token := batch.next(row):
            shown = _shown(token, speller.add(token.id))
            tokens.append(shown)
            yield {"tokens": [shown]}
    finally:
        batch.leave(row)
    if tokens:
        tokens[-1]["text"] += speller.flush()
    return _written(model, ids, tokens, row.ended, time.monotonic() - began)


def _write_beams(model: Causal, args: dict, config: GenerateConfig) -> Generator[dict | None, None, dict]:
    """The best hypothesis of a beam search, in the words of `write`; it comes at the end, since the best changes on the way."""
    ids, began = model.prompt(arguments.text(args, "prompt")), time.monotonic()
    forced = _forced(model, args, len(ids), config)
    searched = replace(config, max_new_tokens=config.max_new_tokens - len(forced))
    found = yield from _searched(beam_search.search(model.decoder, ids + forced, searched, model.ends), searched)
    best = found.hypotheses[0]
    new = forced + best.tokens
    full = model.longest and len(ids) + len(new) >= model.longest
    ended = END if best.ended else POSITIONS if full else LENGTH
    tokens = yield from _scored(model, ids + new, len(ids))
    return _written(model, ids, tokens, ended, time.monotonic() - began)


def _searched(search: Generator[Beams, None, Beams], config: GenerateConfig) -> Generator[dict, None, Beams]:
    """A beam search; events {depth, most}: how many tokens its hypotheses have. What listens can stop it between two of them."""
    depth = itertools.count(1)
    return steps.retold(search, lambda _: {"depth": next(depth), "most": config.max_new_tokens})


def _written(model: Causal, ids: list[int], tokens: list[dict], ended: str, seconds: float) -> dict:
    text = "".join(token["text"] for token in tokens)
    return {
        "text": text,
        "prompt_ids": ids,
        "prompt_read": model.read(len(ids)),
        "tokens": tokens,
        "ended": ended,
        "perplexity": measures.perplexity([token["logprob"] for token in tokens]),
        **_variety(model, text, [token["id"] for token in tokens]),
        "seconds": seconds,
        "tokens_per_second": len(tokens) / seconds if seconds > 0 else None,
    }


def _variety(model: Causal, text: str, ids: list[int]) -> dict:
    """How varied a text is, in its tokens, or in its words where a token is a character: those repeat themselves in any text."""
    units = text.split() if model.spells else ids
    return {
        "units": "words" if model.spells else "tokens",
        "distinct_1": measures.distinct(units, 1),
        "distinct_2": measures.distinct(units, 2),
        "repetition": measures.repetition(units),
        "loops": measures.loops(units),
    }


def beams(context: Any, args: dict) -> Generator[dict, None, dict]:
    """Events as `_searched`; {nodes: [{token, text, parent, depth, logprob, score, state, greedy}], hypotheses: [{text, score, node,
    ended}], the best first}; a parent of -1 is the prompt."""
    model, config = _model(context, args), _config(args)
    ids = model.prompt(arguments.text(args, "prompt"))
    found = yield from _searched(beam_search.search(model.decoder, ids, config, model.ends), config)
    nodes = [
        {
            "token": node.token,
            "text": _spelled(model, node.token),
            "parent": node.parent,
            "depth": node.depth,
            "logprob": round(node.logprob, DIGITS),
            "score": round(node.score, DIGITS),
            "state": node.state,
            "greedy": node.greedy,
        }
        for node in found.nodes
    ]
    hypotheses = [
        {
            "text": _decoded(model, one.tokens),
            "score": round(one.score, DIGITS),
            "node": one.node,
            "ended": one.ended,
        }
        for one in found.hypotheses
    ]
    return {"nodes": nodes, "hypotheses": hypotheses}


def inspect(context: Any, args: dict) -> dict:
    """{entropy (nats), candidates: [{id, text, raw, penalised, tempered, kept, chosen}]}: the probabilities of the most probable
    tokens at `place` of `ids` after each stage, the chosen one among them; what was cut away has kept 0. exact: false for a text that was
    written without it, whose probabilities are those of eight bits."""
    model, config = _model(context, args), _config(args)
    if args.get("exact") is False and config.strategy not in BEAMS:
        model = _quick(context, model, args)
    ids, place = _ids(args, model), args.get("place")
    if not isinstance(place, int) or isinstance(place, bool) or not 0 < place < len(ids):
        raise UserError(f"There is no token at place {place}.", f"Places of this text: 1 to {len(ids) - 1}.", "Press one of them.", "place")
    _, logits = model.decoder.begin(ids[:place])
    stages = Chooser(config).stages(torch.tensor([ids[:place]]), logits)
    top = min(_count(args.get("top"), CANDIDATES), logits.shape[-1])
    best = stages.raw.topk(top).indices.tolist()
    chosen = ids[place]
    shown = best if chosen in best else [*best[:-1], chosen]
    candidates = [
        {
            "id": token,
            "text": _spelled(model, token),
            **{name: float(getattr(stages, name)[token].exp()) for name in ("raw", "penalised", "tempered", "kept")},
            "logit": float(logits[0, token]),
            "chosen": token == chosen,
        }
        for token in shown
    ]
    return {"entropy": float(torch.special.entr(stages.raw.exp()).sum()), "candidates": candidates}


def score(context: Any, args: dict) -> Generator[None, None, dict]:
    """{ids, begun, tokens: [{id, text, logprob, entropy, rank}], bits, bits_per_character, perplexity, vocabulary, and the variety of
    `written`}: what the model would have given to each token of a text it is shown. `ids` are all tokens; of a model without a starting
    token the first is not judged, for nothing stands before it: `begun` is its text. cut: only as many are read as the model holds; most: so many at
    most are judged, 0 for all."""
    model = _model(context, args)
    text = arguments.text(args, "text")
    ids = model.encode(text)
    if model.start is not None and ids[0] != model.start:
        ids = [model.start, *ids]
    if args.get("cut") is True and model.longest:
        ids = ids[: model.longest]
    ids = ids[: _count(args.get("most"), len(ids)) + 1]
    if model.longest and len(ids) > model.longest:
        what = f"The text has {len(ids):,} tokens."
        raise UserError(what, f"This model holds {model.longest:,}.", f"Shorten it to {model.longest:,} tokens at most.", "text")
    if len(ids) < 2:
        raise UserError("The text is too short to judge.", "At least two tokens.", "Write more.", "text")
    tokens = yield from _scored(model, ids, 1)
    logprobs = [token["logprob"] for token in tokens]
    bits = -sum(logprobs) / math.log(2)
    judged = sum(len(token["text"]) for token in tokens)
    figures = {
        **_variety(model, "".join(token["text"] for token in tokens), [token["id"] for token in tokens]),
        "bits": bits,
        "bits_per_character": bits / max(1, judged),
        "perplexity": measures.perplexity(logprobs),
    }
    return {"ids": ids, "begun": _decoded(model, ids[:1]), "tokens": tokens, "vocabulary": len(model.tokenizer), **figures}


def _scored(model: Causal, ids: list[int], first: int) -> Generator[None, None, list[dict]]:
    """Tokens of `ids` from place `first` on, as `write` shows them."""
    if len(ids) <= first:
        return []
    speller, shown, read = Speller(model.tokenizer, ids[:first]), [], 0
    for piece in model.pieces(ids[:-1]):
        logprobs = piece[max(0, first - 1 - read) :].log_softmax(-1)
        read += len(piece)
        judged = ids[read + 1 - len(logprobs) : read + 1]
        chosen = logprobs.gather(1, torch.tensor(judged, dtype=torch.long)[:, None])
        told = zip(
            judged,
            chosen[:, 0].tolist(),
            torch.special.entr(logprobs.exp()).sum(-1).tolist(),
            (logprobs > chosen).sum(-1).tolist(),
            strict=True,
        )
        shown += [_told(token, speller.add(token), logprob, entropy, rank) for token, logprob, entropy, rank in told]
        yield None
    shown[-1]["text"] += speller.flush()
    return shown


def _shown(token, text: str) -> dict:
    return _told(token.id, text, token.logprob, token.entropy, token.rank)


def _told(token: int, text: str, logprob: float, entropy: float, rank: int) -> dict:
    return {"id": token, "text": text, "logprob": round(logprob, DIGITS), "entropy": round(entropy, DIGITS), "rank": rank}


def _spelled(model: Causal, token: int) -> str:
    """One token by itself: its text, or its name where it is none (an ending token)."""
    text = _decoded(model, [token])
    return text if text else str(model.tokenizer.convert_ids_to_tokens(token))


def _decoded(model: Causal, ids: list[int]) -> str:
    return model.tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)


# ---- arguments: they come checked; here only what would harm the worker is checked again -----------------------------


def _model(context: Any, args: dict) -> Causal:
    """A run's model where a run is named, else a model of the catalog or the Hub."""
    if "run_dir" in args:
        return context.models.generator(args["run_dir"])
    name = args.get("model")
    if not isinstance(name, str) or not name:
        raise UserError("No model was named.", "Generating needs a language model.", "Choose one.", "model")
    return context.models.language(name)


def _quick(context: Any, model: Causal, args: dict) -> Causal:
    """The same model as it decodes several rows together: in eight bits where that can be."""
    return context.models.quick(model, args.get("run_dir") or args["model"])


def _config(args: dict) -> GenerateConfig:
    return GenerateConfig.from_dict(args.get("config") or {})


def _forced(model: Causal, args: dict, prompt: int, config: GenerateConfig) -> list[int]:
    """The first tokens of a continuation that are given, with room for one more after them."""
    forced = _ids(args, model, "forced", least=0) if args.get("forced") else []
    most = min(config.max_new_tokens, model.longest - prompt if model.longest else config.max_new_tokens)
    if len(forced) >= most:
        what, limit = f"The branch begins after {len(forced):,} tokens.", f"At most {most:,} tokens are written, one of them after it."
        raise UserError(what, limit, "Branch off earlier, or write more tokens.", "forced")
    return forced


def _ids(args: dict, model: Causal, field: str = "ids", least: int = 2) -> list[int]:
    ids, most = args.get(field), model.longest or settings.get().limits.text_chars
    size = len(model.tokenizer)
    if (
        not isinstance(ids, list)
        or not least <= len(ids) <= most + 1
        or not all(type(number) is int and 0 <= number < size for number in ids)
    ):
        limit = f"From {least} to {most:,} numbers below {size:,}."
        raise UserError("These are not tokens of this model.", limit, "Generate a text first.", field)
    return ids


def _count(value: Any, most: int) -> int:
    return value if isinstance(value, int) and 0 < value <= most else most


OPS = {"generate.write": write, "generate.beams": beams, "generate.inspect": inspect, "generate.score": score}
