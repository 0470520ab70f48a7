"""What a script of several runs does: it keeps their folders, says what holds, and goes on
after a run that failed."""

import contextlib
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from processes import Failure


def run(run_all, kept, prefix):
    """Calls `run_all` with a folder, which is `kept` or a temporary one. It returns the names
    of the runs that failed; the script ends with 1 if there are any."""
    # So that what was started is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to end"))
    with folder_of(kept, prefix) as folder:
        try:
            failed = run_all(folder.resolve())
        except Failure as failure:
            sys.exit(f"FAILED: {failure}")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


@contextlib.contextmanager
def folder_of(kept, prefix):
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
    else:
        with tempfile.TemporaryDirectory(prefix=prefix) as folder:
            yield Path(folder)


def run_one(name, folder, check, *arguments):
    """Calls `check` with a new folder and says what it returns. Returns the name if it failed."""
    folder = folder / name
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()
    try:
        for line in check(folder, *arguments):
            say(f"ok {name}: {line}")
    except Failure as failure:
        say(f"FAILED {name}: {failure}")
        return [name]
    return []


def say(line):
    print(line, flush=True)
