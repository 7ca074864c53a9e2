"""The looks of the data doctor, by subject: each is a function of a `Case` that gives one finding or None."""

from genhub.data.looks import classes, file, rows, texts

LOOKS = (
    *(file.too_many_rows, classes.not_trainable, file.header, file.windows, file.malformed, classes.variants, classes.rare),
    *(rows.empty_texts, rows.empty_labels, rows.duplicates, rows.conflicts, rows.leaked, rows.unknown_labels),
    *(classes.few, classes.imbalance, texts.long, texts.language, texts.strangers, file.hub),
    *(file.file, file.columns, classes.classes, texts.not_measured, file.formulas),
)
