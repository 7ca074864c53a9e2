"""The ways to adapt a pretrained model, in one table: which parameters learn, at what rate, and how they are kept.

    base = methods.adapt(encoder, config, steps)        # puts the adapter in, marks what learns
    methods.save(base, config, run_folder)              # adapter/ | bottleneck.safetensors | model/
    base = methods.load(encoder, run_folder, passport)

The same for an `Encoder` and for a `Causal`: where in the model an adapter goes is the architecture's business (`layouts`).
Adding a method is one entry of METHODS. Where a method stands in PEFT, PEFT does it and saves it; the others are here.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeVar

from torch import nn

from genhub.errors import UserError
from genhub.options import Config
from genhub.text import bottleneck
from genhub.text.layouts import Layout, layout
from genhub.training.outcome import ADAPTER, MODEL


class Pretrained(Protocol):
    """What is asked of an `Encoder`, a `Causal` or a `Translator`, a frozen dataclass that can be made anew with another `model`."""

    model: nn.Module
    tokenizer: object
    id: str
    revision: str
    sha256: str
    kind: str
    hub_id: str

    def twin(self) -> "Pretrained":
        """A module tree of its own over the same weights (no copy), so that an adapter put into it leaves no trace here."""


P = TypeVar("P", bound=Pretrained)
LINEAR_ONLY = ("LoHaConfig", "LoKrConfig", "OFTConfig", "MissConfig", "ShiraConfig")  # of PEFT: not for the maps of GPT-2


@dataclass(frozen=True)
class Method:
    """One way to adapt a model; what it is called and does is said in METHOD_HELP.

    storage:       none (only a head), peft (adapter/), bottleneck (its own file), model (all weights)
    learning_rate: step size of an encoder's new or freed parameters
    language_rate: the same of a language model's; chosen in `genhub.text.generator`
    peft:          (config, layout, steps) → PEFT configuration, for the methods that PEFT has
    frees:         (name) → does this parameter learn; for the methods that train the model's own weights
    warm_epochs:   epochs in which only the head learns, before everything does
    """

    name: str
    storage: str
    learning_rate: float = 1e-3
    head_learning_rate: float = 1e-3
    language_rate: float = 1e-3
    peft: Callable[[Config, Layout, int], object] | None = None
    frees: Callable[[str], bool] | None = None
    warm_epochs: int = 0

    def rates(self, classes: int) -> tuple[float, float]:
        """(encoder's, head's) learning rates that suit this method: the table's for two classes, larger ones for more.

        Many classes are to be told apart in the same number of steps. The roots pass through what did best on validation rows
        of a set with 2 classes (Rotten Tomatoes) and of one with 77 (BANKING77).
        """
        growth = max(1.0, classes / 2) ** 0.5
        encoder = self.learning_rate * min(2.0, growth**0.5)
        return encoder, max(self.head_learning_rate, min(1e-2, self.head_learning_rate * growth))


def _placed(cls: type, places: Layout, targets: list[str], **options) -> object:
    """A PEFT configuration for these places. Raises UserError where this method of PEFT cannot change the architecture's maps."""
    if places.transposed and cls.__name__ != "LNTuningConfig":
        if cls.__name__ in LINEAR_ONLY:
            what = "This method does not fit GPT-2: PEFT has it for linear maps, and those of GPT-2 are stored the other way round."
            fitting = "lora, dora, rslora, adalora, ia3, vera, lntuning, bitfit and full do fit."
            raise UserError(what, fitting, "Choose one of these, or a model of another architecture.", "method")
        options["fan_in_fan_out"] = True
    return cls(target_modules=targets, task_type=places.task_type, **options)


def _lora(config: Config, places: Layout, **more) -> object:
    from peft import LoraConfig

    return _placed(LoraConfig, places, places.targets, r=config.rank, lora_alpha=config.alpha, **more)


