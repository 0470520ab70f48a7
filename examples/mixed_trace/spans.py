"""Spans from files of OTLP/JSON lines, and what is to hold of them."""

import json
from dataclasses import dataclass

from processes import Failure

KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"]


@dataclass
class Span:
    service: str
    kind: str
    name: str
    trace_id: str
    id: str
    parent: str
    tracestate: str
    tags: dict

    def __str__(self):
        return f"{self.id} below {self.parent or 'none':<16} {self.service} {self.kind} `{self.name}`"


def read(files):
    """Returns the spans of files; a file that is not there has none."""
    lines = [line for file in files if file.exists() for line in file.read_text().splitlines()]
    return [span for line in lines if line for span in spans_of(json.loads(line))]


def spans_of(request):
    for group in request.get("resourceSpans", []):
        service = tags_of(group["resource"])["service.name"]
        for scope in group["scopeSpans"]:
            for span in scope["spans"]:
                yield Span(
                    service=service,
                    kind=KINDS[span.get("kind", 0)],
                    name=span["name"],
                    trace_id=span["traceId"],
                    id=span["spanId"],
                    parent=span.get("parentSpanId") or "",
                    tracestate=span.get("traceState") or "",
                    tags=tags_of(span),
                )


def tags_of(owner):
    return {tag["key"]: value_of(tag["value"]) for tag in owner.get("attributes", [])}


def value_of(value):
    if "arrayValue" in value:
        return [value_of(element) for element in value["arrayValue"].get("values", [])]
    return next(iter(value.values()), None)


def check(holds, claim):
    if not holds:
        raise Failure(f"this does not hold: {claim}")


def check_chain(spans, services, parent=""):
    """Checks that the spans are one trace, in which each service is called by the one before
    it, and returns them in that order. The first one is below `parent`."""
    ends = [(service, kind) for service in services for kind in ("server", "client")]
    expected = ends[:-1]  # The last one calls nobody.
    found = "".join(f"\n  {span}" for span in spans)
    check(len({span.trace_id for span in spans}) == 1, f"there is one trace:{found}")
    check(len(spans) == len(expected), f"there are {len(expected)} spans:{found}")
    chain = []
    for service, kind in expected:
        below = [span for span in spans if span.parent == parent]
        claim = f"below {parent or 'none'} is one span, the {kind} of {service}:{found}"
        check(len(below) == 1 and (below[0].service, below[0].kind) == (service, kind), claim)
        chain += below
        parent = below[0].id
    return chain
