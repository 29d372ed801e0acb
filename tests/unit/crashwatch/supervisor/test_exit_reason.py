"""Every wait status has its reason, and every reason its sentence."""

import signal

import pytest

from crashwatch.supervisor.exit_reason import (
    FATES,
    code_name,
    reason_of,
    sentence,
    signal_name,
)
from reports.crash_report import Outcome, Reason


@pytest.mark.parametrize("number", range(1, 65))
def test_every_signal_has_a_reason_of_the_declared_form(number):
    import msgspec

    reason = reason_of(number)
    assert msgspec.convert(msgspec.to_builtins(reason), Reason) == reason
    assert sentence(reason, "pachyterm").startswith("pachyterm ")
    assert reason_of(number | 0x80) == reason  # the core-dumped bit says nothing


@pytest.mark.parametrize(
    ("status", "facts", "kind"),
    [
        (0, {}, Outcome.EXIT_CLEAN),
        (7 << 8, {}, Outcome.EXIT_NONZERO),
        (1 << 8, {"uncaught_in_main": True}, Outcome.UNCAUGHT_MAIN),
        (0, {"uncaught_in_main": True}, Outcome.EXIT_CLEAN),
        (signal.SIGSEGV, {}, Outcome.SIGNAL),
        (signal.SIGABRT, {"uncaught_in_main": True}, Outcome.SIGNAL),
        (signal.SIGKILL, {}, Outcome.KILLED),
        (signal.SIGKILL, {"out_of_memory": True}, Outcome.OUT_OF_MEMORY),
        (signal.SIGTERM, {"out_of_memory": True}, Outcome.TERMINATED),
        (signal.SIGQUIT, {}, Outcome.TERMINATED),
        (signal.SIGPIPE, {}, Outcome.TERMINATED),
    ],
)
def test_what_a_status_means(status, facts, kind):
    assert reason_of(int(status), **facts).kind is kind


def test_each_outcome_has_a_fate():
    assert set(FATES) == set(Outcome)


@pytest.mark.parametrize("number", [0, 1, 11, 32, 34, 50, 63, 64, 200])
@pytest.mark.parametrize("code", [-60, -6, 0, 1, 8, 0x80, 99])
def test_codes_are_names_or_nothing(number, code):
    name = code_name(number, code)
    assert name is None or name.isupper()


def test_names():
    assert signal_name(11) == "SIGSEGV"
    assert (signal_name(34), signal_name(35), signal_name(64)) == (
        "SIGRT34",
        "SIGRT35",
        "SIGRT64",
    )
