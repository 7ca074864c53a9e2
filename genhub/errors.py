"""Two kinds of error, and no third.

    Exception
    └── UserError        somebody's input cannot be used: what is wrong, the limit, what to do
    (anything else)      a defect of ours: logged with its traceback under an id the user sees

`UserError` crosses process boundaries as a dictionary, so that the page shows the sentence that a child process wrote.
"""

import errno
import os
import secrets

DISK_LIMIT = "What is saved needs room; of what could not be saved, nothing half-written is kept."


class UserError(Exception):
    """Input that cannot be used, in three parts.

    what:   what is wrong, with the place ("Line 7 has 3 fields, the header has 2.")
    limit:  the rule it breaks ("Every row needs as many fields as the header.")
    remedy: what to do ("Quote texts that hold a comma.")
    field:  the name of the option or input it concerns, or "" when it concerns the whole request
    fix:    the code of a remedy that can be had at the press of a button (see `genhub.data.fixes`), or ""
    """

    def __init__(self, what: str, limit: str = "", remedy: str = "", field: str = "", fix: str = ""):
        # What somebody sent may stand in the sentence: half a character could be neither logged nor sent back.
        what, limit, remedy, field, fix = (part.encode("utf-8", "replace").decode() for part in (what, limit, remedy, field, fix))
        super().__init__(" ".join(part for part in (what, limit, remedy) if part))
        self.what, self.limit, self.remedy, self.field, self.fix = what, limit, remedy, field, fix

    def to_dict(self) -> dict:
        parts = {"what": self.what, "limit": self.limit, "remedy": self.remedy, "field": self.field}
        return {**parts, "fix": self.fix} if self.fix else parts

    @classmethod
    def from_dict(cls, parts: dict) -> "UserError":
        return cls(*(str(parts.get(name, "")) for name in ("what", "limit", "remedy", "field", "fix")))


def new_error_id() -> str:
    """A short id printed beside "Something went wrong", and in the log beside the traceback."""
    return secrets.token_hex(3)


def full_disk(error: BaseException | None) -> UserError | None:
    """What to say of an error that a full disk, or a used-up quota, has caused; None of any other."""
    full = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
    words = (*map(os.strerror, full), "database or disk is full")  # SQLite's
    while error is not None:
        # Libraries that are not written in Python put the system's words into an error of their own.
        if getattr(error, "errno", None) in full or any(phrase in str(error) for phrase in words):
            return UserError("The disk is full.", DISK_LIMIT, "Delete runs or make room, then try again; a training goes on with Resume.")
        error = error.__cause__
    return None
