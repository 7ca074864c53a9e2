"""What goes wrong while an image model learns, said in words as soon as it shows, with what to try.

fitted = yield from watched(fit(task, plan, session), lambda: Watch(plan.epochs))
"""

from collections.abc import Callable, Iterator, Mapping

from genhub.events import Event, Metric, Note, Resumed

EARLY = 3  # validations before which nothing is said
EARLY_SHARE = 0.2  # of all epochs, likewise for the code: it begins to say something late
RISING = 1.02  # of the best validation loss
SINCE = 3  # validations that the best one must be ago
BY_HEART = 0.6  # of the validation loss: a training loss below it
COLLAPSE = (
    "Posterior collapse: no number of the code varies with the image, the decoder draws the same for all. Try a smaller β, more epochs, or a "
    "simpler decoder; with averaged pixels, sum them."
)
COLLAPSE_REMEDIES = ("summed", "beta")
OVER_FITTING = (
    "Over-fitting: on images that it does not learn from the loss has been rising since step {step:,}; the best model is kept. Try fewer "
    "epochs, a shorter code, or more images."
)
TOO_POWERFUL = (
    "Too powerful an encoder: the training loss is {share:.0%} of that on unseen images, so these images are learnt by heart, not what they "
    "have in common. Try a shorter code, a simpler variant, noise on the images, or more of them."
)


class Alarms:
    """Each is raised once."""

    def __init__(self):
        self.said = set[str]()

    def look(self, step: int, values: Mapping[str, float]) -> Iterator[Note]:
        """At the figures of one report."""
        raise NotImplementedError

    def say(self, alarm: str, text: str, *remedies: str) -> Iterator[Note]:
        """`remedies`: keys of training/configs/remedies.py."""
        if alarm not in self.said:
            self.said.add(alarm)
            yield Note(text, remedies)


class Watch(Alarms):
    """Of a model with an encoder; another kind has words of its own."""

    over_fitting, by_heart = OVER_FITTING, TOO_POWERFUL

    def __init__(self, epochs: int):
        super().__init__()
        self.epochs, self.depth = epochs, None
        self.validated, self.steps, self.losses = list[float](), list[int](), list[float]()

    def look(self, step: int, values: Mapping[str, float]) -> Iterator[Note]:
        if values.get("loss") is not None:
            self.losses.append(values["loss"])
        if values.get("val_loss") is None:
            return
        if values.get("depth") != self.depth:  # layer by layer: a deeper model begins anew
            self.depth, self.validated, self.steps = values.get("depth"), [], []
        self.validated.append(values["val_loss"])
        self.steps.append(step)
        learnt, self.losses = self.losses, []
        count, best = len(self.validated), self.validated.index(min(self.validated))
        if count < EARLY:
            return
        if values.get("active_units") == 0 and count >= EARLY_SHARE * self.epochs:
            yield from self.say("collapse", COLLAPSE, *COLLAPSE_REMEDIES)
        if count - 1 - best >= SINCE and self.validated[-1] > RISING * self.validated[best] > 0:
            yield from self.say("over-fitting", self.over_fitting.format(step=self.steps[best]))
        share = sum(learnt) / len(learnt) / self.validated[-1] if learnt and self.validated[-1] > 0 else 1.0
        if 0 < share < BY_HEART:
            yield from self.say("by heart", self.by_heart.format(share=share))


def watched(events: Iterator[Event], alarms: Callable[[], Alarms]) -> Iterator[Event]:
    """`events` with alarms among them, new ones where they begin again; returns what `events` returns."""
    watch = alarms()
    while True:
        try:
            event = next(events)
        except StopIteration as end:
            return end.value
        yield event
        if isinstance(event, Resumed):
            watch = alarms()
        elif isinstance(event, Metric):
            yield from watch.look(event.step, event.values)
