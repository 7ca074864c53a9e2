"""The tab *Images* without a browser: what a press shows, and what is refused."""

import io
import json
import re
import zipfile
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from genhub.errors import UserError
from genhub.events import Metric, Note
from genhub.images import sketch
from genhub.jobs import reading
from genhub.training.configs import GANConfig
from genhub.ui import forms, markup, run_view
from genhub.ui.images import chooser, compare, discriminate, enlarge, latent, own, plane, play, tab, turns
from genhub.ui.learning import images_source, section, tell, told
from genhub.ui.learning.kinds import AUTOENCODER, GAN, VAE

SESSION = {"visitor": "v" * 43}
MAP = {
    "places": [[0.0, 0.0], [2.0, 4.0], [1.0, 1.0]],
    "classes": [0, 1, 1],
    "names": ["cat", "<b>"],
    "size": 2,
    "kept": 1.0,
}
SPAN = plane.span(MAP["places"])
PICTURE = "aGk="
ABOUT = {
    "names": ["cat", "<b>"],
    "size": 2,
    "side": 8,
    "channels": 1,
    "conditional": False,
    "draws": True,
    "reads": True,
    "denoises": False,
    "mapped": True,
    "parameters": 12_345,
    "slow": False,
    "damage": None,
}
KNOWN = {"model": "c", **ABOUT}
NEAREST = {"picture": PICTURE, "classes": ["cat", "cat", ""], "shown": "own"}
HELD = {"im_known": KNOWN, "im_label": chooser.ANY, "latent_told": {"span": list(SPAN), "middle": [0.0, 0.0]}, "latent_places": []}
IN_HAND = {"im_known": KNOWN, "im_label": chooser.ANY, "code_of": {"place": [1.0, 1.0]}}


def test_a_set_with_files_that_are_no_images_is_read_at_a_press_of_its_remedy(lab, tmp_path):
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for number in range(66):
            buffer = io.BytesIO()
            Image.new("L", (16, 16), number).save(buffer, "PNG")
            archive.writestr(f"{number:02}.png", buffer.getvalue() if number else b"hello")
    given = {**dict.fromkeys(VAE.names(*images_source.PARTS)), "vae_source": images_source.FILE, "vae_file": str(tmp_path / "set.zip")}
    given |= {"vae_side": 0, "vae_grey": False}
    with pytest.raises(UserError, match=r"“00\.png” is no PNG, JPEG or WebP image") as refused:
        section.use(lab, SESSION, VAE, **given)
    button = f"fix:{refused.value.fix}"
    assert f'data-pick="{button}">Leave them out</button>' in markup.problem(refused.value, heard=True)
    taken = section.mend(lab, button, SESSION, VAE, **given, vae_fixes=[])
    assert lab.images_info(SESSION["visitor"], taken["vae_taken"]).images == 65
    assert "1 of 66 images was left out: “00.png” is no PNG, JPEG or WebP image." in taken["vae_facts"]
    with pytest.raises(UserError, match="Fix is “drop-few”"):
        lab.take_images(SESSION["visitor"], tmp_path / "set.zip", {}, ["drop-few"])


