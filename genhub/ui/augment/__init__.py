"""The tab *Augment*: a chain of operations on pictures and on texts, rows for the small classes of a table, and where a label breaks.

editor   a chain, built by hand: the same piece over every table of operations
images, texts, tables, breaking   a stage each
"""
