"""The course index held against the topics of the courses: each has its cards, or stands on the short list of those without a place."""

import pytest

from genhub.ui import course

# Heading of the courses → topic → the cards that let people do it.
TOPICS: dict[str, dict[str, tuple[str, ...]]] = {
    "Data augmentation": {
        "why: more samples, regularisation, realistic variation, class balance": ("Does it help?",),
        "how: synthesise data, vary data, add noise, oversample": ("Synthetic data", "Images: noise and blur", "Tables: SMOTE"),
        "images: rotate, flip, crop, translate, zoom; brightness, contrast, saturation": (
            "Images: the slides' chain",
            "Images: all operations, or one of many",
        ),
        "images: Gaussian noise, random pixels, black pixels; blur and smoothing kernels": ("Images: noise and blur",),
        "images: the slides' chain of six": ("Images: the slides' chain",),
        "images: too much of it": ("Where a label breaks",),
        "apply all to every image, or one, or random combinations": ("Images: all operations, or one of many",),
        "replace the data or add to it": ("Replace the rows, or add to them",),
        "text: shuffle characters, words, sentences; insert and delete words": ("Texts",),
        "text: synonyms or similar words": ("Texts", "Masked language model"),
        "text: noise on the embeddings": ("Texts: noise on the embeddings",),
        "text: translate forward and back": ("Texts: there and back",),
        "tables: SMOTE, and how it makes a point between neighbours": ("Tables: SMOTE",),
        "tables: SMOTE-NC": ("Tables: SMOTE-NC",),
        "tables: ADASYN": ("Tables: ADASYN",),
        "scarce data: enlarge a training set with generated images": ("Scarce data", "Synthetic data"),
    },
    "Transfer learning and adapters": {
        "pretrain on much source data, fine-tune on little target data": ("Transfer learning", "What the base is worth"),
        "freeze the base, train a new head": ("A new head on a frozen base", "Freeze, then fine-tune"),
        "then fine-tune everything with a very small learning rate": ("Fine-tuning in small steps", "Freeze, then fine-tune"),
        "trainable parameters before and after": ("A new head on a frozen base",),
        "why full fine-tuning hurts": ("Adapters",),
        "adapters in a transformer layer": ("Adapters",),
        "adapters in a ResNet": ("LoRA on convolutions",),
    },
    "Attention and transformers": {
        "scaled dot-product attention in four steps": ("Scaled dot-product attention",),
        "self-attention, multi-head": ("Multi-head attention",),
        "masked": ("Masked attention: BERT and GPT side by side",),
        "cross-attention": ("Attention between encoder and decoder",),
        "attention in encoder–decoder networks; alignment heat map": ("Attention between encoder and decoder",),
        "attention as explanation and its limits": ("Attention as explanation, and its limits", "What was looked at, and what was used"),
        "positional encoding with its picture": ("Positional encoding",),
        "sum with the token embedding": ("BERT: three embeddings", "Attention treats a text as a set"),
        "encoder block, decoder block, stack of six": ("A stack of blocks: the logit lens",),
        "what is parallel and what is not": ("Limits of recurrence",),
        "BERT: three embeddings": ("BERT: three embeddings",),
        "BERT: masked words, 80, 10 and 10 %": ("Masked language model",),
        "BERT: fine-tuned for sentence classification": ("Fine-tuning BERT for sentences",),
        "GPT: stack of masked blocks; fine-tuning": ("GPT: fine-tuning", "Masked attention: BERT and GPT side by side"),
        "BERT and GPT side by side": ("Masked attention: BERT and GPT side by side",),
    },
    "Text with recurrent networks, and what replaced them": {
        "character RNN on Shakespeare": ("Character RNN on plays",),
        "next character": ("The next token", "Perplexity and bits"),
        "greedy decoding repeats": ("Greedy decoding repeats itself", "Ways of choosing, side by side"),
        "temperature 0.01, 1, 100": ("Temperature",),
        "top-k sampling": ("Top-k sampling",),
        "nucleus sampling": ("Nucleus sampling",),
        "stateless and stateful training": ("Stateless and stateful training",),
        "sentiment: word and sub-word tokens": ("Words and sub-words",),
        "sentence encoder + dense, `trainable=True`": ("Sentiment with a sentence encoder",),
        "translation: encoder–decoder LSTM; longer sentences fail": ("Encoder and decoder",),
        "translation: bidirectional encoders": ("Encoder and decoder",),
        "translation: how good it is": ("BLEU and chrF", "A translator for one field"),
        "beam search with width 3": ("Beam search", "Beam search for a translation"),
        "limits of recurrence: bottleneck, no parallelism, short memory": ("Limits of recurrence", "Encoder and decoder"),
    },
    "Autoencoders": {
        "encoder, bottleneck, decoder; its size against quality": ("Stacked autoencoders",),
        "linear + MSE = PCA": ("A linear autoencoder is PCA", "Three layers without activation"),
        "stacked 784-100-30-100-784": ("Stacked autoencoders",),
        "tied weights": ("Tied weights",),
        "one layer at a time": ("One layer at a time",),
        "dense 784-1000-500-30 with dropout": ("A deep autoencoder with dropout",),
        "convolutional": ("Convolutional autoencoders",),
        "recurrent": ("Recurrent autoencoders",),
        "denoising: Gaussian noise, drop-out, random white pixels": ("Denoising",),
        "sparse: L1": ("Sparse codes by an L1 penalty",),
        "sparse: KL to a target activity": ("Sparse codes by a target (KL)",),
        "look: original against reconstruction": ("Stacked autoencoders", "A sketch that is encoded"),
        "look: first two latent dimensions, by class": ("A convolutional VAE with two dimensions",),
        "uses: features, compression": ("A linear autoencoder is PCA",),
        "uses: anomaly detection": ("Outliers",),
        "uses: synthesis by noise on a code, and why plain autoencoders are bad at it": ("An autoencoder does not draw",),
    },
    "Variational autoencoders": {
        "ELBO; reparameterisation; KL": ("A dense VAE", "Averaged pixels, summed KL"),
        "dense 784-128-4, grid of samples": ("A dense VAE",),
        "convolutional with strided 32, 64, dense 16, latent 2 or 10": ("A convolutional VAE with two dimensions",),
        "reconstruction and generation": ("Drawing from the latent space",),
        "VAE beside AE; twelve samples": ("An autoencoder does not draw",),
        "semantic interpolation": ("Interpolation",),
        "one latent moved, the others fixed": ("Independent dimensions",),
        "disentanglement (β, independent latents)": ("β, and the slides' 0.04", "Independent dimensions"),
        "outlier detection": ("Outliers",),
        "learned bias in data": ("Learned bias in data",),
    },
    "Generative adversarial networks": {
        "counterfeiters and police; alternating phases": ("Generator and discriminator", "Whose turn it is"),
        "D on half real half fake": ("The discriminator's view", "Whose turn it is"),
        "label noise": ("Label smoothing and label noise",),
        "dense 30-100-150-784 (SELU)": ("A small dense GAN",),
        "dense 100-256-512-1024-784 against 784-1024-512-256-1": ("Generator and discriminator",),
        "convolutional": ("A convolutional GAN",),
        "loss that says little, one that is too strong": ("A discriminator that is too strong", "Generator and discriminator"),
        "mode collapse": ("Mode collapse",),
        "remedy: experience replay": ("Experience replay",),
        "remedy: mini-batch discrimination": ("Mini-batch standard deviation",),
        "remedy: conditional generation": ("Conditional GANs", "Conditional generation"),
        "remedy: Wasserstein loss": ("Wasserstein loss",),
        "DCGAN's five rules": ("DCGAN's five rules",),
        "conditional GAN": ("Conditional GANs",),
        "vector arithmetic on mean codes": ("Vector arithmetic on mean codes",),
        "uses: augmentation": ("Synthetic data", "Scarce data"),
        "uses: sketch to picture": ("A sketch that is encoded",),
    },
}
# What is done on the page beyond the courses.
BEYOND = {"diffusion models": ("Taking noise away", "Guidance")}
# Said in the courses, and nowhere on the page yet.
NO_PLACE = (
    "related to multi-task learning",
    "next sentence prediction",
    "GPT-2 and zero-shot",
    "padding and why masking it matters",
    "pretrained embeddings, ULMFiT",
    "number sequences and word lists that are easy or hard to remember",
    "8 one-hot inputs through 3 hidden units",
    "t-SNE of 30 codings",
    "super-resolution, colourising, editing",
)
# Built in a later round.
LATER = (
    "question answering, tagging, multiple choice and similarity",
    "ELMo and sentence encoders",
    "visual attention",
    "unsupervised pretraining",
    "progressive growing and style-based generators",
    "the tabular autoencoder",
    "generative against discriminative",
)
CARDS = {line.topic for line in course.LINES}
NAMED = {(heading, topic): cards for heading, topics in TOPICS.items() for topic, cards in topics.items()}


@pytest.mark.parametrize("place", NAMED, ids=lambda place: place[1][:40])
def test_a_topic_of_the_courses_has_its_cards(place):
    cards = NAMED[place]
    assert cards
    assert set(cards) <= CARDS


def test_a_card_is_of_some_topic():
    told = {card for cards in (*NAMED.values(), *BEYOND.values()) for card in cards}
    assert CARDS - told == set()
    assert {card for cards in BEYOND.values() for card in cards} <= CARDS


def test_what_has_no_place_does_not_become_more():
    assert len(NO_PLACE) <= 9
    assert not {*NO_PLACE, *LATER} & {topic for _, topic in NAMED}
