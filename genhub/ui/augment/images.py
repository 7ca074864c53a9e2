"""Stage 1 of Augment: a picture and what a chain of operations makes of it, variant by variant; one operation from nothing to its strongest."""

from collections.abc import Sequence

import gradio as gr

from genhub.augment.images.table import GROUPS, IMAGES
from genhub.augment.options import ImageVariantsConfig
from genhub.errors import UserError
from genhub.lab import Lab
from genhub.ui import forms, markup, tokens
from genhub.ui.augment import chains, editor, stored
from genhub.ui.markup import esc
from genhub.ui.wiring import Wires, pieces

STAGE = "1  Pictures"
INTRO = (
    "Variants of a picture, as a model would meet them while it learns. Build the chain, move its sliders; the same seed draws the same variants. "
    "Press a variant to see it beside the picture that it was made of."
)
KIND = editor.Kind("image", GROUPS, "The course's chain")
SHOWN = ["image_grid", "image_closer", "image_sheet"]
OPERATIONS = [(operation.title, name) for name, operation in IMAGES.items()]
# A picture and its variant in one place, and a slider that moves the border between them.
BESIDE_JS = """
element.addEventListener('input', event => {
  const over = element.querySelector('.ga-over img:last-of-type');
  if (over) over.style.clipPath = 'inset(0 0 0 ' + event.target.value + '%)';
});
"""


def layout(wires: Wires) -> None:
    offered = [(title, name) for name, title in wires.lab.photographs().items()]
    with gr.Accordion(STAGE, open=True, elem_classes="gh-stage", elem_id="stage-pictures") as stage:
        gr.HTML(markup.page(markup.paragraph(INTRO)))
        with gr.Row(elem_classes="gh-split"):
            with gr.Column(scale=2, min_width=300):
                photo = gr.Dropdown(
                    offered,
                    value=offered[0][1] if offered else None,
                    label="Picture",
                    elem_id="image-photo",
                    info="Or choose one of yours below.",
                )
                file = gr.File(label="A picture of yours", file_types=["image"], height=110, elem_id="image-file")
                built = gr.HTML(editor.render(KIND, KIND.held(None)), js_on_load=editor.JS, elem_id="image-editor")
                problem = gr.HTML(elem_id="image-problem")
                chains.layout(wires, KIND)
            with gr.Column(scale=3, min_width=300):
                grid = pieces(opening(), elem_id="image-grid", elem_classes="gh-reserve-tall")
                closer = gr.HTML(elem_id="image-closer", js_on_load=BESIDE_JS)
                with gr.Row(elem_classes="gh-beside"):
                    copies = forms.field(ImageVariantsConfig.option("copies"), elem_id="image-copies", min_width=150)
                    pack = gr.Button("Pack the variants", elem_id="image-pack", min_width=150)
                out = gr.DownloadButton("Download", visible=False, elem_id="image-out")
        with gr.Row(elem_classes="gh-beside"):
            which = gr.Dropdown(
                OPERATIONS,
                value="rotate",
                label="One operation, ever more strongly",
                elem_id="image-which",
                min_width=220,
                info="Press “Sweep” to see.",
            )
            swept = gr.Button("Sweep", elem_id="image-sweep", min_width=100)
        row = gr.HTML(elem_id="image-row")
    wires.add(pictures_stage=stage, image_photo=photo, image_file=file, image_editor=built, image_problem=problem, image_grid=grid)
    wires.add(image_closer=closer, image_copies=copies, image_pack=pack, image_out=out, image_which=which, image_sweep=swept, image_row=row)
    wires.add(image_own=gr.State(""), image_sheet=gr.State(stored.example().get("sheet")))


