"""Ways through the page: from a tile, a line of the course or the header to a tab with one of its stages open, its fields in a state.

STAGES   what can be opened
Way      a stage, the part of it, and what the fields hold then
follow   the answer of an event that goes there; OPENED are the components that it may touch besides the fields
"""

from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from genhub.ui.augment import breaking, gaps, measure, whole
from genhub.ui.augment import images as pictures
from genhub.ui.augment import tables as rows
from genhub.ui.augment import texts as words
from genhub.ui.classify import data, method, take_home, train, try_it, verdict
from genhub.ui.generate import decode, guess, tree, write
from genhub.ui.generate.inside import section as inside
from genhub.ui.images import compare, discriminate, enlarge, latent, own, play, turns
from genhub.ui.learning.kinds import ADAPT, AUTOENCODER, DIFFUSION, GAN, SCRATCH, TRANSFER, TUNE, VAE
from genhub.ui.translate import attention, evaluate, files
from genhub.ui.translate import tree as translation_tree
from genhub.ui.translate import write as translating

# What the visitor did last: from the moment the page is there, however long the server takes for what arrives after it.
WATCH_JS = """() => {
  const note = event => {
    const at = event.target;
    window.ghStage = at.closest?.('.gh-stage')?.id || window.ghStage;
    if (at.closest?.('.gh-stage, button, a, label, input, textarea, select, [data-pick]')) window.ghTouched = performance.now();
  };
  for (const kind of ['pointerdown', 'focusin']) document.addEventListener(kind, note, true);
}"""

# What an event opened lies further down, often below the fold, and a tab that was never seen is drawn first: once the stage is there,
# the page moves to it. Not away from what the visitor has touched since: an event that a touch began is asked from its end on, one that
# nobody asked for from the page's beginning.
_SHOW = """() => {
  const since = %s;
  let looks = 0;
  const look = () => {
    if (window.ghTouched > since) return;
    const wanted = [...document.querySelectorAll('.gh-wanted')].find(stage => stage.offsetParent && stage.querySelector(':scope > button.open'));
    if (wanted) {
      wanted.scrollIntoView({ block: 'start' });
      window.ghStage = wanted.id;
    } else if (++looks < 30) setTimeout(look, 100);
  };
  setTimeout(look, 200);
}"""
SHOW_STAGE, SHOW_ARRIVED = _SHOW % "performance.now()", _SHOW % "0"


@dataclass(frozen=True)
class Stage:
    """`component` is the fold, by its name in the page's wires."""

    tab: str
    component: str
    name: str


STAGES = {
    "data": Stage("classify", "data_stage", data.STAGE),
    "method": Stage("classify", "method_stage", method.STAGE),
    "train": Stage("classify", "train_stage", train.STAGE),
    "verdict": Stage("classify", "verdict_stage", verdict.STAGE),
    "try": Stage("classify", "try_stage", try_it.STAGE),
    "home": Stage("classify", "home_stage", take_home.STAGE),
    "cheat": Stage("classify", "cheat_stage", "Catch it cheating"),
    "write": Stage("generate", "write_stage", write.STAGE),
    "why": Stage("generate", "why_stage", write.WHY),
    "decode": Stage("generate", "decode_stage", decode.STAGE),
    "tree": Stage("generate", "tree_stage", tree.STAGE),
    "inside": Stage("generate", "inside_stage", inside.STAGE),
    "guess": Stage("generate", "guess_stage", guess.STAGE),
    "adapt": Stage("generate", ADAPT.name("stage"), ADAPT.stage),
    "scratch": Stage("generate", SCRATCH.name("stage"), SCRATCH.stage),
    "translate": Stage("translate", "translate_stage", translating.STAGE),
    "attention": Stage("translate", "attention_stage", attention.STAGE),
    "translation-tree": Stage("translate", "translation_tree_stage", translation_tree.STAGE),
    "evaluate": Stage("translate", "evaluate_stage", evaluate.STAGE),
    "files": Stage("translate", "files_stage", files.STAGE),
    "tune": Stage("translate", TUNE.name("stage"), TUNE.stage),
    "play": Stage("images", "play_stage", play.STAGE),
    "latent": Stage("images", "latent_stage", latent.STAGE),
    "own": Stage("images", "own_stage", own.STAGE),
    "vae": Stage("images", VAE.name("stage"), VAE.stage),
    "autoencoder": Stage("images", AUTOENCODER.name("stage"), AUTOENCODER.stage),
    "gan": Stage("images", GAN.name("stage"), GAN.stage),
    "diffusion": Stage("images", DIFFUSION.name("stage"), DIFFUSION.stage),
    "beside": Stage("images", "beside_stage", compare.STAGE),
    "enlarge": Stage("images", "enlarge_stage", enlarge.STAGE),
    "turns": Stage("images", "turns_stage", turns.STAGE),
    "discriminate": Stage("images", "tiles_stage", discriminate.STAGE),
    "pictures": Stage("augment", "pictures_stage", pictures.STAGE),
    "words": Stage("augment", "words_stage", words.STAGE),
    "rows": Stage("augment", "rows_stage", rows.STAGE),
    "breaking": Stage("augment", "break_stage", breaking.STAGE),
    "measure": Stage("augment", "measure_stage", measure.STAGE),
    "gaps": Stage("augment", "gaps_stage", gaps.STAGE),
    "whole": Stage("augment", "whole_stage", whole.STAGE),
    "transfer": Stage("images", TRANSFER.name("stage"), TRANSFER.stage),
}
OPENED = ["tabs", *(stage.component for stage in STAGES.values()), "inside_tabs"]


@dataclass(frozen=True)
class Way:
    """`part`: the one of *Inside a transformer* that opens. `beside`: another stage that is open with it. `values`: component → what it
    holds then."""

    stage: str
    part: str = ""
    beside: str = ""
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What it leads to, as it is called there, without its number."""
        return inside.PARTS[self.part].TITLE if self.part else STAGES[self.stage].name.lstrip("0123456789 ")


def follow(way: Way) -> dict:
    """The tab, its stages folded but for those that are wanted, and the fields."""
    tab = STAGES[way.stage].tab
    folds = {
        stage.component: gr.update(
            open=name in (way.stage, way.beside), elem_classes=["gh-stage", "gh-wanted"] if name == way.stage else ["gh-stage"]
        )
        for name, stage in STAGES.items()
        if stage.tab == tab
    }
    part = {"inside_tabs": gr.update(selected=way.part)} if way.part else {}
    return {"tabs": gr.update(selected=tab), **folds, **part, **way.values}
