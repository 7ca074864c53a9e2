"""What the browser remembers of a visit: a small dictionary in its local storage, sent with every event.

visitor  random token that owns runs and tables
table    id of the table in work, "" before one was read
columns  [text column, label column] chosen for it
fixes    codes of the doctor's remedies that were pressed
run      id of the run shown below, an example at first
"""

import secrets

FIRST_RUN = "example-support"


def fresh() -> dict:
    return {"visitor": secrets.token_urlsafe(32), "table": "", "columns": ["", ""], "fixes": [], "run": FIRST_RUN}


def restore(value) -> dict:
    """The remembered session where it is whole, a fresh one otherwise: storage belongs to the visitor and may hold anything."""
    start = fresh()
    if not isinstance(value, dict):
        return start
    kept = {name: value[name] for name, default in start.items() if isinstance(value.get(name), type(default)) and name != "columns"}
    columns = value.get("columns")
    if isinstance(columns, list) and len(columns) == 2 and all(isinstance(name, str) for name in columns):
        kept["columns"] = columns
    return {**start, **kept}
