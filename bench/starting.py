"""How long until the page is there, what the web process holds, how long from a click to the first training step."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent
BARE = """
import sys
import gradio as gr
with gr.Blocks() as page:
    gr.Markdown("Hello world")
page.launch(server_port=int(sys.argv[1]), quiet=True)
"""


@contextmanager
def server(command: list[str], port: int, home: Path) -> Iterator[tuple[subprocess.Popen, float]]:
    """A server in its own process; yields it and the seconds until HTTP 200 on /."""
    env = {**os.environ, "GENHUB_HOME": str(home), "GENHUB_OFFLINE": "1", "GRADIO_ANALYTICS_ENABLED": "0", "PYTHONPATH": str(ROOT)}
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, *command], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
    try:
        while not answers(port):
            if process.poll() is not None or time.perf_counter() - began > 60:
                raise RuntimeError(f"{command} did not come up")
            time.sleep(0.02)
        yield process, time.perf_counter() - began
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as reply:
            return reply.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def web_process(scratch: Path, repeats: int) -> dict:
    """Start both pages in turn; look into ours once its warm server and worker are up."""
    bare = scratch / "bare.py"
    bare.write_text(BARE, encoding="utf-8")
    found = {"genhub_seconds": [], "bare_seconds": []}
    for turn in range(repeats + 1):
        with server(["-m", "genhub", "serve", "--port", "7871"], 7871, scratch / "home") as (process, seconds):
            if turn:
                found["genhub_seconds"].append(seconds)
            if turn == repeats:
                time.sleep(15)
                found["web_megabytes"] = psutil.Process(process.pid).memory_info().rss / 1e6
                maps = Path(f"/proc/{process.pid}/maps").read_text()
                found["web_has_torch"] = bool(re.search(r"libtorch|/torch/", maps))
        with server([str(bare), "7872"], 7872, scratch / "home") as (_, seconds):
            if turn:
                found["bare_seconds"].append(seconds)
    return found


def click_to_step(scratch: Path, repeats: int = 5) -> dict:
    """Press Train in a browser; seconds until the run's log holds the first step of LoRA. Chromium is needed."""
    from playwright.sync_api import sync_playwright

    home = scratch / "clicked"
    home.mkdir()
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with server(["-m", "genhub", "serve", "--port", "7873"], 7873, home), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(90_000)
        page.goto("http://127.0.0.1:7873/")
        page.get_by_role("tab", name="Classify").click()
        page.get_by_label("Support requests").check()
        page.locator("#data-use:not([disabled])").click()
        page.wait_for_selector("#forecast .gh-facts")  # from here on the page is warm
        seconds = [_one_click(page, home) for _ in range(repeats)]
        browser.close()
    return {"click_seconds": seconds}


def _one_click(page, home: Path) -> float:
    known = set(home.glob("runs/*"))
    if not page.locator("#train").is_visible():
        page.locator("#stage-method > button").click()
    page.locator("#train:not([disabled])").wait_for()
    began = time.perf_counter()
    page.locator("#train").click()
    while not (new := [log for log in home.glob("runs/*/events.jsonl") if log.parent not in known and '"loss"' in log.read_text()]):
        time.sleep(0.01)
    seconds = time.perf_counter() - began
    (new[0].parent / "stop").touch()
    while '"event": "Done"' not in new[0].read_text():
        time.sleep(0.05)
    return seconds
