#!/usr/bin/env python3
"""Tests `check.py`: misspells each key, and gives each value another type, one at a time. Prints
the mistakes that `check.py` does not find. The exit code is 1 if one of them is not known."""

import argparse
import copy
import sys
import tempfile
from pathlib import Path

import check
import yaml

# An unavailable schema, a name that can be chosen freely, and a value that may be empty.
KNOWN = {
    "extensions.health_check.endpoint",
    "extensions.healthcheckv2.http",
    "extensions.jaeger_storage.backends.spans",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkouts", type=Path, help="as for `check.py`")
    checkouts = parser.parse_args().checkouts
    surprises = 0
    for file in sorted(check.HERE.glob("*.yaml")):
        config = yaml.safe_load(file.read_text())
        mistakes = [mistake for path in paths(config) for mistake in mistakes_at(config, path)]
        missed = [what for what, wrong in mistakes if not found(wrong, checkouts)]
        print(f"{file.name}: {len(mistakes)} mistakes, {len(missed)} not found: {', '.join(missed)}")
        surprises += sum(1 for what in missed if what.split(" ")[0] not in KNOWN)
    sys.exit(1 if surprises else 0)


def paths(value, path=()):
    """Yields the path of each key."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in items:
        yield (*path, key)
        yield from paths(below, (*path, key))


def mistakes_at(config, path):
    """Yields copies with a mistake at a path."""
    name = ".".join(map(str, path))
    if isinstance(path[-1], str):
        wrong = copy.deepcopy(config)
        owner = at(wrong, path[:-1])
        owner[path[-1] + "x"] = owner.pop(path[-1])
        yield f"{name} misspelled", wrong
    wrong = copy.deepcopy(config)
    owner = at(wrong, path[:-1])
    owner[path[-1]] = "odd" if isinstance(owner[path[-1]], list) else ["odd"]
    yield f"{name} of another type", wrong


def at(config, path):
    for key in path:
        config = config[key]
    return config


def found(config, checkouts):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump(config, file)
        file.flush()
        return bool(check.check(Path(file.name), checkouts).wrong)


if __name__ == "__main__":
    main()
