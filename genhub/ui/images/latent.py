"""Stage 2 of Images: the codes of a trained model. Press the map and see what is decoded there, draw a line and walk from one place to the
other; turn single numbers of a code; add classes up."""

import math

import gradio as gr

from genhub.errors import UserError
from genhub.lab import Lab
from genhub.ui import markup
from genhub.ui.images import chooser, code_view, plane
from genhub.ui.wiring import Wires

STAGE = "2  Latent space"
INTRO = (
    "Every image that the model has not learnt from is a dot, where its code lies. Press the map: what is decoded there appears beside it. Draw a "
    "line across it, or press a second place: the way from one to the other, through the code and, below, through the pixels."
)
NOTHING = "Choose a model above, or train one: its map is drawn when the training ends."
STEPS = 10  # images on a way
MAPLESS = "This model has no map: it is drawn when a training ends, and does not travel with a ZIP, for it is of the images."
NO_ENCODER = "It has no map: without an encoder nothing says where an image lies among the codes. Press an image of stage 1 for its code."
NO_MAP = ("This model has no map.", "A map is drawn when a training ends.", "Choose another model, or train one.", "im_model")
SHOWN = [
    "latent_map",
    "latent_marks",
    "latent_said",
    "latent_shown",
    "latent_told",
    "latent_places",
    "code_of",
    "latent_sliders",
    "latent_turned",
    "latent_sum",
]
SUMMED = {"latent_plus": "A", "latent_minus": "− B", "latent_then": "+ C"}
SHOWN += SUMMED
# The sliders of a code: each tells its number and value while it is moved.
SLIDES_JS = """
element.addEventListener('input', event => {
  const slide = event.target.closest('input[data-number]');
  if (!slide) return;
  slide.nextElementSibling.value = Number(slide.value).toFixed(2);
  const moved = [...element.querySelectorAll('input[data-number]')].map(one => one.dataset.number + '=' + one.value);
  trigger('select', {pick: 'moved:' + moved.join(':')});
});
"""
REACH = 3.0  # how far a slider goes to either side, in σ


def layout(wires: Wires) -> None:
    with gr.Accordion(STAGE, open=False, elem_classes="gh-stage", elem_id="stage-latent") as stage:
        gr.HTML(markup.page(markup.paragraph(INTRO)))
        with gr.Row(elem_classes="gh-split"):
            with gr.Column(scale=3, min_width=300):
                with gr.Column(elem_classes="gh-over"):
                    empty = markup.page(markup.note(NOTHING))
                    drawn = gr.HTML(empty, js_on_load=markup.PICK_JS + plane.WAY_JS, elem_id="latent-map", elem_classes="gh-reserve-tall")
                    marks = gr.HTML(elem_id="latent-marks")
                said = gr.HTML(elem_id="latent-said")
            with gr.Column(scale=2, min_width=300):
                with gr.Row(elem_classes="gh-beside"):
                    x, y = (gr.Number(0.0, label=name, elem_id=f"latent-{name}", min_width=90) for name in ("x", "y"))
                    go = gr.Button("Decode", elem_id="latent-go", min_width=110)
                sheet = gr.Button("Decode the whole map", elem_id="latent-sheet")
                problem = gr.HTML(elem_id="latent-problem")
                shown = gr.HTML(elem_id="latent-shown", elem_classes="gh-reserve")
        with gr.Row(elem_classes="gh-split"):
            with gr.Column(scale=3, min_width=300):
                sliders = gr.HTML(js_on_load=SLIDES_JS, elem_id="latent-sliders")
                each = gr.Button("What each number does", elem_id="latent-each")
                turned = gr.HTML(elem_id="latent-turned", elem_classes="gh-reserve")
            with gr.Column(scale=2, min_width=300):
                gr.HTML(markup.page("<h3>Classes added up</h3>", markup.paragraph(SUM_INTRO, "muted")))
                with gr.Row():
                    classes = {
                        name: gr.Dropdown([], value=None, label=label, elem_id=name.replace("_", "-"), min_width=90)
                        for name, label in SUMMED.items()
                    }
                add = gr.Button("Add up", elem_id="latent-add")
                added = gr.HTML(elem_id="latent-sum")
    wires.add(
        latent_stage=stage,
        latent_map=drawn,
        latent_marks=marks,
        latent_said=said,
        latent_x=x,
        latent_y=y,
        latent_go=go,
        latent_sheet=sheet,
        latent_problem=problem,
    )
    wires.add(latent_shown=shown, latent_told=gr.State(None), latent_places=gr.State([]), code_of=gr.State(None))
    wires.add(latent_sliders=sliders, latent_each=each, latent_turned=turned, latent_add=add, latent_sum=added, **classes)


SUM_INTRO = "The mean code of one class, minus that of another, plus that of a third: what is decoded there?"


