"""The question in a real window, answered by a person's keys."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from crashwatch.prompts import window_face
from tests.doubles.command_line import crashwatch_json, environment
from tests.doubles.requirement import require
from tests.doubles.screen_picture import Picture, take_picture
from tests.doubles.target_program import supervised
from tests.doubles.window_person import Person
from tests.doubles.xvfb_display import xvfb_display

pytestmark = [pytest.mark.process, pytest.mark.display]

PICTURES = Path(__file__).parents[2] / "test-artifacts" / "prompts"
TITLE = "pachyterm"
QUESTION = [window_face.LIGHT[name] for name in ("text", "quiet", "button", "ring")]
"""What the question shows together, and no page behind it."""

CHECK = ["-c", "import importlib.util as i, sys; sys.exit(not i.find_spec('_tkinter'))"]

DRIVER = """\
import json, os, re, sys
from crashwatch.prompts.question import Draft, Subject
from crashwatch.prompts.window import ask_in_window
from reports.payload import Item

timeout, settle = map(float, sys.argv[1:])
event = json.dumps({"planted": "\\x1b[2J\\u202e", "numbers": list(range(60))})
subject = Subject(
    program="pachyterm", reason="crashed (SIGSEGV)",
    holds="the stacks of 3 threads, a sanitized minidump, versions, memory and CPU use",
    removed="7 paths, 2 user names", size=len(event),
    recipient="crashes.example.org", report="0a1b2c3d",
)
def draft(comment="", refused=""):
    told = event if not comment else json.dumps({"comment": comment})
    drawn = subject._replace(comment=comment, size=len(told))
    return Draft(drawn, [Item("event", "", told.encode())], refused)

def comment(text):
    "In the place of the walls: numbers go, and Zoe is refused."
    print("typed", ascii(text), flush=True)
    if "zoe" in text:
        return draft(refused="The comment was not taken: it names you (user).")
    return draft(re.sub("[0-9]+", "<number>", text))

