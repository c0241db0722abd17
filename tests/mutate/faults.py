"""The faults that can be put into one C file, found with libclang: mutate.py compiles them and runs the tests.

A fault never adds or takes a line, so that its object differs from the sound one only where the code does.
Left out is what tests do not notice by what a program does: debug messages, assertions, memory that is wiped, and what only
gives memory or descriptors back (the builds with sanitizers notice that).
"""

import hashlib
import re
from collections import namedtuple

from clang.cindex import CursorKind, Index, TypeKind

# kind: see README.md; start, end: bytes of the file that text replaces; line: from 1.
Fault = namedtuple("Fault", "kind start end text line")

COMPARISON = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
ARITHMETIC = {"+": "-", "-": "+", "+=": "-=", "-=": "+="}
UNNOTICED = re.compile(r"^(\(void\))?\s*(ht_log\(HT_LOG_(DEBUG|INFO),|(g_debug|g_assert\w*|assert_\w+|\w+_assert|g_return\w*|explicit_bzero|"
                       r"\w+_(free|unref|deinit|close)\w*|g_clear_\w+|close|fclose|free)\s*\()")
SYMMETRIC = re.compile(r"cmp|equal")  # to exchange what is compared changes nothing
STATEMENTS = {CursorKind.CALL_EXPR, CursorKind.BINARY_OPERATOR, CursorKind.COMPOUND_ASSIGNMENT_OPERATOR,
              CursorKind.UNARY_OPERATOR, CursorKind.BREAK_STMT, CursorKind.CONTINUE_STMT}
LOOPS = {CursorKind.WHILE_STMT, CursorKind.DO_STMT, CursorKind.FOR_STMT}
LEAVES = re.compile(rb"\b(return|goto|break|continue)\b")
INTEGER = re.compile(rb"^(0x)?([0-9]+)([uUlL]*)$")


