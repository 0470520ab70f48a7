"""Sends spans with the exporters of OpenTelemetry for Python, and writes them to a file.

usage: sdk_sender.py URL PROTOCOL FILE
"""

import secrets
import sys

from opentelemetry import trace
from opentelemetry.exporter.otlp.json.file.trace_exporter import FileSpanExporter
from opentelemetry.exporter.otlp.json.http.trace_exporter import OTLPSpanExporter as JsonExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.trace.span import TraceState

TRACES = 20


def main():
    url, protocol, file = sys.argv[1:]
    exporter = {
        "http/protobuf": lambda: HttpExporter(endpoint=f"{url}/v1/traces"),
        "http/json": lambda: JsonExporter(endpoint=f"{url}/v1/traces"),
        "grpc": lambda: GrpcExporter(endpoint=url, insecure=True),
    }[protocol]()
    provider = TracerProvider(resource=Resource.create({"service.name": "sdk", "service.version": "1"}))
    provider.add_span_processor(SimpleSpanProcessor(FileSpanExporter(file)))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("sdk-sender", "2.1")
    for number in range(TRACES):
        send_trace(tracer, number)
    provider.shutdown()


def send_trace(tracer, number):
    trace_id, state = secrets.randbits(128) | 1, TraceState([("congo", "t61r"), ("rojo", "00f0")])
    caller = SpanContext(trace_id, 7, True, TraceFlags(1), state)
    below = trace.set_span_in_context(trace.NonRecordingSpan(caller))
    links = [Link(SpanContext(99, 98, True, TraceFlags(1)), {"why": "a batch"})]
    with tracer.start_as_current_span("GET /checkout", below, SpanKind.SERVER, links=links) as root:
        root.set_attributes({"text": "Zürich 👍", "empty": "", "int": -42, "large": 2**53 + 1, "double": 1.5})
        root.set_attributes({"whole": 2.0, "yes": True, "no": False, "texts": ["x", ""], "ints": [1, 2]})
        for kind in SpanKind:
            with tracer.start_as_current_span(f"as {kind.name.lower()}", kind=kind) as span:
                span.add_event("retry", {"attempt": number, "why": "timeout"})
                span.add_event("no attributes")
        with tracer.start_as_current_span("declined") as span:
            span.set_status(Status(StatusCode.ERROR, "card declined"))
        with tracer.start_as_current_span("fine") as span:
            span.set_status(Status(StatusCode.OK))


main()
