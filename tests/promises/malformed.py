"""Malformed values for every endpoint: a good call of each, and what is put in the place of one of its values at a time.

A good value in capitals stands for something that the test makes first (an id, an uploaded file).
"""

from dataclasses import dataclass
from typing import Any

NAN, INFINITE, HUGE = float("nan"), float("inf"), 2**80
NOBODYS = "0" * 32
LONG = "x" * 1_000_000
HALF = "\ud800"
MARKUP = "<script>alert(1)</script>"
EXAMPLE, VAE, GPT, PAIR = "example-support", "embedded/fashion-vae-2", "embedded/stories", "embedded/en-es"

TEXT = {"number": 7, "nothing": None, "a list": ["a"], "empty": "", "blank": " \n\t", "a million letters": LONG, "half a character": HALF}
ID = {"number": 7, "nothing": None, "a path": "../../etc/passwd", "unknown": NOBODYS, "a million letters": LONG, "mark-up": MARKUP}
CHOICE = {"number": 7, "nothing": None, "unknown": "no such thing", "mark-up": MARKUP, "half a character": HALF}
OPTIONS = {"text": "fast", "a list": [1], "nothing": None, "unknown option": {"colour": 1}, "a key half a character": {HALF: 1}}
LIST = {"text": "abc", "number": 7, "nothing": None, "of nothing": [None], "a dictionary": {"a": 1}}
WHOLE = {"NaN": NAN, "infinite": INFINITE, "half": 2.5, "huge": HUGE, "true": True, "text": "three", "a list": [1]}
FILE = {
    "nothing": None,
    "number": 7,
    "name": "table.csv",
    "a path": {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}},
    "an address": {"path": "http://127.0.0.1:9/x.csv", "meta": {"_type": "gradio.FileData"}},
}


@dataclass(frozen=True)
class Part:
    """One parameter of a good call: its name, the good value, and what is put there instead."""

    name: str
    good: Any
    bad: dict[str, Any]


def part(name: str, good: Any, kind: dict[str, Any], but: tuple[str, ...] = (), **more: Any) -> Part:
    """`but`: values of the kind that are accepted there, for the reason that stands beside it."""
    return Part(name, good, {label: value for label, value in {**kind, **more}.items() if label not in but})


# What the list of the defence starts from, in the options of each task.
TRAINING = {
    "learning rate NaN": {"learning_rate": NAN},
    "learning rate 0": {"learning_rate": 0},
    "learning rate 10": {"learning_rate": 10},
    "seed 2^80": {"seed": HUGE},
}
RANKS = {"rank 0": {"rank": 0}, "rank a million": {"rank": 10**6}, "rank true": {"rank": True}, "a model by its path": {"model": "../../x"}}
DECODING = {f"{count!r} new tokens": {"model": GPT, "max_new_tokens": count} for count in (0, -1, 10**9, 2.5, NAN, True)} | {
    "temperature 0": {"model": GPT, "temperature": 0},
    "top-p 5": {"model": GPT, "top_p": 5},
    "a million beams": {"model": GPT, "strategy": "beam", "beams": 10**6},
    "seed 2^80": {"model": GPT, "seed": HUGE},
    "a parent path": {"model": "../../etc/passwd"},
    "an address": {"model": "https://example.com/model"},
    "an unknown model": {"model": "embedded/nothing"},
    "half a character": {"model": HALF},
}
TRANSLATING = {
    "a million beams": {"model": PAIR, "beams": 10**6},
    "beams 2.5": {"model": PAIR, "beams": 2.5},
    "unknown language": {"model": PAIR, "target_language": "klingon"},
    "an unknown model": {"model": "embedded/nothing"},
    "beams NaN": {"model": PAIR, "beams": NAN},
}
IMAGE_OPTIONS = {"a million a side": {"side": 10**6}, "side NaN": {"side": NAN}, "side true": {"side": True}}
DRAWING = {"a billion": {"n": 10**9}, "n NaN": {"n": NAN}, "temperature -1": {"temperature": -1}, "seed 2^80": {"seed": HUGE}}
CHAIN = {"operation": "no such", "steps": {"steps": 7}}

