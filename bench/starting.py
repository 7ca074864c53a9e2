"""How long until the page is there, what the web process holds, how long from a click to the first training step."""

import os
import re
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
    """Submit a job to a warm lab; seconds until its log holds the first training step."""
    os.environ.update(GENHUB_HOME=str(scratch / "lab"), GENHUB_OFFLINE="1")
    from genhub import settings
    from genhub.lab import Lab

    lab = Lab(settings.get())
    lab.open()
    try:
        while not lab.runner.ready():
            time.sleep(0.05)
        table = lab.take_sample("x" * 32, "support")
        lab.examine("x" * 32, table.id)
        return {"click_seconds": [_one_click(lab, table.id) for _ in range(repeats)]}
    finally:
        lab.close()


def _one_click(lab, table: str) -> float:
    began = time.perf_counter()
    run = lab.train("x" * 32, table, {"method": "lora", "epochs": 1, "folds": 0})
    while not any("loss" in values for values in lab.view("x" * 32, run)[1].curves.values()):
        time.sleep(0.01)
    seconds = time.perf_counter() - began
    while lab.run("x" * 32, run).state in ("queued", "running"):
        time.sleep(0.05)
    return seconds
