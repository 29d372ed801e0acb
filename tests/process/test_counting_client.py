"""The client that counts, in real processes: threads, forks, signals, refusals."""

from __future__ import annotations

import contextlib
import inspect
import mmap
import os
import random
import signal
import struct
from datetime import UTC, datetime

import pytest

from crashwatch import client
from reports.home import open_home
from reports.usage.counter_file import make_counter_file
from reports.usage.counter_layout import parse_counter_file, places_of
from tests.doubles.counted_terminal import GRANTS, IMPORT, shared_pages, start_armed
from tests.doubles.free_threaded_python import free_threaded_python
from tests.doubles.sample_registry import sample_registry

pytestmark = pytest.mark.process

KILLS = int(os.environ.get("CRASHWATCH_TEST_KILLS", "4"))
"""SIGKILLs at random moments; 200 in the long run."""

SECONDS = 60


EVERYTHING = """
for _ in range(40):
    client.count("tabs/opened")
client.count("tabs/opened", 5)
client.observe("frame_time", 16_000)
client.observe("frame_time", 17_000.5)
client.feature("search")
client.plugin("git-status")
client.plugin("a private plugin")
client.ready()
client.heartbeat()
client.heartbeat()
status = client.status()
print(status.supervised, status.stored, *status.counted)
"""


def test_everything_a_terminal_may_call(counter, each_python):
    out = counter.run(EVERYTHING, python=each_python.executable)
    assert out == ["True", "file", *GRANTS]
    assert counter.counts() == {
        "tabs/opened": {0: 45},
        "frame_time": {27: 1, 28: 1},
        "search": {0: 1},
        "plugin/git-status": {0: 1},
        "plugin/other": {0: 1},
    }
    assert counter.pages.word(8) == 2
    assert counter.pages.word(16) > 0
    assert counter.pages.word(24) == 0


DOCUMENTED = """
import inspect
calls = (client.count, client.counter, client.observe, client.feature, client.plugin,
         client.ready, client.heartbeat)
print(client.count.__code__.co_filename.rpartition("/")[2])
for call in calls:
    print(call.__name__, *inspect.getdoc(call).split()[:4])
"""


def test_help_says_the_same_where_it_counts(counter):
    where, *shown = counter.run(DOCUMENTED)
    assert where == "counting.py"
    calls = ("count", "counter", "observe", "feature", "plugin", "ready", "heartbeat")
    said = [inspect.getdoc(getattr(client, name)) or "" for name in calls]
    pairs = zip(calls, said, strict=True)
    assert shown == [word for n, text in pairs for word in (n, *text.split()[:4])]


ODD = """
class Odd(str):
    def __hash__(self): raise RuntimeError("hash")
class Number(int):
    def __radd__(self, other): raise RuntimeError("add")
    def __eq__(self, other): raise RuntimeError("eq")
    __hash__ = int.__hash__
for name in (None, 3, [], {}, b"tabs/opened", Odd("tabs/opened"), "x" * 10_000, ""):
    for call in (client.count, client.observe, client.feature, client.plugin):
        call(name, 1) if call in (client.count, client.observe) else call(name)
for n in (0, -1, 2**64, 2**63, 1.5, "1", None, Number(2), True, float("nan")):
    client.count("tabs/opened", n)
for value in (float("nan"), float("inf"), -1, "x", None, 10**400, 2**40):
    client.observe("frame_time", value)
client.count("search")
client.set_enabled(None)
client.set_enabled("yes")
"""


def test_nothing_odd_raises_or_is_counted(counter):
    counter.run(ODD)
    counts = counter.counts()
    assert counts["tabs/opened"] == {0: 1}, "True is 1"
    assert counts["frame_time"] == {0: 1, 63: 2}
    assert set(counts) == {"tabs/opened", "frame_time", "undeclared", "plugin/other"}


HANDLE = """
add = client.counter("tabs/opened")
add(); add()
client.count("tabs/opened", 5); client.count("tabs/opened")
add()
assert client.counter("tabs/opened") is add
for _ in range(3):
    client.counter("a secret")()
for odd in (None, [], 3, "", "x" * 10_000):
    client.counter(odd)()
"""


def test_a_counter_of_ones_own_counts_with_the_others(counter, each_python):
    counter.run(HANDLE, python=each_python.executable)
    counts = counter.counts()
    assert counts.pop("undeclared")[0] >= 1
    assert counts == {"tabs/opened": {0: 9}}


