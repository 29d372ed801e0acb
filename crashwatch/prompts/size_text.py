"""Sizes and counts in words, the same in every face. Loads nothing."""


def size_text(size: int) -> str:
    """Bytes as a person reads them: ``812 bytes``, ``3.4 KB``, ``1.2 MB``."""
    if size < 1000:
        return f"{size} bytes"
    if size < 1_000_000:
        return f"{size / 1000:.1f} KB"
    return f"{size / 1_000_000:.1f} MB"


def counted(count: int, one: str, many: str = "") -> str:
    """``1 report``, ``2,000 reports``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
