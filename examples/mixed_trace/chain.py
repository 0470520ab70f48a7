"""Services that run, of which the first and the last are ours, and requests to the first."""

import http.client
import json

from processes import Failure, PATIENCE_SECONDS
from spans import check, read

# Two lines each, as a caller may write them.
TRACESTATE = ["congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7"]
CALLER_BAGGAGE = ["plan=pro", "city=Z%C3%BCrich"]
CALLER_SPAN = "00f067aa0ba902b7"


class Chain:
    def __init__(self, processes, program, options=()):
        self.processes = processes
        self.folder = processes.folder
        self.ours = [program, *options]
        self.first = self.start_ours("first", "--baggage", "tenant=acme")
        self.last = self.start_ours("last")

    def start_ours(self, name, *options):
        spans = self.folder / f"{name}.jsonl"
        command = [*self.ours, "--service", name, "--spans", spans, *options]
        return self.processes.start(name, command).address()

    def start_theirs(self, name, *command):
        spans = self.folder / f"{name}.jsonl"
        return self.processes.start(name, [*command, name, spans]).address()

    def end(self):
        """Ends all services, and returns their spans."""
        self.processes.end()
        for process in self.processes.all:
            if process.name in ("first", "last"):
                said = process.said()
                claim = f"{process.name} found no bad header, and lost no span:\n{said}"
                check("bad headers: 0, lost spans: 0" in said, claim)
        return read(sorted(self.folder.glob("*.jsonl")))


def send(addresses, headers=()):
    """Sends a request to the first address, which makes it go on to the others in order, and
    returns the id of the trace that ours has made of it."""
    calls = []
    for address in reversed(addresses[1:]):
        calls = [{"url": f"http://{address}/test", "arguments": calls}]
    body = json.dumps(calls).encode()
    connection = http.client.HTTPConnection(addresses[0], timeout=PATIENCE_SECONDS)
    try:
        connection.putrequest("POST", "/test")
        lines = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), *headers]
        for name, value in lines:
            connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        answer = response.read().decode(errors="replace")
        if response.status != 200:
            raise Failure(f"{addresses} answered {response.status}: {answer}")
        return response.headers["trace-id"]
    finally:
        connection.close()


def caller(trace_id, sampled=True):
    """The headers of a caller, some in two lines."""
    return [
        ("traceparent", f"00-{trace_id}-{CALLER_SPAN}-0{int(sampled)}"),
        *[("tracestate", line) for line in TRACESTATE],
        *[("baggage", line) for line in CALLER_BAGGAGE],
    ]


def check_arrived(last, of_caller):
    """Checks what the last span was to get from the first service and from the caller."""
    tags = last.tags
    check(tags.get("baggage.tenant") == "acme", f"the first one's baggage arrives: {tags}")
    if of_caller:
        arrived = (tags.get("baggage.plan"), tags.get("baggage.city"))
        check(arrived == ("pro", "Zürich"), f"the caller's baggage arrives: {tags}")
        check(",".join(TRACESTATE) in last.tracestate, f"both lines survive: {last.tracestate}")
