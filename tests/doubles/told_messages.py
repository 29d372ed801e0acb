"""What a Python tells of the messages that given sources raise; run by any Python.

Reads a JSON object from standard input: the client's folder, and for each case its
source, whose ``go()`` raises. Writes for each what would be told: the pieces joined by
``<…>``, ``null`` where there is no message, ``"dropped"`` where nothing may be told.
"""

import json
import sys
import time
import types


def load(folder):
    """The client as ``sitecustomize`` loads it, not armed."""
    module = types.ModuleType("_crashwatch_client")
    module.__path__ = [folder]
    module.__package__ = module.__name__
    sys.modules[module.__name__] = module
    from _crashwatch_client.texts import message

    return message


def catch(source, file):
    """The exception that the source's ``go`` raises."""
    variables = {"__name__": "case", "__file__": file, "__builtins__": __builtins__}
    exec(compile(source, file, "exec"), variables)
    try:
        variables["go"]()
    except BaseException as error:
        return error
    return None


def shown(record):
    pieces = record[3 + int(record[2]) :]
    return "<…>".join(pieces) if pieces else "dropped"


def answer(message, source, file, printed):
    error = catch(source, file)
    if error is None:
        return {"message": "nothing was raised", "notes": [], "seconds": 0}
    message.begin_report()
    began = time.thread_time()
    told = message.records(error, error.__traceback__, printed)
    seconds = time.thread_time() - began
    texts = [shown(record) for record in told if record[1] == "message"]
    return {
        "message": texts[0] if texts else None,
        "notes": [shown(record) for record in told if record[1] == "note"],
        "files": [file for record in told for file in record[3 : 3 + int(record[2])]],
        "seconds": seconds,
    }


def main():
    asked = json.load(sys.stdin)
    message = load(asked["client"])
    file = asked.get("file", "/opt/pachy/case.py")
    printed = asked.get("printed", True)
    out = [answer(message, source, file, printed) for source in asked["cases"]]
    json.dump(out, sys.stdout)


if __name__ == "__main__":
    main()
