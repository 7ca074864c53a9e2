"""The page's one edge: components by name, handlers as plain functions, errors as sentences.

A handler is a function of the Lab and named values that returns a dictionary from component name to new value:

    def use_sample(lab, session, data_sample): ...  return {"data_report": html, "session": session}

A handler reads the whole session, and writes it in halves: `session` for all but the run in view, `run` for that (see `ui.visit`).
`Wires.on` connects it to an event. Whatever the widget promised, the handler's first step is the gate (inside Lab). A
UserError becomes the sentence in the component named by `problem`; anything else is logged with its traceback under an id
that the visitor sees.
"""

import contextlib
import logging
from collections.abc import Callable, Generator
from typing import Any

import gradio as gr

from genhub.errors import UserError, full_disk, new_error_id
from genhub.lab import Lab
from genhub.ui import markup
from genhub.ui.visit import STORED_RUN, joined, without_run

log = logging.getLogger("genhub")


def defect(error: BaseException) -> UserError:
    """Log a defect of ours with its traceback; what the visitor is told of it."""
    error_id = new_error_id()
    log.error("defect %s", error_id, exc_info=error)
    return UserError(
        f"Something went wrong (id {error_id}).", "", "Nothing of yours is lost. Try again; the log holds the cause under this id."
    )


def guarded(function: Callable, problem: Callable[[UserError], Any]) -> Callable:
    """`function` with both kinds of error turned into `problem(error)`. A panic or SystemExit must not stop the server."""

    def call(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except UserError as error:
            return problem(error)
        except gr.Error:
            raise
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:  # noqa: BLE001 - the edge: nothing gets past it
            return problem(full_disk(error) or defect(error))

    return call


class Wires:
    """Components by name, and the events between them. One per page."""

    def __init__(self, lab: Lab):
        self.lab = lab
        self.parts: dict[str, Any] = {}

    def add(self, **parts: Any) -> None:
        """Name components; a name is used once."""
        for name, part in parts.items():
            if name in self.parts:
                raise ValueError(f"two components are called {name}")
            self.parts[name] = part

    def on(self, event: Callable, handler: Callable, inputs: list[str], outputs: list[str], problem: str = "", **options) -> Any:
        """Connect `handler(lab, **inputs)`, which answers with some of `outputs` by name.

        problem: the HTML component for errors; it is cleared when the handler succeeds.
        options: Gradio's own, such as `js`, `trigger_mode`, `show_progress`, `concurrency_id`.
        """
        return event(self._caller(handler, inputs, problem), **self._wiring(inputs, outputs, problem, options))

    def on_pick(self, event: Callable, handler: Callable, inputs: list[str], outputs: list[str], problem: str = "", **options) -> Any:
        """As `on`, for clicks on hand-made HTML: the handler also gets `pick`, the clicked piece's value."""
        call = self._caller(handler, ["pick", *inputs], problem)

        def picked(event_data: gr.EventData, *values):
            return call(str((event_data._data or {}).get("pick", "")), *values)

        return event(picked, **self._wiring(inputs, outputs, problem, options))

    @staticmethod
    def overtaken(late: Any, event: Callable, answered: Any) -> None:
        """What is asked `late` must not stay where the visitor has done something since: its answer, should it come after that to `event`, is
        dropped. It may only be asked between the event and when that is `answered`, so it is dropped at both moments."""
        for moment in (event, answered.then):
            moment(None, cancels=[late])

    def on_steps(
        self,
        event: Callable,
        handler: Callable,
        inputs: list[str],
        outputs: list[str],
        problem: str = "",
        failed: dict | None = None,
        **options,
    ) -> Any:
        """As `on`, for a handler that yields answers while it works; a cancelled one is closed at its next yield.

        failed: answered together with the problem, to take back what the handler said while it still worked.
        """

        # What is yielded last Gradio tells once more when the steps are over; by then the visitor may have done something with it.
        nothing = {self.parts[name]: gr.skip() for name in [*outputs, problem][:1] if name}

        def call(*values):
            steps = _begun(handler, self.lab, _named(inputs, values))
            step = guarded(lambda: next(steps, None), lambda error: {**(failed or {}), problem: self._refusal(problem, error)})
            first = {problem: ""} if problem else {}
            with contextlib.closing(steps):
                while answer := step():
                    yield self._answered({**first, **answer})
                    first = {}
                    if problem in answer:
                        break
            yield nothing

        return event(call, **self._wiring(inputs, outputs, problem, options))

    def _caller(self, handler: Callable, inputs: list[str], problem: str) -> Callable:
        def run(*values):
            answer = handler(self.lab, **_named(inputs, values))
            return {problem: "", **answer} if problem else answer

        def failed(error: UserError) -> dict:
            if not problem:
                raise gr.Error(str(error), print_exception=False)
            return {problem: self._refusal(problem, error)}

        checked = guarded(run, failed)
        return lambda *values: self._answered(checked(*values))

    def _refusal(self, problem: str, error: UserError) -> str:
        """The sentence, with a button only where its press is heard."""
        return markup.problem(error, heard=getattr(self.parts[problem], "js_on_load", None) == markup.PICK_JS)

    def _answered(self, answer: dict) -> dict:
        """Values by component; of the session only the half that is not the run."""
        return {self.parts[name]: without_run(value) if name == "session" else value for name, value in answer.items()}

    def _wiring(self, inputs: list[str], outputs: list[str], problem: str, options: dict) -> dict:
        names = list(dict.fromkeys([*outputs, *([problem] if problem else [])]))
        options = {"show_progress": "hidden", **options}
        return {
            "inputs": [self.parts[name] for name in _stored(inputs)],
            "outputs": [self.parts[name] for name in names],
            "api_visibility": "private",
            "show_progress_on": [] if options["show_progress"] == "hidden" else self._waiting(names, problem),
            **options,
        }

    def _waiting(self, outputs: list[str], problem: str) -> list:
        """Where the visitor sees that an answer is on its way. Not on every output: whatever has ever shown it is told of each event of the
        page from then on by Gradio's script, which looks for every one of them in the tree of all components."""
        shown = [self.parts[name] for name in outputs if name != problem and isinstance(self.parts[name], gr.HTML)]
        return shown or ([self.parts[problem]] if problem else [])


def merged(*answers: dict) -> dict:
    """Several answers as one: the last value of a component counts, but of its updates every property."""
    whole: dict[str, Any] = {}
    for answer in answers:
        for name, value in answer.items():
            whole[name] = {**whole[name], **value} if _is_update(value) and _is_update(whole.get(name)) else value
    return whole


def _is_update(value) -> bool:
    return isinstance(value, dict) and value.get("__type__") == "update"


def _begun(handler: Callable, lab: Lab, given: dict) -> Generator:
    """A handler's steps; what it does before its first one, too, happens when that is asked for."""
    yield from handler(lab, **given)


def _stored(inputs: list[str]) -> list[str]:
    """The components behind `inputs`: a session is two."""
    return [name for given in inputs for name in ((given, STORED_RUN) if given == "session" else (given,))]


def _named(inputs: list[str], values: tuple) -> dict:
    """A handler's inputs by name, the session put together."""
    named = dict(zip(_stored(inputs), values, strict=True))
    if "session" in named:
        named["session"] = joined(named["session"], named.pop(STORED_RUN))
    return named


def pieces(html: str = "", **options) -> gr.HTML:
    """An HTML component whose `data-pick` pieces can be clicked (see `Wires.on_pick`)."""
    return gr.HTML(html, js_on_load=markup.PICK_JS, **options)
