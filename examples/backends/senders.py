"""The senders: our `services`; Python's SDK, to check the receivers; or a file that we wrote."""

import urllib.request
from dataclasses import dataclass
from pathlib import Path

import packages
from otlp import read_lines
from processes import Failure, environment, run

HERE = Path(__file__).parent
SENDERS = ["services", "sdk", "file"]
ALL = ("http/protobuf", "http/json", "grpc")
SHOP = HERE.parent / "data" / "shop.jsonl"
SENDING_SECONDS = 120


def prepare(name, folder):
    if name == "services":
        return Services(packages.build_example("services"))
    if name == "file":
        return File()
    return Sdk(packages.install_python(folder / "python", HERE / "python.txt"))


@dataclass
class Services:
    """Our five services. To send, they run in one process; to assemble, each has its own process.
    They also write the spans to a file."""

    program: Path
    protocols = ALL
    assembles = True
    versions = ["services of this repository"]

    def send(self, folder, url, protocol):
        file = folder / "sent.jsonl"
        command = [self.program, "--to", url, "--protocol", protocol, "--output", file]
        run(command, SENDING_SECONDS, env=environment())
        return sent(file)

    def assemble(self, folder, url, protocol, back_at):
        """Sends to a URL, and assembles the spans that come back. Each trace has to be complete
        from the reports in its spans, without a timer. Returns what the program prints last."""
        command = [
            self.program, "--to", url, "--protocol", protocol, "--output", folder / "back.jsonl",
            "--back-at", back_at, "--exact", "--cancel-rate", "0", "--processes", "--trees", "0",
        ]
        return run(command, SENDING_SECONDS, env=environment()).strip().splitlines()[-1]


@dataclass
class Sdk:
    """The SDK and the exporters of OpenTelemetry for Python."""

    python: Path
    protocols = ALL
    assembles = False

    @property
    def versions(self):
        return packages.python_versions(self.python, HERE / "python.txt")

    def send(self, folder, url, protocol):
        file = folder / "sent.jsonl"
        command = [self.python, HERE / "sdk_sender.py", url, protocol, file]
        run(command, SENDING_SECONDS, env=environment())
        return sent(file)


class File:
    """A file that `JsonCollector` has written, with one request per line."""

    versions = [f"the file {SHOP.name}"]
    protocols = ("http/json",)
    assembles = False

    def send(self, folder, url, protocol):
        for line in SHOP.read_bytes().splitlines():
            request = urllib.request.Request(
                f"{url}/v1/traces", line, {"content-type": "application/json"}, method="POST"
            )
            try:
                urllib.request.urlopen(request, timeout=SENDING_SECONDS).close()
            except OSError as error:
                raise Failure(f"{url}: {error}") from None
        return sent(SHOP)


def sent(file):
    read = read_lines(file)
    if not read.spans:
        raise Failure(f"the sender wrote no span to {file}")
    return read
