"""Checks settings against the schemas of the OpenTelemetry Collector's components.

The schemas are JSON Schema with three differences: a `$ref` names a definition in another
component's file, unknown keys are not marked as wrong (here, they are), and `x-optional` allows
`null`."""

import re

import yaml

CORE, CONTRIB = "opentelemetry-collector", "opentelemetry-collector-contrib"
MODULES = {
    "go.opentelemetry.io/collector": CORE,
    "github.com/open-telemetry/opentelemetry-collector-contrib": CONTRIB,
}
DURATION = re.compile(r"-?(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+|0")
VARIABLE = re.compile(r"\$\{[^}]*\}")
SORTS = {
    "array": (list,), "boolean": (bool,), "integer": (int,), "number": (int, float),
    "object": (dict,), "string": (str,),
}


class NoSchema(Exception):
    """A required schema is missing."""


class Schemas:
    def __init__(self, checkouts, report):
        self.checkouts, self.report, self.files = checkouts, report, {}

    def check_root(self, repository, folder, settings, place):
        self._check(settings, self._file(repository, folder), (repository, folder), place)

    def _check(self, value, schema, home, place):
        if isinstance(value, str) and VARIABLE.fullmatch(value):
            return  # It becomes the value of the variable.
        if "$ref" in schema:
            optional = schema.get("x-optional") or schema.get("x-pointer")
            if value is None and optional:
                return
            target, home = self._resolve(schema["$ref"], home)
            self._check(value, target, home, place)
            return
        self._check_sort(value, schema, place)
        if isinstance(value, dict):
            self._check_keys(value, schema, home, place)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self._check(item, schema.get("items", {}), home, f"{place}[{index}]")

    def _check_sort(self, value, schema, place):
        sort = schema.get("type")
        if sort is None:
            return
        right = isinstance(value, SORTS[sort]) and (sort == "boolean" or not isinstance(value, bool))
        if not right:
            self.report.wrong.append(f"{place}: {value!r}; expected {sort}")
        elif schema.get("format") == "duration" and not DURATION.fullmatch(value):
            self.report.wrong.append(f"{place}: {value!r}; expected a duration, as `1m30s`")
        elif "enum" in schema and value not in schema["enum"]:
            self.report.wrong.append(f"{place}: {value!r}; expected one of {schema['enum']}")

    def _check_keys(self, value, schema, home, place):
        keys, open_ended, missing = self._keys(schema, home)
        for key, below in value.items():
            inner = f"{place}.{key}"
            if key in keys:
                self.report.checked += 1
                known, at = keys[key]
                self._check(below, known, at, inner)
            elif isinstance(open_ended, dict):
                self._check(below, open_ended, home, inner)
            elif missing:
                self.report.unchecked.append(f"{inner}: {missing[0]}")
            elif schema.get("type") == "object" and not open_ended:
                self.report.wrong.append(f"{inner}: unknown key; expected one of {', '.join(sorted(keys))}")

    def _keys(self, schema, home):
        """Returns the keys of an object and of its embedded objects, each with the home of its schema."""
        keys = {key: (below, home) for key, below in schema.get("properties", {}).items()}
        open_ended, missing = schema.get("additionalProperties"), []
        for embedded in schema.get("allOf", []):
            try:
                target, at = self._resolve(embedded["$ref"], home)
            except NoSchema as error:
                missing.append(str(error))
                continue
            more, _, also = self._keys(target, at)
            keys, missing = more | keys, missing + also
        if "$ref" in schema:
            target, at = self._resolve(schema["$ref"], home)
            return self._keys(target, at)
        return keys, open_ended, missing

    def _resolve(self, reference, home):
        """`name`, `./folder.name`, `/folder.name` from the repository, `module/folder.name`."""
        repository, folder = home
        path, _, name = reference.rpartition(".") if "/" in reference else ("", "", reference)
        if path.startswith("/"):
            folder = path[1:]
        elif path.startswith("./"):
            folder = f"{folder}/{path[2:]}"
        elif path:
            module = next((module for module in MODULES if path.startswith(module)), None)
            if module is None:
                raise NoSchema(f"no schema of `{reference}`")
            repository, folder = MODULES[module], path[len(module) + 1:]
        file = self._file(repository, folder)
        found = file.get("$defs", {}).get(name)
        # If no definition is named `config`, `config` means the whole file.
        if found is None and name == "config" and "type" in file:
            found = file
        if found is None:
            raise NoSchema(f"no `{name}` in the schema of {repository}/{folder}")
        return found, (repository, folder)

    def _file(self, repository, folder):
        path = self.checkouts / repository / folder / "config.schema.yaml"
        if path not in self.files:
            if not path.exists():
                raise NoSchema(f"no schema of {repository}/{folder}")
            self.files[path] = yaml.safe_load(path.read_text())
        return self.files[path]
