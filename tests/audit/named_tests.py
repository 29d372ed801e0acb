"""Whether a test that a table names is there."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]


def is_there(test: str) -> bool:
    """Whether ``test``, a node id of pytest, names a file, class or function."""
    name, *inside = test.split("::")
    if not (ROOT / name).is_file():
        return False
    body = ast.parse((ROOT / name).read_text(encoding="utf-8")).body
    for wanted in inside:
        found = [node for node in body if wanted in _names_of(node)]
        if not found:
            return False
        body = getattr(found[0], "body", [])
    return True


def _names_of(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    return {getattr(node, "name", "")}