def _adalora(config: Config, places: Layout, steps: int) -> object:
    """Starts at 1.5 times the rank and prunes to it between 10 % and 70 % of the steps (Zhang et al. 2023)."""
    from peft import AdaLoraConfig

    return _placed(
        AdaLoraConfig,
        places,
        places.targets,
        init_r=max(config.rank + 1, config.rank * 3 // 2),
        target_r=config.rank,
        lora_alpha=config.alpha,
        total_step=max(steps, 4),
        tinit=steps // 10,
        tfinal=max(1, steps * 3 // 10),
        deltaT=max(1, steps // 100),
    )


def _ia3(config: Config, places: Layout, steps: int) -> object:
    from peft import IA3Config

    inner = list(places.ends[-1:])
    return _placed(IA3Config, places, list(dict.fromkeys(places.key + places.value)) + inner, feedforward_modules=inner)


def _norms(config: Config, places: Layout, steps: int) -> object:
    from peft import LNTuningConfig

    return _placed(LNTuningConfig, places, list(places.norms))


def _relative(name: str, **fixed) -> Callable[[Config, Layout, int], object]:
    """A PEFT configuration class by name, on the same maps as LoRA, with the config's rank under `r`."""

    def build(config: Config, places: Layout, steps: int) -> object:
        import peft

        cls = getattr(peft, name)
        options = {"r": config.rank, **fixed}
        if "alpha" in cls.__dataclass_fields__:
            options["alpha"] = config.alpha
        return _placed(cls, places, places.targets, **options)

    return build


METHODS = {
    method.name: method
    for method in (
        Method("frozen", "none"),
        Method("lora", "peft", peft=lambda config, places, steps: _lora(config, places)),
        Method("bottleneck", "bottleneck"),
        Method("full", "model", learning_rate=5e-5, frees=lambda name: True),
        Method("freeze-then-finetune", "model", learning_rate=1e-5, head_learning_rate=1e-2, frees=lambda name: True, warm_epochs=2),
        Method("dora", "peft", peft=lambda config, places, steps: _lora(config, places, use_dora=True)),
        Method("rslora", "peft", peft=lambda config, places, steps: _lora(config, places, use_rslora=True)),
        Method("adalora", "peft", peft=_adalora),
        Method("ia3", "peft", 5e-3, peft=_ia3),
        Method("vera", "peft", 5e-3, peft=_relative("VeraConfig", r=256)),
        Method("loha", "peft", peft=_relative("LoHaConfig")),
        Method("lokr", "peft", peft=_relative("LoKrConfig")),
        Method("oft", "peft", peft=_relative("OFTConfig", r=0, oft_block_size=32)),
        Method("miss", "peft", peft=_relative("MissConfig")),
        Method("shira", "peft", peft=_relative("ShiraConfig")),
        Method("lntuning", "peft", peft=_norms),
        Method("bitfit", "model", frees=lambda name: name.endswith("bias") and not name.startswith("lm_head.")),
    )
}


def get(name: str) -> Method:
    """Raises UserError for a method that the table does not have."""
    if name not in METHODS:
        raise UserError(f"There is no method “{name[:40]}”.", f"Methods: {', '.join(METHODS)}.", "Choose one of them.", "method")
    return METHODS[name]


def adapt(base: P, config: Config, steps: int) -> P:
    """Put the config's adapter into `base` and mark what learns (`requires_grad`). New weights come from torch's generator.

    `steps`: how many optimiser steps there will be; AdaLoRA plans its pruning by it. Raises UserError for a method that the
    architecture has no place for.
    """
    method = get(config.method)
    model = base.model
    for name, parameter in model.named_parameters():
        free = method.frees is not None and not name.startswith("pooler.") and method.frees(name)
        parameter.requires_grad_(free)
    if method.storage == "peft":
        from peft import get_peft_model

        model = get_peft_model(model, method.peft(config, layout(base.kind), steps))
    elif method.storage == "bottleneck":
        bottleneck.add(model, layout(base.kind).ends, config.bottleneck)
    if method.storage != "none" and not counts(model)[0]:
        what = f"Nothing in a “{base.kind}” model learns with the method {method.name}."
        raise UserError(what, "It changes parameters that this architecture does not have.", "Choose another method.", "method")
    return replace(base, model=model)


def save(base: Pretrained, config: Config, folder: Path) -> str:
    """Write what was learnt into the run folder. Returns "peft", "bottleneck" or "none", as the passport names it."""
    storage = get(config.method).storage
    if storage == "peft":
        settings = base.model.peft_config["default"]
        settings.base_model_name_or_path = base.hub_id
        settings.revision = base.revision or None
        if hasattr(settings, "rank_pattern") and config.method == "adalora":
            settings.rank_pattern = None  # pruned ranks are zeros in lora_E already; a pattern would cut the best weights to the last ones
        base.model.save_pretrained(folder / ADAPTER, save_embedding_layers=False)
        (folder / ADAPTER / "README.md").unlink(missing_ok=True)
    elif storage == "bottleneck":
        bottleneck.save(base.model, folder)
    elif storage == "model":
        base.model.save_pretrained(folder / MODEL)
        base.tokenizer.save_pretrained(folder / MODEL)
    return storage if storage in ("peft", "bottleneck") else "none"


def load(base: P, folder: Path, passport: dict) -> P:
    """Put a saved adapter into `base`, in place. Raises UserError when the file is damaged or does not fit."""
    if passport["adapter"] == "bottleneck":
        bottleneck.load(base.model, folder, layout(base.kind).ends, int(passport["bottleneck"]["width"]))
    elif passport["adapter"] == "peft":
        from peft import PeftModel
        from safetensors import SafetensorError

        try:
            return replace(base, model=PeftModel.from_pretrained(base.model, str(folder / ADAPTER)))
        except (OSError, ValueError, RuntimeError, SafetensorError) as error:
            raise UserError(
                f"The adapter cannot be loaded ({type(error).__name__}).",
                f"It has to fit {base.id}.",
                "Download the run again, or train it anew.",
                "run",
            ) from error
    return base


def write_merged(base: Pretrained, passport: dict, folder: Path) -> None:
    """A loaded run as one plain folder of transformers, what was learnt added to its weights. `base` cannot be used afterwards."""
    model = base.model.merge_and_unload() if passport["adapter"] == "peft" else base.model
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    base.tokenizer.save_pretrained(folder)


def counts(model: nn.Module) -> tuple[int, int]:
    """(trainable, all) parameters."""
    sizes = [(parameter.numel(), parameter.requires_grad) for parameter in model.parameters()]
    return sum(size for size, free in sizes if free), sum(size for size, _ in sizes)
