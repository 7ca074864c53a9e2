"""A link to what is set on the page: the stage in view and every option of its tab that is not as it was at first.

    http://…/?open=write&gen_temperature=100&gen_seed=3

What people brought is never in it: no file, no text of their own (only what the page offers as an example), no run, no name. Opening
one sets the page, after a check of every value, and says which button goes on.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode

import gradio as gr

from genhub import gate
from genhub.errors import UserError
from genhub.lab import Lab
from genhub.ui import course, markup, sign_in, ways
from genhub.ui.classify import data
from genhub.ui.generate import write as writing
from genhub.ui.translate import write as translating
from genhub.ui.wiring import Wires, merged

OPEN, FORCED = "open", "forced"
MOST_VALUES, VALUE_CHARS, LINK_CHARS, FORCED_TOKENS = 120, 400, 3_500, 400
INPUTS = gr.Slider | gr.Number | gr.Dropdown | gr.Radio | gr.Checkbox | gr.CheckboxGroup | gr.Textbox
# Belongs to somebody, or is no option: what was typed or guessed, whose run, where a film stands, which name or token was given.
OTHERS = re.compile(
    r".*(_repo|_token|_run|_film|_moment|_pasted|_paste|_typed|_guess|_own|_column|columns)$|run_choice|runs_.*|try_.*|text_column"
)
PUBLIC_SETS = re.compile(r"(.*_dataset|hub_id)$")  # names of data sets on the Hub
NUMBER = re.compile(r"-?\d{0,12}(\.\d{0,12})?(e-?\d{1,3})?", re.IGNORECASE)
WORD = re.compile(r"[a-z]{2,3}")  # a language
BESIDE = {"why": "write", "attention": "translate", "translation-tree": "translate"}  # stages that look into what another one makes
HELD = {"gen_prompt": writing.EXAMPLES, "tr_source": translating.EXAMPLES}

# The stage in view: of those that are open the one last touched or led to, else the last one that begins above the middle of the window.
STAGE_JS = """(...values) => {
  const open = [...document.querySelectorAll('.gh-stage')].filter(one => one.offsetParent && one.querySelector(':scope > button.open'));
  const touched = open.find(one => one.id === window.ghStage);
  const above = open.filter(one => one.getBoundingClientRect().top < innerHeight / 2);
  const stage = (touched || above.pop() || open[0])?.id || '';
  return [JSON.stringify({stage, address: location.origin + location.pathname}), ...values.slice(1)];
}"""
COPY_JS = """(link) => {
  if (!link) return;
  try { history.replaceState(null, '', link); } catch {}
  navigator.clipboard?.writeText(link).catch(() => {});
}"""
SEARCH_JS = "(...values) => [location.search, ...values.slice(1)]"
SAMPLE = "data_sample"  # what it names is read as well
EXACT = 2**53  # a browser knows whole numbers up to this one
UNFRAMED = (
    "For a frame on a page of your own this one has to be open to everybody: shared by a public link without sign-in, or as a Space. As it is, "
    "browsers show it in no other page."
)


def layout(wires: Wires) -> None:
    """The button in the header, and where the link stands."""
    button = gr.Button("Copy link", size="sm", elem_id="gh-link", min_width=90)
    sign_in.layout(wires)
    shown = gr.HTML(elem_id="gh-linked")
    wires.add(link_button=button, link_shown=shown, link_at=gr.Textbox(visible=False), link_made=gr.Textbox(visible=False))


def wire(wires: Wires, arrived: Callable) -> Any:
    """Copying, and opening once the page has `arrived`, which is answered. All components must be there."""
    page = Linkable.of(wires)
    named = [name for names in page.options.values() for name in names]
    asked, shown = ["link_at", "gen_state", *named], ["link_shown", "link_made"]
    made = wires.on(wires.parts["link_button"].click, lambda lab, **given: copied(page, **given), asked, shown, "link_shown", js=STAGE_JS)
    made.then(None, inputs=[wires.parts["link_made"]], js=COPY_JS)
    set_by_it = [*ways.OPENED, *named, "gen_forced", "link_shown", *data.OUTPUTS]
    given = ["link_at", "session", *data.OPTIONS]
    return wires.on_steps(arrived, partial(followed, page=page), given, set_by_it, "link_shown", js=SEARCH_JS)


@dataclass(frozen=True)
class Linkable:
    """What links know of the page as it was built: Gradio moves components to other parents once somebody has used them.

    options: tab → names of the components that a link may hold. buttons: stage → what its main button says. blocks: the whole page.
    lab: what it shows."""

    parts: Mapping[str, Any]
    options: Mapping[str, tuple[str, ...]]
    buttons: Mapping[str, str]
    blocks: Any
    lab: Lab

    @classmethod
    def of(cls, wires: Wires) -> "Linkable":
        options: dict[str, tuple[str, ...]] = {stage.tab: () for stage in ways.STAGES.values()}
        buttons: dict[str, str] = {}
        folds = {id(wires.parts[stage.component]): name for name, stage in ways.STAGES.items()}
        for name, part in wires.parts.items():
            above = list(_above(part))
            tab = next((str(block.id) for block in above if isinstance(block, gr.Tab) and block.id in options), "")
            if tab and isinstance(part, INPUTS) and not OTHERS.fullmatch(name):
                options[tab] += (name,)
            if isinstance(part, gr.Button) and part.variant == "primary":
                for stage in (folds[id(block)] for block in above if id(block) in folds):
                    buttons[stage] = part.value if name == f"{stage}_train" else buttons.get(stage, part.value)
        *_, blocks = _above(wires.parts["link_button"])
        return cls(wires.parts, options, buttons, blocks, wires.lab)

    @property
    def framed(self) -> bool:
        """Whether other pages may show it, as the guard says it to browsers; known once it is launched."""
        return self.lab.settings.public and not self.blocks.auth


def _above(block) -> Iterator[Any]:
    while (block := block.parent) is not None:
        yield block


# ---- making one -----------------------------------------------------------------------------------------------------


def copied(page: Linkable, link_at: str, gen_state: dict | None, **values) -> dict:
    """The link to what is set, and a frame for other pages."""
    try:
        at = json.loads(link_at)
        address, place = str(at["address"]), str(at["stage"])
    except (ValueError, TypeError, KeyError):
        return {}
    if not re.fullmatch(r"https?://[^\s\"'<>?#]{1,300}", address):
        return {}
    stage = next((key for key, one in ways.STAGES.items() if page.parts[one.component].elem_id == place), "")
    link = f"{address}?{query(page, stage, values, gen_state)}" if stage else address
    return {"link_shown": _shown(link, stage, page.framed), "link_made": link}


def query(page: Linkable, stage: str, values: Mapping[str, Any], gen_state: dict | None) -> str:
    """The part of a link after its question mark. Raises UserError for one that would be too long."""
    tab = ways.STAGES[stage].tab
    held = {OPEN: stage}
    for name in page.options[tab]:
        part, value = page.parts[name], values.get(name)
        if value != part.value and fits(name, part, value):
            held[name] = value if isinstance(value, str) else json.dumps(value)
    branched = (gen_state or {}).get("branches")
    if tab == "generate" and branched and fits("gen_prompt", page.parts["gen_prompt"], gen_state["prompt"]):
        ids = [token["id"] for token in gen_state["tokens"][: max(branched) + 1]]
        held |= {"gen_prompt": gen_state["prompt"], FORCED: ".".join(map(str, ids))}
    if tab == "generate":
        held["gen_exact"] = "true"  # a link gives the same text to everybody
    made = urlencode(held)
    if len(made) > LINK_CHARS:
        what = f"The link would have {len(made):,} characters."
        raise UserError(what, f"Servers take {LINK_CHARS:,}.", "Set fewer options, or branch earlier in the text.")
    return made


def _shown(link: str, stage: str, framed: bool) -> str:
    frame = f'<iframe src="{link}" width="100%" height="900" style="border:0" title="GenHub"></iframe>'
    about = f"Opens “{ways.Way(stage).name}” as it is set here." if stage else "Opens the first page: unfold a stage to link to it."
    note = "It is in the address bar, and in the clipboard where the browser allows that. No file, run or text of yours is in it."
    return markup.page(
        markup.note(f"{about} {note}"),
        f'<label class="gh-field">Link<input readonly value="{markup.esc(link)}" onfocus="this.select()"></label>',
        f'<label class="gh-field">For a page of your own<input readonly value="{markup.esc(frame)}" onfocus="this.select()"></label>'
        if framed
        else markup.paragraph(UNFRAMED, "muted"),
    )


# ---- opening one ----------------------------------------------------------------------------------------------------


def followed(lab: Lab, link_at: str, session: dict, page: Linkable, **options) -> Iterator[dict]:
    """The page as a link has it, and the sample table that it names, read; a table of the visitor's stays."""
    shown = opened(page, link_at, kept=(SAMPLE,) if data.own(lab, session) else ())
    if SAMPLE not in shown:
        yield shown
        return
    yield {name: value for name, value in shown.items() if name != "link_shown"}  # that is said in the end: it may be a refusal
    read = data.take_sample(lab, session, shown[SAMPLE], **{name: shown.get(name, value) for name, value in options.items()})
    yield {**read, "link_shown": shown["link_shown"]}


