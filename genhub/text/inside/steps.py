"""One query of one head, number by number: the four steps of scaled dot-product attention.

    1 position   x, what stands at the place: token and position, and what the layers below made of them
    2 extract    q, k, v: three projections of x
    3 weights    softmax(q·k / √d), over the tokens that the mask lets it see
    4 features   the sum of all v, each times its weight

The dot product is |q| |k| times the cosine of their angle: the two agree only for vectors of length one.
"""

from dataclasses import dataclass

import torch

from genhub.text.inside.attention import Trace

SHOWN = 8  # of a vector's numbers


@dataclass(frozen=True)
class Seen:
    """What the query makes of one token: q·k, that times 1/√d, the cosine of q and k, may it look there, and the weight."""

    dot: float
    scaled: float
    cosine: float
    key_norm: float
    allowed: bool
    weight: float


@dataclass(frozen=True)
class Steps:
    """x, q, k, v, context: the first SHOWN numbers of each; width: numbers of q, d; hidden: of x, D. difference: see `Trace`."""

    x: list[float]
    q: list[float]
    k: list[float]
    v: list[float]
    context: list[float]
    query_norm: float
    width: int
    hidden: int
    seen: list[Seen]
    difference: float


def steps(trace: Trace, layer: int, head: int, query: int) -> Steps:
    """The token at place `query` in one head of one layer, all counted from 0."""
    told = trace.layers[layer]
    q, keys = told.q[head, query], told.k[head]
    dots = keys @ q
    cosines = torch.nn.functional.cosine_similarity(keys, q[None], dim=-1)
    seen = [
        Seen(*numbers)
        for numbers in zip(
            dots.tolist(),
            (dots * told.scaling).tolist(),
            cosines.tolist(),
            keys.norm(dim=-1).tolist(),
            told.allowed[query].tolist(),
            told.weights[head, query].tolist(),
            strict=True,
        )
    ]
    x = trace.states[layer][query]
    vectors = (x, q, told.k[head, query], told.v[head, query], told.context[head, query])
    first = [vector[:SHOWN].tolist() for vector in vectors]
    return Steps(*first, float(q.norm()), q.shape[0], x.shape[0], seen, trace.difference)
