"""Operations without models, for the tests of the worker and its client."""

import os
import signal
import sys
import threading
import time

from genhub.errors import UserError
from genhub.serving.worker import Op


def echo(context, args):
    return {"said": args["text"], "pid": os.getpid(), "thread": threading.current_thread().name}


def together(context, requests):
    if any(args["text"] == "bad" for args in requests):
        raise UserError("A bad text.")
    return [{"said": args["text"], "batch": len(requests)} for args in requests]


def single(context, args):
    if args["text"] == "bad":
        raise UserError("A bad text.", "Texts are good.", "Mend it.", "text")
    return {"said": args["text"], "batch": 1}


def count(context, args):
    """Yields 1 … n, each step a little work, and returns the sum."""
    for number in range(1, args["n"] + 1):
        yield {"number": number}
        time.sleep(args.get("pause", 0))
    return {"sum": args["n"] * (args["n"] + 1) // 2}


def hold(context, args):
    """Busy until the file appears: lets a test decide what waits behind it."""
    while not os.path.exists(args["until"]):  # noqa: PTH110
        time.sleep(0.005)
    return {"held": True}


def gather(context, args):
    """Busy until so many requests have reached the worker."""
    while context["requests"] < args["requests"]:
        time.sleep(0.005)
    return {"held": True}


def die(context, args):
    os.kill(os.getpid(), signal.SIGKILL)


def together_die(context, requests):
    if any(args.get("deadly") for args in requests):
        os.kill(os.getpid(), signal.SIGKILL)
    return [{"fine": True} for _ in requests]


def fail(context, args):
    raise {"value": ValueError, "exit": SystemExit, "memory": MemoryError}[args["kind"]](f"hf_{'a' * 20} in it")


def user_error(context, args):
    raise UserError(f"No {args['token']} here.", "The limit.", "The remedy.", "field")


def chatter(context, args):
    print("not an answer")
    sys.stdout.flush()
    os.write(1, b"nor this\n")
    return {"fine": True}


def environment(context, args):
    return dict(os.environ)


def stats(context, args):
    return dict(context)


OPS = {
    "echo": Op(echo),
    "batched": Op(single, key=lambda args: args.get("run"), together=together),
    "count": Op(count),
    "hold": Op(hold),
    "gather": Op(gather),
    "die": Op(die),
    "maybe_die": Op(lambda context, args: together_die(context, [args])[0], key=lambda args: "same", together=together_die),
    "fail": Op(fail),
    "user_error": Op(user_error),
    "chatter": Op(chatter),
    "environment": Op(environment),
    "stats": Op(stats),
}


def context(memory_bytes, counts):
    return counts
