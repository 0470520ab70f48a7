#!/usr/bin/env python3
"""Sends spans to independent receivers, reads them back, and compares them: see README.md."""

import argparse
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "scripts"))

import program
import receivers
import senders
from compare import compare
from processes import Failure, Processes, free_addresses
from program import run_one, say

PROTOCOLS = ["http/protobuf", "http/json", "grpc"]


def read_options():
    parser = argparse.ArgumentParser(description=__doc__)
    known = [*receivers.STARTED, receivers.RUNNING]
    parser.add_argument(
        "receivers", nargs="*", metavar="RECEIVER",
        help=f"{', '.join(known)}; default: all that can be started",
    )
    parser.add_argument("--protocol", action="append", choices=PROTOCOLS, help="default: all")
    parser.add_argument("--sender", choices=senders.SENDERS, default="services", help="default: %(default)s")
    parser.add_argument("--otel-gui", metavar="URL", help="where otel-gui listens, which you have started")
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER",
        help="keeps what was installed, and the spans of each run, here; default: a temporary folder",
    )
    options = parser.parse_args()
    unknown = set(options.receivers) - set(known)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; expected {', '.join(known)}")
    options.receivers = options.receivers or list(receivers.STARTED)
    if receivers.RUNNING in options.receivers and not options.otel_gui:
        parser.error("otel-gui is not started by this script; say where it is by --otel-gui URL")
    options.protocol = options.protocol or PROTOCOLS
    return options


def main():
    options = read_options()
    program.run(lambda folder: run_all(options, folder), options.keep, "backends-")


def run_all(options, folder):
    """Returns the names of the runs that failed."""
    packages = folder / "packages"
    packages.mkdir(exist_ok=True)
    sender = senders.prepare(options.sender, packages)
    say(f"with {', '.join(sender.versions)}")
    failed = []
    for name in options.receivers:
        try:
            receiver = receivers.prepare(name, packages, options.otel_gui)
        except Failure as failure:
            say(f"FAILED {name}: {failure}")
            failed.append(name)
            continue
        say(f"with {', '.join(receiver.versions)}")
        for protocol in options.protocol:
            if protocol not in sender.protocols:
                continue
            if protocol not in receiver.protocols:
                say(f"SKIPPED {name} {protocol}: it does not take it")
                continue
            run_name = f"{name}-{protocol.replace('/', '-')}"
            failed += run_one(run_name, folder, send_and_compare, sender, receiver, protocol)
            if sender.assembles and receiver.sends_on:
                failed += run_one(f"{run_name}-back", folder, send_and_assemble, sender, receiver, protocol)
    return failed


def send_and_compare(folder, sender, receiver, protocol):
    """Returns what was checked."""
    with Processes(folder) as processes:
        started = receiver.start(processes)
        sent = sender.send(folder, started.url(protocol), protocol)
        received = started.received(sent)
    return compare(sent, received, receiver.leaves_out, receiver.as_it_sees)


def send_and_assemble(folder, sender, receiver, protocol):
    """Returns what was checked: the sender assembles the spans that the receiver forwards."""
    [back_at] = free_addresses(1)
    with Processes(folder) as processes:
        http, grpc = receiver.start_before(processes, back_at)
        url = f"http://{grpc if protocol == 'grpc' else http}"
        return [sender.assemble(folder, url, protocol, back_at)]


if __name__ == "__main__":
    main()
