"""What instructions do that take or give values of which something may be known.

From ``Python/ceval.c``, ``bytecodes.c`` and ``Lib/dis.rst`` of CPython 3.10 to 3.13.
"""

import sys

from .values import NULL, SELF, Attribute, Format, Name, Text, Variable, bare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .flow_state import Flow

    Action = Callable[[Flow, int], None]

_VERSION = sys.version_info[:2]


def _return_value(flow: "Flow", _: int) -> None:
    flow.returned.append(flow.pop())


def _return_const(flow: "Flow", argument: int) -> None:
    _load_const(flow, argument)
    _return_value(flow, 0)


def _load_const(flow: "Flow", argument: int) -> None:
    value = flow.code.co_consts[argument]
    if type(value) is str:
        flow.stack.append(flow.text(value))
    else:  # a tuple may be the names of a call's arguments
        flow.stack.append(value if type(value) is tuple else None)


def _load_name(flow: "Flow", argument: int) -> None:
    flow.stack.append(Name(flow.code.co_names[argument]))


def _load_global(flow: "Flow", argument: int) -> None:
    if _VERSION < (3, 11):
        _load_name(flow, argument)
        return
    name = Name(flow.code.co_names[argument >> 1])
    _push_callable(flow, name) if argument & 1 else flow.stack.append(name)


def _push_callable(flow: "Flow", value: "Any") -> None:
    """A callable with the empty place that stands for its object."""
    flow.stack += [value, NULL] if _VERSION >= (3, 13) else [NULL, value]


def _load_attr(flow: "Flow", argument: int) -> None:
    index = argument >> 1 if _VERSION >= (3, 12) else argument
    value = Attribute(flow.pop(), flow.code.co_names[index])
    if _VERSION >= (3, 12) and argument & 1:
        _push_callable(flow, value)
    else:
        flow.stack.append(value)


def _load_method(flow: "Flow", argument: int) -> None:
    _push_callable(flow, Attribute(flow.pop(), flow.code.co_names[argument]))


def _load_super_attr(flow: "Flow", argument: int) -> None:
    flow.take(3)
    value = Attribute(Name("super"), flow.code.co_names[argument >> 2])
    _push_callable(flow, value) if argument & 1 else flow.stack.append(value)


def _load_fast(flow: "Flow", argument: int) -> None:
    value = flow.locals.get(argument)
    is_part = type(value) in (Text, Name, Attribute, Format) and value is not SELF
    flow.stack.append(Variable(value) if is_part else value)


def _store_fast(flow: "Flow", argument: int) -> None:
    value = bare(flow.pop())
    if value is None:
        flow.locals.pop(argument, None)
    else:
        flow.locals[argument] = value


def _delete_fast(flow: "Flow", argument: int) -> None:
    flow.locals.pop(argument, None)


def _load_fast_and_clear(flow: "Flow", argument: int) -> None:
    _load_fast(flow, argument)
    _delete_fast(flow, argument)


def _two_of_fast(first: "Action", second: "Action") -> "Action":
    def both(flow: "Flow", argument: int) -> None:
        first(flow, argument >> 4)
        second(flow, argument & 15)

    return both


def _store_attr(flow: "Flow", argument: int) -> None:
    value, owner = flow.take(2)
    if owner is SELF:
        flow.stored.append((flow.code.co_names[argument], bare(value)))


def _assertion_error(flow: "Flow", _: int) -> None:
    flow.stack.append(Name("AssertionError"))


def _push_null(flow: "Flow", _: int) -> None:
    flow.stack.append(NULL)


def _copy(flow: "Flow", argument: int) -> None:
    flow.stack.append(flow.stack[-argument] if argument <= len(flow.stack) else None)


def _swap(flow: "Flow", argument: int) -> None:
    values = flow.take(argument)
    values[0], values[-1] = values[-1], values[0]
    flow.stack += values


def _duplicate_two(flow: "Flow", _: int) -> None:
    values = flow.take(2)
    flow.stack += values * 2


def _rotate(count: int) -> "Action":
    def rotate(flow: "Flow", argument: int) -> None:
        values = flow.take(count or argument)
        flow.stack += [values[-1], *values[:-1]]

    return rotate


def _to_one(extra: int, factor: int = 1) -> "Action":
    def build(flow: "Flow", argument: int) -> None:
        flow.take(factor * argument + extra)
        flow.stack.append(None)

    return build


def _build_string(flow: "Flow", argument: int) -> None:
    flow.stack.append(flow.joined(flow.take(argument)))


def _format_value(flow: "Flow", argument: int) -> None:
    """A field of an f-string: always a hole, whatever is put in."""
    flow.take(2 if argument & 4 else 1)
    flow.stack.append(None)


def _add(flow: "Flow", _: int) -> None:
    flow.stack.append(flow.joined(flow.take(2)))


def _remainder(flow: "Flow", _: int) -> None:
    left, _right = flow.take(2)
    flow.stack.append(flow.percent_or_format(left, "%"))


def _binary(flow: "Flow", argument: int) -> None:
    """Operands: 0 and 13 are ``+`` and ``+=``, 6 and 19 ``%`` and ``%=``."""
    if argument in (0, 13):
        _add(flow, 0)
    elif argument in (6, 19):
        _remainder(flow, 0)
    else:
        flow.take(2)
        flow.stack.append(None)


