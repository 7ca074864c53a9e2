"""What the examples of docs/api.md begin with; they read files of the repository, from whose root they run."""

import time
from base64 import b64decode
from pathlib import Path

from gradio_client import Client, handle_file

client = Client("http://127.0.0.1:7860")
me = client.predict(api_name="/new_visitor")
samples = Path("genhub/data/samples")


def ended(run):
    """The status of a run once it is over."""
    while (status := client.predict(me, run, api_name="/run_status"))["state"] in ("queued", "running", "stopping"):
        time.sleep(0.2)
    return status
