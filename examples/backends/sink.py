"""Receives OTLP over all protocols with the official Python classes, and writes each request to a
file as a line of OTLP/JSON.

usage: sink.py HTTP_ADDRESS GRPC_ADDRESS FILE
"""

import base64
import gzip
import json
import sys
import threading
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as messages
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as service
from opentelemetry.proto_json.collector.trace.v1.trace_service import ExportTraceServiceRequest

IDS = {"traceId", "spanId", "parentSpanId"}
PROTOBUF, JSON = "application/x-protobuf", "application/json"


class File:
    def __init__(self, path):
        self.output, self.lock = open(path, "a"), threading.Lock()

    def write(self, request):
        line = json.dumps(request)
        with self.lock:
            print(line, file=self.output, flush=True)


def from_protobuf(body):
    return otlp_json(messages.ExportTraceServiceRequest.FromString(body))


def otlp_json(message):
    """Protobuf's JSON has ids in base64 and enumerations by name; OTLP's does not."""
    return with_ids_in_hex(MessageToDict(message, use_integers_for_enums=True))


def with_ids_in_hex(part):
    if isinstance(part, list):
        return [with_ids_in_hex(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        name: base64.b64decode(below).hex() if name in IDS else with_ids_in_hex(below)
        for name, below in part.items()
    }


def from_json(body):
    return ExportTraceServiceRequest.from_json(body).to_dict()


def handler_of(file):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.body()
            kind = (self.headers["content-type"] or "").split(";")[0]
            read = {PROTOBUF: from_protobuf, JSON: from_json}.get(kind)
            if self.path != "/v1/traces" or read is None:
                return self.answer(404 if read else 415, kind, b"")
            try:
                if self.headers["content-encoding"] == "gzip":
                    body = gzip.decompress(body)
                file.write(read(body))
            except Exception as error:
                print(f"bad body: {error}", flush=True)
                return self.answer(400, kind, b"")
            self.answer(200, kind, b"{}" if kind == JSON else b"")

        def body(self):
            if "chunked" not in (self.headers["transfer-encoding"] or ""):
                return self.rfile.read(int(self.headers["content-length"] or 0))
            body = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def answer(self, status, kind, body):
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Handler


class Traces(service.TraceServiceServicer):
    def __init__(self, file):
        self.file = file

    def Export(self, request, context):
        self.file.write(otlp_json(request))
        return messages.ExportTraceServiceResponse()


def main():
    http_address, grpc_address, path = sys.argv[1:]
    file = File(path)
    server = grpc.server(futures.ThreadPoolExecutor(4), compression=grpc.Compression.NoCompression)
    service.add_TraceServiceServicer_to_server(Traces(file), server)
    server.add_insecure_port(grpc_address)
    server.start()
    host, port = http_address.split(":")
    try:
        ThreadingHTTPServer((host, int(port)), handler_of(file)).serve_forever()
    except KeyboardInterrupt:
        server.stop(None)


main()
