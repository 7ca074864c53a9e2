"""Pictures of the page as it is, for README and docs: `make screenshots`. Needs Chromium (Debian: apt-get install chromium).

Starts the app with an empty home, offline, on a free port; walks through it; saves PNGs in docs/screenshots at 1400 and
400 pixels, light and dark.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

FOLDER = Path(__file__).parent / "screenshots"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run")
RUNS = (  # something to compare and to look at; the page lists runs of the command line too
    ("classify", "--data", "support", "--folds", "0", "--method", "frozen"),
    ("classify", "--data", "support", "--folds", "0", "--method", "lora"),
    ("images", "--family", "transfer", "--data", "digits", "--model", "embedded/mnist-judge"),
)


@contextmanager
def app() -> Iterator[str]:
    """The app on a free port; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as home:
        env = {**os.environ, "GENHUB_HOME": home, "GENHUB_OFFLINE": "1"}
        for words in RUNS:
            subprocess.run([sys.executable, "-m", "genhub", "train", *words, "--quiet"], env=env, check=True)
        process = subprocess.Popen([sys.executable, "-m", "genhub", "serve", "--port", str(port)], env=env)
        address = f"http://127.0.0.1:{port}/"
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(address, timeout=2).read()
                    break
                except OSError:
                    time.sleep(0.1)
            yield address
        finally:
            process.terminate()
            process.wait(20)


def main() -> None:
    from playwright.sync_api import sync_playwright

    FOLDER.mkdir(exist_ok=True)
    program = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "google-chrome"))), None)
    with app() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        for scheme in ("light", "dark"):
            for width in (1400, 400):
                page = browser.new_page(viewport={"width": width, "height": 1000}, color_scheme=scheme)
                page.set_default_timeout(120_000)
                page.goto(f"{address}?__theme={scheme}")
                walk(page, f"{scheme}-{width}")
                generate(page, f"{scheme}-{width}")
                translate(page, f"{scheme}-{width}")
                images(page, f"{scheme}-{width}")
                augment(page, f"{scheme}-{width}")
                page.close()
        browser.close()


def walk(page, suffix: str) -> None:
    """Start, the doctor on the messy sample, the verdict, the explanation, Runs."""
    page.wait_for_selector("#start-tiles .gh-tile")
    shot(page, f"start-{suffix}")
    page.get_by_role("tab", name="Classify").click()
    page.wait_for_selector("#verdict-head .gh-big")
    page.get_by_label("A messy table").check()
    page.wait_for_selector("#data-report .gh-finding")
    shot(page, f"doctor-{suffix}")
    page.locator("#stage-data > button").click()
    page.locator("#verdict-matrix [data-pick]").nth(1).click()
    page.wait_for_selector("#verdict-cell table, #verdict-cell h3")
    page.locator("#try-go").click()
    page.wait_for_selector("#try-words .gh-words", timeout=60_000)
    page.get_by_text("TF-IDF on the same rows").wait_for(timeout=60_000)
    shot(page, f"verdict-{suffix}")
    page.get_by_role("tab", name="Runs").click()
    page.wait_for_selector("#runs-table tbody tr")
    for row in range(2):
        page.locator("#runs-table tbody tr", has_text="support").nth(row).locator("[data-pick^='select:']").click()
        page.wait_for_function(f"document.querySelectorAll('#runs-table tbody [aria-pressed=true]').length == {row + 1}")
    page.wait_for_selector("#runs-compare table")
    shot(page, f"runs-{suffix}")


def generate(page, suffix: str) -> None:
    """The text that the tab opens on, strategies side by side, a beam search, the inside of a model, and the two recorded runs."""
    page.get_by_role("tab", name="Generate").click()
    page.wait_for_selector("#gen-text .tok")
    shot(page, f"write-{suffix}")
    page.locator("#stage-write > button").click()
    with stage(page, "decode", suffix):
        page.wait_for_selector("#decode-view article .tok")
    with stage(page, "tree", suffix):
        page.locator("#tree-go").click()
        page.wait_for_selector("#tree-plot .scatterlayer .trace")
    with stage(page, "inside", suffix) as inside:
        inside.get_by_role("tab", name="Attention in four steps").click()
        inside.get_by_text("Compute weights").wait_for()
    for name in ("adapt", "scratch"):
        with stage(page, name, suffix):
            page.wait_for_selector(f"#{name}_verdict .gh-big")


