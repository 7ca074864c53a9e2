"""What was measured of a translator, in words: of its attention as alignments (see `alignment.errors`), and by the length of the source (see
`scores.by_length`). Needs no torch.
"""

MEAN = -1  # in place of a layer or a head


def rate(errors: dict, layer: int, head: int) -> float:
    """The alignment error rate of one head, of the mean of a layer's heads, or of the mean of all."""
    if layer == MEAN:
        return errors["mean"]
    return errors["layers"][layer] if head == MEAN else errors["heads"][layer][head]


def named(layer: int, head: int) -> str:
    """ "head 3 of layer 2", counted from 1."""
    if layer == MEAN:
        return "the mean of all layers" + ("" if head == MEAN else f"' head {head + 1}")
    return f"{'the mean of the heads' if head == MEAN else f'head {head + 1}'} of layer {layer + 1}"


def told(errors: dict, layer: int, head: int) -> str:
    """How well one attention aligns, beside the best one; `errors` with "of": what was measured of the model that a run adapted."""
    best, whose = errors["best"], f", measured of {errors['of']}, which was adapted," if "of" in errors else ""
    each = ", ".join(f"{one:.2f}" for one in errors["layers"])
    return (
        f"Alignment error rate of {named(layer, head)}: {rate(errors, layer, head):.2f}{whose} on {errors['pairs']} pairs of sentences aligned by "
        f"hand (0 is perfect; means of the layers from the first to the last: {each}; of all: {errors['mean']:.2f}). Best is "
        f"{named(best['layer'], best['head'])}."
    )


def words(span: dict) -> str:
    """ "6 to 10", "16 and more": words of the source."""
    return f"{span['from']} to {span['to']}" if span["to"] else f"{span['from']} and more"
