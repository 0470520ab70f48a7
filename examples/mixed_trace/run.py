#!/usr/bin/env python3
"""Sends requests through services and proxies of others, between two of ours, and checks the
traces: see README.md."""

import argparse
import contextlib
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import tools
from edges import run_edge
from processes import Failure
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
    # So that what was started is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to end"))
    with folder_of(options.keep) as folder:
        try:
            failed = run_all(options.chains, folder.resolve())
        except Failure as failure:
            sys.exit(f"FAILED: {failure}")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


@contextlib.contextmanager
def folder_of(kept):
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
    else:
        with tempfile.TemporaryDirectory(prefix="mixed-trace-") as folder:
            yield Path(folder)


def run_all(chains, folder):
    """Returns the names of the chains that failed."""
    program = tools.build()
    failed = []
    for chain in [chain for chain in CHAINS if chain in chains]:
        needed = {"services": ["node", "npm"], "ours": []}.get(chain, [chain])
        if missing := [name for name in needed if shutil.which(name) is None]:
            say(f"SKIPPED {chain}: not installed: {', '.join(missing)}")
        elif chain == "services":
            failed += run_chain(chain, folder, install_and_run, program, folder)
        else:
            if chain in PROXIES:
                say(f"with {tools.proxy_version(chain)}")
            proxy = chain if chain in PROXIES else None
            failed += run_chain(chain, folder, run_edge, program, proxy, False)
            failed += run_chain(f"{chain}-x-trace-id", folder, run_edge, program, proxy, True)
    return failed


def install_and_run(folder, program, packages):
    python, node = tools.install_python(packages), tools.install_node(packages)
    say(f"with {', '.join(tools.python_versions(python))}")
    say(f"with {', '.join(tools.node_versions(node))}")
    return run_services(folder, program, python, node)


def run_chain(name, folder, check, *arguments):
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


if __name__ == "__main__":
    main()
