"""Many requests to a Hub in one process, which saves an interpreter and its imports for each: JSON on stdin, JSON on stdout.

[{"name", "do": fetch | look | dataset | publish | run, "args", "endpoint"?}] → {name: what was refused, as a UserError's dictionary, or null}
"""

import json
import socket
import sys
import time
from pathlib import Path

from genhub import hub_child, hub_data, hub_publish, hub_run
from genhub.errors import UserError

NOWHERE = "hub.invalid"  # a name that nobody knows


def answer(request: dict) -> dict | None:
    hub_child.quiet_hub()
    from huggingface_hub import constants

    known, do = constants.ENDPOINT, {"fetch": hub_child.fetch, "look": look, "dataset": hub_data.dataset}
    do |= {"publish": hub_publish.publish, "run": hub_run.fetch}
    constants.ENDPOINT = request.get("endpoint") or known
    try:
        do[request["do"]](request["args"])
    except UserError as error:
        return error.to_dict()
    finally:
        constants.ENDPOINT = known
    return None


def look(args: dict) -> dict:
    """What is fetched is looked at, too, as far as its header says something."""
    got = hub_child.fetch(args)
    return hub_child.inspect(
        {"id": args["id"], "source": got["folder"], "folder": str(Path(args["folder"]) / "clean"), "family": "encoder"}
    )


def main() -> None:
    resolve = socket.getaddrinfo

    def resolved(host, *more, **named):
        if host == NOWHERE:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *more, **named)

    socket.getaddrinfo = resolved
    hub_child.ASK_SECONDS = 1
    time.sleep = lambda seconds: None  # what huggingface_hub does before it asks again, longer each time
    print(json.dumps({request["name"]: answer(request) for request in json.load(sys.stdin)}))


if __name__ == "__main__":
    main()