class Finder:
    """Walks the functions of one file and gathers faults."""

    def __init__(self, path, arguments):
        with open(path, "rb") as file:
            self.source = file.read()
        self.unit = Index.create().parse(path, args=arguments)
        errors = [d for d in self.unit.diagnostics if d.severity >= 3]
        if errors:
            raise ValueError(f"{path}: libclang cannot read it: {errors[0]}")
        self.path = path
        self.faults = []
        self.compared = set()  # where integers stand that something is compared with

    def find(self):
        for cursor in self.unit.cursor.get_children():
            here = cursor.location.file
            if here and here.name == self.path and cursor.kind == CursorKind.FUNCTION_DECL and cursor.is_definition():
                self.walk(cursor, False)
        return self.faults

    def walk(self, cursor, in_loop_head):
        if UNNOTICED.match(self.text(cursor).decode()):
            return
        children = list(cursor.get_children())
        self.look(cursor, children, in_loop_head)
        for number, child in enumerate(children):
            # A loop whose condition is changed often never ends, which costs a time limit and says little.
            head = in_loop_head or (cursor.kind in LOOPS and child.kind != CursorKind.COMPOUND_STMT and
                                    not (cursor.kind == CursorKind.FOR_STMT and number == len(children) - 1))
            self.walk(child, head)

    def look(self, cursor, children, in_loop_head):
        kind = cursor.kind
        if kind == CursorKind.COMPOUND_STMT:
            for child in children:
                self.drop_statement(child)
        elif kind == CursorKind.IF_STMT:
            self.drop_check(children)
            for child in children[1:]:
                self.drop_statement(child)
        elif kind in (CursorKind.BINARY_OPERATOR, CursorKind.COMPOUND_ASSIGNMENT_OPERATOR) and not in_loop_head and len(children) == 2:
            self.change_operator(children)
        elif kind == CursorKind.CALL_EXPR:
            self.swap_arguments(cursor, list(cursor.get_arguments()))
        elif kind == CursorKind.CONDITIONAL_OPERATOR and len(children) == 3:
            self.swap("choice", children[1], children[2])
        elif kind == CursorKind.UNARY_OPERATOR and not in_loop_head and self.text(cursor).startswith(b"!"):
            self.add("check", cursor, b"!!" + self.text(cursor)[1:])
        elif kind in (CursorKind.INTEGER_LITERAL, CursorKind.CXX_BOOL_LITERAL_EXPR) and not in_loop_head:
            self.change_constant(cursor)
        elif kind == CursorKind.RETURN_STMT:
            self.change_return(children)

    def range(self, cursor):
        return cursor.extent.start.offset, cursor.extent.end.offset

    def text(self, cursor):
        start, end = self.range(cursor)
        return self.source[start:end]

    def add(self, kind, cursor, text):
        start, end = self.range(cursor)
        self.add_bytes(kind, start, end, text)

    def add_bytes(self, kind, start, end, text):
        before = self.source[start:end]
        text += b"\n" * (before.count(b"\n") - text.count(b"\n"))
        if before and before.split() != text.split():
            self.faults.append(Fault(kind, start, end, text, self.source.count(b"\n", 0, start) + 1))

    def drop_statement(self, cursor):
        words = self.text(cursor)
        if cursor.kind in STATEMENTS and not UNNOTICED.match(words.decode()):
            self.add("statement", cursor, b"(void)0")

    def drop_check(self, children):
        """if (check) body: never the body; or the check, and then nothing, where the body leaves."""
        if not self.text(children[0]).strip():
            return
        self.add("check", children[0], b"0")
        if len(children) == 2 and LEAVES.search(self.text(children[1])):
            self.add("error path", children[1], b"{}")

    def change_operator(self, children):
        start, end = self.range(children[0])[1], self.range(children[1])[0]
        between = self.source[start:end].decode()
        operator = between.strip()
        if operator in COMPARISON:  # whose own faults are those of a limit that is off by one
            self.compared.update(self.range(child)[0] for child in children if INTEGER.match(self.text(child)))
        place = start + between.find(operator)
        for kind, table in (("comparison", COMPARISON), ("off by one", ARITHMETIC)):
            if operator in table and not self.is_pointer(children, operator):
                self.add_bytes(kind, place, place + len(operator), table[operator].encode())
        if operator in ("<", "<=", ">", ">="):
            opposite = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}[operator]
            self.add_bytes("comparison", place, place + len(operator), opposite.encode())
        if operator in ("&&", "||"):
            neutral = b"1" if operator == "&&" else b"0"
            for child in children:
                if self.text(child).strip():
                    self.add("check", child, neutral)

    @staticmethod
    def is_pointer(children, operator):
        """Sums with pointers are addresses: a wrong one is a crash by luck."""
        return operator in ARITHMETIC and any(c.type.get_canonical().kind == TypeKind.POINTER for c in children)

    def swap_arguments(self, cursor, arguments):
        symmetric = SYMMETRIC.search(self.text(cursor).decode().split("(")[0])
        for one, other in zip(arguments, arguments[1:]):
            is_format = b"%" in self.text(one) + self.text(other)
            if not is_format and not symmetric and one.type.get_canonical().spelling == other.type.get_canonical().spelling:
                self.swap("argument", one, other)

    def swap(self, kind, one, other):
        (start, middle), (again, end) = self.range(one), self.range(other)
        if start < middle <= again < end and self.text(one) != self.text(other):
            self.add_bytes(kind, start, end, self.text(other) + self.source[middle:again] + self.text(one))

    def change_constant(self, cursor):
        """One more; or twice as much of what is so large that one more is the same in practice."""
        words = self.text(cursor)
        if words in (b"true", b"false"):
            self.add("constant", cursor, b"false" if words == b"true" else b"true")
        elif INTEGER.match(words) and not self.is_sentinel(cursor.extent.start.offset):
            self.add("constant", cursor, b"(" + words + (b" + 1)" if len(words) == 1 else b" * 2)"))

    def is_sentinel(self, start):
        """-1, and what something is compared with: any other number would do as well, or is a fault of the comparison."""
        return start in self.compared or self.source[start - 1:start] == b"-"

    def change_return(self, children):
        if len(children) == 1 and children[0].type.get_canonical().kind == TypeKind.BOOL:
            words = self.text(children[0])
            if words and words not in (b"true", b"false"):
                self.add("constant", children[0], b"!(" + words + b")")


def find_faults(path, arguments):
    """All faults of a file in the order of their places; a place has each fault once."""
    finder = Finder(path, arguments)
    found = {(f.start, f.end, f.text): f for f in reversed(finder.find())}
    return finder.source, sorted(found.values(), key=lambda f: (f.start, f.end, f.kind, f.text))


def apply_fault(source, fault):
    return source[:fault.start] + fault.text + source[fault.end:]


def changed_lines(source, fault):
    """The lines of the fault before and after, in one line each."""
    start = source.rfind(b"\n", 0, fault.start) + 1
    end = source.find(b"\n", fault.end)
    end = len(source) if end < 0 else end
    after = source[start:fault.start] + fault.text + source[fault.end:end]
    return tuple(" ".join(text.decode().split()) for text in (source[start:end], after))


def name_of(path, source, fault):
    """Names a fault by all that it depends on."""
    return hashlib.sha256(b"\0".join([path.encode(), apply_fault(source, fault)])).hexdigest()[:16]
