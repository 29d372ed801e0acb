"""Messages that CPython 3.10 to 3.13 itself writes, ``…`` for what it puts in.

The interpreter's own exceptions are raised by C, where there is no source to look at.
From ``Objects/*.c``, ``Python/*.c`` and ``Modules/*.c``; tests raise them in each
version. More specific ones stand before those that would also match.
"""

from . import templates
from .argument_texts import TYPE_ERROR, VALUE_ERROR

_INDEX_ERROR = (
    "list index out of range",
    "list assignment index out of range",
    "tuple index out of range",
    "string index out of range",
    "index out of range",
    "index out of bounds on dimension …",
    "bytearray index out of range",
    "range object index out of range",
    "deque index out of range",
    "array index out of range",
    "array assignment index out of range",
    "pop from empty list",
    "pop index out of range",
    "pop from an empty deque",
    "pop from empty bytearray",
    "Replacement index … out of range for positional args tuple",
)
_ATTRIBUTE_ERROR = (
    (
        "partially initialized module '…' has no attribute '…'"
        " (most likely due to a circular import)"
    ),
    "module '…' has no attribute '…'",
    "type object '…' has no attribute '…'",
    "'…' object has no attribute '…' and no __dict__ for setting new attributes",
    "'…' object has no attribute '…'",
    "'…' object attribute '…' is read-only",
    "property '…' of '…' object has no setter",
    "property '…' of '…' object has no deleter",
    "can't set attribute '…'",
    "can't delete attribute '…'",
    "can't set attribute",
    "can't delete attribute",
    "readonly attribute",
    "attribute '…' of '…' objects is not writable",
    "__aenter__",
    "__enter__",
    "__exit__",
)
_NAME_ERROR = (
    "name '…' is not defined",
    (
        "cannot access free variable '…' where it is not associated with a value"
        " in enclosing scope"
    ),
    "free variable '…' referenced before assignment in enclosing scope",
)
_IMPORT_ERROR = (
    (
        "cannot import name '…' from partially initialized module '…'"
        " (most likely due to a circular import) (…)"
    ),
    "cannot import name '…' from '…' (…)",
    "attempted relative import with no known parent package",
    "attempted relative import beyond top-level package",
    "…: cannot open shared object file: No such file or directory",
    "…: undefined symbol: …",
    "sys.meta_path is None, Python is likely shutting down",
)
_RUNTIME_ERROR = (
    "dictionary changed size during iteration",
    "dictionary keys changed during iteration",
    "Set changed size during iteration",
    "deque mutated during iteration",
    "OrderedDict mutated during iteration",
    "generator raised StopIteration",
    "coroutine raised StopIteration",
    "async generator raised StopAsyncIteration",
    "generator ignored GeneratorExit",
    "coroutine ignored GeneratorExit",
    "cannot reuse already awaited coroutine",
    "No active exception to reraise",
    "can't start new thread",
    "can't create new thread at interpreter shutdown",
    "reentrant call inside …",
    "release unlocked lock",
    "cannot release un-acquired lock",
    "super(): no arguments",
    "input(): lost sys.stdin",
    "lost sys.stdout",
)
_KNOWN = {
    "TypeError": TYPE_ERROR,
    "ValueError": VALUE_ERROR,
    "io.UnsupportedOperation": ("not readable", "not writable"),
    "IndexError": _INDEX_ERROR,
    "KeyError": (
        "pop from an empty set",
        "popitem(): dictionary is empty",
        "dictionary is empty",
    ),
    "AttributeError": _ATTRIBUTE_ERROR,
    "NameError": _NAME_ERROR,
    "UnboundLocalError": (
        "cannot access local variable '…' where it is not associated with a value",
        "local variable '…' referenced before assignment",
    ),
    "ImportError": _IMPORT_ERROR,
    "ModuleNotFoundError": (
        "No module named '…'; '…' is not a package",
        "No module named '…'",
        "import of … halted; None in sys.modules",
    ),
    "RuntimeError": _RUNTIME_ERROR,
    "RecursionError": (
        "maximum recursion depth exceeded while calling a Python object",
        "maximum recursion depth exceeded in comparison",
        "maximum recursion depth exceeded while getting the repr of an object",
        "maximum recursion depth exceeded",
    ),
    "ZeroDivisionError": (
        "division by zero",
        "integer division or modulo by zero",
        "integer modulo by zero",
        "float division by zero",
        "float floor division by zero",
        "float divmod()",
        "float modulo",
        "float modulo by zero",
        "complex division by zero",
        "0.0 cannot be raised to a negative power",
        "0.0 to a negative or complex power",
    ),
    "OverflowError": (
        "int too large to convert to float",
        "int too big to convert",
        "can't convert negative int to unsigned",
        "Python int too large to convert to C …",
        "cannot convert float infinity to integer",
        "cannot fit '…' into an index-sized integer",
        "math range error",
        "signed … is less than minimum",
        "signed … is greater than maximum",
        "unsigned … is less than minimum",
        "unsigned … is greater than maximum",
        "date value out of range",
        "timestamp out of range for platform time_t",
    ),
    "EOFError": (
        "EOF when reading a line",
        "Ran out of input",
        "marshal data too short",
        "EOF read where object expected",
    ),
    "BufferError": (
        "Existing exports of data: object cannot be re-sized",
        "cannot close exported pointers exist",
    ),
    "LookupError": ("unknown encoding: …", "unknown error handler name '…'"),
    "ReferenceError": ("weakly-referenced object no longer exists",),
    "SystemError": (
        "… returned NULL without setting an exception",
        "… returned a result with an exception set",
        "error return without exception set",
    ),
    "SyntaxError": (
        "invalid syntax",
        "invalid syntax. Perhaps you forgot a comma?",
        "invalid syntax. Maybe you meant '==' or ':=' instead of '='?",
        "invalid decimal literal",
        "unexpected EOF while parsing",
        "expected '…'",
        "'…' was never closed",
        "unmatched '…'",
        "closing parenthesis '…' does not match opening parenthesis '…'",
        "unterminated string literal (detected at line …)",
        "unterminated triple-quoted string literal (detected at line …)",
        "invalid non-printable character U+…",
        "cannot assign to … here. Maybe you meant '==' instead of '='?",
        "cannot assign to …",
        "'return' outside function",
        "'await' outside function",
        "'break' outside loop",
        "Missing parentheses in call to '…'. Did you mean …?",
        "source code string cannot contain null bytes",
    ),
    "IndentationError": (
        "unexpected indent",
        "unindent does not match any outer indentation level",
        "expected an indented block after … on line …",
        "expected an indented block after …",
    ),
    "TabError": ("inconsistent use of tabs and spaces in indentation",),
    "json.decoder.JSONDecodeError": tuple(
        f"{what}: line … column … (char …)"
        for what in (
            "Expecting value",
            "Expecting ',' delimiter",
            "Expecting ':' delimiter",
            "Expecting property name enclosed in double quotes",
            "Extra data",
            "Unterminated string starting at",
            "Invalid control character at",
            "Invalid \\escape",
            "Invalid \\uXXXX escape",
            "Illegal trailing comma before end of object",
            "Illegal trailing comma before end of array",
            "Unexpected UTF-8 BOM (decode using utf-8-sig)",
        )
    ),
    "struct.error": (
        "unpack requires a buffer of … bytes",
        (
            "unpack_from requires a buffer of at least … bytes for unpacking … bytes"
            " at offset … (actual buffer size is …)"
        ),
        "pack expected … items for packing (got …)",
        "required argument is not an integer",
        "required argument is not a float",
        "'…' format requires … <= number <= …",
        "… format requires … <= number <= …",
        "argument for '…' must be a bytes object",
        "bad char in struct format",
    ),
    "UnicodeError": (
        "invalid start byte",
        "invalid continuation byte",
        "unexpected end of data",
        "ordinal not in range(128)",
        "ordinal not in range(256)",
        "surrogates not allowed",
        "truncated data",
        "illegal UTF-16 surrogate",
        "illegal encoding",
        "character maps to <undefined>",
        "truncated \\xXX escape",
        "truncated \\uXXXX escape",
    ),
    "TimeoutError": ("timed out",),
    "resolver": (
        "Name or service not known",
        "Temporary failure in name resolution",
        "No address associated with hostname",
        "Servname not supported for ai_socktype",
    ),
}


BY_RAISE = frozenset(
    {
        "exceptions must derive from BaseException",
        "exception causes must derive from BaseException",
        "No active exception to reraise",
    }
)
"""What a ``raise`` says of itself."""


def known_text(kind: str, message: str) -> "templates.Pieces | None":
    """The first template of a kind that a message matches.

    Args:
        kind: A builtin exception's name; another class's with its module; or
            ``UnicodeError`` for reasons, ``strerror`` for a resolver's errors.
    """
    for text in _KNOWN.get(kind, ()):
        pieces = tuple(text.split("…"))
        if templates.matches(pieces, message):
            return pieces
    return None
