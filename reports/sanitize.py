"""sanitize(): the only maker of ``Sanitized`` values, and so the only way to the disk.

Same shape out as in: a ``ProcessSnapshot``, with every word, name, path and text
replaced by what design wall 2 lets through. Whatever fails on the way is left out and
listed among the soft errors, never passed on as it was.
"""

from __future__ import annotations

from dataclasses import InitVar, dataclass, replace
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar, final

from reports.sanitizing import memory_words
from reports.sanitizing.innocence import Innocence
from reports.sanitizing.module_paths import FILE, KERNEL_NAMES, PRIVATE, PathRule
from reports.sanitizing.process_facts import (
    shown_auxv,
    shown_linking,
    shown_status,
    shown_system,
)
from reports.sanitizing.thread_names import shown_thread_name
from reports.snapshot import Registers, SystemFacts
from scrubbers import scrub_text
from scrubbers.words import DEFACED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from reports.snapshot import Mapping as MappedRange
    from reports.snapshot import Module, ProcessSnapshot, SignalDetails, ThreadPicture
    from scrubbers import Identity

P = ParamSpec("P")
V = TypeVar("V")

_MAKER: Final = object()
_LONGEST_BUILD_ID = 64
_LONGEST_LINE = 200
_MOST_LINES = 200


@dataclass(frozen=True, slots=True)
class Removed:
    """How much was taken out, for the person to read.

    Attributes:
        stack_words: Words of stacks that became the marker.
        registers: Registers that became the marker, of all threads.
        thread_names: Names that were left out.
        paths: Module paths that are not shown as they were.
        failures: Values left out because a rule failed on them.
    """

    stack_words: int = 0
    registers: int = 0
    thread_names: int = 0
    paths: int = 0
    failures: int = 0


@final
@dataclass(frozen=True, slots=True, eq=False)
class Sanitized:
    """A picture that may be written: only ``sanitize`` makes one.

    The token is asked for again by ``dataclasses.replace``, so a made value cannot be
    given another picture; users check the exact type, so a subclass is none.

    Attributes:
        snapshot: The picture, without personal data.
        removed: How much was taken out of it.
    """

    maker: InitVar[object]
    snapshot: ProcessSnapshot
    removed: Removed

    def __post_init__(self, maker: object) -> None:
        """Refuse everybody who does not hold this module's token."""
        if maker is not _MAKER:
            raise TypeError("only reports.sanitize.sanitize makes Sanitized values")


def sanitize(
    snapshot: ProcessSnapshot,
    *,
    identity: Identity,
    roots: Mapping[str, str] | None = None,
    read_code: Callable[[int, int], bytes] | None = None,
    thread_names: Collection[str] = (),
) -> Sanitized:
    """The snapshot without personal data.

    Args:
        snapshot: As captured; it is not changed.
        identity: Who the person is.
        roots: Absolute folder to label, for folders whose inside may be shown
            (``{"/srv/terminal": "<app>"}``). The home directory needs no entry.
        read_code: ``read_code(address, size)`` gives bytes of the process, for the
            question whether a word below 4 GiB is a return address. Without it the
            snapshot's own code blocks are asked; what is in none is defaced.
        thread_names: Names that the configuration declares.
    """
    work = _Work(snapshot, identity, roots or {}, read_code, thread_names)
    return Sanitized(_MAKER, work.picture(), work.removed())


