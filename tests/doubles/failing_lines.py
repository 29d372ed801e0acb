"""Lines of Python that fail in C, so that CPython writes the message itself.

One line each; ``x`` is a text that must not be told. What fails in some versions only
is told by nothing in the others.
"""

from typing import Final

BINARY: Final = ("+", "-", "*", "/", "//", "%", "@", "<<", ">>", "&", "|", "^", "**")

LINES: Final = (
    # TypeError: operators, calls, indices.
    *(f"{{x: 1}} {sign} object()" for sign in BINARY),
    *(f"y = object(); y {sign}= object()" for sign in BINARY),
    *(f"{sign}object()" for sign in "+-~"),
    *(f"object() {sign} x" for sign in ("<", "<=", ">", ">=")),
    "divmod(object(), 1)",
    "abs(x)",
    "x()",
    "iter(3)",
    "next(x)",
    "3[x]",
    "reversed({1})",
    "f(**3)",
    "''.x = 1 if 0 else None; (1)[0] = x",
    "(1,)[0] = x",
    "del (1,)[0]",
    "with_(3)",
    "with_(HalfManager())",
    "async_with(3)",
    "range(x)",
    "awaits(3)",
    "async_for(3)",
    "len(3)",
    "iter(BadIterator())",
    "x in 3",
    "a, b = 3",
    "x + 3",
    "[] + 3",
    "() + (3).bit_length",
    "b'' + x",
    "[] * x",
    "[][x]",
    "()[x]",
    "b''[x]",
    "range(3)[x]",
    "''[x]",
    "[][x:]",
    "{[]: x}",
    "f()",
    "g()",
    "k()",
    "kk()",
    "f(1, 2)",
    "f()",
    "p(3, a=3)",
    "object(x)",
    "Plain(x)",
    "[].append()",
    "[].append(1, 2)",
    "{}.keys(x)",
    "[].append(a=x)",
    "Local().m(x, 2)",
    "f(**{x: 1})",
    "f(1, a=2)",
    "f(a=1, **{'a': 2})",
    "f(*3)",
    "getattr()",
    "getattr(1, 2, 3, 4)",
    "isinstance(1)",
    "datetime.date(1)",
    "int(1, 2, 3)",
    "int(1, a=2, b=3)",
    "sum()",
    "struct.Struct('I').unpack_from()",
    "print(alice=1)",
    "sorted()",
    "range()",
    "tuple(1, 2)",
    "os.urandom(1, 2)",
    "g(1, 2, 3)",
    "defaults()",
    "open('/dev/null', 'w').write(3)",
    "socket.socket().connect(1, 2)",
    "select.poll().register()",
    "defaults(1, 2, 3)",
    "none(1)",
    "both()",
    "int([])",
    "int([], 10)",
    "int(3, 10)",
    "float([])",
    "math.sqrt(x)",
    "os.fspath(3)",
    "open([])",
    "memoryview(x)",
    "bytes.join(b'', [x])",
    "' '.join([x, 3])",
    "io.StringIO().write(3)",
    "io.BytesIO().write(x)",
    "ord(x)",
    "ord('')",
    "raise_(3)",
    "raise_from(3)",
    "generator().throw(3)",
    "catch(3)",
    "isinstance(1, 3)",
    "issubclass(3, int)",
    "Abstract1()",
    "Abstract2()",
    "BadInit()",
    "str(BadStr())",
    "repr(BadStr())",
    "super(int, x).real",
    "'' % x",
    "'%s %s' % x",
    "'%(a)s' % 3",
    "'%d' % x",
    "'%x' % x",
    "format(object(), x)",
    "dict([3])",
    "int.foo = x",
    "type(iter([]))()",
    "copy.copy(generator())",
    "pickle.dumps(generator())",
    "sorted([1, x])",
    # ValueError.
    *(f"int(x, {base})" for base in (10, 16, 2, 8, 0)),
    "int(x)",
    "int(x, 36 + 1)",
    "float(x)",
    "complex(x)",
    "a, b = [1]",
    "a, *b, c = [1]",
    "a, b = [1, 2, 3]",
    "'abc'.index(x)",
    "b'abc'.index(b'z')",
    "x.split('')",
    "[].remove(x)",
    "().index(x)",
    "[].index(x)",
    "range(3).index(x)",
    "range(3).index(9)",
    "operator.indexOf([], x)",
    "collections.deque().remove(x)",
    "collections.deque().index(x)",
    "closed().read()",
    "closed_bytes().read()",
    "closed_text().write(x)",
    "closed_binary().write(b'a')",
    "io.BufferedReader.__new__(io.BufferedReader).read()",
    "open('/dev/null', 'rw')",
    "open('/dev/null', x)",
    "open('/dev/null').read(-5); open('/dev/null', 'rb').read(-5)",
    "os.stat(x + chr(0))",
    "compile(x + chr(0), x, 'exec')",
    "range(1, 2, 0)",
    "[][::0]",
    "1 << -1",
    "bytearray(b'a').append(999)",
    "bytes([999])",
    "chr(-1)",
    "math.sqrt(-1)",
    "int(float('nan'))",
    "min([])",
    "max([])",
    "list(zip([1], [], strict=True))",
    "list(zip([], [1], strict=True))",
    "list(zip([1], [2], [], strict=True))",
    "format(3, 'Q')",
    "format(3, '10.4d.x')",
    "format(x, '10Q.x')",
    "'%Q' % 3",
    "'%' % 3",
    "'%(a' % {}",
    "'}'.format(x)",
    "'{'.format(x)",
    "'{a'.format(x)",
    "'{0} {}'.format(1, 2)",
    "int('1' * 9999)",
    "str(10 ** 9999)",
    "reentered()",
    "l = [1, 2, 3]; l[::2] = [x]",
    "bytes.fromhex('zz')",
    "dict([(1, 2, 3)])",
    "pow(2, 3, 0)",
    "pow(2, -1, 4)",
    "datetime.date(0, 1, 1)",
    "datetime.date(1, 13, 1)",
    "datetime.date(1, 2, 31)",
    "datetime.time(25)",
    "datetime.time(1, 61)",
    "datetime.time(1, 1, 61)",
    "datetime.date.fromisoformat(x)",
    "closed_mmap().read()",
    "select.select([-1], [], [])",
    # IndexError, KeyError, AttributeError, names.
    "[][0]",
    "[][0:1][0]",
    "l = []; l[0] = x",
    "()[0]",
    "''[0]",
    "b''[0]",
    "memoryview(b'')[0]",
    "bytearray()[0]",
    "range(0)[0]",
    "collections.deque()[0]",
    "array.array('b')[0]",
    "a = array.array('b'); a[0] = 1",
    "[].pop()",
    "[1].pop(9)",
    "collections.deque().pop()",
    "bytearray().pop()",
    "'{}'.format()",
    "set().pop()",
    "{}.popitem()",
    "collections.OrderedDict().popitem()",
    "json.alice",
    "int.alice",
    "object().alice = x",
    "Plain().alice",
    "Slots().alice = 1",
    "Slots.alice.__get__",
    "''.join = x",
    "Prop().name = x",
    "del Prop().name",
    "(1).real = 3",
    "f.__closure__ = 3",
    "f.__globals__ = 3",
    "alice",
    "unbound()",
    "free()",
    "from_json()",
    "importlib.import_module('alice')",
    "importlib.import_module('json.alice.b')",
    "__import__('sys.alice')",
    "exec('from . import alice', {'__name__': 'a'})",
    "exec('from .... import alice', {'__package__': 'json', '__name__': 'json.a'})",
    "halted()",
    # RuntimeError and others.
    "grow_dict()",
    "turn_dict()",
    "grow_set()",
    "grow_deque()",
    "grow_ordered()",
    "list(stopping())",
    "stopping_coroutine()",
    "again()",
    "raise_nothing()",
    "threading.Lock().release()",
    "threading.RLock().release()",
    "deep(0)",
    "DeepC().a",
    "super_()",
    "ignoring().close()",
    "ignoring_coroutine().close()",
    "stopping_async()",
    "deep_repr()",
    "Deeper() == 3",
    "1 / 0",
    "1 // 0",
    "1 % 0",
    "1.0 / 0",
    "1.0 // 0",
    "1.0 % 0",
    "divmod(1.0, 0)",
    "1j / 0",
    "0.0 ** -1",
    "0j ** -1",
    "float(10 ** 400)",
    "(-1).to_bytes(1, 'little')",
    "(999).to_bytes(1, 'little')",
    "len(range(10 ** 30))",
    "os.close(2 ** 40)",
    "int(float('inf'))",
    "' ' * 10 ** 30",
    "math.exp(9999)",
    "array.array('b', [-999])",
    "array.array('b', [999])",
    "array.array('h', [-99999])",
    "array.array('h', [99999])",
    "array.array('H', [-1])",
    "array.array('H', [99999])",
    "time.localtime(2 ** 70)",
    "datetime.date.max + datetime.timedelta(1)",
    "datetime.datetime.fromtimestamp(2 ** 60)",
    "input()",
    "pickle.loads(b'')",
    "marshal.loads(b'')",
    "marshal.loads(b'i')",
    "b = bytearray(1); m = memoryview(b); b.append(1)",
    "m = mmap.mmap(-1, 9); v = memoryview(m); m.close()",
    "x.encode('alice')",
    "(x + chr(233)).encode('ascii', 'alice')",
    "dead().real",
    "open('/dev/null').write(x)",
    "open('/dev/null', 'w').read()",
    # SyntaxError and its kin, by compile.
    *(
        f"compile({source!r}, x, 'exec')"
        for source in (
            "a b",
            "[a b]",
            "1a",
            "if a",
            "if a\n  b",
            "(a",
            "a)",
            "(a]",
            "'a",
            "'''a",
            "a\u00a0b",
            "f() = 1",
            "1 = a",
            "(a = 1)",
            "if f() = 1: pass",
            "return",
            "await a",
            "break",
            "print a",
            "  a",
            "if a:\n    b\n  c",
            "if a:\nb",
            "else",
            "a = \\",
            "if 1:\n\ta\n        b",
        )
    ),
    "compile('def f():\\n  x\\n\\ty', x, 'exec')",
    # Not built in, but written in C or by a class of the library.
    *(
        f"json.loads({text!r})"
        for text in ("x", "[1 2]", '{"a" 1}', "{1: 2}", "1 2", '"a', '"\n"', '"\\q"')
    ),
    "json.loads('\"\\\\u12')",
    "json.loads('{\"a\": 1,}')",
    "json.loads('[1,]')",
    "json.loads(chr(0xfeff) + '1')",
    "struct.unpack('I', b'a')",
    "struct.unpack_from('I', b'abcd', 3)",
    "struct.pack('I')",
    "struct.pack('I', x)",
    "struct.pack('f', x)",
    "struct.pack('B', 999)",
    "struct.pack('<h', 99999)",
    "struct.pack('s', x)",
    "struct.pack('Z', 1)",
    # Reasons of codecs, and a resolver's.
    "b'\\xff'.decode()",
    "b'\\xe0a'.decode()",
    "b'\\xe0'.decode()",
    "b'\\xff'.decode('ascii')",
    "'\\u540d'.encode('latin-1')",
    "'\\ud800'.encode()",
    "b'a'.decode('utf-16')",
    "b'\\x00\\xdc'.decode('utf-16-le')",
    "b'\\x81'.decode('cp1252')",
    "b'\\x00\\xd8a\\x00'.decode('utf-16-le')",
    "'\\u540d'.encode('cp1252')",
    "b'\\\\x1'.decode('unicode_escape')",
    "b'\\\\u12'.decode('unicode_escape')",
    "b'ab'.decode('utf-32')",
    "socket.getaddrinfo('alice.invalid', 1, flags=socket.AI_NUMERICHOST)",
    "timed_out()",
    "sys.__dict__.pop('stdout'); print(x)",
    "sys.__dict__.pop('stdin'); input()",
)

