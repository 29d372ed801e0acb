"""The question on a terminal that goes away, sticks, or is interrupted."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

pytestmark = pytest.mark.process

DRIVER = """\
import fcntl, os, signal, sys, termios, time
from crashwatch.prompts import tty_state
from crashwatch.prompts.question import Draft, Subject
from crashwatch.prompts.terminal import Terminal, ask

answers, scenario, timeout = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
saved = tty_state.save(0)
if scenario == "stuck":
    os.set_blocking(1, False)
    try:
        while True:
            os.write(1, b"x" * 1000)
    except BlockingIOError:
        pass
draft = Draft(Subject("pachyterm", "died", "its stack", "", 1), [])
reply = ask(
    draft, comment=lambda text: draft, disclosure="All.",
    terminal=Terminal(0, 1, saved), timeout=timeout, clock=time.monotonic,
)
try:
    same = termios.tcgetattr(0) == saved
except termios.error:
    same = "gone"
blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
os.write(answers, f"{reply.answer.name}|{reply.why}|{same}|{len(blocked)}".encode())
"""


@dataclass
class Asked:
    """A driver on a pseudo-terminal of its own; ``keyboard`` is the person's end."""

    process: subprocess.Popen[bytes]
    keyboard: int
    answers: int

    def wait_for_question(self, deadline=20.0):
        limit, seen = time.monotonic() + deadline, b""
        while b"don't send): " not in seen:
            left = limit - time.monotonic()
            ready, _, _ = select.select([self.keyboard], [], [], max(0, left))
            assert ready, seen
            seen += os.read(self.keyboard, 4096)

    def result(self, deadline=20.0):
        ready, _, _ = select.select([self.answers], [], [], deadline)
        assert ready, "no answer"
        answer = os.read(self.answers, 200).decode().split("|")
        assert self.process.wait(deadline) == 0
        return answer


@contextmanager
def asked(scenario="", timeout=60):
    keyboard, terminal = os.openpty()
    answers, told = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(told), scenario, str(timeout)],
        stdin=terminal,
        stdout=terminal,
        pass_fds=[told],
        start_new_session=True,
    )
    os.close(terminal)
    os.close(told)
    this = Asked(process, keyboard, answers)
    try:
        yield this
    finally:
        process.kill()
        process.wait()
        os.close(answers)
        if this.keyboard >= 0:
            os.close(this.keyboard)


def test_a_terminal_that_is_closed_is_no_answer():
    with asked() as driver:
        driver.wait_for_question()
        os.close(driver.keyboard)
        driver.keyboard = -1
        answer, why, _, _ = driver.result()
    assert answer == "UNANSWERED"
    assert why in {"the terminal went away", "end of input"}


def test_a_screen_that_takes_nothing_is_no_answer_and_does_not_hang():
    with asked("stuck", timeout=1) as driver:
        answer, why, _, blocked = driver.result()
    assert (answer, why, blocked) == ("UNANSWERED", "time-out", "0")


def test_an_interrupt_from_elsewhere_is_no_answer_and_puts_all_back():
    with asked() as driver:
        driver.wait_for_question()
        driver.process.send_signal(signal.SIGINT)
        assert driver.result() == ["UNANSWERED", "interrupted", "True", "0"]


def test_a_text_poured_in_is_no_answer():
    with asked() as driver:
        driver.wait_for_question()
        os.write(driver.keyboard, b"drwxr-xr-x 2 mara\n" * 10)
        answer, why, same, _ = driver.result()
    assert (answer, why, same) == ("UNANSWERED", "no answer was understood", "True")


def test_the_answer_comes_through():
    with asked() as driver:
        driver.wait_for_question()
        os.write(driver.keyboard, b"always\r")
        assert driver.result() == ["ALWAYS", "the person's answer", "True", "0"]
