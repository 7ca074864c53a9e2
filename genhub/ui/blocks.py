"""`gr.Blocks` in which a value that Gradio itself cannot take is refused with a sentence, before any handler sees it.

Gradio checks where files come from and what a component's value looks like, but tells the client nothing of it, and it
downloads a file that is named by an address of another host. Here a file is what was uploaded to this server, nothing else.
"""

import logging
from typing import Any

import gradio as gr

from genhub.errors import UserError
from genhub.jobs.admission import sender
from genhub.ui import sessions, sign_in
from genhub.ui.guard import SENT, Asked

LOG = logging.getLogger(__name__)
sessions.lean()


class GuardedBlocks(gr.Blocks):
    """The page's Blocks."""

    def get_config_file(self) -> dict:
        """Gradio's own; the page is not sent what only scripts use, which is an eighth of its components and events."""
        config = super().get_config_file()
        for page in config["page"].values():
            without_endpoints(page, config)
        return config

    async def process_api(self, block_fn, inputs: list[Any], state=None, request=None, *more, **named):
        """Gradio's own; who asks is known to everything below for that long."""
        known = sender.set(address_of(request))
        try:
            with sign_in.known(request):
                return await super().process_api(block_fn, inputs, state, request, *more, **named)
        finally:
            sender.reset(known)

    async def preprocess_data(self, block_fn, inputs: list[Any], state, explicit_call: bool = False) -> list[Any]:
        """Gradio's own, between a check and a translation of its errors."""
        try:
            for value in inputs:
                refuse_addresses(value)
            return await super().preprocess_data(block_fn, inputs, state, explicit_call)
        except UserError as error:
            raise gr.Error(str(error), print_exception=False) from error
        except gr.Error:
            raise
        except Exception as error:
            LOG.info("a value was refused: %s", type(error).__name__)
            raise gr.Error(str(unusable(error)), print_exception=False) from error


def without_endpoints(page: dict, config: dict) -> None:
    """Takes out of `page`, in place, the events that no component of a page starts, and the components of `gr.api`, which show nothing."""
    started = {event["id"] for event in config["dependencies"] if event["targets"]}
    shown = {part["id"] for part in config["components"] if part["type"] != "api"}
    page["dependencies"] = [event for event in page["dependencies"] if event in started]
    page["components"] = [part for part in page["components"] if part in shown]
    page["layout"]["children"] = [part for part in page["layout"]["children"] if part["id"] in shown]


def address_of(request) -> str:
    """The network address that a Gradio request came from, as the guard found it; "" where nothing came over a network."""
    try:
        scope = getattr(request, "request", request).scope  # Gradio wraps the request, and makes JSON of what it is asked for
    except AttributeError:
        return ""
    sent = scope.get(SENT)
    return sent.address if sent else Asked.of(scope).address


def refuse_addresses(value: Any) -> None:
    """Raises UserError for a file, at any depth of `value`, that lies on another host."""
    if isinstance(value, dict):
        if "path" in value and "meta" in value and "://" in str(value["path"]):
            what = f"“{str(value['path'])[:80]}” is an address, not a file."
            raise UserError(what, "GenHub fetches no files from elsewhere.", "Download it and upload the file.", "file")
        for part in value.values():
            refuse_addresses(part)
    elif isinstance(value, list):
        for part in value:
            refuse_addresses(part)


def unusable(error: Exception) -> UserError:
    """What a client is told of an error of Gradio's own."""
    if isinstance(error, gr.exceptions.InvalidPathError | OSError):
        return UserError("This file was not uploaded to this server.", "A file must be uploaded before it is used.", "Upload it.", "file")
    limit = "Files are uploaded first, numbers are numbers, texts are texts."
    return UserError("A value is not of the kind that belongs there.", limit, "docs/api.md says what each endpoint takes.")