reply = ask_in_window(
    draft(), comment=comment, disclosure="All is disclosed.",
    timeout=timeout, environment=os.environ, settle=settle,
)
print(reply.answer.name, "because", reply.why)
"""


class Desk:
    """A display, its picture, and who sits there."""

    def __init__(self, display: str, frames: Path) -> None:
        self.display = display
        self.person = Person(display)
        self._frames = frames

    def picture_with(self, *colours: str, without: str = "#") -> Picture:
        """The screen as soon as it shows all these colours, and not that one."""
        wanted = {bytes.fromhex(colour[1:]) for colour in colours}
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            picture = take_picture(self._frames)
            shown = picture.colours()
            if wanted <= shown and bytes.fromhex(without[1:]) not in shown:
                return picture
            time.sleep(0.05)
        raise AssertionError(f"not on the screen: {colours}, or still {without}")

    def question(self) -> Picture:
        """The screen with the question; after ``page``, the one that comes then."""
        return self.picture_with(*QUESTION)

    def page(self) -> Picture:
        """The screen with a page behind the question, whose text has the keys."""
        colours = window_face.LIGHT
        shown = colours["button"], colours["ring"]
        return self.picture_with(*shown, without=colours["quiet"])


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    pythons = sys.executable, "/usr/bin/python3"
    found = any(
        subprocess.run([p, *CHECK], check=False).returncode == 0 for p in pythons
    )
    require(found, "no Python here has tkinter", "apt-get install python3-tk")
    frames = tmp_path_factory.mktemp("frames")
    with xvfb_display(frames=frames) as display:
        yield Desk(display.name, frames)


Asked = Callable[..., AbstractContextManager[subprocess.Popen[str]]]


@pytest.fixture
def asked(desk: Desk) -> Asked:
    """Starts the driver; its window may not be there yet."""

    @contextlib.contextmanager
    def start(
        timeout: float = 60, settle: float = 0, **changes: str
    ) -> Iterator[subprocess.Popen[str]]:
        process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, str(timeout), str(settle)],
            env=environment(DISPLAY=desk.display, **changes),
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            try:
                yield process
            finally:
                process.kill()

    return start


def said(process: subprocess.Popen[str]) -> str:
    return process.communicate(timeout=30)[0].strip()


@pytest.mark.parametrize(
    ("keys", "result"),
    [
        ("s Return", "SEND_ONCE"),
        ("a Return", "ALWAYS"),
        ("x Return", "NEVER"),
        ("Return", "DONT_SEND"),
        ("Escape", "DONT_SEND"),
        ("Tab Tab Tab Return", "DONT_SEND"),
        ("y Return s x Return n Return", "DONT_SEND"),
    ],
)
def test_each_choice_by_keys(desk: Desk, asked: Asked, keys: str, result: str) -> None:
    with asked() as process:
        desk.person.focus(TITLE)
        desk.person.press(*keys.split())
        assert said(process) == f"{result} because the person's answer"


def test_keys_meant_for_another_window_do_not_count(desk: Desk, asked: Asked) -> None:
    with asked(settle=3600) as process:
        desk.person.focus("crashwatch")
        desk.person.press("s", "Return", "Tab", "space")
        desk.person.press("Escape")
        assert said(process) == "DONT_SEND because the person's answer"


def test_a_destroyed_window_is_no_answer(desk: Desk, asked: Asked) -> None:
    with asked() as process:
        desk.person.close(desk.person.focus(TITLE))
        assert said(process) == "UNANSWERED because no answer in the window"


def test_no_answer_in_time_is_none(desk: Desk, asked: Asked) -> None:
    with asked(timeout=1) as process:
        assert said(process) == "UNANSWERED because no answer in the window"


@pytest.mark.parametrize(
    ("theme", "colours"),
    [("Adwaita", window_face.LIGHT), ("Adwaita:dark", window_face.DARK)],
)
def test_what_is_to_be_seen(
    desk: Desk, asked: Asked, theme: str, colours: dict[str, str]
) -> None:
    name = "dark" if "dark" in theme else "light"
    with asked(GTK_THEME=theme) as process:
        desk.person.focus(TITLE)
        needed = (colours[n] for n in ("back", "text", "quiet", "button", "ring"))
        question = desk.picture_with(*needed)
        question.save(PICTURES / f"window-{name}.png")
        desk.person.press("v", "Return")
        page = desk.picture_with(colours["over"])
        page.save(PICTURES / f"window-view-{name}.png")
        assert page.rows != question.rows
        desk.person.press("Escape")
        desk.picture_with(colours["button"], without=colours["over"])
        desk.person.press("s", "Return")
        assert said(process) == "SEND_ONCE because the person's answer"


def test_a_comment_is_shown_as_it_would_be_sent_and_then_asked_about(
    desk: Desk, asked: Asked
) -> None:
    with asked() as process:
        assert process.stdout is not None
        desk.person.focus(TITLE)
        question = desk.question()
        desk.person.press("c", "Return")
        desk.page().save(PICTURES / "window-comment-page.png")
        desk.person.type("I split pane 37")
        desk.person.press("Return")
        assert process.stdout.readline() == "typed 'I split pane 37'\n"
        commented = desk.question()
        assert commented.rows != question.rows
        commented.save(PICTURES / "window-comment.png")
        desk.person.press("s", "Return")
        assert said(process) == "SEND_ONCE because the person's answer"


def test_a_comment_can_be_refused_left_and_taken_off(desk: Desk, asked: Asked) -> None:
    def write(process: subprocess.Popen[str], text: str) -> str:
        assert process.stdout is not None
        desk.person.press("c", "Return")
        desk.page()
        desk.person.type(text)
        desk.person.press("Return")
        typed = process.stdout.readline()
        desk.question()
        return typed

    with asked() as process:
        desk.person.focus(TITLE)
        assert write(process, "zoe") == "typed 'zoe'\n"
        desk.question().save(PICTURES / "window-comment-refused.png")
        desk.person.press("c", "Return", "a", "Escape")
        desk.question()
        assert write(process, "b") == "typed 'b'\n"
        assert write(process, "") == "typed ''\n"
        desk.person.press("n", "Return")
        assert said(process) == "DONT_SEND because the person's answer"


def test_what_is_typed_before_the_comment_is_shown_is_no_answer(
    desk: Desk, asked: Asked
) -> None:
    with asked() as process:
        assert process.stdout is not None
        desk.person.focus(TITLE)
        desk.person.press("c", "Return")
        desk.page()
        (window,) = children(process.pid)
        # Whoever asks is stopped, as by a machine that is busy with the walls.
        process.send_signal(signal.SIGSTOP)
        desk.person.press("b", "Return", "s", "Return", "Escape")
        process.send_signal(signal.SIGCONT)
        assert process.stdout.readline() == "typed 'b'\n"
        desk.question()
        assert Path(f"/proc/{window}").exists()
        desk.person.press("x", "Return")
        assert said(process) == "NEVER because the person's answer"


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in listed.split()]


def test_nothing_is_told_on_a_command_line(desk: Desk, asked: Asked) -> None:
    with asked() as process:
        desk.person.focus(TITLE)
        (window,) = children(process.pid)
        words = Path(f"/proc/{window}/cmdline").read_bytes().split(b"\0")
        assert words[1:] == [b"-I", window_face.__file__.encode(), b""]
        desk.person.press("Escape")
        said(process)


def test_the_window_goes_with_whoever_asks(desk: Desk, asked: Asked) -> None:
    with asked() as process:
        desk.person.focus(TITLE)
        (window,) = children(process.pid)
        pidfd = os.pidfd_open(window)
        process.kill()
        wait_for_end_of(pidfd)


def wait_for_end_of(pidfd: int) -> None:
    ready, _, _ = select.select([pidfd], [], [], 20)
    os.close(pidfd)
    assert ready


def test_without_a_display_nothing_is_agreed_to(asked: Asked) -> None:
    with asked() as process:
        process.kill()
    answer = subprocess.run(
        [sys.executable, "-c", DRIVER, "60", "0"],
        env=environment(DISPLAY=":not-there"),
        capture_output=True,
        check=True,
        text=True,
        timeout=30,
    )
    assert answer.stdout.strip() == "UNANSWERED because no window could be shown"


@pytest.mark.ptrace
def test_after_a_crash_away_from_a_terminal_a_window_asks(
    desk: Desk, programs: Path
) -> None:
    command = supervised([sys.executable, programs / "null_read.py"])
    with subprocess.Popen(
        command,
        env=environment(DISPLAY=desk.display),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        desk.person.focus("null_read.py")
        desk.person.press("c", "Return")
        desk.page()
        desk.person.type("it was the window")
        desk.person.press("Return")
        desk.question()
        desk.person.press("s", "Return")
        assert process.wait(30) == -11
    (row,) = crashwatch_json("reports", "list")
    assert row["state"] == "queued"
    report = crashwatch_json("reports", "show", row["id"])
    assert report["comment"] == "it was the window"
    rows = crashwatch_json("consent", "show")
    assert {r["category"]: r["state"] for r in rows}["crash"] == "ask"


def test_the_page_holds_every_byte_of_the_payload() -> None:
    from crashwatch.prompts.payload_text import payload_lines
    from crashwatch.prompts.question import Draft, Subject
    from crashwatch.prompts.window import _told
    from reports.payload import Item

    item = Item("event", "", b'{"a": "\\u202e"}')
    subject = Subject("p\x1b", "crashed", "all", "", 9)
    draft = Draft(subject, [item])
    told = json.loads(json.dumps(_told(draft, "Dis\nclosed\x1b", 60, 1)))
    assert told["view"] == "\n".join(payload_lines([item]))
    assert item.sha256 in told["view"]
    assert told["read"] == "Dis\nclosed\\x1b"
    assert told["title"] == "p\\x1b"
