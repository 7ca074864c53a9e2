"""What the model worker can be asked of a translation model, each from JSON to JSON. {model} is a catalog or Hub id;
in its place {run_dir}, the folder of a run that adapted one.

    translate.write    {model, text, config}                   → an event {sentence} for each, see `sentence`; result {translation,
                                                                 seconds, languages, stranger}; see `write`
    translate.lines    {model, lines, config}                  → events {done, total, translations}; result {translations}: see `lines`
    translate.attend   {model, source, target, config, hidden, layer, head, merged} → words and what they looked at; see `attend`
    translate.likeness {text, other}                           → {chrf}, from 0 to 100
    translate.judge    {sources, references, systems}          → an event {judged: name} for each system; result: their figures, see
                                                                 `text.translation.evaluate`
    translate.beams    {model, source, config, tokens, hidden} → the tree and the hypotheses of a beam search; see `beams`

A text is cut into sentences, each is translated by itself, and everything between them stays as it is.
"""

import functools
import json
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

from genhub import catalog, hub, steps
from genhub.data import languages
from genhub.errors import UserError
from genhub.serving import arguments
from genhub.text.decoding import beams as beam_search
from genhub.text.translation import passages, scores
from genhub.text.translation.bulk import LONGEST, Bulk, room
from genhub.text.translation.evaluate import evaluating
from genhub.text.translation.passages import Piece
from genhub.text.translation.stepping import Seq2SeqDecoder
from genhub.text.translation.telling import Told, spelled, tell
from genhub.text.translation.translator import Translator
from genhub.training.configs import GenerateConfig, TranslateConfig

LINES = 64  # translated in one step
DIGITS = 5
UNMEASURED = {"layer": -1, "head": -1}  # which attention is shown of a model whose alignment nobody has measured


def write(context: Any, args: dict) -> Generator[dict, None, dict]:
    """Sentence by sentence, each with its words and how sure they are. stranger: the language that the text is clearly in when it is not
    the model's; "" when it fits, or nobody knows."""
    translator, config = _model(context, args)
    began, written = time.monotonic(), []
    text = arguments.text(args, "text")
    whole = passages.split(text)
    if not whole.pieces:
        raise UserError("There is nothing to translate.", "At least one word.", "Write a text.", "text")
    bulk = _bulk(context, translator, config)
    pieces = [part for piece in whole.pieces for part in bulk.fitting(piece)]
    for piece in pieces:
        told = sentence(bulk, config, piece)
        written.append(told["translation"] + piece.gap)
        yield {"sentence": told}
    return {
        "translation": whole.lead + "".join(written),
        "seconds": time.monotonic() - began,
        "languages": [translator.source, translator.target],
        "stranger": languages.stranger(text, translator.source, near=translator.target),
    }


def sentence(bulk: Bulk, config: TranslateConfig, piece: Piece) -> dict:
    """{source, gap, translation, score, hypotheses: [{text, score, ids}], source_words, words: [{text, probability}], source_ids, doubts:
    [{kind, text, words}]}."""
    translator = bulk.translator
    ids = translator.encode(piece.text)
    (found,) = bulk.search([ids], config.hypotheses if config.hypotheses == 1 else config.beams)
    found = bulk.distinct(found)[: config.hypotheses]
    hypotheses = [{"text": translator.text(bulk.ids(one)), "score": round(one.score, DIGITS), "ids": bulk.ids(one)} for one in found]
    best = hypotheses[0]
    told = tell(translator, ids, [*best["ids"], translator.special.end])
    return {
        "source": piece.text,
        "gap": piece.gap,
        "translation": best["text"],
        "score": best["score"],
        "hypotheses": hypotheses,
        "source_ids": ids,
        "source_words": spelled(told.source_pieces, told.source_words),
        "words": _words(told),
        "doubts": [{"kind": one.kind, "text": one.text, "words": list(one.words)} for one in told.doubts],
    }


def lines(context: Any, args: dict) -> Generator[dict, None, dict]:
    """{translations}: one for each line, an empty one for an empty line; events {done, total, translations: those that are new}."""
    translator, config = _model(context, args)
    asked = args.get("lines")
    if not isinstance(asked, list) or not all(isinstance(line, str) for line in asked):
        raise UserError("These are no lines of text.", "A list of texts.", "Choose a file.", "lines")
    bulk, found = _bulk(context, translator, config), []
    for at in range(0, len(asked), LINES):
        found += (new := bulk.lines(asked[at : at + LINES]))
        yield {"done": len(found), "total": len(asked), "translations": new}
    return {"translations": found}


def attend(context: Any, args: dict) -> dict:
    """{source_words, target_words, probability, attention (target × source), layer, head, layers, heads, errors} of a finished pair; with
    merged: false its pieces in place of words. layer, head: -1 for the mean, None for what aligns best, where that was measured; errors:
    the alignment error rate of each head of each layer, and of their means, as `alignment.errors` gives it; None if not measured."""
    translator, _ = _model(context, args)
    told = tell(translator, _ids(translator, args, "source"), _ids(translator, args, "target"), _hidden(args))
    layers, heads = told.look.attention.shape[:2]
    measured = _measured(translator, layers, heads)
    best = measured["best"] if measured else UNMEASURED
    wanted = {name: best[name] if args.get(name) is None and args.get("layer") is None else args.get(name, -1) for name in best}
    layer, head, merged = _place(wanted, "layer", layers), _place(wanted, "head", heads), args.get("merged") is not False
    weights = told.attention(layer, head, merged)
    return {
        "source_words": spelled(told.source_pieces, told.source_words) if merged else told.source_pieces,
        "target_words": spelled(told.target_pieces, told.target_words) if merged else told.target_pieces,
        "source_places": told.source_words if merged else [[place] for place in range(len(told.source_pieces))],
        "probability": [round(one, DIGITS) for one in told.probability],
        "attention": [[round(one, DIGITS) for one in row] for row in weights.tolist()],
        "layer": layer,
        "head": head,
        "layers": layers,
        "heads": heads,
        "errors": measured,
    }


