"""Processes that are started, waited for and ended, each within a bounded time."""

import os
import re
import signal
import socket
import subprocess
import time

PATIENCE_SECONDS = 30


class Failure(Exception):
    """Something does not hold, or took too long."""


def run(command, seconds=PATIENCE_SECONDS, **options):
    """Runs a command to its end and returns what it printed."""
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "text": True} | options
    try:
        done = subprocess.run(command, stderr=subprocess.STDOUT, timeout=seconds, **options)
    except subprocess.TimeoutExpired:
        raise Failure(f"`{command[0]}` took more than {seconds} s") from None
    if done.returncode != 0:
        raise Failure(f"`{' '.join(map(str, command))}` failed:\n{done.stdout}")
    return done.stdout


def environment():
    """Returns the environment without what is set for the person's own services."""
    return {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}


def free_addresses(count):
    """Returns addresses on loopback that are free now."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    addresses = ["{}:{}".format(*listener.getsockname()) for listener in listeners]
    for listener in listeners:
        listener.close()
    return addresses


class Processes:
    """Processes that end with the `with` block. Each has a file of what it prints."""

    def __init__(self, folder):
        self.folder = folder
        self.all = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def start(self, name, command):
        process = Process(name, command, self.folder / f"{name}.log")
        self.all.append(process)
        return process

    def end(self):
        """Ends them, each before those that it calls."""
        for process in self.all:
            process.end()


class Process:
    def __init__(self, name, command, log):
        self.name = name
        self.log = log
        env = environment()
        # Where Caddy keeps what it has been told.
        env |= {"XDG_CONFIG_HOME": str(log.parent), "XDG_DATA_HOME": str(log.parent)}
        with log.open("w") as output:
            self.child = subprocess.Popen(
                [str(part) for part in command], env=env, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            )

    def said(self):
        return self.log.read_text(errors="replace")

    def address(self):
        """Waits until the process says where it listens, and returns that."""
        pattern = re.compile(r"^listening on (\S+)$", re.MULTILINE)
        return self._wait(lambda: pattern.search(self.said()), "does not listen")[1]

    def accepts(self, addresses):
        """Waits until the process takes connections at all addresses."""
        for address in addresses:
            self._wait(lambda: is_open(address), f"does not listen on {address}")

    def _wait(self, look, complaint):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (found := look()):
            if self.child.poll() is not None:
                raise Failure(f"{self.name} ended with {self.child.returncode}:\n{self.said()}")
            if time.monotonic() > deadline:
                raise Failure(f"{self.name} {complaint}:\n{self.said()}")
            time.sleep(0.02)
        return found

    def end(self):
        """Ends the process, if it runs, and waits for that."""
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGINT)
            try:
                self.child.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(self.child.pid, signal.SIGKILL)  # And what it has started itself.
                self.child.wait(PATIENCE_SECONDS)


def is_open(address):
    host, port = address.split(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True