def opened(page: Linkable, search: str, kept: Iterable[str] = ()) -> dict:
    """The page as a link has it; what does not fit, and what is to be `kept` as it is, is left out, and said. Raises UserError for a link
    with too many options."""
    try:
        told = dict(parse_qsl(str(search or "").lstrip("?")[: LINK_CHARS + 500], max_num_fields=MOST_VALUES)) if search else {}
    except ValueError:
        what = f"This link sets more than {MOST_VALUES} options."
        raise UserError(what, "None of them was set: GenHub makes no such links.", "Ask for the link once more.", "link") from None
    stage = told.pop(OPEN, "")
    if stage not in ways.STAGES:
        return {"link_shown": gr.skip()}  # somebody quick may have followed a line of the course by now
    values, left, stays = {}, [], False
    forced = _forced(told.pop(FORCED, ""))
    for name in told.keys() & set(page.options[ways.STAGES[stage].tab]):
        part = page.parts[name]
        value = _read(part, told[name])
        if name in kept:
            stays = True
        elif fits(name, part, value):
            values[name] = value
        else:
            left.append(part.label or name)
    if forced and ways.STAGES[stage].tab == "generate":
        values["gen_forced"] = forced
    beside = BESIDE.get(stage, "")
    shown = merged(ways.follow(ways.Way(stage, beside=beside)), values)
    welcome = _welcome(stage, len(values), sorted(left), forced, stays)
    button = page.buttons.get(stage) or page.buttons.get(beside)
    run = f" Press {button} to run it." if button else ""
    return {**shown, "link_shown": markup.page(markup.note(welcome + run))}


