"""GANs seen from close by: who tells drawn images from real ones, the visitor or a discriminator? And what does one step change?

moments · real_images · tiles · guessed · gan_turn
"""

import json
from pathlib import Path
from typing import Any

from genhub import catalog, gate, hub
from genhub.data.image_sets import FACTS
from genhub.errors import UserError
from genhub.lab.base import Base
from genhub.training.configs import DrawConfig, GANConfig

SECONDS = 60.0
DATA, SET, MODEL = "data", "set:", "model:"
TEST_IMAGES = "images/fashion_mnist_test.npz"  # below GENHUB_DATA


class Guessing(Base):
    """The embedded GAN that is kept along its training, and one that the visitor steps through."""

    def moments(self) -> list[int]:
        """Steps of the generator at each of its moments, the finished one last; nothing where it is not here."""
        folder = hub.image_models().get(catalog.ALONG)
        return [] if folder is None else self.worker.call("images.moments", {"run_dir": str(folder)}, seconds=SECONDS)["steps"]

    def real_images(self, visitor: str) -> dict[str, str]:
        """What can play the real images, best first: its key, and what it is called. Real ones come from GENHUB_DATA or from a set of the
        visitor's, of the Hub or of a file; without them the best model plays them."""
        known = {DATA: "Fashion-MNIST, its test images (from GENHUB_DATA)"} if self._data() else {}
        for facts in sorted((self.settings.uploads / self.owner(visitor)).glob(f"*/{FACTS}")):
            told = json.loads(facts.read_text(encoding="utf-8"))
            if (told["side"], told["channels"]) == catalog.ALONG_SHAPE and told["source"] != "sample":
                known[f"{SET}{told['id']}"] = f"Your set “{told['name']}”"
        player = next((model for model in catalog.PLAY_REAL if model in hub.image_models()), None)
        return known | ({f"{MODEL}{player}": f"None: {player} plays them"} if player else {})

    def tiles(self, visitor: str, real: str, moment: int, seed: int) -> dict:
        """Twelve images, real and drawn ones, see `serving.guessing`. Raises UserError."""
        return self._dealt("tiles", visitor, real, moment, seed)

    def guessed(self, visitor: str, real: str, moment: int, seed: int, fake: list[bool]) -> dict:
        """What the same twelve are, and who was right; fake: what the visitor takes each for."""
        if not all(isinstance(taken, bool) for taken in gate.listed(fake, "fake")):
            raise UserError("Not all that you take them for is true or false.", "True is for a drawn one.", "Press the images.", "fake")
        return self._dealt("guessed", visitor, real, moment, seed, fake=list(fake))

    def gan_turn(self, visitor: str, images_id: str, values: dict, token: str, turn: str, count: int = 1) -> dict:
        """Some steps of a GAN that learns from a set of the visitor's, see `serving.turns`. `values`: those of a GANConfig; another token, or
        other values, are another pair. turn: discriminator, generator, both or none."""
        config = gate.filled(GANConfig, values).to_dict()
        rows = self.images_rows(visitor, images_id)
        stamp = json.dumps([gate.text(token, 100, "token"), str(rows), config])
        asked = {"key": self.owner(visitor), "token": stamp, "config": config, "rows": str(rows), "turn": turn, "count": count}
        return self.worker.call("images.turn", asked, seconds=SECONDS)

    def _dealt(self, op: str, visitor: str, real: str, moment: int, seed: int, **more: Any) -> dict:
        folder = hub.image_models().get(catalog.ALONG)
        if folder is None:
            what = f"{catalog.ALONG} is not here."
            raise UserError(what, "Its discriminators are what one plays against.", "Install GenHub with its models.", "model")
        key = gate.choice(real, tuple(self.real_images(visitor)), "real")
        asked = {"run_dir": str(folder), "real": self._source(visitor, key), "moment": moment}
        asked["seed"] = gate.filled(DrawConfig, {"seed": seed}).seed
        return self.worker.call(f"images.{op}", {**asked, **more}, seconds=SECONDS)

    def _source(self, visitor: str, key: str) -> dict:
        if key == DATA:
            return {"array": str(self._data())}
        if key.startswith(SET):
            return {"rows": str(self.images_rows(visitor, key.removeprefix(SET)))}
        return {"run_dir": str(hub.image_models()[key.removeprefix(MODEL)])}

    def _data(self) -> Path | None:
        """Real images of this machine's owner, who alone is shown them."""
        home = None if self.settings.public else self.settings.data
        return home / TEST_IMAGES if home and (home / TEST_IMAGES).is_file() else None
