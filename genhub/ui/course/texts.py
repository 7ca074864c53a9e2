"""The lines of the course on texts: attention, transformers and language models."""

from genhub.training.configs import ADAPT_PRESETS, SCRATCH_PRESETS, TUNE_PRESETS
from genhub.ui.classify import data
from genhub.ui.course.line import Line, classifier, learner
from genhub.ui.learning import options
from genhub.ui.learning.kinds import ADAPT, SCRATCH, TUNE
from genhub.ui.translate import write
from genhub.ui.ways import Way

SLIDES_RNN = {"architecture": "rnn", "embedding": 16, "width": 128, "layers": 1, "window": 100, "steps": 1_000, "dropout": "0"}

COURSE: dict[str, tuple[Line, ...]] = {
    "Transfer learning and adapters": (
        Line(
            "Transfer learning",
            "Pretrained on much text, fine-tuned on little: a new head on a frozen encoder, or a few parameters of it as well.",
            "Train Frozen encoder and LoRA on one table: is the difference larger than its interval?",
            Way("method", values=classifier("frozen", "lora")),
        ),
        Line(
            "Freeze, then fine-tune",
            "First only the head learns on a frozen base, then everything with a very small learning rate.",
            "What does thawing add to the frozen encoder, in points of accuracy and in seconds?",
            Way("method", values=classifier("freeze-then-finetune", "frozen")),
        ),
        Line(
            "Adapters",
            "Full fine-tuning is slow, drifts, and keeps all parameters again for every task; small layers between frozen ones do not.",
            "How many points does full fine-tuning gain over bottleneck adapters, for how many times the parameters?",
            Way("method", values=classifier("bottleneck", "full")),
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
            "Attention between encoder and decoder",
            "For every word that it writes, the decoder weighs all states of the encoder anew.",
            "Press the words of the translation one by one: where do the two languages go in another order?",
            Way("attention", beside="translate"),
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
            Way("adapt", values=learner(ADAPT, "Balanced", ADAPT_PRESETS["Balanced"])),
        ),
        Line(
            "What was looked at, and what was used",
            "A heat map shows where a decoder looked; hiding a word from it shows what it took from there.",
            "Hide the noun that a word looked at most: does that word change, and no other?",
            Way("attention", beside="translate"),
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
            "Train on the short reviews: does the frozen encoder end ahead of TF-IDF, which counts words?",
            Way("data", values={"data_source": data.SOURCES[0], "data_sample": "reviews", **classifier("frozen")}),
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
            Way("scratch", values=learner(SCRATCH, options.OWN, {**SLIDES_RNN, "stateful": False})),
        ),
        Line(
            "Stateless and stateful training",
            "The state begins anew with every window, or is carried on in the order of the text.",
            "Same text, same seed, with Stateful (under Advanced) and without: does carrying the state save bits a character?",
            Way("scratch", values=learner(SCRATCH, options.OWN, {**SLIDES_RNN, "stateful": True})),
        ),
        Line(
            "Limits of recurrence",
            "A GRU reads one character after the other and must keep all in its state; attention sees its whole window at once.",
            "A GPT and a character RNN for as many steps: which reads more tokens a second, which needs fewer bits?",
            Way("scratch", values=learner(SCRATCH, "GPT, 1 minute", SCRATCH_PRESETS["GPT, 1 minute"])),
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
            "Encoder and decoder",
            "LSTMs squeeze a sentence, read in both directions, into one vector and write from it; attention lets the decoder look back.",
            "Translate the longer sentence: which of its words does the RNN without attention lose?",
            Way("attention", beside="translate", values={"tr_source": write.EXAMPLES[1][2]}),
        ),
        Line(
            "Beam search for a translation",
            "Three beginnings are kept at every step where greedy decoding keeps one.",
            "Does the greedy path leave the best translation, and at which word?",
            Way("translation-tree", beside="translate", values={"tr_tree_beams": 3}),
        ),
        Line(
            "BLEU and chrF",
            "They count runs of words, or of characters, that a translation shares with those of people.",
            "Paste pairs of yours: which translations that you find right have low scores?",
            Way("evaluate"),
        ),
        Line(
            "A translator for one field",
            "LoRA on a few hundred pairs: it learns to translate as they do.",
            "How many points of BLEU does it gain on such pairs, and how many does it lose on everyday sentences?",
            Way("tune", values=learner(TUNE, "Balanced", TUNE_PRESETS["Balanced"])),
        ),
        Line(
            "Perplexity and bits",
            "A token costs minus the logarithm of its probability, in bits; perplexity is 2 to the power of the mean cost.",
            "Guess twenty tokens: how many bits does one cost you, how many the model?",
            Way("guess"),
        ),
    ),
}
