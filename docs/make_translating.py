"""Store what the tab *Translate* opens on (genhub/examples/translating.json): two sentences with their words and hypotheses, what one
word looked at, and what the recurrent translator makes of the first.

    make examples
"""

import json
import tempfile
from dataclasses import replace
from pathlib import Path

from genhub import settings
from genhub.lab import EXAMPLES
from genhub.lab.translating import Translating
from genhub.training.configs import TranslateConfig
from genhub.ui.translate import state, write

TARGET = EXAMPLES / "translating.json"
WORD = 3  # of the first sentence's translation


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        lab = Translating(replace(settings.get(), home=Path(home), offline=True))
        try:
            told = ask(lab)
        finally:
            lab.close()
    TARGET.write_text(json.dumps(told, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def ask(lab: Translating) -> dict:
    values = TranslateConfig(hypotheses=3).to_dict()
    shown = state.begun(values, lab.translate("", write.FIRST, values))
    first = state.sentence(shown)["source"]
    return {
        "text": write.FIRST,
        "values": values,
        "told": shown["told"],
        "word": WORD,
        "attention": lab.attend("", state.pair(shown), shown["values"]),
        "recurrent": lab.recurrent("", first) if lab.has_recurrent() else None,
    }


if __name__ == "__main__":
    main()