def wire(wires: Wires) -> None:
    part, asked, problem = wires.parts, ["session", "im_known", "im_label"], "latent_problem"
    held = [*asked, "latent_told", "latent_places"]
    seen = ["latent_marks", "latent_shown", "latent_places", "latent_x", "latent_y", "code_of"]
    wires.on_pick(part["latent_map"].select, press, held, seen, problem, trigger_mode="once")
    wires.on(part["latent_go"].click, typed, [*held, "latent_x", "latent_y"], seen, problem, trigger_mode="once")
    in_hand = [*asked, "code_of"]
    wires.on(part["code_of"].change, slide, in_hand, ["latent_sliders", "latent_turned"], problem)
    wires.on(part["latent_sheet"].click, whole, [*asked, "latent_told"], ["latent_shown"], problem, trigger_mode="once")
    wires.on_pick(part["latent_sliders"].select, turn, in_hand, ["latent_turned"], problem, trigger_mode="always_last")
    wires.on(part["latent_each"].click, each_number, [*in_hand, "latent_told"], ["latent_turned"], problem, trigger_mode="once")
    wires.on(part["latent_add"].click, add_up, [*asked, *SUMMED], ["latent_sum"], problem, trigger_mode="once")


# ---- handlers -------------------------------------------------------------------------------------------------------


def choose(lab: Lab, session: dict, im_known: dict | None) -> dict:
    """Another model: its map, and its classes."""
    names = im_known["names"] if im_known else []
    classes = {name: gr.update(choices=names, value=names[place] if len(names) > place else None) for place, name in enumerate(SUMMED)}
    empty = {
        "latent_shown": "",
        "latent_places": [],
        "code_of": None,
        "latent_sliders": "",
        "latent_turned": "",
        "latent_sum": "",
        "latent_marks": "",
        "latent_said": "",
        **classes,
    }
    if not im_known or not im_known["mapped"]:
        why = NOTHING if not im_known else MAPLESS if im_known["reads"] else NO_ENCODER
        return {**empty, "latent_map": markup.page(markup.note(why)), "latent_told": None}
    told = lab.image_map(session["visitor"], im_known["model"])
    drawn = {"latent_map": markup.page(plane.draw(told)), "latent_said": markup.page(markup.paragraph(_of_the_map(told), "muted"))}
    return {**empty, **drawn, "latent_told": {"span": list(plane.span(told["places"])), "middle": plane.middle(told["places"])}}


def press(lab: Lab, pick: str, session: dict, **held) -> dict:
    """A cell of the map was pressed, or a line drawn from one to another."""
    kind, *given = pick.split(":")
    try:
        numbers = [float(number) for number in given]
    except ValueError:
        return {}
    if not all(map(math.isfinite, numbers)):
        return {}
    if (kind, len(numbers)) == (plane.WAY, 4):
        return _walk(lab, session, numbers[2:], **{**held, "latent_places": [numbers[:2]]})
    return _walk(lab, session, numbers, **held) if (kind, len(numbers)) == (plane.PICK, 2) else {}


def typed(lab: Lab, session: dict, latent_x, latent_y, **held) -> dict:
    """A place was given by its numbers."""
    if not all(isinstance(value, int | float) and math.isfinite(value) for value in (latent_x, latent_y)):
        raise UserError("This is no place.", "Two numbers.", "Type both, or press the map.", "latent_x")
    return _walk(lab, session, [latent_x, latent_y], **held)


def whole(lab: Lab, session: dict, im_known, im_label, latent_told) -> dict:
    """Images decoded from all over the map."""
    model, label = _mapped(im_known, im_label)
    told = lab.image_sheet(session["visitor"], model, latent_told["span"], label)
    said = f"The map from end to end, decoded place by place{_told(told)}."
    return {"latent_shown": markup.page(markup.picture(told["picture"], said), markup.paragraph(said, "muted"))}


def slide(lab: Lab, session: dict, im_known, im_label, code_of) -> dict:
    """Another code is in hand: its sliders."""
    if not im_known or not im_known["mapped"] or not code_of:
        return {"latent_sliders": "", "latent_turned": ""}
    model, label = chooser.asked(im_known, im_label)
    return {"latent_sliders": _sliders(lab.look(session["visitor"], model, code_of, label)["spread"]), "latent_turned": ""}


def turn(lab: Lab, pick: str, session: dict, im_known, im_label, code_of) -> dict:
    """A slider was moved."""
    verb, *moves = pick.split(":")
    if verb != "moved" or not code_of:
        return {}
    try:
        moved = {number: float(value) for number, _, value in (move.partition("=") for move in moves)}
    except ValueError:
        return {}
    model, label = _mapped(im_known, im_label)
    told = lab.look(session["visitor"], model, {**code_of, "moved": moved}, label)
    picture = markup.picture(told["picture"], "What is decoded with these numbers", "one")
    told_which = [markup.paragraph(f"Told “{told['class']}”.", "muted")] if told["class"] else []
    return {"latent_turned": markup.page(picture, *told_which, *code_view.nearest(told["nearest"]))}


