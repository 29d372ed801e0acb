"""What each instruction does to the stack: CPython 3.10 to 3.13, one table.

From ``Python/ceval.c``, ``bytecodes.c`` and ``Lib/dis.rst`` of each version. Names that
changed their meaning are told apart by version. Instructions that are not here make
the pass forget everything, which costs a message, never lets one through.
"""

import sys

from .bytecode import OPERATIONS
from .stack_actions import ACTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .flow_state import Flow, State

_VERSION = sys.version_info[:2]

_PLAIN = {
    (0, 0): "NOP RESUME PRECALL COPY_FREE_VARS MAKE_CELL POP_BLOCK DELETE_NAME"
    " DELETE_GLOBAL DELETE_DEREF SETUP_FINALLY",
    (0, 1): "LOAD_DEREF LOAD_CLASSDEREF LOAD_CLOSURE LOAD_LOCALS LOAD_BUILD_CLASS"
    " GET_LEN IMPORT_FROM WITH_EXCEPT_START",
    (1, 0): "POP_TOP GEN_START STORE_NAME STORE_GLOBAL STORE_DEREF DELETE_ATTR"
    " LIST_APPEND SET_ADD LIST_EXTEND SET_UPDATE DICT_UPDATE DICT_MERGE"
    " POP_JUMP_IF_FALSE POP_JUMP_IF_TRUE POP_JUMP_IF_NONE POP_JUMP_IF_NOT_NONE"
    " POP_JUMP_FORWARD_IF_FALSE POP_JUMP_FORWARD_IF_TRUE POP_JUMP_FORWARD_IF_NONE"
    " POP_JUMP_FORWARD_IF_NOT_NONE POP_JUMP_BACKWARD_IF_FALSE"
    " POP_JUMP_BACKWARD_IF_TRUE POP_JUMP_BACKWARD_IF_NONE"
    " POP_JUMP_BACKWARD_IF_NOT_NONE",
    (1, 1): "UNARY_POSITIVE UNARY_NEGATIVE UNARY_NOT UNARY_INVERT TO_BOOL GET_ITER"
    " GET_AWAITABLE GET_YIELD_FROM_ITER YIELD_VALUE LIST_TO_TUPLE CALL_INTRINSIC_1"
    " LOAD_FROM_DICT_OR_DEREF LOAD_FROM_DICT_OR_GLOBALS CHECK_EXC_MATCH",
    (1, 2): "BEFORE_WITH PUSH_EXC_INFO SETUP_WITH",
    (2, 0): "DELETE_SUBSCR MAP_ADD JUMP_IF_NOT_EXC_MATCH",
    (2, 1): "BINARY_SUBSCR COMPARE_OP IS_OP CONTAINS_OP IMPORT_NAME YIELD_FROM"
    " CALL_INTRINSIC_2 SET_FUNCTION_ATTRIBUTE END_SEND FORMAT_WITH_SPEC"
    " BINARY_MATRIX_MULTIPLY INPLACE_MATRIX_MULTIPLY BINARY_POWER BINARY_MULTIPLY"
    " BINARY_SUBTRACT BINARY_FLOOR_DIVIDE BINARY_TRUE_DIVIDE INPLACE_FLOOR_DIVIDE"
    " INPLACE_TRUE_DIVIDE INPLACE_SUBTRACT INPLACE_MULTIPLY BINARY_LSHIFT"
    " BINARY_RSHIFT BINARY_AND BINARY_XOR BINARY_OR INPLACE_POWER INPLACE_LSHIFT"
    " INPLACE_RSHIFT INPLACE_AND INPLACE_XOR INPLACE_OR",
    (3, 0): "STORE_SUBSCR",
    (3, 1): "BINARY_SLICE",
    (4, 0): "STORE_SLICE",
}
_ENDS = (
    "RETURN_VALUE RETURN_CONST RAISE_VARARGS RERAISE JUMP_FORWARD JUMP_ABSOLUTE"
    " JUMP_BACKWARD JUMP_BACKWARD_NO_INTERRUPT"
)
_CARRIES_STATE = (
    "JUMP_FORWARD JUMP_ABSOLUTE POP_JUMP_IF_FALSE POP_JUMP_IF_TRUE POP_JUMP_IF_NONE"
    " POP_JUMP_IF_NOT_NONE POP_JUMP_FORWARD_IF_FALSE POP_JUMP_FORWARD_IF_TRUE"
    " POP_JUMP_FORWARD_IF_NONE POP_JUMP_FORWARD_IF_NOT_NONE JUMP_IF_NOT_EXC_MATCH"
    " JUMP_IF_FALSE_OR_POP JUMP_IF_TRUE_OR_POP"
)


def _numbers(names: str) -> frozenset[int]:
    return frozenset(OPERATIONS[name] for name in names.split() if name in OPERATIONS)


_EFFECTS: "dict[int, tuple[int, int]]" = {
    number: effect for effect, names in _PLAIN.items() for number in _numbers(names)
}
_EFFECTS.update(
    dict.fromkeys(_numbers("POP_EXCEPT"), (3 if _VERSION < (3, 11) else 1, 0))
)
_EFFECTS.update(dict.fromkeys(_numbers("END_FOR"), (2 if _VERSION < (3, 13) else 1, 0)))
_ENDING = _numbers(_ENDS)
_CARRYING = _numbers(_CARRIES_STATE)
_OR_POP = _numbers("JUMP_IF_FALSE_OR_POP JUMP_IF_TRUE_OR_POP")
_FOR_ITER = OPERATIONS.get("FOR_ITER", -1)


_ACTIONS = {
    OPERATIONS[name]: act for name, act in ACTIONS.items() if name in OPERATIONS
}
NAMES = frozenset(ACTIONS) | frozenset(
    " ".join(
        [*_PLAIN.values(), _ENDS, _CARRIES_STATE, "POP_EXCEPT END_FOR FOR_ITER"]
    ).split()
)
"""Every instruction that is known here."""


def step(flow: "Flow", operation: int, argument: int) -> "tuple[bool, State | None]":
    """Carry out one instruction.

    Returns:
        Whether the next one is reached from it; and the state at its jump's target,
        or None where that is not known (or there is no jump).
    """
    if operation in _OR_POP:
        there = flow.copy()
        flow.pop()
        return True, there
    if operation == _FOR_ITER:
        return True, _for_iter(flow)
    effect = _EFFECTS.get(operation)
    if effect is not None:
        pops, pushes = effect
        if pops:
            del flow.stack[-pops:]
        if pushes:
            flow.stack += [None] * pushes
    elif operation in _ACTIONS:
        _ACTIONS[operation](flow, argument)
    elif operation not in _ENDING:
        flow.forget()
    there = flow.copy() if operation in _CARRYING else None  # type: ignore[assignment]
    return operation not in _ENDING, there


def _for_iter(flow: "Flow") -> "State":
    """The next item; at the end the iterator is taken off, from 3.12 by ``END_FOR``."""
    if _VERSION < (3, 12):
        at_end = flow.copy()
        del at_end[0][-1:]
        flow.stack.append(None)
        return at_end
    flow.stack.append(None)
    return flow.copy()
