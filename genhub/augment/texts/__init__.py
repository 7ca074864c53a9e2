"""Augmentation of texts."""
