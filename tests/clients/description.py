"""Every example in the description of the API fits the schema beside it. Prints how many there are."""

import json
import os
import urllib.request

import jsonschema_rs

DOCUMENT = json.load(urllib.request.urlopen(os.environ["BASE"] + "/openapi.json"))


def contents(node, path=""):
    """All media types with a schema and an example."""
    if isinstance(node, dict):
        if "schema" in node and "example" in node:
            yield path, node["schema"], node["example"]
            return
        for name, value in node.items():
            yield from contents(value, f"{path}/{name}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from contents(value, f"{path}/{index}")


count = 0
for where, schema, example in contents({key: DOCUMENT[key] for key in ("paths", "webhooks")} | {
    "responses": DOCUMENT["components"]["responses"]
}):
    validator = jsonschema_rs.Draft202012Validator(schema | {"components": DOCUMENT["components"]}, validate_formats=True)
    errors = [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(example)]
    assert not errors, (where, errors)
    count += 1

# No schema is without use, and none is missing.
text = json.dumps(DOCUMENT)
for kind in ("schemas", "responses", "headers"):
    for name in DOCUMENT["components"][kind]:
        assert f'"#/components/{kind}/{name}"' in text or kind == "responses", f"{kind}/{name} is not used"
print(count)
