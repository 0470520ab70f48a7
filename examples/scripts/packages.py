"""Programs of this workspace, and packages of Python, installed into a folder."""

import json
import sys
from pathlib import Path

from processes import run

HERE = Path(__file__).parent
INSTALLING_SECONDS = 600


def build_example(name):
    """Builds an example and returns its program."""
    command = ["cargo", "build", "-q", "-p", "trace-examples", "--example", name]
    lines = run([*command, "--message-format", "json"], 3600, cwd=HERE)
    messages = [json.loads(line) for line in lines.splitlines() if line.startswith("{")]
    programs = [message.get("executable") for message in messages]
    return Path(next(program for program in reversed(programs) if program))


def install_python(folder, requirements):
    """Returns a Python in `folder` that has the packages of a file."""
    python = folder / "bin" / "python"
    if not python.exists():
        run([sys.executable, "-m", "venv", folder], INSTALLING_SECONDS)
        # The `pip` of older Pythons takes minutes to find versions that fit each other.
        run([python, "-m", "pip", "install", "-q", "uv"], INSTALLING_SECONDS)
    uv = [python, "-m", "uv", "pip", "install", "-q", "--python", python]
    run([*uv, "-r", requirements], INSTALLING_SECONDS)
    return python


def python_versions(python, requirements):
    """Returns the version of a Python, and those of the packages of a file."""
    script = "import sys, importlib.metadata as m\n" \
        "print('Python', sys.version.split()[0])\n" \
        "for name in sys.argv[1:]: print(name, m.version(name))"
    names = [line.split("==")[0] for line in requirements.read_text().split()]
    return run([python, "-c", script, *names]).splitlines()
