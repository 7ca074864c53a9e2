"""The tab *Images* in a real browser: models draw, are walked through, learn; test_walks.py has a VAE and a GAN from end to end."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from tests.ui.browser import FITS, expect, unfold, visiting
from tests.ui.served import serving


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("home")) as served:
        yield served


@pytest.fixture
def page(app, chromium):
    with visiting(app, chromium, "Images") as page:
        yield page


def stage(page, name):
    unfold(page, name)
    expect(page.locator(f"#{name}_use")).to_be_visible()


def choose(page, model):
    """One of the embedded models."""
    page.locator("#im-model input").click()
    page.get_by_role("option", name=model).click()


def plays(page):
    """Stage 1."""
    expect(page.locator("#play-sheet")).to_contain_text("64 images, every class in turn")
    page.locator("#im-label input").click()
    page.get_by_role("option", name="7", exact=True).click()
    page.locator("#play-draw").click()
    expect(page.locator("#play-sheet")).to_contain_text("64 images of 7, drawn in")
    page.locator("#play-sheet [data-pick]").nth(12).click()
    expect(page.locator("#play-look")).to_contain_text("More like this")
    page.locator("#play-save").click()
    expect(page.locator("#play-file")).to_be_visible()


def drawn(page, first, last):
    """A line from one cell of the map to another. What is drawn anew at that moment, on a busy machine, takes the mouse away: once more."""
    for patience in (4_000, 8_000, None):
        first.hover()
        page.mouse.down()
        last.hover()
        try:
            return expect(page.locator("#latent-map line.way")).to_have_count(1, **({"timeout": patience} if patience else {}))
        except AssertionError:
            page.mouse.up()
    raise AssertionError("no line could be drawn over the map")


def walks(page):
    """Stage 2."""
    unfold(page, "latent")
    expect(page.locator("#latent-map .gh-plane circle")).to_have_count(1_000)
    expect(page.locator("#latent-marks circle")).to_have_count(1)  # of the image that was looked at
    page.locator("#latent-map rect").nth(500).click()
    expect(page.locator("#latent-marks circle")).to_have_count(2)
    expect(page.locator("#latent-shown")).to_contain_text("told “7”")
    expect(page.locator("#latent-sliders input").first).to_be_visible()  # the page is at rest: nothing moves under the mouse any more
    first, last = (page.locator("#latent-map rect").nth(cell) for cell in (205, 890))
    placed = page.locator("#latent-marks").inner_html()
    drawn(page, first, last)
    page.mouse.up()
    expect(page.locator("#latent-map line.way")).to_have_count(0)
    expect(page.locator("#latent-marks circle")).to_have_count(2)
    page.wait_for_function("before => document.querySelector('#latent-marks').innerHTML !== before", arg=placed)
    wanted = [float(number) for cell in (first, last) for number in cell.get_attribute("data-pick").split(":")[1:]]
    expect(page.locator("#latent-x input")).to_have_value(f"{round(wanted[2], 4):g}")
    expect(page.locator("#latent-shown h3")).to_contain_text("The way there")
    slider = page.locator("#latent-sliders input").first
    expect(slider).to_be_visible()
    slider.focus()
    slider.press("ArrowRight")
    expect(page.locator("#latent-turned")).to_contain_text("nearest images")
    page.locator("#latent-sheet").click()
    expect(page.locator("#latent-shown")).to_contain_text("place by place")
    page.locator("#latent-add").click()
    expect(page.locator("#latent-problem")).to_contain_text("its codes do not say it")


def test_a_model_of_ours_plays_and_is_walked_through(page):
    choose(page, "MNIST: handwritten digits · VAE told the digit")
    plays(page)
    walks(page)
    page.set_viewport_size({"width": 400, "height": 900})
    page.wait_for_function(FITS)


def test_an_autoencoder_learns_images_of_ones_own(page, tmp_path):
    stage(page, "autoencoder")
    draw, path = np.random.default_rng(0), tmp_path / "mine.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(80):
            buffer = io.BytesIO()
            Image.fromarray(draw.integers(0, 256, (20, 20), np.uint8)).save(buffer, "PNG")
            archive.writestr(f"{'odd' if number % 2 else 'even'}/{number}.png", buffer.getvalue())
    page.locator("#stage-autoencoder").get_by_role("radio", name="My images").check()
    page.locator("#autoencoder_file input[type=file]").set_input_files(path)
    expect(page.locator("#autoencoder_file")).to_contain_text("mine")
    page.locator("#autoencoder_use").click()
    expect(page.locator("#autoencoder_facts")).to_contain_text("Classes: even (40), odd (40).")
    page.locator("#autoencoder_epochs textarea, #autoencoder_epochs input").first.fill("2")
    page.locator("#autoencoder_train").click()
    expect(page.locator("#autoencoder_verdict")).to_contain_text("PCA, 30 numbers")


@pytest.mark.parametrize("width", [1400, 400])
def test_what_one_does_with_a_model_stands_right_below_its_verdict(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    stage(page, "vae")
    expect(page.locator("#vae_verdict .gh-big")).to_be_visible()  # of the recorded run
    verdict = page.locator("#vae_verdict").bounding_box()
    for button in ("play", "gif", "pack", "show"):
        box = page.locator(f"#vae_{button}").bounding_box()
        below = box["y"] - verdict["y"] - verdict["height"]
        assert verdict["x"] - 1 <= box["x"] < verdict["x"] + verdict["width"], button
        assert 0 < below < 300, (button, below)
    page.wait_for_function(FITS)


def test_a_diffusion_model_learns_and_its_drawing_is_gone_back_through(page, tmp_path):
    np.savez(
        tmp_path / "noise.npz", x=np.random.default_rng(0).integers(0, 256, (80, 8, 8), np.uint8)
    )  # few and small: each drawing takes steps
    stage(page, "diffusion")
    page.locator("#stage-diffusion").get_by_role("radio", name="My images").check()
    page.locator("#diffusion_file input[type=file]").set_input_files(str(tmp_path / "noise.npz"))
    expect(page.locator("#diffusion_file")).to_contain_text("noise")
    page.locator("#diffusion_use").click()
    expect(page.locator("#diffusion_facts")).to_contain_text("noise")
    page.locator("#diffusion_variant input").click()
    page.get_by_role("option", name="U-Net, narrow").click()
    page.locator("#diffusion_epochs textarea, #diffusion_epochs input").first.fill("1")
    page.locator("#diffusion_train").click()
    expect(page.locator("#diffusion_verdict")).to_contain_text("judge FID")
    expect(page.locator("#diffusion_film_view img")).to_be_visible()
    page.locator("#diffusion_play").click()
    expect(page.locator("#play-sheet")).to_contain_text("16 images, drawn in")
    page.locator("#play-steps input").fill("6")
    page.locator("#play-draw").click()
    expect(page.locator("#play-moment input[type=range]")).to_have_attribute("max", "6")
    page.locator("#play-moment input[type=range]").fill("2")
    expect(page.locator("#play-sheet")).to_contain_text("After step 2 of 6")


def test_a_network_is_taught_the_digits_and_tells_an_image(page, tmp_path):
    stage(page, "transfer")
    page.locator("#transfer_use").click()
    expect(page.locator("#transfer_facts")).to_contain_text("digits")
    page.locator("#transfer_model input").click()
    page.get_by_role("option", name="embedded/mnist-judge").click()
    page.locator("#transfer_lora input").uncheck()
    page.locator("#transfer_scratch input").uncheck()
    page.locator("#transfer_epochs textarea, #transfer_epochs input").first.fill("2")
    page.locator("#transfer_train").click()
    expect(page.locator("#transfer_verdict")).to_contain_text("accuracy on 359 unseen images")
    expect(page.locator("#transfer_verdict")).to_contain_text("Frozen base, new head")
    expect(page.locator("#transfer_view")).to_contain_text("way by way")
    Image.fromarray(np.pad(np.full((20, 4), 255, np.uint8), ((4, 4), (12, 12)))).save(tmp_path / "one.png")
    page.locator("#transfer_image input[type=file]").set_input_files(str(tmp_path / "one.png"))
    expect(page.locator("#transfer_image")).to_contain_text("one")
    page.locator("#transfer_tell").click()
    expect(page.locator("#transfer_beside")).to_contain_text("“1”")
    expect(page.locator("#transfer_beside img")).to_have_count(2)
    page.locator("#transfer_show").click()
    expect(page.locator("#transfer_code")).to_contain_text("image_classifier.py")


def test_a_set_is_drawn_tiles_are_told_apart_and_a_pair_is_stepped_through(page):
    unfold(page, "enlarge")
    page.locator("#enlarge-each input").fill("25")
    page.locator("#enlarge-go").click()
    expect(page.locator("#enlarge-shown")).to_contain_text("25 images")
    with page.expect_download() as taken:
        page.locator("#enlarge-file").click()
    with zipfile.ZipFile(taken.value.path()) as archive:
        assert sum(name.endswith(".png") for name in archive.namelist()) == 25
    unfold(page, "tiles")
    page.locator("#tiles-deal").click()
    for tile in (0, 5):
        page.locator("#tiles-tiles [data-pick]").nth(tile).click()
        expect(page.locator("#tiles-tiles [data-pick]").nth(tile)).to_have_attribute("aria-pressed", "true")
    page.locator("#tiles-judge").click()
    expect(page.locator("#tiles-tiles .tile")).to_have_count(12)
    expect(page.locator("#tiles-told")).to_contain_text("the discriminator")
    page.locator("#tiles-next").click()
    expect(page.locator("#tiles-told")).to_contain_text("Moment 2 of")
    unfold(page, "turns")
    page.locator("#turns-begin").click()
    expect(page.locator("#turns-shown img")).to_have_count(3)
    page.locator("#turns-discriminator").click()
    expect(page.locator("#turns-shown")).to_contain_text("1 step of the discriminator, 0 steps of the generator")
    page.locator("#turns-rounds").click()
    expect(page.locator("#turns-shown")).to_contain_text("21 steps of the discriminator, 20 steps of the generator")


def test_mistakes_are_said_beside_their_field(page):
    stage(page, "autoencoder")
    page.locator("#stage-autoencoder").get_by_role("radio", name="My images").check()
    page.locator("#autoencoder_use").click()
    expect(page.locator("#autoencoder_text_problem .gh-problem")).to_contain_text("No file has been chosen")
