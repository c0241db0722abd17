#!/usr/bin/env python3
"""check-events.py SCHEMAS: holds events, one a line on standard input, against their JSON Schemas in the folder.

Each schema that is used is held against the meta-schema first. What a schema does not name is an error here: the bus may add nothing that
it does not describe, though readers have to put up with it. Says what is wrong by line and place, never by value, and ends
with 0, 1, or 77 without python3-jsonschema.
"""
import json
import os
import sys

try:
    from jsonschema import Draft202012Validator
except ImportError:
    sys.exit(77)


def close(schema):
    """Names that are not there are errors."""
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
            schema["additionalProperties"] = False
        for value in schema.values():
            close(value)
    elif isinstance(schema, list):
        for value in schema:
            close(value)


def load(folder, name):
    with open(os.path.join(folder, name + ".json"), encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    close(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def describe(error):
    """Where, and which rule: messages hold values."""
    while error.context:
        error = max(error.context, key=lambda inner: len(inner.absolute_path))
    names = ""
    if error.validator == "additionalProperties":
        names = " " + ",".join(sorted(set(error.instance) - set(error.schema["properties"])))
    if error.validator == "required":
        names = " " + ",".join(sorted(set(error.schema["required"]) - set(error.instance)))
    return "/".join(str(part) for part in error.absolute_path) + ": " + error.validator + names


def check_name(event):
    """`dataschema` leads to the schema of `data`, or names the type's."""
    name = event["dataschema"]
    if name == "urn:hutong:schema:" + event["type"]:
        return True
    return name.startswith("http") and name.endswith("/" + event["type"] + ".json#/properties/data")


def main():
    known = {}
    count = wrong = 0
    for line in sys.stdin:
        event = json.loads(line)
        count += 1
        if event["type"] not in known:
            known[event["type"]] = load(sys.argv[1], event["type"])
        errors = [describe(error) for error in known[event["type"]].iter_errors(event)]
        if not check_name(event):
            errors.append("dataschema: is another type's")
        wrong += bool(errors)
        if errors:
            print(f"{count}: {event['type']}: {'; '.join(errors)}")
    print(f"{count} events, {wrong} wrong")
    return 1 if wrong else 0


sys.exit(main())
