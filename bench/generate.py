"""Generate, measured side by side with what a user would run instead; writes docs/benchmarks-generate.md.

    make bench                                                 everything
    python bench/generate.py --only writing --only crowd       some sections: writing · crowd · changes · adapting · scratch ·
                                                               presets
    python bench/generate.py --only presets --preset NAME      what one preset of From scratch reaches; the others' figures stay
    python bench/generate.py --only scratch --nanogpt DIR      against nanoGPT's code, fetched from github.com/karpathy/nanoGPT
    python bench/generate.py --render                          the document from the stored figures, without measuring

Every contender runs in a process of its own, in turn, so that a drift of the machine falls on all; medians and ratios are reported.
Real data is looked for in GENHUB_DATA, then ../shared/data.
"""

import argparse
import gzip
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
FIGURES = HERE / "generate.json"
TARGET = ROOT / "docs" / "benchmarks-generate.md"
SMALL = "embedded/stories" if (ROOT / "genhub" / "zoo" / "stories").is_dir() else "embedded/shakespeare"
TURNS = 3
LARGE = "bench/gpt2-sized"
PROMPTS = [
    "Once upon a time there was a little bear",
    "The old man went down to the river and",
    "She opened the door and saw",
    "In the morning the snow was gone and",
    "There was once a fox who wanted",
    "My lord, the night is dark, and",
    "The ship came home with no one on",
    "Come, let us go to the market and",
]


def contender(name: str, args: dict, home: Path, script: str = "generate_contenders.py") -> dict:
    """One contender in a fresh process; its one JSON object."""
    known = {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "GENHUB_OFFLINE": "1", "GENHUB_HOME": str(home)}
    command = [sys.executable, str(HERE / script), name, json.dumps(args)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env={**os.environ, **known}, check=False)
    if done.returncode:
        sys.exit(f"{name} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def shakespeare() -> str:
    return language("tinyshakespeare.txt.gz")


def held_out() -> str:
    """What the small model writes like, and was not trained on."""
    if SMALL.endswith("stories"):
        return language("gutenberg_children.valid.txt.gz")
    text = shakespeare()
    return text[int(0.9 * len(text)) :]


def language(name: str) -> str:
    for folder in (os.environ.get("GENHUB_DATA"), ROOT.parent / "shared" / "data"):
        if folder and (Path(folder) / "language" / name).exists():
            return gzip.decompress((Path(folder) / "language" / name).read_bytes()).decode()
    sys.exit(f"No data: set GENHUB_DATA to a folder that holds language/{name}.")


def writing(home: Path, options) -> dict:
    """One stream: tokens a second of the page's worker, quick and exact, against the pipeline."""
    found = {}
    for model, tokens in ((SMALL, 120), (LARGE, 40)):
        asked = {"model": model, "tokens": tokens, "prompts": PROMPTS[:2]}
        turns = []
        for _ in range(TURNS):
            turns.append(
                {
                    "pipeline": contender("pipeline", asked, home),
                    "quick": contender("ours", {**asked, "exact": False, "together": False}, home),
                    "exact": contender("ours", {**asked, "exact": True, "together": False}, home),
                }
            )
        found[model] = turns
    return found


def crowd(home: Path, options) -> dict:
    """Eight visitors at once against eight pipeline calls one after another; a ninth visitor's first token."""
    found = {}
    for model, tokens in ((SMALL, 120), (LARGE, 30)):
        asked = {"model": model, "tokens": tokens, "prompts": PROMPTS}
        found[model] = [
            {
                "pipeline": contender("pipeline", asked, home),
                "together": contender("ours", {**asked, "exact": False, "together": True}, home),
            }
            for _ in range(TURNS)
        ]
    found["newcomer"] = contender("newcomer", {"model": SMALL, "tokens": 200, "prompts": PROMPTS}, home)
    return found


def changes(home: Path, options) -> dict:
    """How often eight bits, and how often company, change a greedy answer."""
    text = held_out()
    prompts = [text[at : at + 80] for at in range(10_000, 100_000, 2_250)][:40]
    asked = {"model": SMALL, "tokens": 100, "prompts": prompts, "text": text[50_000:60_000]}
    return {SMALL: contender("changes", asked, home)}


def adapting(home: Path, options) -> dict:
    """Real tokens a second: LoRA here against Trainer with the same LoRA in fp32."""
    rows = home / "adapt.jsonl"
    rows.write_text(json.dumps({"text": shakespeare()[:150_000]}) + "\n", encoding="utf-8")
    config = {"model": SMALL, "epochs": 1, "samples": 0, "batch_size": 8, "window": 128, "patience": 0}
    turns = []
    for turn in range(TURNS):
        mine = contender("adapt", {"config": config, "rows": str(rows), "out": str(home / f"adapted-{turn}")}, home)
        theirs = {
            "model": SMALL,
            "rows": str(rows),
            "window": 128,
            "batch": 8,
            "steps": 40,
            "rank": 8,
            "alpha": 16,
            "out": str(home / "trainer"),
        }
        theirs["targets"] = json.loads((home / "adapted-0" / "adapter" / "adapter_config.json").read_text())["target_modules"]
        turns.append({"genhub": mine, "trainer": contender("trainer", theirs, home)})
    return {SMALL: turns}


def parts(text: str, count: int = 200) -> list[str]:
    """A text in so many documents, cut at line breaks: of documents GenHub holds out some for itself here and there. Of one text it holds
    out the end, which is the play that the last tenth goes on with; nanoGPT learns from it."""
    found, size = [], len(text) // count
    while text:
        end = text.find("\n", size) + 1 if len(text) > size else len(text)
        end = end or len(text)
        found.append(text[:end])
        text = text[end:]
    return found


def scratch(home: Path, options) -> dict:
    """The preset of three minutes against nanoGPT's preset for a CPU, given the same time; both on the last tenth of the text. GenHub
    holds out 4 % of what it is given for its own verdict, nanoGPT nothing."""
    from genhub.training.configs import SCRATCH_PRESETS, ScratchConfig

    text = shakespeare()
    cut = int(0.9 * len(text))
    rows, held_out, whole = home / "scratch.jsonl", home / "held-out.txt", home / "whole.txt"
    rows.write_text("".join(json.dumps({"text": part}) + "\n" for part in parts(text[:cut])), encoding="utf-8")
    held_out.write_text(text[cut:], encoding="utf-8")
    whole.write_text(text, encoding="utf-8")
    config = {**SCRATCH_PRESETS["GPT, 3 minutes"], "validation_share": 0.02, "test_share": 0.02}
    window = config.get("window", ScratchConfig.window)
    asked = {"config": config, "rows": str(rows), "held_out": str(held_out), "window": window, "out": str(home / "from-scratch")}
    ours = contender("scratch", asked, home)
    theirs = {"nanogpt": str(Path(options.nanogpt).resolve()), "whole": str(whole)}
    preset = contender("nanogpt", {**theirs, "steps": 2_000, "out": "out-preset"}, home)
    steps = round(2_000 * ours["seconds"] / preset["seconds"])
    same_time = contender("nanogpt", {**theirs, "steps": steps, "out": "out-same-time"}, home)
    return {"genhub": ours, "nanogpt_preset": preset, "nanogpt_same_time": same_time}


def presets(home: Path, options) -> dict:
    """The presets of *From scratch* on the bundled text, as a user has them: those that are asked for, beside those that are stored."""
    from genhub.data import samples
    from genhub.training.configs import SCRATCH_PRESETS

    rows = home / "harbour.jsonl"
    rows.write_text(json.dumps({"text": samples.text_path("harbour").read_text(encoding="ascii")}) + "\n", encoding="utf-8")
    known = stored().get("presets", {}).get("figures", {})
    asked = options.preset or list(SCRATCH_PRESETS)
    for number, name in enumerate(asked):
        known[name] = contender("preset", {"config": SCRATCH_PRESETS[name], "rows": str(rows), "out": str(home / f"preset-{number}")}, home)
    return {name: known[name] for name in SCRATCH_PRESETS if name in known}


SECTIONS = {"writing": writing, "crowd": crowd, "changes": changes, "adapting": adapting, "scratch": scratch, "presets": presets}


def stored() -> dict:
    return json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}


