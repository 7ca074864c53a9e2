"""Twenty visitors at once on one small machine, the page over a slow line, and what the guard costs; writes docs/benchmarks-visitors.md.

    make bench                                          everything: half an hour of visitors
    python bench/visitors.py --only crowd --minutes 5   some minutes of it
    python bench/visitors.py --render                   the document from the stored figures, without measuring

The page runs as for strangers (GENHUB_PROFILE=public) in a process of its own. Visitors are scripts that speak HTTP as the page does,
with pauses for thought between what they do; a browser of its own opens the page now and then. What is refused with a sentence because a
limit holds is counted apart from errors.
"""

import asyncio
import json
import os
import random
import shutil
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT), str(HERE)]

import sections  # noqa: E402 - beside this file
from starting import server  # noqa: E402

from genhub.ui.guard import Guard, Rules  # noqa: E402

FIGURES, TARGET = HERE / "visitors.json", ROOT / "docs" / "benchmarks-visitors.md"
PORT, VISITORS, PAUSES = 7875, 20, (10.0, 30.0)  # seconds between what a visitor does
WARM_SECONDS, PAGE_EVERY, LOOK_EVERY = 40.0, 30.0, 5.0
MIX = {"classify": 60, "generate": 20, "translate": 10, "upload": 5, "train": 5}  # of a hundred
EXAMPLE = "example-support"
TEXTS = ("Where is my parcel?", "I was charged twice this month.", "The app closes when I press save.", "How do I change my address?")
PROMPTS = ("To be or not to be", "Once upon a time there was a", "The king said")
SENTENCES = ("I like soccer and also going to the beach.", "Where is the station?", "She has never seen the sea before.")
REQUESTS = 3_000
LINES = {"this computer": None, "1.6 Mbit/s, 150 ms": {"latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 90_000}}
OPENINGS = 5  # of each, by a browser that was never here, which then comes again
SIZES = "['navigation', 'resource'].flatMap(kind => performance.getEntriesByType(kind)).reduce((sum, one) => sum + one.transferSize, 0)"


@dataclass
class Crowd:
    """What was seen: seconds of each thing that was done, what went wrong, sizes of the processes over time."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    refused: Counter = field(default_factory=Counter)
    sizes: list[tuple[float, float, float]] = field(default_factory=list)  # seconds, megabytes of the web process, of all that it started


class Visitor:
    """One token, one connection; does something, thinks, does something else."""

    def __init__(self, number: int, client: httpx.AsyncClient, crowd: Crowd):
        self.client, self.crowd, self.random, self.me = client, crowd, random.Random(number), ""

    async def stay(self, until: float) -> None:
        self.me = await self.call("new_visitor")
        await asyncio.sleep(self.random.uniform(0, PAUSES[1]))
        while time.monotonic() < until:
            what = self.random.choices(tuple(MIX), tuple(MIX.values()))[0]
            began = time.monotonic()
            try:
                await getattr(self, what)()
                self.crowd.seconds[what].append(time.monotonic() - began)
            except Refused as refused:
                self.crowd.refused[str(refused)[:120]] += 1
            except (httpx.HTTPError, AssertionError, KeyError, ValueError) as error:
                self.crowd.errors.append(f"{what}: {type(error).__name__}: {error}"[:300])
            await asyncio.sleep(self.random.uniform(*PAUSES))

    async def call(self, name: str, *values):
        """What an endpoint answers. Raises Refused for a limit that holds, AssertionError for any other error."""
        asked = await self.client.post(f"/gradio_api/call/{name}", json={"data": list(values)})
        assert asked.status_code == 200, f"{asked.status_code} {asked.text[:200]}"
        told = (await self.client.get(f"/gradio_api/call/{name}/{asked.json()['event_id']}")).text.splitlines()
        data = json.loads([line for line in told if line.startswith("data:")][-1].removeprefix("data:"))  # after heartbeats
        if "event: complete" not in told:
            if any(word in str(data) for word in ("waiting or running", "jobs are waiting")):
                raise Refused(str(data))
            raise AssertionError(str(data))
        return data[0]

    async def classify(self) -> None:
        answers = await self.call("classify", self.me, EXAMPLE, [self.random.choice(TEXTS)])
        assert answers["labels"], answers

    async def generate(self) -> None:
        options = {"max_new_tokens": 40, "seed": self.random.randrange(1_000)}
        assert (await self.call("write", self.me, self.random.choice(PROMPTS), options, "", False))["text"]

    async def translate(self) -> None:
        assert (await self.call("translate", self.me, self.random.choice(SENTENCES), {}))["translation"]

    async def upload(self) -> None:
        rows = "".join(f"{text} {number},{'abc'[number % 3]}\n" for number, text in enumerate(TEXTS * 30))
        sent = await self.client.post("/gradio_api/upload", files={"files": ("rows.csv", f"text,label\n{rows}".encode())})
        assert sent.status_code == 200, sent.text[:200]
        table = await self.call("read_table", self.me, {"path": sent.json()[0], "meta": {"_type": "gradio.FileData"}}, [])
        await self.call("examine_table", self.me, table["id"], "text", "label", [], {})

    async def train(self) -> None:
        """Started and watched to its end, as the page does."""
        table = await self.call("read_sample", self.me, "support", False)
        await self.call("examine_table", self.me, table["id"], "", "", [], {})
        run = await self.call("train", self.me, table["id"], {"method": "frozen", "folds": 0}, "", "classify")
        while (state := (await self.call("run_status", self.me, run))["state"]) in ("queued", "running"):
            await asyncio.sleep(2)
        assert state == "finished", state


class Refused(Exception):
    """A limit holds, and was said."""


# ---- sections -------------------------------------------------------------------------------------------------------


def crowd(home: Path, options) -> dict:
    """The mix of visitors for so many minutes, after a warm-up that does not count."""
    os.environ["GENHUB_PROFILE"] = "public"
    found, seconds = Crowd(), 60 * options.minutes
    with server(["-m", "genhub", "serve", "--port", str(PORT)], PORT, home) as (process, _):
        asyncio.run(_together(found, psutil.Process(process.pid), seconds))
    half = [size for size in found.sizes if size[0] >= seconds / 4]  # caches fill at first
    return {
        "minutes": options.minutes,
        "visitors": VISITORS,
        "done": {name: _told(values) for name, values in found.seconds.items()},
        "errors": found.errors,
        "refused": dict(found.refused),
        "slope_web": _slope([(at, web) for at, web, _ in half]),
        "slope_all": _slope([(at, whole) for at, _, whole in half]),
        "megabytes": [found.sizes[0][1:], found.sizes[-1][1:]],
    }


async def _together(found: Crowd, process: psutil.Process, seconds: float) -> None:
    bounds = httpx.Limits(max_connections=None, max_keepalive_connections=VISITORS)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{PORT}", timeout=120, limits=bounds) as client:
        warm = Visitor(0, client, Crowd())
        warm.me = await warm.call("new_visitor")
        for what in ("classify", "generate", "translate", "upload"):
            await getattr(warm, what)()
        await asyncio.sleep(WARM_SECONDS)
        until = time.monotonic() + seconds
        visits = [Visitor(number, client, found).stay(until) for number in range(1, VISITORS + 1)]
        await asyncio.gather(*visits, _watch(found, process, until), _opens(found, until))


async def _watch(found: Crowd, process: psutil.Process, until: float) -> None:
    """Sizes as the system counts them: private memory, so that what processes share counts once."""
    began = time.monotonic()
    while time.monotonic() < until:
        web = process.memory_info().rss / 1e6
        found.sizes.append((time.monotonic() - began, web, sum(_private(one) for one in [process, *process.children(recursive=True)])))
        await asyncio.sleep(LOOK_EVERY)


def _private(process: psutil.Process) -> float:
    try:
        return process.memory_full_info().uss / 1e6
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0.0  # a job that has just ended


@asynccontextmanager
async def _browser() -> AsyncIterator:
    from playwright.async_api import async_playwright

    program = shutil.which("chromium") or shutil.which("google-chrome")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        await browser.close()


async def _opened(context, over: dict | None = None) -> tuple[float, int]:
    """Seconds until the first results of the page are there, and bytes that came, over this line."""
    page = await context.new_page()
    if over:
        line = await context.new_cdp_session(page)
        await line.send("Network.enable")
        await line.send("Network.emulateNetworkConditions", {"offline": False, **over})
    began = time.monotonic()
    await page.goto(f"http://127.0.0.1:{PORT}/")
    await page.wait_for_selector("#start-tiles .gh-tile")
    seconds, size = time.monotonic() - began, await page.evaluate(SIZES)
    await page.close()
    return seconds, size


async def _opens(found: Crowd, until: float) -> None:
    """Somebody new opens the page."""
    async with _browser() as browser:
        while time.monotonic() < until:
            context = await browser.new_context(viewport={"width": 1400, "height": 900})
            found.seconds["page"].append((await _opened(context))[0])
            await context.close()
            await asyncio.sleep(PAGE_EVERY)


def _told(values: list[float]) -> dict:
    ordered = sorted(values)
    return {"count": len(ordered), "median": statistics.median(ordered), "p95": ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]}


def _slope(points: list[tuple[float, float]]) -> float:
    """Megabytes a minute, by least squares."""
    return 60 * statistics.linear_regression(*zip(*points, strict=True)).slope


def line(home: Path, options) -> dict:
    """Somebody new opens the page, and comes again."""
    with server(["-m", "genhub", "serve", "--port", str(PORT)], PORT, home):
        time.sleep(WARM_SECONDS / 2)
        return asyncio.run(_lines())


async def _lines() -> dict:
    found: dict[str, dict] = {name: {"first": [], "again": []} for name in LINES}
    async with _browser() as browser:
        for name in [*LINES] * OPENINGS:
            context = await browser.new_context(viewport={"width": 1400, "height": 900})
            for which in ("first", "again"):
                found[name][which].append(await _opened(context, LINES[name]))
            await context.close()
    return found


def guard(home: Path, options) -> dict:
    """Milliseconds that the guard adds to a request, of a page and of an event, in turns with the same application without it."""
    rules = Rules(public=True, upload_bytes=50_000_000, text_chars=1_000_000, hosts=("127.0.0.1",))
    return asyncio.run(_guard(Guard(_answer, rules)))


async def _guard(guarded: Guard) -> dict:
    found: dict[str, list[float]] = {"with": [], "without": []}
    for number in range(REQUESTS):
        for name, app in (("with", guarded), ("without", _answer)):
            scope = _scope(number)
            began = time.perf_counter()
            await app(scope, _receive, _send)
            found[name].append(1_000 * (time.perf_counter() - began))
    return {name: {"median": statistics.median(values), "p99": sorted(values)[int(0.99 * len(values))]} for name, values in found.items()}


def _scope(number: int) -> dict:
    """An event of one of many visitors, with the headers of a browser."""
    headers = {"host": "127.0.0.1:7860", "origin": "http://127.0.0.1:7860", "content-type": "application/json", "content-length": "200"}
    headers |= {"user-agent": "Mozilla/5.0", "accept": "*/*", "accept-language": "en", "cookie": "a=b", "x-forwarded-for": "203.0.113.9"}
    coded = [(name.encode(), value.encode()) for name, value in headers.items()]
    peer = (f"203.0.{number % 200}.{number % 250}", 50_000)
    at = "/gradio_api/queue/join"
    return {"type": "http", "method": "POST", "path": at, "query_string": b"", "headers": coded, "client": peer, "root_path": ""}


async def _answer(scope, receive, send) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": b"{}"})


async def _receive() -> dict:
    return {"type": "http.request", "body": b"x" * 200, "more_body": False}


async def _send(message: dict) -> None:
    assert message.get("status", 200) == 200, message  # what is refused is answered sooner


# ---- the document ---------------------------------------------------------------------------------------------------


def render(found: dict) -> str:
    parts = ["# Many visitors, measured\n", "Made by `python bench/visitors.py`; the figures are in `bench/visitors.json`.\n"]
    for name, write in (("crowd", _crowd), ("line", _over_lines), ("guard", _guarded)):
        if name in found:
            parts += [write(found[name]["figures"]), f"\nMeasured on: {found[name]['machine']}.\n"]
    return "\n".join(parts)


def _crowd(told: dict) -> str:
    rows = "".join(
        f"| {name} | {one['count']:,} | {one['median']:.2f} | {one['p95']:.2f} |\n" for name, one in sorted(told["done"].items())
    )
    refused = sum(told["refused"].values())
    before, after = told["megabytes"]
    return (
        f"## {told['visitors']} visitors, {told['minutes']:g} minutes\n\n"
        "Of a hundred things that they do, 60 classify, 20 let a model write 40 tokens, 10 translate a sentence, 5 bring a table and have it "
        f"examined, 5 train and watch it to the end; {PAUSES[0]:g} to {PAUSES[1]:g} seconds between two. `page`: a browser opens the page, until its "
        "first results are there.\n\n| | done | median, s | p95, s |\n|---|---|---|---|\n" + rows + "\n"
        f"Errors: **{len(told['errors'])}**. Refused because a limit holds, with a sentence: {refused}. Memory of the web process: "
        f"{before[0]:.0f} → {after[0]:.0f} MB, slope **{told['slope_web']:+.2f} MB a minute** after the first quarter; of everything it started "
        f"(private memory): {before[1]:.0f} → {after[1]:.0f} MB, {told['slope_all']:+.2f} MB a minute.\n"
    )


def _over_lines(told: dict) -> str:
    def cells(openings: list) -> str:
        seconds, sizes = zip(*openings, strict=True)
        return f"{statistics.median(seconds):.1f} s, {statistics.median(sizes) / 1e6:.2f} MB"

    rows = "".join(f"| {name} | {cells(one['first'])} | {cells(one['again'])} |\n" for name, one in told.items())
    return (
        f"## The page over a line\n\nMedians of {OPENINGS} openings.\n\n| | by a new browser | when it comes again |\n|---|---|---|\n{rows}"
    )


def _guarded(told: dict) -> str:
    median, p99 = (told["with"][name] - told["without"][name] for name in ("median", "p99"))
    return (
        f"## The guard\n\nAn event that a browser sends, {REQUESTS:,} of them in turns with and without the guard: **{median:.3f} ms** more by the "
        f"median, {p99:.3f} ms by the 99th percentile.\n"
    )


if __name__ == "__main__":
    sections.main(
        __doc__,
        {"crowd": crowd, "line": line, "guard": guard},
        FIGURES,
        TARGET,
        render,
        lambda parser: parser.add_argument("--minutes", type=float, default=30.0),
    )
