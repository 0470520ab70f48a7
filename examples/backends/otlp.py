"""Reads spans from OTLP requests in either JSON: OTLP's own, with ids in hex, or that of protobuf's
classes, with ids in base64. Names may be in camel or snake case."""

import base64
import json
import math
import re
from dataclasses import dataclass, field

KINDS = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"]
CODES = ["UNSET", "OK", "ERROR"]
TRACE_ID_BYTES, SPAN_ID_BYTES = 16, 8


@dataclass
class Span:
    trace_id: str
    id: str
    parent: str
    name: str
    kind: str
    start: int
    end: int
    status: tuple
    flags: int
    tracestate: str
    tags: dict
    events: list
    links: list
    dropped: tuple
    service: dict
    scope: tuple

    @property
    def key(self):
        return self.trace_id, self.id


@dataclass
class Received:
    spans: list = field(default_factory=list)
    # Attributes of scopes, as they were received. They do not belong to a span.
    scopes: list = field(default_factory=list)


def read_lines(path):
    """Reads a file of requests, one per line. A missing file has none."""
    lines = path.read_text().splitlines() if path.exists() else []
    return read(json.loads(line) for line in lines if line)


def read(requests):
    received = Received()
    for request in requests:
        for group in get(request, "resourceSpans", []):
            service = tags(get(group, "resource", {}))
            for part in get(group, "scopeSpans", []):
                scope = get(part, "scope", {})
                received.scopes.append(tags(scope))
                named = (get(scope, "name", ""), get(scope, "version", ""))
                spans = get(part, "spans", [])
                received.spans += [span_of(span, service, named) for span in spans]
    return received


def span_of(span, service, scope):
    status = get(span, "status", {})
    counts = ("droppedAttributesCount", "droppedEventsCount", "droppedLinksCount")
    return Span(
        trace_id=id_of(span, "traceId", TRACE_ID_BYTES),
        id=id_of(span, "spanId", SPAN_ID_BYTES),
        parent=id_of(span, "parentSpanId", SPAN_ID_BYTES),
        name=get(span, "name", ""),
        kind=choice(get(span, "kind", 0), KINDS, "SPAN_KIND_"),
        start=int(get(span, "startTimeUnixNano", 0)),
        end=int(get(span, "endTimeUnixNano", 0)),
        status=(choice(get(status, "code", 0), CODES, "STATUS_CODE_"), get(status, "message", "")),
        flags=int(get(span, "flags", 0)),
        tracestate=get(span, "traceState", ""),
        tags=tags(span),
        events=[
            (int(get(event, "timeUnixNano", 0)), get(event, "name", ""), tags(event))
            for event in get(span, "events", [])
        ],
        links=[
            (
                id_of(link, "traceId", TRACE_ID_BYTES), id_of(link, "spanId", SPAN_ID_BYTES),
                get(link, "traceState", ""), tags(link),
            )
            for link in get(span, "links", [])
        ],
        dropped=tuple(int(get(span, name, 0)) for name in counts),
        service=service,
        scope=scope,
    )


def get(owner, name, default):
    """Returns the value of a name, which may be in `lowerCamelCase` or in `snake_case`."""
    snake = re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), name)
    found = owner.get(name, owner.get(snake))
    return default if found is None else found


def id_of(owner, name, size):
    text = get(owner, name, "")
    return text.lower() if len(text) in (0, 2 * size) else base64.b64decode(text).hex()


def choice(value, names, prefix):
    """Returns the name of an enum value, which JSON has as a number or as a name."""
    if isinstance(value, int):
        return names[value] if value < len(names) else str(value)
    return value.removeprefix(prefix)


def tags(owner):
    return {tag["key"]: value_of(tag.get("value") or {}) for tag in get(owner, "attributes", [])}


def value_of(value):
    """A value with its type, so that 1, 1.0, "1" and true differ."""
    for kind, found in value.items():
        kind = kind.replace("_v", "V")
        if kind == "intValue":
            return ("int", int(found))
        if kind == "doubleValue":
            number = float(found)
            return ("double", "NaN" if math.isnan(number) else number)
        if kind == "arrayValue":
            return ("array", [value_of(item) for item in (found or {}).get("values", [])])
        if kind == "kvlistValue":
            items = (found or {}).get("values", [])
            return ("map", {item["key"]: value_of(item.get("value") or {}) for item in items})
        return (kind.removesuffix("Value"), found)
    return ("none", None)
