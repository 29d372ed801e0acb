# Messages to the supervisor, encoded: their form is told in ``messages``.
#
# Only the standard library, and of that nothing that costs: this runs in the terminal.

RECORD = "\x1e"
FIELD = "\x1f"

MESSAGE_LIMIT = 49152
"""Bytes of one message at most; more frames than fit are left out."""

_FIELD_LIMIT = 600
_CONTROL = {ord(RECORD): " ", ord(FIELD): " ", 0: " "}


def encode(records: list[list[str]]) -> bytes:
    # Join records of fields into one datagram, cut at ``MESSAGE_LIMIT``.
    out: list[bytes] = []
    size = 0
    for record in records:
        text = FIELD.join(field[:_FIELD_LIMIT].translate(_CONTROL) for field in record)
        data = text.encode("utf-8", "backslashreplace")
        size += len(data) + 1
        if size > MESSAGE_LIMIT:
            break
        out.append(data)
    return RECORD.encode().join(out)
