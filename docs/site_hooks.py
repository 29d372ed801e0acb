"""What MkDocs is told of the documents: those of the root, and the list of decisions.

Documents link to each other as they lie in the repository; here these links are made to
work on the site.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

# Of the root, and not written for whoever has the repository before them.
_OF_THE_ROOT = ("SECURITY.md", "CHANGELOG.md")
_INDEX = """\
# Decisions

Choices that somebody will ask about: why, and what was given up.

"""


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages that do not lie below ``docs``."""
    root = Path(config.config_file_path).parent
    for name in _OF_THE_ROOT:
        text = (root / name).read_text(encoding="utf-8")
        files.append(File.generated(config, name, content=_inside(text)))
    index = _INDEX + "".join(_entries(Path(config.docs_dir) / "decisions"))
    files.append(File.generated(config, "decisions/index.md", content=index))
    return files


def on_page_markdown(markdown: str, **_others: Any) -> str:
    """Let links to documents of the root, and to folders, lead to their pages."""
    markdown = markdown.replace("](decisions/)", "](decisions/index.md)")
    names = "|".join(map(re.escape, _OF_THE_ROOT))
    return re.sub(rf"\]\(\.\./({names})", r"](\1", markdown)


def _inside(text: str) -> str:
    """A document of the root, as seen from ``docs``."""
    return text.replace("](docs/", "](")


def _entries(decisions: Path) -> list[str]:
    return [
        f"- [{path.read_text(encoding='utf-8').splitlines()[0][2:]}]({path.name})\n"
        for path in sorted(decisions.glob("[0-9]*.md"))
    ]
