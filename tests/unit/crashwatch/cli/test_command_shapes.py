"""What each command's ``--json`` prints is what its published schema allows."""

import dataclasses
import functools
import json

import click
import jsonschema
import pytest

from crashwatch.supervisor.tracers import Traced
from reports.home import open_home
from reports.honour.carry_out import Honoured
from reports.spool.directory import Spool
from tests.architecture.command_shapes import OF_COMMAND, SHAPES
from tests.architecture.generated_documents import PUBLISHED
from tests.doubles.busy_home import add_crash, fill_counters
from tests.doubles.command_line import answer_here
from tests.doubles.command_tree import every_command
from tests.doubles.published_schema import fits
from tests.doubles.sample_payload import digests, sample_payload
from tests.doubles.synthetic_minidump import small_dump

FIRST, SECOND, QUEUED = "a" * 32, "b" * 32, "e" * 32

TRIED_ELSEWHERE = {"doctor", "detach", "honour-deletions", "watch"}
"""They need a crash, a traced program, a server, or never end."""

CHANGES_SYSTEMD = {"timer on", "timer off"}
"""They print what ``timer show`` prints."""

WORDS = {
    "consent grant": ["usage"],
    "erase": ["--yes"],
    "export": ["--output", "mine.zip"],
    "ingest": ["other.dmp"],
    "inspect": ["other.dmp"],
    "reports approve": ["aaaa"],
    "reports discard": ["bbbb"],
    "reports show": ["aaaa"],
}


@pytest.fixture
def here(capfd, tmp_path, monkeypatch, crashwatch_home):
    """Answers of commands, in a home where something happened."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "other.dmp").write_bytes(small_dump().build())
    home = open_home(crashwatch_home)
    spool = Spool(home)
    for report_id in (FIRST, SECOND, QUEUED):
        payload = sample_payload(report_id)
        spool.add(payload)
    spool.approve(QUEUED, digests(sample_payload(QUEUED)), how="cli")
    add_crash(home)
    return functools.partial(answer_here, capfd)


def test_each_command_with_json_has_a_schema():
    with_json = {
        name
        for name, command in every_command()
        if any("--json" in each.opts for each in command.params)
        and not isinstance(command, click.Group)
    }
    assert with_json == set(OF_COMMAND)
    assert set(OF_COMMAND.values()) <= set(PUBLISHED)
    assert set(SHAPES) <= {*OF_COMMAND.values(), "written-page"}


@pytest.mark.parametrize("name", sorted(set(OF_COMMAND) - TRIED_ELSEWHERE))
def test_what_it_prints_is_allowed(name, here, crashwatch_home):
    if name in CHANGES_SYSTEMD:
        assert OF_COMMAND[name] == OF_COMMAND["timer show"]
        return
    if name == "status":
        fill_counters(open_home(crashwatch_home))
    answer = here(*name.split(), *WORDS.get(name, []), "--json")
    assert answer.status in {0, 1}, answer
    if name == "reports list":
        rows = json.loads(answer.out)
        assert len(rows) == 4
        for row in rows:
            fits(OF_COMMAND[name], json.dumps(row))
    else:
        assert fits(OF_COMMAND[name], answer.out)


def test_a_page_that_was_written(here):
    answer = here("reports", "show", "aaaa", "--html", "crash.html", "--json")
    assert fits("written-page", answer.out)["output"] == "crash.html"


def test_what_is_tried_elsewhere_is_allowed():
    fits("detached", json.dumps(Traced(1, "pachyterm", 2, 3)._asdict()))
    fits("honoured-deletions", json.dumps(dataclasses.asdict(Honoured())))
    fits("ingested-dump", '{"file": "/x.dmp", "report": null, "error": "broken"}')


def test_a_key_less_and_a_value_of_another_kind_are_refused():
    told = Traced(1, "pachyterm", 2, 3)._asdict()
    for wrong in ({**told, "pid": "1"}, {"pid": 1}):
        with pytest.raises(jsonschema.ValidationError):
            fits("detached", json.dumps(wrong))