class _Work:
    """One snapshot on its way through the rules; counts what it takes out."""

    def __init__(
        self,
        snapshot: ProcessSnapshot,
        identity: Identity,
        roots: Mapping[str, str],
        read_code: Callable[[int, int], bytes] | None,
        thread_names: Collection[str],
    ) -> None:
        self._raw = snapshot
        self._identity = identity
        self._thread_names = thread_names
        self._innocence = Innocence(identity)
        self._paths = PathRule(self._innocence, identity.home, roots)
        self._judge = memory_words.judge_for(snapshot, read_code)
        self._failed: list[str] = []
        self._threads: tuple[ThreadPicture, ...] = ()
        self._modules: tuple[Module, ...] = ()

    def picture(self) -> ProcessSnapshot:
        """Every field of the snapshot under its rule; the soft errors come last."""
        raw, kept = self._raw, self._kept
        self._modules = tuple(self._module(module) for module in raw.modules)
        self._threads = tuple(self._thread(thread) for thread in raw.threads)
        system = SystemFacts("Linux", raw.system.cpu_count)
        sanitized = replace(
            raw,
            system=kept(
                "the system", system, shown_system, raw.system, self._innocence
            ),
            threads=self._threads,
            mappings=kept("the mappings", (), self._mappings),
            modules=self._modules,
            signal=self._signal(),
            memory=kept("code", (), memory_words.code_blocks, self._judge),
            auxv=kept("the auxiliary vector", (), shown_auxv, raw),
            status=kept("the status", (), shown_status, raw.status),
            dynamic_linking=kept("the link map", None, shown_linking, raw, self._path),
        )
        return replace(sanitized, soft_errors=self._soft_errors())

    def removed(self) -> Removed:
        """What ``picture`` took out."""
        pairs = zip(self._raw.modules, self._modules, strict=True)
        before = sum(bool(thread.name) for thread in self._raw.threads)
        return Removed(
            stack_words=sum(memory_words.defaced_words(t.stack) for t in self._threads),
            registers=sum(
                list(thread.registers.general.values()).count(DEFACED)
                for thread in self._threads
            ),
            thread_names=before - sum(bool(thread.name) for thread in self._threads),
            paths=sum(raw.path != shown.path for raw, shown in pairs),
            failures=len(self._failed),
        )

    def _kept(
        self,
        what: str,
        otherwise: V,
        rule: Callable[P, V],
        *args: P.args,
        **kw: P.kwargs,
    ) -> V:
        """What the rule gives; ``otherwise``, and a line about it, if it fails.

        The failure's own text is not looked at: it may quote the value.
        """
        try:
            return rule(*args, **kw)
        except Exception:  # noqa: BLE001 - a rule that fails has decided nothing
            self._failed.append(f"withheld: {what} (a rule failed)")
            return otherwise

    def _thread(self, raw: ThreadPicture) -> ThreadPicture:
        rules = memory_words
        nothing = Registers(raw.registers.architecture, {})
        registers = self._kept(
            "registers", nothing, rules.sanitized_registers, self._judge, raw
        )
        stack = self._kept("a stack", None, rules.sanitized_stack, self._judge, raw)
        main = self._modules[0].path if self._modules else ""
        name = self._kept(
            "a thread name",
            "",
            shown_thread_name,
            raw.name,
            main,
            self._innocence,
            self._thread_names,
        )
        return replace(raw, name=name, registers=registers, stack=stack)

    def _module(self, raw: Module) -> Module:
        plain = raw.soname if self._innocence.is_plain(raw.soname) else ""
        build_id = raw.build_id[:_LONGEST_BUILD_ID]
        path = self._path(raw.path)
        return replace(raw, path=path, soname=plain, build_id=build_id)

    def _path(self, path: str) -> str:
        return self._kept("a path", PRIVATE, self._paths.shown, path)

    def _mappings(self) -> tuple[MappedRange, ...]:
        """Ranges keep the kernel's names and their module's path, files nothing."""
        raw = self._raw
        pairs = zip(raw.modules, self._modules, strict=True)
        shown = {module.path: known.path for module, known in pairs}
        shown |= {name: name for name in KERNEL_NAMES}
        shown[FILE] = FILE
        return tuple(
            replace(m, path=shown.get(m.path, FILE if m.path[:1] == "/" else ""))
            for m in raw.mappings
        )

    def _signal(self) -> SignalDetails | None:
        raw = self._raw.signal
        if raw is None:
            return None
        blank = replace(raw, address=0)
        rule = memory_words.sanitized_signal
        return self._kept("the fault address", blank, rule, self._judge, raw)

    def _soft_errors(self) -> tuple[str, ...]:
        lines = self._raw.soft_errors[:_MOST_LINES]
        scrubbed = [self._kept("a soft error", "", self._line, line) for line in lines]
        return (*(line for line in scrubbed if line), *self._failed)

    def _line(self, line: str) -> str:
        """One line, cut after scrubbing so that no cut hides half a name."""
        text = scrub_text(" ".join(line.split()), identity=self._identity)
        return "" if self._innocence.names_person(text) else text[:_LONGEST_LINE]
