"""Pieces that the cards of all kinds of runs are made of."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from genhub import catalog
from genhub.jobs.folder import RunFolder

SAMPLE_SET = "genhub-sample"
PRIVATE_SET = "private"


@dataclass(frozen=True)
class Source:
    """What the card may say of where the rows come from: a sample of ours, a public set, or nothing but that they are private."""

    name: str
    kind: str
    revision: str = ""

    @staticmethod
    def of(run: RunFolder, data: dict, called: str) -> "Source":
        """`data`: of the passport. `called`: what the user's own would be, "table" or "text"."""
        sample = data.get("sample") or (run.job()["data"].get("sample") if run.has("job.json") else None)
        if sample:
            return Source(f"GenHub sample {sample}", SAMPLE_SET)
        if hub := data.get("hub"):
            return Source(hub["dataset"], hub["dataset"], hub["revision"])
        return Source(f"A private {called}", PRIVATE_SET)


@dataclass(frozen=True)
class Figure:
    """A measured figure as the Hub's index of models knows it; `name`: what it is and on what it was measured."""

    type: str
    value: float
    name: str


def header(passport: dict, title: str, task: str, source: Source, split: str, figures: Sequence[Figure]) -> str:
    """The YAML block that the Hub reads. `task` is a pipeline tag. Strings are written as JSON, which YAML understands."""
    base = passport["base"]["id"]
    entry = catalog.MODELS.get(base)
    on_the_hub = bool(base) and not catalog.hub_id(base).startswith("embedded/")
    lines = [
        f"license: {entry.licence.lower() if entry else 'unknown'}",
        *([f"base_model: {quoted(catalog.hub_id(base))}"] if on_the_hub else []),
        *([f"base_model_relation: {'adapter' if passport['adapter'] in ADAPTERS else 'finetune'}"] if on_the_hub else []),
        f"pipeline_tag: {task}",
        *(["library_name: peft"] if passport["adapter"] == "peft" else []),
        *(["language:", *(f"- {language}" for language in entry.languages)] if entry and entry.languages != ("*",) else []),
        "tags:",
        *(f"- {tag}" for tag in ("genhub", task, passport["method"])),
        "metrics:",
        *(f"- {figure.type}" for figure in figures),
        "model-index:",
        f"- name: {quoted(title)}",
        "  results:",
        "  - task:",
        f"      type: {task}",
        "    dataset:",
        f"      name: {quoted(source.name)}",
        f"      type: {quoted(source.kind)}",
        *([f"      revision: {source.revision}"] if source.revision else []),
        f"      split: {quoted(split)}",
        "    metrics:",
    ]
    for figure in figures:
        lines += [f"    - type: {figure.type}", f"      value: {figure.value:.4f}", f"      name: {quoted(figure.name)}"]
    return "\n".join(["---", *lines, "---", ""])


ADAPTERS = ("peft", "bottleneck")  # ways to keep what was learnt that need their base


def training(figures: dict, passport: dict, rows: str) -> str:
    """What is known of the training, a line each; figures that were not measured are left out. `rows`: what the rows are called."""
    facts = [
        ("Trainable parameters", figures.get("trainable_parameters"), "{:,}"),
        ("All parameters", figures.get("total_parameters"), "{:,}"),
        ("Seconds", figures.get("seconds"), "{:.1f}"),
        ("Optimiser steps", figures.get("steps"), "{:,}"),
        ("Epochs run", figures.get("epochs_run"), "{}"),
        ("Batch size", figures.get("batch_size"), "{}"),
        ("Window in tokens", figures.get("window"), "{}"),
        ("Learning rate", figures.get("learning_rate"), "{:g}"),
        ("Learning rate of the head", figures.get("head_learning_rate"), "{:g}"),
        ("Peak memory", figures.get("peak_memory_mb"), "{:,.0f} MB"),
        ("Precision", _told(figures, "precision"), "{}"),
        ("Device", _told(figures, "device"), "{}"),
        ("Seed", passport.get("seed"), "{}"),
        ("Data set", _data_set(passport["data"].get("hub")), "{}"),
        (rows, passport["data"].get("rows"), "{:,}"),
        ("SHA-256 of the cleaned rows", passport["data"].get("sha256"), "`{}`"),
        ("Versions", ", ".join(f"{name} {version}" for name, version in passport.get("versions", {}).items()) or None, "{}"),
    ]
    return "\n".join(f"- {name}: {shape.format(value)}" for name, value, shape in facts if value is not None)


def _data_set(hub: dict | None) -> str | None:
    """Which rows of which public set."""
    if not hub:
        return None
    cut = ("", "its first rows", "drawn from a shuffled stream")[hub["cut"] + (hub["cut"] and hub["drawn"])]
    words = (hub["dataset"], f"configuration “{hub['config']}”", f"split “{hub['split']}”", f"revision {hub['revision'][:10]}", cut)
    return ", ".join(escaped(word) for word in words if word)


def _told(figures: dict, name: str) -> str | None:
    return None if figures.get(name) is None else escaped(str(figures[name]))


def listed(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def escaped(value: str) -> str:
    """A user's word as Markdown shows it: no table borders, no mark-up, one line."""
    for sign in ("\\", "|", "`", "*", "_", "[", "]", "#"):
        value = value.replace(sign, f"\\{sign}")
    return " ".join(value.replace("&", "&amp;").replace("<", "&lt;").split())
