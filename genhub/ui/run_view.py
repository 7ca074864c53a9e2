"""What a training run is doing, as its log tells it: for every tab that trains.

A headline with how far and how long still, the newest figures, the curves, what was decided on the way.
"""

from collections.abc import Mapping

from genhub.jobs.reading import View
from genhub.jobs.runner import RunInfo
from genhub.training.configs.transfer import WAYS
from genhub.ui import charts, markup

REMEDY = "remedy"
LIVE = ("queued", "running", "stopping")
BELIEVED = {"real": "d_real", "fake": "d_fake", "unseen real": "val_real"}
NOISY = {"little": "val_quarter_1", "some": "val_quarter_2", "much": "val_quarter_3", "hardly anything else": "val_quarter_4"}
TERMS = {"val_reconstruction": "pixels", "val_kl": "code (KL)", "val_sparsity": "code (sparsity)"}  # of an image model's loss


def render(info: RunInfo | None, view: View, remedies: Mapping[str, str] | None = None, meanwhile: str = "") -> str:
    """`remedies`: what a press trains again with, by key; see `lab.remedies`. `meanwhile`: what can be looked at while it waits, and where."""
    parts = [_headline(info, view, meanwhile)]
    if view.failed:
        error = view.failed
        tag = f" (id {error.error_id})" if error.error_id else ""
        parts.append(
            f'<div class="gh-problem" role="alert"><b>{markup.esc(error.what)}{tag}</b> {markup.esc(error.limit)} {markup.esc(error.remedy)}</div>'
        )
    parts.append(_now(view))
    told = [markup.paragraph(text, "muted") for text in view.notes[-4:]]
    # An alarm that can be answered is read before the curves that it came from.
    parts += [*told, _offered(remedies), curves(view.curves)] if remedies else [curves(view.curves), *told]
    if view.earlier and not view.ended:
        said = "".join(markup.paragraph(text, "muted") for text in view.earlier[-2:])
        parts.append(f'<div class="gh-old">{markup.paragraph("Said before it was resumed:", "muted")}{said}</div>')
    return markup.page(*parts) if any(parts) else ""


def _offered(remedies: Mapping[str, str]) -> str:
    """A button for each thing that can be tried."""
    buttons = " ".join(markup.pick(label, f"{REMEDY}:{key}") for key, label in remedies.items())
    return f'<p class="gh-picks">Train again with {buttons}</p>'


def _headline(info: RunInfo | None, view: View, meanwhile: str) -> str:
    if info and info.state == "queued":
        wait = markup.wait(info.wait_seconds)
        told = markup.paragraph(f"While it waits: {meanwhile}", "muted") if meanwhile else ""
        return markup.note(f"In the queue at place {info.position or 1}{wait}.") + told
    if not info or info.state not in LIVE or view.ended:
        return ""
    progress = view.progress
    if progress is None:
        return f'<p aria-live="polite">{markup.esc(view.stage_label or "Starting")} …</p>'
    share = progress.done / max(1, progress.total)
    left = f" · {markup.seconds(progress.seconds_left)} left" if progress.seconds_left is not None else ""
    text = f"{view.stage_label} · {progress.done:,} of {progress.total:,}{left}" + (f" · {progress.note}" if progress.note else "")
    return f'<p aria-live="polite">{markup.esc(text)}</p>' + markup.track(share)


def _now(view: View) -> str:
    """The newest figures of the newest part, as facts."""
    if not view.curves:
        return ""
    latest = {name: points[-1][1] for name, points in list(view.curves.values())[-1].items() if points}
    shown = [
        ("learning rate", "learning_rate", "{:.2g}"),
        ("rows a second", "rows_per_second", "{:,.0f}"),
        ("tokens a second", "tokens_per_second", "{:,.0f}"),
        ("training loss", "loss", "{:.3f}"),
        ("validation loss", "val_loss", "{:.3f}"),
        ("validation accuracy", "val_accuracy", "{:.3f}"),
        ("numbers of the code in use", "active_units", "{:.0f}"),
        ("judge FID", "judge_fid", "{:.1f}"),
        ("classes drawn", "classes_drawn", "{:.0f}"),
    ]
    if latest.get("tokens_per_second") == latest.get("rows_per_second"):
        latest.pop("tokens_per_second", None)  # rows that have no tokens: images
    if "judge_fid" in latest:
        latest.pop("val_loss", None)  # the same figure
    if "d_loss" in latest:
        latest.pop("loss", None)  # what two adversaries lose together says nothing
    return markup.facts((label, form.format(latest[name])) for label, name, form in shown if latest.get(name) is not None)


def curves(parts: dict[str, dict[str, list]]) -> str:
    """Loss and accuracy over steps, of the newest part (a fold, or the final model)."""
    if not parts:
        return ""
    name, values = list(parts.items())[-1]
    of_ways = ways({part: curve["val_accuracy"] for part, curve in parts.items() if part in WAYS and curve.get("val_accuracy")})
    name = "the final model" if name == "final" else f"“{WAYS[name][0]}”" if name in WAYS else name
    if "judge_fid" in values or "d_loss" in values:
        return adversaries(values)
    loss = {"training": values.get("loss", []), "validation": values.get("val_loss", [])}
    accuracy = {"validation": values.get("val_accuracy", [])}
    rate = charts.lines(
        {"learning rate": values.get("learning_rate", [])}, "step", "learning rate", "It rises while warming up, then decays."
    )
    told = f"Loss of {name}: lower is better; what validates teaches nothing." if any(loss.values()) else ""
    left = charts.lines(loss, "step", "loss", told)
    terms = {called: values[name] for name, called in TERMS.items() if values.get(name)}
    noisy = {called: values[name] for called, name in NOISY.items() if values.get(name)}
    apart = charts.lines(terms, "step", "loss", "The terms of the loss on the validation images, as they count.") if terms else ""
    apart += (
        charts.lines(noisy, "step", "error", "How far off the noise is told on validation images, by how much of it was added.")
        if noisy
        else ""
    )
    right = of_ways or charts.lines(accuracy, "step", "accuracy", f"Accuracy of {name} on the validation rows.", (0, 1))
    return f'<div class="gh-two">{left}{apart}{right}{rate}</div>'


def ways(accuracy: dict[str, list]) -> str:
    """Of a transfer: every way so far, each from its own first step."""
    told = "Accuracy on the validation images, way by way, each from its own first step."
    return charts.lines({WAYS[way][0]: points for way, points in accuracy.items()}, "step", "accuracy", told, (0, 1)) if accuracy else ""


def adversaries(values: dict[str, list]) -> str:
    """The two networks of a GAN: losses, what the discriminator believes, norms of gradients, and how like real images the drawn ones are."""
    charts_of = (
        (
            {"discriminator": "d_loss", "generator": "g_loss"},
            "loss",
            "What each loses. It says little: look at what is believed, and at the images.",
        ),
        (
            BELIEVED,
            "believed",
            "What the discriminator believes of images, 1 being real: it learns from real and fake ones, not from the unseen. "
            "A hinge or Wasserstein loss has no 1.",
        ),
        ({"discriminator": "d_norm", "generator": "g_norm"}, "norm", "How long the gradients are: one that vanishes teaches nothing."),
        (
            {"drawn images": "judge_fid"},
            "judge FID",
            "How far drawn images are from unseen real ones, by a judge's features: less is better.",
        ),
    )
    drawn = [
        charts.lines({called: values[name] for called, name in lines.items() if values.get(name)}, "step", axis, told)
        for lines, axis, told in charts_of
    ]
    return f'<div class="gh-two">{"".join(drawn)}</div>'
