"""The client that counts, beset: by handlers, forks, closed descriptors, no room."""

from __future__ import annotations

import signal
import subprocess

import pytest

from tests.doubles.counted_terminal import IMPORT, start_armed

pytestmark = pytest.mark.process

RAISING = """
import functools, signal
class Late(Exception): pass
class Watch:
    going = raised = 0
    def called(self, *args):
        if self.going:
            self.going = False
            self.raised += 1
            raise Late
    def __call__(self, number, frame):
        self.called(number, frame)
    def late(self, number, frame):
        if self.going:
            self.going = False
            self.raised += 1
            raise TimeoutError
def until_raised():
    watch.going = True
    while watch.going:
        client.count("tabs/opened"); client.observe("frame_time", 3)
        client.feature("search"); client.plugin("x"); client.heartbeat()
        client.counter("output/chunks")(); client.count("tabs/opened", 2)
watch, caught = Watch(), 0
for handler in (watch, watch.late, watch.called, functools.partial(Watch.late, watch)):
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.0002, 0.0002)
    enough = watch.raised + 150
    while watch.raised < enough:
        try: until_raised()
        except (Late, TimeoutError): caught += 1
    signal.setitimer(signal.ITIMER_REAL, 0)
print(watch.raised - caught)
"""


def test_what_a_handler_raises_reaches_the_program(counter, any_python):
    assert counter.run(RAISING, python=any_python) == ["0"]


def test_also_in_the_middle_of_making_the_tables_which_are_made_later(
    counter, any_python
):
    out = counter.run(
        """
import signal, time
def handler(number, frame): raise KeyError("the program's own")
signal.signal(signal.SIGALRM, handler)
real = time.time
def interrupted():
    signal.raise_signal(signal.SIGALRM)
    return real()
for call in (lambda: client.count("tabs/opened"), lambda: client.feature("search")):
    time.time = interrupted
    try: call()
    except KeyError: print("told")
    time.time = real
    call()
""",
        python=any_python,
    )
    assert out == ["told", "told"]
    assert counter.counts() == {"tabs/opened": {0: 1}, "search": {0: 1}}


REPORTING = """
import signal
class Late(Exception): pass
def handler(*_): raise Late
signal.signal(signal.SIGALRM, handler)
names = ("report_handled", "begin_report", "message_of", "_frames", "encode")
for name in names:
    def profile(frame, event, argument):
        if frame.f_code.co_name == name:
            sys.setprofile(None)
            signal.raise_signal(signal.SIGALRM)
    sys.setprofile(profile)
    try: client.report_error(ValueError("x"))
    except Late: print(name)
    sys.setprofile(None)
print(client.report_error(ValueError("x")))
"""


def test_so_does_what_a_handler_raises_in_the_middle_of_a_report(counter, any_python):
    *told, reported = counter.run(REPORTING, python=any_python)
    assert told == ["report_handled", "begin_report", "message_of", "_frames", "encode"]
    assert reported == "True"


def test_what_another_thread_sends_reaches_the_program(counter):
    out = counter.run("""
import ctypes, functools, threading, time
class Stop(Exception): pass
me = ctypes.c_ulong(threading.get_ident())
send = ctypes.pythonapi.PyThreadState_SetAsyncExc
client.count("tabs/opened")
time.time = functools.partial(send, me, ctypes.py_object(Stop))
try:
    client.count("tabs/opened")
except Stop: print("told")
""")
    assert out == ["told"]


JOINING = """
import signal, threading, time
def handler(number, frame):
    time.time = real
    other = threading.Thread(target=client.count, args=("output/chunks",))
    other.start(); other.join()
signal.signal(signal.SIGALRM, handler)
real = time.time
def interrupted():
    signal.raise_signal(signal.SIGALRM)
    return real()
time.time = interrupted
client.count("tabs/opened")
client.count("tabs/opened")
"""


def test_a_handler_may_wait_for_a_thread_that_counts(counter, any_python):
    """It waits a second for us, who wait for it."""
    counter.run(JOINING, python=any_python)
    assert counter.counts()["tabs/opened"] == {0: 2}


CLOSED = """
import tempfile
client.count("tabs/opened"); client.heartbeat()
os.closerange(3, 9999)
file = tempfile.TemporaryFile()
numbers = [os.dup(file.fileno()) for _ in range(900)]
client.count("tabs/opened"); client.heartbeat()
print(client.report_error(ValueError("x")))
if (child := os.fork()) == 0:
    client.count("tabs/opened")
    for number in numbers: os.fstat(number)
    os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), os.fstat(numbers[0]).st_size)
client.count("tabs/opened")
"""


def test_descriptors_that_became_the_programs_are_left_alone(counter, any_python):
    """Neither written to nor, in a child, closed."""
    assert counter.run(CLOSED, python=any_python) == ["False", "7", "0"]
    assert counter.counts() == {"tabs/opened": {0: 3}}


