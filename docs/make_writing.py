"""Store what the tab *Generate* opens on (genhub/examples/writing.json): a text with its tokens, why one of them, strategies side by
side, and the ladder from plain to nonsense.

    make examples
"""

import json
import tempfile
from dataclasses import replace
from pathlib import Path

from genhub import settings
from genhub.lab import EXAMPLES
from genhub.lab.writing import Writing
from genhub.training.configs import GenerateConfig
from genhub.ui.generate import decode, guess, write

TARGET = EXAMPLES / "writing.json"
LIMIT = 150_000  # bytes
TEMPERATURE = 0.8  # of the text that the tab opens on, and of its fields: a small model at 1 soon loses its thread
VALUES = {name: value for name, value in GenerateConfig().to_dict().items() if name != "model"}


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        lab = Writing(replace(settings.get(), home=Path(home), offline=True))
        try:
            told = ask(lab)
        finally:
            lab.close()
    written = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    if len(written.encode()) > LIMIT:
        raise SystemExit(f"{len(written.encode()):,} bytes are too many: {LIMIT:,} at most")
    TARGET.write_text(written, encoding="utf-8")


def ask(lab: Writing) -> dict:
    model = GenerateConfig.model
    prompt = next(prompt for _, wanted, prompt in write.EXAMPLES if wanted == model)
    values = {**VALUES, "model": model, "temperature": TEMPERATURE}
    told = lab.write("", prompt, values)
    ids = [token["id"] for token in told["tokens"]]
    place = max(range(len(ids)), key=lambda place: told["tokens"][place]["entropy"])
    why = lab.inspect("", [*told["prompt_ids"], *ids], len(told["prompt_ids"]) + place, values)
    compared = [decode.write_several(lab, "", prompt, {**values, **way.values}, "", decode.TEXTS) for way in decode.PRESETS[decode.FIRST]]
    length = decode.usual_length(list(zip(decode.PRESETS[decode.FIRST], compared, strict=True)))
    people = decode.written_by_people(lab, "", values, "", length)
    found, refused = guess.ranked(lab, "", values, "", "")
    return {
        "model": model,
        "prompt": prompt,
        "values": values,
        "told": told,
        "picked": place,
        "why": why,
        "compared": compared,
        "people": people,
        "ladder": {"found": found, "refused": refused},
    }


if __name__ == "__main__":
    main()
