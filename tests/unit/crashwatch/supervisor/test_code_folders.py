"""Which folders a report tells paths below of."""

from pathlib import Path

import pytest

from crashwatch.supervisor.code_folders import both_names, code_roots, is_wide

HOME = "/home/mireille"


def roots(*places, script="", module="", folder="/srv/app", configured=()):
    return code_roots(
        places,
        script=script,
        module=module,
        folder=folder,
        home=HOME,
        configured=configured,
    )


def test_the_standard_library_and_packages_are_told_apart_by_their_names():
    found = roots("/opt/py/lib/python3.11", "/opt/py/lib/python3.11/site-packages")
    assert found.stdlib == ("/opt/py/lib/python3.11",)
    assert found.site_packages == ("/opt/py/lib/python3.11/site-packages",)
    assert found.app == found.app_is_flat == ()


def test_the_folder_of_the_main_script_is_the_application():
    assert roots(script="bin/term.py").app == ("/srv/app/bin",)
    assert roots(script="/opt/term/main.py").app == ("/opt/term",)


def test_a_folder_that_is_run_is_the_application_itself(tmp_path: Path):
    (tmp_path / "term").mkdir()
    found = roots(script="term", folder=str(tmp_path))
    assert found.app == (str(tmp_path / "term"),)


def test_the_top_package_of_a_module_is_the_application_where_it_is_there(tmp_path):
    (tmp_path / "term").mkdir()
    assert roots(module="term.main", folder=str(tmp_path)).app == (
        str(tmp_path / "term"),
    )
    assert roots(module="other.main", folder=str(tmp_path)).app == ()


@pytest.mark.parametrize("script", ["/usr/bin/term", f"{HOME}/term.py", "/tmp/a.py"])
def test_of_a_folder_that_many_share_only_its_own_files_count(script):
    found = roots(script=script)
    assert found.app == ()
    assert found.app_is_flat == (str(Path(script).parent),)


def test_configured_folders_come_first_as_they_are_and_behind_links(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    found = roots(script="a.py", configured=[str(tmp_path / "link")])
    assert found.app == (
        str(tmp_path / "link"),
        str(tmp_path / "real"),
        "/srv/app",
    )


@pytest.mark.parametrize(
    ("folder", "wide"),
    [
        ("/usr/bin/", True),
        (HOME, True),
        ("/home", True),
        (f"{HOME}/term", False),
        ("/home/mire", False),
        ("/srv/app", False),
    ],
)
def test_wide_folders(folder, wide):
    assert is_wide(folder, HOME) is wide


def test_without_a_home_only_well_known_folders_are_wide():
    assert is_wide("/usr/bin", "")
    assert not is_wide(HOME, "")


def test_names_are_given_once():
    assert both_names(["/usr/./lib", "/usr/lib/"])[0] == "/usr/lib"
    assert len(both_names(["/nowhere/a", "/nowhere/a/"])) == 1
