"""The larger stack comes with the fourth handled signal, on every Python."""

import subprocess

from tests.doubles.command_line import HERE

INSIDE = f"{HERE}/crashwatch/client/inside"

TWELVE = """
import faulthandler, os, signal, sys
sys.path.insert(0, sys.argv[1])
faulthandler.enable()
import alternate_stack
real = signal.signal
alternate_stack.enlarge_when_needed()
names = "HUP USR1 USR2 TERM ALRM VTALRM PROF WINCH IO PWR CHLD URG"
numbers = [getattr(signal, "SIG" + name) for name in names.split()]
seen = []
for number in numbers:
    signal.signal(number, lambda n, _: seen.append(n))
assert signal.signal is real
assert "_ctypes" in sys.modules
signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
for number in numbers:
    os.kill(os.getpid(), number)
signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)
print(len(set(seen)))
"""


def test_twelve_signals_at_once_are_survived(each_python):
    ended = subprocess.run(
        [each_python.executable, "-c", TWELVE, INSIDE],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (0, b"12\n"), ended.stderr


def test_three_handled_signals_load_nothing(each_python):
    code = TWELVE.split("names =", maxsplit=1)[0] + (
        "signal.signal(signal.SIGHUP, print); signal.signal(signal.SIGTERM, print)\n"
        "assert '_ctypes' not in sys.modules\n"
        "try: signal.signal(999, print)\n"
        "except ValueError: print('as ever')\n"
        "alternate_stack.leave()\n"
        "import _signal; print(type(_signal.signal).__name__)\n"
    )
    ended = subprocess.run(
        [each_python.executable, "-c", code, INSIDE],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.stdout.split() == [b"as", b"ever", b"builtin_function_or_method"], (
        ended.stderr
    )
