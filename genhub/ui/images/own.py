"""Stage 3 of Images: an image of one's own, drawn or from a file, damaged on request, through the model and back: how far off it is, what
lies near it, and how unusual that is among the images that the model knows."""

import gradio as gr

from genhub.errors import UserError
from genhub.lab import Lab
from genhub.training.configs.images import NOISES
from genhub.ui import markup
from genhub.ui.images import chooser, code_view, plane
from genhub.ui.wiring import Wires

STAGE = "3  An image of yours"
INTRO = (
    "Draw something, or choose a picture. The model describes it by its code and gives back what that code says: what it has never seen, it "
    "gives back badly. Damage the image first, and see what is mended."
)
UNDAMAGED = "not at all"
DRAWN, FILE = "Draw", "A picture"
OUTLIER = 0.02  # of the known images, fewer are given back as badly
SIDE = 112  # pixels of the pad, as `images.sketch` reads them
# The strokes reach Python as the bytes of SIDE × SIDE grey pixels, in base64, whenever a stroke ends.
PAD_JS = """
const SIDE = 112, canvas = element.querySelector('canvas'), pen = canvas.getContext('2d', {willReadFrequently: true});
const clear = () => { pen.fillStyle = '#000'; pen.fillRect(0, 0, SIDE, SIDE); };
const at = event => { const box = canvas.getBoundingClientRect(); return [(event.clientX - box.left) * SIDE / box.width, (event.clientY - box.top) * SIDE / box.height]; };
let last = null;
const stroke = event => {
  const here = at(event);
  pen.strokeStyle = '#fff'; pen.lineWidth = 9; pen.lineCap = pen.lineJoin = 'round';
  pen.beginPath(); pen.moveTo(...last); pen.lineTo(...here); pen.stroke();
  last = here;
};
const tell = () => {
  const pixels = pen.getImageData(0, 0, SIDE, SIDE).data;
  let bytes = '';
  for (let place = 0; place < pixels.length; place += 4) bytes += String.fromCharCode(pixels[place]);
  trigger('select', {pick: 'sketch:' + btoa(bytes)});
};
canvas.addEventListener('pointerdown', event => { event.preventDefault(); canvas.setPointerCapture(event.pointerId); last = at(event); stroke(event); });
canvas.addEventListener('pointermove', event => { if (last) stroke(event); });
for (const name of ['pointerup', 'pointercancel']) canvas.addEventListener(name, () => { if (last) { last = null; tell(); } });
element.querySelector('button').addEventListener('click', () => { clear(); trigger('select', {pick: 'clear'}); });
clear();
"""
PAD = (
    f'<div class="gh"><canvas class="gh-pad" width="{SIDE}" height="{SIDE}" role="img" aria-label="A pad to draw on with the mouse, a pen or a '
    'finger; a picture can be chosen instead"></canvas><p><button type="button">Clear</button></p></div>'
)
HURT = ["own_damage", "own_amount", "own_seed"]
GIVEN = [
    "session",
    "im_model",
    "im_known",
    "im_label",
    "own_source",
    "own_sketch",
    "own_file",
    "own_turned",
    "own_centred",
    "latent_told",
    *HURT,
]


def layout(wires: Wires) -> None:
    with gr.Accordion(STAGE, open=False, elem_classes="gh-stage", elem_id="stage-own") as stage:
        gr.HTML(markup.page(markup.paragraph(INTRO)))
        with gr.Row(elem_classes="gh-split"):
            with gr.Column(scale=2, min_width=300):
                source = gr.Radio([DRAWN, FILE], value=DRAWN, label="Image", elem_id="own-source")
                pad = gr.HTML(PAD, js_on_load=PAD_JS, elem_id="own-pad")
                centred = gr.Checkbox(True, label="Scale and centre it as the known images are", elem_id="own-centred")
                file = gr.File(label="PNG, JPEG or WebP", visible=False, height=110, elem_id="own-file")
                turned = gr.Checkbox(False, label="Dark on light: turn it over", visible=False, elem_id="own-turned")
                with gr.Row():
                    damage = gr.Dropdown([UNDAMAGED, *NOISES], value=UNDAMAGED, label="Damage it", elem_id="own-damage", min_width=120)
                    amount = gr.Number(0.2, label="How much", elem_id="own-amount", min_width=90)
                    seed = gr.Number(0, label="Seed", precision=0, elem_id="own-seed", min_width=90)
                go = gr.Button("Give it back", variant="primary", elem_id="own-go")
                problem = gr.HTML(elem_id="own-problem")
            with gr.Column(scale=3, min_width=300):
                shown = gr.HTML(elem_id="own-shown", elem_classes="gh-reserve-tall")
    wires.add(own_stage=stage, own_source=source, own_pad=pad, own_centred=centred, own_file=file, own_turned=turned, own_damage=damage)
    wires.add(own_amount=amount, own_seed=seed, own_go=go, own_problem=problem, own_shown=shown, own_sketch=gr.State(""))


