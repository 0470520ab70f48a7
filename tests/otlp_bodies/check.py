#!/usr/bin/env python3
"""Compares our protobuf and our JSON with OpenTelemetry's own classes for Python.

Makes an environment for them in a folder for temporary files, and needs a registry of Python
packages. Fails if a body is not read, if both forms of a batch are not the same message field
by field, or if the message is written by these classes in other bytes than ours.
"""

import base64
import json
import pathlib
import subprocess
import sys
import tempfile
import venv

PACKAGE = "opentelemetry-proto==1.45.2"
PATIENCE_SECONDS = 300
ROOT = pathlib.Path(__file__).resolve().parents[2]


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        try:
            venv.create(folder / "env", with_pip=True)
            python = folder / "env" / "bin" / "python"
            run([python, "-m", "pip", "--quiet", "install", PACKAGE])
        except (subprocess.SubprocessError, OSError) as error:
            # Loudly: who runs this must not believe that it was compared.
            print(f"SKIPPED: {PACKAGE} cannot be installed: {error}")
            return
        bodies = folder / "bodies"
        bodies.mkdir()
        run(["cargo", "run", "--quiet", "-p", "trace-tests", "--bin", "otlp_bodies", bodies])
        run([python, __file__, bodies])


def run(command):
    subprocess.run(command, check=True, timeout=PATIENCE_SECONDS, cwd=ROOT)


def compare(folder):
    """Compares all bodies of a folder; runs in the environment with the classes."""
    from google.protobuf import json_format
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
        ExportTraceServiceRequest,
    )

    count = spans = 0
    for path in sorted(pathlib.Path(folder).glob("*.bin")):
        written = path.read_bytes()
        by_bytes = ExportTraceServiceRequest.FromString(written)
        document = ids_as_base64(json.loads(path.with_suffix(".json").read_text("utf-8")))
        by_json = json_format.ParseDict(document, ExportTraceServiceRequest())
        assert by_bytes.SerializeToString(deterministic=True) == written, path.name
        # The bytes, and not the messages: a number that is none is not equal to itself.
        assert by_json.SerializeToString(deterministic=True) == written, path.name
        assert not list(unknown_fields(by_bytes)), path.name
        count += 1
        for group in by_bytes.resource_spans:
            spans += sum(len(scope.spans) for scope in group.scope_spans)
    assert count > 0 and spans > count, f"{count} bodies with {spans} spans"
    print(f"{count} bodies with {spans} spans are what Python's classes write")


def ids_as_base64(value):
    """Turns ids into the form of protobuf's JSON; OTLP's has them in hex."""
    if isinstance(value, list):
        return [ids_as_base64(item) for item in value]
    if not isinstance(value, dict):
        return value
    ids = ("traceId", "spanId", "parentSpanId")
    return {
        key: base64.b64encode(bytes.fromhex(item)).decode() if key in ids else ids_as_base64(item)
        for key, item in value.items()
    }


def unknown_fields(message):
    from google.protobuf import unknown_fields as unknown

    yield from unknown.UnknownFieldSet(message)
    for field, value in message.ListFields():
        if field.message_type is not None:
            items = [value] if hasattr(value, "ListFields") else value
            for item in items:
                yield from unknown_fields(item)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        compare(sys.argv[1])
    else:
        main()
