"""Variants of images and texts: what the model worker can be asked, from JSON to JSON.

augment.images   {path, others: [paths], chain, count} → {variants: [{picture, drawn: [[name, {…}]], shares: {title: share}}], seconds}; an event (None) each
augment.closer   {path, others, chain, number}         → {before, after, drawn, shares}
augment.sweep    {path, others, name, fill, count}     → {amounts: […], pictures: […]}
augment.texts    {texts, chain, copies, first?, since?} → {variants: [{text, of, done, difference: [[kind, piece]], similarity}], seconds}; first: the
                 number of the first text among all, since: of the first copy. bare: true: without difference, and similarity only where `least`
                 is above 0
augment.gaps     {text, seed} → {tokens: [{text, shown, how: same | mask | swap | keep}], gaps: [{place, likeliest: [[piece, share]], share: of the
                 right one}]}
augment.breaks   {judge_dir, painter_dir, label, seed | sketch, name, count} → {amounts, pictures, names, shares: [[of each class] of each amount]}

Paths are those of files that a child of ours has written, or that come with a package. Pictures are data URIs. A text's similarity to what
it was made of is the cosine of their sentence vectors.
"""

import base64
import time
from collections.abc import Generator, Sequence
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import torch
from torch.nn.functional import normalize

from genhub.augment import packing
from genhub.augment.images.variants import sweep, variant
from genhub.augment.kinds import chain_of
from genhub.augment.texts.proposals import LONGEST
from genhub.augment.texts.tools import ENCODER
from genhub.augment.texts.variants import in_parts
from genhub.augment.texts.words import difference
from genhub.images import sketch
from genhub.images.pixels import tensor
from genhub.text.encoder import Encoder
from genhub.text.masked import IGNORED, hidden, special_of
from genhub.training.configs import DrawConfig

SMALL, LARGE = 256, 1_024  # the longer side of what is shown, at most
EXACT = 160  # the longer side of images that are shown pixel by pixel
QUALITY = 88
PROPOSED = 5  # for each gap
TOGETHER = 64  # texts that the encoder reads at once


def images(context: Any, args: dict) -> Generator[None, None, dict]:
    chain, began = chain_of(args["chain"], "image"), time.perf_counter()
    image, others = _read(args["path"]), [_read(path) for path in args["others"]]
    made = []
    for number in range(int(args["count"])):
        one = variant(chain, image, number, others)
        made.append({"picture": shown(one.image, SMALL), **_told(one)})
        yield
    return {"variants": made, "seconds": time.perf_counter() - began}


def closer(context: Any, args: dict) -> dict:
    image, others = _read(args["path"]), [_read(path) for path in args["others"]]
    one = variant(chain_of(args["chain"], "image"), image, int(args["number"]), others)
    return {"before": shown(image, LARGE), "after": shown(one.image, LARGE), **_told(one)}


def strengths(context: Any, args: dict) -> dict:
    image, others = _read(args["path"]), [_read(path) for path in args["others"]]
    swept = sweep(args["name"], image, int(args["count"]), args["fill"], others[0] if others else image)
    return {"amounts": [amount for amount, _ in swept], "pictures": [shown(made, SMALL) for _, made in swept]}


def _told(one) -> dict:
    return {
        "drawn": [[name, dict(drawn)] for name, drawn in one.drawn],
        "shares": {str(other): share for other, share in one.shares.items()},
    }


@lru_cache(maxsize=16)
def _read(path: str) -> np.ndarray:
    return packing.read(path)


