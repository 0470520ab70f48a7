#!/usr/bin/env python3
"""Checks the configurations of this folder against what their programs publish: see README.md.

It starts no program, so it cannot know whether a host exists, or whether two values are
consistent. It prints which parts it could not check. The exit code is 1 if something is wrong."""

import argparse
import sys
from pathlib import Path

import yaml
from example import Example
from schemas import NoSchema, Schemas

HERE = Path(__file__).parent
CORE, CONTRIB = "opentelemetry-collector", "opentelemetry-collector-contrib"
# Where the schema of a component is, by its section and type.
COMPONENTS = {
    ("receivers", "otlp"): (CORE, "receiver/otlpreceiver"),
    ("processors", "batch"): (CORE, "processor/batchprocessor"),
    ("processors", "memory_limiter"): (CORE, "processor/memorylimiterprocessor"),
    ("processors", "tail_sampling"): (CONTRIB, "processor/tailsamplingprocessor"),
    ("exporters", "load_balancing"): (CONTRIB, "exporter/loadbalancingexporter"),
    ("exporters", "otlp_grpc"): (CORE, "exporter/otlpexporter"),
    ("extensions", "health_check"): (CONTRIB, "extension/healthcheckextension"),
}
# Jaeger's own components are compared with Jaeger's configurations.
JAEGER = {
    ("exporters", "jaeger_storage_exporter"),
    ("extensions", "healthcheckv2"),
    ("extensions", "jaeger_query"),
    ("extensions", "jaeger_storage"),
}
TEMPO_MANIFEST = "tempo/docs/sources/tempo/configuration/manifest.md"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkouts", type=Path, help="a folder with the repositories that README.md lists")
    parser.add_argument("files", nargs="*", type=Path, help="default: each .yaml file beside this script")
    options = parser.parse_args()
    wrong = 0
    for file in options.files or sorted(HERE.glob("*.yaml")):
        report = check(file, options.checkouts)
        print(f"{file.name}: {len(report.wrong)} wrong, {report.checked} keys checked")
        for line in report.wrong:
            print(f"  WRONG {line}")
        for line in report.unchecked:
            print(f"  not checked: {line}")
        wrong += len(report.wrong)
    sys.exit(1 if wrong else 0)


class Report:
    """The mistakes that were found in one file."""

    def __init__(self):
        self.wrong, self.unchecked, self.checked = [], [], 0


def check(file, checkouts):
    report = Report()
    try:
        config = yaml.load(file.read_text(), Loader=NoDuplicates)
    except yaml.YAMLError as error:
        report.wrong.append(f"no YAML: {error}")
        return report
    if not isinstance(config, dict):
        report.wrong.append("no keys")
        return report
    schemas = Schemas(checkouts, report)
    try:
        if "exporters" in config or "service" in config:
            check_collector(config, schemas, report, checkouts)
        else:
            check_tempo(config, schemas, report, checkouts)
    except Unreadable as error:
        report.wrong.append(str(error))
    if not report.checked:
        report.wrong.append("nothing could be checked")
    return report


class Unreadable(Exception):
    """A value has the wrong type, so nothing below it can be checked."""


def mapping(parent, key, place):
    found = parent.get(key)
    if not isinstance(found, dict):
        raise Unreadable(f"{place}: {found!r}; expected keys with settings")
    return found


def names(found, place):
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise Unreadable(f"{place}: {found!r}; expected a list of names")
    return found


def check_collector(config, schemas, report, checkouts):
    jaeger = None
    for section in ("receivers", "processors", "exporters", "extensions"):
        for name, settings in mapping(config, section, section).items():
            place, kind = f"{section}.{name}", (section, name.split("/")[0])
            if kind in JAEGER:
                jaeger = jaeger or Example(*jaeger_configurations(checkouts))
                jaeger.compare(settings, (section, kind[1]), place, report)
            elif kind in COMPONENTS:
                check_component(kind, settings, place, schemas, report)
            else:
                report.wrong.append(f"{place}: no such component is known here")
    unknown = config.keys() - {"receivers", "processors", "exporters", "extensions", "service"}
    report.wrong += [f"{key}: unknown section" for key in sorted(unknown)]
    check_service(config, report)


def check_component(kind, settings, place, schemas, report):
    repository, folder = COMPONENTS[kind]
    about = schemas.checkouts / repository / folder / "metadata.yaml"
    if not about.exists():
        report.unchecked.append(f"{place}: whether that is its name, as there is no {about.name}")
    elif (published := yaml.safe_load(about.read_text())["type"]) != kind[1]:
        report.wrong.append(f"{place}: its name is `{published}`")
    if settings is None:
        return  # The component has its defaults.
    try:
        schemas.check_root(repository, folder, settings, place)
    except NoSchema as missing:
        report.unchecked.append(f"{place}: {missing}")


def check_service(config, report):
    """Checks that each component is used, and that each used component exists."""
    service = mapping(config, "service", "service")
    extensions = names(service.get("extensions", []), "service.extensions")
    used = {("extensions", name) for name in extensions}
    pipelines = mapping(service, "pipelines", "service.pipelines")
    for name in pipelines:
        if name.split("/")[0] != "traces":
            report.wrong.append(f"service.pipelines.{name}: no pipeline of traces")
        place = f"service.pipelines.{name}"
        for section, components in mapping(pipelines, name, place).items():
            used |= {(section, each) for each in names(components, f"{place}.{section}")}
    there = {
        (section, name)
        for section in ("receivers", "processors", "exporters", "extensions")
        for name in config[section]
    }
    report.wrong += [f"{'.'.join(each)}: used, but not there" for each in sorted(used - there)]
    report.wrong += [f"{'.'.join(each)}: there, but not used" for each in sorted(there - used)]
    unknown = service.keys() - {"extensions", "pipelines"}
    report.unchecked += [f"service.{key}" for key in sorted(unknown)]


def jaeger_configurations(checkouts):
    folder = checkouts / "jaeger/cmd/jaeger"
    files = [*folder.glob("config*.yaml"), folder / "internal/all-in-one.yaml"]
    return [yaml.safe_load(file.read_text()) for file in files if file.exists()]


def check_tempo(config, schemas, report, checkouts):
    """The manifest has every key with its default, except those of the receivers."""
    page = checkouts / TEMPO_MANIFEST
    if not page.exists():
        raise Unreadable(f"everything: there is no {TEMPO_MANIFEST}")
    manifest = Example(yaml.safe_load(page.read_text().split("```yaml\n")[1].split("```")[0]))
    distributor = mapping(config, "distributor", "distributor")
    for name, settings in mapping(distributor, "receivers", "distributor.receivers").items():
        place = f"distributor.receivers.{name}"
        if ("receivers", name) in COMPONENTS:
            check_component(("receivers", name), settings, place, schemas, report)
        else:
            report.wrong.append(f"{place}: no such component is known here")
    del distributor["receivers"]
    manifest.compare(config, (), "", report)


class NoDuplicates(yaml.SafeLoader):
    """A YAML loader that reports a duplicate key, instead of using the second one silently."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.YAMLError(f"`{key.value}` twice{key.start_mark}")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


if __name__ == "__main__":
    main()