CLOSED_AND_CRASHED = """
import signal
client.heartbeat()
os.closerange(3, 9999)
file = os.open(sys.argv[1], os.O_RDWR)
for _ in range(900): os.dup(file)
for _ in range(64): client.heartbeat()
os.kill(os.getpid(), signal.SIGSEGV)
"""


def test_a_crash_then_is_not_written_into_the_programs_files(
    counter, any_python, tmp_path
):
    """Once a heartbeat has looked, each sixty-fourth."""
    (tmp_path / "file").touch()
    code = ["-c", IMPORT + CLOSED_AND_CRASHED, str(tmp_path / "file")]
    process = start_armed(counter.pages, code, python=str(any_python))
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (-signal.SIGSEGV, b"")
    assert (tmp_path / "file").read_bytes() == b""


LATER = """
import time
later = time.monotonic() + 5
time.monotonic = lambda: later
client.count("tabs/opened")
print(client.status().stored, len(client.status().counted))
"""

NO_DESCRIPTOR = """
import mmap, resource
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (3, most))
client.count("tabs/opened")
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
"""

NO_MEMORY = """
import mmap, resource
_, most = resource.getrlimit(resource.RLIMIT_AS)
resource.setrlimit(resource.RLIMIT_AS, (1, most))
client.count("tabs/opened")
resource.setrlimit(resource.RLIMIT_AS, (most, most))
"""

NO_STACK = """
def nothing(): pass
def nothing_within(call): call()
def down():
    try: down()
    except RecursionError: pass
    for call in (client.count, client.feature, client.plugin, client.counter,
                 lambda name: add(), lambda name: client.heartbeat()):
        try:
            nothing_within(nothing)
        except RecursionError:
            continue
        call("tabs/opened")
add = client.counter("output/chunks")
sys.setrecursionlimit(90)
down()
sys.setrecursionlimit(1000)
"""


@pytest.mark.parametrize("code", [NO_DESCRIPTOR, NO_MEMORY, NO_STACK])
def test_where_there_was_no_room_it_counts_later(counter, any_python, code):
    assert counter.run(code + LATER, python=any_python) == ["file", "4"]
    assert counter.counts()["tabs/opened"][0] >= 1


PICKLED = """
import pickle
calls = (client.count, client.counter, client.observe, client.feature, client.plugin,
         client.heartbeat, client.ready)
print(pickle.dumps(calls).hex())
pickle.loads(pickle.dumps(client.count))("tabs/opened")
"""


def test_its_functions_can_be_pickled_for_a_process_without_it(counter, any_python):
    (pickled,) = counter.run(PICKLED, python=any_python)
    assert counter.counts() == {"tabs/opened": {0: 1}}
    use = f"import pickle; pickle.loads(bytes.fromhex('{pickled}'))[0]('tabs/opened')"
    subprocess.run([any_python, "-c", use], check=True, env={"PYTHONPATH": "."})


AT_EXIT = """
import atexit
add = client.counter("tabs/opened")
for call in (add, client.heartbeat): atexit.register(call)
for name in ("tabs/opened", "output/chunks"): atexit.register(client.count, name)
"""


def test_at_exit_all_is_counted(counter, any_python):
    counter.run(AT_EXIT, python=any_python)
    assert counter.counts() == {"tabs/opened": {0: 2}, "output/chunks": {0: 1}}
    assert counter.pages.word(8) == 1


ITSELF = """
import signal
add, times = client.counter("tabs/opened"), 0
def handler(*_):
    global times
    times += 1
    client.count("tabs/opened"); add(); client.count("tabs/opened", 3)
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.0002, 0.0002)
for number in range(30_000):
    client.count("tabs/opened"); add()
signal.setitimer(signal.ITIMER_REAL, 0)
print(60_000 + 5 * times)
"""


def test_a_handler_may_count_what_it_interrupts(counter, any_python):
    (told,) = counter.run(ITSELF, python=any_python)
    assert counter.counts() == {"tabs/opened": {0: int(told)}}


SPAWNED = """
import subprocess
client.count("tabs/opened")
code = "from crashwatch import client; client.count('tabs/opened')"
code += "; print(client.is_supervised(), client.status().stored, flush=True)"
ways = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
command = [sys.executable, "-c", code]
os.waitpid(os.posix_spawn(sys.executable, command, os.environ | ways), 0)
subprocess.run(command, env=os.environ | ways, close_fds=False)
client.count("tabs/opened")
"""


def test_programs_that_it_starts_count_nothing(counter, any_python):
    out = counter.run(SPAWNED, python=any_python)
    assert out == 2 * ["False", "nowhere"]
    assert counter.counts() == {"tabs/opened": {0: 2}}
