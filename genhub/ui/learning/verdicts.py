"""What came of a training: figures on what the run has not learnt from, beside their baselines, and what they mean."""

from genhub.jobs.folder import RunFolder
from genhub.jobs.reading import View
from genhub.lab import Lab
from genhub.ui import charts, markup
from genhub.ui.learning import told

CALLED = {
    "base": "base model",
    "ngrams": "n-grams, counted",
    "unigram": "frequencies of single tokens",
    "copy": "the source as it is",
}
SHOWN = 8  # of the worst sentences


def verdict(lab: Lab, session: dict, run: str, view: View) -> str:
    """Figures on unseen text beside their baselines, and what they mean."""
    folder: RunFolder = lab.folder(session["visitor"], run)
    if not folder.has("metrics.json") or not (view.ended or not view.curves):
        return ""
    metrics = folder.read("metrics.json")
    if "ways" in metrics:
        return told.told_apart(lab, session, run, metrics)
    drawn = next((shown for figure, shown in SHOWN_BY.items() if figure in metrics), written)
    return drawn(metrics)


def written(metrics: dict) -> str:
    """Of a language model: bits a character."""
    rows = [["this run", metrics["bits_per_character"], metrics["perplexity"], ""]]
    rows += [
        [CALLED.get(name, name), line["bits_per_character"], line.get("perplexity"), _gain(line.get("gain"))]
        for name, line in metrics["baselines"].items()
    ]
    table = markup.table(
        ["on unseen text", "bits a character", "perplexity", "this run needs"],
        [[name, f"{bits:.3f}", "–" if perplexity is None else f"{perplexity:,.1f}", gain] for name, bits, perplexity, gain in rows],
        (1, 2, 3),
    )
    bars = charts.bars({name: round(bits, 3) for name, bits, _, _ in rows}, "Bits a character on unseen text: fewer is better.")
    sentences = "".join(markup.paragraph(sentence) for sentence in metrics["sentences"])
    big = f'<p><span class="gh-big">{metrics["bits_per_character"]:.2f}</span> bits a character</p>'
    return markup.page("<h3>Verdict</h3>", big, sentences, table, bars)


def _gain(gain: dict | None) -> str:
    """How many bits fewer, with the interval."""
    return f"{-gain['mean']:+.3f} [{-gain['high']:+.3f}, {-gain['low']:+.3f}]" if gain else ""


def translated(metrics: dict) -> str:
    """Of a translation model: BLEU and chrF, what became of everyday sentences, and the sentences that came out worst."""
    rows = [["this run", *(_interval(metrics, kind) for kind in ("bleu", "chrf")), ""]]
    rows += [
        [CALLED.get(name, name), f"{line['bleu']:.1f}", f"{line['chrf']:.1f}", _more(line["gain"]["chrf"])]
        for name, line in metrics["baselines"].items()
    ]
    parts = [markup.table(["on unseen sources", "BLEU", "chrF", "chrF of this run"], rows, (1, 2, 3))]
    if general := metrics.get("general"):
        own, base = general["model"], general["base"]
        known = [
            ["this run", f"{own['bleu']:.1f}", f"{own['chrf']:.1f}", ""],
            [CALLED["base"], f"{base['bleu']:.1f}", f"{base['chrf']:.1f}", _more(base["gain"]["chrf"])],
        ]
        parts.append(markup.table([f"on {general['sources']} everyday sentences", "BLEU", "chrF", "chrF of this run"], known, (1, 2, 3)))
    worst = [[one["source"], one["model"], one["base"], one["reference"]] for one in metrics.get("samples", [])[:SHOWN]]
    if worst:
        parts += ["<h3>Worst sentences first</h3>", markup.table(["source", "this run", "base model", "reference"], worst)]
    sentences = "".join(markup.paragraph(sentence) for sentence in metrics["sentences"])
    big = f'<p><span class="gh-big">{metrics["chrf"]:.1f}</span> chrF</p>'
    return markup.page("<h3>Verdict</h3>", big, sentences, *parts)


def _interval(figures: dict, kind: str) -> str:
    return f"{figures[kind]:.1f} [{figures[kind + '_low']:.1f}–{figures[kind + '_high']:.1f}]"


def _more(gain: dict) -> str:
    """How much more this run has, with the interval."""
    return f"{gain['mean']:+.1f} [{gain['low']:+.1f}, {gain['high']:+.1f}]".replace("-", "−")


def reconstructed(metrics: dict) -> str:
    """Of an image model: the squared error of reconstructions, the terms of a VAE's bound, what the code is worth."""
    rows = [["this run", f"{metrics['mse']:.4f} [{metrics['mse_low']:.4f}–{metrics['mse_high']:.4f}]"]]
    rows += [[IMAGE_LINES[name].format(**line), f"{line['mse']:.4f}"] for name, line in metrics["baselines"].items()]
    parts = [markup.table([f"on {metrics['test_images']:,} unseen images", "squared error a pixel"], rows, (1,))]
    if nats := metrics.get("nats"):
        terms = [["pixels", f"{nats['reconstruction']:.1f}"], ["code (KL)", f"{nats['kl']:.1f}"], ["together", f"{nats['total']:.1f}"]]
        parts.append(markup.table(["the bound, −ELBO", "nats an image"], terms, (1,)))
    bars = charts.bars({name: float(error.partition(" ")[0]) for name, error in rows}, "Squared error a pixel: less is better.")
    sentences = "".join(markup.paragraph(sentence) for sentence in metrics["sentences"])
    big = f'<p><span class="gh-big">{metrics["mse"]:.4f}</span> squared error a pixel</p>'
    return markup.page("<h3>Verdict</h3>", big, sentences, *parts, bars)


def drawn(metrics: dict) -> str:
    """Of a GAN: how like real images the drawn ones are, and of which classes."""
    rows = [["judge FID", f"{metrics['judge_fid']:.1f}", f"{metrics['judge_fid_floor']:.1f}"]]
    rows += [[name, f"{metrics[name]:.0%}", "–"] for name in ("precision", "recall", "variety")]
    parts = [markup.table([f"{metrics['test_images']:,} images each", "drawn", "real ones"], rows, (1, 2))]
    if classes := metrics.get("classes"):
        shares = {"real": {each["name"]: each["real"] for each in classes}, "drawn": {each["name"]: each["drawn"] for each in classes}}
        lines = [[name, f"{shares['drawn'][name]:.0%}", f"{shares['real'][name]:.0%}"] for name in shares["real"]]
        parts.append(markup.table(["class", "of the drawn images", "of real ones"], lines, (1, 2)))
    sentences = "".join(markup.paragraph(sentence) for sentence in metrics["sentences"])
    big = f'<p><span class="gh-big">{metrics["judge_fid"]:.1f}</span> judge FID</p>'
    return markup.page("<h3>Verdict</h3>", big, sentences, *parts)


IMAGE_LINES = {"pca": "PCA, {components} numbers", "mean": "the mean image"}
SHOWN_BY = {"bleu": translated, "mse": reconstructed, "judge_fid": drawn}
