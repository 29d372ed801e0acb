"""The published JSON Schemas, as whoever reads our JSON would use them."""

import json
from pathlib import Path
from typing import Any

import jsonschema

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"


def fits(name: str, data: str | bytes) -> Any:
    """The JSON in ``data``; fails where the published schema does not allow it."""
    schema = json.loads((SCHEMAS / f"{name}.json").read_bytes())
    found = json.loads(data)
    jsonschema.Draft202012Validator(schema).validate(found)
    return found
