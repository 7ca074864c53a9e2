"""Tiny character RNNs with drawn weights."""

from pathlib import Path

import torch

LETTERS = "\n abcdefghijklmnopqrstuvwxyz."


def tiny_rnn(folder: Path, variants: tuple[str, ...] = ("stateless", "stateful")) -> Path:
    """Character RNNs with drawn weights, each variant its own, saved as ours are."""
    from genhub.text import char_rnn
    from genhub.text.chars import char_tokenizer

    torch.manual_seed(0)
    made = {name: char_rnn.CharRNN(len(LETTERS), embedding=8, units=16, layers=2) for name in variants}
    with torch.no_grad():
        for rnn in made.values():
            rnn.dense.weight.mul_(8)  # far from uniform, so that strategies differ
    folder.mkdir(parents=True, exist_ok=True)
    char_tokenizer(LETTERS).save_pretrained(folder)
    char_rnn.save(folder, made)
    return folder