def wire(wires: Wires) -> None:
    part, asked, problem = wires.parts, ["session", "image_photo", "image_own", "image_chain"], "image_problem"
    latest = {"trigger_mode": "always_last"}
    wires.on_pick(part["image_editor"].select, edited, asked, ["image_chain", "image_editor", *SHOWN], problem, **latest)
    loaded = chains.wire(wires, KIND)
    wires.on(loaded.then, vary, asked, SHOWN, problem, **latest)
    wires.on(part["image_file"].upload, taken, [*asked, "image_file"], ["image_own", *SHOWN], problem, **latest)
    wires.on(part["image_file"].clear, bundled, asked, ["image_own", "image_file", *SHOWN], problem, **latest)
    wires.on(part["image_photo"].input, bundled, asked, ["image_own", "image_file", *SHOWN], problem, **latest)
    wires.on_pick(part["image_grid"].select, look, [*asked, "image_sheet"], ["image_closer", "image_grid"], problem)
    wires.on(
        part["image_sweep"].click, sweep, [*asked, "image_which"], ["image_row"], problem, trigger_mode="once", show_progress="minimal"
    )
    packed = [*asked, "image_copies"]
    wires.on(part["image_pack"].click, pack, packed, ["image_out"], problem, trigger_mode="once", show_progress="minimal")


# ---- handlers -------------------------------------------------------------------------------------------------------


def edit(lab: Lab, pick: str, image_chain: dict) -> dict:
    """The chain is another now; its steps are drawn anew only where they are others, so that a slider keeps the keyboard."""
    chain, redrawn = editor.changed(KIND, KIND.held(image_chain), pick)
    return {"image_chain": chain.to_dict(), **({"image_editor": editor.render(KIND, chain)} if redrawn else {})}


def take(lab: Lab, session: dict, image_file: str | None) -> dict:
    if not image_file:
        return {}
    return {"image_own": lab.take_photo(session["visitor"], image_file).id}


def forget(lab: Lab) -> dict:
    return {"image_own": ""}


def edited(lab: Lab, pick: str, session: dict, image_chain: dict, **given) -> dict:
    """The chain is another now, and its variants are shown; it stays where they cannot be made."""
    changed = edit(lab, pick, image_chain)
    try:
        return {**changed, **vary(lab, session, image_chain=changed["image_chain"], **given)}
    except UserError as error:
        return {**changed, "image_problem": markup.problem(error)}


def taken(lab: Lab, session: dict, image_file: str | None, **given) -> dict:
    """A picture of the visitor's, and its variants."""
    own = {**given, **take(lab, session, image_file)}
    return {"image_own": own["image_own"], **vary(lab, session, **own)}


def bundled(lab: Lab, session: dict, **given) -> dict:
    """A bundled picture was chosen, or the visitor's own taken away."""
    return {**forget(lab), "image_file": None, **vary(lab, session, **{**given, "image_own": ""})}


def chosen(image_photo: str | None, image_own: str) -> str:
    """The picture in work: the visitor's own, else a bundled one. Raises UserError where there is none."""
    if not (image_own or image_photo):
        raise UserError("No picture has been chosen.", "Variants are made of one.", "Choose a picture, or a file.", "image_photo")
    return image_own or str(image_photo)


def vary(lab: Lab, session: dict, image_photo: str | None, image_own: str, image_chain: dict) -> dict:
    """Variants as the chain stands."""
    told = lab.vary_photo(session["visitor"], chosen(image_photo, image_own), KIND.held(image_chain).to_dict())
    whose = lab.photo_info(session["visitor"], chosen(image_photo, image_own)).whose
    sheet = {"variants": told["variants"], "whose": whose, "seconds": told["seconds"]}
    return {"image_grid": render(sheet), "image_closer": "", "image_sheet": sheet}


def look(lab: Lab, pick: str, session: dict, image_sheet: dict | None, **given) -> dict:
    """A variant was pressed."""
    number = tokens.picked(pick, "variant", len(image_sheet["variants"])) if image_sheet else None
    if number is None:
        return {}
    photo = chosen(given["image_photo"], given["image_own"])
    told = lab.vary_closer(session["visitor"], photo, KIND.held(given["image_chain"]).to_dict(), number)
    return {"image_closer": beside(told), "image_grid": render(image_sheet, number)}


def sweep(lab: Lab, session: dict, image_photo: str | None, image_own: str, image_chain: dict, image_which: str) -> dict:
    fill = KIND.held(image_chain).fill
    told = lab.photo_sweep(session["visitor"], chosen(image_photo, image_own), image_which, fill)
    return {"image_row": swept(image_which, told)}


