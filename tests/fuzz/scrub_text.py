"""Any text: scrubbing neither fails nor grows it beyond bounds, and is idempotent."""

from scrubbers import scrub

PERSON = {"user": "quarlesz", "home": "/home/quarlesz", "full_name": "Zoë Quarles"}


def TARGET(data: bytes) -> None:  # noqa: N802 - the name every fuzz target has
    """Scrubbed text is bounded, stable, and free of a known login.

    A failing rule is found by its finding: it drops the text instead of raising.
    """
    text = data.decode("utf-8", "surrogateescape")
    once = scrub(text, identity=PERSON)
    assert len(once.text) <= 11 * len(text) + 9
    assert "error" not in {found.rule for found in once.findings}
    assert "quarlesz" not in once.text.lower()
    assert scrub(once.text, identity=PERSON).text == once.text
