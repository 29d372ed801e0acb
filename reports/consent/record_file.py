"""The one door to ``consent.json`` and ``consent.log``.

Reading creates nothing, waits for nobody and never raises: what cannot be believed is
off, with one line that says why. Writing is under an exclusive lock on the log. The
order is new record to a temporary file, line to the log, rename; each is on the disk
before the next, so that a power cut leaves the old choice, or the new one with its
evidence, or a refusal in the log alone, which counts (``standing.newest_choices``).
"""

from __future__ import annotations

import contextlib
import os

from reports.consent.own_file import (
    NotBelievedError,
    append_lines,
    free_name,
    locked,
    read_own,
    said,
    sync_folder,
    tail_of,
    write_new,
)
from reports.consent.record import (
    PERSONAL,
    Category,
    Choice,
    ConsentRecord,
    Occasion,
    State,
    Terms,
    granted_state,
    refused_state,
    states_of,
)
from reports.consent.record_text import (
    log_bytes,
    parse_log,
    parse_record,
    record_bytes,
)
from reports.consent.standing import ConsentState, newest_choices, standing
from reports.errors import ConsentError, StorageError
from reports.light_tuple import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

LARGEST_RECORD = 64 * 1024
"""Bytes; five choices are about 2 KiB."""

LOG_READ = 1024 * 1024
"""Bytes of the log's end that are read: some 3,000 choices."""


def load_consent(
    path: str | os.PathLike[str],
    log_path: str | os.PathLike[str],
    *,
    terms: Terms | None,
    now: datetime,
) -> ConsentState:
    """What the person chose, as far as it can be believed. Never raises.

    Args:
        path: ``consent.json``; a missing file is a person who was never asked.
        log_path: ``consent.log``.
        terms: The policy and disclosure in force; None where making the disclosure
            costs too much, as before a terminal starts: then no grant holds, which
            leaves ``Decision.collect`` for crashes as it is.
        now: The time, with its zone.
    """
    held = _read_both(path, log_path)
    return standing(
        held.choices, terms=terms, now=now, problem=held.problem, unknown=held.unknown
    )


def grant(
    path: Path, log_path: Path, categories: Iterable[Category], occasion: Occasion
) -> ConsentState:
    """Allow categories (crashes: always). As ``choose``."""
    wishes = {category: granted_state(category) for category in categories}
    return choose(path, log_path, wishes, occasion)


def revoke(
    path: Path, log_path: Path, categories: Iterable[Category], occasion: Occasion
) -> ConsentState:
    """Refuse categories (crashes: never). As ``choose``."""
    wishes = {category: refused_state(category) for category in categories}
    return choose(path, log_path, wishes, occasion)


def choose(
    path: Path,
    log_path: Path,
    wishes: Mapping[Category, State],
    occasion: Occasion,
) -> ConsentState:
    """Record choices durably and answer the state they lead to.

    With no wishes the record is only written anew, which mends an unreadable one. A
    record that could not be believed is kept beside the new one, with the suffix
    ``.unreadable``.

    Raises:
        ConsentError: Not theirs to give: an administrator never turns on, and what the
            person refused only the person allows again. An operator's consent holds
            for one run: see ``note_operator_consent``.
        ValueError: A category does not have that state.
        StorageError: It could not be written. A grant was then not made. When it was a
            refusal that could not be written, the record was removed, which is off too.
    """
    for category, wish in wishes.items():
        if wish not in states_of(category):
            raise ValueError(f"{category.value} cannot be {wish.value}")
    grants = any(wish is granted_state(category) for category, wish in wishes.items())
    if grants and occasion.how not in PERSONAL:
        raise ConsentError(
            "only the person can allow this",
            hint="In headless mode set CRASHWATCH_CONSENT for the run.",
        )
    # Maps memory, which a launcher that only reads the record need not load.
    from reports.consent import flags_page  # noqa: PLC0415

    refused = [c for c, wish in wishes.items() if wish is not granted_state(c)]
    flags = path.with_name(flags_page.NAME)
    try:
        flags_page.clear_flags(flags, refused)
        with locked(log_path) as log:
            choices = _replace(path, log_path, log, wishes, occasion)
            # Again: who read the old record meanwhile may have set them.
            flags_page.clear_flags(flags, refused)
    except OSError as error:
        raise _not_written(path, error, removing=bool(wishes) and not grants) from error
    return standing(choices, terms=occasion.terms, now=occasion.now)


