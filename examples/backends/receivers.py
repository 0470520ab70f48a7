"""Independent receivers: how each is installed, started and read."""

import json
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import packages
from compare import ENDS
from otlp import read, read_lines
from processes import Failure, PATIENCE_SECONDS, free_addresses

HERE = Path(__file__).parent
STARTED = ["python", "rotel", "ddapm"]
# Not in a registry, so the user has to start it.
RUNNING = "otel-gui"
ALL = ("http/protobuf", "http/json", "grpc")


class Receiver:
    """The defaults of a receiver."""

    protocols = ALL
    # What the receiver does not return, and why.
    leaves_out = {}
    # Whether it forwards spans.
    sends_on = False

    @staticmethod
    def as_it_sees(thing):
        """Makes values equal that the receiver cannot distinguish."""
        return thing


def prepare(name, folder, otel_gui):
    """Installs a receiver into a folder."""
    if name == RUNNING:
        return OtelGui(otel_gui)
    python = packages.install_python(folder / name, HERE / f"{name}.txt")
    versions = packages.python_versions(python, HERE / f"{name}.txt")
    if name == "python":
        return Sink(python, versions)
    if name == "ddapm":
        return TestAgent(python, versions)
    sink = packages.install_python(folder / "python", HERE / "python.txt")
    return Rotel(python, versions, sink)


@dataclass
class Running:
    """A receiver that runs, and what it has received."""

    http: str
    grpc: str
    look: object

    def url(self, protocol):
        return f"http://{self.grpc if protocol == 'grpc' else self.http}"

    def received(self, sent):
        """Waits until as many spans have arrived as were sent. Returns fewer after a timeout."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        found = self.look()
        while len(found.spans) < len(sent.spans) and time.monotonic() < deadline:
            time.sleep(0.1)
            found = self.look()
        return found


@dataclass
class Sink(Receiver):
    """The official Python classes: those of protobuf, and those of OTLP/JSON."""

    python: Path
    versions: list

    def start(self, processes):
        http, grpc = free_addresses(2)
        file = processes.folder / "received.jsonl"
        command = [self.python, HERE / "sink.py", http, grpc, file]
        processes.start("sink", command).accepts([http, grpc])
        return Running(http, grpc, lambda: read_lines(file))


@dataclass
class Rotel(Receiver):
    """An agent, which forwards spans to the official classes."""

    python: Path
    versions: list
    sink: Path
    sends_on = True

    def start(self, processes):
        behind = Sink(self.sink, []).start(processes)
        http, grpc = self.start_before(processes, behind.http)
        return Running(http, grpc, behind.look)

    def start_before(self, processes, behind):
        """Starts the agent in front of a receiver with an HTTP address. Returns its own addresses."""
        http, grpc = free_addresses(2)
        [program] = self.python.parent.parent.glob("lib/python*/site-packages/rotel/rotel-agent")
        command = [
            program, "start", "--pid-file", processes.folder / "rotel.pid",
            "--otlp-http-endpoint", http, "--otlp-grpc-endpoint", grpc,
            "--exporter", "otlp", "--otlp-exporter-protocol", "http",
            "--otlp-exporter-endpoint", f"http://{behind}",
        ]
        processes.start("rotel", command).accepts([http, grpc])
        return http, grpc


@dataclass
class TestAgent(Receiver):
    """Datadog's test agent, which reads protobuf with its own code, and returns all requests."""

    python: Path
    versions: list

    def start(self, processes):
        addresses = free_addresses(4)
        datadog, page, http, grpc = [address.split(":")[1] for address in addresses]
        command = [
            self.python.parent / "ddapm-test-agent", "--port", datadog, "--web-ui-port", page,
            "--otlp-http-port", http, "--otlp-grpc-port", grpc,
        ]
        processes.start("ddapm", command).accepts(addresses[2:])
        http, grpc = addresses[2:]
        return Running(http, grpc, lambda: read(fetch(f"http://{http}/test/session/traces")))


@dataclass
class OtelGui(Receiver):
    """A web page that assembles traces with its own code. It keeps all traces, so only those of this
    run are read."""

    at: str
    versions: list = field(default_factory=lambda: ["otel-gui, which you have started"])
    protocols = ("http/protobuf", "http/json")
    leaves_out = {
        "flags": "it exports none",
        "tracestate": "it exports none",
        "dropped counts": "it exports none",
        ENDS: "it has scopes only with their spans, and for each trace again",
    }

    @staticmethod
    def as_it_sees(thing):
        """JavaScript has one type of numbers, and rounds integers above 2^53."""
        match thing:
            case ("int" | "double", int() | float() as number):
                return ("number", float(number))
            case tuple() | list():
                return [OtelGui.as_it_sees(item) for item in thing]
            case dict():
                return {key: OtelGui.as_it_sees(item) for key, item in thing.items()}
        return thing

    def start(self, processes):
        address = self.at.removeprefix("http://").rstrip("/")
        # Alone: while it reads what messages look like, it answers others with status 400.
        send(f"http://{address}/v1/traces", b"", "application/x-protobuf")
        return GuiRunning(address, None, None)


class GuiRunning(Running):
    def received(self, sent):
        traces = {span.trace_id for span in sent.spans}
        self.look = lambda: read(
            part for trace in sorted(traces) for part in exported(f"http://{self.http}", trace)
        )
        return super().received(sent)


def exported(url, trace):
    try:
        return fetch(f"{url}/api/traces/{trace}/export")["traces"]
    except Failure:
        return []  # Not received yet.


def send(url, body, content_type):
    request = urllib.request.Request(url, body, {"content-type": content_type}, method="POST")
    try:
        urllib.request.urlopen(request, timeout=PATIENCE_SECONDS).close()
    except OSError as error:
        raise Failure(f"{url}: {error}") from None


def fetch(url):
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
            return json.load(answer)
    except (OSError, ValueError) as error:
        raise Failure(f"{url}: {error}") from None
