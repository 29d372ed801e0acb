"""Which region's rules hold: by setting, locale, time zone; in doubt the strictest."""

from __future__ import annotations

import pytest

from crashwatch.configuration import load_configuration
from crashwatch.errors import ConfigurationError
from crashwatch.region_settings import choose_region
from crashwatch.retention_settings import LONGEST
from crashwatch.whereabouts import countries_here
from reports.consent.record import Category

EU = "https://key@eu.example.org/1"
US = "https://key@us.example.org/1"
BOTH = f"""
[regions.eu]
dsn = "{EU}"
forbid = ["plugins"]
minimum_age = 16
sent_days = 7
[regions.us]
dsn = "{US}"
forbid = ["features"]
minimum_age = 13
pending_days = 3
"""
ZONES = """# made up
DE\t+0000\tEurope/Berlin
US\t+0000\tAmerica/New_York
JP\t+0000\tAsia/Tokyo
"""


@pytest.fixture
def settings(tmp_path):
    def read(text):
        path = tmp_path / "config.toml"
        path.write_text(text)
        return load_configuration(path, {})

    return read


@pytest.fixture
def whereabouts(tmp_path):
    table = tmp_path / "zone.tab"
    table.write_text(ZONES)

    def told(environment, zone=None):
        link = tmp_path / "localtime"
        link.unlink(missing_ok=True)
        if zone:
            link.symlink_to(f"/usr/share/zoneinfo/{zone}")
        return countries_here(environment, localtime=str(link), zone_table=str(table))

    return told


@pytest.mark.parametrize(
    ("environment", "zone", "expected"),
    [
        ({}, None, set()),
        ({"LANG": "C.UTF-8"}, "Etc/UTC", set()),
        ({"LANG": "de_DE.UTF-8"}, None, {"DE"}),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "de_DE"}, None, {"DE"}),
        ({"LANG": "ca_ES@valencia"}, None, {"ES"}),
        ({"LANG": "nonsense_XYZ"}, None, set()),
        ({"LANG": "nonsense_DE"}, None, set()),
        ({"LANG": "de_de.UTF-8"}, None, set()),
        ({"LANG": "DE_DE.UTF-8"}, None, set()),
        ({"LANG": "d_DE"}, None, set()),
        ({"LANG": "de_D2"}, None, set()),
        ({"LANG": "de_DÉ"}, None, set()),
        ({"LANG": "fil_PH"}, None, {"PH"}),
        ({"LANG": "C"}, "Europe/Berlin", {"DE"}),
        ({"TZ": ":Asia/Tokyo"}, "Europe/Berlin", {"JP"}),
        ({"TZ": "/usr/share/zoneinfo/Asia/Tokyo"}, None, {"JP"}),
        ({"TZ": "CET-1CEST"}, None, set()),
        ({"LANG": "en_US.UTF-8"}, "Europe/Berlin", {"US", "DE"}),
    ],
)
def test_locale_and_time_zone_tell_the_country(
    whereabouts, environment, zone, expected
):
    assert whereabouts(environment, zone) == expected


@pytest.mark.parametrize(
    ("wish", "countries", "name"),
    [
        ("auto", ["DE"], "eu"),
        ("auto", ["US"], "us"),
        ("auto", ["DE", "FR"], "eu"),
        ("auto", ["DE", "US"], "unknown"),
        ("auto", ["JP"], "unknown"),
        ("auto", ["DE", "JP"], "unknown"),
        ("auto", [], "unknown"),
        ("eu", ["US"], "eu"),
        ("us", [], "us"),
        ("ue", ["US"], "unknown"),
    ],
)
def test_which_rules_hold(settings, wish, countries, name):
    regions = settings(BOTH).regions
    assert choose_region(regions, wish, countries).name == name


def test_without_regions_none_holds(settings):
    assert choose_region(settings("").regions, "eu", ["DE"]) is None


def test_the_unknown_region_is_the_strictest_in_each_point(settings):
    unknown = choose_region(settings(BOTH).regions, "auto", [])
    assert unknown.dsn == ""
    assert unknown.forbidden == {Category.PLUGINS, Category.FEATURES}
    assert unknown.minimum_age == 16
    assert unknown.retention.sent_days == 7
    assert unknown.retention.pending_days == 3
    assert unknown.retention.queued_days == LONGEST.queued_days


def test_where_all_regions_share_an_endpoint_the_unknown_one_has_it(settings):
    regions = settings(BOTH.replace(US, EU)).regions
    assert choose_region(regions, "auto", []).dsn == EU


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("regions = 3", "must be a table"),
        ("[regions]\neu = 3", "must be a table"),
        ("[regions.EU]", "cannot be a region"),
        ("[regions.auto]", "cannot be a region"),
        ("[regions.unknown]", "cannot be a region"),
        ("[regions.eu]\ndsn = 'ftp://x'", "the DSN must begin"),
        ("[regions.eu]\nforbid = ['everything']", "may only hold crash"),
        ("[regions.eu]\ncountries = ['Germany']", "may only hold codes"),
        ("[regions.eu]\nminimum_age = -1", "must be between 0 and 21"),
        ("[regions.eu]\nminimum_age = true", "must be a whole number"),
        ("[regions.eu]\nallow = ['usage']", "is not a setting"),
        ("[regions.eu]\nsent_days = 31", "can only be shortened"),
        ("[retention]\nsent_days = 31", "can only be shortened"),
        ("[retention]\nsent_days = 0", "must be between 1 and 30"),
        ("[retention]\nsent_days = 1.5", "must be a whole number"),
        ("[retention]\nsent_weeks = 1", "is not a setting"),
        ("retention = 7", "must be a table"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(settings, text, fault):
    with pytest.raises(ConfigurationError, match=fault):
        settings(text)


def test_every_time_can_be_shortened(settings):
    lines = "\n".join(f"{name} = 1" for name in LONGEST._fields)
    assert set(settings(f"[retention]\n{lines}").retention) == {1}


def test_the_shorter_of_two_holds():
    one = LONGEST._replace(sent_days=3)
    other = LONGEST._replace(sent_days=5, log_days=9)
    assert one.at_most(other) == LONGEST._replace(sent_days=3, log_days=9)
