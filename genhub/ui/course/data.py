"""The lines of the course on data."""

from genhub.augment.chain import Chain, Step
from genhub.augment.images.table import PRESETS as PICTURES
from genhub.augment.texts.table import PRESETS as WORDS
from genhub.augment.texts.table import TEXTS
from genhub.ui.augment import tables
from genhub.ui.course.line import Line, pictures, words
from genhub.ui.ways import Way

BAD_CAMERA = ("gaussian-noise", 0.2), ("random-pixels", 0.1), ("black-pixels", 0.1), ("blur", 3.0), ("motion-blur", 10.0)
SPOILT = Chain("image", tuple(Step(name, amount) for name, amount in BAD_CAMERA), way="one", seed=3)  # all five are among the sixteen
JITTERED = Chain("text", (Step("embedding-noise", TEXTS["embedding-noise"].amount.default),))
FLATS = """\
rent,rooms,heating,district,let
640,2,gas,harbour,quickly
720,2,gas,old town,quickly
810,3,gas,harbour,quickly
560,1,district,harbour,quickly
690,2,district,harbour,quickly
880,3,district,old town,quickly
930,3,gas,old town,quickly
610,2,gas,harbour,quickly
750,3,district,harbour,quickly
980,4,gas,old town,quickly
830,3,district,harbour,quickly
590,1,gas,old town,quickly
700,2,district,old town,quickly
1040,4,district,harbour,quickly
660,2,gas,harbour,quickly
790,3,gas,hill,quickly
620,2,district,hill,quickly
870,3,gas,harbour,quickly
1150,3,oil,hill,slowly
1240,4,oil,hill,slowly
980,2,oil,hill,slowly
1310,4,oil,old town,slowly
1090,3,gas,hill,slowly
1180,4,oil,hill,slowly
1020,3,oil,old town,slowly
"""  # written for this project: numbers and categories

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
            Way("pictures", values=pictures(PICTURES["The course's chain"])),
        ),
        Line(
            "Images: noise and blur",
            "A bell curve's draw on every number, pixels of any colour, black ones, and kernels that smooth.",
            "Which of the five, at these strengths, hides what is in the picture first?",
            Way("pictures", values=pictures(SPOILT)),
        ),
        Line(
            "Images: all operations, or one of many",
            "Every variant by one operation, drawn at random, in place of all of them in a row; a few at random are a third way.",
            "Switch “Done are” between all, one and a few: in which do most variants still show what they are of?",
            Way("pictures", values=pictures(PICTURES["One at random, of many"])),
        ),
        Line(
            "Replace the rows, or add to them",
            "A whole file comes back with variants beside the rows that they are of, or with the variants alone.",
            "Make both files of one table and train on each: which model is right more often on rows that nobody has changed?",
            Way("whole"),
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
            Way("words", values=words(WORDS["Easy data augmentation"])),
        ),
        Line(
            "Texts: there and back",
            "A text is translated and translated back; each of the two ways may choose other words.",
            "Make variants: what does not come back from Spanish as it was, and is the label still right?",
            Way("words", values=words(WORDS["There and back"])),
        ),
        Line(
            "Texts: noise on the embeddings",
            "Noise is added to the embedding of every word, and the word that lies nearest is taken.",
            "At which deviation does the first word change, and at which is the text no text any more?",
            Way("words", values=words(JITTERED)),
        ),
        Line(
            "Tables: SMOTE",
            "A new row of a small class lies between two that are there.",
            "With 1 neighbour, with 5 and with 20: when do new points fall among rows of the other class?",
            Way("rows", values={"table_source": tables.SAMPLE, "table_method": "smote"}),
        ),
        Line(
            "Tables: SMOTE-NC",
            "Where some columns are categories there is nothing between two of them: a new row has the one that most of its neighbours have.",
            "Press “Use this table”, then “Even out”: does any new row have a heating that none of its neighbours has?",
            Way("rows", values={"table_source": tables.PASTED, "table_paste": FLATS, "table_method": "smote-nc"}),
        ),
        Line(
            "Tables: ADASYN",
            "More rows are made where the small class is hard: where its neighbours are of other classes.",
            "Even out by SMOTE and then by ADASYN: between which rows does each put its points?",
            Way("rows", values={"table_source": tables.SAMPLE, "table_method": "adasyn"}),
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
