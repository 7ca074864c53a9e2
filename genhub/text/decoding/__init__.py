"""From logits to text: how the next token is chosen, and what that choice looked like.

strategies   the options of a GenerateConfig as processors of logits; a row's own random generator
batch        rows of several requests decoded together, which join and leave between steps
memory       what a transformer remembers of the rows so far: keys and values
rolling      a transformer that writes on when its positions are full
recurrent    what a recurrent model remembers of them: one state
beams        beam search that remembers its tree
spelling     tokens to text while they arrive
measures     what one can say of a continuation: distinct-n, repetition, perplexity
"""
