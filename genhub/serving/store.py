"""What the worker has in memory: bases, the runs that stand on them and their baselines, the least recently used out first.

Runs with an adapter share the weights of their base (each has a module tree of its own over the same tensors, so that
nothing about a run is switched on or off, and no run can see another's adapter). Runs that trained all weights bring
their own. A run folder whose passport has changed is read again.
"""

import os
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import nn

from genhub import hub, settings
from genhub.augment.texts.proposals import Proposals
from genhub.augment.texts.tools import Tools
from genhub.errors import UserError
from genhub.images import stored
from genhub.images.gans import moments
from genhub.images.gans.pair import GAN
from genhub.images.gans.stepping import Stepping
from genhub.images.judge import Judge
from genhub.images.painter import Painter, open_painter
from genhub.images.transfer.teller import Teller, open_teller
from genhub.jobs.folder import RunFolder
from genhub.text import classifier, generator
from genhub.text.causal import Causal, open_causal
from genhub.text.classifier import LoadedClassifier, load_run
from genhub.text.decoding.eight_bit import packed_bytes
from genhub.text.encoder import Encoder, open_base
from genhub.text.generator import load_generator
from genhub.text.translation import tuned
from genhub.text.translation.bulk import Bulk, open_engine
from genhub.text.translation.engine import Engine
from genhub.text.translation.translator import Translator, open_translator
from genhub.text.translation.tuned import load_tuned

STEPPING = 8  # pairs that visitors step through
SHARE_OF_MEMORY = 0.25
AT_LEAST, AT_MOST = 500_000_000, 16_000_000_000  # bytes


@dataclass
class Held:
    """One thing in memory, and its weights: a module, or bytes where there is none. `stamp` tells whether what it was made
    from has changed since."""

    value: Any
    weights: nn.Module | int
    stamp: Hashable
    loaded: float = field(default_factory=time.time)
    uses: int = 0


class Store:
    """Values by key, within `budget` bytes of weights (the one just asked for stays, however large), on `device` ("": where they were
    loaded). For one thread."""

    def __init__(self, budget: int = 0, device: str = ""):
        self.budget, self.device = budget or default_budget(), device
        self.loads = self.evictions = 0
        self._held: OrderedDict[Hashable, Held] = OrderedDict()

    def has(self, key: Hashable, stamp: Hashable) -> bool:
        """Whether `get` would answer without loading."""
        held = self._held.get(key)
        return held is not None and held.stamp == stamp

    def get(self, key: Hashable, stamp: Hashable, load: Callable[[], tuple[Any, nn.Module | int]]) -> Any:
        """The value under `key`; `load()` gives it with its module, or its bytes, when it is missing or its stamp is another."""
        held = self._held.get(key)
        if held is None or held.stamp != stamp:
            self._held.pop(key, None)
            value, weights = load()
            if self.device and isinstance(weights, nn.Module):
                weights.to(self.device)
            held = self._held[key] = Held(value, weights, stamp)
            self.loads += 1
            self._evict()
        held.uses += 1
        self._held.move_to_end(key)
        return held.value

    def keep(self, kind: str, most: int) -> None:
        """Of values whose key begins with `kind` the `most` that were used last stay."""
        known = [key for key in self._held if isinstance(key, tuple) and key[0] == kind]
        for key in known[: max(0, len(known) - most)]:
            del self._held[key]

    def bytes(self) -> int:
        """Of all weights in memory; those that several share count once."""
        return _bytes(self._held.values())

    def contents(self) -> list[dict]:
        """What is held, the least recently used first."""
        return [
            {
                "key": list(key) if isinstance(key, tuple) else key,
                "bytes": _bytes([held]),
                "uses": held.uses,
                "loaded": held.loaded,
            }
            for key, held in self._held.items()
        ]

    def _evict(self) -> None:
        while len(self._held) > 1 and self.bytes() > self.budget:
            self._held.popitem(last=False)
            self.evictions += 1


