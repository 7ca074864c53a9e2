"""Teaching a language model: *Adapt* and *From scratch* are the same section over two kinds of training.

kinds     what differs: the task, its options and presets, the words
source    the text: bundled, pasted, a file, the Hub
options   what learns and for how long, with its cost measured before one commits
run       what the run is doing: curves, samples, verdict
home      side by side with the base, and what one takes home
section   the parts put together
"""
