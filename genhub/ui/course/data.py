"""The lines of the course on data."""

from genhub.ui.course.line import Line
from genhub.ui.ways import Way

COURSE: dict[str, tuple[Line, ...]] = {
    "Data and its bias": (
        Line(
            "Learned bias in data",
            "A model takes the shortest way that the table leaves open.",
            "Does accuracy on unseen rows show that it cheats?",
            Way("cheat"),
        ),
    ),
    "Data augmentation": (
        Line(
            "Images: the slides' chain",
            "Flip, move, turn, zoom, contrast, brightness, each drawn anew for every image; all of them, one, or a few.",
            "Which of the sixteen variants would you still call a photograph of a cat?",
            Way("pictures"),
        ),
        Line(
            "Where a label breaks",
            "An operation that goes too far tells a model something false.",
            "At how many degrees does a 6 become a 9?",
            Way("breaking", values={"break_label": "6", "break_which": "rotate"}),
        ),
        Line(
            "Texts",
            "Characters, words and sentences are shuffled, words replaced, inserted, left out.",
            "How similar is a text still to what it was made of?",
            Way("words"),
        ),
        Line(
            "Tables: SMOTE",
            "A new row of a small class lies between two that are there.",
            "Between which rows does SMOTE put its points, and where does ADASYN?",
            Way("rows", values={"table_method": "smote"}),
        ),
        Line(
            "Does it help?",
            "The same model learns with and without, on the same splits.",
            "Is SMOTE better than class weights?",
            Way("measure", values={"measure_kind": "A table of numbers", "measure_methods": ["smote", "random-over"]}),
        ),
        Line(
            "Scarce data",
            "A model that draws enlarges a small training set.",
            "Do drawn images help a classifier that has seen a hundred?",
            Way(
                "measure",
                values={
                    "measure_kind": "Images",
                    "measure_set": "drawn-digits",
                    "measure_image_chains": [],
                    "measure_painter": "embedded/mnist-gan-classes",
                    "measure_image_sizes": "100",
                },
            ),
        ),
        Line(
            "Masked language model",
            "15 % of the tokens are gaps: masked, swapped, or left as they are.",
            "Which words does their context give away?",
            Way("gaps"),
        ),
    ),
}
