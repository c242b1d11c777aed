#!/usr/bin/python3
"""
metrics.py FORMAT FILE [EXPRESSION...]: reads a page of metrics with Prometheus' own parser, checks
what conventions ask beyond that, and then that each Python expression holds, in which m(NAME,
LABEL=...) is the value of that sample.
"""

import sys

from prometheus_client import openmetrics, parser
import prometheus_client.openmetrics.parser


def read(kind, text):
    if kind == "openmetrics":
        return list(openmetrics.parser.text_string_to_metric_families(text))
    return list(parser.text_string_to_metric_families(text))


def complaints(families):
    names = [family.name for family in families]
    if len(set(names)) != len(names):
        yield f"a family is there twice: {names}"
    for family in families:
        if not family.documentation.endswith("."):
            yield f"{family.name} is not explained by a sentence"
        if family.type not in ("counter", "gauge", "histogram", "summary", "info"):
            yield f"{family.name} is a {family.type}"
        seen = set()
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            if key in seen:
                yield f"{key} is there twice"
            seen.add(key)
            if family.type == "counter" and not sample.name.endswith("_total"):
                yield f"the counter {sample.name} does not end in _total"
        if family.type == "histogram":
            yield from steps(family)


def steps(family):
    """Buckets grow, and the last is the count."""
    last = {}
    for sample in family.samples:
        labels = tuple(sorted((k, v) for k, v in sample.labels.items() if k != "le"))
        if sample.name.endswith("_bucket"):
            if sample.value < last.get(labels, 0):
                yield f"{family.name}{labels} goes down"
            last[labels] = sample.value
        elif sample.name.endswith("_count") and sample.value != last[labels]:
            yield f"{family.name}{labels} does not add up"


def main():
    with open(sys.argv[2], encoding="utf-8") as file:
        families = read(sys.argv[1], file.read())
    values = {(s.name, tuple(sorted(s.labels.items()))): s.value
              for family in families for s in family.samples}

    def m(name, **labels):
        return values[(name, tuple(sorted(labels.items())))]

    problems = list(complaints(families))
    problems += [f"not so: {text}" for text in sys.argv[3:]
                 if not eval(text, {"m": m, "values": values})]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


sys.exit(main())
