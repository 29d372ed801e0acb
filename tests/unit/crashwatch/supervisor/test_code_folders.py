"""Where a Python keeps its code, told by the files of its frames."""

from pathlib import Path

from crashwatch.supervisor.code_folders import python_places


def test_a_python_and_its_packages(tmp_path: Path) -> None:
    library = tmp_path / "lib" / "python3.12"
    library.mkdir(parents=True)
    (library / "os.py").touch()
    files = [f"{library}/threading.py", f"{library}/site-packages/a/b.py", "/app/x.py"]
    places = python_places(files)
    assert places[0] == str(library)
    assert set(places[1:]) == {
        f"{library}/site-packages",
        f"{library}/dist-packages",
        f"{tmp_path}/lib/python3/dist-packages",
    }


def test_a_virtual_environment_has_packages_only(tmp_path: Path) -> None:
    library = tmp_path / "venv" / "lib" / "python3.11"
    library.mkdir(parents=True)
    found = python_places([f"{library}/site-packages/a.py"])
    assert set(found) == {f"{library}/site-packages", f"{library}/dist-packages"}


def test_files_of_no_python_tell_nothing() -> None:
    assert python_places(["", "<string>", "lib/python3.11/os.py", "/lib/x.py"]) == ()
