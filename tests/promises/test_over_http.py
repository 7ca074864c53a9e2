"""S1, S5, S6, S8, S9 and S10 over real HTTP, against one running app whose environment holds secrets and whose model worker can be made to fail."""

import http.client
import json
import re
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from genhub import settings
from genhub.jobs import living
from tests.promises import malformed
from tests.promises.asking import Answer, Asker
from tests.promises.faulty import KILL, MEMORY
from tests.promises.files import FILES, PATHS, png
from tests.promises.measured import FULL, quantile, times, within
from tests.ui.calls import DEFECT
from tests.ui.served import Served

ME = "visitor-with-a-token-of-her-own-0"
CANARIES = {
    "HF_TOKEN": "hf_CanaryInACoalMineSingsNoMore",
    "GENHUB_AUTH": "canary:CanaryPasswordOfTheOwner",
    "SOME_API_KEY": "CanaryKeyOfAnotherService",
}
SECRETS = [*(value.rpartition(":")[2] for value in CANARIES.values()), ME]
SENTENCE = re.compile(r"(?<=[.?!])\s+")
HOW = "Wait for one to end, or stop one."
PARCEL = ["example-support", ["Where is my parcel?"]]


@pytest.fixture(scope="module")
def app(tmp_path_factory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("home"), trains=FULL, program="tests.promises.faulty", **CANARIES).start()
    yield served
    served.stop()


@pytest.fixture(scope="module")
def told() -> list[str]:
    """All that the app has said, for the search of secrets."""
    return []


@pytest.fixture(scope="module")
def ask(app, told) -> Asker:
    """A script; what it asks first brings the models that answer into memory."""
    asker = Asker(app.address)
    keep = asker.ask

    def kept(name: str, values: list) -> Answer:
        answer = keep(name, values)
        told.append(answer.said or json.dumps(answer.data))
        return answer

    asker.ask = kept
    for name, values in (
        ("/classify", PARCEL),
        ("/image_map", [malformed.VAE]),
        ("/write", ["Once", malformed.WRITER]),
        ("/translate", ["Good day.", malformed.TRANSLATOR]),
        ("/read_bundled_images", ["digits", {}]),
    ):
        assert not (answer := asker.ask(name, [ME, *values])).said, answer
    return asker


@pytest.fixture(scope="module")
def table(ask) -> str:
    """The id of an examined table."""
    found = ask.ask("/read_sample", [ME, "support"]).data[0]["id"]
    assert ask.ask("/examine_table", [ME, found, "text", "label", []]).data[0]["ready"]
    return found


def wrong(label: str, answer: Answer) -> str:
    """What is wrong with a refusal; empty where it is one of ours: three parts, in time, and no defect."""
    if answer.status != 200 or not answer.said:
        return f"{label}: not refused ({answer.status}): {str(answer.data)[:80]!r}"
    if any("\ud800" <= letter <= "\udfff" for letter in answer.said):
        return f"{label}: half a character comes back"
    if DEFECT.search(answer.said) or len(SENTENCE.split(answer.said)) < 3:
        return f"{label}: not in three parts: {answer.said[:200]!r}"
    return f"{label}: {answer.seconds:.1f} s" if answer.seconds > within(2) else ""


def test_every_malformed_value_is_refused_in_three_parts(ask, table, figure):
    """S5: what is wrong, the limit, what to do; within two seconds, without a defect; and a good request is answered as before."""
    good = ask.ask("/classify", [ME, *PARCEL]).data
    made = {"TABLE": table, "FILE": ask.upload(b"text,label\na,b\n", "t.csv"), "PICTURE": ask.upload(png(40, 40), "p.png")}
    cases = malformed.calls(ME, made, few=not FULL)
    assert len(cases) >= 200
    assert set(malformed.GOOD) >= {name for name, defaults in ask.defaults.items() if len(defaults) > 1}, "an endpoint has no cases"
    answers = ask.all([case[1:] for case in cases], at_once=4)
    figure(
        "S5",
        f"{len(cases)} malformed values of {len(malformed.GOOD)} endpoints, four at a time",
        f"all refused in three parts, the slowest after {max(answer.seconds for answer in answers):.2f} s",
    )
    assert not [told for case, answer in zip(cases, answers, strict=True) if (told := wrong(case[0], answer))]
    assert ask.ask("/classify", [ME, *PARCEL]).data == good


