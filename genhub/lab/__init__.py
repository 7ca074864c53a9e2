"""What a visitor can do, without a page: the use cases behind every button, endpoint and (in part) command.

    tables    take_upload · take_pasted · take_sample · take_hub · add_test · examine
    images    image_samples · take_images · take_images_sample · take_images_hub · images_info · images_rows · picture · forming_map · film_file
    painting  image_models · hub_painters · about_painter · draw · drawing · drawn_file · enlarging · image_map · images_at · image_sheet · look · code_numbers · code_sum · read_image · give_back
              painters_beside
    guessing  moments · real_images · tiles · guessed · gan_turn
    texts     take_text · take_text_file · take_text_sample · take_text_hub · text_info · text_rows
    runs      forecast · train · remedies · remedied · view · stop · resume · rename · delete · compare
    answers   predict · predict_table · explain · without
    writing   language_models · write · writing · beams · inspect · score
    translating  translators · translate · translating · translate_back · attend · translation_tree · recurrent
    pairs     take_pairs · take_pairs_file · pairs_info · judge · judging
    files     translating_file
    insides   inside_tokens · inside_attention · inside_steps · inside_shuffled · inside_embeddings · inside_lens · inside_positions
    augmenting  photographs · take_photo · photo_info · vary_photo · vary_closer · photo_sweep · photo_file · vary_texts · fill_gaps · breaking_points
                number_tables · take_number_table · resampled · chain_file · chain_code
                augmenting_texts · augmented_images
    measuring   measure_tables · measure_texts · measure_images · text_tables · class_painters
    home      export · merged · to_publish · publish · reopen · reopen_from_hub · code

One file a subject, each over `base`, joined in `Lab`. Each use case takes the visitor first, checks every value through `gate`,
and touches only what that visitor owns. Tables and texts are parsed in one-shot children, training happens in job processes,
answers come from the model worker: no weight and no torch here.
"""

from genhub.lab.answers import Answers
from genhub.lab.augmented_files import AugmentedFiles
from genhub.lab.base import EXAMPLE_PREFIX, EXAMPLES
from genhub.lab.guessing import Guessing
from genhub.lab.home import Home
from genhub.lab.insides import Insides
from genhub.lab.measuring import Measuring
from genhub.lab.pairs import Pairs
from genhub.lab.tables import PASTED, TableInfo
from genhub.lab.telling import Telling
from genhub.lab.texts import TextInfo
from genhub.lab.translated_files import TranslatedFiles
from genhub.lab.writing import Writing

__all__ = ["EXAMPLES", "EXAMPLE_PREFIX", "PASTED", "Lab", "TableInfo", "TextInfo"]


class Lab(Measuring, AugmentedFiles, Guessing, Telling, Answers, Writing, Pairs, TranslatedFiles, Insides, Home):
    """One per server. `open()` starts the job runner and the model worker in the background; `close()` ends them."""
