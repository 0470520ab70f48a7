"""What the services of others need, installed into a folder, and which versions these are."""

import json
import shutil
import sys
from pathlib import Path

from processes import Failure, run

HERE = Path(__file__).parent
INSTALLING_SECONDS = 600


def build():
    """Builds our service and returns its program."""
    command = ["cargo", "build", "-q", "-p", "trace-examples", "--example", "propagation_service"]
    lines = run([*command, "--message-format", "json"], 3600, cwd=HERE)
    messages = [json.loads(line) for line in lines.splitlines() if line.startswith("{")]
    programs = [message.get("executable") for message in messages]
    return Path(next(program for program in reversed(programs) if program))


def install_python(folder):
    """Returns a Python that has the packages of `requirements.txt`."""
    python = folder / "python-packages" / "bin" / "python"
    if not python.exists():
        run([sys.executable, "-m", "venv", folder / "python-packages"], INSTALLING_SECONDS)
        run([python, "-m", "pip", "install", "-q", "uv"], INSTALLING_SECONDS)
    uv = [python, "-m", "uv", "pip", "install", "-q", "--python", python]
    run([*uv, "-r", HERE / "requirements.txt"], INSTALLING_SECONDS)
    return python


def install_node(folder):
    """Returns the service's program, beside the packages of `package.json`."""
    node = folder / "node-packages"
    node.mkdir(exist_ok=True)
    for file in ("package.json", "node_service.js"):
        shutil.copy(HERE / file, node)
    npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    run(npm, INSTALLING_SECONDS, cwd=node)
    return node / "node_service.js"


def python_versions(python):
    script = "import sys, importlib.metadata as m\n" \
        "print('Python', sys.version.split()[0])\n" \
        "for name in sys.argv[1:]: print(name, m.version(name))"
    names = [line.split("==")[0] for line in (HERE / "requirements.txt").read_text().split()]
    return run([python, "-c", script, *names]).splitlines()


def node_versions(program):
    listed = run(["npm", "ls", "--depth=0", "--json"], cwd=program.parent)
    packages = json.loads(listed)["dependencies"]
    node = run(["node", "--version"]).strip().removeprefix("v")
    return [f"Node {node}", *(f"{name} {about['version']}" for name, about in packages.items())]


def proxy_version(name):
    option = "version" if name == "caddy" else "-v"
    first_line = (run([name, option]).splitlines() or [""])[0]
    words = [word for word in first_line.replace("/", " ").split() if word[:1].isdigit()]
    if not words:
        raise Failure(f"`{name} {option}` says no version: {first_line}")
    return f"{name} {words[0]}"
