"""Does it help? The same training with and without augmentation, over several splits, and the difference with its uncertainty."""