class Drawing:
    """A lab whose worker decodes nothing and says what it was asked."""

    film: tuple = ()  # of a model that takes noise away

    def __init__(self, runs=(), **about):
        self.asked, self._runs, self.about, self.besides = [], list(runs), {**ABOUT, **about}, {}

    def runs(self, visitor):
        return self._runs

    def image_models(self):
        return [SimpleNamespace(id="embedded/mnist-vae-2", of="MNIST", title="VAE")]

    def hub_painters(self):
        return []

    def about_painter(self, visitor, model):
        return self.about

    def draw(self, visitor, model, values):
        self.asked.append((model, values))
        return {"picture": PICTURE, "columns": 10, "side": 8, "count": values["n"], "classes": [], "film": self.film, "seconds": 0.01}

    def drawing(self, visitor, model, values):
        yield from self.film
        yield self.draw(visitor, model, values)

    def enlarging(self, visitor, model, each, values, kind):
        self.asked.append((model, each, values, kind))
        yield {"done": each, "of": 2 * each}
        classes = {"cat": each, "<b>": each} if self.about["conditional"] else {}
        yield {"path": Path(__file__), "picture": PICTURE, "count": 2 * each, "classes": classes}

    def moments(self):
        return [30, 60, 900]

    def real_images(self, visitor):
        return {"set:a": "Your set “a”", "model:m": "None: m plays them"}

    def tiles(self, visitor, real, moment, seed):
        self.asked.append((real, moment, seed))
        return {"picture": PICTURE, "columns": 4, "count": 12}

    def guessed(self, visitor, real, moment, seed, fake):
        self.asked.append((real, moment, seed, fake))
        return {"fake": [True] * 4 + [False] * 8, "machine": [False] * 12, "right": 11, "machine_right": 8}

    def take_images_sample(self, visitor, sample):
        self.asked.append(sample)
        return SimpleNamespace(id="d" * 32)

    def gan_turn(self, visitor, images, values, token, turn, count):
        self.asked.append((images, token, turn, count))
        self.made = 0 if turn == "none" else self.made + count * (2 if turn == "both" else 1)
        pictures = dict.fromkeys(("drawn", "real", "wanted"), PICTURE)
        beliefs = {"believed_drawn": [0.25] * 16, "believed_real": [0.75] * 16}
        return {**pictures, **beliefs, "made": {"discriminator": self.made, "generator": 0}}

    def look(self, visitor, model, of, label=""):
        self.asked.append((model, of, label))
        spread = [[1, 0.5, 1.0], [0, -0.5, 0.5]]
        return {
            "picture": PICTURE,
            "code": [0.5, 1.0],
            "size": 2,
            "class": label,
            "place": [0.5, -0.5],
            "spread": spread,
            "nearest": NEAREST,
            "alike": PICTURE,
        }

    def image_map(self, visitor, model):
        return MAP

    def images_at(self, visitor, model, places, label):
        self.asked.append((model, places, label))
        return {"picture": PICTURE, "pixels": PICTURE if len(places) > 1 else "", "codes": places, "size": 2, "class": "", "seconds": 0.004}

    def image_sheet(self, visitor, model, span, label):
        self.asked.append((model, span, label))
        return {"picture": PICTURE, "class": label}

    def code_numbers(self, visitor, model, of, label):
        self.asked.append((model, of, label))
        return {"picture": PICTURE, "numbers": [1, 0], "from": -2.5, "to": 2.5, "class": label}

    def code_sum(self, visitor, model, plus, minus, then, label):
        return {"picture": PICTURE, "nearest": then}

    def give_back(self, visitor, model, image, damage, label):
        self.asked.append((model, image, damage, label))
        return {"picture": PICTURE, "error": 0.25, "best": "", "code": [0.0, 0.0], "worse": 0.01, "place": [0, 0], "nearest": NEAREST}

    def painters_beside(self, visitor, model, other, seed):
        told = {
            "picture": PICTURE,
            "errors": [0.1, 0.2],
            "count": 5,
            "kept": 0,
            "drew": None,
            "unseen": False,
            "same": True,
            "samples": [PICTURE, PICTURE],
        }
        return {**told, **self.besides, "sizes": [2, 3], "parameters": [10, 20], "seconds": [None, 90.0]}


def info(task: str, id: str, metrics=True):
    return SimpleNamespace(task=task, id=id, name=id, metrics={"mse": 0.1} if metrics else None)


def test_finished_image_models_are_offered_before_ours():
    lab = Drawing([info("classify", "a"), info("vae", "b", None), info("vae", "c"), info("autoencoder", "d")])
    offered = chooser.offer(lab, SESSION, None)["im_model"]
    assert [model for _, model in offered["choices"]] == ["c", "d", "embedded/mnist-vae-2"]
    assert offered["value"] == "c"
    assert "value" not in chooser.offer(lab, SESSION, "d")["im_model"]  # another one may have been chosen since
    assert chooser.offer(Drawing(), SESSION, "d")["im_model"]["value"] == "embedded/mnist-vae-2"


def test_a_set_is_drawn_with_progress_and_offered():
    lab, fields = Drawing(conditional=True), {"play_temperature": 1.0, "play_truncation": 1.5, "play_seed": 4, "play_steps": 9}
    fields |= {"play_n": 64, "play_guidance": 2.0, "play_chance": 0.0}
    known = {**KNOWN, "conditional": True}
    *steps, last = enlarge.enlarge(lab, SESSION, known, chooser.ANY, 20, "Folder for datasets, with a card (ZIP)", **fields)
    model, each, values, kind = lab.asked[-1]
    assert (model, each, kind, values["truncation"], values["seed"], values["label"]) == ("c", 20, "datasets", 1.5, 4, "")
    assert "20 of 40 images" in steps[-1]["enlarge_shown"]
    assert "40 images: cat 20, &lt;b&gt; 20." in last["enlarge_shown"]
    assert last["enlarge_file"]["value"] == str(Path(__file__))
    assert last["enlarge_stop"]["interactive"] is False
    *_, last = enlarge.enlarge(Drawing(), SESSION, KNOWN, chooser.ANY, 20, "ZIP, a folder a class", **fields)
    assert enlarge.UNTOLD in last["enlarge_shown"]
    with pytest.raises(UserError, match="not made to draw"):
        list(enlarge.enlarge(Drawing(), SESSION, {**KNOWN, "draws": False}, chooser.ANY, 20, "", **fields))
    with pytest.raises(UserError, match="No model"):
        list(enlarge.enlarge(Drawing(), SESSION, None, chooser.ANY, 20, "", **fields))


