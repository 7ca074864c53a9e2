"""Images: a map of digits, clothes, a sketch, two models, a film; a GAN that collapses."""

import io
import re
import time
import zipfile

import numpy as np
from PIL import Image

from tests.ui.browser import SLOW, expect, unfold
from tests.ui.walks.page import choose, stage, taken_home


def learnt(page) -> float:
    """A VAE of two numbers learns the digits, watched; the seconds from the press to its verdict."""
    stage(page, "vae", "#vae_use")
    page.locator("#vae_use").click()
    expect(page.locator("#vae_facts")).to_contain_text("1,797")
    expect(page.locator("#vae_facts img.gh-pixels")).to_be_visible()
    expect(page.locator("#vae_forecast")).to_contain_text("parameters")
    page.locator("#vae_epochs textarea, #vae_epochs input").first.fill("20")
    began = time.monotonic()
    page.locator("#vae_train").click()
    expect(page.locator("#vae_verdict")).to_be_empty()  # that of the recorded run has gone
    expect(page.locator("#vae_verdict .gh-big")).to_be_visible()
    seconds = time.monotonic() - began
    expect(page.locator("#vae_verdict")).to_contain_text("nats an image")
    expect(page.locator("#vae_verdict")).not_to_contain_text("posterior collapse")  # there is something on its map
    expect(page.locator("#vae_film_view img.gh-pixels")).to_be_visible()
    newest = page.locator("#vae_film_view img").get_attribute("src")
    slider = page.locator("#vae_film input[type=number]")
    slider.fill("1")
    slider.press("Enter")
    expect(page.locator("#vae_film_view h3")).to_have_text("Before the first step")
    assert page.locator("#vae_film_view img").get_attribute("src") != newest
    return seconds


def packed(page):
    page.locator("#vae_show").click()
    expect(page.locator("#vae_code")).to_contain_text("from torch import nn")
    expect(page.locator("#vae_command")).to_contain_text("train images --family vae --data digits")
    page.locator("#vae_pack").click()
    with zipfile.ZipFile(io.BytesIO(taken_home(page, "#vae_download"))) as archive:
        assert "model/model.safetensors" in archive.namelist()
    page.locator("#vae_gif").click()
    film = Image.open(io.BytesIO(taken_home(page, "#vae_gif_file")))
    assert film.format == "GIF"
    assert film.n_frames > 1


def own_map(page) -> float:
    """The map of the run that has just ended, pressed twice; the seconds until it is there."""
    began = time.monotonic()
    page.locator("#vae_play").click()
    expect(page.locator("#im-about")).to_contain_text("8 × 8, grey")  # the run is the model in view
    expect(page.locator("#play-sheet")).to_contain_text("64 images, drawn in")
    stage(page, "latent", "#latent-map")
    expect(page.locator("#latent-map text.name")).to_have_count(10)
    seconds = time.monotonic() - began
    page.locator("#latent-map rect").nth(300).click()
    expect(page.locator("#latent-shown")).to_contain_text("Decoded in")
    page.locator("#latent-map rect").nth(700).click()
    expect(page.locator("#latent-shown h3")).to_contain_text("The way there")
    unfold(page, "beside")
    expect(page.locator("#beside-other input")).to_have_value(re.compile("^MNIST: "))
    page.locator("#beside-go").click()
    expect(page.locator("#beside-problem")).to_contain_text("They must be of one size")  # 8 × 8 beside 28 × 28
    return seconds


def place_of(page, name):
    """The cell of the map in the middle of a class: the n-th name is of the n-th colour."""
    number = page.locator("#latent-map text.name").all_text_contents().index(name)
    dots = page.locator(f"#latent-map circle[fill='var(--c{number})']").evaluate_all(
        "dots => dots.map(dot => [dot.cx, dot.cy].map(side => side.baseVal.value))"
    )
    x, y = np.median(dots, axis=0)
    cells = page.locator("#latent-map rect").evaluate_all(
        "cells => cells.map(cell => ['x', 'y'].map((side, n) => +cell.getAttribute(side) + cell.getAttribute(n ? 'height' : 'width') / 2))"
    )
    return page.locator("#latent-map rect").nth(min(range(len(cells)), key=lambda at: (cells[at][0] - x) ** 2 + (cells[at][1] - y) ** 2))


def from_trousers_to_sweaters(page):
    choose(page, "im-model", "Fashion-MNIST: clothes · VAE, two numbers")
    expect(page.locator("#latent-map .gh-plane circle")).to_have_count(2_000)
    expect(page.locator("#latent-said")).to_contain_text("two numbers each, so the map is all there is")
    place_of(page, "Trouser").click()
    expect(page.locator("#latent-marks circle")).to_have_count(1)
    expect(page.locator("#latent-shown img")).to_have_count(1)
    place_of(page, "Pullover").click()
    expect(page.locator("#latent-shown h3")).to_contain_text("The way there, through the code")
    expect(page.locator("#latent-shown img")).to_have_count(2)  # through the code, and through the pixels
    expect(page.locator("#latent-marks line")).to_have_count(1)


def sketched(page):
    stage(page, "own", "#own-pad canvas")
    page.locator("#own-pad canvas").scroll_into_view_if_needed()
    box = page.locator("#own-pad canvas").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 160, steps=5)
    page.mouse.up()
    expect(page.locator("#own-shown")).to_contain_text("squared error a pixel")
    expect(page.locator("#latent-marks circle")).to_have_count(1)  # its place on the map


def beside(page):
    expect(page.locator("#im-about")).to_contain_text("2 numbers")
    expect(page.locator("#beside-other input")).to_have_value(re.compile("^Fashion-MNIST: clothes · "))
    choose(page, "beside-other", "Fashion-MNIST: clothes · Autoencoder, convolutional")
    page.locator("#beside-go").click()
    expect(page.locator("#beside-shown tbody tr")).to_have_count(2)
    expect(page.locator("#beside-shown")).to_contain_text("Autoencoder, convolutional draws")
    expect(page.locator("#beside-shown")).to_contain_text("synthetic: drawn by a conditional model of the same set")
    expect(page.locator("#beside-shown img")).to_have_count(3)  # what both give back, and what each draws
    expect(page.locator("#beside-problem")).to_be_empty()
    page.locator("#own-pad button").click()
    expect(page.locator("#own-shown")).to_be_empty()


EPOCHS = 8  # too few to draw digits, enough to see whether all of one run are alike
ENOUGH = 100  # for the remedy: its preset takes three times as many, and draws eight or nine of the digits
PATIENT = 300_000  # milliseconds until that many are over on a busy machine


def covered(page, timeout: float = SLOW) -> int:
    """How many of the ten digits the run in view draws, as its verdict says."""
    expect(page.locator("#gan_verdict")).to_contain_text("of 10 classes are drawn", timeout=timeout)
    return int(page.locator("#gan_verdict").inner_text().split(" of 10 classes are drawn")[0].split()[-1])


def trained(page, epochs: int):
    page.locator("#gan_epochs textarea, #gan_epochs input").first.fill(str(epochs))
    page.locator("#gan_train").click()


def collapsed(page):
    stage(page, "gan", "#gan_use")
    page.locator("#gan_use").click()
    expect(page.locator("#gan_facts")).to_contain_text("digits", ignore_case=True)
    page.locator("#gan_preset").get_by_label("Mistake: made to collapse").check()
    expect(page.locator("#gan_ratio input")).to_have_value("0.2")
    trained(page, EPOCHS)
    expect(page.locator("#gan_view")).to_contain_text("Mode collapse: what is drawn varies")
    expect(page.locator("#gan_view")).to_contain_text("nothing is of")
