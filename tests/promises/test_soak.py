"""S7: nothing grows while mixed visitors come and go. In the suite only that the measuring finds what grows; in `make soak` the visitors."""

import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from genhub.data import samples
from tests.promises import malformed
from tests.promises.asking import Asker
from tests.promises.measured import FULL, MINUTES, quantile
from tests.promises.watching import Watch, growth
from tests.ui.served import Served

CLIENTS = 10
STILL = """
import sys, time
sys.stdin.read()
"""
LEAKY = """
import pathlib, sys, threading, time
kept, place, over = [], pathlib.Path(sys.argv[1]), threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
for number in range(10_000):
    if over.wait(0.05):
        break
    kept.append(bytearray(b"x" * 200_000))
    kept.append(open(place / f"{number}", "wb"))
    kept[-1].write(b"x" * 100_000)
    threading.Thread(target=over.wait, daemon=True).start()
"""


def watched(script: str, folder) -> list[str]:
    """What is said of a program that does this for some seconds."""
    folder.mkdir()
    with subprocess.Popen([sys.executable, "-c", script, str(folder)], stdin=subprocess.PIPE) as program:
        watch = Watch(program.pid, folder, every=0.2).start()
        deadline = time.monotonic() + 60
        while len(watch.samples) < 20:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        watch.stop()
        program.stdin.close()
    return growth(watch.samples[8:]).problems()  # it has begun by then


def test_what_grows_is_found_and_what_does_not_is_not(tmp_path):
    assert watched(STILL, tmp_path / "still") == []
    told = " ".join(watched(LEAKY, tmp_path / "leaky"))
    for phrase in ("memory grows", "disk grows", "threads", "open files"):
        assert phrase in told, told


class Visitor:
    """One of ten: mostly classifies, now and then writes, translates, uploads, trains; leaves nothing behind. `errors`: what was refused."""

    def __init__(self, ask: Asker, number: int):
        self.ask, self.random, self.me = ask, random.Random(number), f"{number:032d}"
        self.errors, self.seconds, self.asked = [], [], 0
        self.table = samples.path("reviews").read_bytes()

    def until(self, over: threading.Event) -> "Visitor":
        ways = [self.classify] * 60 + [self.write] * 20 + [self.translate] * 10 + [self.upload] * 5 + [self.train] * 5
        while not over.wait(self.random.uniform(0, 2)):
            self.random.choice(ways)()
        self.told("/delete_everything")
        return self

    def told(self, name: str, *values):
        answer = self.ask.ask(name, [self.me, *values])
        self.asked += 1
        if answer.said:
            self.errors.append(f"{name}: {answer.said}")
            return None
        if name == "/classify":
            self.seconds.append(answer.seconds)
        return answer.data[0] if answer.data else None

    def classify(self) -> None:
        self.told("/classify", "example-support", [f"Where is parcel {self.random.random()}?"])

    def write(self) -> None:
        self.told("/write", "Once", {"model": malformed.GPT, "max_new_tokens": 12, "seed": self.random.randrange(1000)}, "", False)

    def translate(self) -> None:
        self.told("/translate", "The weather is good today.", malformed.TRANSLATOR)

    def upload(self) -> str:
        table = self.told("/read_table", self.ask.upload(self.table, "reviews.csv"), [])
        report = table and self.told("/examine_table", table["id"], "", "", [])
        return table["id"] if report and report["ready"] else ""

    def train(self) -> None:
        """To the end, and away with it."""
        run = (table := self.upload()) and self.told("/train", table, {"method": "frozen", "folds": 0, "epochs": 1}, "soaked")
        while run and (status := self.told("/run_status", run)) and status["state"] in ("queued", "running"):
            time.sleep(1)
        self.told("/delete_everything")


@pytest.mark.skipif(not FULL, reason="half an hour; make soak")
@pytest.mark.timeout(60 * MINUTES + 900)
def test_mixed_visitors_leave_nothing_behind(tmp_path, figure):
    served = Served(tmp_path, GENHUB_PROFILE="public").start()
    try:
        ask, over = Asker(served.address), threading.Event()
        with ThreadPoolExecutor(CLIENTS) as pool:
            visitors = [pool.submit(Visitor(ask, number).until, over) for number in range(CLIENTS)]
            time.sleep(min(180, 60 * MINUTES / 5))  # until all that is loaded once is loaded
            watch = Watch(served.process.pid, tmp_path, every=5).start()
            time.sleep(60 * MINUTES)
            watch.stop()
            over.set()
            visitors = [visitor.result() for visitor in visitors]
    finally:
        served.stop()
    found, errors = growth(watch.samples), [error for visitor in visitors for error in visitor.errors]
    p95 = quantile([seconds for visitor in visitors for seconds in visitor.seconds], 0.95)
    asked = sum(visitor.asked for visitor in visitors)
    figure(
        "S7",
        f"{MINUTES:g} minutes, {CLIENTS} mixed visitors, {asked} requests",
        f"{found}; {len(errors)} errors; 95 % of the texts classified within {p95:.2f} s",
        "full" if MINUTES >= 30 else "shorter",
    )
    print(found, errors[:5], p95)
    assert not errors, errors[:5]
    assert found.problems() == []
