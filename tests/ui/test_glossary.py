"""The glossary: what the tab Generate prints as a term is explained, and what is explained is printed."""

import re
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest

from genhub import settings
from genhub.jobs.folder import RunFolder, write_json
from genhub.lab.insides import EXAMPLE_PLACES, EXAMPLE_SECOND, Stored
from genhub.lab.writing import Writing
from genhub.ui import beam_tree, charts, glossary, markup, run_view, tokens
from genhub.ui.generate import guess, stored, tab, write
from genhub.ui.generate.inside import embeddings, shared, shuffled, steps
from genhub.ui.learning import kinds, options, verdicts
from genhub.ui.learning import text_source as source
from genhub.ui.wiring import Wires

VISITOR = {"visitor": ""}
# Names of columns and curves that say all there is to say.
PLAIN = {"sentence", "why it is here", "not read by this model", "why", "text", "words", "time", "guessed right", "you", "the model", ""}


@pytest.fixture
def printed(monkeypatch) -> set[str]:
    """Every name that is printed as a term from now on."""
    names, real = set(), markup.term
    for module in (markup, charts):
        monkeypatch.setattr(module, "term", lambda name: names.add(name) or real(name))
    return names


def _written(home) -> None:
    """Stages 1 to 3 and 6 as they open, a penalty, a guess, a tree."""
    with gr.Blocks():
        lab = Writing(settings.get())
        lab.runs = lambda visitor: []
        _layout(lab)
    told = stored.example()
    why = {**told["why"], "candidates": [{**one, "penalised": one["raw"] / 2} for one in told["why"]["candidates"]]}
    tokens.candidates(why)
    write.counted(told["told"])
    token = told["told"]["tokens"][0]
    state = {"ids": [], "tokens": [token] * 4, "begun": 0, "place": 2, "before": "", "vocabulary": 9, "yours": [1.0, 2.0], "right": 1}
    guess._shown(state, token, why, "a", False)
    node = {"parent": beam_tree.ROOT, "depth": 1, "score": -1.0, "logprob": -1.0, "text": "a", "greedy": True, "state": "ended"}
    beam_tree.hypotheses({"nodes": [node], "hypotheses": [{"text": "a", "score": -1.0, "node": 0, "ended": True}]}, 0.7)


def _layout(lab) -> None:
    for part in tab.SECTIONS:
        wires = Wires(lab)
        wires.add(session=gr.State(), run=gr.State())
        part.layout(wires)


def _read() -> None:
    """The stored sentence, part by part."""
    lab, place = Stored(settings.get()), EXAMPLE_PLACES["encoder"]
    fields = dict(zip(steps.FIELDS, (*place.to_dict().values(), False), strict=True))
    steps.show(lab, VISITOR, shared.FIRST, **fields)
    embeddings.show(lab, VISITOR, shared.FIRST, EXAMPLE_SECOND)
    shuffled.shuffle(lab, VISITOR, shared.FIRST, shuffled.RIGHT, 0, [0, 0])


def _learnt(folder: Path) -> None:
    """A text, a forecast, a run on its way, a verdict."""
    source.told(SimpleNamespace(name="x", characters=1, words=1, documents=1, distinct=1, findings=[], preview=""))
    cost = dict.fromkeys(("trainable_percent", "trainable_parameters", "total_parameters", "steps", "seconds", "memory_mb"), 1)
    options.forecast(kinds.ADAPT, {**cost, "precision": "fp32", "measured_steps": 1, "limit_seconds": 0})
    figures = ("loss", "val_loss", "learning_rate", "rows_per_second", "tokens_per_second")
    run_view.render(None, SimpleNamespace(**VIEW, curves={"final": {name: [(1, 1.0), (2, 1.0)] for name in figures}}))
    line = {"bits_per_character": 2.0, "perplexity": 4.0, "gain": {"mean": 0.1, "low": 0.0, "high": 0.2}}
    write_json(folder / "metrics.json", {**line, "sentences": [], "baselines": {"base": line}})
    lab = SimpleNamespace(folder=lambda *_: RunFolder(folder))
    verdicts.verdict(lab, VISITOR, "r", SimpleNamespace(ended=True, curves={}))


VIEW = {"failed": None, "notes": [], "earlier": [], "remedies": [], "ended": True, "progress": None, "stage_label": ""}


def test_every_term_that_generate_prints_is_explained(home, tmp_path, printed):
    _written(home)
    _read()
    _learnt(tmp_path)
    unexplained = {name for name in printed - PLAIN if not glossary.explained(name)}
    assert unexplained - {"training", "validation"} == set()
    wanted = {
        "perplexity",
        "entropy",
        "surprise",
        "after penalties",
        "÷ √32",
        "divided by n^0.7",
        "bits a character",
        "segment",
        "documents",
    }
    assert wanted <= printed


def test_every_term_that_is_explained_is_printed():
    pages = [path for path in Path(glossary.__file__).parent.rglob("*.py") if path.name != "glossary.py"]
    written = "".join(path.read_text(encoding="utf-8") for path in pages)
    assert [name for name in glossary.TERMS if f'"{name}"' not in written] == []
    assert [name for name in glossary.BEGINNINGS if f'f"{name}{{' not in written] == []


@pytest.mark.parametrize("told", [*glossary.TERMS.values(), *glossary.BEGINNINGS.values()])
def test_an_explanation_is_one_plain_sentence(told):
    assert told.endswith(".")
    assert "!" not in told
    assert not re.search(r"\.\s+[A-Z]", told) or told.startswith("Of two vectors")
    assert len(told) < 150
