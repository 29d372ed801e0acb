"""One door for each danger: who may make, open and import what."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("crashwatch", "reports", "scrubbers")
INSIDE_MAY_IMPORT = {
    *(
        "_io",
        "_signal",
        "_thread",
        "errno",
        "faulthandler",
        "marshal",
        "os",
        "sys",
        "time",
    ),
    *("collections.abc", "types", "typing"),  # only for the type checker
    "mmap",  # 40 KB, where something is counted or a heart beats
}
"""What runs in a terminal: built-in or loaded at every start of Python, but for mmap.
And its own siblings."""

FOLLOWING = "crashwatch/client/inside/following.py"
FOLLOWING_IMPORTS = {"_socket", "fcntl"}
"""Loaded with it, where children are watched too, and nowhere else."""

LOADED_BY_CLIENT = """
import sys
sys.path.insert(0, sys.argv[1])
before = set(sys.modules)
import crashwatch.client
crashwatch.client.report_error(ValueError())
print(*sorted(set(sys.modules) - before))
"""


def trees():
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_bytes())


def callers_of(name):
    """Files in which something of this name is called, by itself or by attribute."""
    return {
        path
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and name in (getattr(node.func, "id", ""), getattr(node.func, "attr", ""))
    }


def files_with_constant(text):
    return {
        path
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value == text
    }


def test_only_compose_makes_payloads():
    assert callers_of("make_payload") == {"reports/compose.py"}


def test_only_payload_itself_calls_its_class():
    assert callers_of("Payload") == {"reports/payload.py"}


def test_only_sanitize_makes_sanitized_pictures():
    assert callers_of("Sanitized") == {"reports/sanitize.py"}


def test_only_the_gate_makes_what_may_be_sent():
    assert callers_of("Sendable") == {"reports/upload/gate.py"}


def test_only_one_module_knows_where_the_consent_files_are():
    for name in ("consent.json", "consent.log"):
        assert files_with_constant(name) == {"reports/file_names.py"}


def test_a_client_import_loads_itself_and_nothing_else():
    asked = subprocess.run(
        [sys.executable, "-I", "-S", "-c", LOADED_BY_CLIENT, str(ROOT)],
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert asked.stdout.split() == [b"crashwatch", b"crashwatch.client"]


def test_what_is_armed_in_a_terminal_imports_what_every_python_has_loaded():
    found = {name: set() for name in (True, False)}
    for path, tree in trees():
        if path.startswith("crashwatch/client/inside/"):
            imported = found[path == FOLLOWING]
            for node in ast.walk(tree):
                if isinstance(node, ast.Import):
                    imported |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.level == 0:
                    imported.add(node.module)
    assert found[False] <= INSIDE_MAY_IMPORT
    assert found[True] <= INSIDE_MAY_IMPORT | FOLLOWING_IMPORTS
