"""The passport and figures of a run that trained an image model."""

from genhub import tasks
from genhub.text.formats import IMAGES as FORMAT
from genhub.text.passport.shapes import COUNT, EVERY, FLAG, SHARE, TRAINING, Number, Text, completed, fitted, options, refused
from genhub.training.configs import AutoencoderConfig, DiffusionConfig, GANConfig, VAEConfig
from genhub.training.configs.images import NOISES

AUTOENCODER, VAE, GAN, DIFFUSION = "autoencoder", "vae", "gan", "diffusion"
ERROR, NATS, DISTANCE = Number(0, 1), Number(-1e6, 1e6), Number(0, 1e12)

PASSPORT = {
    **EVERY,
    "task": Text(20, f"{AUTOENCODER}|{VAE}|{GAN}|{DIFFUSION}"),
    "adapter": Text(20, "model"),
    "classes": [Text(80)],
    "config?": {**options(AutoencoderConfig), **options(VAEConfig), **options(GANConfig), **options(DiffusionConfig)},
    "metrics?": {
        **{f"{name}?": ERROR for name in ("mse", "mse_low", "mse_high")},
        **{f"{name}?": DISTANCE for name in ("judge_fid", "judge_fid_floor")},
        "judge?": Text(80),
        "test_images?": COUNT,
    },
}
EVERY_METRIC = {
    "test_images": COUNT,
    "training": {**TRAINING, **dict.fromkeys(("val_loss?", "images_per_second?", "epochs?"), Number(-1e12, 1e12, optional=True))},
    "split": {
        "kind": Text(20, "hold-out"),
        "by": Text(20, "image"),
        **dict.fromkeys(("train", "validation", "test", "seed"), Number(0, 2**31, whole=True)),
    },
    "stopped": FLAG,
    "sentences": [Text(2_000)],
}
CODER_METRICS = {
    **EVERY_METRIC,
    **dict.fromkeys(("mse", "mse_low", "mse_high"), ERROR),
    "baselines": {"mean": {"mse": ERROR}, "pca": {"mse": ERROR, "components": COUNT}},
    "code": {"size": COUNT, "active": COUNT},
    "nats?": {"reconstruction": NATS, "kl": NATS, "total": NATS, "active": COUNT},
    "damaged?": {"kind": Text(20, "|".join(NOISES)), "amount": Number(0, 1), "mse": ERROR},
}
DRAWN_METRICS = {
    **EVERY_METRIC,
    **dict.fromkeys(("judge_fid", "judge_fid_floor", "variety", "closeness"), DISTANCE),
    **dict.fromkeys(("precision", "recall"), SHARE),
    "judge": Text(80),
    "code": {"size": COUNT},
    "classes?": [{"name": Text(80), "real": SHARE, "drawn": SHARE, "covered": FLAG}],
    "asked?": {"drawn": SHARE, "real": SHARE},
}


def check(value: dict) -> dict:
    passport = {"format": FORMAT} | fitted(value, PASSPORT, "passport.json")
    config, method = tasks.get(passport["task"]).config, passport["method"]
    variants = config.option("variant").choices
    if method not in variants:
        raise refused(f"is of the variant “{method}”", f"Variants of {passport['task']}: {', '.join(variants)}.")
    if passport["base"]["id"]:
        raise refused("names a base model", "Image models are trained from drawn weights.")
    bare = {"seed": passport.get("seed", 0), "variant": method}
    passport["config"] = config.from_dict(passport.get("config") or bare).to_dict()
    return completed(passport)


def check_metrics(value: object, facts: dict) -> dict:
    return fitted(value, DRAWN_METRICS if facts["task"] in (GAN, DIFFUSION) else CODER_METRICS, "metrics.json")
