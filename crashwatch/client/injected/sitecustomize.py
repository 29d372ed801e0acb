# -*- coding: ascii -*-
"""Arm the client in the process that crashwatch started; leave no trace elsewhere.

Python imports this file at start-up because crashwatch put its folder first on
``PYTHONPATH``. Any Python may find it, in any child of a wrapper script, so it is
written for 2.7 and up, and does in this order:

1. takes its folder off ``sys.path`` and the environment back to what it was; where
   children are watched too (``--follow-children``), what must reach them stays there;
2. in the very process that crashwatch started (pid and start time match), or in any
   where children are watched, under CPython 3.10 or later on Linux, arms the client;
3. lets the ``sitecustomize`` that would have run without it, run.

When there is none, the ``ImportError`` of step 3 is let through: ``site`` expects
exactly that, and ``sys.modules`` is left as if this file had never been there.
"""

import os
import sys


def _take_back_environment(folder):
    """Undo PYTHONPATH and our variable; returns the variable's value or ''.

    The value's first field is 1 when there was a PYTHONPATH before, else 0. A wrapper
    script may have put folders around ours, so only our own part is taken out.
    """
    ticket = os.environ.pop("CRASHWATCH_ATTACH", "")
    if os.environ.get("CRASHWATCH_CHILDREN"):
        return ticket
    parts = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if folder not in parts:
        return ticket
    if ticket.startswith("0"):
        parts[parts.index(folder)] = ""
    else:
        parts.remove(folder)
    if parts == [""] and ticket.startswith("0"):
        del os.environ["PYTHONPATH"]
    else:
        os.environ["PYTHONPATH"] = os.pathsep.join(parts)
    return ticket


def _started_by_crashwatch(ticket):
    """Whether this is the process the ticket was written for."""
    fields = ticket.split(":")
    if sys.platform != "linux" or len(fields) < 3 or fields[1] != str(os.getpid()):
        return False
    with open("/proc/self/stat", "rb") as stat:
        after_name = stat.read().rpartition(b")")[2].split()
    return after_name[19].decode("ascii") == fields[2]


def _close_our_descriptors(ticket):
    """In any other process of a wrapper: close what was meant for the terminal."""
    fields = ticket.split(":")[3:]
    for number, inode in zip(fields[0::2], fields[1::2]):
        if os.fstat(int(number)).st_ino == int(inode):
            os.close(int(number))


def _load_client(folder):
    import _frozen_importlib_external as importer

    package = os.path.join(os.path.dirname(folder), "inside")
    path = os.path.join(package, "__init__.py")
    module = type(sys)("_crashwatch_client")
    module.__file__ = path
    module.__path__ = [package]
    module.__package__ = module.__name__
    sys.modules[module.__name__] = module
    importer.SourceFileLoader(module.__name__, path).exec_module(module)
    return module


def _come_and_go():
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if entry != folder]
    sys.path_importer_cache.pop(folder, None)
    try:
        ticket = _take_back_environment(folder)
        children = os.environ.get("CRASHWATCH_CHILDREN", "")
        is_started = bool(ticket) and _started_by_crashwatch(ticket)
        if ticket and not (is_started and sys.version_info >= (3, 10)):
            _close_our_descriptors(ticket)
        elif is_started:
            _load_client(folder).arm(ticket, children)
            return
        if children and sys.platform == "linux" and sys.version_info >= (3, 10):
            _load_client(folder).arm_child(children)
    except Exception:
        # A guest: whatever failed, the terminal starts as it would without us.
        sys.modules.pop("_crashwatch_client", None)


# Python 2 empties a module that nothing refers to while its code still runs.
_this_module = sys.modules.pop("sitecustomize", None)
_come_and_go()

import sitecustomize  # noqa: E402, F401 -- the one that would have run without us
