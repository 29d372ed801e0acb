"""Sizes in the words of every face. Loads nothing: each command shows some."""


def size_text(size: int) -> str:
    """Bytes as a person reads them: ``812 bytes``, ``3.4 KB``, ``1.2 MB``."""
    if size < 1000:
        return f"{size} bytes"
    if size < 1_000_000:
        return f"{size / 1000:.1f} KB"
    return f"{size / 1_000_000:.1f} MB"
