"""What goes wrong while a diffusion model learns, said in words as soon as it shows, with what to try."""

from genhub.images import alarms


class Watch(alarms.Watch):
    over_fitting = (
        "Over-fitting: on images that it does not learn from it has been telling noise worse since step {step:,}; the best model is kept. Try "
        "fewer epochs, or more images."
    )
    by_heart = (
        "Learnt by heart: the error on the images that it learns from is {share:.0%} of that on unseen ones, so it will draw copies. Try fewer "
        "epochs, or more images."
    )