HEAD: Final = """
import array, collections, copy, datetime, importlib, io, json, marshal, math, mmap
import operator, os, pickle, select, socket, struct, sys, threading, time, weakref, abc
sys.stdin = io.StringIO()
x = ''.join(['al', 'ice'])
def f(a): pass
def g(a, b): pass
def k(*, a): pass
def kk(*, a, b): pass
def p(a, /, b=1): pass
def none(): pass
def both(a, *, b): pass
def defaults(a, b=1): pass
class Plain: pass
class Local:
    def m(self): pass
class HalfManager:
    def __enter__(self): pass
class BadIterator:
    def __iter__(self): return 3
class BadInit:
    def __init__(self): return 3
class BadStr:
    def __str__(self): return 3
    __repr__ = __str__
class Abstract1(abc.ABC):
    @abc.abstractmethod
    def a(self): pass
class Abstract2(Abstract1):
    @abc.abstractmethod
    def b(self): pass
class Slots: __slots__ = ()
class Prop:
    @property
    def name(self): return 1
class Deeper:
    def __eq__(self, other): return self == other
def with_(a):
    with a: pass
def async_with(a):
    async def run():
        async with a: pass
    run().send(None)
def async_for(a):
    async def run():
        async for i in a: pass
    run().send(None)
def awaits(a):
    async def run(): await a
    run().send(None)
def raise_(a): raise a
def raise_from(a): raise ValueError from a
def catch(a):
    try: 1 / 0
    except a: pass
def generator(): yield 1
def ignoring():
    def gen():
        while True:
            try: yield
            except GeneratorExit: pass
    g = gen(); next(g); return g
def ignoring_coroutine():
    class Wait:
        def __await__(self): yield
    async def run():
        while True:
            try: await Wait()
            except GeneratorExit: pass
    c = run(); c.send(None); return c
def stopping_async():
    async def gen():
        raise StopAsyncIteration
        yield
    gen().asend(None).send(None)
def super_(): super()
class DeepC:
    def __getattr__(self, name): return getattr(self, name)
def closed_binary(): f = open('/dev/null', 'wb'); f.close(); return f
def reentered():
    def gen(): yield next(me)
    me = gen(); next(me)
def closed(): f = open('/dev/null', 'rb'); f.close(); return f
def closed_bytes(): f = io.BytesIO(); f.close(); return f
def closed_text(): f = open('/dev/null', 'w'); f.close(); return f
def closed_mmap(): m = mmap.mmap(-1, 9); m.close(); return m
def unbound():
    if not x: a = 1
    return a
def free():
    def inner(): return a
    inner(); a = 1
def from_json():
    from json import alice
def halted():
    sys.modules['alice2'] = None
    import alice2
def grow_dict():
    d = {1: 1}
    for k in d: d[k + 1] = 1
def turn_dict():
    d = {1: 1}
    for k in d: del d[k]; d[k + 1] = 1
def grow_set():
    s = {1}
    for k in s: s.add(k + 1)
def grow_deque():
    d = collections.deque([1])
    for k in d: d.append(k)
def grow_ordered():
    d = collections.OrderedDict({1: 1, 2: 2})
    for k in d: del d[k]
def stopping():
    raise StopIteration
    yield
def stopping_coroutine():
    async def run(): raise StopIteration
    run().send(None)
def again():
    async def run(): pass
    c = run()
    try: c.send(None)
    except StopIteration: pass
    c.send(None)
def raise_nothing(): raise
def deep(a): return deep(a)
def deep_repr():
    a = []
    for i in range(100000): a = [a]
    repr(a)
def dead():
    class A: pass
    return weakref.proxy(A())
def timed_out():
    a, b = socket.socketpair(); a.settimeout(0.001); a.recv(1)
"""
