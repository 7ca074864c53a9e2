"""Teaching a model that writes: *Adapt* and *From scratch* of Generate and *Adapt* of Translate are the same section over three kinds of
training.

kinds          what differs: the task, its options and presets, the words
text_source    the text: bundled, pasted, a file, the Hub
pairs_source   pairs of sentences: pasted, a file
options        what learns and for how long, with its cost measured before one commits
run            what the run is doing: curves, samples
verdicts       what came of it, on what it has not learnt from
home           side by side with the base, and what one takes home
section        the parts put together
"""
