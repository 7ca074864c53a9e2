"""Training a character model from drawn weights: what the trainer `genhub.text.scratch` is made of, one idea a file.

material   the text's characters, and the text as its tokens
windows    what of the text an epoch shows
learner    the model, the task, the plan and the rates that suit
sentences  the verdict in plain words
outcome    what is left in the run folder
"""