def pack(lab: Lab, session: dict, image_photo: str | None, image_own: str, image_chain: dict, image_copies) -> dict:
    """Variants in the picture's own size, as a file."""
    values = {"copies": forms.value(ImageVariantsConfig.option("copies"), image_copies)}
    path = lab.photo_file(session["visitor"], chosen(image_photo, image_own), KIND.held(image_chain).to_dict(), values)
    return {"image_out": gr.update(value=str(path), visible=True, label=f"Download {path.name} ({markup.size(path.stat().st_size)})")}


# ---- rendering ------------------------------------------------------------------------------------------------------


def opening() -> str:
    """The stored example."""
    told = stored.example()
    return render(told["sheet"]) if told else ""


def render(sheet: dict, pressed: int | None = None) -> str:
    """The variants, below each what was drawn for it."""
    cells = "".join(_variant(number, one, number == pressed) for number, one in enumerate(sheet["variants"]))
    count = len(sheet["variants"])
    said = f"{markup.plural(count, 'variant')} in {1000 * sheet['seconds']:.0f} ms." + (
        f" Picture: {sheet['whose']}." if sheet["whose"] else ""
    )
    return markup.page(f'<div class="ga-grid">{cells}</div>', markup.paragraph(said, "muted"))


def _variant(number: int, one: dict, pressed: bool) -> str:
    told = "; ".join(said for said in (drawn(name, values) for name, values in one["drawn"]) if said) or "as it was"
    image = f'<img src="{esc(one["picture"])}" alt="Variant {number + 1}: {esc(told)}">'
    button = f'<button type="button" data-pick="variant:{number}" aria-pressed="{str(pressed).lower()}">{image}</button>'
    return f"<figure>{button}<figcaption>{esc(told)}</figcaption></figure>"


def drawn(name: str, values: dict) -> str:
    """What was drawn for one operation, in few words; "" where it did nothing."""
    title = IMAGES[name].title
    if "turned" in values:
        return title.lower() if values["turned"] else ""
    numbers = {key: value for key, value in values.items() if key not in ("seed", "other")}
    if name == "perspective":
        return f"{title.lower()} {max(numbers.values()):.2f}"
    return " ".join([title.lower(), *(_number(key, value, len(numbers)) for key, value in numbers.items())])


def _number(key: str, value: float, count: int) -> str:
    figure = (f"{value:.0f}" if abs(value) >= 10 else f"{value + 0.0:.2f}").replace("-0.00", "0.00").replace("-", "−")
    return figure if count == 1 else f"{key} {figure}"


def beside(told: dict) -> str:
    """A picture under its variant; the slider says how much of which is seen."""
    images = f'<img src="{esc(told["before"])}" alt="The picture as it was"><img src="{esc(told["after"])}" alt="The variant" style="clip-path: inset(0 0 0 50%)">'
    slider = '<input type="range" min="0" max="100" value="50" aria-label="How much of the picture as it was is seen">'
    rows = [(IMAGES[name].title, _all(values)) for name, values in told["drawn"]]
    return markup.page(
        "<h3>Before and after</h3>",
        f'<div class="ga-over">{images}</div>{slider}',
        '<p class="muted">Left of the border: as it was. Right of it: the variant.</p>',
        markup.table(["operation", "drawn"], rows),
    )


def _all(values: dict) -> str:
    if "turned" in values:
        return "yes" if values["turned"] else "no"
    return ", ".join(f"{key} {value:.3g}".replace("-", "−") for key, value in values.items() if key not in ("seed", "other")) or "nothing"


def swept(name: str, told: dict) -> str:
    """One operation at ever greater strength."""
    operation = IMAGES[name]
    label = operation.amount.label if operation.amount else ""
    labels: Sequence[str] = [f"{amount:.3g}" for amount in told["amounts"]] if operation.amount else ["without", "with"]
    figures = "".join(
        f'<figure><img src="{esc(picture)}" alt="{esc(operation.title)} {said}"><figcaption>{esc(said)}</figcaption></figure>'
        for said, picture in zip(labels, told["pictures"], strict=True)
    )
    of = f" {label}: {operation.amount.help}" if operation.amount else ""
    return markup.page(f'<div class="ga-row7">{figures}</div>', markup.paragraph(f"{operation.title}.{of}", "muted"))