def _measured(translator: Translator, layers: int, heads: int) -> dict | None:
    """What the card of a model of ours says of its alignment; of a run that adapted one, what that model's says, with its name as "of"."""
    if own := _aligned(str(translator.folder)):
        return own
    ours = translator.id in catalog.MODELS and translator.id.startswith("embedded/")
    base = _aligned(str(hub.ZOO / translator.id.removeprefix("embedded/"))) if ours else None
    fits = base and [len(one) for one in base["heads"]] == layers * [heads]
    return {**base, "of": translator.id} if fits else None


@functools.lru_cache(maxsize=16)
def _aligned(folder: str) -> dict | None:
    figures = Path(folder) / "figures.json"
    return json.loads(figures.read_text(encoding="utf-8")).get("alignment") if figures.exists() else None


def likeness(context: Any, args: dict) -> dict:
    """How much of a text stands in another one, by characters."""
    text, other = ((args.get(name) or " ") for name in ("text", "other"))
    return {"chrf": scores.score([text], [[other]]).chrf}


def judge(context: Any, args: dict) -> Generator[dict, None, dict]:
    """Systems side by side on what they wrote already."""
    return steps.retold(evaluating(args["sources"], args["references"], args["systems"]), lambda name: {"judged": name})


def beams(context: Any, args: dict) -> Generator[None, None, dict]:
    """{nodes: [{id, text, parent, depth, logprob, score, state, greedy}], hypotheses: [{text, score, node, ended}]} of the search for one
    source; with `hidden`, of a decoder that does not see those places."""
    translator, config = _model(context, args)
    source = _ids(translator, args, "source")
    most = args.get("tokens")
    size = most if isinstance(most, int) and 0 < most <= LONGEST else room(len(source))
    penalty = translator.penalty if config.length_penalty is None else config.length_penalty
    searched = GenerateConfig(strategy="beam", beams=max(2, config.beams), length_penalty=penalty, max_new_tokens=size)
    decoder = Seq2SeqDecoder(translator.model, source, _hidden(args))
    hunt = beam_search.search(decoder, list(translator.first), searched, frozenset({translator.special.end}))
    found = yield from steps.quietly(hunt)
    nodes = [
        {
            "id": node.token,
            "text": translator.pieces([node.token])[0],
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
        {"text": translator.text(one.tokens), "ids": one.tokens, "score": one.score, "node": one.node, "ended": one.ended}
        for one in found.hypotheses
    ]
    return {"nodes": nodes, "hypotheses": hypotheses, "length_penalty": penalty}


def _bulk(context: Any, translator: Translator, config: TranslateConfig) -> Bulk:
    return Bulk(translator, context.models.engine(translator), config.beams, config.length_penalty)


def _words(told: Told) -> list[dict]:
    """Of the translation, the end token left out."""
    texts = spelled(told.target_pieces, told.target_words)
    blank = [told.target_pieces[places[0]].startswith("▁") for places in told.target_words]
    shown = zip(texts, told.probability, blank, strict=True)
    return [{"text": text, "probability": round(share, DIGITS), "blank": space} for text, share, space in shown][:-1]


# ---- arguments: they come checked; here only what would harm the worker is checked again -----------------------------


def _model(context: Any, args: dict) -> tuple[Translator, TranslateConfig]:
    values = args.get("config") or {}
    if "run_dir" in args:
        translator = context.models.tuned(args["run_dir"])
        config = TranslateConfig.from_dict({**values, "model": translator.id})
        return translator.between(config.source_language, config.target_language), config
    name = args.get("model")
    if not isinstance(name, str) or not name:
        raise UserError("No model was named.", "Translating needs a model.", "Choose one.", "model")
    config, translator = TranslateConfig.from_dict({**values, "model": name}), context.models.translator(name)
    source = config.source_language
    if translator.languages and not source:  # a model for many is told the language of the text
        source = languages.likeliest(str(args.get("text") or " ".join(args.get("lines") or [])), frozenset(translator.languages))
    translator = translator.between(source, config.target_language)
    return translator, config


def _ids(translator: Translator, args: dict, field: str) -> list[int]:
    ids, size = args.get(field), len(translator.tokenizer)
    most = 4 * LONGEST
    if not isinstance(ids, list) or not 0 < len(ids) <= most or not all(type(number) is int and 0 <= number < size for number in ids):
        raise UserError(
            "These are not tokens of this model.", f"From 1 to {most} numbers below {size:,}.", "Translate a text first.", field
        )
    return ids


def _hidden(args: dict) -> list[int]:
    hidden, size = args.get("hidden") or [], len(args["source"])
    known = isinstance(hidden, list) and all(type(place) is int and 0 <= place < size for place in hidden)
    if not known or len(set(hidden)) >= size:
        raise UserError("These places cannot be hidden.", "Places of the source, not all of them.", "Press its words.", "hidden")
    return hidden


def _place(args: dict, field: str, size: int) -> int:
    place = args.get(field, -1)
    if type(place) is not int or not -1 <= place < size:
        raise UserError(f"There is no {field} {place}.", f"From 0 to {size - 1}, or -1 for the mean of all.", "Choose one of them.", field)
    return place


OPS = {
    "translate.write": write,
    "translate.lines": lines,
    "translate.attend": attend,
    "translate.beams": beams,
    "translate.likeness": likeness,
    "translate.judge": judge,
}