WRITER = {"model": GPT, "max_new_tokens": 2}
TRANSLATOR = {"model": PAIR, "beams": 1}
IDS = part("ids", [5, 6, 7], LIST, negative=[-1], huge=[10**12], fraction=[1.5])

GOOD: dict[str, list[Part]] = {
    "/read_sample": [part("sample", "support", CHOICE)],
    "/read_text": [part("rows", "text,label\na,b\n", TEXT), part("fixes", [], LIST, unknown=["drop-table"])],
    "/read_hub_dataset": [part("dataset", "a/b", CHOICE, parent="../secret", address="https://example.com/a"), part("config", "", {})],
    "/examine_table": [
        part("table", "TABLE", ID),
        part("text_column", "text", CHOICE, but=("nothing",)),  # chosen for you
        part("label_column", "label", CHOICE, but=("nothing",)),
        part("fixes", [], LIST, unknown=["erase"]),
        part("options", {}, OPTIONS | TRAINING),
    ],
    "/drop_test_table": [part("table", "TABLE", ID)],
    "/read_corpus": [part("text", "some text " * 50, TEXT, but=("a million letters",))],  # a book has them
    "/read_bundled_corpus": [part("sample", "harbour", CHOICE)],
    "/read_hub_corpus": [part("dataset", "a/b", CHOICE)],
    "/read_bundled_images": [part("sample", "digits", CHOICE), part("options", {}, OPTIONS | IMAGE_OPTIONS, but=("nothing",))],
    "/read_hub_images": [part("dataset", "a/b", CHOICE), part("options", {}, OPTIONS | IMAGE_OPTIONS)],
    "/draw_images": [part("run", VAE, ID), part("options", {"n": 1}, OPTIONS | DRAWING)],
    "/image_map": [part("run", VAE, ID)],
    "/images_at": [part("run", VAE, ID), part("places", [[0, 0]], LIST, nan=[[NAN, 0]], one=[[1]], deep=[[[0]]], crowd=[[0, 0]] * 100_000)],
    "/look_at_code": [part("run", VAE, ID), part("of", {"place": [0, 0]}, OPTIONS, nan={"place": [NAN, 0]}, none={"place": []})],
    "/image_models_beside": [part("run", VAE, ID), part("other", VAE, ID), part("seed", 0, WHOLE)],
    "/deal_tiles": [part("moment", 1, WHOLE, none=0, late=10**6), part("seed", 0, WHOLE), part("real", "", {"unknown": "set:7"})],
    "/judge_tiles": [part("moment", 1, WHOLE), part("seed", 0, WHOLE), part("fake", [True] * 12, LIST, few=[True], numbers=[1] * 12)],
    "/fetch_encoder": [part("model", "a/b", ID)],
    "/fetch_language_model": [part("model", "a/b", ID)],
    "/forecast": [part("table", "TABLE", ID), part("options", {}, OPTIONS | TRAINING | RANKS), part("task", "classify", CHOICE)],
    "/train": [
        part("table", "TABLE", ID),
        part("options", {}, OPTIONS | TRAINING | RANKS),
        part("name", "a name", {"number": 7, "a million letters": LONG, "half a character": HALF}),
        part("task", "classify", CHOICE),
    ],
    "/train_with_remedy": [part("run", EXAMPLE, ID), part("remedy", "spread", CHOICE)],
    "/run_status": [part("run", EXAMPLE, ID)],
    "/run_curves": [part("run", EXAMPLE, ID)],
    "/run_samples": [part("run", EXAMPLE, ID)],
    "/stop_run": [part("run", EXAMPLE, ID, example=EXAMPLE)],
    "/resume_run": [part("run", EXAMPLE, ID, example=EXAMPLE)],
    "/rename_run": [part("run", EXAMPLE, ID), part("name", "x", TEXT)],
    "/delete_run": [part("run", EXAMPLE, ID, example=EXAMPLE)],
    "/compare_runs": [part("runs", [EXAMPLE], LIST, none=[], crowd=[EXAMPLE] * 1_000)],
    "/unseen_rows": [part("run", EXAMPLE, ID), part("label", "billing", CHOICE), part("predicted", "billing", CHOICE)],
    "/classify": [part("run", EXAMPLE, ID), part("texts", ["a"], LIST, none=[], empty=[""], long=[LONG], half=[HALF])],
    "/explain": [part("run", EXAMPLE, ID), part("text", "a parcel", TEXT), part("label", "", CHOICE, but=("nothing",))],  # the predicted one
    "/leave_out": [
        part("run", EXAMPLE, ID),
        part("text", "a parcel", TEXT),
        part("drop", [[0, 1]], LIST, all=[[0, 8]], outside=[[0, 99]], back=[[5, 2]], nan=[[NAN, 2]]),
    ],
    "/base_lines": [part("run", EXAMPLE, ID), part("text", "a parcel", TEXT)],
    "/show_code": [part("run", EXAMPLE, ID)],
    "/write": [
        part("prompt", "Once", TEXT, but=("empty", "blank")),  # a text may begin from nothing, and with a blank
        part("options", WRITER, OPTIONS | DECODING),
        part("run", "", ID, but=("nothing",)),
    ],
    "/write_stream": [part("prompt", "Once", {"number": 7, "half a character": HALF}), part("options", WRITER, OPTIONS | DECODING)],
    "/branch": [part("prompt", "Once", {"number": 7}), part("options", WRITER, OPTIONS), part("tokens", [5], IDS.bad, but=("nothing",))],
    "/why_token": [IDS, part("place", 1, WHOLE, before=-1, behind=99), part("options", WRITER, OPTIONS)],
    "/beam_tree": [part("prompt", "Once", {"number": 7, "a million letters": LONG}), part("options", WRITER, OPTIONS | DECODING)],
    "/score_text": [part("text", "Once", TEXT), part("options", {"model": GPT}, OPTIONS)],
    "/translate": [part("text", "Good day.", TEXT), part("options", TRANSLATOR, OPTIONS | TRANSLATING)],
    "/translate_stream": [part("text", "Good day.", {"number": 7, "empty": ""}), part("options", TRANSLATOR, TRANSLATING)],
    "/translation_attention": [
        part("pair", {"source": [3, 0], "target": [5]}, OPTIONS, none={"source": [], "target": []}, huge={"source": [10**12], "target": [5]}),
        part("options", TRANSLATOR, OPTIONS),
        part("layer", -1, WHOLE, none=99),
        part("head", -1, WHOLE, none=99),
    ],
    "/translation_beam_tree": [part("source", [3, 0], IDS.bad), part("options", TRANSLATOR, TRANSLATING), part("tokens", 2, WHOLE), part("hidden", [], LIST)],
    "/read_pairs": [part("text", "a\tb\nc\td\n", TEXT), part("languages", ["en", "es"], LIST, unknown=["klingon", "es"], one=["en"])],
    "/read_hub_pairs": [part("dataset", "a/b", CHOICE), part("languages", [], LIST)],
    "/judge_translation": [part("pairs", NOBODYS, ID), part("models", [PAIR], LIST), part("options", {}, OPTIONS)],
    "/augment_picture": [part("photo", "cat", ID), part("chain", {}, OPTIONS, none={"steps": 7}), part("count", 1, WHOLE, none=0, crowd=10**6)],
    "/augment_texts": [
        part("texts", ["a good parcel"], LIST, none=[], long=[LONG], half=[HALF]),
        part("chain", {}, OPTIONS, none={"steps": 7}),
        part("copies", 1, WHOLE, none=0, crowd=10**6),
    ],
    "/fill_gaps": [part("text", "a good parcel came", TEXT), part("seed", 0, WHOLE)],
    "/breaking_points": [part("operation", "rotate", CHOICE), part("label", "6", CHOICE), part("seed", 0, WHOLE)],
    "/read_bundled_numbers": [part("sample", "wine-rare", CHOICE)],
    "/measure_table": [part("table", NOBODYS, ID), part("columns", {}, OPTIONS), part("options", {}, OPTIONS)],
    "/measure_texts": [part("table", "TABLE", ID), part("options", {}, OPTIONS)],
    "/measure_images": [part("images", NOBODYS, ID), part("options", {}, OPTIONS)],
    "/read_table": [part("file", "FILE", FILE), part("fixes", [], LIST)],
    "/add_test_table": [part("table", "TABLE", ID), part("file", "FILE", FILE), part("fixes", [], LIST)],
    "/read_corpus_file": [part("file", "FILE", FILE), part("column", "", {}), part("cut", False, {}), part("fixes", [], LIST, but=("nothing",))],
    "/read_pairs_file": [part("file", "FILE", FILE), part("languages", [], LIST, but=("nothing",))],
    "/read_images_file": [part("file", "FILE", FILE), part("options", {}, OPTIONS, but=("nothing",)), part("fixes", [], LIST, but=("nothing",))],
    "/give_image_back": [part("run", VAE, ID), part("file", "PICTURE", FILE), part("options", {}, {})],
    "/tell_image": [part("run", NOBODYS, ID), part("file", "PICTURE", FILE), part("options", {}, {})],
    "/enlarge_images": [
        part("run", VAE, ID),
        part("each", 1, WHOLE, but=("half", "true"), none=0, crowd=10**9),  # the component rounds them
        part("options", {}, OPTIONS | DRAWING, but=("nothing", "a billion", "n NaN")),  # `each` says how many
        part("kind", "zip", {"unknown": "rar", "number": 7}),
    ],
    "/translate_file": [part("file", "FILE", FILE), part("options", TRANSLATOR, OPTIONS | TRANSLATING, but=("nothing",))],
    "/finding_rows": [part("table", "TABLE", ID), part("finding", "empty-texts", CHOICE)],
    "/classify_table": [part("run", EXAMPLE, ID), part("file", "FILE", FILE), part("fixes", [], LIST), part("threshold", 0.0, WHOLE, but=("half",), beyond=7)],
    "/download_run": [part("run", EXAMPLE, ID)],
    "/download_merged": [part("run", EXAMPLE, ID)],
    "/open_run": [part("file", "FILE", FILE, a_table="FILE")],
    "/open_run_from_hub": [part("repo", "a/b", ID), part("token", "hf_x", TEXT, but=("nothing", "empty"))],  # many need none
    "/read_picture": [part("file", "PICTURE", FILE, a_table="FILE")],
    "/pack_variants": [part("photo", "cat", ID), part("chain", {}, OPTIONS), part("options", {}, OPTIONS, but=("nothing",))],
    "/even_out_table": [part("table", NOBODYS, ID), part("columns", {}, OPTIONS), part("options", {}, OPTIONS)],
    "/augment_table_of_texts": [part("file", "FILE", FILE), part("chain", {}, OPTIONS), part("options", {}, OPTIONS, but=("nothing",))],
    "/augment_image_set": [part("images", NOBODYS, ID), part("chain", {}, OPTIONS), part("options", {}, OPTIONS)],
}  # fmt: skip


def calls(me: str, made: dict[str, Any], few: bool) -> list[tuple[str, str, list]]:
    """(what is wrong, endpoint, values): each good call with one value replaced. made: what the words in capitals stand for. few: of each
    parameter two malformed values, others for its neighbours; of options, all that are named above."""
    found = []
    for name, parts in GOOD.items():
        good = [_real(one.good, made) for one in parts]
        for place, one in enumerate(parts):
            for label, value in _some(one.bad, len(found)) if few else one.bad.items():
                values = [me, *good[:place], _real(value, made), *good[place + 1 :]]
                found.append((f"{name} {one.name}: {label}", name, values))
    return found


def _some(bad: dict[str, Any], turn: int) -> list[tuple[str, Any]]:
    named = [item for item in bad.items() if isinstance(item[1], dict) and item[0] not in OPTIONS]
    rest = [item for item in bad.items() if item not in named]
    return [*named, *rest[turn % max(1, len(rest)) :][:2]]


def _real(value: Any, made: dict[str, Any]) -> Any:
    return made.get(value, value) if isinstance(value, str) else value
