"""The verdict on an image model: reconstructions of images that it has not seen, beside PCA with codes of the same size and beside the mean
image; of a VAE the terms of its bound and how many dimensions of the code say something."""

from collections.abc import Iterator

import numpy as np

from genhub.events import Event, Progress
from genhub.images import figures
from genhub.images.coder import Coder
from genhub.images.material import Material
from genhub.images.pixels import Images
from genhub.images.vae import VAE

MOST = 10_000  # test images that are judged
AFTER_STOP = 200
FITTED = 10_000  # training images that PCA sees
AFTER_STOP_FITTED = 500
DRAWS = 1_000  # of the bootstrap
FAINT = 1e-4  # of a variance


def judge(material: Material, stopped: bool) -> Iterator[Event]:
    """Progress; a generator whose return value is what metrics.json begins with."""
    test = material.test.part(slice(0, AFTER_STOP if stopped else MOST))
    yield Progress(0, 3, None, f"{len(test):,} unseen images reconstructed")
    errors = figures.errors(material.model, test)
    low, high = interval(errors)
    found = {"mse": float(errors.mean()), "mse_low": low, "mse_high": high, "test_images": len(test)}
    yield Progress(1, 3, None, "PCA on the same images")
    found["baselines"] = base_lines(material, test, stopped)
    yield Progress(2, 3, None, "The code")
    found["code"] = of_the_code(material.model, test)
    if isinstance(material.model, VAE):
        found["nats"] = figures.nats(material.model, test)
    if hasattr(material.model, "amount"):
        kind, amount = material.model.kind, material.model.amount
        found["damaged"] = {"kind": kind, "amount": amount, "mse": figures.denoised(material.model, test, kind, amount)}
    return found


def interval(errors: np.ndarray) -> tuple[float, float]:
    """95 % of the means of as many images drawn with replacement lie between these."""
    generator = np.random.default_rng(figures.SEED)
    means = [errors[generator.integers(0, len(errors), len(errors))].mean() for _ in range(DRAWS)]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def base_lines(material: Material, test: Images, stopped: bool) -> dict:
    """{mean: {mse}, pca: {mse, components}}: what needs no network."""
    from sklearn.decomposition import PCA

    train = material.train.part(slice(0, AFTER_STOP_FITTED if stopped else FITTED))
    x, unseen = (part.x.reshape(len(part), -1) / np.float32(255) for part in (train, test))
    mean = float(np.square(unseen - x.mean(0)).mean())
    components = min(material.model.coding, *x.shape)
    pca = PCA(components, svd_solver="randomized" if components < min(x.shape) / 2 else "auto", random_state=0).fit(x)
    again = pca.inverse_transform(pca.transform(unseen)).clip(0, 1)
    return {"mean": {"mse": mean}, "pca": {"mse": float(np.square(unseen - again).mean()), "components": components}}


def of_the_code(model: Coder, test: Images) -> dict:
    """{size, active, prior}: numbers of a code, and those that vary with the image: of a model with a prior of N(0, 1) as Burda et al. (2016)
    count them; of others, whose codes have no scale, those that vary at least `FAINT` as much as the one that varies most."""
    variance = figures.codes(model, test).var(0)
    least = figures.ACTIVE if model.generative else FAINT * float(variance.max())
    return {"size": model.coding, "active": int((variance > least).sum()), "prior": model.generative}
