"""The documents say what the code does: commands, tables, contracts, decisions."""

import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest

from crashwatch import errors
from crashwatch.cli.commands import crashwatch as commands
from crashwatch.cli.exit_status import MEANINGS
from crashwatch.cli.run_arguments import USAGE
from crashwatch.configuration import Configuration, load_configuration
from crashwatch.distribution_file import load_distribution
from crashwatch.policy_file import load_policy
from crashwatch.supervisor.exit_reason import FATES
from reports.errors import ReportsError
from reports.home import Home
from reports.usage.registry import parse_registry

ROOT = Path(__file__).parents[2]
ARCHITECTURE = ROOT / "docs" / "architecture.md"
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

FENCE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
COMMAND = re.compile(r"\A(?:\$ )?(?:\w+=\S* )*(?:\S*/)?crashwatch ([a-z-].*)")

ReportsOrOurs = (ReportsError, errors.CrashwatchError)


def settings_of(path):
    return load_configuration(path, {})


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def table(document, heading):
    """Cells of the table under a heading, without its two first rows."""
    section = document.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def commands_in(document):
    """What follows the word crashwatch, in code that is a command line."""
    lines = [
        line.strip() for block in FENCE.findall(document) for line in block.split("\n")
    ]
    lines += INLINE.findall(FENCE.sub("", document))
    for line in lines:
        if found := COMMAND.match(line):
            yield found[1].split("  ")[0].split(" #")[0]


def named_commands():
    return [
        pytest.param(command, id=f"{path.name}: {command}")
        for path in DOCUMENTS
        for command in dict.fromkeys(commands_in(path.read_text("utf-8")))
    ]


@pytest.mark.parametrize("command", named_commands())
def test_each_command_in_a_document_is_understood(command):
    words = shlex.split(command)
    if words[0] == "run":
        ours = words[1 : words.index("--")] if "--" in words else words[1:]
        assert all(word in USAGE for word in ours if word.startswith("--"))
        return
    context = click.Context(commands)
    at: click.Command = commands
    while isinstance(at, click.Group) and words and not words[0].startswith("-"):
        found = at.get_command(context, words.pop(0))
        assert found is not None, command
        at = found
    known = {option for parameter in at.params for option in parameter.opts}
    given = words[: words.index("--")] if "--" in words else words
    flags = {word.partition("=")[0] for word in given if word.startswith("--")}
    assert flags <= known | {"--help"}


def test_documents_name_commands_at_all():
    assert {"run", "reports", "consent"} <= {
        c.split()[0] for c in commands_in(text_of("README.md"))
    }


def toml_blocks(name):
    return re.findall(r"^```toml\n(.*?)^```", text_of(name), re.MULTILINE | re.DOTALL)


def test_each_setting_that_is_told_is_one():
    guide = text_of("docs/administration.md")
    rows = guide.split("\n## Settings of a person\n")[1].split("\n### ")[0]
    told = set(re.findall(r"^\| `\[?([a-z_]+)", rows, re.MULTILINE))
    assert told >= {"dsn", "retention", "regions"}
    assert told == set(Configuration._fields)


def test_the_default_of_each_setting_is_told():
    guide = text_of("docs/administration.md")
    for name, default in Configuration()._asdict().items():
        if isinstance(default, (bool, float)):
            shown = f"{default:g}" if isinstance(default, float) else str(default)
            row = re.search(rf"^\| `{name}` \| `?([^|`]+)`? \|", guide, re.MULTILINE)
            assert row is not None, name
            assert row[1].strip() == shown.lower(), name


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("docs/administration.md", load_policy),
        ("docs/administration.md", load_distribution),
        ("docs/administration.md", settings_of),
        ("docs/registry.md", settings_of),
        ("docs/registry.md", lambda path: parse_registry(path.read_bytes())),
        ("docs/embedding.md", settings_of),
        ("docs/native.md", settings_of),
    ],
)
def test_a_settings_file_in_a_document_can_be_read(name, read, tmp_path):
    """Each block is of one of several kinds: at least one must be of this one."""
    path = tmp_path / "file.toml"
    readable = 0
    for block in toml_blocks(name):
        path.write_text(block, encoding="utf-8")
        try:
            readable += getattr(read(path), "reason", "") == ""
        except ReportsOrOurs:
            continue
    assert readable


def test_each_block_of_toml_is_of_some_kind(tmp_path):
    path = tmp_path / "file.toml"
    for document in DOCUMENTS:
        for block in toml_blocks(document.relative_to(ROOT)):
            path.write_text(block, encoding="utf-8")
            faults = []
            for read in (settings_of, lambda path: parse_registry(path.read_bytes())):
                try:
                    read(path)
                except ReportsOrOurs as error:
                    faults.append(str(error))
            reasons = [read(path).reason for read in (load_policy, load_distribution)]
            assert len(faults) < 2 or "" in reasons, (document.name, faults)


