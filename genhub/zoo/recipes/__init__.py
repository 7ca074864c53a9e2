"""The recipes that made the embedded models: one file a model, run by `make zoo` or one by one.

    python -m genhub.zoo.recipes.shakespeare --hours 2      works for two hours at most, goes on where it was the next time

Real data is looked for in GENHUB_DATA, then in ../shared/data. Checkpoints lie in GENHUB_HOME/zoo/<name>; a finished model is
written to genhub/zoo/<name>, in fp16, with its tokeniser and a card that holds the figures measured at the end.
"""