def _unpack(flow: "Flow", argument: int) -> None:
    flow.pop()
    flow.stack += [None] * argument


def _make_function(flow: "Flow", argument: int) -> None:
    fixed = 2 if _VERSION < (3, 11) else 1
    flags = argument & 15 if _VERSION < (3, 13) else 0
    flow.take(fixed + flags.bit_count())
    flow.stack.append(None)


def _kw_names(flow: "Flow", argument: int) -> None:
    flow.keywords = flow.code.co_consts[argument]


def _call_with(flow: "Flow", arguments: "list[Any]", names: tuple[str, ...]) -> None:
    """A call from 3.11 on: a callable, and below or above it its object or nothing."""
    lower, upper = flow.take(2)
    if lower is NULL:
        result = flow.call(upper, arguments, names)
    elif upper is NULL:
        result = flow.call(lower, arguments, names)
    else:  # as for assert: the callable, then its first argument
        result = flow.call(lower, [upper, *arguments], names)
    flow.stack.append(result)


def _call(flow: "Flow", argument: int) -> None:
    names, flow.keywords = flow.keywords, ()
    _call_with(flow, flow.take(argument), names)


def _call_kw(flow: "Flow", argument: int) -> None:
    names = flow.pop()
    arguments = flow.take(argument)
    if type(names) is tuple:
        _call_with(flow, arguments, names)
    else:
        flow.forget()


def _call_function(flow: "Flow", argument: int) -> None:
    arguments = flow.take(argument)
    flow.stack.append(flow.call(flow.pop(), arguments))


def _call_function_kw(flow: "Flow", argument: int) -> None:
    names = flow.pop()
    arguments = flow.take(argument)
    function = flow.pop()
    known = type(names) is tuple
    flow.stack.append(flow.call(function, arguments, names) if known else None)


def _call_method(flow: "Flow", argument: int) -> None:
    _call_with(flow, flow.take(argument), ())


def _call_function_ex(flow: "Flow", argument: int) -> None:
    """A call with ``*`` or ``**``: of use where it fills a format."""
    values = flow.take((2 if _VERSION < (3, 11) else 3) + (argument & 1))
    function = next((bare(v) for v in values[:2] if v not in (None, NULL)), None)
    is_format = type(function) is Attribute and function.name == "format"
    flow.stack.append(flow.call(function, []) if is_format else None)


def _keep_text(flow: "Flow", _: int) -> None:
    """``FORMAT_SIMPLE``, ``CONVERT_VALUE``: a hole."""
    flow.take(1)
    flow.stack.append(None)


ACTIONS: "dict[str, Action]" = {
    "RETURN_VALUE": _return_value,
    "RETURN_CONST": _return_const,
    "LOAD_CONST": _load_const,
    "LOAD_NAME": _load_name,
    "LOAD_GLOBAL": _load_global,
    "LOAD_ATTR": _load_attr,
    "LOAD_METHOD": _load_method,
    "LOAD_SUPER_ATTR": _load_super_attr,
    "LOAD_FAST": _load_fast,
    "LOAD_FAST_CHECK": _load_fast,
    "LOAD_FAST_AND_CLEAR": _load_fast_and_clear,
    "STORE_FAST": _store_fast,
    "DELETE_FAST": _delete_fast,
    "LOAD_FAST_LOAD_FAST": _two_of_fast(_load_fast, _load_fast),
    "STORE_FAST_LOAD_FAST": _two_of_fast(_store_fast, _load_fast),
    "STORE_FAST_STORE_FAST": _two_of_fast(_store_fast, _store_fast),
    "STORE_ATTR": _store_attr,
    "LOAD_ASSERTION_ERROR": _assertion_error,
    "PUSH_NULL": _push_null,
    "COPY": _copy,
    "SWAP": _swap,
    "DUP_TOP": lambda flow, _: _copy(flow, 1),
    "DUP_TOP_TWO": _duplicate_two,
    "ROT_TWO": _rotate(2),
    "ROT_THREE": _rotate(3),
    "ROT_FOUR": _rotate(4),
    "ROT_N": _rotate(0),
    "BUILD_TUPLE": _to_one(0),
    "BUILD_LIST": _to_one(0),
    "BUILD_SET": _to_one(0),
    "BUILD_SLICE": _to_one(0),
    "BUILD_MAP": _to_one(0, 2),
    "BUILD_CONST_KEY_MAP": _to_one(1),
    "BUILD_STRING": _build_string,
    "FORMAT_VALUE": _format_value,
    "FORMAT_SIMPLE": _keep_text,
    "CONVERT_VALUE": _keep_text,
    "BINARY_OP": _binary,
    "BINARY_ADD": _add,
    "INPLACE_ADD": _add,
    "BINARY_MODULO": _remainder,
    "INPLACE_MODULO": _remainder,
    "UNPACK_SEQUENCE": _unpack,
    "MAKE_FUNCTION": _make_function,
    "KW_NAMES": _kw_names,
    "CALL": _call,
    "CALL_KW": _call_kw,
    "CALL_FUNCTION": _call_function,
    "CALL_FUNCTION_KW": _call_function_kw,
    "CALL_METHOD": _call_method,
    "CALL_FUNCTION_EX": _call_function_ex,
}
