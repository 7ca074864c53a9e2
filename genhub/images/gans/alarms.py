"""What goes wrong while two networks learn against each other, said in words as soon as it shows, with what to try."""

from collections.abc import Iterator, Mapping

from genhub.events import Note
from genhub.images.alarms import Alarms
from genhub.images.gans.task import GANTask
from genhub.training.configs.images import PROBABLE

LASTING = 8  # reports in a row
SURE = 0.95  # of a belief: the discriminator is
FADED = 0.02  # of the generator's usual gradient
FIRST = 5  # reports that tell what is usual
COLLAPSED = 0.25  # of the variance of real images' features
EARLY, EARLY_SHARE = 3, 0.25  # validations, and the share of all, before which nothing is said of drawn images
AGAINST_COLLAPSE, AGAINST_HEART = ("spread", "replay", "wasserstein"), ("noise", "smoothing", "spectral")
UNSEEN = 0.3  # less is believed of unseen real images than of learnt ones
STRONG = (
    "The discriminator is too strong: it is sure of every image ({real:.0%} of real ones, {fake:.0%} of fake ones are real to it), and the "
    "generator is told little. Try a smaller rate of the discriminator, label smoothing, noise, or a Wasserstein loss."
)
WEAK = (
    "The generator is too strong: the discriminator believes fake images ({fake:.0%}) more than real ones ({real:.0%}), so it says nothing of use. "
    "Try a larger rate of the discriminator or two of its steps."
)
VANISHED = (
    "The generator's gradient has vanished: it is {share:.1%} of what it was. Try the non-saturating loss, a Wasserstein loss, or a smaller "
    "rate of the discriminator."
)
COLLAPSE = (
    "Mode collapse: what is drawn varies {share:.0%} as much as real images{lost}. Try mini-batch standard deviation, experience replay, a "
    "Wasserstein loss, or a smaller learning rate."
)
LOST = "Mode collapse: hardly any drawn image is of {lost}. Try mini-batch standard deviation, experience replay, or a Wasserstein loss."
BY_HEART = (
    "The discriminator knows the images by heart: it believes {seen:.0%} of those that it learns from and {unseen:.0%} of unseen ones. Try noise, "
    "label smoothing, spectral norm, more images, or fewer epochs."
)


class Watch(Alarms):
    """`task`: whose figures are looked at; its epochs are validations."""

    def __init__(self, task: GANTask):
        super().__init__()
        self.task, self.probable = task, task.rules.loss in PROBABLE
        self.sure = self.fooled = self.validated = 0
        self.norms: list[float] = []
        self.seen = 0.0

    def look(self, step: int, values: Mapping[str, float]) -> Iterator[Note]:
        if "judge_fid" in values:
            yield from self.validation(values)
        elif "d_real" in values and self.probable:
            yield from self.beliefs(values["d_real"], values["d_fake"])
        if "g_norm" in values:
            yield from self.gradient(values["g_norm"])

    def beliefs(self, real: float, fake: float) -> Iterator[Note]:
        self.seen = real
        self.sure = self.sure + 1 if real > SURE * (1 - self.task.rules.smoothing) and fake < 1 - SURE else 0
        self.fooled = self.fooled + 1 if fake > real else 0
        if self.sure >= LASTING:
            yield from self.say("strong", STRONG.format(real=real, fake=fake), "slower", "smoothing", "noise", "wasserstein")
        if self.fooled >= LASTING:
            yield from self.say("weak", WEAK.format(real=real, fake=fake), "faster", "critics")

    def gradient(self, norm: float) -> Iterator[Note]:
        self.norms.append(norm)
        usual = sorted(self.norms[:FIRST])[len(self.norms[:FIRST]) // 2]
        last = self.norms[-LASTING:]
        if len(self.norms) >= FIRST + LASTING and max(last) < FADED * usual:
            yield from self.say("vanished", VANISHED.format(share=max(last) / usual), "non-saturating", "wasserstein", "slower")

    def validation(self, values: Mapping[str, float]) -> Iterator[Note]:
        self.validated += 1
        if self.validated < max(EARLY, EARLY_SHARE * self.task.epochs):
            return
        named = ", ".join(f"“{name}”" for name in self.task.lost)
        if values["variety"] < COLLAPSED:
            lost = f", and nothing is of {named}" if named else ""
            yield from self.say("collapse", COLLAPSE.format(share=values["variety"], lost=lost), *AGAINST_COLLAPSE, "halved")
        elif named:
            yield from self.say("lost", LOST.format(lost=named), *AGAINST_COLLAPSE)
        if self.probable and values["val_real"] < self.seen - UNSEEN:
            yield from self.say("by heart", BY_HEART.format(seen=self.seen, unseen=values["val_real"]), *AGAINST_HEART)