def test_a_day_is_looked_at_without_a_heart_too(counter):
    """After an eighth more than were counted, however that is done."""
    counter.run("""
import time
real, days = time.time, 0
time.time = lambda: real() + days * 86400
add = client.counter("output/chunks")
for days in range(3):
    for _ in range(100):
        client.count("tabs/opened")
        add()
""")
    _, *later = counter.sections()
    assert len(later) == 2
    for section in later:
        assert {name: kept[0] >= 86 for name, kept in section.counts.items()} == {
            "tabs/opened": True,
            "output/chunks": True,
        }
    assert counter.counts() == {"tabs/opened": {0: 300}, "output/chunks": {0: 300}}


def test_an_undeclared_name_is_counted_once_and_not_kept(counter):
    counter.run("for _ in range(9): client.count('secret'); client.feature('secret')")
    assert counter.counts() == {"undeclared": {0: 1}}


THREADS = """
import threading
sys.setswitchinterval(1e-6)
gate = threading.Barrier(8)
def work():
    gate.wait()
    add = client.counter("output/chunks")
    for number in range(20_000):
        client.count("tabs/opened")
        add()
        if number % 4 == 0: client.count("output/chunks", 2)
        client.observe("frame_time", 5)
        client.heartbeat()
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


def test_no_increment_of_eight_threads_is_lost(counter, each_python):
    counter.run(THREADS, python=each_python.executable)
    assert counter.counts() == {
        "tabs/opened": {0: 160_000},
        "output/chunks": {0: 240_000},
        "frame_time": {4: 160_000},
    }
    assert counter.pages.word(8) == 160_000


def test_nor_under_a_trace_function(counter, each_python):
    code = THREADS.replace("20_000", "500").replace(
        "import threading", "import threading\nthreading.settrace(lambda *a: None)"
    )
    # One that asks for each line, at which threads may change too.
    trace = "def trace(*_):\n    return trace\nsys.settrace(trace)\n"
    code = code.replace(
        "threading.settrace(lambda *a: None)", "threading.settrace(trace)"
    )
    counter.run(trace + code, python=each_python.executable)
    counts = counter.counts()
    assert counts["tabs/opened"] == {0: 4000}
    assert counts["output/chunks"] == {0: 6000}


ADDS = ("BINARY_OP", "+")
STORE = "STORE_SUBSCR"


def test_between_load_and_store_no_thread_can_change():
    """What the docstring of ``counting`` says of this Python's bytecode."""
    import dis

    from crashwatch.client.inside import beating, counting

    (add,) = (
        code
        for code in counting._adder.__code__.co_consts
        if getattr(code, "co_name", "") == "add"
    )
    # What each reads first, and how often it stores then.
    places = {
        counting.count: (("LOAD_GLOBAL", "_counters"), 2),
        add: (("LOAD_DEREF", "cell"), 2),
        counting._add: (("LOAD_FAST", "w"), 2),
        counting.observe: (("LOAD_GLOBAL", "_values"), 1),
        beating.heartbeat: (("LOAD_GLOBAL", "_words"), 1),
    }
    for function, (first, stores) in places.items():
        read = list(dis.get_instructions(function))
        stored = [n for n, i in enumerate(read) if i.opname == STORE][:stores]
        last = max(n for n, i in enumerate(read) if (i.opname, i.argrepr) == ADDS)
        line = read[last].positions.lineno
        on_line = [n for n, i in enumerate(read) if i.positions.lineno == line]
        assert on_line[-1] >= stored[-1] > last, function
        begin = max(
            n
            for n in range(on_line[0] + 1)
            if function is counting._add or (read[n].opname, read[n].argval) == first
        )
        between = read[begin : stored[-1]]
        assert any((i.opname, i.argval) == first for i in between), function
        wrong = [i for i in between if "CALL" in i.opname or "BACK" in i.opname]
        assert not wrong, wrong


FORK = """
add = client.counter("tabs/opened")
client.count("tabs/opened"); client.heartbeat()
if (child := os.fork()) == 0:
    client.count("tabs/opened"); client.heartbeat(); client.feature("search")
    add(); client.counter("tabs/opened")(); client.counter("output/chunks")()
    client.set_enabled(True); client.count("tabs/opened")
    status = client.status()
    print(status.supervised, status.stored, len(status.counted), flush=True)
    os._exit(0)
os.waitpid(child, 0)
client.count("tabs/opened"); client.heartbeat()
"""


def test_a_forked_child_counts_into_nobodys_file(counter, each_python):
    out = counter.run(FORK, python=each_python.executable)
    assert out == ["False", "nowhere", "0"]
    assert counter.counts() == {"tabs/opened": {0: 2}}
    assert counter.pages.word(8) == 2


SIGNALS = """
import signal, threading
done = 0
def handler(*_):
    global done
    done += 1
    client.count("output/chunks")
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.0002, 0.0002)
for _ in range(100_000):
    client.count("tabs/opened")
signal.setitimer(signal.ITIMER_REAL, 0)
print(done)
"""


