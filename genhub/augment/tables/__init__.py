"""Augmentation of tables: classes of unequal size."""
