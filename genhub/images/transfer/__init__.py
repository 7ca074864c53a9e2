"""Transfer learning: a network that knows some classes of images is taught others, in several ways on one split."""
