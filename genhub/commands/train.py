"""`train`: a table of contents of what can be trained; what all trainings share is in `training`."""

from genhub.commands import Command, train_classify, train_images, train_measure, train_pairs, train_texts, training

TRAININGS = (train_classify.TRAINING, train_texts.ADAPT, train_pairs.TUNE, train_texts.SCRATCH, *train_measure.TRAININGS)
COMMAND = Command("train a model", children={**{each.task: training.command(each) for each in TRAININGS}, "images": train_images.IMAGES})