def machine() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
    libraries = ", ".join(f"{library} {version(library)}" for library in ("torch", "transformers"))
    return f"{name}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start; {libraries}"


def rate(told: dict) -> float:
    """Tokens a second, the median of the rounds."""
    return told["tokens"] / statistics.median(told["seconds"])


def ratio(turns: list[dict], ours: str, theirs: str) -> tuple[float, float, float]:
    """(median of ours, of theirs, of the turns' ratios)."""
    mine, others = [rate(turn[ours]) for turn in turns], [rate(turn[theirs]) for turn in turns]
    return statistics.median(mine), statistics.median(others), statistics.median(a / b for a, b in zip(mine, others, strict=True))


def render(found: dict) -> str:
    """The document, of the sections that were measured."""
    parts = [
        "# Generate, measured\n",
        "Made by `python bench/generate.py`; the figures are in `bench/generate.json`. Medians; ratios turn by turn.\n",
    ]
    for name, write in WRITTEN.items():
        if name in found:
            parts += [write(found[name]["figures"]), f"\nMeasured on: {found[name]['machine']}.\n"]
    return "\n".join(parts)


def _table(header: list[str], rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, ["---"] * len(header), *rows)) + "\n"


def _writing(found: dict) -> str:
    rows = []
    for model, turns in found.items():
        quick, pipe, gain = ratio(turns, "quick", "pipeline")
        exact, _, exactly = ratio(turns, "exact", "pipeline")
        gains = [rate(turn["quick"]) / rate(turn["pipeline"]) for turn in turns]
        spread = f"**{gain:.2f} ×** ({min(gains):.2f} to {max(gains):.2f})"
        rows.append([model, f"{pipe:,.0f}", f"{quick:,.0f}", spread, f"{exact:,.0f}", f"{exactly:.2f} ×"])
    head = ["model", "pipeline, tokens a second", "GenHub", "ratio", "GenHub, exact", "ratio"]
    note = "\n`bench/gpt2-sized` has the shape of GPT-2 and drawn weights, which are as fast as learnt ones.\n"
    return "## One stream\n\n" + _table(head, rows) + note


