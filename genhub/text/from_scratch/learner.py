"""A character model from drawn weights, as the training loop sees it: the model, its windows, the plan and the rates that suit."""

import math
from collections.abc import Iterable

import torch

from genhub.text.causal import Causal, wrapped
from genhub.text.char_rnn import CharRNN, Reader, Writer
from genhub.text.from_scratch.windows import Onward, Passes
from genhub.text.lm import MATRICES, REST, LanguageTask, Logits, Windows
from genhub.text.sampling import Sampler
from genhub.training.configs import GenerateConfig, ScratchConfig
from genhub.training.plan import Phase, Plan

BREAK = "\n"  # every model knows it: samples go on from one, and one stands between two documents
STRETCHES = 10  # a training has so many epochs: a validation after each
WATCHED = 16_384  # characters of the validation part, at each of them
BETAS = (0.9, 0.95)
SPREAD = 0.04  # standard deviation of a GPT's first weights: GPT-2's own 0.02 is for six times the width
DROPOUT = {  # architecture → (times that the text is read at most, what suits), see `dropout`
    "gpt": ((4, 0.0), (20, 0.1), (60, 0.2), (math.inf, 0.3)),
    "rnn": ((4, 0.0), (20, 0.2), (100, 0.4), (math.inf, 0.5)),
}
RATES = {  # (architecture, optimizer) → what suits: the hidden matrices' and all others'; see SCRATCH_PRESETS
    ("gpt", "muon"): (2e-2, 2e-2),
    ("gpt", "adamw"): (4e-3, 4e-3),
    ("rnn", "muon"): (1e-2, 1e-2),
    ("rnn", "adamw"): (8e-3, 8e-3),
}


class ScratchTask(LanguageTask):
    """Cross-entropy of the next character. The state of a stateful RNN belongs into a checkpoint."""

    def begin_epoch(self, epoch: int) -> None:
        self.train.begin(epoch)

    def extra_state(self) -> dict[str, torch.Tensor]:
        state = getattr(self.model, "state", None)
        return {} if state is None else {"state": state}

    def set_extra_state(self, tensors: dict[str, torch.Tensor]) -> None:
        if tensors:
            self.model.state = tensors["state"]


def passes(config: ScratchConfig, characters: int) -> float:
    """How often the training part of a text of so many characters is read."""
    learnt = characters * (1 - config.test_share - config.validation_share)
    return config.steps * config.batch_size * config.window / max(1.0, learnt)


def dropout(config: ScratchConfig, characters: int) -> float:
    """The config's, or what suits a text of so many characters. Measured with “GPT, 3 minutes” on 96,000 characters, which it reads 38
    times: 1.86 bits a character on unseen text without dropout, 1.77 with 0.1, 1.71 with 0.2, 1.80 with 0.3. Read 113 times (“GPT, 10
    minutes”): 1.72 with 0.3. A model half as wide again needs more, and gains nothing by it: read 80 times, 1.82 with 0.2, 1.78 with 0.3,
    1.76 with 0.4, 1.93 with 0.5. With “RNN, 3 minutes”, 75 times: 1.87 without, 1.77 with 0.4, and the best moment comes after seven tenths of
    the training instead of one.
    """
    if config.dropout is not None:
        return config.dropout
    return next(share for most, share in DROPOUT[config.architecture] if passes(config, characters) <= most)


def drawn_dropout(model: Causal) -> float:
    """What a model was drawn with."""
    return max(module.p for module in model.model.modules() if isinstance(module, torch.nn.Dropout))


def draw(config: ScratchConfig, alphabet: Iterable[str], dropout: float) -> Causal:
    """The model with weights drawn by the config's seed, and its tokeniser: one token a character."""
    from genhub.text.chars import char_tokenizer

    tokenizer = char_tokenizer(alphabet)
    torch.manual_seed(config.seed)
    build = {"gpt": _gpt, "rnn": _rnn}[config.architecture]
    return wrapped(build(config, len(tokenizer), dropout), tokenizer)


def _gpt(config: ScratchConfig, vocabulary: int, dropout: float):
    from transformers import GPT2Config, GPT2LMHeadModel

    model = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=vocabulary,
            n_positions=config.window,
            n_embd=config.width,
            n_layer=config.layers,
            n_head=config.heads,
            activation_function="gelu",
            initializer_range=SPREAD,
            resid_pdrop=dropout,
            embd_pdrop=dropout,
            attn_pdrop=0.0,
            bos_token_id=None,
            eos_token_id=None,
        )
    )
    model.set_attn_implementation("eager")  # faster than sdpa on a CPU, see SCRATCH_PRESETS
    return model


def _rnn(config: ScratchConfig, vocabulary: int, dropout: float) -> Writer:
    return Writer(CharRNN(vocabulary, config.embedding, config.width, config.layers, dropout))


def task(model: Causal, config: ScratchConfig, train, validation) -> ScratchTask:
    """`train` and `validation` (N,) tokens. Raises ValueError where one is too short for a window."""
    steps = stretch(config)
    carries = config.architecture == "rnn" and config.stateful
    if carries:
        streams = max(1, min(config.batch_size, (len(train) - 1) // config.window))
        windows = Onward(train, config.window, streams, steps)
    else:
        windows = Passes(train, config.window, steps * config.batch_size, config.seed)
    reader = Reader(model.model.rnn, carries) if config.architecture == "rnn" else Logits(model.model)
    return ScratchTask(reader, windows, watched(validation, config))


def watched(validation, config: ScratchConfig) -> Windows:
    """The windows that are looked at on the way, spread over the validation part: not all of a long one, or watching takes longer than
    learning. An RNN reads twice as much as in training: it has no limit, and its first characters know too little."""
    length = min(config.window * (2 if config.architecture == "rnn" else 1), len(validation) - 1)
    return Windows(validation, length, stride=max(length, length * len(validation) // WATCHED))


def stretch(config: ScratchConfig) -> int:
    """Steps between two validations."""
    return math.ceil(config.steps / STRETCHES)


def rates(config: ScratchConfig) -> dict[str, float]:
    """Of the hidden matrices the user's rate, or what suits; of all others in the same proportion to it."""
    matrices, rest = RATES[config.architecture, config.optimizer]
    chosen = config.learning_rate or matrices
    return {MATRICES: chosen, REST: chosen * rest / matrices}


def plan(config: ScratchConfig, rows: int) -> Plan:
    """The config as the loop's plan for epochs of so many windows."""
    return Plan.of(
        config,
        (Phase(STRETCHES, rates(config)),),
        rows // stretch(config),
        betas=BETAS,
        muon=(MATRICES,) if config.optimizer == "muon" else (),
        in_order=config.architecture == "rnn" and config.stateful,
    )


def sampler(config: ScratchConfig, model: Causal) -> Sampler:
    """Always the same draw, so that what differs between two samples is the model."""
    text = config.sample_prompt or BREAK
    how = GenerateConfig(max_new_tokens=config.sample_tokens, seed=config.seed)
    return Sampler(model.model, model.decoder, model.tokenizer, model.prompt(text), text, how, model.ends)
