"""What the forms of training begin with: the usual preset at home, the short one where others wait for their turn."""

import gradio as gr
import pytest

from genhub import settings
from genhub.lab import Lab
from genhub.training.configs import PRESETS, ClassifyConfig
from genhub.ui import forms
from genhub.ui.classify import method
from genhub.ui.learning import options
from genhub.ui.learning.kinds import ADAPT, KINDS, TRANSFER, TUNE
from genhub.ui.wiring import Wires

SHORT = {ADAPT.task: "Quick", TUNE.task: "Quick", TRANSFER.task: "A new head alone"}


@pytest.fixture(scope="module", params=["local", "public", "zerogpu"])
def parts(request, tmp_path_factory):
    """The components of all forms of training, by name, and whether the page is public."""
    with pytest.MonkeyPatch.context() as patch:
        told = {"GENHUB_HOME": str(tmp_path_factory.mktemp("home")), "GENHUB_OFFLINE": "1", "GENHUB_PROFILE": request.param}
        for name, value in told.items():
            patch.setenv(name, value)
        lab = Lab(settings.get())
    wires = Wires(lab)
    with gr.Blocks():
        method.layout(wires)
        for kind in KINDS:
            options.layout(wires, kind)
    yield wires.parts, request.param != "local"
    lab.close()


def test_classify_begins_with_the_short_preset_in_public(parts):
    made, public = parts
    assert made["preset"].value == ("Quick" if public else "Balanced")
    held = {name: forms.value(ClassifyConfig.option(name), made[name].value) for name in PRESETS["Quick"]}
    assert held == PRESETS[made["preset"].value]
    assert made["method_about"].value == method.method_about(held["method"])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.task)
def test_a_form_begins_with_its_short_preset_in_public_and_holds_what_that_decides(parts, kind):
    made, public = parts
    first = made[kind.name("preset")].value
    assert first == (SHORT.get(kind.task, kind.preset) if public else kind.preset)
    decided = kind.presets[first]
    assert {name: forms.value(kind.config.option(name), made[kind.name(name)].value) for name in decided} == decided
    assert kind.short in ("", *kind.presets)


@pytest.mark.parametrize("kind", [ADAPT, TUNE], ids=lambda kind: kind.task)
def test_the_short_preset_takes_the_fewest_epochs(kind):
    epochs = {name: decided["epochs"] for name, decided in kind.presets.items()}
    assert min(epochs, key=epochs.get) == kind.short