class Models:
    """The store, asked in the words of the task."""

    def __init__(self, budget: int = 0, device: str = ""):
        self.store = Store(budget, device)

    def base(self, model_id: str, revision: str = "") -> Encoder:
        """The encoder behind a model id, from its local folder: of this commit where we have it, else the last one that came.
        Raises UserError when it cannot be had."""
        return self._named("base", open_base, model_id, revision)

    def language(self, model_id: str, revision: str = "") -> Causal:
        """The language model behind a model id, as `base`. Raises UserError when it cannot be had."""
        return self._named("language", open_causal, model_id, revision)

    def translator(self, model_id: str, revision: str = "") -> Translator:
        """The translation model behind a model id, as `base`. Raises UserError when it cannot be had."""
        return self._named("translator", open_translator, model_id, revision)

    def _named(self, kind: str, opened: Callable[[str, str], Any], model_id: str, revision: str) -> Any:
        revision = hub.stored_revision(model_id, revision, settings.get()) or hub.stored_revision(model_id, "", settings.get())

        def load() -> tuple[Any, nn.Module]:
            found = opened(model_id, revision)
            return found, found.model

        return self.store.get((kind, model_id, revision), None, load)

    def quick(self, model: Causal, name: str) -> Causal:
        """`model`, which is asked for by this name, in eight bits: it writes faster. As it is where that cannot be."""

        def load() -> tuple[Causal, int]:
            found = model.quick()
            return found or model, packed_bytes(found.model) if found else 0

        return self.store.get(("quick", name), weakref.ref(model.model), load)

    def tuned(self, run_dir: str) -> Translator:
        """The translation model in a run folder. Raises UserError for a folder that has none, or a damaged one."""
        return self._run(run_dir, TUNED, self.translator)

    def engine(self, translator: Translator) -> Engine:
        """The same model for many sentences at once, see `translation.engine`."""

        def load() -> tuple[Engine, int]:
            return open_engine(translator), sum(map(torch.numel, translator.model.parameters()))  # a byte each

        return self.store.get(("engine", str(translator.folder)), weakref.ref(translator.model), load)

    def bulk(self, model_id: str) -> Bulk:
        """The translation model behind a model id with its engine. Raises UserError when it cannot be had."""
        translator = self.translator(model_id)
        return Bulk(translator, self.engine(translator))

    def folder(self, run_dir: str) -> Path:
        """The folder of a run as it is asked for. Raises UserError for what is no name."""
        if not isinstance(run_dir, str) or not run_dir:
            raise UserError("No run was named.", "A prediction needs a finished run.", "Choose one.", "run")
        return Path(run_dir).resolve()

    def painter(self, run_dir: str) -> Painter:
        """The image model in the folder of a run or of an embedded model. Raises UserError for a folder that has none, or a damaged one."""
        folder = self.folder(run_dir)
        if (folder / "passport.json").exists() and (told := RunFolder(folder).read("passport.json").get("format")) != stored.FORMAT:
            what = f"This run is a “{str(told)[:40]}”."
            raise UserError(what, f"An image model has the format {stored.FORMAT}.", "Choose another run.", "run")

        def load() -> tuple[Painter, nn.Module]:
            found = open_painter(folder)
            return found, found.model

        return self.store.get(("images", str(folder)), _stamp(folder), load)

    def judge(self, run_dir: str) -> tuple[Judge, tuple[str, ...]]:
        """The judge in the folder of an embedded model, and the names of its classes. Raises UserError for a folder that has none."""
        folder = self.folder(run_dir)

        def load() -> tuple[tuple[Judge, tuple[str, ...]], nn.Module]:
            found = stored.load(folder)
            if not isinstance(found, Judge):
                raise UserError("This model judges no images.", "A judge says of which class one is.", "Choose another.", "model")
            return (found, stored.names_of(folder)), found

        return self.store.get(("judge", str(folder)), _stamp(folder), load)

    def tools(self) -> Tools:
        """What operations on texts ask of models."""

        def load() -> tuple[Tools, int]:
            found = Tools(self.base, self.bulk)
            return found, found.neighbours.vectors.nbytes

        return self.store.get(("tools",), None, load)

    def proposals(self) -> Proposals:
        """What the masked-language model says of gaps. Raises UserError where that model is not here."""

        def load() -> tuple[Proposals, nn.Module]:
            found = self.tools().proposals
            return found, found.model

        return self.store.get(("proposals",), None, load)

    def teller(self, run_dir: str) -> Teller:
        """The image classifier in a run folder. Raises UserError for a folder that has none, or a damaged one."""
        folder = self.folder(run_dir)

        def load() -> tuple[Teller, nn.Module]:
            found = open_teller(folder)
            return found, found.network

        return self.store.get(("teller", str(folder)), _stamp(folder), load)

    def moments(self, run_dir: str) -> list[tuple[int, GAN]]:
        """A GAN in a folder at moments along its training, see `gans.moments`. Raises UserError for a folder that has none."""
        folder = self.folder(run_dir)
        if not (folder / moments.FILE).is_file():
            what = "No moments were kept along this model's training."
            raise UserError(what, f"They lie in {moments.FILE}.", "Choose another model.", "model")

        def load() -> tuple[list[tuple[int, GAN]], nn.Module]:
            found = list(moments.opened(folder))
            return found, nn.ModuleList(gan for _, gan in found)

        return self.store.get(("moments", str(folder)), _stamp(folder), load)

    def stepping(self, key: tuple[str, str], begin: Callable[[], Stepping]) -> Stepping:
        """A GAN that somebody steps through; `begin` makes it where there is none under this key. The oldest go: there are STEPPING at most."""

        def load() -> tuple[Stepping, int]:
            found = begin()
            return found, found.bytes

        found = self.store.get(("stepping", *key), None, load)
        self.store.keep("stepping", STEPPING)
        return found

    def classifier(self, run_dir: str) -> LoadedClassifier:
        """The classifier in a run folder. Raises UserError for a folder that is none, or damaged."""
        return self._run(run_dir, CLASSIFIER, self.base)

    def generator(self, run_dir: str) -> Causal:
        """The language model in a run folder. Raises UserError for a folder that has none, or a damaged one."""
        return self._run(run_dir, GENERATOR, self.language)

    def _run(self, run_dir: str, kind: "Kind", base: Callable[[str, str], Encoder | Causal | Translator]) -> Any:
        """What a run folder holds, over the base that `base` gives, unless the run brings weights of its own."""
        folder = self.folder(run_dir)
        passport = RunFolder(folder).read("passport.json")
        written = passport.get("format") if isinstance(passport, dict) else None
        if written != kind.format:
            what = f"This run is a “{str(written)[:40]}”."
            raise UserError(what, f"{kind.noun} has the format {kind.format}.", "Choose another run.", "run")
        # The base is asked for once before the run and once after, so that it is never older than a run that stands on it.
        shared = None if (folder / "model").is_dir() else _named_base(passport, base)

        def load() -> tuple[Any, nn.Module]:
            try:
                found = kind.load(folder, shared)
            except (SafetensorError, OSError, KeyError, TypeError, RuntimeError) as error:
                raise _damaged(type(error).__name__) from error
            return found, kind.weights(found)

        found = self.store.get(("run", str(folder)), _stamp(folder), load)
        if shared is not None:
            base(shared.id, shared.revision)
        return found


