"""What the services of others need, installed into a folder, and which versions these are."""

import json
import shutil
from pathlib import Path

from packages import INSTALLING_SECONDS
from processes import Failure, run

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements.txt"


def install_node(folder):
    """Returns the service's program, beside the packages of `package.json`."""
    node = folder / "node-packages"
    node.mkdir(exist_ok=True)
    for file in ("package.json", "node_service.js"):
        shutil.copy(HERE / file, node)
    npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    run(npm, INSTALLING_SECONDS, cwd=node)
    return node / "node_service.js"


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
