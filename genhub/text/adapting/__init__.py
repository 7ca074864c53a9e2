"""Adapting a language model to a text: what the trainer `genhub.text.adapt` is made of, one idea a file.

material   the text as tokens, cut into parts
learner    the task, the plan and the sizes that suit
lean       LoRA in fewer passes over memory while it learns
chunked    the loss over a large vocabulary, some hundred positions at a time
judge      losses on held-out text and what they say
verdict    the verdict on held-out text
copying    how much of what the model writes stands in the text it learnt from
sentences  the verdict in plain words
outcome    what is left in the run folder
costs      what parts of a run cost, in seconds
forecast   what a training will cost
"""
