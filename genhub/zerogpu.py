"""A GPU for the time of one call: the only file that knows the package `spaces`, imported in the profile `zerogpu` alone.

    for told in zerogpu.run("genhub.jobs.chunk:train", {"run": …}, seconds=30): …

On a ZeroGPU Space no process has a GPU. A function that `spaces.GPU` decorates is called in a fork of the web process that has one, for as
many seconds as were asked for; then the fork may be ended. So what is called is named by a string, its arguments and what it yields are
plain values (they are pickled on their way), and nothing that it changes in memory is seen here. Anywhere else the decorator gives back the
function as it is, and the same generator runs in the calling thread.

What is relied on of `spaces` 0.51.3, by file of the package:
    zero/decorator.py  without SPACES_ZERO_GPU the function itself comes back; `duration` may be a function of the same arguments
    zero/wrappers.py   a generator's values cross a pipe one by one; closing it ends the one in the fork at its next `yield`; a fork that is
                       idle is used again; one that was ended is told by an error with the title “ZeroGPU worker error”
    zero/client.py     whose quota is spent is in the request of gradio's context variables; a refusal is an error with a title, see REFUSALS
    zero/gradio.py     the page must be launched after the function was decorated
"""

import importlib
import math
import os
import threading
from collections.abc import Generator, Sequence

from genhub import oneshot, tasks
from genhub.errors import UserError

try:
    from spaces import GPU
except ImportError:  # not installed; in a clone of this repository Python finds its folder of that name, which holds no GPU
    GPU = None

REFUSALS = ("ZeroGPU quota exceeded", "ZeroGPU pending credits exceeded", "ZeroGPU illegal duration")
ENDED = "ZeroGPU worker error"
TITLES = "ZeroGPU "  # how the titles of all its errors begin
OFFLINE = {"GENHUB_OFFLINE": "1", "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}

_page = os.getpid()
_settled = 0
_alone = threading.Lock()  # where there is no fork, calls take turns
_importing = threading.Lock()
_waited_for: set[str] = set()  # modules that are not imported yet
_prepared = threading.Event()
_prepared.set()


class Refused(UserError):
    """The visitor's quota, or what a visitor may ask for at once, is too small for this call."""


class Busy(Exception):
    """There is no GPU at present; ask again later."""


class Ended(Exception):
    """The call was ended before it had come to its end: its time was up, or its process died."""


def _asked(target: str, args: dict, seconds: int) -> int:
    return seconds


def _perform(target: str, args: dict, seconds: int) -> Generator[dict, None, None]:
    with _alone:
        _settle()
        yield from tasks.resolve(target)(args, seconds)


on_gpu = _perform if GPU is None else GPU(_perform, duration=_asked)


def check() -> None:
    """Raises UserError where the package is missing."""
    if GPU is None:
        what = "The profile zerogpu needs the package spaces."
        raise UserError(what, "It is pinned in spaces/zerogpu/requirements.txt.", "Install it, or choose another profile.", "profile")


def prepare(modules: Sequence[str]) -> None:
    """Import them in the background, so that forks have them; where there are no forks, nothing. No call begins before that is done: a fork
    that is made while another thread imports would wait for that thread, which it does not have."""
    if on_gpu is _perform:
        return
    _waited_for.update(modules)
    _prepared.clear()

    def work() -> None:
        with _importing:
            try:
                for module in modules:
                    importlib.import_module(module)
            finally:
                _waited_for.difference_update(modules)
                if not _waited_for:
                    _prepared.set()

    threading.Thread(target=work, name="genhub-prepare", daemon=True).start()


def prepared() -> bool:
    """Would a call begin at once?"""
    return _prepared.is_set()


def run(target: str, args: dict, seconds: float) -> Generator[dict, None, None]:
    """What `target(args, seconds)` ("module:function", a generator of dictionaries) yields, with a GPU where this is a ZeroGPU Space.

    Closing it closes that generator at its next `yield`. Raises Refused, Busy, Ended, and RuntimeError for a defect in a fork, whose
    traceback is in the Space's log."""
    _prepared.wait()
    try:
        yield from on_gpu(target, args, math.ceil(seconds))
    except Exception as error:
        raise _meant(error) from error


def forked() -> bool:
    """Is this a fork with a GPU, rather than the process that serves the page?"""
    return os.getpid() != _page


def _meant(error: Exception) -> Exception:
    """An error of `spaces` in our words; any other as it is."""
    title, message = getattr(error, "title", None), str(getattr(error, "message", error))
    if not isinstance(title, str) or not title.startswith(TITLES):
        return error
    if title in REFUSALS:
        return Refused(message, "GPU seconds are counted by Hugging Face, for each visitor and day.", "Try again later, or sign in.", "gpu")
    if title != ENDED:
        return Busy(message)
    return Ended(message) if "aborted" in message else RuntimeError(f"in a fork with a GPU: {message}")


def _settle() -> None:
    """A fork keeps no secret of the page's, and asks nobody on the network."""
    global _settled
    if not forked() or _settled == os.getpid():
        return
    _settled = os.getpid()
    for name in [name for name in os.environ if any(word in name.upper() for word in oneshot.SECRET_WORDS)]:
        del os.environ[name]
    os.environ.update(OFFLINE)
