"""The page: a header, the tabs that work, the timers; and the server that shows it.

Start      what there is, as computed tiles
Classify   a table → an adapter with a verdict
Generate   a prompt → a text, token by token, and why
Translate  a text → the same in another language, and what was looked at
Images     a set of images → a model that draws or gives them back
Augment    pictures, texts and tables → more of them, and where that breaks the label
Runs       everything this visitor has trained
"""

import logging
import os
import signal
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import gradio as gr
from starlette.middleware import Middleware

from genhub import collector
from genhub import settings as settings_module
from genhub.allocator import share_arenas
from genhub.lab import Lab
from genhub.settings import Settings
from genhub.ui import api, documents, frontend, guard, header, links, runs, sessions, shared, start, theme, ways
from genhub.ui.augment import images as pictures
from genhub.ui.augment import measure, texts
from genhub.ui.augment import tab as augment
from genhub.ui.blocks import GuardedBlocks
from genhub.ui.classify import data, method, tab, train
from genhub.ui.generate import tab as generate
from genhub.ui.guard import waiting
from genhub.ui.guard.routes import Routes
from genhub.ui.images import tab as images
from genhub.ui.learning import section
from genhub.ui.learning.kinds import KINDS
from genhub.ui.translate import tab as translate
from genhub.ui.visit import FIRST_RUN
from genhub.ui.wiring import Wires, merged, pieces

STORAGE_KEY, RUN_KEY, FORM_KEY, LEARN_KEY = "genhub-session", "genhub-run", "genhub-classify", "genhub-generate"
CHAIN_KEY, MEASURED_KEY = "genhub-chain", "genhub-measured"
SECRET_NAME = "browser.secret"  # noqa: S105 - the file, not what is in it


def build(lab: Lab) -> gr.Blocks:
    """The Gradio page for one Lab. Nothing is started here."""
    wires = Wires(lab)
    with GuardedBlocks(title="GenHub", analytics_enabled=False, delete_cache=(600, 3600)) as page:
        secret = browser_secret(lab.settings)
        session = gr.BrowserState({}, storage_key=STORAGE_KEY, secret=secret)
        run = gr.BrowserState(FIRST_RUN, storage_key=RUN_KEY, secret=secret)
        wires.add(
            session=session,
            run=run,
            method_form=gr.BrowserState({}, storage_key=FORM_KEY, secret=secret),
            pulse=gr.Timer(1.0, active=False),
            clock=gr.Timer(4.0),
            header=pieces(header.render(lab), elem_id="gh-header"),
            learn=gr.BrowserState({}, storage_key=LEARN_KEY, secret=secret),
            learn_pulse=gr.Timer(1.0, active=False),
            image_chain=gr.BrowserState(pictures.KIND.begin(), storage_key=f"{CHAIN_KEY}-image", secret=secret),
            measured=gr.BrowserState({}, storage_key=MEASURED_KEY, secret=secret),
            text_chain=gr.BrowserState(texts.KIND.begin(), storage_key=f"{CHAIN_KEY}-text", secret=secret),
        )
        links.layout(wires)
        if lab.settings.public:
            gr.HTML(shared.banner(lab.settings), elem_id="gh-shared")
        with gr.Tabs(selected="start") as tabs:
            with gr.Tab("Start", id="start") as start_tab:
                start.layout(wires)
            with gr.Tab("Classify", id="classify") as classify_tab:
                tab.layout(wires)
            with gr.Tab("Generate", id="generate") as generate_tab:
                generate.layout(wires)
            with gr.Tab("Translate", id="translate", visible=bool(lab.translators())) as translate_tab:
                translate.layout(wires)
            with gr.Tab("Images", id="images") as images_tab:
                images.layout(wires)
            with gr.Tab("Augment", id="augment") as augment_tab:
                augment.layout(wires)
            with gr.Tab("Runs", id="runs") as runs_tab:
                runs.layout(wires)
        wires.add(tabs=tabs, start_tab=start_tab, classify_tab=classify_tab, generate_tab=generate_tab, runs_tab=runs_tab)
        wires.add(translate_tab=translate_tab, images_tab=images_tab, augment_tab=augment_tab, learn_problem=gr.HTML())
        pressed = start.wire(wires)
        tab.wire(wires)
        generate.wire(wires)
        translate.wire(wires)
        images.wire(wires)
        augment.wire(wires)
        section.shared(wires)
        runs.wire(wires)
        wires.on(wires.parts["clock"].tick, lambda lab: {"header": header.render(lab)}, [], ["header"], trigger_mode="once")
        opened = [*ways.OPENED, *tab.RUN_VIEW]
        shown = list(dict.fromkeys([*opened, *section.OPENED, *augment.OPENED]))
        watched = wires.on_pick(wires.parts["header"].select, watch, ["session", "learn", "measured"], shown, "train_problem")
        watched.then(None, js=ways.SHOW_STAGE)
        page.load(None, js=ways.WATCH_JS)
        recalled = wires.on(page.load, method.recall, ["method_form"], [*method.REMEMBERED], "method_problem")
        arrived = wires.on(recalled.then, arrive, ["session"], ["session", "header"])
        found = wires.on(arrived.then, find_run, ["session", "start_pick"], opened, "train_problem")
        wires.overtaken(found, wires.parts["start_tiles"].select, pressed)
        restored = wires.on(found.then, data.restore, ["session", *data.OPTIONS], data.OUTPUTS, "data_problem")
        back = wires.on(restored.then, tab.came_back, ["session", *method.FIELDS], tab.CAME_BACK, "method_problem")
        there = wires.on(back.then, section.arrive, ["session", "learn"], section.ARRIVED, "learn_problem")
        links.wire(wires, there.then).then(None, js=ways.SHOW_ARRIVED)
        api.register(lab)
    page.queue(max_size=waiting.POOL, default_concurrency_limit=4, api_open=False)
    waiting.shared(page)
    sessions.uncounted(page)
    return page


