"""Data augmentation: operations on images, texts and tables, chains of them, and whether they help."""
