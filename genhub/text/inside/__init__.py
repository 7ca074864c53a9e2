"""What happens to one sentence inside a transformer, on a loaded model and without changing it: one step a file.

tokens      the sentence as pieces: ids, bytes, embeddings and their neighbours
embeddings  BERT's three embeddings and their sum
sinusoids   positional encoding by formula, the paper's and one that is wrong
positions   the position table that a model has learnt
attention   queries, keys, values, weights and context vectors of every layer
steps       one query of one head, number by number
shuffled    an encoder that reads the words in another order, with and without positions
lens        what each layer of a language model would say next
"""