def translate(page, suffix: str) -> None:
    """The sentence that the tab opens on with its attention, and its beam search."""
    page.get_by_role("tab", name="Translate").click()
    page.wait_for_selector("#tr-map .gi-squares")
    shot(page, f"translate-{suffix}")
    for name in ("translate", "attention"):
        page.locator(f"#stage-{name} > button").click()
    with stage(page, "translation-tree", suffix):
        page.locator("#tr-tree-go").click()
        page.wait_for_selector("#tr-tree-plot .scatterlayer .trace")


def images(page, suffix: str) -> None:
    """What the first model draws, one image looked at, a way over its map, a sketch given back, the recorded VAE and GAN, two models side by
    side, twelve tiles told apart, and a network that was taught other classes."""
    page.get_by_role("tab", name="Images").click()
    page.wait_for_selector("#play-sheet img")
    page.locator("#play-sheet [data-pick]").nth(13).click()
    page.wait_for_selector("#play-look img")
    shot(page, f"play-{suffix}")
    page.locator("#stage-play > button").click()
    with stage(page, "latent", suffix):
        for cell in (380, 740):
            page.locator("#latent-map rect").nth(cell).click()
            page.wait_for_timeout(800)
        page.wait_for_selector("#latent-sliders input")
        page.locator("#latent-each").click()
        page.wait_for_selector("#latent-turned img")
    with stage(page, "own", suffix) as own:
        pad = own.locator("canvas")
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        page.mouse.move(box["x"] + 60, box["y"] + 55)
        page.mouse.down()
        for x, y in ((165, 55), (160, 75), (120, 130), (95, 185)):
            page.mouse.move(box["x"] + x, box["y"] + y, steps=6)
        page.mouse.up()
        page.wait_for_selector("#own-shown img")
    for name in ("vae", "gan"):
        with stage(page, name, suffix):
            page.wait_for_selector(f"#{name}_view svg")
            page.wait_for_selector(f"#{name}_verdict .gh-big")
    with stage(page, "beside", suffix):
        page.wait_for_timeout(800)
        page.locator("#beside-go").click()
        page.wait_for_selector("#beside-shown img")
    with stage(page, "tiles", suffix):
        page.locator("#tiles-deal").click()
        for tile in (1, 4, 6, 11):
            page.locator("#tiles-tiles [data-pick]").nth(tile).click()
        page.wait_for_function("document.querySelectorAll('#tiles-tiles [aria-pressed=true]').length == 4")
        page.locator("#tiles-judge").click()
        page.wait_for_selector("#tiles-tiles .tile")
    with stage(page, "transfer", suffix):
        open_run(page, "transfer")
        page.wait_for_selector("#transfer_verdict .gh-matrix")


def open_run(page, kind: str) -> None:
    """The newest run of a kind."""
    page.locator(f"#{kind}_run input").click()
    page.locator("[role=option]").first.click()


def augment(page, suffix: str) -> None:
    """A photograph's variants with one beside it, texts, a table evened out, a digit that turns, a study, and a sentence with gaps."""
    page.get_by_role("tab", name="Augment").click()
    page.wait_for_selector("#image-grid [data-pick='variant:5']")
    page.wait_for_timeout(1500)  # the tab asks what it held when it was left
    page.locator("#image-grid [data-pick='variant:5']").click()
    page.wait_for_selector("#image-closer img")
    shot(page, f"pictures-{suffix}")
    page.locator("#stage-pictures > button").click()
    with stage(page, "words", suffix):
        page.wait_for_selector("#text-shown ins")
    with stage(page, "rows", suffix):
        page.locator("#table-use").click()
        page.wait_for_selector("#table-shown svg")
    with stage(page, "breaking", suffix):
        page.locator("#break-go").click()
        page.wait_for_selector("#break-line svg")
    with stage(page, "measure", suffix):
        page.wait_for_selector("#measure-table svg")
    with stage(page, "gaps", suffix):
        page.locator("#gaps-go").click()
        page.locator("#gaps-text [data-pick^='gap:']").first.click()
        page.locator("#gaps-guess input, #gaps-guess textarea").first.fill("brother")
        page.locator("#gaps-see").click()
        page.wait_for_selector("#gaps-look svg")


@contextmanager
def stage(page, name: str, suffix: str) -> Iterator:
    """The stage, open for as long as its picture takes."""
    button = page.locator(f"#stage-{name} > button")
    button.click()
    yield page.locator(f"#stage-{name}")
    shot(page, f"{name}-{suffix}")
    button.click()


def shot(page, name: str) -> None:
    page.wait_for_timeout(400)
    path = FOLDER / f"{name}.png"
    page.screenshot(path=str(path), full_page=True)
    with Image.open(path) as drawn:  # 256 colours are enough, and a third of the bytes
        few = drawn.convert("RGB").quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


if __name__ == "__main__":
    main()
