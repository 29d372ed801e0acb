"""Which signal it was, without a siginfo."""

import struct

import pytest

from crashwatch.linux.registers import general_names
from crashwatch.linux.signal_evidence import Circumstances, find_given_back, judge
from crashwatch.linux.signal_frame import SignalFrame
from crashwatch.linux.signal_information import (
    SignalInformation,
    is_fatal_delivery,
    parse_signal_information,
)
from reports.snapshot import Architecture

AMD64, ARM64 = Architecture.AMD64, Architecture.ARM64
ALL_FIVE = 0b100_1110_1000
"""SigCgt with faulthandler's five handlers: 4, 6, 7, 8, 11."""
PID, TID = 4000, 4007
MAPPED = 0x7000
DIV = b"\0\0\0\0\xf7\xf1" + bytes(14)
AFTER_CALL = {AMD64: b"\0\0\x0f\x05" + bytes(16), ARM64: bytes.fromhex("010000d4")}


def frame_of(
    architecture=AMD64,
    *,
    trap=0,
    error=0,
    address=0,
    written=None,
    floating=b"",
    **set_to,
):
    general = dict.fromkeys(general_names(architecture), 0) | set_to
    return SignalFrame(general, floating, written, trap, error, address)


def verdict(frame, architecture=AMD64, *, announced=0, caught=None, code=b""):
    known = Circumstances(
        PID, TID, announced, caught, lambda address: address == MAPPED, code
    )
    return judge(architecture, frame, known)


@pytest.mark.parametrize("number", [4, 6, 7, 8, 11])
def test_the_handler_that_was_given_back(number):
    assert find_given_back(ALL_FIVE & ~(1 << (number - 1))) == number


@pytest.mark.parametrize("caught", [None, 0, ALL_FIVE, ALL_FIVE & ~0b1100_0000])
def test_none_or_several_tell_nothing(caught):
    assert find_given_back(caught) == 0


@pytest.mark.parametrize(
    ("frame", "number", "code", "address"),
    [
        (frame_of(trap=14, error=4, address=0), 11, 1, 0),
        (frame_of(trap=14, error=7, address=MAPPED), 11, 2, MAPPED),
        (frame_of(trap=14, error=0x25, address=MAPPED), 11, 4, MAPPED),
        (frame_of(trap=14, error=4, address=MAPPED), 7, 2, MAPPED),
        (frame_of(trap=13, address=0x99), 11, 0x80, 0),
        (frame_of(trap=17, address=0x99), 7, 1, 0),
        (frame_of(trap=6, rip=0x99), 4, 2, 0x99),
        (frame_of(trap=3, rip=0x99), 5, 0x80, 0),
    ],
)
def test_traps_as_the_kernel_turns_them_into_codes(frame, number, code, address):
    result = verdict(frame, announced=number)
    assert result.information == SignalInformation(number, code, address)
    assert (result.trap, result.is_certain) == (frame.trap, True)


def test_a_division_by_zero_needs_a_division():
    frame = frame_of(trap=0, rip=0x99)
    divided = verdict(frame, announced=8, code=DIV)
    assert divided.information == SignalInformation(8, 1, 0x99)
    assert divided.trap == 0
    sent = verdict(frame, announced=8, code=bytes(20))
    assert sent.information == SignalInformation(8, 0, 0)
    assert sent.trap is None


@pytest.mark.parametrize(
    ("trap", "control", "status", "mxcsr", "code"),
    [
        (19, 0x37F, 0, 0x1F00 | 1, 7),
        (19, 0x37F, 0, 0x1D80 | 4, 3),
        (16, 0x37B, 4, 0x1F80, 3),
        (16, 0x377, 8, 0x1F80, 4),
        (16, 0x37F, 0, 0x1F80, 0x80),
    ],
)
def test_floating_point_faults(trap, control, status, mxcsr, code):
    state = struct.pack("<HH20xI", control, status, mxcsr) + bytes(484)
    frame = frame_of(trap=trap, floating=state, rip=0x99)
    result = verdict(frame, announced=8)
    assert result.information == SignalInformation(8, code, 0x99)