def test_signal_handlers_may_count(counter):
    (handled,) = counter.run(SIGNALS)
    counts = counter.counts()
    assert counts["tabs/opened"] == {0: 100_000}
    assert counts.get("output/chunks", {0: 0}) == {0: int(handled)}


def test_a_handler_in_the_middle_of_making_the_tables_is_put_off(counter):
    counter.run("""
counting = sys.modules["_crashwatch_client.counting"]
real = counting._make_tables
def make_tables():
    client.count("output/chunks")
    real()
counting._make_tables = make_tables
client.count("tabs/opened")
counting._make_tables = real
client.count("tabs/opened")
""")
    assert counter.counts() == {"tabs/opened": {0: 2}, "output/chunks": {0: 1}}


def test_at_the_interpreters_end_nothing_is_said(counter, each_python):
    counter.run(
        """
import atexit
class Late:
    def __init__(self):
        self.count, self.beat = client.count, client.heartbeat
        self.add = client.counter("tabs/opened")
    def __del__(self):
        self.add(); self.count("tabs/opened"); self.beat(); client.feature("search")
keep = Late()
keep.itself = keep
sys.late = Late()
atexit.register(client.count, "tabs/opened")
""",
        python=each_python.executable,
    )
    assert counter.counts()["tabs/opened"][0] >= 1


def test_in_a_sub_interpreter_it_says_that_it_is_off(counter, each_python):
    out = counter.run(
        """
try:
    import _interpreters as sub
except ImportError:
    import _xxsubinterpreters as sub
one = sub.create()
sub.run_string(one, '''
import sys
sys.path[:] = %r
from crashwatch import client
client.count("tabs/opened"); client.heartbeat(); client.ready()
client.counter("tabs/opened")()
print(client.status().supervised, client.status().stored, flush=True)
''' % sys.path)
sub.destroy(one)
client.count("tabs/opened")
""",
        python=each_python.executable,
    )
    assert out == ["False", "nowhere"]
    assert counter.counts() == {"tabs/opened": {0: 1}}


@contextlib.contextmanager
def talking(counter, code):
    """A terminal that does one round for each line it gets."""
    loop = "\nfor line in sys.stdin:\n" + "".join(f"    {x}\n" for x in code)
    process = start_armed(counter.pages, ["-c", IMPORT + loop])

    def round_():
        process.stdin.write(b"\n")
        process.stdin.flush()
        return process.stdout.readline().decode().split()

    try:
        yield round_
    finally:
        process.stdin.close()
        process.wait(SECONDS)
        process.stdout.close()
        process.stderr.close()


def test_a_refusal_stops_counting_at_the_next_call_and_a_grant_resumes(counter):
    code = [
        "client.count('tabs/opened'); client.observe('frame_time', 1)",
        "client.counter('output/chunks')()",
        "print(*client.status().counted, flush=True)",
    ]
    with talking(counter, code) as go:
        assert go() == list(GRANTS)
        counter.pages.allow({"performance": 102})
        assert go() == ["performance"]
        counter.pages.allow({})
        assert go() == []
        assert counter.counts() == {
            "tabs/opened": {0: 1},
            "output/chunks": {0: 1},
            "frame_time": {1: 2},
        }
        counter.pages.allow(GRANTS | {"usage": 900})
        assert go() == list(GRANTS)
        older, *newer = counter.sections()
        assert older.counts["tabs/opened"] == {0: 1}
        assert older.counts["output/chunks"] == {0: 1}
        assert newer[-1].grants[0] == 900
        assert newer[-1].counts["tabs/opened"] == {0: 1}
        assert newer[-1].counts["output/chunks"] == {0: 1}


def test_the_runtime_switch_lifts_only_itself(counter):
    out = counter.run("""
client.count("tabs/opened")
client.set_enabled(False)
client.count("tabs/opened"); print(len(client.status().counted))
client.counter("tabs/opened")()
print(client.report_error(ValueError()))
client.set_enabled(True)
client.count("tabs/opened"); print(len(client.status().counted))
""")
    assert out == ["0", "False", "4"]
    assert counter.counts() == {"tabs/opened": {0: 2}}


def test_with_nothing_granted_there_is_nothing_to_count_into(tmp_path):
    with shared_pages(None) as pages:
        code = EVERYTHING + "\nclient.set_enabled(True); print(len(status.counted))"
        process = start_armed(pages, ["-c", IMPORT + code])
        out, errors = process.communicate(timeout=SECONDS)
        assert (out.split(), errors) == ([b"True", b"nowhere", b"0"], b"")
        assert pages.word(8) == 2, "a heart beats without consent: it is kept nowhere"