def test_each_block_of_python_compiles():
    for document in DOCUMENTS:
        text = document.read_text("utf-8")
        for block in re.findall(
            r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL
        ):
            compile(block, document.name, "exec")


def test_the_test_command_is_one():
    told = text_of("README.md").split("\n## Tests\n")[1]
    block = FENCE.search(told)
    assert block is not None
    command = block[1].strip()
    recipe = re.search(r"^test:.*\n\t(.+)$", text_of("Makefile"), re.MULTILINE)
    assert recipe is not None
    assert recipe[1] == command
    assert text_of(".ci/run").rstrip().splitlines()[-1] == f"exec {command}"


def test_the_makefile_tells_of_each_target_that_is_a_command():
    makefile = text_of("Makefile")
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony is not None
    told = set(re.findall(r"^([a-z]+):.*  ## \S", makefile, re.MULTILINE))
    assert told == set(phony[1].split())


def test_each_make_target_in_a_document_exists():
    makefile = text_of("Makefile")
    for path in DOCUMENTS:
        document = path.read_text("utf-8")
        code = [*INLINE.findall(FENCE.sub("", document))]
        code += [
            line for block in FENCE.findall(document) for line in block.split("\n")
        ]
        for line in code:
            for target in re.findall(r"\Amake ([a-z]+)", line.strip()):
                assert f"\n{target}:" in makefile, f"{path.name}: make {target}"


def test_the_outcome_table_is_the_code_s():
    told = {
        row[0].strip("`"): (row[2] == "yes", row[3] == "yes")
        for row in table(text_of("docs/architecture.md"), "Outcomes")
    }
    code = {kind.value: (fate.survives, fate.reported) for kind, fate in FATES.items()}
    assert told == code


def test_the_exit_statuses_are_the_code_s():
    rows = table(text_of("docs/architecture.md"), "Exit statuses")
    told = {int(row[0]) for row in rows if row[0].isdigit()}
    code = {
        kind.default_exit_status
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.CrashwatchError)
    }
    assert told - {0, 130} == code
    assert {int(row[0]): row[1] for row in rows if row[0].isdigit()} == dict(MEANINGS)


def test_every_file_of_the_home_is_told():
    document = text_of("docs/architecture.md").split("\n## Files on disk\n")[1]
    home = Home(Path("home"))
    paths = [
        getattr(home, name)
        for name, value in vars(Home).items()
        if isinstance(value, property) and name not in Home._fields
    ]
    assert len(paths) >= 8
    assert [p.name for p in paths if p.name not in document.split("\n## ")[0]] == []


def test_contracts_are_told_by_name():
    project = tomllib.loads(text_of("pyproject.toml"))["tool"]
    code = [contract["name"] for contract in project["importlinter"]["contracts"]]
    told = re.findall(r"^## (.+)$", text_of("docs/contracts.md"), re.MULTILINE)
    assert told == code


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.name)
def test_a_decision_tells_why_and_what_it_cost(path):
    assert re.match(r"\d{4}-[a-z0-9-]+\.md\Z", path.name)
    document = path.read_text("utf-8")
    assert document.startswith(f"# {int(path.name[:4])}. ")
    assert re.search(r"^Date: \d{4}-\d\d-\d\d$", document, re.MULTILINE)
    headings = re.findall(r"^## (.+)$", document, re.MULTILINE)
    assert headings == ["Context", "Choice", "What was given up"]


def test_decisions_are_numbered_without_a_gap():
    assert [int(path.name[:4]) for path in DECISIONS] == list(
        range(1, len(DECISIONS) + 1)
    )


def test_links_between_documents_lead_somewhere():
    for path in DOCUMENTS:
        document = FENCE.sub("", path.read_text("utf-8"))
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_every_package_a_test_asks_for_is_installed_by_ci():
    packages = re.search(
        r"^packages=\((.*?)^\)", text_of(".ci/run"), re.MULTILINE | re.DOTALL
    )
    assert packages is not None
    installed = set(re.sub(r"#.*", "", packages[1]).split())
    asked = set()
    for path in (ROOT / "tests").rglob("*.py"):
        for words in re.findall(
            r"apt-get install ([a-z0-9. -]+)", path.read_text("utf-8")
        ):
            asked |= {word for word in words.split() if not word.startswith("-")}
    aliases = {"python3.11": "python3"}
    assert {aliases.get(name, name) for name in asked} <= installed