def shown(image: np.ndarray, most: int) -> str:
    """As a data URI, at most so many pixels on its longer side; small ones as they are."""
    longer = max(image.shape[:2])
    if longer > most:
        size = tuple(max(1, round(side * most / longer)) for side in image.shape[1::-1])
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    turned = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    kind, options = ("png", []) if longer <= EXACT else ("jpeg", [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    _, packed = cv2.imencode(f".{kind}", turned, options)
    return f"data:image/{kind};base64,{base64.b64encode(packed).decode('ascii')}"


# ---- texts ----------------------------------------------------------------------------------------------------------


def texts(context: Any, args: dict) -> Generator[None, None, dict]:
    began, given = time.perf_counter(), args["texts"]
    encoder = context.models.base(ENCODER)
    chain, tools = chain_of(args["chain"], "text"), context.models.tools()
    made, since = [], int(args.get("since") or 0)
    for part in in_parts(chain, given, range(since, since + int(args["copies"])), tools, int(args.get("first") or 0)):
        made += part
        yield
    if args.get("bare") and not args.get("least"):
        told = [{"text": one.text, "of": one.of, "done": list(one.done), "similarity": None} for one in made]
        return {"variants": told, "seconds": time.perf_counter() - began}
    vectors = {}
    unique = list(dict.fromkeys([*given, *(one.text for one in made)]))
    for at in range(0, len(unique), TOGETHER):
        part = unique[at : at + TOGETHER]
        vectors.update(zip(part, sentence_vectors(encoder, part), strict=True))
        yield
    told = []
    for one in made:
        pieces = [] if args.get("bare") else [list(piece) for piece in difference(given[one.of], one.text)]
        similarity = float(vectors[one.text] @ vectors[given[one.of]])
        told.append({"text": one.text, "of": one.of, "done": list(one.done), "difference": pieces, "similarity": similarity})
        yield
    return {"variants": told, "seconds": time.perf_counter() - began}


@torch.inference_mode()
def sentence_vectors(encoder: Encoder, texts: Sequence[str]) -> torch.Tensor:
    """(N, H), of length 1."""
    rows = encoder.tokenize(list(texts), encoder.max_length)
    ids = torch.full((len(rows), max(map(len, rows))), encoder.tokenizer.pad_token_id or 0)
    mask = torch.zeros_like(ids)
    for place, row in enumerate(rows):
        ids[place, : len(row)], mask[place, : len(row)] = torch.tensor(row), 1
    states = encoder.model(input_ids=ids, attention_mask=mask).last_hidden_state
    return normalize(encoder.pool(states, mask), dim=-1)


# ---- the masked-language model's training, on one text ---------------------------------------------------------------


@torch.inference_mode()
def gaps(context: Any, args: dict) -> dict:
    """One text as the model meets it while it learns: 15 % of its tokens are gaps, of which four in five are masked, a few are any other token, a few
    stay; and what the model says of each."""
    model, tokenizer = context.models.proposals().model, context.models.proposals().tokenizer
    ids = tokenizer([args["text"]], truncation=True, max_length=LONGEST)["input_ids"][0]
    tokens = torch.tensor([ids])
    told = hidden(tokens, special_of(tokenizer), len(tokenizer), torch.Generator().manual_seed(int(args["seed"])))
    chosen, shown_ids = told["labels"][0] != IGNORED, told["input_ids"][0]
    shares = model(told).float().softmax(-1)
    best, which = shares.topk(PROPOSED)
    found = []
    for row, place in enumerate(chosen.nonzero()[:, 0].tolist()):
        pieces = tokenizer.convert_ids_to_tokens(which[row].tolist())
        right = float(shares[row, ids[place]])
        found.append(
            {"place": place - 1, "likeliest": [list(pair) for pair in zip(pieces, best[row].tolist(), strict=True)], "share": right}
        )
    texts_of = (tokenizer.convert_ids_to_tokens(row) for row in (ids, shown_ids.tolist()))
    how = [
        _how(was, now, int(one), tokenizer.mask_token_id) for was, now, one in zip(ids, shown_ids.tolist(), chosen.tolist(), strict=True)
    ]
    said = [{"text": was, "shown": now, "how": why} for was, now, why in zip(*texts_of, how, strict=True)]
    return {"tokens": said[1:-1], "gaps": found}


def _how(was: int, now: int, chosen: int, mask: int) -> str:
    """What became of a token."""
    if not chosen:
        return "same"
    return "mask" if now == mask else "keep" if now == was else "swap"


# ---- where a label breaks -------------------------------------------------------------------------------------------


@torch.inference_mode()
def breaks(context: Any, args: dict) -> dict:
    """An image that a judge knows, drawn by a model or by hand, under one operation, ever more strongly: what the judge says."""
    judge, names = context.models.judge(args["judge_dir"])
    if args.get("sketch"):
        image = sketch.laid_out(sketch.strokes(args["sketch"]), judge.shape.height)
    else:
        drawn, _ = context.models.painter(args["painter_dir"]).draw(DrawConfig(n=1, label=args["label"], seed=int(args["seed"])))
        image = drawn[0]
    swept = sweep(args["name"], image, int(args["count"]), "constant", image)
    shares = judge(tensor(np.stack([made for _, made in swept]))).softmax(-1)
    told = {"amounts": [amount for amount, _ in swept], "pictures": [shown(made, SMALL) for _, made in swept]}
    return {**told, "names": list(names), "shares": shares.tolist()}


OPS = {
    "augment.gaps": gaps,
    "augment.images": images,
    "augment.closer": closer,
    "augment.sweep": strengths,
    "augment.texts": texts,
    "augment.breaks": breaks,
}
