"""Inside a transformer: one sentence through BERT and GPT, with the numbers that the models compute.

section   what all parts share: the sentence, the models, the tabs
shared    two halves side by side, vectors, shares as bars
maps      grids of numbers as pictures whose cells tell themselves
tokens · steps · heads · masks · positions · shuffled · embeddings · lens: the parts, one a tab
"""

from genhub.ui.generate.inside.section import layout, wire

__all__ = ["layout", "wire"]
