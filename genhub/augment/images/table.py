"""The operations on images, in the order in which the page offers them, and chains that are ready."""

from genhub.augment.chain import Chain, Step
from genhub.augment.operations import Amount, Operation, table

GEOMETRY, LIGHT, NOISE, BLUR, MIX = "Geometry", "Light and colour", "Noise", "Blur", "Mixtures"
GROUPS = (GEOMETRY, LIGHT, NOISE, BLUR, MIX)


def _share(label: str, help: str, high: float, default: float) -> Amount:
    return Amount(label, help, 0.0, high, default)


IMAGES = table(
    Operation("flip", "Flip left to right", "Mirrored, for every second image.", GEOMETRY),
    Operation("flip-vertical", "Flip top to bottom", "Upside down, for every second image.", GEOMETRY),
    Operation("rotate", "Rotate", "Turned around its middle.", GEOMETRY, _share("Degrees", "At most, to either side.", 180.0, 15.0)),
    Operation("crop", "Crop", "A part of it, made as large again.", GEOMETRY, _share("Cut away", "At most, of each side.", 0.9, 0.2)),
    Operation("translate", "Translate", "Moved.", GEOMETRY, _share("Distance", "At most, of each side.", 0.9, 0.2)),
    Operation("zoom", "Zoom", "Nearer or farther.", GEOMETRY, _share("Zoom", "At most so much larger or smaller.", 0.9, 0.2)),
    Operation("shear", "Shear", "Slanted.", GEOMETRY, _share("Degrees", "At most, to either side.", 60.0, 10.0)),
    Operation(
        "perspective",
        "Perspective",
        "As seen from aside.",
        GEOMETRY,
        _share("Distortion", "How far the corners move in, at most.", 0.9, 0.3),
    ),
    Operation("brightness", "Brightness", "Lighter or darker.", LIGHT, _share("Change", "At most, of the whole range.", 1.0, 0.2)),
    Operation("contrast", "Contrast", "More or less of it.", LIGHT, _share("Change", "At most so much more or less.", 1.0, 0.2)),
    Operation(
        "saturation", "Saturation", "Colours stronger or weaker.", LIGHT, _share("Change", "At most so much more or less.", 1.0, 0.4)
    ),
    Operation("hue", "Hue", "Colours turned around their circle.", LIGHT, _share("Degrees", "At most, to either side.", 180.0, 20.0)),
    Operation("gray", "Grey", "Without colours.", LIGHT),
    Operation(
        "gaussian-noise",
        "Gaussian noise",
        "A draw from a bell curve is added to every number.",
        NOISE,
        _share("Deviation", "At most, of the whole range.", 0.5, 0.08),
    ),
    Operation("random-pixels", "Random pixels", "Pixels of any colour.", NOISE, _share("Share", "Of the pixels, at most.", 0.9, 0.05)),
    Operation("black-pixels", "Black pixels", "Pixels go out.", NOISE, _share("Share", "Of the pixels, at most.", 0.9, 0.05)),
    Operation("erase", "Erase", "A rectangle is covered by the mean colour.", NOISE, _share("Area", "Of the image, at most.", 0.8, 0.2)),
    Operation("blur", "Blur", "Smoothed by a bell curve.", BLUR, _share("Width", "In hundredths of the shorter side, at most.", 10.0, 1.0)),
    Operation("sharpen", "Sharpen", "What blurring would take is added.", BLUR, _share("Strength", "At most.", 5.0, 1.0)),
    Operation(
        "motion-blur",
        "Motion blur",
        "As if it had moved, in any direction.",
        BLUR,
        _share("Length", "In hundredths of the shorter side, at most.", 30.0, 5.0),
    ),
    Operation(
        "jpeg", "JPEG", "Compressed, with what is lost by that.", BLUR, Amount("Quality", "At least.", 1, 100, 30, none=100, whole=True)
    ),
    Operation(
        "mixup",
        "Mixup",
        "A weighted mean of two images, and of their labels (Zhang et al. 2018).",
        MIX,
        _share("Alpha", "Of the Beta distribution that the weight is drawn from.", 5.0, 0.4),
        keeps=False,
    ),
    Operation(
        "cutmix",
        "CutMix",
        "A rectangle of another image, whose label counts by its area (Yun et al. 2019).",
        MIX,
        _share("Alpha", "Of the Beta distribution that the area is drawn from.", 5.0, 1.0),
        keeps=False,
    ),
)

PRESETS = {
    "The course's chain": Chain(
        "image",
        (
            Step("flip"),
            Step("translate", 0.2),
            Step("rotate", 72.0),  # 0.2 of a turn
            Step("zoom", 0.2),
            Step("contrast", 0.2),
            Step("brightness", 0.2),
        ),
    ),
    "Gentle": Chain("image", (Step("flip"), Step("rotate", 10.0), Step("translate", 0.05), Step("brightness", 0.1), Step("contrast", 0.1))),
    "Bad camera": Chain("image", (Step("blur", 1.0), Step("gaussian-noise", 0.08), Step("jpeg", 20), Step("brightness", 0.2))),
    "One at random, of many": Chain(
        "image",
        tuple(Step(name, operation.amount.default if operation.amount else None) for name, operation in IMAGES.items() if operation.keeps),
        way="one",
    ),
}
