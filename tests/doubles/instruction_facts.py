"""What this Python says of its instructions, and what the client knows; for any Python.

Writes JSON: opcode numbers, which instructions jump, the client's numbers and jumps,
and each instruction whose effect on the stack the client has wrong.
"""

import dis
import json
import opcode
import sys
import types

from told_messages import load

ARGUMENTS = (0, 1, 2, 3, 4, 5, 8)
DEPTH = 40
# dis counts what is put there only later, by another instruction or by nobody.
COUNTED_OTHERWISE = {
    *(
        "FOR_ITER",
        "SEND",
        "LOAD_METHOD",
        "SETUP_WITH",
        "SETUP_FINALLY",
        "SETUP_ASYNC_WITH",
    ),
    *("END_FOR", "POP_EXCEPT", "PUSH_EXC_INFO", "JUMP_IF_FALSE_OR_POP"),
    *(("PRECALL", "CALL") if sys.version_info[:2] == (3, 11) else ()),  # as a pair
    *("JUMP_IF_TRUE_OR_POP", "WITH_EXCEPT_START", "YIELD_VALUE", "RESUME", "GEN_START"),
}


def effects_differ(texts):
    """Instructions that the client thinks to do something else to the stack."""
    code = types.SimpleNamespace(
        co_consts=[("a",)] * 9, co_names=["n"] * 9, co_filename="/x"
    )
    wrong = []
    for name, number in texts.bytecode.OPERATIONS.items():
        if name in COUNTED_OTHERWISE or name not in texts.stack_effects.NAMES:
            continue
        for argument in ARGUMENTS:
            if name == "BUILD_SLICE" and argument not in (2, 3):
                continue  # it has no other
            given = argument if number >= dis.HAVE_ARGUMENT else None
            try:
                said = dis.stack_effect(number, given, jump=False)
            except ValueError:
                continue
            flow = texts.flow_state.Flow(code, {})
            flow.stack = [None] * DEPTH
            if name == "CALL_KW":
                flow.stack[-1] = ()
            try:
                alive, _ = texts.stack_effects.step(flow, number, argument)
            except IndexError:
                continue  # this instruction is never made with that argument
            if alive and len(flow.stack) != DEPTH + said:
                wrong.append((name, argument, len(flow.stack) - DEPTH, said))
    return wrong


def main():
    load(sys.argv[1])
    from _crashwatch_client import texts
    from _crashwatch_client.texts import bytecode, flow_state, stack_effects  # noqa: F401

    jumping = {*opcode.hasjrel, *opcode.hasjabs}
    real = {name: number for name, number in opcode.opmap.items() if 0 < number < 256}
    json.dump(
        {
            "numbers": real,
            "jumps": sorted(n for n in real if real[n] in jumping),
            "known": bytecode.OPERATIONS,
            "known_jumps": sorted(n for n in real if real[n] in bytecode.JUMPS),
            "names": sorted(stack_effects.NAMES),
            "wrong": effects_differ(texts),
        },
        sys.stdout,
    )


main()
