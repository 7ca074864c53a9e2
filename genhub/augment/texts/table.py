"""The operations on texts, in the order in which the page offers them, and chains that are ready."""

from genhub.augment.chain import Chain, Step
from genhub.augment.operations import Amount, Operation, table

ORDER, SLIPS, WORDS, MODELS = "Order", "Slips", "Other words", "Models"
GROUPS = (ORDER, SLIPS, WORDS, MODELS)


def _of_words(default: float) -> Amount:
    return Amount("Share", "Of the words.", 0.0, 1.0, default)


TEXTS = table(
    Operation(
        "shuffle-characters", "Shuffle characters", "The letters within a word, all but the first and the last.", ORDER, _of_words(0.2)
    ),
    Operation(
        "shuffle-words",
        "Shuffle words",
        "Words move, but not far.",
        ORDER,
        Amount("Distance", "In words, at most.", 0, 50, 3, whole=True),
    ),
    Operation("shuffle-sentences", "Shuffle sentences", "Whole sentences in another order.", ORDER),
    Operation("swap", "Swap words", "Two words change places.", ORDER, _of_words(0.1)),
    Operation("delete", "Delete words", "One word stays at least.", WORDS, _of_words(0.1)),
    Operation("insert", "Insert words", "A word similar to one of the text, anywhere in it.", WORDS, _of_words(0.1)),
    Operation(
        "keyboard",
        "Keyboard slips",
        "A letter becomes one beside it on the keyboard.",
        SLIPS,
        Amount("Share", "Of the letters.", 0.0, 0.5, 0.03),
    ),
    Operation("spelling", "Spelling", "Misspelt as people do.", SLIPS, _of_words(0.1)),
    Operation("similar", "Similar words", "A word becomes one with a similar embedding.", WORDS, _of_words(0.1)),
    Operation(
        "embedding-noise",
        "Noise on embeddings",
        "Noise is added to each word's embedding; the word nearest to it is taken.",
        MODELS,
        # As long as an embedding, the noise changes no word: in so many dimensions it hardly ever points at another one.
        Amount("Deviation", "Of the noise, relative to an embedding's length: below 3 hardly a word changes.", 0.0, 8.0, 4.0),
    ),
    Operation("in-context", "Words in context", "A masked-language model proposes a word for each gap.", MODELS, _of_words(0.15)),
    Operation("back-translation", "There and back", "Translated into Spanish and back, in one of up to four ways each.", MODELS),
)

PRESETS = {
    "Easy data augmentation": Chain(  # Wei & Zou 2019, with a tenth of the words, one of the four a text
        "text", (Step("similar", 0.1), Step("insert", 0.1), Step("swap", 0.1), Step("delete", 0.1)), way="one"
    ),
    "Careless typing": Chain("text", (Step("keyboard", 0.03), Step("spelling", 0.1))),
    "Another order": Chain("text", (Step("shuffle-words", 3), Step("shuffle-sentences"))),
    "Words in context": Chain("text", (Step("in-context", 0.15),)),
    "There and back": Chain("text", (Step("back-translation"),)),
}