def arrive(lab: Lab, session: dict) -> dict:
    """The page was opened or reloaded, by whom it was before, or by somebody new."""
    return {"session": session, "header": header.render(lab)}


def find_run(lab: Lab, session: dict, start_pick: str) -> dict:
    """Then: find the visitor's run again, or show the example. One that still trains is what the visitor came back for: the page opens on
    it. Who pressed a tile before that sees what was pressed."""
    if start.draws_run(start_pick):
        return {}
    known = {run for _, run in tab.choices(lab, session)}
    if session["run"] not in known:
        session["run"] = FIRST_RUN
    if session["run"] not in known:
        return {"run": session["run"]}
    shown = tab.refresh(lab, session)
    return merged(shown, {"tabs": gr.Tabs(selected="classify"), "train_stage": gr.update(open=True)}) if tab.alive(lab, session) else shown


def watch(lab: Lab, pick: str, session: dict, learn: dict, measured: dict) -> dict:
    """The header's line on what trains was pressed: the visitor's own run that trains, else all of theirs."""
    living = [info for info in lab.runs(session["visitor"]) if info.state in train.LIVE]
    own = [info.id for info in living if info.task == tab.TASK]
    if living and not own and living[-1].task in measure.TASKS:
        return augment.open_study(lab, session, measured, living[-1].id)
    if living and not own:
        stage = next(kind.prefix for kind in KINDS if kind.task == living[-1].task)
        return merged(section.open_run(lab, session, learn, living[-1].id), ways.follow(ways.Way(stage)))
    if not own:
        return {"tabs": gr.Tabs(selected="runs")}
    shown = {**session, "run": session["run"] if session["run"] in own else own[-1]}
    return merged(tab.refresh(lab, shown), ways.follow(ways.Way("train")))


def browser_secret(settings: Settings) -> str:
    """What the browser's stored session is encrypted with: made once a home, so that it survives restarts."""
    path = settings.home / SECRET_NAME
    if not path.exists():
        settings.home.mkdir(parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(os.urandom(24).hex())
    return path.read_text(encoding="utf-8")


def rules(settings: Settings, way: "Opening", hosts: Sequence[str]) -> guard.Rules:
    """What the guard lets through to a page that is reached by these names, too."""
    limits, signed_in = settings.limits, bool(way.accounts)
    return guard.Rules(
        public=settings.public,
        upload_bytes=settings.file_bytes,
        text_chars=max(limits.text_chars, limits.corpus_chars),
        hosts=hosts,
        framed=settings.public and not signed_in,
        routes=Routes(sign_in=signed_in or "SPACE_ID" in os.environ, tools=way.tools),
        room=guard.Room(settings.transit, limits.transit_bytes),
    )


@dataclass(frozen=True)
class Opening:
    """How a page is opened. share: by a link through Gradio, too. accounts: names and passwords, one of which everybody has to sign in
    with; nobody has to when there is none. tools: for clients of the model context protocol, too."""

    host: str = "127.0.0.1"
    port: int = 7860
    share: bool = False
    accounts: tuple[tuple[str, str], ...] = ()
    tools: bool = False


def launch(page: gr.Blocks, settings: Settings, way: Opening) -> None:
    """Open the port; returns at once. The page serves only its own files and makes no request to another host."""
    hosts = [name.lower() for name in (os.environ.get("SPACE_HOST"),) if name]
    page.launch(
        app_kwargs={
            "lifespan": guard.guarded(rules(settings, way, hosts)),
            "middleware": [Middleware(sessions.Heard), Middleware(documents.Kept), Middleware(frontend.Packed)],
            "routes": frontend.routes(),
        },
        server_name=way.host,
        server_port=way.port,
        share=way.share,
        mcp_server=way.tools,
        auth=list(way.accounts) or None,
        auth_message="GenHub: sign in with what its owner gave you." if way.accounts else None,
        prevent_thread_lock=True,
        quiet=True,
        _frontend=False,  # no look at our own port, which gives up after 3 s: on a busy machine the server would not start
        show_error=False,
        run_history=False,
        enable_monitoring=False,
        max_file_size=settings.file_bytes,
        state_session_capacity=sessions.CAPACITY,
        allowed_paths=[str(settings.downloads)],
        blocked_paths=[str(settings.home / name) for name in (SECRET_NAME, "runs.db", "runs", "uploads", "cache")],
        strict_cors=True,
        ssr_mode=False,
        footer_links=[],
        theme=theme.build(),
        css=theme.css(),
        js=theme.KEYS,
    )
    if page.share_url:  # known only now
        hosts.append(urlsplit(page.share_url).netloc.lower())


def serve(way: Opening) -> None:
    """Show the page until SIGTERM or SIGINT, then end within ten seconds. Training jobs go on without it. Raises UserError, before anything
    is opened, where strangers would have the limits of the owner."""
    settings_module.check_open(settings_module.get(), way.host, way.share)
    share_arenas()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    settings = settings_module.get()
    os.environ["GRADIO_TEMP_DIR"] = str(settings.transit.absolute())  # read when the page is built and at every upload
    lab = Lab(settings)
    with collector.resting():
        page = build(lab)
        launch(page, settings, way)
    lab.open()
    collector.settle()  # during a full collection nobody is answered
    print(shared.to_the_owner(settings, page.local_url, page.share_url if way.share else "", bool(way.accounts)), flush=True)  # noqa: T201
    ended = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ended.set())
    ended.wait()
    page.close(verbose=False)
    lab.close()