@pytest.mark.parametrize(
    ("architecture", "frame", "code"),
    [
        (AMD64, frame_of(trap=14, rdi=PID, rsi=TID, rdx=6), -6),
        (AMD64, frame_of(trap=14, rdi=PID, rsi=6), 0),
        (ARM64, frame_of(ARM64, trap=0x24, x8=131, x1=TID, x2=6), -6),
        (ARM64, frame_of(ARM64, trap=0x24, x8=129, x1=6), 0),
    ],
)
def test_a_thread_that_signalled_itself(architecture, frame, code):
    """The trap in the frame is an older one and says nothing."""
    result = verdict(frame, architecture, code=AFTER_CALL[architecture])
    assert result.information == SignalInformation(6, code, 0)
    assert (result.trap, result.is_certain) == (None, True)


def test_registers_alone_do_not_make_a_sender():
    frame = frame_of(trap=14, rdi=PID, rsi=TID, rdx=6)
    assert verdict(frame, code=bytes(20)).information.number == 11


def test_what_the_handler_announces_wins():
    frame = frame_of(trap=14, rdi=PID, rsi=TID, rdx=6)
    result = verdict(frame, announced=11, caught=0, code=AFTER_CALL[AMD64])
    assert result.information.number == 11


def test_a_signal_from_elsewhere_has_no_address():
    result = verdict(frame_of(trap=0, address=0x99), announced=11)
    assert result.information == SignalInformation(11, 0, 0)
    assert not result.is_certain


def test_a_siginfo_counts_where_it_fits_the_frame():
    written = SignalInformation(11, 2, 0x55)
    fits = frame_of(trap=14, address=0x55, written=written)
    assert verdict(fits).information == written
    stale = frame_of(trap=14, address=0x66, written=written)
    assert verdict(stale).information == SignalInformation(11, 1, 0x66)
    other = frame_of(trap=14, address=0x55, written=SignalInformation(17, 1, 0))
    assert verdict(other).information == SignalInformation(11, 1, 0x55)


def test_nothing_tells_it():
    result = verdict(frame_of())
    assert result.information.number == 0
    assert not result.is_certain


@pytest.mark.parametrize(
    ("syndrome", "number", "address", "expected"),
    [
        (0x9200_0046, 11, 0x50, SignalInformation(11, 1, 0x50)),
        (0x9200_004F, 11, MAPPED, SignalInformation(11, 2, MAPPED)),
        (0x9200_0021, 7, 0x51, SignalInformation(7, 1, 0x51)),
        (0x9200_0010, 7, 0x50, SignalInformation(7, 2, 0x50)),
        (0xF200_0000, 5, 0x50, SignalInformation(5, 1, 0x99)),
        (0x0200_0000, 4, 0x50, SignalInformation(4, 1, 0x99)),
    ],
)
def test_arm64_syndromes(syndrome, number, address, expected):
    frame = frame_of(
        ARM64, trap=syndrome >> 26, error=syndrome, address=address, pc=0x99
    )
    result = verdict(frame, ARM64, announced=number)
    assert result.information == expected
    assert result.trap is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ((11, 0, 1, 0, 0x50), SignalInformation(11, 1, 0x50)),
        ((11, 0, 0, 0, 4242), SignalInformation(11, 0, 0)),
        ((11, 0, -6, 0, 4242), SignalInformation(11, -6, 0)),
        ((6, 0, -6, 0, 4242), SignalInformation(6, -6, 0)),
        ((6, 0, 1, 0, 4242), SignalInformation(6, 1, 0)),
        ((0, 0, 1, 0, 0x50), None),
        ((65, 0, 1, 0, 0x50), None),
        ((11, 5, 1, 0, 0x50), None),
    ],
)
def test_the_address_of_a_sent_signal_is_a_pid_and_dropped(fields, expected):
    assert parse_signal_information(struct.pack("<iiiiQ", *fields)) == expected
    assert parse_signal_information(b"\x0b" * 23) is None


def test_stops_of_ptrace_are_no_fatal_deliveries():
    assert is_fatal_delivery(SignalInformation(11, 1, 0))
    assert is_fatal_delivery(SignalInformation(11, -6, 0))
    assert not is_fatal_delivery(SignalInformation(5, 128 << 8 | 5, 0))
    assert not is_fatal_delivery(SignalInformation(17, 1, 0))
