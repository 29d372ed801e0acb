"""Builds minidumps byte by byte, sharing nothing with ``reports.minidump``.

Offsets are typed in from the public headers of the format. The file is laid out the
other way round from ours on purpose: header, parts, streams, and the directory last.
"""

from __future__ import annotations


def u16(value):
    return value.to_bytes(2, "little")


def u32(value):
    return value.to_bytes(4, "little")


def u64(value):
    return value.to_bytes(8, "little")


def put(size, **at):
    """``size`` zero bytes with each ``_0xNN=bytes`` written at its offset."""
    raw = bytearray(size)
    for place, data in at.items():
        offset = int(place.lstrip("_"), 16)
        raw[offset : offset + len(data)] = data
    return bytes(raw)


def amd64_context(rip=0, rsp=0, rax=0, eflags=0, flags=0x10000F, fcw=0, mxcsr=0):
    return put(
        1232,
        _30=u32(flags),
        _34=u32(mxcsr),
        _38=u16(0x33),
        _42=u16(0x2B),
        _44=u32(eflags),
        _78=u64(rax),
        _98=u64(rsp),
        _f8=u64(rip),
        _100=u16(fcw),
    )


def arm64_context(pc=0, sp=0, lr=0, cpsr=0, flags=0x400007):
    return put(
        912, _0=u32(flags), _4=u32(cpsr), _f8=u64(lr), _100=u64(sp), _108=u64(pc)
    )


def old_arm64_context(pc=0, sp=0, cpsr=0):
    return put(796, _0=u64(0x80000006), _100=u64(sp), _108=u64(pc), _110=u32(cpsr))


def x86_context(eip=0, esp=0):
    return put(716, _0=u32(0x10007), _b8=u32(eip), _c4=u32(esp))


