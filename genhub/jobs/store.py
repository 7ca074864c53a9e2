"""The index of all runs: one SQLite table, so that nothing that was accepted is forgotten.

A run's substance is in its folder; here is who owns it, where it stands in the queue and what its headline figures are. Written
through on every change (WAL, synchronous=FULL), readable while somebody writes, shared by all threads of the web process.
"""

import json
import sqlite3
import threading
from dataclasses import dataclass, fields
from pathlib import Path

QUEUED, RUNNING, STOPPING, FINISHED, STOPPED, FAILED = "queued", "running", "stopping", "finished", "stopped", "failed"
STATES = (QUEUED, RUNNING, STOPPING, FINISHED, STOPPED, FAILED)
ACTIVE = (RUNNING, STOPPING)
LOCAL_OWNER = "local"  # of what is trained at home or by command; visitors have the names that their browsers keep

# Entry n brings a database of version n to version n + 1. Only ever append.
MIGRATIONS = (
    """
    CREATE TABLE runs (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        owner TEXT NOT NULL,
        task TEXT NOT NULL,
        name TEXT NOT NULL,
        state TEXT NOT NULL,
        method TEXT NOT NULL DEFAULT '',
        model TEXT NOT NULL DEFAULT '',
        inline INTEGER NOT NULL DEFAULT 0,
        round INTEGER NOT NULL DEFAULT 0,
        created REAL NOT NULL,
        started REAL,
        ended REAL,
        attempts INTEGER NOT NULL DEFAULT 0,
        fruitless INTEGER NOT NULL DEFAULT 0,
        expected REAL,
        metrics TEXT,
        error TEXT
    );
    CREATE INDEX runs_by_owner ON runs (owner, number);
    CREATE INDEX runs_by_state ON runs (state, number);
    """,
)


@dataclass(frozen=True)
class Record:
    """One line of the index. Times in seconds since the epoch; `number` is the order of arrival, given by the store.

    inline:    made by the command line, which trains in its own process: watched, never started here
    round:     of the queue, see `fair`
    attempts:  processes that were started for it
    fruitless: of these, the last ones in a row that left no new checkpoint
    expected:  seconds it was forecast to take before it was started, None when nobody asked
    """

    id: str
    owner: str
    task: str
    name: str
    state: str
    created: float
    method: str = ""
    model: str = ""
    inline: bool = False
    round: int = 0
    started: float | None = None
    ended: float | None = None
    attempts: int = 0
    fruitless: int = 0
    expected: float | None = None
    metrics: dict | None = None
    error: dict | None = None
    number: int = 0


COLUMNS = tuple(field.name for field in fields(Record))
JSON = ("metrics", "error")


class Store:
    """The database at `path`, made or brought up to date when opened. Every method may be called from any thread.

    Raises RuntimeError for a database that a newer GenHub wrote.
    """

    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, timeout=20, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._migrate(path)

    def _migrate(self, path: Path) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > len(MIGRATIONS):
            self._db.execute("ROLLBACK")
            self._db.close()
            raise RuntimeError(f"{path} has version {version}; this GenHub knows versions up to {len(MIGRATIONS)}.")
        for step in MIGRATIONS[version:]:
            for statement in filter(str.strip, step.split(";")):
                self._db.execute(statement)
        self._db.execute(f"PRAGMA user_version={len(MIGRATIONS)}")
        self._db.execute("COMMIT")

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def insert(self, record: Record) -> None:
        names = [name for name in COLUMNS if name != "number"]
        marks = ", ".join("?" * len(names))
        self._execute(f"INSERT INTO runs ({', '.join(names)}) VALUES ({marks})", [_stored(getattr(record, name)) for name in names])  # noqa: S608 - our own column names

    def update(self, id: str, **values) -> None:
        """Set columns of a run; nothing happens when it is not there (any more)."""
        if unknown := set(values) - set(COLUMNS):
            raise ValueError(f"no such columns: {unknown}")
        names = ", ".join(f"{name} = ?" for name in values)
        self._execute(f"UPDATE runs SET {names} WHERE id = ?", [*map(_stored, values.values()), id])  # noqa: S608 - checked above

    def to_back(self, id: str) -> None:
        """Let a run arrive anew: behind all others."""
        self._execute("UPDATE runs SET number = (SELECT MAX(number) + 1 FROM runs) WHERE id = ?", [id])

    def current_round(self) -> int:
        """The highest round from which a job was started."""
        with self._lock:
            return self._db.execute("SELECT MAX(round) FROM runs WHERE started IS NOT NULL").fetchone()[0] or 0

    def delete(self, id: str) -> None:
        self._execute("DELETE FROM runs WHERE id = ?", [id])

    def get(self, id: str) -> Record | None:
        return next(iter(self._select("id = ?", [id])), None)

    def owned(self, owner: str | None) -> list[Record]:
        """The runs of one owner (None: of everybody), newest first."""
        found = self._select("1", []) if owner is None else self._select("owner = ?", [owner])
        return found[::-1]

    def in_state(self, *states: str) -> list[Record]:
        """Runs in one of these states, in order of arrival."""
        return self._select(f"state IN ({', '.join('?' * len(states))})", list(states))

    def ids(self) -> set[str]:
        with self._lock:
            return {row[0] for row in self._db.execute("SELECT id FROM runs")}

    def durations(self, task: str, method: str | None = None, last: int = 20) -> list[float]:
        """Seconds that the last finished runs of this task (None: by whatever method) took."""
        query = (
            "SELECT ended - started FROM runs WHERE task = ? AND method = COALESCE(?, method) AND state = ? AND started IS NOT NULL"
            " ORDER BY number DESC LIMIT ?"
        )
        with self._lock:
            return [row[0] for row in self._db.execute(query, [task, method, FINISHED, last])]

    def _select(self, where: str, values: list) -> list[Record]:
        with self._lock:
            rows = self._db.execute(f"SELECT {', '.join(COLUMNS)} FROM runs WHERE {where} ORDER BY number", values).fetchall()  # noqa: S608 - `where` is ours
        return [_record(row) for row in rows]

    def _execute(self, statement: str, values: list) -> None:
        with self._lock:
            self._db.execute(statement, values)


def _stored(value):
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value


def _record(row: tuple) -> Record:
    values = dict(zip(COLUMNS, row, strict=True))
    for name in JSON:
        values[name] = None if values[name] is None else json.loads(values[name])
    return Record(**{**values, "inline": bool(values["inline"])})
