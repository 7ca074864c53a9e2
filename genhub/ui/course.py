"""The course index: every topic of the course that can be done on the page, with the way to the place and the state to do it in.

A line is a topic, what it is in a sentence, one question that an experiment answers, and a way. They are grouped as in the course.
"""

from dataclasses import dataclass

from genhub.training.configs import ADAPT_PRESETS, SCRATCH_PRESETS
from genhub.ui import markup, tokens
from genhub.ui.classify import method as classify_method
from genhub.ui.learning import options
from genhub.ui.learning.kinds import ADAPT, AUTOENCODER, SCRATCH, VAE, Kind
from genhub.ui.ways import Way, follow

PICK = "line"
SLIDES_RNN = {"architecture": "rnn", "embedding": 16, "width": 128, "layers": 1, "window": 100, "steps": 1_000, "dropout": "0"}
INTRO = "Each line opens the page where its question can be answered, with what it asks for already chosen."


@dataclass(frozen=True)
class Line:
    topic: str
    told: str
    question: str
    way: Way


def _classifier(name: str, *beside: str) -> dict:
    """The fields of stage 2 of Classify: this method, and those that are to be trained as well."""
    return {"preset": classify_method.OWN, "method": name, "more_method": "", "other_methods": list(beside)}


def _learner(kind: Kind, preset: str, values: dict) -> dict:
    """The fields of *Adapt* or *From scratch*."""
    return {kind.name("preset"): preset, **{kind.name(option): value for option, value in values.items()}}


def _painter(kind: Kind, **values) -> dict:
    """The fields of a training on images: these options, of all others the usual ones."""
    usual = {name: kind.config.option(name).default for name in kind.options}
    usual = {name: "" if value is None else value for name, value in usual.items()}
    return _learner(kind, options.OWN, {**usual, **values})


