"""What chains are made of, by what they are done to."""

from genhub.augment.chain import Chain
from genhub.augment.images.table import IMAGES
from genhub.augment.images.table import PRESETS as IMAGE_PRESETS
from genhub.augment.texts.table import PRESETS as TEXT_PRESETS
from genhub.augment.texts.table import TEXTS
from genhub.errors import UserError

TABLES = {"image": IMAGES, "text": TEXTS}
PRESETS = {"image": IMAGE_PRESETS, "text": TEXT_PRESETS}


def chain_of(value: object, kind: str) -> Chain:
    """Of what a file, a form or a request says. Raises UserError for what is no chain, or one for something else."""
    chain = Chain.from_dict(value, TABLES)
    if chain.kind != kind:
        raise UserError(f"This is a chain for {chain.kind}s.", f"One for {kind}s is needed.", "Choose another one.", "ops")
    return chain
