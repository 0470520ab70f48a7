"""Ours -> proxy -> ours, and the proxy before the first of them, too: an edge that mints ids."""

import secrets

import tools
from chain import CALLER_SPAN, Chain, caller, check_arrived, send
from processes import Processes, free_addresses
from spans import check, check_chain

COMMANDS = {
    "nginx": ("nginx.conf", ["nginx", "-e", "stderr", "-p", ".", "-c"]),
    "haproxy": ("haproxy.cfg", ["haproxy", "-db", "-f"]),
    "caddy": ("Caddyfile", ["caddy", "run", "--adapter", "caddyfile", "--config"]),
}
SERVICES = ["first", "last"]
MINTED_PARENT = "0000000000000001"
X_TRACE_ID = "http.request.header.x-trace-id"


def run_edge(folder, program, proxy, reads_x_trace_id):
    """Returns what was checked. Without a proxy, ours call each other."""
    options = ["--x-trace-id"] if reads_x_trace_id else []
    with Processes(folder) as processes:
        chain = Chain(processes, program, options)
        addresses = start(proxy, chain) if proxy else [chain.first, chain.last]
        begun = send(addresses)
        continued = secrets.token_hex(16)
        send(addresses, caller(continued))
        spans = chain.end()

    traces = {span.trace_id for span in spans}
    check(traces == {begun, continued}, f"there are two traces, {begun} and {continued}: {traces}")
    mints_parent = proxy in ("nginx", "haproxy")
    path = check_chain(of(spans, begun), SERVICES, MINTED_PARENT if mints_parent else "")
    check_arrived(path[-1], of_caller=False)
    if mints_parent or (proxy and reads_x_trace_id):
        minted = minted_id(path[0])
        check(minted == begun, f"the trace has the edge's id, {minted}: {begun}")

    path = check_chain(of(spans, continued), SERVICES, CALLER_SPAN)
    check_arrived(path[-1], of_caller=True)
    for span in [path[0], path[-1]] if proxy else []:
        check(minted_id(span) != continued, f"the edge has added an id of its own: {span.tags}")
    return ["a request without a trace", "one with a trace, whose headers have two lines"]


def of(spans, trace_id):
    return [span for span in spans if span.trace_id == trace_id]


def minted_id(span):
    lines = span.tags.get(X_TRACE_ID, [])
    check(len(lines) == 1, f"the edge has sent one `X-Trace-Id`: {span.tags}")
    return lines[0].replace("-", "")


def start(proxy, chain):
    """Starts a proxy before each of ours, and returns the addresses."""
    file, command = COMMANDS[proxy]
    to_first, to_last = free_addresses(2)
    text = (tools.HERE / file).read_text()
    places = {
        "FIRST": chain.first, "LAST": chain.last, "FOLDER": chain.folder,
        "TO_FIRST": to_first, "TO_LAST": to_last,
    }
    for name, value in places.items():
        text = text.replace(f"@{name}@", str(value))
    config = chain.folder / file
    config.write_text(text)
    chain.processes.start(proxy, [*command, config]).accepts([to_first, to_last])
    return [to_first, to_last]
