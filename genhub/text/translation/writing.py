"""Many sources translated by a model in full precision: for verdicts, where the very weights are judged that were learnt."""

from collections.abc import Iterator, Sequence

import torch

from genhub.text.translation.translator import Translator

ROWS = 32
ROOM = 2  # target tokens for one of the source, and a few more


@torch.inference_mode()
def write(translator: Translator, sources: Sequence[str], beams: int) -> Iterator[dict[int, str]]:
    """The best translation of some sources after the other, by their places; the shortest first."""
    ids = [translator.encode(source) for source in sources]
    order = sorted(range(len(ids)), key=lambda place: len(ids[place]))
    model, special = translator.model, translator.special
    for at in range(0, len(order), ROWS):
        places = order[at : at + ROWS]
        width = len(ids[places[-1]])
        rows = torch.tensor([[*ids[place], *[special.pad] * (width - len(ids[place]))] for place in places], device=model.device)
        mask = torch.tensor([[1] * len(ids[place]) + [0] * (width - len(ids[place])) for place in places], device=model.device)
        first = torch.tensor([list(translator.first)] * len(places), device=model.device)
        how = {"num_beams": beams, "do_sample": False, "length_penalty": translator.penalty, "max_new_tokens": ROOM * width + 16}
        answer = model.generate(input_ids=rows, attention_mask=mask, decoder_input_ids=first, bad_words_ids=[[special.pad]], **how)
        yield {place: translator.text(row) for place, row in zip(places, answer[:, first.shape[1] :].tolist(), strict=True)}