COURSE: dict[str, tuple[Line, ...]] = {
    "Transfer learning and adapters": (
        Line(
            "Transfer learning",
            "Pretrained on much text, fine-tuned on little: a new head on a frozen encoder, or a few parameters of it as well.",
            "Train Frozen encoder and LoRA on one table: is the difference larger than its interval?",
            Way("method", values=_classifier("frozen", "lora")),
        ),
        Line(
            "Freeze, then fine-tune",
            "First only the head learns on a frozen base, then everything with a very small learning rate.",
            "What does thawing add to the frozen encoder, in points of accuracy and in seconds?",
            Way("method", values=_classifier("freeze-then-finetune", "frozen")),
        ),
        Line(
            "Adapters",
            "Full fine-tuning is slow, drifts, and keeps all parameters again for every task; small layers between frozen ones do not.",
            "How many points does full fine-tuning gain over bottleneck adapters, for how many times the parameters?",
            Way("method", values=_classifier("bottleneck", "full")),
        ),
    ),
    "Attention and transformers": (
        Line(
            "Scaled dot-product attention",
            "A query is compared with all keys; softmax makes weights of it, by which the values are added up.",
            "Tick “Guess first”: from which token does “it” take most?",
            Way("inside", "steps"),
        ),
        Line(
            "Multi-head attention",
            "Several heads read the same sentence, each in a way of its own; their answers are put side by side and projected.",
            "Which head ties “it” to a noun, and in which layer does a head look one token back?",
            Way("inside", "heads"),
        ),
        Line(
            "Masked attention: BERT and GPT side by side",
            "BERT reads the whole sentence at once; GPT sees only what stands before, because it learns to say what comes next.",
            "How many of the n² pairs of n tokens are left to GPT? Count them for two sentences.",
            Way("inside", "masks"),
        ),
        Line(
            "Positional encoding",
            "Each position is a row of sines and cosines whose frequency falls with the dimension, added to the token's embedding.",
            "With the position in the exponent, a slip that is easily made: how many pairs of positions can no longer be told apart?",
            Way("inside", "positions"),
        ),
        Line(
            "Attention treats a text as a set",
            "Without positions the order of the words changes nothing.",
            "Commit, then shuffle: which reading gives both orders the same vectors?",
            Way("inside", "shuffled"),
        ),
        Line(
            "BERT: three embeddings",
            "Token, position and segment are added up before the first layer.",
            "Which of the three is longest, and which one does a second sentence change?",
            Way("inside", "embeddings"),
        ),
        Line(
            "A stack of blocks: the logit lens",
            "Every block adds to what the one below has left, until the last state becomes probabilities.",
            "At how many places is the final answer there after half of the layers?",
            Way("inside", "lens"),
        ),
        Line(
            "Fine-tuning BERT for sentences",
            "A pooled vector, a linear head, cross-entropy.",
            "Which two classes of the sample does it confuse most, and would you?",
            Way("verdict"),
        ),
        Line(
            "GPT: fine-tuning",
            "The same stack goes on learning to say the next token, on your text.",
            "How many bits a character does it gain on text that it has not read, and how much of what it writes is copied?",
            Way("adapt", values=_learner(ADAPT, "Balanced", ADAPT_PRESETS["Balanced"])),
        ),
        Line(
            "Attention as explanation, and its limits",
            "Attribution shows what a model leans on.",
            "Can you flip the answer by taking out one word?",
            Way("try"),
        ),
    ),
    "Text with recurrent networks, and what replaced them": (
        Line(
            "Words and sub-words",
            "A model reads pieces of a fixed vocabulary: frequent words whole, rare ones in parts.",
            "Write a long or a foreign word: into how many pieces does BERT cut it, into how many GPT?",
            Way("inside", "tokens"),
        ),
        Line(
            "Sentiment with a sentence encoder",
            "A pretrained encoder turns a text into one vector; a dense layer on it decides.",
            "Choose Short reviews and train: does the frozen encoder end ahead of TF-IDF, which counts words?",
            Way("data", values={"data_source": "A sample", **_classifier("frozen")}),
        ),
        Line(
            "The next token",
            "A language model gives every token a probability; writing is choosing one, again and again.",
            "Find the token whose choice was most open. Branch off there: how soon is it another text?",
            Way("write", beside="why"),
        ),
        Line(
            "Character RNN on plays",
            "Embedding 16, GRU 128, windows of 100 characters: the next character, again and again.",
            "After how many steps are there words, and after how many speakers? Then paste Shakespeare instead of Harbour plays, or take it from the Hub.",
            Way("scratch", values=_learner(SCRATCH, options.OWN, {**SLIDES_RNN, "stateful": False})),
        ),
        Line(
            "Stateless and stateful training",
            "The state begins anew with every window, or is carried on in the order of the text.",
            "Same text, same seed, with Stateful (under Advanced) and without: does carrying the state save bits a character?",
            Way("scratch", values=_learner(SCRATCH, options.OWN, {**SLIDES_RNN, "stateful": True})),
        ),
        Line(
            "Limits of recurrence",
            "A GRU reads one character after the other and must keep all in its state; attention sees its whole window at once.",
            "A GPT and a character RNN for as many steps: which reads more tokens a second, which needs fewer bits?",
            Way("scratch", values=_learner(SCRATCH, "GPT, 1 minute", SCRATCH_PRESETS["GPT, 1 minute"])),
        ),
        Line(
            "Greedy decoding repeats itself",
            "The most probable token every time soon runs in circles.",
            "Does a penalty on repetition or a ban on repeated trigrams cure it, and what becomes of the perplexity?",
            Way("decode", values={"decode_preset": "Greedy and its cures"}),
        ),
        Line(
            "Temperature",
            "Logits are divided by it before softmax: below 1 the distribution gets sharper, above 1 flatter.",
            "0.01, 1 or 100: which text loops, which is noise, and which lies nearest to people's?",
            Way("decode", values={"decode_preset": "Temperatures 0.01, 1, 100"}),
        ),
        Line(
            "Top-k sampling",
            "Draw from the k most probable tokens only.",
            "Write, then press a token that was certain and one that was open: where are k tokens too many, where too few?",
            Way("write", beside="why", values={"gen_strategy": "top-k", "gen_top_k": 10, "gen_temperature": 1.0}),
        ),
        Line(
            "Nucleus sampling",
            "Draw from the fewest tokens that hold a share p of the probability.",
            "Write, then press several tokens: between which numbers does the size of the nucleus vary?",
            Way("write", beside="why", values={"gen_strategy": "nucleus", "gen_top_p": 0.9, "gen_temperature": 1.0}),
        ),
        Line(
            "Ways of choosing, side by side",
            "The most probable texts are not those that people write (Holtzman et al. 2020).",
            "Which way comes nearest to people in perplexity and repetition?",
            Way("decode", values={"decode_preset": "The classics"}),
        ),
        Line(
            "Beam search",
            "Of all beginnings the few best are kept at every step; here three.",
            "Does the best of three beams leave the greedy path, and how much does that gain?",
            Way("tree", values={"tree_beams": 3}),
        ),
        Line(
            "Perplexity and bits",
            "A token costs minus the logarithm of its probability, in bits; perplexity is 2 to the power of the mean cost.",
            "Guess twenty tokens: how many bits does one cost you, how many the model?",
            Way("guess"),
        ),
    ),
    "Autoencoders": (
        Line(
            "A linear autoencoder is PCA",
            "One dense layer in and one out, no activation, squared error: it finds the plane that PCA finds.",
            "How far from PCA does it end, and how many more epochs does it take to get there?",
            Way("autoencoder", values=_painter(AUTOENCODER, variant="linear")),
        ),
        Line(
            "Stacked autoencoders",
            "784 – 100 – 30 – 100 – 784 with SELU on images of 28 × 28 pixels; on smaller ones the ends are smaller.",
            "A code of 2, of 5, of 30 numbers: how does the error fall, and where does PCA stand each time?",
            Way("autoencoder", values=_painter(AUTOENCODER, variant="stacked", coding=5)),
        ),
        Line(
            "Tied weights",
            "The decoder uses the encoder's matrices, transposed.",
            "Half the parameters: is the error on unseen images larger?",
            Way("autoencoder", values=_painter(AUTOENCODER, variant="tied")),
        ),
        Line(
            "One layer at a time",
            "A pair of layers learns to give back what it reads, then the next pair on its codes, then all of them.",
            "Does it end better than all layers at once, after as many epochs?",
            Way("autoencoder", values=_painter(AUTOENCODER, variant="layerwise")),
        ),
        Line(
            "Three layers without activation",
            "784 – 1000 – 500 – 30 with no activation anywhere: 2.6 million parameters that draw one plane.",
            "Is it any better than the linear one with a fiftieth of the parameters?",
            Way("autoencoder", values=_painter(AUTOENCODER, variant="deep-linear")),
        ),
        Line(
            "Convolutional autoencoders",
            "16 – 32 – 64 filters with pooling, transposed convolutions back; the code is a small picture of many channels.",
            "On images of your own: what is lost first, edges or shades?",
            Way("autoencoder", values=_painter(AUTOENCODER, variant="conv")),
        ),
        Line(
            "Recurrent autoencoders",
            "LSTMs read an image row by row into one state, and write it row by row.",
            "Which rows of the digits come out worse, the first or the last?",
            Way("autoencoder", values=_painter(AUTOENCODER, variant="recurrent")),
        ),
        Line(
            "Denoising",
            "Gaussian noise, missing pixels or white ones: it sees the damaged image and is to give back the whole one.",
            "With which damage is the error on whole images smaller than without any?",
            Way("autoencoder", values=_painter(AUTOENCODER, variant="denoising")),
        ),
        Line(
            "Sparse codes",
            "Units that are on cost something (L1), or each is to be on for one image in ten (KL).",
            "How many of the 300 numbers of the code vary with the image, and what does that cost in error?",
            Way("autoencoder", values=_painter(AUTOENCODER, variant="sparse-kl")),
        ),
    ),
    "Variational autoencoders": (
        Line(
            "A dense VAE",
            "784 – 128 – 4, mean and logarithm of the variance; the pixels' cost and the code's are summed.",
            "At which step does the code begin to cost, and what do the drawn images look like before and after?",
            Way("vae", values=_painter(VAE, variant="dense", coding=4)),
        ),
        Line(
            "A convolutional VAE with two dimensions",
            "Strided convolutions of 32 and 64 filters, dense 16: every image is a place on a map.",
            "Scrub the film from its beginning: in which order do the digits appear?",
            Way("vae", values=_painter(VAE, variant="conv", coding=2)),
        ),
        Line(
            "β, and the slides' 0.04",
            "The KL counts β times. Above 1 fewer numbers of the code are used, near 0 it is almost a plain autoencoder.",
            "β = 0.04 and β = 4: which gives images back better, which draws better ones, how many numbers are in use?",
            Way("vae", values=_painter(VAE, variant="dense", coding=8, beta=4.0)),
        ),
        Line(
            "Conditional generation",
            "The model is told the class on both sides, so that it can be asked for one.",
            "Draw sevens: what is left for the code to say, when the class is known?",
            Way("vae", values=_painter(VAE, variant="conv", coding=8, conditional=True)),
        ),
        Line(
            "Averaged pixels, summed KL",
            "A mistake of the slides: the pixels' term is a mean, the code's a sum, so the KL counts hundreds of times too much.",
            "How many numbers of the code are in use, and what does it draw? Train it with the mistake and without, and compare.",
            Way("vae", values=_painter(VAE, variant="conv", coding=2, averaged=True)),
        ),
        Line(
            "Drawing from the latent space",
            "Codes drawn from a normal distribution are decoded; the temperature is its standard deviation.",
            "At which temperature are all images alike, and at which are they no images any more?",
            Way("play"),
        ),
        Line(
            "Interpolation",
            "From one place of the map to another, through the code and through the pixels.",
            "Where does the way through the pixels show two images at once, and the one through the code none?",
            Way("latent"),
        ),
        Line(
            "Independent dimensions",
            "Each row of images turns one number of a code and leaves the others.",
            "Which number stands for slant and which for width, with β = 1 and with β = 4?",
            Way("latent"),
        ),
        Line(
            "Outliers",
            "What a model has never seen it gives back badly: the error says how unusual an image is.",
            "Draw a letter for a model of digits: how large a share of the digits is given back worse?",
            Way("own"),
        ),
        Line(
            "An autoencoder does not draw",
            "Its codes lie wherever training left them: codes drawn at random are no images. A VAE's are.",
            "Train both on the same images and put them side by side: which gives back better, which draws better?",
            Way("beside"),
        ),
    ),
    "Data and its bias": (
        Line(
            "Learned bias in data",
            "A model takes the shortest way that the table leaves open.",
            "Does accuracy on unseen rows show that it cheats?",
            Way("cheat"),
        ),
    ),
}
LINES = [line for group in COURSE.values() for line in group]
FIELDS = list(dict.fromkeys(name for line in LINES for name in line.way.values))


def go(pick: str) -> dict:
    """A line was pressed."""
    number = tokens.picked(pick, PICK, len(LINES))
    return {} if number is None else follow(LINES[number].way)


def render() -> str:
    """The lines under the headings of the course, a list each."""
    numbers = {line.topic: number for number, line in enumerate(LINES)}
    groups = [
        f"<h4>{markup.esc(heading)}</h4><ul>{''.join(_line(line, numbers[line.topic]) for line in lines)}</ul>"
        for heading, lines in COURSE.items()
    ]
    return markup.page("<h3>Course index</h3>", markup.paragraph(INTRO, "muted"), *groups, classes="gh-course")


def _line(line: Line, number: int) -> str:
    way = markup.pick(f"Open {line.way.name}", f"{PICK}:{number}")
    return f"<li><b>{markup.esc(line.topic)}</b><span>{markup.esc(line.told)}</span><span>{markup.esc(line.question)}</span><span>{way}</span></li>"
