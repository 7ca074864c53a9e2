"""`generate`: a language model goes on with a prompt; `score`: what it gives to a text it is shown.

Both answer what the page's model worker answers, in this process, each request alone: the same seed gives the same text always.
"""

import argparse
from typing import Any

from genhub import gate, hub, settings, steps
from genhub.commands import Command, add_config, config_values, names, run_folders
from genhub.commands.output import Output, table
from genhub.errors import UserError
from genhub.families import CAUSAL
from genhub.training.configs import STRATEGIES, GenerateConfig

FIGURES = ("tokens", "perplexity", "distinct_1", "distinct_2", "repetition", "seconds")


def _writer_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", default="", dest="run_name", metavar="RUN", help="Folder or id of a finished run; it writes, not --model.")


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--prompt", default="", help="The text to go on with; empty: the beginning of a text, where the model has one.")
    parser.add_argument("--compare", default="", metavar="LIST", help="Several strategies side by side, separated by commas, or all.")
    _writer_arguments(parser)
    add_config(parser, GenerateConfig)


def _run(args: argparse.Namespace, out: Output) -> None:
    limits = settings.get().limits
    prompt = gate.text(args.prompt, limits.text_chars, "prompt", blank=True)
    config = gate.filled(GenerateConfig, config_values(args, GenerateConfig))
    gate.new_tokens(config.max_new_tokens, limits)
    known = tuple(STRATEGIES)
    compared = names(args.compare, (*known, "all"), "strategy")
    writer, context = _writer(args, config, out)
    asked = {**writer, "prompt": prompt, "exact": True}
    if not compared:
        told = _written(context, {**asked, "config": config.to_dict()})
        out.result(told, f"{prompt}{told['text']}")
        return
    answers = {}
    for strategy in known if "all" in compared else compared:
        out.say(f"{STRATEGIES[strategy][0]} …")
        answers[strategy] = _written(context, {**asked, "config": config.to_dict() | {"strategy": strategy}})
    _tell_compared(prompt, answers, out)


def _tell_compared(prompt: str, answers: dict[str, dict], out: Output) -> None:
    rows = [(name, len(told["tokens"]), *(told[figure] for figure in FIGURES[1:])) for name, told in answers.items()]
    header = ("strategy", *(figure.replace("_", "-") for figure in FIGURES))
    texts = "\n\n".join(f"{STRATEGIES[name][0]}: {prompt}{told['text']}" for name, told in answers.items())
    out.result({"prompt": prompt, "answers": answers}, f"{texts}\n\n{table(header, rows)}")


def _score_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--text", required=True, help="The text to judge.")
    parser.add_argument("--model", default=GenerateConfig.model, help=f"The language model. Default: {GenerateConfig.model}.")
    _writer_arguments(parser)


def _score(args: argparse.Namespace, out: Output) -> None:
    text = gate.text(args.text, settings.get().limits.text_chars)
    writer, context = _writer(args, gate.filled(GenerateConfig, {"model": args.model}), out)
    from genhub.serving import generating

    told = generating.score(context, {**writer, "text": text})
    head = f"{told['bits_per_character']:.3f} bits a character, perplexity {told['perplexity']:,.1f} a token"
    rows = [(repr(token["text"]), token["logprob"], token["entropy"], token["rank"]) for token in told["tokens"]]
    out.result(told, f"{head}\n\n{table(('token', 'log-probability', 'entropy', 'rank'), rows)}")


def _writer(args: argparse.Namespace, config: GenerateConfig, out: Output) -> tuple[dict, Any]:
    """Who writes, as the worker is told, and what its operations share."""
    if args.run_name:
        writer = {"run_dir": str(run_folders.finished(args.run_name).path)}
    else:
        model = gate.model_id(config.model, settings.get(), CAUSAL.name)
        hub.model_folder(model, settings.get(), family=CAUSAL.name)
        writer = {"model": model}
    out.say("Loading the model …")
    from genhub.serving import ops

    return writer, ops.context(0, {})


def _written(context: Any, args: dict) -> dict:
    from genhub.serving import generating

    told = steps.result(generating.write(context, args))
    if not told["tokens"]:
        raise UserError(
            "The model ended the text at once.", "It wrote no token.", "Change the prompt or the seed, or add --no-stop-at-end."
        )
    return told


COMMAND = Command("go on with a prompt, with a language model or a run that adapted one", _arguments, _run)
SCORE = Command("give a text's bits and perplexity under a language model, token by token", _score_arguments, _score)
