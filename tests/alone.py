"""Scripts that GenHub gives away, run where it cannot be imported."""

import subprocess
import sys
from pathlib import Path


def run(folder: Path, script: str, *given: str) -> str:
    """What a script prints, in a folder where whoever imports GenHub ends."""
    (folder / "script.py").write_text(script, encoding="utf-8")
    (folder / "genhub.py").write_text("raise SystemExit('it asked for GenHub')")
    command = [sys.executable, "script.py", *given]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=180, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
