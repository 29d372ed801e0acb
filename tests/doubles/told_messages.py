"""What a Python tells of the messages that given sources raise.

The program half runs in any Python and loads the client as ``sitecustomize`` does. The
other half starts it: one process for all the cases of a test.
"""

import json
import subprocess
import sys
import time
import types
from pathlib import Path

CLIENT = Path(__file__).parents[2] / "crashwatch" / "client" / "inside"
FILE = "/opt/pachy/case.py"


def told_by(python, cases, *, file=FILE, printed=True, folder="", head=""):
    """Answers for each case: ``message``, ``notes``, ``files``, ``text``, ``seconds``.

    Args:
        python: The interpreter's path.
        cases: Sources; each has a function ``go`` that raises, or is the name of a
            module below ``folder`` that has one.
        head: What stands before each of the cases, run once.
        printed: Whether Python itself is about to print the exception.

    A message is ``None`` where there is none and ``"dropped"`` where nothing is told.
    ``text`` is ``str`` of the exception.
    """
    asked = {"client": str(CLIENT), "cases": list(cases), "file": file}
    asked |= {"printed": printed, "folder": str(folder), "head": head}
    ended = subprocess.run(
        [python, *([] if folder else ["-B"]), __file__],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={},
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def load(folder):
    """The client as ``sitecustomize`` loads it, not armed."""
    module = types.ModuleType("_crashwatch_client")
    module.__path__ = [folder]
    module.__package__ = module.__name__
    sys.modules[module.__name__] = module
    from _crashwatch_client.texts import message

    return message


def catch(source, file, before):
    """The exception that the source's ``go`` raises."""
    if source.isidentifier():
        go = __import__(source).go
    else:
        variables = dict(before)
        exec(compile(source, file, "exec"), variables)
        go = variables["go"]
    try:
        go()
    except BaseException as error:  # noqa: BLE001 -- whatever it is
        return error
    return None


def shown(record):
    pieces = record[3 + int(record[2]) :]
    return "<…>".join(pieces) if pieces else "dropped"


def answer(message, source, file, printed, before):
    error = catch(source, file, before)
    if error is None:
        return {"message": "nothing was raised", "notes": [], "seconds": 0, "text": ""}
    message.begin_report()
    began = time.thread_time()
    told = message.records(error, error.__traceback__, printed)
    seconds = time.thread_time() - began
    texts = [shown(record) for record in told if record[1] == "message"]
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 -- a case may well forbid it
        text = ""
    return {
        "message": texts[0] if texts else None,
        "notes": [shown(record) for record in told if record[1] == "note"],
        "files": [file for record in told for file in record[3 : 3 + int(record[2])]],
        "text": text.encode("utf-8", "replace").decode(),
        "seconds": seconds,
    }


def main():
    output = sys.stdout  # a case may take it away
    asked = json.load(sys.stdin)
    message = load(asked["client"])
    if asked["folder"]:
        sys.path.insert(0, asked["folder"])
    before = {"__name__": "case", "__builtins__": __builtins__}
    exec(compile(asked["head"], asked["file"], "exec"), before)
    given = asked["file"], asked["printed"], before
    out = [answer(message, source, *given) for source in asked["cases"]]
    json.dump(out, output)


if __name__ == "__main__":
    main()
