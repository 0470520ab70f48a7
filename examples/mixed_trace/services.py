"""Python and Node between two of ours, in either order."""

import secrets

import tools
from chain import CALLER_SPAN, Chain, caller, check_arrived, send
from processes import Processes
from spans import check, check_chain

ORDERS = [["first", "python", "node", "last"], ["first", "node", "python", "last"]]


def run_services(folder, program, python, node):
    """Returns what was checked."""
    checked = []
    with Processes(folder) as processes:
        chain = Chain(processes, program)
        at = {"first": chain.first, "last": chain.last}
        at["python"] = chain.start_theirs("python", python, tools.HERE / "python_service.py")
        at["node"] = chain.start_theirs("node", "node", node)
        addresses = [[at[service] for service in order] for order in ORDERS]

        begun = [send(order) for order in addresses]
        continued = [secrets.token_hex(16) for _ in ORDERS]
        refused = [secrets.token_hex(16) for _ in ORDERS]
        for order, sampled, unsampled in zip(addresses, continued, refused):
            send(order, caller(sampled))
            send(order, caller(unsampled, sampled=False))
        spans = chain.end()

    for traces, parent in [(begun, ""), (continued, CALLER_SPAN)]:
        for order, trace_id in zip(ORDERS, traces):
            found = [span for span in spans if span.trace_id == trace_id]
            path = check_chain(found, order, parent)
            check_arrived(path[-1], of_caller=parent != "")
            start = "of a caller" if parent else "begun by ours"
            checked.append(f"{' -> '.join(order)}, {start}: {len(path)} spans")
    strays = [span for span in spans if span.trace_id not in begun + continued]
    check(not strays, "nobody records what the caller did not: " + ", ".join(map(str, strays)))
    checked.append("a caller's decision not to record holds for all four")
    return checked
