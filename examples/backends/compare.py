"""Compares what was sent with what was read back, span by span, one line for each property."""

from collections import Counter

from processes import Failure

# These tags describe a batch or a trace, not the span that has them. The file and the exporter
# may cut batches in different places. `ends` compares them.
OF_BATCHES = {"trace_core.ended_parts", "trace_core.lost_spans"}
ENDED_PARTS, ENDED_TRACES = "trace_core.ended_parts", "trace_core.ended_traces"
# The name of the check that compares traces.
ENDS = "reports of ends"

CHECKS = {
    "parents": lambda span: span.parent,
    "names": lambda span: span.name,
    "kinds": lambda span: span.kind,
    "times": lambda span: (span.start, span.end),
    "status": lambda span: span.status,
    "tags": lambda span: {key: value for key, value in span.tags.items() if key not in OF_BATCHES},
    "events": lambda span: span.events,
    "links": lambda span: span.links,
    "flags": lambda span: span.flags,
    "tracestate": lambda span: span.tracestate,
    "dropped counts": lambda span: span.dropped,
    "resource": lambda span: span.service,
    "scope": lambda span: span.scope,
}

NOTHING = ["", 0, {}, [], (0, 0, 0), ("UNSET", ""), "UNSPECIFIED"]


def compare(sent, received, leaves_out=None, as_it_sees=lambda thing: thing):
    """Returns a line for each property that is equal. `leaves_out` has the properties that the
    receiver does not return, with the reason. `as_it_sees` makes values equal that the receiver
    cannot distinguish."""
    leaves_out = leaves_out or {}
    lines = [ids(sent.spans, received.spans)]
    back = {span.key: span for span in received.spans}
    differences = []
    for name, look in CHECKS.items():
        if name in leaves_out:
            lines.append(f"{name}: not compared: {leaves_out[name]}")
            continue
        different = [
            span for span in sent.spans
            if as_it_sees(look(span)) != as_it_sees(look(back[span.key]))
        ]
        if different:
            span = different[0]
            differences.append(
                f"{name} of {len(different)} spans differ; of `{span.name}` {span.id}:\n"
                f"  sent     {look(span)!r}\n  received {look(back[span.key])!r}"
            )
        some = sum(1 for span in sent.spans if look(span) not in NOTHING)
        lines.append(f"{name}: equal; {some} of {len(sent.spans)} spans have some")
    if differences:
        raise Failure("\n".join(differences))
    if ENDS in leaves_out:
        return [*lines, f"{ENDS}: not compared: {leaves_out[ENDS]}"]
    return [*lines, ends(sent, received)]


def ids(sent, received):
    """Checks that each span that was sent exists once, and no other."""
    if not sent:
        raise Failure("no span was sent")
    there, back = Counter(span.key for span in sent), Counter(span.key for span in received)
    missing, strange = there - back, back - there
    if missing or strange:
        raise Failure(
            f"{sum(missing.values())} of {len(sent)} spans are missing, "
            f"{sum(strange.values())} were not sent or are there twice"
        )
    return f"ids: {len(sent)} spans in {len({span.trace_id for span in sent})} traces, each once"


def ends(sent, received):
    """Compares how many parts of each trace have ended, according to spans and scopes."""
    ours, theirs = ended_parts(sent), ended_parts(received)
    if ours != theirs:
        trace, parts = next(iter((ours - theirs or theirs - ours).items()))
        raise Failure(f"{ENDS} differ: {parts} of trace {trace}")
    return f"{ENDS}: equal; {sum(ours.values())} of {len(ours)} traces"


def ended_parts(received):
    parts = Counter()
    for span in received.spans:
        parts[span.trace_id] += span.tags.get(ENDED_PARTS, ("int", 0))[1]
    for scope in received.scopes:
        for _, trace in scope.get(ENDED_TRACES, ("array", []))[1]:
            parts[trace] += 1
    return +parts