def test_a_press_before_the_model_has_been_read_is_of_the_model_in_view():
    lab, seen = Drawing(), []

    def handler(lab, session, im_known, **given):
        seen.append((im_known, given))
        return {}

    pressed = chooser.knowing(handler)
    pressed(lab, session=SESSION, im_model="c", im_known=None, im_label=chooser.ANY)
    pressed(lab, session=SESSION, im_model="c", im_known={**KNOWN, "model": "d"}, im_label=chooser.ANY)
    pressed(lab, session=SESSION, im_model="c", im_known={**KNOWN, "size": 9}, im_label=chooser.ANY)  # read already: not again
    pressed(lab, session=SESSION, im_model=None, im_known=None, im_label=chooser.ANY)
    assert [known for known, _ in seen] == [KNOWN, KNOWN, {**KNOWN, "size": 9}, None]
    assert all(given == {"im_label": chooser.ANY} for _, given in seen)


WAY = {"accuracy": 0.9, "accuracy_low": 0.8, "accuracy_high": 0.95, "macro_f1": 0.89}
COUNTED = {"trainable_parameters": 1_290, "total_parameters": 467_818, "trainable_percent": 0.28, "seconds": 2.0, "difference": None}
JUDGED = {
    **WAY,
    "test_images": 20,
    "kept": "frozen",
    "ways": [{"name": "frozen", **WAY, **COUNTED}, {"name": "scratch", **WAY, **COUNTED}],
    "baselines": {"majority": {**WAY, "label": "<b>"}, "pixels": WAY},
    "labels": ["cat", "<b>"],
    "confusion": [[9, 1], [1, 9]],
    "sentences": ["Said <i>."],
}


