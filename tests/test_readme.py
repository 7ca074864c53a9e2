"""What README.md tells people to type works: the make targets exist, the command lines are understood."""

import re
import shlex
from pathlib import Path

import pytest

from genhub import cli

ROOT = Path(cli.__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands(start: str) -> list[str]:
    """Lines of the README's code blocks that begin with `start`, continued lines joined, remarks cut off."""
    blocks = "\n".join(re.findall(r"```[a-z]*\n(.*?)```", README, re.DOTALL)).replace("\\\n", " ")
    lines = [re.sub(r"\s+#.*", "", line).strip().removeprefix("$ ") for line in blocks.splitlines()]
    return [line for line in lines if line.startswith(start)]


def test_the_two_commands_are_there():
    assert "make demo" in README
    assert "make test" in README


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\bmake ([a-z][a-z-]*)\b", "\n".join(commands("make "))))))
def test_make_targets_exist(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("line", commands("python -m genhub"))
def test_command_lines_are_understood(line):
    words = shlex.split(line.replace("…", "x"))[3:]
    cli.parser().parse_args(words)


@pytest.mark.parametrize("line", commands("torchrun"))
def test_command_lines_of_several_processes_are_understood(line):
    from torch.distributed.run import get_args_parser

    told = get_args_parser().parse_args(shlex.split(line)[1:])
    assert (told.module, told.training_script) == (True, "genhub")
    cli.parser().parse_args(told.training_script_args)


@pytest.mark.parametrize("place", sorted(set(re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", README))))
def test_links_within_the_repository_lead_somewhere(place):
    assert (ROOT / place).exists()
