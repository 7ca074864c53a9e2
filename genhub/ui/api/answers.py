"""Endpoints for scripts: a finished classifier answers."""

from collections.abc import Callable

from genhub.lab import Lab


def endpoints(lab: Lab) -> list[Callable]:
    def classify(visitor: str, run: str, texts: list[str]) -> dict:
        """Labels, the predicted one of each text, and all probabilities."""
        return lab.predict(visitor, run, texts)

    def explain(visitor: str, run: str, text: str, label: str = "") -> dict:
        """Integrated gradients for one class (the predicted one when empty), by token and by word, with the convergence delta."""
        return lab.explain(visitor, run, text, label)

    def leave_out(visitor: str, run: str, text: str, drop: list[list[int]]) -> dict:
        """The answer for the text without some character ranges, each [start, end]."""
        return lab.without(visitor, run, text, drop)

    def base_lines(visitor: str, run: str, text: str) -> dict:
        """What the majority class and TF-IDF, fitted on the run's own rows, say to a text; TF-IDF is null where they are not here."""
        return lab.base_lines(visitor, run, text)

    def show_code(visitor: str, run: str) -> dict:
        """A plain transformers + peft script that loads the run, and the command that reproduces it."""
        return lab.code(visitor, run)

    return [classify, explain, leave_out, base_lines, show_code]