def test_a_transfer_is_told_with_every_way_and_its_wrong_answers(tmp_path):
    answers = [("cat", "<b>", 0.7), ("cat", "cat", 0.99), ("<b>", "cat", 0.9)]
    rows = [{"label": label, "predicted": said, "scores": [share, 1 - share]} for label, said, share in answers]
    (tmp_path / "predictions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    lab = SimpleNamespace(folder=lambda visitor, run: SimpleNamespace(path=tmp_path), picture=lambda visitor, run, name: PICTURE)
    shown = told.told_apart(lab, SESSION, "r", JUDGED)
    assert "Frozen base, new head (kept)" in shown
    assert "1,290" in shown
    assert "always “&lt;b&gt;”" in shown
    assert "data-pick" not in shown  # nothing in it is pressed
    assert 'title="9 images of “cat” predicted as “cat”"' in shown
    assert shown.index("“&lt;b&gt;” told “cat” (0.90)") < shown.index("“cat” told “&lt;b&gt;” (0.70)")

    def gone(visitor, run, name):
        raise UserError("Gone.")

    lab.picture = gone  # of a run that was opened from a ZIP
    assert "<img" not in told.told_apart(lab, SESSION, "r", JUDGED)
    many = {**JUDGED, "labels": [str(number) for number in range(31)]}
    assert "What each class is taken for" not in told.told_apart(lab, SESSION, "r", many)


def test_an_image_is_told_with_what_speaks_for_it():
    answer = {"names": ["cat", "<b>"], "shares": [0.2, 0.8], "read": PICTURE, "evidence": PICTURE, "lost": 0.3}
    shown = tell.render(answer)
    assert "<b>“&lt;b&gt;”</b>, 0.800" in shown
    assert shown.count("<img") == 2
    assert "at most 0.300" in shown
    assert "Covering" not in tell.render({**answer, "lost": -0.1})


def test_a_remedy_is_one_press_and_its_run_comes_into_view(monkeypatch):
    lab, shown = Drawing([info("gan", "a")]), []
    lab.remedied = lambda visitor, run, key: shown.append((run, key)) or "b"
    lab.trained_with = lambda visitor, run: {"b": {**GAN.config().to_dict(), "spread": True, "seed": 77}}[run]
    monkeypatch.setattr(section, "in_view", lambda lab, session, learn, kind, run: {"learn": {kind.name("run"): run}})
    answer = section.remedy(lab, "remedy:spread", SESSION, {"gan_run": "a"}, GAN)
    assert answer["learn"] == {"gan_run": "b"}
    assert (answer["gan_spread"], answer["gan_seed"], answer["gan_preset"]) == (True, 77, "My own")  # what was trained stands in the form
    assert shown == [("a", "spread")]
    assert section.remedy(lab, "tile:1", SESSION, {"gan_run": "a"}, GAN) == {}
    with pytest.raises(UserError, match="No run has been chosen"):
        section.remedy(lab, "remedy:spread", SESSION, {}, AUTOENCODER)  # of which none is recorded


def test_remedies_stand_below_what_an_alarm_said_and_above_the_curves():
    fold = reading.Fold()
    for event in (Metric(1, {"d_loss": 0.5}), Metric(2, {"d_loss": 0.4}), Note("Mode collapse.", ("spread",))):
        fold._take(1.0, event)
    told = SimpleNamespace(state="finished", position=None, wait_seconds=None)
    drawn = run_view.render(told, fold.view(), {"spread": "mini-batch <b>"})
    assert re.findall(r'data-pick="([^"]*)"', drawn) == ["remedy:spread"]
    assert "mini-batch &lt;b&gt;" in drawn
    assert drawn.index("Mode collapse.") < drawn.index("data-pick") < drawn.index("<svg")
    plain = run_view.render(told, fold.view())
    assert plain.index("<svg") < plain.index("Mode collapse.")
    assert "data-pick" not in plain


def gan_fields(**values) -> dict:
    usual = GANConfig(**values).to_dict()
    return {GAN.name(name): forms.shown(GANConfig.option(name), usual[name]) for name in GAN.options}


def test_a_pair_begins_on_the_images_in_use_and_its_steps_are_presses():
    lab = Drawing()
    begun = turns.begin(lab, SESSION, {"gan_text": "t" * 32}, None, **gan_fields(loss="saturating"))
    state = begun["turns_state"]
    assert (state["images"], state["values"]["loss"], lab.asked[-1][2]) == ("t" * 32, "saturating", "none")
    assert begun["turns_generator"]["interactive"]
    assert begun["turns_shown"].count("25%") == 16
    moved = turns.MOVES["rounds"](lab, SESSION, state)
    assert lab.asked[-1] == ("t" * 32, state["token"], "both", 20)
    assert moved["turns_state"]["believed"] == [[0, 0.75, 0.25], [40, 0.75, 0.25]]
    assert "40 steps of the discriminator" in moved["turns_shown"]
    assert "<svg" in moved["turns_shown"]
    lab.made = 0  # the worker had to begin anew
    lost = turns.MOVES["rounds"](lab, SESSION, moved["turns_state"])
    assert turns.AGAIN in lost["turns_shown"]
    assert len(lost["turns_state"]["believed"]) == 1
    with pytest.raises(UserError, match="There is no pair yet"):
        turns.MOVES["generator"](lab, SESSION, None)


def test_without_images_a_pair_learns_the_digits_and_a_critic_says_no_probabilities():
    lab = Drawing()
    begun = turns.begin(lab, SESSION, {}, None, **gan_fields(loss="wasserstein"))
    assert lab.asked[0] == "digits"
    assert begun["turns_state"]["images"] == "d" * 32
    assert "25%" not in begun["turns_shown"]
    assert begun["turns_shown"].count(">0.2<") == 16
    lab.images_info = lambda visitor, images: SimpleNamespace(sample="digits")
    turns.begin(lab, SESSION, {}, begun["turns_state"], **gan_fields())
    assert lab.asked.count("digits") == 1  # those that were read are still kept


def test_twelve_are_dealt_pressed_and_judged_moment_after_moment():
    lab = Drawing()
    with pytest.raises(UserError, match="not read yet"):
        discriminate.deal(lab, SESSION, None, 1, None)
    offered = discriminate.offer(lab, SESSION, None, None)
    assert (offered["tiles_deal"]["interactive"], offered["tiles_real"]["value"]) == (True, "set:a")
    known = offered["tiles_known"]
    dealt = discriminate.deal(lab, SESSION, "model:m", 2, known)
    state = dealt["tiles_round"]
    assert lab.asked[-1] == ("model:m", 2, state["seed"])
    assert dealt["tiles_tiles"].count("data-pick") == 12
    assert "after 60 steps" in dealt["tiles_told"]
    assert discriminate.PLAYED in dealt["tiles_told"]
    for number in (0, 1, 2, 5, 5):
        state = discriminate.press(lab, f"tile:{number}", state)["tiles_round"]
    assert state["pressed"] == [0, 1, 2]
    assert discriminate.press(lab, "tile:12", state) == {}
    judged = discriminate.judge(lab, SESSION, state, known)
    assert lab.asked[-1][3] == [True] * 3 + [False] * 9
    assert (judged["tiles_tiles"].count("tile right"), judged["tiles_tiles"].count("tile wrong")) == (11, 1)
    assert "data-pick" not in judged["tiles_tiles"]
    assert "11 of 12" in judged["tiles_told"]
    assert "8 of 12" in judged["tiles_told"]
    assert discriminate.press(lab, "tile:3", judged["tiles_round"]) == {}
    assert discriminate.judge(lab, SESSION, judged["tiles_round"], judged["tiles_known"]) == {}
    after = discriminate.following(lab, SESSION, "set:a", 3, judged["tiles_known"])
    assert (after["tiles_moment"], after["tiles_round"]["moment"]) == (1, 1)  # after the last the first
    assert discriminate.PLAYED not in after["tiles_told"]
    assert "<svg" not in after["tiles_told"]  # that was against other images
    again = discriminate.deal(lab, SESSION, "model:m", 3, judged["tiles_known"])
    assert again["tiles_told"].count("<polyline") == judged["tiles_told"].count("<polyline")  # what was is kept
    with pytest.raises(UserError, match="Nothing has been dealt"):
        discriminate.judge(lab, SESSION, None, known)


def test_scores_are_means_of_the_rounds_of_a_moment():
    found = discriminate._by_moment([[1, 12, 6, "a"], [1, 6, 6, "a"], [3, 9, 12, "a"]], 12)
    assert found == {"you": [(1.0, 0.75), (3.0, 0.75)], "the discriminator": [(1.0, 0.5), (3.0, 1.0)]}


def test_without_the_model_the_page_says_so():
    class Bare(Drawing):
        def moments(self):
            return []

    assert discriminate.ABSENT in discriminate.offer(Bare(), SESSION, None, None)["tiles_tiles"]


def test_another_model_is_shown_with_its_map_and_what_it_draws():
    chosen = tab.choose(Drawing(), SESSION, "c", None)
    assert chosen["im_known"] == KNOWN
    assert chosen["im_label"]["visible"] is False
    assert chosen["latent_map"].count("<circle") == 3
    assert "64 images" in chosen["play_sheet"]
    assert chosen["latent_plus"]["choices"] == ["cat", "<b>"]
    assert tab.choose(Drawing(), SESSION, "c", KNOWN) == {}
    told = tab.choose(Drawing(conditional=True), SESSION, "c", None)["im_label"]
    assert (told["visible"], told["choices"]) == (True, [chooser.ANY, "cat", "<b>"])
    bare = tab.choose(Drawing(draws=False, mapped=False), SESSION, "c", None)
    assert play.GIVES_BACK in bare["play_sheet"]
    assert latent.MAPLESS in bare["latent_map"]
    assert latent.NO_ENCODER in tab.choose(Drawing(reads=False, mapped=False), SESSION, "c", None)["latent_map"]
    assert chooser.NOTHING in tab.choose(Drawing(), SESSION, None, None)["im_about"]


def test_a_model_that_cannot_be_read_takes_the_last_one_away():
    class Broken(Drawing):
        def about_painter(self, visitor, model):
            raise UserError("This model is damaged.", "", "Choose another.", "run")

    failed = tab.choose(Broken(), SESSION, "d", KNOWN)
    assert failed["im_known"] is None
    assert "This model is damaged" in failed["im_problem"]
    assert (failed["play_drawn"], failed["code_of"], failed["latent_told"]) == (None, None, None)
    assert set(failed) <= set(tab.CHOSEN)


def test_a_run_that_was_resumed_is_read_again():
    assert tab.choose(Drawing(), SESSION, "c", KNOWN) == {}
    assert tab.again(Drawing(), SESSION, "c")["im_known"] == KNOWN


def test_a_drawing_in_steps_is_shown_on_its_way_and_can_be_gone_back_through():
    lab = Drawing(denoises=True, conditional=True, mapped=False)
    chosen = tab.choose(lab, SESSION, "c", None)
    assert "16 images" in chosen["play_sheet"]
    assert all(chosen[name]["visible"] for name in play.IN_STEPS)
    assert not tab.choose(Drawing(denoises=True, mapped=False), SESSION, "c", None)["play_guidance"]["visible"]
    assert not any(tab.choose(Drawing(), SESSION, "c", None)[name]["visible"] for name in play.IN_STEPS)
    lab.film = tuple({"step": step, "steps": 20, "picture": PICTURE} for step in (10, 20))
    given = {**{name: chosen[name] for name in play.FIELDS}, **{name: chosen[name]["value"] for name in play.IN_STEPS}}
    *moments, last = play.draw(lab, SESSION, chosen["im_known"], chooser.ANY, **given)
    assert ["Step 10 of 20" in moments[0]["play_sheet"], "Step 20 of 20" in moments[1]["play_sheet"]] == [True, True]
    assert (last["play_moment"]["visible"], last["play_moment"]["maximum"], last["play_moment"]["value"]) == (True, 2, 2)
    assert "After step 10 of 20" in play.scrub(lab, last["play_drawn"], 1)["play_sheet"]
    assert "data-pick" in play.scrub(lab, last["play_drawn"], 2)["play_sheet"]
    for nothing in (0, 3, None):
        assert play.scrub(lab, last["play_drawn"], nothing) == {}
    assert play.scrub(lab, None, 1) == {}


def test_a_drawn_image_is_looked_at():
    lab = Drawing()
    given = {
        "play_n": 12,
        "play_temperature": 1.0,
        "play_seed": 3,
        "play_truncation": 0,
        "play_steps": 25,
        "play_guidance": 1,
        "play_chance": 0,
    }
    (drawn,) = play.draw(lab, SESSION, KNOWN, chooser.ANY, **given)
    asked = {"n": 12, "temperature": 1.0, "seed": 3, "truncation": 0, "steps": 25, "guidance": 1, "chance": 0}
    assert lab.asked[-1] == ("c", {"label": "", **asked})
    assert drawn["play_moment"]["visible"] is False
    assert drawn["play_sheet"].count("data-pick") == 12
    looked = play.look(lab, "drawn:11", SESSION, KNOWN, drawn["play_drawn"], HELD["latent_told"])
    assert looked["latent_places"] == [[0.5, -0.5]]
    assert "<circle" in looked["latent_marks"]
    assert looked["code_of"] == {"drawn": drawn["play_drawn"]["values"], "index": 11}
    assert "cat (2)" in looked["play_look"]
    assert looked["play_sheet"].count('aria-pressed="true"') == 1
    for pick in ("drawn:12", "drawn:-1", "drawn:x", "at:1", ""):
        assert play.look(lab, pick, SESSION, KNOWN, drawn["play_drawn"], None) == {}
    with pytest.raises(UserError, match="Nothing has been drawn"):
        play.save(lab, SESSION, KNOWN, None, "PNG, one picture")
    with pytest.raises(UserError, match="No model has been chosen"):
        play.save(lab, SESSION, None, drawn["play_drawn"], "PNG, one picture")


def test_a_press_decodes_and_a_second_one_walks_there():
    lab = Drawing()
    cell = re.search(r'data-pick="(at:[^"]+)"', latent.choose(lab, SESSION, KNOWN)["latent_map"])[1]
    first = latent.press(lab, cell, SESSION, **HELD)
    assert lab.asked[-1][1] == first["latent_places"]
    assert "What is decoded there" in first["latent_shown"]
    held = {**HELD, "latent_places": first["latent_places"]}
    second = latent.typed(lab, SESSION, **held, latent_x=1.0, latent_y=2)
    (start, *_, end) = lab.asked[-1][1]
    assert len(lab.asked[-1][1]) == latent.STEPS
    assert (start, end) == (first["latent_places"][0], [1.0, 2.0])
    assert second["latent_shown"].count("<img") == 2
    assert "<line" in second["latent_marks"]
    assert second["code_of"] == {"place": [1.0, 2]}
    third = latent.press(lab, "at:0:0", SESSION, **{**HELD, "latent_places": second["latent_places"]})
    assert third["latent_places"] == [[1.0, 2], [0.0, 0.0]]


def test_a_line_is_a_way_wherever_was_pressed_before():
    lab = Drawing()
    walked = latent.press(lab, "way:1:2:3:-4", SESSION, **{**HELD, "latent_places": [[9.0, 9.0]]})
    assert walked["latent_places"] == [lab.asked[-1][1][0], lab.asked[-1][1][-1]] == [[1.0, 2.0], [3.0, -4.0]]
    assert (walked["latent_x"], walked["latent_y"]) == (3.0, -4.0)


def test_the_whole_map_is_decoded():
    lab = Drawing()
    assert "<img" in latent.whole(lab, SESSION, KNOWN, chooser.ANY, {"span": list(SPAN)})["latent_shown"]
    assert lab.asked == [("c", list(SPAN), "")]


def test_sliders_turn_single_numbers():
    lab = Drawing()
    sliders = latent.slide(lab, SESSION, **IN_HAND)["latent_sliders"]
    assert re.findall(r'min="([^"]+)" max="([^"]+)".*?data-number="(\d)"', sliders) == [
        ("-2.5000", "3.5000", "1"),
        ("-2.0000", "1.0000", "0"),
    ]
    turned = latent.turn(lab, "moved:1=0.25:0=-1", SESSION, **IN_HAND)
    assert lab.asked[-1][1] == {"place": [1.0, 1.0], "moved": {"1": 0.25, "0": -1.0}}
    assert "<img" in turned["latent_turned"]
    for pick in ("moved:1=x", "at:1:1", ""):
        assert latent.turn(lab, pick, SESSION, **IN_HAND) == {}
    assert (
        "the numbers 2, 1"
        in latent.each_number(lab, SESSION, **{**IN_HAND, "code_of": None}, latent_told={"middle": [3.0, 4.0]})["latent_turned"]
    )
    assert lab.asked[-1][1] == {"place": [3.0, 4.0]}
    assert latent.slide(lab, SESSION, **{**IN_HAND, "code_of": None})["latent_sliders"] == ""


def test_classes_are_added_up():
    classes = {"latent_plus": "cat", "latent_minus": "<b>", "latent_then": "cat"}
    said = latent.add_up(Drawing(), SESSION, KNOWN, chooser.ANY, **classes)["latent_sum"]
    assert "cat − &lt;b&gt; + cat" in said


@pytest.mark.parametrize("pick", ["", "at", "at:1", "at:x:y", "go:1:2", "at:1:2:3", "way:1:2", "way:1:2:3:x", "at:nan:0", "way:0:0:inf:0"])
def test_a_press_beside_the_map_does_nothing(pick):
    assert latent.press(Drawing(), pick, SESSION, **HELD) == {}


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), "1"])
def test_a_place_that_is_none_is_refused(value):
    with pytest.raises(UserError, match="This is no place"):
        latent.typed(Drawing(), SESSION, value, 0.0, **HELD)


