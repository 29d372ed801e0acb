r"""The messages from the terminal to its supervisor, encoded and decoded here only.

One message is one datagram: UTF-8 text, records separated by ``\x1e``, fields by
``\x1f``. The first record's first field is the kind:

``hello``      version, implementation, prefix, stdlib, site-packages… (paths)
``fault``      descriptor (or ``-``), all_threads: the program's own faulthandler
``exception``  where, thread name; then for each exception a record ``!``: module,
               qualified name, number of the one it belongs to (empty for the first)
               and as what (``cause``, ``member`` of a group); followed by
               ``~`` its message and notes: ``message`` or ``note``, number of files,
               the files whose source the text is from, the text's pieces, between
               which something was left out (no pieces: nothing may be told);
               ``@`` its frames, innermost last: file, line, function

Text from the program is cut and its separators replaced; nothing of it is trusted.
Only the standard library, and of that nothing that costs: this runs in the terminal.
"""

RECORD = "\x1e"
FIELD = "\x1f"

MESSAGE_LIMIT = 49152
"""Bytes of one message at most; more frames than fit are left out."""

_FIELD_LIMIT = 600
_CONTROL = {ord(RECORD): " ", ord(FIELD): " ", 0: " "}


class MessageError(ValueError):
    """Not a message of ours."""


def encode(records: list[list[str]]) -> bytes:
    """Join records of fields into one datagram, cut at ``MESSAGE_LIMIT``."""
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


def decode(data: bytes) -> list[list[str]]:
    """Split one datagram into its records.

    Raises:
        MessageError: Too long, or not UTF-8.
    """
    if len(data) > MESSAGE_LIMIT:
        msg = f"message of {len(data)} bytes"
        raise MessageError(msg)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        msg = "message is not UTF-8"
        raise MessageError(msg) from error
    return [record.split(FIELD) for record in text.split(RECORD)]
