"""A finished run as code that needs nothing of ours: a plain script that uses it, and the command that repeats it.

The script is a page of transformers, PEFT and safetensors. It is assembled from the passport: the part that loads differs by
how the run keeps what it learnt, the rest is the same for all runs of a kind. Nothing a user wrote goes into it.
"""

import shlex
from pathlib import Path

from genhub import gate, tasks
from genhub.jobs.folder import RunFolder
from genhub.options import Option
from genhub.text import formats

ALWAYS_SAID = ("model", "method", "variant", "epochs", "seed")  # options that the command names even at their defaults


def script(run_dir: Path) -> str:
    """The source of a program that loads this run and answers with it.

    It names the base by its Hub id, and by its package where one carries it; BASE=folder in the environment makes it load a local copy instead.
    Raises UserError for a folder without a passport.
    """
    return script_for(RunFolder(Path(run_dir)).read("passport.json"), whole_model=(Path(run_dir) / "model").is_dir())


def script_for(passport: dict, *, whole_model: bool) -> str:
    """`script` from a passport. `whole_model`: all weights were trained and lie in model/."""
    return formats.part("code", passport).script_for(passport, whole_model=whole_model)


def file_of(passport: dict) -> str:
    """What the script is called in the run's folder."""
    return formats.part("code", passport).FILE


def command_line(run_dir: Path, metrics: dict | None = None, *, named: bool = True) -> str:
    """The command that trains this run again. Where its rows were the user's own, a comment above says what stands for them.

    `metrics` are read from the folder where they are not given. `named`: the comment repeats what the table or text was called.
    Raises UserError for a folder that is not a run.
    """
    run = RunFolder(Path(run_dir))
    job = run.job() if run.has("job.json") else run.read("passport.json")
    if metrics is None:
        metrics = run.read("metrics.json") if run.has("metrics.json") else {}
    config, origin = tasks.get(job["task"]).config.from_dict(job["config"]), job["data"]
    kind = formats.of_task("code", job["task"])
    train = tasks.get(job["task"]).words
    words = ["python", "-m", "genhub", "train", *train.split(), "--data", origin.get("sample") or _of_hub(origin) or kind.STANDS_IN]
    words += kind.source_words(origin, metrics)
    for item in config.options():
        value = getattr(config, item.name)
        if value != item.default or item.name in ALWAYS_SAID:
            words += _said(item, value)
    if origin.get("fixes"):
        words += ["--fix", ",".join(origin["fixes"])]
    return _comment(kind, origin, metrics, named) + shlex.join([*words, "--out", "run-again"])


def _said(option: Option, value) -> list[str]:
    """An option as the command line takes it."""
    if option.kind is bool:
        return [option.flag if value else option.flag.replace("--", "--no-", 1)]
    return [f"{option.flag}={value}"] if str(value).startswith("-") else [option.flag, str(value)]


def _of_hub(origin: dict) -> str:
    """The address of a data set of the Hub as --data takes it; empty for what is the user's own."""
    source = origin.get("hub")
    return f"hub:{source['dataset']}:{source['config']}:{source['split']}" if source else ""


def _comment(kind, origin: dict, metrics: dict, named: bool) -> str:
    """On what stands for files of the user's, or nothing."""
    called = f" ({gate.shown_name(origin['name'])})" if named and origin.get("name") else ""
    if origin.get("hub"):
        own = [f"The data set was read at revision {origin['hub']['revision'][:10]}; it may have changed since"]
    else:
        own = (
            [] if origin.get("sample") else [f"{kind.STANDS_IN} stands for the {kind.CALLED} of yours that this run was trained on{called}"]
        )
    own += kind.more_stand_ins(metrics)
    return f"# {'; '.join(own)}.\n" if own else ""
