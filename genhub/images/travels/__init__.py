"""An image model when it leaves and when it comes back: passport, card, code, weights. Found by `genhub.text.formats`."""
