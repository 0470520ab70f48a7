"""A service with OpenTelemetry's SDK for Python, to be driven as `propagation_service` is.

Usage: python_service.py NAME SPANS, where SPANS is a file that gets the spans, as OTLP/JSON.
"""

import socket
import sys

import httpx
import uvicorn
from fastapi import FastAPI, Request
from opentelemetry import trace
from opentelemetry.exporter.otlp.json.file.trace_exporter import FileSpanExporter
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

NAME, SPANS = sys.argv[1:]
PATIENCE_SECONDS = 10

provider = TracerProvider(resource=Resource.create({"service.name": NAME}))
provider.add_span_processor(SimpleSpanProcessor(FileSpanExporter(SPANS)))
trace.set_tracer_provider(provider)

app = FastAPI()
HTTPXClientInstrumentor().instrument()
# Without the spans of single messages of ASGI: they are no requests.
FastAPIInstrumentor.instrument_app(app, exclude_spans=["receive", "send"])


@app.post("/test")
async def call_all(request: Request):
    async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, trust_env=False) as client:
        for call in await request.json():
            response = await client.post(call["url"], json=call["arguments"])
            response.raise_for_status()
    return {}


with socket.socket() as listener:
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    print("listening on {}:{}".format(*listener.getsockname()), flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
