"""What can be tried when the training of an image model goes wrong: alarms name remedies by these keys, the page offers each as a button.

config = applied("gan", config, "spread")
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from genhub.errors import UserError
from genhub.options import Config

RATE = {"dcgan": 5e-4, "dcgan-narrow": 5e-4, "conv": 1e-3}  # of a GAN's generator that suits its variant; of all others USUAL_RATE
USUAL_RATE = 3e-4
CRITIC = {"loss": "wasserstein", "ratio": 1.0, "spectral": False, "critics": None, "penalty": None}
KL, KL_BETA = "kl", 1e-3  # the variant whose β is another one where nobody says


@dataclass(frozen=True)
class Remedy:
    """label: what it is called on its button. change: of a run's options those that become others."""

    label: str
    change: Callable[[Any], dict]


REMEDIES: dict[str, dict[str, Remedy]] = {
    "gan": {
        "spread": Remedy("mini-batch standard deviation", lambda config: {"spread": True}),
        "replay": Remedy("experience replay", lambda config: {"replay": True}),
        "wasserstein": Remedy("a Wasserstein loss", lambda config: CRITIC),
        "non-saturating": Remedy("the non-saturating loss", lambda config: {"loss": "non-saturating"}),
        "slower": Remedy("a slower discriminator", lambda config: {"ratio": max(0.05, config.ratio / 2)}),
        "faster": Remedy("a faster discriminator", lambda config: {"ratio": min(20.0, config.ratio * 2)}),
        "critics": Remedy("one more step of the discriminator", lambda config: {"critics": min(10, config.steps_of_discriminator + 1)}),
        "smoothing": Remedy("label smoothing", lambda config: {"smoothing": max(0.1, config.smoothing)}),
        "noise": Remedy("noise", lambda config: {"noise": max(0.1, config.noise)}),
        "spectral": Remedy("spectral norm", lambda config: {"spectral": True}),
        "halved": Remedy("half the rate", lambda config: {"learning_rate": max(1e-6, (config.learning_rate or rate(config.variant)) / 2)}),
    },
    "vae": {
        "summed": Remedy("summed pixels", lambda config: {} if config.variant == KL else {"averaged": False}),
        "beta": Remedy("a tenth of β", lambda config: {"beta": beta(config) / 10} if beta(config) else {}),
    },
}


def beta(config: Any) -> float:
    """What the KL of a VAE counts."""
    return (KL_BETA if config.variant == KL else 1.0) if config.beta is None else config.beta


def rate(variant: str) -> float:
    """The learning rate of a GAN's generator where nobody says."""
    return RATE.get(variant, USUAL_RATE)


def changes(task: str, config: Config, key: str) -> dict:
    """The options that a remedy changes, those that are another value then. Raises UserError for what is no remedy."""
    known = REMEDIES.get(task, {})
    if key not in known:
        what = f"There is no remedy “{str(key)[:40]}”."
        raise UserError(what, f"Remedies: {', '.join(known) or 'none'}.", "Choose one of them.", "remedy")
    return {name: value for name, value in known[key].change(config).items() if getattr(config, name) != value}


def applied(task: str, config: Config, key: str) -> Config:
    """The options with a remedy. Raises UserError as `changes`."""
    return replace(config, **changes(task, config, key))