class SyntheticMinidump:
    """Add parts and streams, then ``build()``."""

    def __init__(self):
        self.body = bytearray(32)
        self.directory = []

    def part(self, data, align=4):
        """Append bytes; their offset."""
        self.body += bytes(-len(self.body) % align)
        at = len(self.body)
        self.body += data
        return at

    def text(self, text):
        """A MINIDUMP_STRING; its offset."""
        raw = text.encode("utf-16-le")
        return self.part(u32(len(raw)) + raw + b"\0\0")

    def utf8(self, text):
        raw = text.encode()
        return self.part(u32(len(raw)) + raw + b"\0")

    def stream(self, number, data):
        self.directory.append((number, len(data), self.part(data, 8)))

    def listed(self, number, entries, *, padding=b"", count=None):
        """A stream that is a 32-bit count and entries."""
        counted = u32(len(entries) if count is None else count)
        self.stream(number, counted + padding + b"".join(entries))

    def system(
        self,
        architecture=9,
        platform=0x8201,
        text="Linux 6.1.0 x86_64",
        version=(6, 1, 0),
        cpu=b"GenuineIntel",
    ):
        data = put(
            56,
            _0=u16(architecture),
            _2=u16(6),
            _4=u16(0x9E0A),
            _6=bytes([4]),
            _8=b"".join(map(u32, version)),
            _14=u32(platform),
            _18=u32(self.text(text)),
            _20=cpu,
        )
        self.stream(7, data)

    def thread(self, tid, context, stack=(0, b"")):
        """The 48 bytes of one thread; its parts are placed."""
        address, data = stack
        context_at = self.part(context, 16)
        stack_at = self.part(data, 8) if data else 0
        return put(
            48,
            _0=u32(tid),
            _18=u64(address),
            _20=u32(len(data)),
            _24=u32(stack_at),
            _28=u32(len(context)),
            _2c=u32(context_at),
        )

    def module(self, base, size, name, build_id=b"", record=None):
        """The 108 bytes of one module; ``record`` replaces its CodeView record."""
        if record is None and build_id:
            record = b"LEpB" + build_id
        at = self.part(record) if record else 0
        return put(
            108,
            _0=u64(base),
            _8=u32(size),
            _14=u32(self.text(name)),
            _4c=u32(len(record or b"")),
            _50=u32(at),
        )

    def thread_name(self, tid, name):
        return u32(tid) + u64(self.text(name))

    def memory(self, address, data):
        """The 16 bytes that describe one range; its bytes are placed."""
        return u64(address) + u32(len(data)) + u32(self.part(data, 8))

    def exception(self, tid, code, flags=0, address=0, context=b""):
        at = self.part(context, 16) if context else 0
        data = put(
            168,
            _0=u32(tid),
            _8=u32(code),
            _c=u32(flags),
            _18=u64(address),
            _a0=u32(len(context)),
            _a4=u32(at),
        )
        self.stream(6, data)

    def misc(self, pid, created, flags=3):
        self.stream(
            15, put(24, _0=u32(24), _4=u32(flags), _8=u32(pid), _c=u32(created))
        )

    def regions(self, entries):
        """Entries are (base, size, protection, kind)."""
        packed = [
            put(
                48,
                _0=u64(base),
                _8=u64(base),
                _10=u32(protection),
                _18=u64(size),
                _20=u32(0x1000),
                _24=u32(protection),
                _28=u32(kind),
            )
            for base, size, protection, kind in entries
        ]
        self.stream(16, u32(16) + u32(48) + u64(len(packed)) + b"".join(packed))

    def crashpad(self, report_id, annotations, module_annotations=()):
        """``module_annotations``: key and value pairs of module 0, as objects."""
        pairs = [u32(self.utf8(k)) + u32(self.utf8(v)) for k, v in annotations]
        simple = u32(len(pairs)) + b"".join(pairs)
        simple_at = self.part(simple)
        links, links_at = b"", 0
        if module_annotations:
            objects = [
                u32(self.utf8(k)) + u16(1) + u16(0) + u32(self.utf8(v))
                for k, v in module_annotations
            ]
            packed = u32(len(objects)) + b"".join(objects)
            objects_at = self.part(packed)
            module = put(28, _0=u32(1), _14=u32(len(packed)), _18=u32(objects_at))
            links = u32(1) + u32(0) + u32(28) + u32(self.part(module))
            links_at = self.part(links)
        data = put(
            52,
            _0=u32(1),
            _4=report_id,
            _24=u32(len(simple)),
            _28=u32(simple_at),
            _2c=u32(len(links)),
            _30=u32(links_at),
        )
        self.stream(0x43500001, data)

    def dso_debug(self, entries, dynamic=b"", *, packed=False):
        """Entries are (address, name, dynamic); Breakpad pads, Rust packs."""
        gap = b"" if packed else bytes(4)
        links = [u64(a) + u32(self.text(n)) + gap + u64(d) for a, n, d in entries]
        at = self.part(b"".join(links))
        fixed = u32(1) + u32(at) + u32(len(links)) + gap
        self.stream(0x4767000A, fixed + u64(0x10) + u64(0x20) + u64(0x30) + dynamic)

    def build(self, *, version=0xA793, signature=b"MDMP", time=0, directory=None):
        entries = [u32(n) + u32(size) + u32(at) for n, size, at in self.directory]
        at = self.part(b"".join(entries)) if directory is None else directory
        head = signature + u32(version) + u32(len(entries)) + u32(at)
        self.body[:32] = head + u32(0) + u32(time) + u64(0)
        return bytes(self.body)


def small_dump():
    """Two threads, two modules, a stack, an exception: what every writer has."""
    dump = SyntheticMinidump()
    dump.system()
    crashed = dump.thread(
        11,
        amd64_context(rip=0x7F0000001234, rsp=0x7FFC00000010),
        (0x7FFC00000000, b"s" * 64),
    )
    other = dump.thread(12, amd64_context(rip=0x7F0000002000, rsp=0x7FFC10000000))
    dump.listed(3, [crashed, other])
    dump.listed(24, [dump.thread_name(11, "alpha"), dump.thread_name(12, "beta")])
    dump.listed(
        4,
        [
            dump.module(0x5500_0000_0000, 0x2000, "/usr/bin/prog", bytes(range(20))),
            dump.module(0x7F00_0000_0000, 0x9000, "/usr/lib/libc.so.6", b"\xab" * 16),
        ],
    )
    dump.listed(5, [dump.memory(0x7FFC00000000, b"s" * 64)])
    dump.exception(11, 11, 1, 0x10, amd64_context(rip=0x7F0000001234, rax=7))
    return dump