def test_without_a_model_or_a_map_nothing_is_decoded():
    for call in (
        lambda: latent.press(Drawing(), "at:1:1", SESSION, **{**HELD, "im_known": None}),
        lambda: latent.whole(Drawing(), SESSION, None, "", None),
        lambda: compare.compare(Drawing(), SESSION, None, "d", 0),
    ):
        with pytest.raises(UserError, match="No model has been chosen"):
            call()
    with pytest.raises(UserError, match="has no map"):
        latent.whole(Drawing(), SESSION, {**KNOWN, "mapped": False}, chooser.ANY, None)


def test_an_image_of_ones_own_goes_through_the_model():
    lab = Drawing()
    given = {"own_source": own.DRAWN, "own_file": None, "own_turned": False, "own_centred": True, "latent_told": HELD["latent_told"]}
    hurt = {"own_damage": own.UNDAMAGED, "own_amount": 0.3, "own_seed": 1}
    drawn = own.sketched(lab, "sketch:AAAA")["own_sketch"]
    shown = own.after_stroke(lab, SESSION, im_known=KNOWN, im_label=chooser.ANY, own_sketch=drawn, **given, **hurt)["own_shown"]
    assert lab.asked[-1] == ("c", {"sketch": "AAAA", "centred": True}, {"damage": "", "amount": 0.0, "seed": 1}, "")
    assert "An outlier" in shown
    assert "marked on the map" in shown
    assert own.sketched(lab, "clear") == {"own_sketch": "", "own_shown": ""}
    assert own.after_stroke(lab, SESSION, im_known=None, im_label=chooser.ANY, own_sketch=drawn, **given, **hurt) == {}
    own.give_back(lab, SESSION, KNOWN, chooser.ANY, own_sketch=drawn, **given, **{**hurt, "own_damage": "white"})
    assert lab.asked[-1][2] == {"damage": "white", "amount": 0.3, "seed": 1}
    with pytest.raises(UserError, match="reads no images"):
        own.give_back(lab, SESSION, {**KNOWN, "reads": False}, chooser.ANY, own_sketch="", **given, **hurt)
    for source, said in ((own.DRAWN, "Nothing has been drawn"), (own.FILE, "No picture has been chosen")):
        with pytest.raises(UserError, match=said):
            own.give_back(lab, SESSION, KNOWN, chooser.ANY, own_sketch="", **{**given, "own_source": source}, **hurt)


