"""The registry: what may be declared, and that the shipped one is well declared."""

from datetime import date
from pathlib import Path

import pytest

import reports.usage
from reports.consent.disclosure import disclosure_text
from reports.consent.disclosure_fields import USAGE_PARTS
from reports.consent.record import Category
from reports.errors import RegistryError
from reports.usage.disclosed import disclosed
from reports.usage.registry import LARGEST, Kind, parse_registry

SHIPPED = Path(reports.usage.__file__).with_name("metrics.toml")

GOOD = """
["tabs/opened"]
kind = "counter"
category = "usage"
description = "how many tabs are opened"
unit = "tabs"
expires = 2027-12-31
sensitivity = "interaction"
"""


def changed(old, new):
    assert old in GOOD
    return GOOD.replace(old, new).encode()


def test_a_declared_metric():
    registry = parse_registry(GOOD.encode(), ["git-status"])
    (metric,) = registry.metrics
    assert (metric.name, metric.kind, metric.unit) == (
        "tabs/opened",
        Kind.COUNTER,
        "tabs",
    )
    assert registry.plugins == ("git-status",)
    assert len(registry.sha256) == 32


def test_the_shipped_registry_is_well_declared_and_lasts():
    registry = parse_registry(SHIPPED.read_bytes(), ["one"])
    today = date.today()  # noqa: DTZ011 -- any zone will do for a year
    assert {metric.kind for metric in registry.metrics} == set(Kind)
    assert {metric.category for metric in registry.metrics} == set(Category) - {
        Category.CRASH
    }
    assert all((metric.expires - today).days > 90 for metric in registry.metrics), (
        "renew what expires, or remove it"
    )


def test_the_disclosure_names_every_metric():
    registry = parse_registry(SHIPPED.read_bytes(), ["git-status"])
    told = {metric.name: metric for metric in disclosed(registry)}
    assert set(told) == {m.name for m in registry.metrics} | {"undeclared"}
    assert "git-status" in told["plugin"].purpose
    assert "2028-12-31" in told["tabs/opened"].purpose


@pytest.mark.parametrize("part", USAGE_PARTS, ids=lambda part: part.described.__name__)
def test_the_disclosure_names_every_field_of_a_report_of_counts(part):
    assert tuple(name for name, _ in part.fields) == part.described.__struct_fields__
    metrics = disclosed(parse_registry(SHIPPED.read_bytes()))
    text = disclosure_text(metrics=metrics)
    assert part.title in text
    assert all(metric.name in text for metric in metrics)
    assert text != disclosure_text(metrics=metrics[1:])


def test_an_expired_metric_has_no_place():
    registry = parse_registry(GOOD.encode())
    assert registry.names(date(2027, 12, 31)) != {}
    assert registry.names(date(2028, 1, 1)) == {}


def test_plugins_are_told_by_the_list_and_other():
    data = SHIPPED.read_bytes()
    names = parse_registry(data, ["b", "a"]).names(date(2027, 1, 1))
    plugins = sorted(name for name in names if name.startswith("plugin"))
    assert plugins == ["plugin/a", "plugin/b", "plugin/other"]


def test_the_hash_is_of_file_and_plugins():
    hashes = {
        parse_registry(GOOD.encode(), plugins).sha256 for plugins in ([], ["a"], ["b"])
    }
    hashes.add(parse_registry(GOOD.encode() + b"#").sha256)
    assert len(hashes) == 4


@pytest.mark.parametrize(
    "data",
    [
        b"\xff",
        b"[",
        b"a" * (LARGEST + 1),
        b"x = 1",
        changed('"tabs/opened"', '"Tabs"'),
        changed('"tabs/opened"', '"undeclared"'),
        changed('"tabs/opened"', '"plugin/mine"'),
        changed('"tabs/opened"', '"a/b/c/d"'),
        changed('"counter"', '"gauge"'),
        changed('"counter"', '"feature"'),
        changed('"usage"', '"crash"'),
        changed('"usage"', '"features"'),
        changed('"tabs"\n', '"Tabs!"\n'),
        changed('unit = "tabs"', ""),
        changed("2027-12-31", '"2027-12-31"'),
        changed("2027-12-31", "2027-12-31T10:00:00"),
        changed('"interaction"', '"secret"'),
        changed('"how many tabs are opened"', '"\\u001b[31m red"'),
        changed("expires", "expire"),
        GOOD.encode() + b'owner = "me"',
        b"[[a]]\nkind = 1",
    ],
)
def test_what_is_odd_is_refused_whole(data):
    with pytest.raises(RegistryError):
        parse_registry(data)


@pytest.mark.parametrize("name", ["", "My Plugin", "x" * 41, "-a", "é"])
def test_odd_plugins_are_refused(name):
    with pytest.raises(RegistryError):
        parse_registry(GOOD.encode(), [name])


def test_an_error_does_not_repeat_what_it_found():
    with pytest.raises(RegistryError) as caught:
        parse_registry(b'["\\u001b[31mred"]\nkind = "counter"')
    assert "\x1b" not in str(caught.value)
