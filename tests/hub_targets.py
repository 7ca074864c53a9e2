"""Many requests to the Hub in one child process, which saves the tests an interpreter and its imports for each."""

from genhub.errors import UserError
from genhub.hub_data import dataset


def datasets(args: dict) -> dict:
    """{"requests": {name: request}} → {name: {"facts"} | {"refused"}}, as `hub_data.dataset` answers each."""
    answers = {}
    for name, request in args["requests"].items():
        try:
            answers[name] = {"facts": dataset(request)}
        except UserError as error:
            answers[name] = {"refused": error.to_dict()}
    return answers
