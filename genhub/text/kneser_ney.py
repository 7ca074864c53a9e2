"""A 5-gram model with modified Kneser–Ney smoothing (Chen and Goodman 1999, interpolated): what counting alone reaches.

    model = KneserNey(train_ids, vocabulary=4096)
    bits = model.bits(held_out_ids).sum()

An n-gram is one integer of n · `width` bits, counts are sorted arrays, and a look-up is a binary search: ten million tokens fit
into a few hundred megabytes and take about a minute.
"""

import numpy as np

BITS = 63  # of an integer that holds an n-gram


class Order:
    """The n-grams of one length: sorted keys with their discounted share of the context, and what the context leaves over."""

    def __init__(self, keys: np.ndarray, counts: np.ndarray, width: int):
        self.width = width
        discounts = discount(counts)
        contexts, first = np.unique(keys >> width, return_index=True)
        totals = np.add.reduceat(counts, first)
        freed = np.add.reduceat(discounts[np.minimum(counts, 3)], first)
        self.keys, self.contexts = keys, contexts
        self.rest = freed / totals  # the mass that goes to the shorter context
        spread = np.diff(np.append(first, len(keys)))
        self.share = (counts - discounts[np.minimum(counts, 3)]) / np.repeat(totals, spread)

    def interpolate(self, keys: np.ndarray, lower: np.ndarray) -> np.ndarray:
        """P(word | context) of each n-gram, given P(word | shorter context)."""
        share = _found(self.keys, self.share, keys, 0.0)
        rest = _found(self.contexts, self.rest, keys >> self.width, 1.0)
        return share + rest * lower


class KneserNey:
    """Trained on a sequence of ids below `vocabulary`; `order` · bits of an id must not exceed 63.

    `width`: bits of an id, where they were numbered anew to need fewer than the vocabulary's would.
    """

    def __init__(self, ids: np.ndarray, vocabulary: int, order: int = 5, width: int = 0):
        self.vocabulary, self.order = vocabulary, order
        self.width = width or max(1, int(vocabulary - 1).bit_length())
        if self.width * order > BITS:
            raise ValueError(f"{order}-grams over {vocabulary} tokens do not fit into {BITS} bits")
        keys, counts = np.unique(self.grams(np.asarray(ids), order), return_counts=True)
        orders = [Order(keys, counts, self.width)]
        for length in range(order - 1, 0, -1):
            # a shorter n-gram counts the different tokens that it follows, not how often it occurs
            keys, counts = np.unique(keys & ((1 << self.width * length) - 1), return_counts=True)
            orders.append(Order(keys, counts, self.width))
        self.orders = orders[::-1]

    def grams(self, ids: np.ndarray, length: int) -> np.ndarray:
        """The n-gram that ends at every token from the `length`-th on, as one integer."""
        ids = ids.astype(np.int64)
        keys = np.zeros(max(0, len(ids) - length + 1), dtype=np.int64)
        for place in range(length):
            keys = (keys << self.width) | ids[place : place + len(keys)]
        return keys

    def probabilities(self, ids: np.ndarray) -> np.ndarray:
        """P(token | the order - 1 tokens before it) of every token from the order-th on."""
        keys = self.grams(np.asarray(ids), self.order)
        answer = np.full(len(keys), 1.0 / self.vocabulary)
        for length, part in enumerate(self.orders, 1):
            answer = part.interpolate(keys & ((1 << self.width * length) - 1), answer)
        return answer

    def bits(self, ids: np.ndarray) -> np.ndarray:
        """-log2 P of every token but the first; the first few have shorter contexts, eked out with what the text ends on."""
        ids = np.asarray(ids)
        padded = np.concatenate([ids[-(self.order - 2) :], ids]) if self.order > 2 else ids
        return -np.log2(self.probabilities(padded))[-(len(ids) - 1) :]


def discount(counts: np.ndarray) -> np.ndarray:
    """What is taken from n-grams seen 0, 1, 2, and 3 or more times (Chen and Goodman 1999, equation 26), within [0, count]."""
    n1, n2, n3, n4 = (int((counts == seen).sum()) for seen in (1, 2, 3, 4))
    if not n1 or not n2 or not n3:
        return np.array([0.0, 0.5, 0.5, 0.5])  # too small a text to estimate it from
    share = n1 / (n1 + 2 * n2)
    found = [0.0, 1 - 2 * share * n2 / n1, 2 - 3 * share * n3 / n2, 3 - 4 * share * n4 / n3]
    return np.clip(found, 0.0, [0.0, 1.0, 2.0, 3.0])


def _found(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray, otherwise: float) -> np.ndarray:
    """`values` at the places of `wanted` in the sorted `keys`, `otherwise` where it is not among them."""
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, values[places], otherwise)
