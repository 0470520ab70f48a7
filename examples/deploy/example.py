"""Compares settings with examples that a program's own repository has.

If a program publishes no schema, this finds keys that its examples do not use, and values of
another type. A correct key that no example has is also reported as wrong."""


class Example:
    def __init__(self, *documents):
        self.documents = documents

    def compare(self, settings, path, place, report):
        """Compares settings with the value at `path` of each document."""
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
    """Returns whether the keys here are names that the user chooses."""
    return place.endswith("jaeger_storage.backends")


def same_sort(value, example):
    # `null` does not show the type. A variable has the type of its value.
    if example is None or (isinstance(value, str) and value.startswith("${")):
        return True
    if isinstance(value, bool) or isinstance(example, bool):
        return isinstance(value, bool) and isinstance(example, bool)
    if isinstance(value, (int, float)):
        return isinstance(example, (int, float))
    return isinstance(value, type(example))
