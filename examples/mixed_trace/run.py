#!/usr/bin/env python3
"""Sends requests through services and proxies of others, between two of ours, and checks the
traces: see README.md."""

import argparse
import os
import shutil
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "scripts"))

import packages
import program
import tools
from edges import run_edge
from program import run_one, say
from services import run_services

PROXIES = ["nginx", "haproxy", "caddy"]
CHAINS = ["services", *PROXIES, "ours"]


def read_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("chains", nargs="*", metavar="CHAIN", help=f"{', '.join(CHAINS)}; default: all")
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER",
        help="keeps what was installed, and each chain's spans, here; default: a temporary folder",
    )
    options = parser.parse_args()
    unknown = set(options.chains) - set(CHAINS)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; expected {', '.join(CHAINS)}")
    options.chains = options.chains or CHAINS
    return options


def main():
    options = read_options()
    # Where Debian has servers, which is not in everybody's path.
    os.environ["PATH"] += os.pathsep + "/usr/sbin"
    program.run(lambda folder: run_all(options.chains, folder), options.keep, "mixed-trace-")


def run_all(chains, folder):
    """Returns the names of the chains that failed."""
    ours = packages.build_example("propagation_service")
    failed = []
    for chain in [chain for chain in CHAINS if chain in chains]:
        needed = {"services": ["node", "npm"], "ours": []}.get(chain, [chain])
        if missing := [name for name in needed if shutil.which(name) is None]:
            say(f"SKIPPED {chain}: not installed: {', '.join(missing)}")
        elif chain == "services":
            failed += run_one(chain, folder, install_and_run, ours, folder)
        else:
            if chain in PROXIES:
                say(f"with {tools.proxy_version(chain)}")
            proxy = chain if chain in PROXIES else None
            failed += run_one(chain, folder, run_edge, ours, proxy, False)
            failed += run_one(f"{chain}-x-trace-id", folder, run_edge, ours, proxy, True)
    return failed


def install_and_run(folder, ours, installed):
    python = packages.install_python(installed / "python-packages", tools.REQUIREMENTS)
    node = tools.install_node(installed)
    say(f"with {', '.join(packages.python_versions(python, tools.REQUIREMENTS))}")
    say(f"with {', '.join(tools.node_versions(node))}")
    return run_services(folder, ours, python, node)


if __name__ == "__main__":
    main()
