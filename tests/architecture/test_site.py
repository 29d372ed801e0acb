"""The site of the documents: each page is in it, and nothing comes from elsewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Built as `make site` does: a link that leads nowhere ends it."""
    place = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", place]
    built = subprocess.run(
        command,
        cwd=ROOT,
        env={"NO_MKDOCS_2_WARNING": "1", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return place


def test_every_document_is_a_page_of_it_and_in_the_menu(site):
    home = (site / "index.html").read_text("utf-8")
    names = [page.with_suffix(".html").name for page in PAGES]
    assert len(names) > 15
    assert [name for name in names if not (site / name).exists()] == []
    menu = set(re.findall(r'<a href="([^"#]+)" class="md-nav__link"', home))
    missing = set(names) - {"index.html"} - menu
    assert missing == set(), "give it a line below nav in mkdocs.yml"


def test_every_decision_and_schema_can_be_reached(site):
    listed = (site / "decisions" / "index.html").read_text("utf-8")
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [path for path in decisions if f'"{path.stem}.html"' not in listed] == []
    schemas = sorted((ROOT / "docs" / "schemas").glob("*.json"))
    published = (site / "schemas" / "index.html").read_text("utf-8")
    assert [path for path in schemas if f'"{path.name}"' not in published] == []


def test_nothing_is_loaded_from_elsewhere(site):
    loaded = re.compile(
        r"""(?:\ssrc=|url\(|@import |<link[^>]+href=)["']?(?:https?:)?//"""
    )
    sources = [*site.rglob("*.html"), *site.rglob("*.css")]
    assert len(sources) > 20
    found = {p.name for p in sources if loaded.search(p.read_text("utf-8"))}
    assert found == set()