def test_every_malformed_file_is_refused_and_odd_ones_are_read(ask, figure):
    """S5, of files. Some of them take a child process to look at, which takes its time to start."""
    names = list(FILES)
    answers = ask.all([(FILES[name][1], [ME, ask.upload(FILES[name][0], name), *PATHS[FILES[name][1]]]) for name in names], at_once=2)
    bad = []
    for name, answer in zip(names, answers, strict=True):
        phrase = FILES[name][2]
        if not phrase:
            bad += [f"{name}: {answer.said}"] if answer.said else []
        elif phrase not in answer.said or (found := wrong(name, answer)):
            bad.append(f"{name}: “{phrase}” is not in {answer.said!r}" if phrase not in answer.said else found)
    refused = sum(bool(FILES[name][2]) for name in names)
    slowest = max(answer.seconds for answer in answers)
    figure("S5", f"{refused} malformed files, {len(names) - refused} odd ones", f"refused, and read, the slowest after {slowest:.2f} s")
    assert not bad


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Length": "200000000"}, b"", 413),
        ({"Transfer-Encoding": "chunked"}, b"0\r\n\r\n", 411),
        ({"Content-Length": "9"}, b'{"data": ', 422),
        ({"Content-Length": "2", "Origin": "https://evil.example"}, b"{}", 403),
        ({"Content-Length": "2", "Host": "evil.example"}, b"{}", 421),
    ],
    ids=["200 MB", "no length", "no JSON", "another page", "another name"],
)
def test_a_request_that_is_none_is_refused(ask, headers, body, status):
    """Before a byte of its body is read, where what is wrong stands in front of it."""
    connection = http.client.HTTPConnection(ask.host, timeout=60)
    connection.putrequest("POST", "/gradio_api/call/classify", skip_host="Host" in headers)
    for name, value in {"Content-Type": "application/json", **headers}.items():
        connection.putheader(name, value)
    connection.endheaders()
    connection.send(body)
    assert connection.getresponse().status == status
    connection.close()


def test_one_visitors_failure_costs_no_other_an_error(ask, figure):
    """S9, S8: requests that run out of memory, and requests that get the worker killed, in the midst of others'."""
    clients, each, rounds = times(4, 20), times(12, 50), times(2, 20)
    expected = ask.ask("/classify", [ME, *PARCEL]).data[0]["predicted"]

    def visitor(_number: int) -> list[Answer]:
        return [ask.ask("/classify", [ME, *PARCEL]) for _ in range(each)]

    with ThreadPoolExecutor(clients) as pool:
        others = pool.map(visitor, range(clients))
        for text, phrase in ((MEMORY, "not enough memory"), (KILL, "stopped while it was at this request")) * rounds:
            assert phrase in ask.ask("/classify", [ME, "example-support", [text]]).said
        answers = [answer for told in others for answer in told]
    bad = [answer for answer in answers if answer.said or answer.data[0]["predicted"] != expected]
    slowest = max(answer.seconds for answer in answers)
    done = f"{rounds} requests out of memory and {rounds} kills of the worker, among {len(answers)} requests of {clients} others"
    figure("S9", done, f"{len(bad)} errors of others")
    figure("S8", done, f"the longest that another request took was {slowest:.2f} s")
    assert not bad
    assert slowest < within(10)


def test_a_storm_of_cancelled_answers_leaves_nothing_at_work(ask, app, figure):
    """S3, of answers: long texts of which the first words were seen; half of their visitors cancel, half hang up. What is at work ends with them."""
    visitors, rounds = times(4, 20), times(8, 25)
    short, long = ({"model": malformed.GPT, "max_new_tokens": most} for most in (8, 1_000))
    before = ask.ask("/write", [ME, "Once", short]).data[0]["text"]
    whole = ask.ask("/write", [ME, "Once", long]).seconds
    config = json.loads(ask.send("GET", "/config")[1])
    (place,) = [one["id"] for one in config["dependencies"] if one["api_name"] == "write_stream"]

    def leave(number: int) -> float:
        session = f"storm{number}"
        asked = {"data": [ME, "Once", long, "", bool(number % 3)], "session_hash": session}
        _, body = ask.send("POST", "/gradio_api/call/write_stream", json.dumps(asked).encode())
        event = json.loads(body)["event_id"]
        stream = http.client.HTTPConnection(ask.host, timeout=60)
        stream.request("GET", f"/gradio_api/call/write_stream/{event}")
        reply, began = stream.getresponse(), time.perf_counter()
        while b"tokens" not in (line := reply.readline()):
            assert line, "it ended before its first words"
        if number % 2:
            told = {"session_hash": session, "fn_index": place, "event_id": event}
            assert ask.send("POST", "/gradio_api/cancel", json.dumps(told).encode())[0] == 200
        stream.close()
        return time.perf_counter() - began

    with ThreadPoolExecutor(visitors) as pool:
        count = len(list(pool.map(leave, range(visitors * rounds))))
    began = time.perf_counter()
    answer = ask.ask("/write", [ME, "Once", short])
    processes = psutil.Process(app.process.pid).children(recursive=True)
    while max(one.cpu_percent(interval=0.1) for one in processes) > 30 and time.perf_counter() - began < within(3):
        pass
    over = time.perf_counter() - began
    figure(
        "S3",
        f"{count} long texts cancelled or left in the middle by {visitors} visitors at once",
        f"the next answer after {answer.seconds:.2f} s, nothing at work after {over:.1f} s",
    )
    assert answer.data[0]["text"] == before
    assert over < min(within(3), 0.05 * count * whole)  # without an end, they would take several times as long