def note_operator_consent(
    log_path: Path, categories: Iterable[Category], occasion: Occasion
) -> None:
    """Keep evidence of a headless operator's consent; the record does not change.

    Raises:
        StorageError: It could not be written, so there is no such consent.
    """
    wishes = {category: granted_state(category) for category in categories}
    try:
        with locked(log_path) as log:
            last = max(
                (c.sequence for c in parse_log(tail_of(log, LOG_READ))), default=0
            )
            append_lines(log, log_bytes(_choices_from(wishes, occasion, last)))
    except OSError as error:
        raise _not_written(log_path, error, removing=False) from error


@contextlib.contextmanager
def record_unchanged(log_path: Path) -> Iterator[None]:
    """Keep every other process from choosing meanwhile.

    Raises:
        StorageError: The log cannot be locked.
    """
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(locked(log_path))
        except OSError as error:
            raise StorageError(
                f"the consent log cannot be locked: {said(error)}",
                hint=f"Mend {log_path.parent}.",
            ) from error
        yield


class _Held(NamedTuple):
    """What the two files say."""

    choices: tuple[Choice, ...]
    last: int
    problem: str = ""
    unknown: bool = False
    record_unusable: bool = False


def _read_both(path: str | os.PathLike[str], log_path: str | os.PathLike[str]) -> _Held:
    # The log first: a writer fills it first, so a record seen after it is no older.
    log: tuple[Choice, ...] = ()
    log_problem = ""
    try:
        log = parse_log(read_own(log_path, LOG_READ, tail=True) or b"")
    except NotBelievedError as fault:
        log_problem = _sentence(log_path, fault)
    record, record_problem = None, ""
    try:
        data = read_own(path, LARGEST_RECORD)
        record = None if data is None else parse_record(data)
    except NotBelievedError as fault:
        record_problem = _sentence(path, fault)
    choices = newest_choices(record, log)
    return _Held(
        choices=choices,
        last=max((c.sequence for c in (*choices, *log)), default=0),
        problem=record_problem or log_problem,
        unknown=bool(log_problem or (record_problem and not log)),
        record_unusable=bool(record_problem),
    )


def _sentence(path: str | os.PathLike[str], fault: NotBelievedError) -> str:
    name = os.path.basename(path)  # noqa: PTH119 -- a start has no pathlib
    return (
        f"{name} cannot be used: {fault}; "
        "choose again with crashwatch consent grant or revoke"
    )


def _replace(
    path: Path,
    log_path: Path,
    log: int,
    wishes: Mapping[Category, State],
    occasion: Occasion,
) -> tuple[Choice, ...]:
    """The change itself, under the lock."""
    held = _read_both(path, log_path)
    made = _choices_from(wishes, occasion, held.last)
    by_category = {choice.category: choice for choice in (*held.choices, *made)}
    ordered = tuple(by_category[c] for c in Category if c in by_category)
    record = ConsentRecord(choices=ordered)
    fresh = path.with_name(f".{path.name}.new")
    # The lock is on the log because this replaces the record.
    try:
        write_new(fresh, record_bytes(record))
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise
    if held.record_unusable:
        path.rename(free_name(path))
    size = os.fstat(log).st_size
    try:
        append_lines(log, log_bytes(made))
        fresh.rename(path)
    except OSError:
        with contextlib.suppress(OSError):
            os.ftruncate(log, size)
            fresh.unlink()
        raise
    try:
        sync_folder(path.parent)
    except OSError:
        # The rename may not outlive a power cut, so it must not count now either.
        path.unlink()
        raise
    return record.choices


def _choices_from(
    wishes: Mapping[Category, State], occasion: Occasion, last: int
) -> tuple[Choice, ...]:
    first = max(last + 1, int(occasion.now.timestamp() * 1000))
    return tuple(
        Choice(
            category=category,
            state=state,
            sequence=first + offset,
            given=occasion.now,
            how=occasion.how,
            policy_version=occasion.terms.policy_version,
            disclosure_sha256=occasion.terms.disclosure_sha256,
            application_version=occasion.application_version,
        )
        for offset, (category, state) in enumerate(wishes.items())
    )


def _not_written(path: Path, error: OSError, *, removing: bool) -> StorageError:
    """The error to raise; removes the record where a refusal could not be written."""
    name = os.path.basename(str(error.filename or ""))  # noqa: PTH119 -- may be bytes
    what = f"{name}: {said(error)}" if name else said(error)
    if not removing:
        return StorageError(
            f"your choice could not be recorded: {what}. Nothing was allowed.",
            hint=f"Mend {path.parent}, then choose again.",
        )
    try:
        path.unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError:
        left = "The record could not be removed either: what it allows stays allowed."
    else:
        left = "The record was removed instead, so nothing is allowed."
    return StorageError(
        f"your refusal could not be recorded: {what}. {left}",
        hint=f"Mend {path.parent}, then refuse again.",
    )
