"""Endpoints for scripts that take or give files: these need a File component, so that Gradio checks where a path comes from."""

from collections.abc import Callable
from dataclasses import asdict

import gradio as gr

from genhub.lab import Lab


def register(lab: Lab, checked: Callable[[Callable], Callable], described: Callable[[Callable], str]) -> None:
    """Add them to the page that is being built; `checked` and `described` are those of the other endpoints."""

    def read_table(visitor: str, file: str, fixes: list[str]) -> dict:
        """Read a CSV, TSV, JSONL or Parquet file. `fixes` may hold windows-1252 (read what is not UTF-8 as that) and
        leave-malformed-lines (leave out a few lines that do not fit). Returns id, name, columns, rows."""
        return asdict(lab.take_upload(visitor, file, fixes=fixes))

    def read_corpus_file(visitor: str, file: str, column: str, cut: bool, fixes: list[str]) -> dict:
        """Read a text to learn from: .txt or .md, or a column of a table (empty: the longest), a document a row. Returns its id, characters,
        what was found in it. `cut` keeps the first part of one that is beyond the limit; `fixes` as for read_table."""
        return asdict(lab.take_text_file(visitor, file, column=column or "", cut=cut is True, fixes=fixes or []))

    def read_pairs_file(visitor: str, file: str, languages: list[str], source_column: str, target_column: str, fixes: list[str]) -> dict:
        """Read pairs of sentences from a CSV, TSV, JSONL or Parquet file; as read_pairs. `fixes` as for read_table."""
        columns = source_column or "", target_column or ""
        return asdict(lab.take_pairs_file(visitor, file, languages=languages or [], columns=columns, fixes=fixes or []))

    def read_images_file(visitor: str, file: str, options: dict, fixes: list[str]) -> dict:
        """Read a set of images: a ZIP of PNG, JPEG or WebP files, a folder in it for each class, or a .npz with x and y. Returns as
        read_bundled_images, with the same options. `fixes` may hold leave-unusable-images (files of a ZIP that are no images)."""
        return asdict(lab.take_images(visitor, file, options or {}, fixes or []))

    def give_image_back(visitor: str, run: str, file: str, options: dict) -> dict:
        """What the model of a run makes of an image file: given back, its error, and the share of the known images that are given back worse.
        `options`: turned (dark becomes light), damage (gaussian, dropout, white), amount, seed, label."""
        known = options if isinstance(options, dict) else {}
        pixels = lab.read_image(visitor, run, file, turned=known.get("turned") is True)
        damage = {name: known[name] for name in ("damage", "amount", "seed") if name in known}
        return lab.give_back(visitor, run, {"pixels": pixels}, damage, known.get("label") or "")

    def tell_image(visitor: str, run: str, file: str, options: dict) -> dict:
        """Of which class an image file is, by a run of the task transfer: names, shares, and two pictures, PNG in base64: as the network reads it, and
        which part of it speaks for the class. `options`: turned (dark becomes light)."""
        known = options if isinstance(options, dict) else {}
        return lab.tell_image(visitor, run, file, turned=known.get("turned") is True)

    def enlarge_images(visitor: str, run: str, each: int, options: dict, kind: str) -> str:
        """Draw a set of images with the model of a run, `each` of every class, or so many in all of a model that is told none. `options` as in
        draw_images; `kind` is zip (a folder a class), npz (x and y), or datasets: a ZIP that unpacks to a folder for
        datasets.load_dataset("imagefolder", data_dir=…), with a card."""
        *_, told = lab.enlarging(visitor, run, each, options or {}, kind or "zip")
        return str(told["path"])

    def translate_file(visitor: str, file: str, options: dict, column: str) -> str:
        """Translate a text file line by line, or a column of a table: one line for each line, or the table with a column more."""
        *_, done = lab.translating_file(visitor, file, options or {}, column=column or "")
        return str(done.path)

    def add_test_table(visitor: str, table: str, file: str, fixes: list[str]) -> int:
        """Attach a separate test table to a table, before it is examined; returns its rows. The verdict then rests on it. `fixes` as
        for read_table."""
        return lab.add_test(visitor, table, file, fixes)

    def finding_rows(visitor: str, table: str, finding: str) -> str:
        """All rows that a finding of the last report concerns, where its `listed` is true: a CSV of row, line, text, label and why."""
        return str(lab.finding_rows(visitor, table, finding))

    def classify_table(visitor: str, run: str, file: str, fixes: list[str], threshold: float) -> str:
        """Classify every row of a table; returns it with the columns predicted and probability added, in the separator it came with.
        `fixes` as for read_table. A `threshold` above 0 adds a column that says which answers are below it."""
        return str(lab.predict_table(visitor, run, file, fixes=fixes, threshold=threshold))

    def download_run(visitor: str, run: str) -> str:
        """The run as a zip: adapter, head, passport, card, script; none of the rows."""
        return str(lab.export(visitor, run))

    def download_merged(visitor: str, run: str) -> str:
        """One plain safetensors model as a zip, the adapter folded into the encoder's weights; a diffusion model as plain diffusers loads it."""
        return str(lab.merged(visitor, run))

    def open_run(visitor: str, file: str) -> str:
        """Open a zip that GenHub wrote; returns the id of the run."""
        return lab.reopen(visitor, file)

    with gr.Column(visible=False):
        visitor, run, taken = gr.Textbox(label="visitor"), gr.Textbox(label="run"), gr.File(label="file")
        table, number = gr.Textbox(label="table"), gr.Number(label="answer", precision=0)
        fixes, finding = gr.JSON([], label="fixes"), gr.Textbox(label="finding")
        each, kind = gr.Number(100, label="each", precision=0), gr.Textbox("zip", label="kind")
        column, cut = gr.Textbox(label="column"), gr.Checkbox(label="cut")
        share, options = gr.Number(0.0, label="threshold"), gr.JSON({}, label="options")
        languages, target = gr.JSON([], label="languages"), gr.Textbox(label="target_column")
        answer, text, given = gr.JSON(label="answer"), gr.Textbox(label="answer"), gr.File(label="file")
        for function, inputs, output in (
            (read_table, [visitor, taken, fixes], answer),
            (add_test_table, [visitor, table, taken, fixes], number),
            (read_corpus_file, [visitor, taken, column, cut, fixes], answer),
            (read_pairs_file, [visitor, taken, languages, column, target, fixes], answer),
            (read_images_file, [visitor, taken, options, fixes], answer),
            (give_image_back, [visitor, run, taken, options], answer),
            (tell_image, [visitor, run, taken, options], answer),
            (enlarge_images, [visitor, run, each, options, kind], given),
            (translate_file, [visitor, taken, options, column], given),
            (finding_rows, [visitor, table, finding], given),
            (classify_table, [visitor, run, taken, fixes, share], given),
            (download_run, [visitor, run], given),
            (download_merged, [visitor, run], given),
            (open_run, [visitor, taken], text),
        ):
            button = gr.Button(function.__name__)
            button.click(checked(function), inputs, output, api_name=function.__name__, api_description=described(function))
