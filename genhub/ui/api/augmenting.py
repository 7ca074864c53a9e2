"""Endpoints for scripts: variants of pictures and texts, and whether they help."""

from collections.abc import Callable
from dataclasses import asdict

import gradio as gr

from genhub import gate
from genhub.lab import Lab


def endpoints(lab: Lab) -> list[Callable]:
    def augment_picture(visitor: str, photo: str, chain: dict, count: int = 16) -> dict:
        """Variants of a picture: `photo` is the id that read_picture returned, or a bundled photograph (cat, astronaut, coffee, camera, flower, palace).
        `chain` is a chain of operations as the page saves one. Returns `variants`: picture (a data URI), drawn, shares of other labels."""
        return lab.vary_photo(visitor, photo, chain, count)

    def augment_texts(visitor: str, texts: list[str], chain: dict, copies: int = 1) -> dict:
        """Variants of texts: for each its text, the number of the one that it is of, what was done, what differs, its similarity to that one."""
        return lab.vary_texts(visitor, texts, chain, copies)

    def fill_gaps(visitor: str, text: str, seed: int = 0) -> dict:
        """A text as a masked-language model meets it while it learns: its tokens, which of them are gaps and how, and the likeliest at each."""
        return lab.fill_gaps(visitor, text, seed)

    def breaking_points(visitor: str, operation: str, label: str = "6", seed: int = 0) -> dict:
        """A digit, drawn by a model, under one operation from nothing to its strongest: amounts, pictures, and what the embedded judge takes it for."""
        return lab.breaking_points(visitor, operation, label, seed)

    def read_bundled_numbers(visitor: str, sample: str) -> dict:
        """Read a bundled table of numbers (breast-cancer-rare, breast-cancer, wine-rare). Returns as read_table."""
        return asdict(lab.take_number_table(visitor, sample))

    def measure_table(visitor: str, table: str, columns: dict, options: dict) -> str:
        """Queue a study: does evening out the classes of a table help? `columns` may say label, categorical (a list of names) and fixes
        (leave-out-missing, fill-missing); `options` are the fields of MeasureTablesConfig. Returns a run's id."""
        return lab.measure_tables(visitor, table, columns, options)

    def measure_texts(visitor: str, table: str, options: dict) -> str:
        """Queue a study on an examined table of texts. `options` are the fields of MeasureTextsConfig: chains, sizes, copies, method … Returns a run's id."""
        return lab.measure_texts(visitor, table, options)

    def measure_images(visitor: str, images: str, options: dict) -> str:
        """Queue a study on a set of images. `options` are the fields of MeasureImagesConfig: chains, sizes, drawn, each, steps … Returns a run's id."""
        return lab.measure_images(visitor, images, options)

    return [augment_picture, augment_texts, fill_gaps, breaking_points, read_bundled_numbers, measure_table, measure_texts, measure_images]


def register(lab: Lab, checked: Callable[[Callable], Callable], described: Callable[[Callable], str]) -> None:
    """Those that take or give files, as `files.register`."""

    def read_picture(visitor: str, file: str) -> dict:
        """Read a PNG, JPEG or WebP picture, to be augmented. Returns its id, width, height."""
        return asdict(lab.take_photo(visitor, file))

    def pack_variants(visitor: str, photo: str, chain: dict, options: dict) -> str:
        """Variants of a picture in its own size: a ZIP of PNGs with a card, the chain, and what was drawn. `options`: copies."""
        return str(lab.photo_file(visitor, photo, chain, options or {}))

    def even_out_table(visitor: str, table: str, columns: dict, options: dict) -> str:
        """A table with the rows that even out its classes, and what each new one was made of, as CSV. `columns` as for measure_table; `options` are the
        fields of ResampleConfig (method, k, ratio, deviation, seed), and kind: csv, jsonl, parquet, or datasets (a ZIP with a card)."""
        known = dict(gate.named(options or {}))
        kind = known.pop("kind", "csv")
        return str(lab.resampled(visitor, table, {**gate.named(columns or {}, "columns"), "values": known, "kind": kind})["path"])

    def augment_table_of_texts(visitor: str, file: str, chain: dict, options: dict) -> str:
        """A table with variants of its texts, each with the row it is of and what was done. `options`: copies, replace, least (similarity), column,
        kind (as for even_out_table), fixes (as for read_table)."""
        *_, told = lab.augmenting_texts(visitor, file, chain, options or {})
        return str(told["path"])

    def augment_image_set(visitor: str, images: str, chain: dict, options: dict) -> str:
        """A set of images that was read, with variants of each in its class. `options`: copies, replace, kind (zip, npz, datasets)."""
        return str(lab.augmented_images(visitor, images, chain, options or {})["path"])

    with gr.Column(visible=False):
        visitor, name, taken = gr.Textbox(label="visitor"), gr.Textbox(label="photo"), gr.File(label="file")
        table, told, options = gr.Textbox(label="table"), gr.JSON({}, label="chain"), gr.JSON({}, label="options")
        columns, answer, given = gr.JSON({}, label="columns"), gr.JSON(label="answer"), gr.File(label="file")
        for function, inputs, output in (
            (read_picture, [visitor, taken], answer),
            (pack_variants, [visitor, name, told, options], given),
            (even_out_table, [visitor, table, columns, options], given),
            (augment_table_of_texts, [visitor, taken, told, options], given),
            (augment_image_set, [visitor, name, told, options], given),
        ):
            button = gr.Button(function.__name__)
            button.click(checked(function), inputs, output, api_name=function.__name__, api_description=described(function))
