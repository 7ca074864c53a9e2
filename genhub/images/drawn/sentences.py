"""The verdict on drawn images in plain words."""

from collections.abc import Mapping

from genhub.images.drawn.verdict import lost

COPIES = 0.5  # of `closeness`: below it drawn images are nearer to those that were learnt from than new ones can be
ALIKE = 0.5  # of `variety`: below it drawn images vary much less than real ones
NAMED = 8  # classes, at most


def of(metrics: Mapping) -> list[str]:
    """One sentence a finding."""
    sample, fid, floor = metrics["test_images"], metrics["judge_fid"], metrics["judge_fid_floor"]
    told = [
        f"Judge FID {fid:.1f}: by the features of {metrics['judge']}, on {sample:,} unseen images and {sample:,} drawn ones. As many real "
        f"images that it learnt from are at {floor:.1f}: less is chance."
    ]
    told.append(
        f"{metrics['precision']:.0%} of the drawn images lie among real ones (precision), {metrics['recall']:.0%} of the real ones among drawn ones (recall)."
    )
    if "classes" in metrics:
        told.append(_of_classes(metrics["classes"]))
    if metrics["variety"] < ALIKE:
        told.append(f"Mode collapse: two drawn images differ {metrics['variety']:.0%} as much as two real ones.")
    if metrics["closeness"] < COPIES:
        told.append(
            f"Learnt by heart: drawn images come {1 / max(metrics['closeness'], 1e-3):.1f} times as near to one that it learnt from as new real ones do."
        )
    if "asked" in metrics:
        asked = metrics["asked"]
        told.append(
            f"{asked['drawn']:.1%} of the drawn images are of the class that was asked for; of real ones {asked['real']:.1%} are recognised the same way."
        )
    return told


def _of_classes(classes: list[dict]) -> str:
    gone = lost(classes)
    if not gone:
        return f"All {len(classes):,} classes are drawn."
    named = ", ".join(f"“{name}”" for name in gone[:NAMED]) + (" …" if len(gone) > NAMED else "")
    return f"{len(classes) - len(gone):,} of {len(classes):,} classes are drawn; hardly any image is of {named}: mode collapse."