def wire(wires: Wires) -> None:
    part = wires.parts
    wires.on(
        part["own_source"].change, source, ["own_source"], ["own_pad", "own_centred", "own_file", "own_turned", "own_sketch", "own_shown"]
    )
    told = {"trigger_mode": "always_last", "show_progress": "minimal"}
    drawn = wires.on_pick(part["own_pad"].select, sketched, [], ["own_sketch", "own_shown"], "own_problem", trigger_mode="multiple")
    shown = ["own_shown", *plane.MARKED]
    wires.on(drawn.then, chooser.knowing(after_stroke), GIVEN, shown, "own_problem", **told)
    wires.on(part["own_go"].click, chooser.knowing(give_back), GIVEN, shown, "own_problem", trigger_mode="once", show_progress="minimal")


# ---- handlers -------------------------------------------------------------------------------------------------------


def source(lab: Lab, own_source: str) -> dict:
    """Drawn or from a file; the pad begins empty again."""
    drawn = own_source == DRAWN
    return {
        "own_sketch": "",
        "own_shown": "",
        **{name: gr.update(visible=drawn) for name in ("own_pad", "own_centred")},
        **{name: gr.update(visible=not drawn) for name in ("own_file", "own_turned")},
    }


def sketched(lab: Lab, pick: str) -> dict:
    """A stroke has ended, or the pad was cleared."""
    verb, _, data = pick.partition(":")
    return {"own_sketch": data} if verb == "sketch" else {"own_sketch": "", "own_shown": ""}


def after_stroke(lab: Lab, session: dict, own_sketch: str, **given) -> dict:
    """What becomes of the sketch, as it is now."""
    return give_back(lab, session, own_sketch=own_sketch, **given) if own_sketch and given["im_known"] else {}


def give_back(lab: Lab, session: dict, im_known: dict | None, im_label: str, latent_told: dict | None, **given) -> dict:
    """The image through the model; its place is marked on the map, too."""
    model, label = chooser.asked(im_known, im_label)
    if not im_known["reads"]:
        what = "This model reads no images: it has no encoder."
        raise UserError(what, "It draws images of codes.", "Choose an autoencoder or a VAE above.", "im_model")
    if given["own_source"] == FILE:
        if not given["own_file"]:
            raise UserError("No picture has been chosen.", "One file.", "Choose a PNG, JPEG or WebP.", "own_file")
        image = {"pixels": lab.read_image(session["visitor"], model, given["own_file"], turned=given["own_turned"])}
    elif not given["own_sketch"]:
        raise UserError("Nothing has been drawn.", "The pad is empty.", "Draw on it, or choose a picture.", "own_pad")
    else:
        image = {"sketch": given["own_sketch"], "centred": given["own_centred"]}
    kind = "" if given["own_damage"] == UNDAMAGED else given["own_damage"]
    hurt = {"damage": kind, "amount": given["own_amount"] if kind else 0.0, "seed": given["own_seed"]}
    told = lab.give_back(session["visitor"], model, image, hurt, label)
    return {"own_shown": render(told, kind), **plane.marked(latent_told, told.get("place"))}


# ---- rendering ------------------------------------------------------------------------------------------------------


def render(told: dict, kind: str) -> str:
    """The answer of `lab.give_back`."""
    row = "As the model reads it, damaged, and as it gives it back" if kind else "As the model reads it, and as it gives it back"
    parts = [f"<h3>{row}</h3>", markup.picture(told["picture"], row, "three" if kind else "two")]
    facts = [("squared error a pixel", f"{told['error']:.4f}")]
    if "worse" in told:
        facts.append(("images given back worse", f"{told['worse']:.0%}"))
    if told["best"]:
        facts.append(("told the class", told["best"]))
    parts.append(markup.facts(facts))
    if "worse" in told:
        parts.append(markup.paragraph(_verdict(told["worse"])))
    if "nearest" in told:
        parts += code_view.nearest(told["nearest"])
        parts.append(markup.paragraph("Its place is marked on the map of stage 2.", "muted"))
    return markup.page(*parts)


def _verdict(worse: float) -> str:
    """Is it like what the model knows?"""
    if worse < OUTLIER:
        return (
            "An outlier: of the images that the model has not learnt from, fewer than one in fifty are given back so badly. Either nothing like "
            "it was among those that it learnt, or it is laid out in another way."
        )
    if worse < 0.25:
        return "Unusual: three quarters of the unseen images are given back better."
    return "Nothing unusual: images like this one are what the model knows."