def test_the_pad_and_the_worker_agree_on_its_size():
    assert own.SIDE == sketch.SIDE
    assert f"SIDE = {own.SIDE}," in own.PAD_JS
    shown = own.source(Drawing(), own.FILE)
    assert (shown["own_pad"]["visible"], shown["own_file"]["visible"], shown["own_sketch"]) == (False, True, "")


def test_two_models_stand_side_by_side():
    lab = Drawing([info("vae", "c"), info("autoencoder", "d")])
    assert compare.offer(lab, SESSION, KNOWN, None)["beside_other"]["value"] == "d"
    offered = compare.offer(lab, SESSION, {**KNOWN, "model": "embedded/mnist-vae-16"}, None)["beside_other"]
    assert ([model for _, model in offered["choices"]], offered["value"]) == (["c", "d", "embedded/mnist-vae-2"], "embedded/mnist-vae-2")
    clothes = compare.offer(lab, SESSION, {**KNOWN, "model": "embedded/fashion-conv"}, "embedded/mnist-vae-2")["beside_other"]
    assert ([model for _, model in clothes["choices"]], clothes["value"]) == (["c", "d"], "c")
    shown = compare.compare(lab, SESSION, KNOWN, "d", 0)["beside_shown"]
    for said in ("0.1000", "0.2000", "1 min 30 s", "may have learnt some of them", "d draws"):
        assert said in shown
    for besides, said in (
        ({"kept": None, "unseen": True}, "synthetic: drawn by a conditional model"),
        ({"kept": None, "drew": 1}, "synthetic: drawn by d, which knows its own best"),
        ({"kept": 1}, "the run of d kept for its verdict. c may have learnt"),
        ({"same": False}, "d has learnt another set"),
        ({"samples": [PICTURE, ""]}, "d draws nothing"),
    ):
        lab.besides = besides
        assert said in compare.compare(lab, SESSION, KNOWN, "d", 0)["beside_shown"]
    lab.besides = {"errors": [None, 0.2]}
    shown = compare.compare(lab, SESSION, KNOWN, "d", 0)["beside_shown"]
    assert "below what d gives back</p>" in shown.replace(".</p>", "</p>")
    lab.besides = {"errors": [None, None], "picture": ""}
    assert "Neither of them reads images" in compare.compare(lab, SESSION, KNOWN, "d", 0)["beside_shown"]
    with pytest.raises(UserError, match="No other model"):
        compare.compare(lab, SESSION, KNOWN, None, 0)


def test_names_are_text_and_cells_lie_within_the_map():
    drawn = plane.draw(MAP)
    assert "&lt;b&gt;" in drawn
    assert "<b>" not in drawn
    left, bottom, right, top = SPAN
    cells = [[float(number) for number in pick.split(":")] for pick in re.findall(r'data-pick="at:([^"]+)"', drawn)]
    assert len(cells) == plane.COLUMNS * plane.ROWS
    assert all(left < x < right and bottom < y < top for x, y in cells)
    assert "<circle" in plane.draw({**MAP, "places": [[1.0, 1.0]], "classes": [-1], "names": []})


def test_names_on_the_map_do_not_lie_on_each_other():
    names = ["Shirt", "Coat", "Pullover", "Sandal"]
    places = [[float(number % 2), 0.0] if number < 12 else [30.0, 9.0] for number in range(16)]
    told = {**MAP, "places": places, "classes": [number // 4 for number in range(16)], "names": names}
    drawn = re.findall(r'<text class="name" x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]+)<', plane.draw(told))
    assert [name for _, _, name in drawn] == names
    heights = sorted(float(y) for _, y, name in drawn if name != "Sandal")
    assert min(above - below for below, above in pairwise(heights)) >= plane.LINE