def _crowd(found: dict) -> str:
    rows = []
    for model, turns in found.items():
        if model != "newcomer":
            mine, theirs, gain = ratio(turns, "together", "pipeline")
            rows.append([model, f"{theirs:,.0f}", f"{mine:,.0f}", f"**{gain:.2f} ×**"])
    wait = statistics.median(found["newcomer"]["seconds"])
    told = f"\nA ninth visitor's first token, while eight texts are written: {wait:.2f} s (median of {len(found['newcomer']['seconds'])})."
    head = ["model", "eight pipeline calls in turn, tokens a second", "eight visitors at once", "ratio"]
    return "## Eight visitors\n\n" + _table(head, rows) + told + "\n"


def _changes(found: dict) -> str:
    parts = ["## What eight bits and company change\n"]
    for model, told in found.items():
        for name, what in (
            ("eight_bit", "in eight bits instead of full precision"),
            ("company", "in eight bits, among seven others instead of alone"),
        ):
            parted = [place for place in told[name] if place]
            tokens = sum(place or told["tokens"] for place in told[name])
            parts.append(
                f"- {model}: of {told['texts']} greedy texts of {told['tokens']} tokens, {len(parted)} are others {what} (one change in {tokens / max(1, len(parted)):,.0f} tokens)."
            )
        both = told["perplexity"]
        parts.append(
            f"- {model}: perplexity of 10,000 characters {both['full']:.4f} in full precision, {both['eight_bit']:.4f} in eight bits."
        )
    return "\n".join(parts) + "\n"


def _adapting(found: dict) -> str:
    rows = []
    for model, turns in found.items():
        mine = [turn["genhub"]["tokens_per_second"] for turn in turns]
        theirs = [turn["trainer"]["tokens_per_second"] for turn in turns]
        gain = statistics.median(a / b for a, b in zip(mine, theirs, strict=True))
        rows.append([model, f"{statistics.median(theirs):,.0f}", f"{statistics.median(mine):,.0f}", f"**{gain:.2f} ×**"])
    return "## Adapting with LoRA\n\n" + _table(["model", "Trainer, fp32, tokens a second", "GenHub", "ratio"], rows)


def _scratch(found: dict) -> str:
    names = {
        "genhub": "GenHub, “GPT, 3 minutes”",
        "nanogpt_preset": "nanoGPT, CPU preset",
        "nanogpt_same_time": "nanoGPT, CPU preset, as long as GenHub took",
    }
    rows = [[names[name], f"{told['steps']:,}", f"{told['seconds']:.0f}", f"{told['held_out']:.4f}"] for name, told in found.items()]
    note = "\nNats a character on the last tenth of tinyshakespeare, windows of each model's own length side by side; seconds of the whole run."
    code = f" nanoGPT's train.py and model.py together have the sha256 {found['nanogpt_preset']['code']}….\n"
    return "## From scratch\n\n" + _table(["", "steps", "seconds", "nats a character"], rows) + note + code


def _presets(found: dict) -> str:
    rows = [
        [
            name,
            f"{told['seconds'] / 60:.1f}",
            f"{told['steps']:,}",
            f"{told['bits_per_character']:.3f}",
            f"{min(told['baselines'].values()):.3f}",
            " ".join(f"{told['sample']['prompt']}{told['sample']['model']}".split())[:160].replace("|", "\\|"),
        ]
        for name, told in found.items()
    ]
    head = ["preset", "minutes", "steps", "bits a character", "best of counting", "its first sample, blanks and line ends as one"]
    note = "\nOn the bundled text (Harbour plays), verdict and samples included; bits on its last part, which was not read.\n"
    return "## Presets of From scratch\n\n" + _table(head, rows) + note


WRITTEN = {"writing": _writing, "crowd": _crowd, "changes": _changes, "adapting": _adapting, "scratch": _scratch, "presets": _presets}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=tuple(SECTIONS))
    parser.add_argument("--render", action="store_true")
    parser.add_argument("--preset", action="append", help="of the section presets, by its name; default: all")
    parser.add_argument("--nanogpt", default="", help="a folder with nanoGPT's code")
    options = parser.parse_args()
    found = stored()
    if not options.render:
        with tempfile.TemporaryDirectory() as scratch_home:
            home = Path(scratch_home)
            sys.path[:0] = [str(ROOT), str(HERE)]
            from generate_contenders import gpt2_sized

            gpt2_sized(home)
            for name in options.only or SECTIONS:
                if name == "scratch" and not options.nanogpt:
                    print("scratch: nothing to compare with; --nanogpt DIR measures it, and what is stored stays")
                    continue
                where = machine()
                found[name] = {"figures": SECTIONS[name](home, options), "machine": where}
                FIGURES.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    TARGET.write_text(render(found), encoding="utf-8")


if __name__ == "__main__":
    main()
