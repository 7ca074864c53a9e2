"""Calls that no client library would make, and files that nobody would send: for tests of what the endpoints refuse."""

import io
import json
import re
import urllib.request
import zipfile
from pathlib import Path

from genhub import disk

# Defects of ours, and words that are not ours: a client library's, or Gradio's for “no comment”.
DEFECT = re.compile(r"Something went wrong|Traceback|Error in|<class|\bNone\b.*object|upstream Gradio|JSON compliant|codec can't|Errno")


def raw(app, name: str, values: list) -> str:
    """What the server says to a call that no client library has looked at: the error of an event, or its data."""
    body = json.dumps({"data": values}).encode()  # NaN and lone surrogates pass
    request = urllib.request.Request(f"{app.address}gradio_api/call{name}", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as reply:
        event = json.loads(reply.read())["event_id"]
    with urllib.request.urlopen(f"{app.address}gradio_api/call{name}/{event}", timeout=60) as reply:
        lines = reply.read().decode("utf-8").splitlines()
    assert "event: error" in lines, lines
    told = lines[lines.index("event: error") + 1]
    assert not DEFECT.search(told), told
    return told


def spoiled(packed: bytes, name: str, change, path: Path) -> str:
    """The zip with one entry changed, and the digest in its passport put right, so that only what is inside speaks against it."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        entries = {entry: archive.read(entry) for entry in archive.namelist()}
    if name in entries:
        entries[name] = change(entries[name])
    passport = json.loads(entries["passport.json"])
    plain = path.with_suffix(".entry")
    for entry in passport["files"]:
        plain.write_bytes(entries[entry])
        passport["files"][entry] = disk.sha256(plain)
    entries["passport.json"] = json.dumps(passport).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for entry, data in entries.items():
            archive.writestr(entry, data)
    return str(path)
