"""What the browser remembers of a visit: a small dictionary, sent with every event.

It is kept in two halves, each written by its own handlers alone: the id of the run (STORED_RUN), and everything else. Reading a
table can take minutes; were they one, its end would bring back the run that was shown when it began.

visitor  random token that owns runs and tables
table    id of the table in work, "" before one was read
columns  [text column, label column] chosen for it
fixes    codes of the doctor's remedies that were pressed
used     id of the table that stage 1 was closed with: what is shown of it after a reload
run      id of the run shown below, an example at first
"""

import secrets

FIRST_RUN = "example-support"
STORED_RUN = "run"


def new_visitor() -> str:
    """A token that nobody can guess."""
    return secrets.token_urlsafe(32)


def empty() -> dict:
    """A session of nobody yet: the page gives a visitor a token when it opens (never when it is built: all would share it)."""
    return {"visitor": "", "table": "", "columns": ["", ""], "fixes": [], "used": "", "run": FIRST_RUN}


def greeted(value) -> dict:
    """The remembered session with a token in it: that of the visitor, or a new one for somebody who has none yet."""
    session = restore(value)
    return {**session, "visitor": session["visitor"] or new_visitor()}


def joined(stored, run) -> dict:
    """The session of a visitor (see `greeted`) from its two stored halves."""
    return greeted({**(stored if isinstance(stored, dict) else {}), STORED_RUN: run})


def without_run(session: dict) -> dict:
    """The half of a session that is not the run."""
    return {name: value for name, value in session.items() if name != STORED_RUN}


def restore(value) -> dict:
    """The remembered session where it is whole, an empty one otherwise: storage belongs to the visitor and may hold anything."""
    start = empty()
    if not isinstance(value, dict):
        return start
    kept = {name: value[name] for name, default in start.items() if isinstance(value.get(name), type(default)) and name != "columns"}
    columns = value.get("columns")
    if isinstance(columns, list) and len(columns) == 2 and all(isinstance(name, str) for name in columns):
        kept["columns"] = columns
    return {**start, **kept}
