"""The field's terms, each explained once in a sentence: shown on hover wherever `markup` prints the term."""

TERMS = {
    "macro F1": "The mean over all classes of F1, so that a rare class counts as much as a common one.",
    "precision": "Of the rows predicted as this class, the share that carries its label.",
    "recall": "Of the rows that carry this label, the share predicted as it.",
    "F1": "The harmonic mean of precision and recall.",
    "trainable": "The share of all parameters that learns; the others stay as they were pretrained.",
    "steps": "Optimiser steps: one a batch of rows, in all folds together.",
    "learning rate": "The step size of the optimiser: it rises while warming up, then decays.",
    "training loss": "Cross-entropy on the rows that teach, in nats: lower is better.",
    "validation loss": "Cross-entropy on rows that only choose the best epoch, in nats: lower is better.",
    "validation accuracy": "The share of validation rows whose label is predicted.",
    "tokens a second": "Word pieces of the texts read while training, padding not counted.",
    "rows a second": "Rows of the table read while training.",
    "arithmetic": "bf16 keeps eight bits of each number's digits: twice as fast where the processor has it, as good for training.",
    "memory": "The most main memory that the training process held.",
    "learnt weights": "The size of the adapter and the head as files, without the pretrained encoder; the zip to take home is compressed.",
    "stated": "The probability that the model states for its answer.",
    "encoding": "How the file writes letters as bytes.",
    "separator": "What stands between the fields of a line.",
    "accuracy on unseen rows": "The share of rows with the right answer, among rows that taught nothing; with a 95 % Wilson interval.",
    "difference to the first": "Mean difference of accuracy on the same rows, with a 95 % paired bootstrap interval.",
}
