"""The verdict on an image model in plain words."""

from collections.abc import Mapping

LATE = 6  # epochs of a training in which a best one half-way means something


COLLAPSED = " (posterior collapse): train for more epochs, take a smaller β, or a simpler decoder."


def of(metrics: Mapping) -> list[str]:
    """One sentence a finding."""
    pca, mean = (metrics["baselines"][name]["mse"] for name in ("pca", "mean"))
    own, code = metrics["mse"], metrics["code"]
    told = [f"On {metrics['test_images']:,} unseen images a pixel is off by {own**0.5:.3f} (root of the mean squared error, from 0 to 1)."]
    if own < pca:
        told.append(f"Its squared error is {1 - own / pca:.0%} below that of PCA with a code of the same size, {code['size']:,}.")
    else:
        told.append(f"PCA with a code of the same size, {code['size']:,}, is better: its squared error is {1 - pca / own:.0%} lower.")
    if own < mean:
        told.append(f"{1 - own / mean:.0%} of the variance around the mean image is kept.")
    else:
        told.append(
            "The mean image is no worse a guess than what it gives back: it has learnt nothing of the images yet. Train for longer."
        )
    if 0 < code["active"] < code["size"]:
        told.append(f"{code['active']:,} of {code['size']:,} numbers of the code vary with the image; the others say nothing.")
    if not code["active"]:
        told.append(f"The code says nothing of the image{COLLAPSED if code.get('prior') else '.'}")
    training = metrics["training"]
    if 2 * training["best_epoch"] <= training["epochs_run"] >= LATE:
        told.append(
            f"Epoch {training['best_epoch']} of {training['epochs_run']} was the best on images it does not learn from: after it, it learnt the "
            "others by heart. Fewer epochs, a shorter code or more images would do."
        )
    if "nats" in metrics:
        nats = metrics["nats"]
        told.append(
            f"The bound: {nats['total']:.1f} nats an image, {nats['reconstruction']:.1f} for the pixels and {nats['kl']:.1f} for the code."
        )
    if "damaged" in metrics:
        hurt = metrics["damaged"]
        told.append(
            f"Of damaged images ({hurt['kind']}, {hurt['amount']:g}) it gives back whole ones with a squared error of {hurt['mse']:.4f}."
        )
    return told