def test_an_overload_is_refused_at_once(ask, app, table, figure):
    """S6: starts beyond what a visitor may have are refused at once, and no more jobs run than there are slots."""
    most, running, over = settings.LOCAL.jobs_per_visitor, [0], threading.Event()
    options = {"method": "lora", "folds": 0, "epochs": 100, "patience": 0}

    def watch() -> None:
        while not over.wait(0.25):
            running.append(sum(living.of_run(folder) is not None for folder in (app.home / "runs").glob("*")))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        answers = ask.all(
            [("/train", [ME, table, options, f"start {number}", "classify"]) for number in range(times(200, 2_000))], at_once=4
        )
    finally:
        over.set()
        watcher.join()
    refused = [answer for answer in answers if answer.said]
    for answer in reversed([answer for answer in answers if not answer.said]):
        assert not ask.ask("/delete_run", [ME, answer.data[0]]).said
    p99 = quantile([answer.seconds for answer in refused], 0.99)
    figure(
        "S6",
        f"{len(answers)} starts by one visitor, four at a time",
        f"{len(refused)} refused, 99 % of them within {1000 * p99:.0f} ms; at most {max(running)} of {settings.LOCAL.job_slots} jobs at once",
    )
    assert len(answers) - len(refused) == most
    assert {answer.said for answer in refused} == {f"You have {most} jobs waiting or running. The limit is {most} a visitor. {HOW}"}
    assert max(running) <= settings.LOCAL.job_slots
    assert p99 < within(0.2)


def test_no_acknowledged_job_is_lost_when_visitors_leave(ask, table, figure):
    """S1: of those who start a job, half are gone before they hear of it; what was acknowledged to the others is there, and is done."""
    options, starts, acknowledged = {"method": "frozen", "folds": 0}, times(10, 200), []
    for batch in range(starts // 10):
        mine = []
        for number in range(10):
            asked = {"data": [ME, table, options, f"{batch} {number}", "classify"], "session_hash": f"leaving{batch}x{number}"}
            status, body = ask.send("POST", "/gradio_api/call/train", json.dumps(asked).encode())
            assert status == 200
            stream = http.client.HTTPConnection(ask.host, timeout=60)
            stream.request("GET", f"/gradio_api/call/train/{json.loads(body)['event_id']}")
            if number % 2:
                mine.append(json.loads(stream.getresponse().read().decode().split("data: ")[-1])[0])
            stream.close()
        known = {run["run"]: run["state"] for run in ask.ask("/list_runs", [ME]).data[0]}
        assert set(mine) <= set(known)
        while FULL and any(run["state"] in ("queued", "running") for run in ask.ask("/list_runs", [ME]).data[0]):
            time.sleep(0.5)
        acknowledged += [(run, ask.ask("/run_status", [ME, run]).data[0]["state"]) for run in mine]
        for run in reversed(list(known)):
            assert not ask.ask("/delete_run", [ME, run]).said
    expected = {"finished"} if FULL else {"queued", "running", "finished"}
    figure("S1", f"{starts} starts, {starts // 2} visitors left before the answer", f"{len(acknowledged)} acknowledged, 0 lost")
    assert {state for _, state in acknowledged} <= expected


def test_no_secret_is_told_anywhere(ask, app, told, figure):
    """S10: not in an answer, the log, a file of the app's home or of a packed run, nor where its children could read it. Runs last."""
    ways = ["/download_run", *(["/download_merged"] if FULL else [])]  # the second imports a lot first
    packed = [Path(ask.ask(name, [ME, "example-support"]).data[0]["path"]) for name in ways]
    places = {"the answers": "".join(told).encode(), "the log": app.log().encode()}
    places |= {str(path.relative_to(app.home)): path.read_bytes() for path in app.home.rglob("*") if path.is_file()}
    for path in packed:
        with zipfile.ZipFile(path) as archive:
            places |= {f"{path.name}/{name}": archive.read(name) for name in archive.namelist()}
    children = psutil.Process(app.process.pid).children(recursive=True)
    places |= {f"the environment of {child.pid}": "\0".join(child.environ().values()).encode() for child in children}
    found = {(secret, place) for place, data in places.items() for secret in SECRETS if secret.encode() in data}
    figure(
        "S10",
        f"{len(SECRETS)} canaries sought in {len(told)} answers, the log, {len(places) - 2} files and environments",
        f"{len(found)} found",
    )
    assert len(children) >= 1
    assert any(place.endswith(".md") for place in places)
    assert not found