def _read(part, text: str) -> Any:
    """A value as its component holds it."""
    if isinstance(part, gr.Textbox):
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    texts = isinstance(part, gr.Dropdown | gr.Radio) and any(choice == text for _, choice in part.choices)
    return text if texts else value


def _forced(text: str) -> list[int]:
    ids = text.split(".") if text else []
    return [int(one) for one in ids] if len(ids) <= FORCED_TOKENS and all(re.fullmatch(r"\d{1,7}", one) for one in ids) else []


def _welcome(stage: str, number: int, labels: Iterable[str], forced: list[int], stays: bool) -> str:
    count = f", {markup.plural(number, 'option')} set" if number else ""
    parts = [f"Opened by a link: “{ways.Way(stage).name}”{count}."]
    if forced:
        parts.append(f"The first {markup.plural(len(forced), 'token')} of the text come from it.")
    if labels:
        parts.append(f"Left as it was, because it does not fit here: {', '.join(labels)}.")
    if stays:
        parts.append("The table that you have brought stays.")
    return " ".join(parts)


# ---- what may be in one ---------------------------------------------------------------------------------------------


def fits(name: str, part, value: Any) -> bool:
    """Whether a component may hold this, and a link may carry it."""
    if isinstance(part, gr.Checkbox):
        return isinstance(value, bool)
    if isinstance(part, gr.Number | gr.Slider):
        return value is None or _in_range(part, value)
    if isinstance(part, gr.CheckboxGroup | gr.Dropdown | gr.Radio):
        several = isinstance(part, gr.CheckboxGroup) or getattr(part, "multiselect", False)
        if several:
            return isinstance(value, list) and len(value) <= MOST_VALUES and all(_chosen(part, one) for one in value)
        return _chosen(part, value)
    return isinstance(value, str) and len(value) <= VALUE_CHARS and _harmless(name, part, value)


def _in_range(part, value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if not (abs(value) <= EXACT if isinstance(value, int) else math.isfinite(value)):
        return False
    low, high = part.minimum, part.maximum
    return (low is None or value >= low) and (high is None or value <= high)


def _chosen(part, value: Any) -> bool:
    """One of the choices that the page came with, or the public name of a model where one may be typed."""
    if any(choice == value and type(choice) is type(value) for _, choice in part.choices or ()):
        return True
    return bool(getattr(part, "allow_custom_value", False)) and isinstance(value, str) and _public_name(value)


def _public_name(value: str) -> bool:
    return (
        len(value) <= gate.HUB_ID_CHARS and re.fullmatch(r"[A-Za-z0-9][\w.-]*/[\w.-]+", value, re.ASCII) is not None and ".." not in value
    )


def _harmless(name: str, part, value: str) -> bool:
    """A number, a language, the name of a public data set, or a text that the page itself offers."""
    if value == (part.value or "") or NUMBER.fullmatch(value) or (name.endswith("_language") and WORD.fullmatch(value)):
        return True
    if PUBLIC_SETS.fullmatch(name):
        return _public_name(value)
    return value in {text for _, _, text in HELD.get(name, ())} | {line.way.values.get(name) for line in course.LINES}