def test_a_new_day_begins_a_new_section_and_a_clock_set_back_none(counter):
    counter.run("""
import time
now = time.time()
real, shift = time.time, [0]
time.time = lambda: real() + shift[0]
for days in (0, 1, 0, 1, 400, 1):
    shift[0] = days * 86400
    for _ in range(64): client.heartbeat()
    client.count("tabs/opened")
""")
    today = int(datetime.now(UTC).timestamp()) // 86400
    found = {s.day - today: s.counts["tabs/opened"][0] for s in counter.sections()}
    assert found == {0: 2, 1: 3, 400: 1}


def test_a_replaced_fault_handler_is_seen_at_the_next_heartbeat(counter):
    counter.run("""
import signal
client.heartbeat()
signal.signal(signal.SIGSEGV, lambda *a: None)
client.heartbeat()
""")
    assert counter.pages.word(24) == 1


def test_descriptors_that_became_other_files_are_left_alone(counter):
    out = counter.run("""
""")
    assert out == []
    process = start_armed(
        counter.pages,
        [
            "-c",
            "import os\n"
            "for n in range(3, 1024):\n"
            "    try: os.close(n)\n"
            "    except OSError: pass\n"
            "null = [os.open('/dev/null', os.O_RDWR) for _ in range(900)]\n"
            + IMPORT
            + "client.count('tabs/opened'); client.heartbeat(); client.ready()\n"
            "print(client.status().stored)\n"
            "assert all(os.fstat(n) for n in null)",
        ],
    )
    out, errors = process.communicate(timeout=SECONDS)
    assert (out.split(), errors) == ([b"nowhere"], b"")


def test_without_many_handlers_no_ctypes_is_loaded(counter):
    out = counter.run("""
import signal
client.count("tabs/opened"); client.heartbeat()
print("_ctypes" in sys.modules, "ctypes" in sys.modules)
was = signal.getsignal(signal.SIGHUP)
for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGUSR1):
    assert signal.signal(number, lambda *a: None) is signal.SIG_DFL
print("_ctypes" in sys.modules)
print(signal.signal(signal.SIGHUP, was).__name__)
""")
    assert out == ["False", "False", "True", "<lambda>"]


ACKNOWLEDGED = """
import mmap, threading
add = client.counter("tabs/opened")
acks = memoryview(mmap.mmap(int(sys.argv[1]), 4096)).cast("Q")
def work(number):
    done = 0
    while True:
        client.count("tabs/opened") if done & 1 else add()
        done += 1
        acks[number] = done
for number in range(8):
    threading.Thread(target=work, args=(number,)).start()
"""


def test_nothing_acknowledged_is_lost_by_sigkill(tmp_path):
    registry = sample_registry()
    places = places_of(registry, datetime.now(UTC).date())
    acks = os.memfd_create("acks")
    os.ftruncate(acks, 4096)
    os.set_inheritable(acks, True)
    page = mmap.mmap(acks, 4096)
    chance = random.Random(5)
    lost = counted = 0
    for number in range(KILLS):
        page[:] = bytes(4096)
        home = open_home(tmp_path / str(number))
        made = make_counter_file(home, places, registry.sha256)
        with shared_pages(made.descriptor) as pages:
            pages.descriptors += (acks,)
            process = start_armed(pages, ["-c", IMPORT + ACKNOWLEDGED, str(acks)])
            enough = chance.randrange(1, 40_000)
            while sum(struct.unpack_from("=8Q", page)) < enough:
                os.sched_yield()
            process.send_signal(signal.SIGKILL)
            process.communicate()
        acknowledged = sum(struct.unpack_from("=8Q", page))
        file = parse_counter_file(os.pread(made.descriptor, 1 << 22, 0))
        (section,) = file.sections
        kept = section.counts["tabs/opened"][0]
        assert kept <= acknowledged + 8
        lost += max(0, acknowledged - kept)
        counted += acknowledged
        os.close(made.descriptor)
    os.close(acks)
    print(f"{KILLS} kills, {counted} acknowledged, {lost} lost")
    assert lost == 0


def test_without_a_global_lock_no_increment_is_lost(counter):
    ask = "print(sys._is_gil_enabled())\n"
    (locked,) = counter.run(4 * THREADS + ask, python=free_threaded_python())
    assert locked == "False"
    assert counter.counts() == {
        "tabs/opened": {0: 640_000},
        "output/chunks": {0: 960_000},
        "frame_time": {4: 640_000},
    }
    # Heartbeats take no lock. Some may be lost: what matters is that they go on.
    assert counter.pages.word(8) > 0


@pytest.mark.parametrize(
    ("code", "opened"), [(EVERYTHING, 45), (HANDLE, 9), (FORK, 2), (SIGNALS, 100_000)]
)
def test_without_a_global_lock_all_is_as_with_it(counter, code, opened):
    counter.run(code, python=free_threaded_python())
    assert counter.counts()["tabs/opened"] == {0: opened}
