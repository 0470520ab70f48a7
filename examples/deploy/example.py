"""Compares settings with examples that a program's own repository has.

Where a program publishes no schema, this finds keys that it does not use, and values of another
sort than its own. It cannot find a key that is right and that no example has: that counts as
wrong."""


class Example:
    def __init__(self, *documents):
        self.documents = documents

    def compare(self, settings, path, place, report):
        """Compares settings with what is at `path` of each document."""
        there = [at(document, path) for document in self.documents]
        compare(settings, [found for found in there if found is not None], place, report)


def compare(value, examples, place, report):
    if examples and not any(same_sort(value, example) for example in examples):
        report.wrong.append(f"{place}: {value!r}; expected something like {examples[0]!r}")
    elif isinstance(value, dict):
        objects = [example for example in examples if isinstance(example, dict)]
        for key, below in value.items():
            inner = f"{place}.{key}" if place else key
            known = [example[key] for example in objects if key in example]
            if not known and has_free_names(place):
                known = [item for example in objects for item in example.values()]
            if known:
                report.checked += 1
                compare(below, known, inner, report)
            else:
                report.wrong.append(f"{inner}: no example has this key")
    elif isinstance(value, list):
        items = [item for example in examples if isinstance(example, list) for item in example]
        for index, item in enumerate(value):
            compare(item, items, f"{place}[{index}]", report)


def at(document, path):
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def has_free_names(place):
    """Whether the keys here are names that the user gives."""
    return place.endswith("jaeger_storage.backends")


def same_sort(value, example):
    # `null`: nothing is said about the sort. A variable becomes what it holds.
    if example is None or (isinstance(value, str) and value.startswith("${")):
        return True
    if isinstance(value, bool) or isinstance(example, bool):
        return isinstance(value, bool) and isinstance(example, bool)
    if isinstance(value, (int, float)):
        return isinstance(example, (int, float))
    return isinstance(value, type(example))
