"""Adapting a translation model to pairs of one's own; the trainer is `genhub.text.tune`.

material    the model, and the pairs in three parts
learner     the adaptation as the training loop sees it
verdict     with and without what it learnt, on pairs that nothing was learnt from and on general ones
outcome     what a run leaves in its folder
"""