def each_number(lab: Lab, session: dict, im_known, im_label, code_of, latent_told) -> dict:
    """What single numbers of the code in hand do; without one, of the middle of the map."""
    model, label = _mapped(im_known, im_label)
    told = lab.code_numbers(session["visitor"], model, code_of or {"place": latent_told["middle"]}, label)
    named = ", ".join(str(number + 1) for number in told["numbers"])
    said = (
        f"Each row turns one number of the code, from {told['from']:g} to {told['to']:g} standard deviations, and leaves the others: the numbers "
        f"{named}, which vary most from image to image{_told(told)}."
    )
    return {"latent_turned": markup.page(markup.picture(told["picture"], said), markup.paragraph(said, "muted"))}


def add_up(lab: Lab, session: dict, im_known, im_label, **classes) -> dict:
    """A − B + C."""
    model, label = _mapped(im_known, im_label)
    plus, minus, then = (classes[name] or "" for name in SUMMED)
    told = lab.code_sum(session["visitor"], model, plus, minus, then, label)
    said = f"The means of {plus}, {minus} and {then}, and {plus} − {minus} + {then}. The class whose mean is nearest: {told['nearest']}."
    return {"latent_sum": markup.page(markup.picture(told["picture"], said, "four"), markup.paragraph(said, "muted"))}


def _mapped(im_known: dict | None, im_label: str) -> tuple[str, str]:
    """(model, class or "") of a model with a map. Raises UserError."""
    asked = chooser.asked(im_known, im_label)
    if not im_known["mapped"]:
        raise UserError(*NO_MAP)
    return asked


def _walk(lab: Lab, session: dict, place: list[float], **held) -> dict:
    """What is decoded at a place, and on the way to it from the one before."""
    model, label = _mapped(held["im_known"], held["im_label"])
    places = [*held["latent_places"], place][-2:]
    way = _between(*places) if len(places) > 1 else places
    told = lab.images_at(session["visitor"], model, way, label)
    x, y = place
    return {
        "latent_marks": markup.page(plane.marks(held["latent_told"]["span"], places)),
        "latent_shown": _shown(told, len(way)),
        "latent_places": places,
        "latent_x": round(x, 4),
        "latent_y": round(y, 4),
        "code_of": {"place": [x, y]},
    }


def _between(first: list, last: list) -> list[list[float]]:
    shares = [step / (STEPS - 1) for step in range(STEPS)]
    return [[(1 - share) * here + share * there for here, there in zip(first, last, strict=True)] for share in shares]


# ---- rendering ------------------------------------------------------------------------------------------------------


def _of_the_map(told: dict) -> str:
    if told["size"] == 2:
        return f"The codes of {len(told['places']):,} images: two numbers each, so the map is all there is."
    return (
        f"The codes of {len(told['places']):,} images, {told['size']:,} numbers each, on the plane of most variance: it shows "
        f"{told['kept']:.0%} of it. A place stands for the code that lies there and has the mean of all else."
    )


def _shown(told: dict, count: int) -> str:
    code = code_view.listed(told["codes"][-1], told["size"])
    said = f"Decoded in {1000 * told['seconds']:.0f} ms{_told(told)}; the last code: {code}."
    if count == 1:
        return markup.page(markup.picture(told["picture"], "What is decoded there", "one"), markup.paragraph(said, "muted"))
    parts = [markup.picture(told["picture"], "The way through the code")]
    if told.get("pixels"):
        parts += [
            markup.paragraph("The same way through the pixels:", "muted"),
            markup.picture(told["pixels"], "The way through the pixels"),
        ]
    return markup.page("<h3>The way there, through the code</h3>", *parts, markup.paragraph(said, "muted"))


def _told(answer: dict) -> str:
    """Which class a conditional model was told."""
    return f", told “{answer['class']}”" if answer["class"] else ""


def _sliders(spread: list[list[float]]) -> str:
    """One for each number of the code that varies most: [number, value, σ]."""
    rows = "".join(_slider(int(number), value, sigma) for number, value, sigma in spread)
    return markup.page("<h3>Turn single numbers</h3>", f'<div class="gh-slides">{rows}</div>')


def _slider(number: int, value: float, sigma: float) -> str:
    low, high, name = value - REACH * sigma, value + REACH * sigma, f"Number {number + 1}"
    bounds = f'min="{low:.4f}" max="{high:.4f}" step="{max(sigma / 20, 1e-4):.4f}" value="{value:.4f}"'
    return f'<span>{name}</span><input type="range" {bounds} data-number="{number}" aria-label="{name}"><output>{value:.2f}</output>'
