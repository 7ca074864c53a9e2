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

FOLDER = Path(__file__).parent / "screenshots"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run")


@contextmanager
def app() -> Iterator[str]:
    """The app on a free port; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as home:
        env = {**os.environ, "GENHUB_HOME": home, "GENHUB_OFFLINE": "1"}
        for method in ("frozen", "lora"):  # something to compare; the page lists runs of the command line too
            words = ["train", "classify", "--data", "support", "--folds", "0", "--method", method, "--quiet"]
            subprocess.run([sys.executable, "-m", "genhub", *words], env=env, check=True)
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
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with app() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        for scheme in ("light", "dark"):
            for width in (1400, 400):
                page = browser.new_page(viewport={"width": width, "height": 1000}, color_scheme=scheme)
                page.goto(f"{address}?__theme={scheme}")
                walk(page, f"{scheme}-{width}")
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
        page.locator("#runs-table tbody tr").nth(row).locator("[data-pick^='select:']").click()
        page.wait_for_function(f"document.querySelectorAll('#runs-table tbody [aria-pressed=true]').length == {row + 1}")
    page.wait_for_selector("#runs-compare table")
    shot(page, f"runs-{suffix}")


def shot(page, name: str) -> None:
    page.wait_for_timeout(400)
    page.screenshot(path=str(FOLDER / f"{name}.png"), full_page=True)


if __name__ == "__main__":
    main()