@dataclass(frozen=True)
class Kind:
    """A kind of run: the format of its passport, what reads it from its folder and its base (None: it brings weights of its own), and
    where its weights are then."""

    format: str
    noun: str
    load: Callable[[Path, Any], Any]
    weights: Callable[[Any], nn.Module]


CLASSIFIER = Kind(classifier.FORMAT, "A classifier", load_run, lambda loaded: loaded.classifier)
GENERATOR = Kind(generator.FORMAT, "A language model", load_generator, lambda loaded: loaded.model)


TUNED = Kind(tuned.FORMAT, "An adapted translation model", load_tuned, lambda loaded: loaded.model)


def _named_base(passport: dict, base: Callable[[str, str], Encoder | Causal | Translator]) -> Encoder | Causal | Translator:
    """The base that a passport names, which has to be the very one."""
    named = passport.get("base")
    if not isinstance(named, dict) or not isinstance(named.get("id"), str):
        raise _damaged("passport.json does not name its base")
    found = base(named["id"], str(named.get("revision") or ""))
    for what, here in (("revision", found.revision), ("sha256", found.sha256)):
        if here and named.get(what) and named[what] != here:
            raise UserError(
                f"This run stands on another version of {found.id} ({what} {str(named[what])[:12]}…).",
                f"The one on this machine is {here[:12]}….",
                "Train it again on this one.",
                "run",
            )
    return found


def weight_bytes(modules: Iterable[nn.Module]) -> int:
    """Bytes of the parameters and buffers, each storage once."""
    storages = {}
    for module in modules:
        for tensor in (*module.parameters(), *module.buffers()):
            storage = tensor.untyped_storage()
            storages[storage.data_ptr()] = storage.nbytes()
    return sum(storages.values())


def _bytes(things: Iterable[Held]) -> int:
    weights = [held.weights for held in things]
    return weight_bytes(item for item in weights if isinstance(item, nn.Module)) + sum(item for item in weights if isinstance(item, int))


def default_budget() -> int:
    """A quarter of the machine's memory, within reason."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows
        total = 8_000_000_000
    return int(min(max(SHARE_OF_MEMORY * total, AT_LEAST), AT_MOST))


def _stamp(folder: Path) -> tuple:
    """Changes when the passport is written again; it holds the sha256 of everything else. What ships with us has none, and stays."""
    if not (folder / "passport.json").exists():
        return ()
    status = (folder / "passport.json").stat()
    return status.st_mtime_ns, status.st_size, status.st_ino


def _damaged(why: str) -> UserError:
    return UserError(
        f"This run cannot be loaded ({why}).", "Its files must be as they were written.", "Train it again, or open the zip again.", "run"
    )
