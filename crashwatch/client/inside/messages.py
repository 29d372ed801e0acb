# The messages from the terminal to its supervisor, encoded and decoded here only.
#
# One message is one datagram: UTF-8 text, records separated by ``\x1e``, fields by
# ``\x1f``. The first record's first field is the kind:
#
# ``hello``      version, implementation, prefix, stdlib, site-packages… (paths)
# ``fault``      descriptor (or ``-``), all_threads: the program's own faulthandler
# ``exception``  where, thread name; then for each exception a record ``!``: module,
#                qualified name, number of the one it belongs to (empty for the first)
#                and as what (``cause``, ``member`` of a group); followed by
#                ``~`` its message and notes: ``message`` or ``note``, number of files,
#                the files whose source the text is from, the text's pieces, between
#                which something was left out (no pieces: nothing may be told);
#                ``@`` its frames, innermost last: file, line, function
#
# Text from the program is cut and its separators replaced; nothing of it is trusted.
# The terminal loads ``encoding`` only.

from .encoding import FIELD, MESSAGE_LIMIT, RECORD, encode

__all__ = ("FIELD", "MESSAGE_LIMIT", "RECORD", "MessageError", "decode", "encode")


class MessageError(ValueError):
    # Not a message of ours.
    pass


def decode(data: bytes) -> list[list[str]]:
    # Split one datagram into its records.
    #
    # Raises:
    #     MessageError: Too long, or not UTF-8.
    if len(data) > MESSAGE_LIMIT:
        msg = f"message of {len(data)} bytes"
        raise MessageError(msg)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        msg = "message is not UTF-8"
        raise MessageError(msg) from error
    return [record.split(FIELD) for record in text.split(RECORD)]
