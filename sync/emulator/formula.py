"""Formulas: what is one at all, and the value of the simplest.

A formula that cannot be parsed is refused, as Excel refuses it. Arithmetic, text joining, comparison, references
and SUM are worked out; every other function raises `NotWorkedOut`, and the cell keeps the value it last had.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from sync.emulator.a1 import Area, parse_area, split_sheet

Scalar = str | int | float | bool
MAX_LENGTH = 8192


class FormulaError(ValueError):
    """The text is not a formula."""


class NotWorkedOut(Exception):
    """A formula that only Excel itself can calculate."""


class CellError(Exception):
    """The formula's value is an error such as `#DIV/0!`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Literal:
    value: Scalar


@dataclass(frozen=True, slots=True)
class ErrorLiteral:
    code: str


@dataclass(frozen=True, slots=True)
class Reference:
    sheet: str | None
    area: Area


@dataclass(frozen=True, slots=True)
class Name:
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    operator: str
    operands: tuple[Node, ...]


Node = Literal | ErrorLiteral | Reference | Name | Call | Operation

_SHEET_PREFIX = r"(?:'(?:[^']|'')+'!|[^\W\d][\w.]*!)?"
_TOKENS = re.compile(
    r"(?P<space>\s+)"
    r'|(?P<text>"(?:[^"]|"")*")'
    r"|(?P<error>#(?:N/A|NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|SPILL!|CALC!|GETTING_DATA))"
    rf"|(?P<ref>{_SHEET_PREFIX}(?:\$?[A-Za-z]{{1,3}}\$?\d+(?::\$?[A-Za-z]{{1,3}}\$?\d+)?"
    r"|\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}|\$?\d+:\$?\d+)(?![\w(.]))"
    r"|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<call>[^\W\d][\w.]*\s*\()"
    rf"|(?P<name>{_SHEET_PREFIX}[^\W\d][\w.\\?]*)"
    r"|(?P<op><=|>=|<>|[-+*/^&=<>%(),;{}@#:])"
)
_COMPARISONS = {"=", "<>", "<", ">", "<=", ">="}
_LEVELS: tuple[set[str], ...] = (_COMPARISONS, {"&"}, {"+", "-"}, {"*", "/"}, {"^"})
_OPENS_OPERAND = {"ref", "name", "call"}


@lru_cache(maxsize=4096)
def parse_formula(formula: str) -> Node:
    """The tree of a formula given with its leading `=`. FormulaError when Excel would refuse it."""
    if len(formula) > MAX_LENGTH:
        raise FormulaError("a formula may hold 8,192 characters")
    parser = _Parser(list(_tokens(formula[1:])))
    try:
        return parser.whole()
    except RecursionError as error:
        raise FormulaError("nested too deeply") from error


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(text):
        match = _TOKENS.match(text, position)
        if not match:
            raise FormulaError(f"unexpected {text[position]!r}")
        yield str(match.lastgroup), match[0]
        position = match.end()


class _Parser:
    """Recursive descent over the operator levels of Excel."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = [*tokens, ("end", "")]
        self._at = 0

    def whole(self) -> Node:
        node = self._level(0)
        self._skip_space()
        if self._peek()[0] != "end":
            raise FormulaError(f"unexpected {self._peek()[1]!r}")
        return node

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at]

    def _take(self) -> tuple[str, str]:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _skip_space(self) -> None:
        while self._peek()[0] == "space":
            self._at += 1

    def _next_operator(self, operators: set[str]) -> str | None:
        self._skip_space()
        kind, text = self._peek()
        if kind == "op" and text in operators:
            self._at += 1
            return text
        return None

    def _expect(self, text: str) -> None:
        if self._next_operator({text}) is None:
            raise FormulaError(f"{text!r} is missing")

    def _level(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        node = self._level(level + 1)
        while operator := self._next_operator(_LEVELS[level]):
            node = Operation(operator, (node, self._level(level + 1)))
        return node

    def _unary(self) -> Node:
        if sign := self._next_operator({"+", "-", "@"}):
            operand = self._unary()
            return Operation("neg", (operand,)) if sign == "-" else operand
        return self._postfix(self._intersection())

    def _postfix(self, node: Node) -> Node:
        while operator := self._next_operator({"%", "#"}):
            node = Operation(operator, (node,))
        return node

    def _intersection(self) -> Node:
        """References beside each other, with a blank between them, mean the cells they share."""
        node = self._operand()
        while isinstance(node, (Reference, Name, Call, Operation)) and self._space_then_reference():
            self._skip_space()
            node = Operation(" ", (node, self._operand()))
        return node

    def _space_then_reference(self) -> bool:
        following = self._tokens[self._at : self._at + 2]
        return following[0][0] == "space" and following[-1][0] in _OPENS_OPERAND

    def _operand(self) -> Node:
        self._skip_space()
        kind, text = self._take()
        if kind == "op" and text == "(":
            node = self._level(0)
            self._expect(")")
            return node
        if kind == "op" and text == "{":
            return self._array()
        if kind == "call":
            return Call(text[:-1].strip().upper(), self._arguments())
        return _leaf(kind, text)

    def _arguments(self) -> tuple[Node, ...]:
        found: list[Node] = []
        while not self._next_operator({")"}):
            self._skip_space()
            if self._peek() == ("op", ","):
                found.append(Literal(""))
            else:
                found.append(self._level(0))
            self._skip_space()
            if self._peek() != ("op", ")"):
                self._expect(",")
        return tuple(found)

    def _array(self) -> Node:
        found = [self._level(0)]
        while not self._next_operator({"}"}):
            if self._next_operator({",", ";"}) is None:
                raise FormulaError("'}' is missing")
            found.append(self._level(0))
        return Call("{}", tuple(found))


def _leaf(kind: str, text: str) -> Node:
    if kind == "number":
        return Literal(float(text))
    if kind == "text":
        return Literal(text[1:-1].replace('""', '"'))
    if kind == "error":
        return ErrorLiteral(text)
    if kind == "ref":
        return _reference(text)
    if kind == "name":
        return Literal(text.upper() == "TRUE") if text.upper() in {"TRUE", "FALSE"} else Name(text)
    raise FormulaError(f"unexpected {text!r}")


def _reference(text: str) -> Node:
    sheet, address = split_sheet(text)
    try:
        return Reference(sheet, parse_area(address))
    except ValueError:
        return Name(text)


Lookup = Callable[[str | None, int, int], Scalar]
"""The value of a cell by sheet (None: the formula's own), row and column; "" when it is empty."""


def evaluate(node: Node, lookup: Lookup) -> Scalar:
    """The formula's value. CellError for `#NAME?` and the like, NotWorkedOut beyond simple arithmetic."""
    match node:
        case Literal(value):
            return value
        case ErrorLiteral(code):
            raise CellError(code)
        case Reference(sheet, area):
            return _single_cell(sheet, area, lookup)
        case Name():
            raise CellError("#NAME?")
        case Call("SUM", arguments):
            return sum(_numbers(arguments, lookup))
        case Call():
            raise NotWorkedOut
        case Operation(operator, operands):
            return _operate(operator, operands, lookup)


def _single_cell(sheet: str | None, area: Area, lookup: Lookup) -> Scalar:
    if area.cells != 1:
        raise NotWorkedOut
    value = lookup(sheet, area.top, area.left)
    return 0 if value == "" else value


def _numbers(arguments: tuple[Node, ...], lookup: Lookup) -> Iterator[int | float]:
    for argument in arguments:
        if isinstance(argument, Reference):
            if argument.area.is_unbounded:
                raise NotWorkedOut
            yield from _numbers_in(argument, lookup)
        else:
            yield _number(evaluate(argument, lookup))


def _numbers_in(reference: Reference, lookup: Lookup) -> Iterator[int | float]:
    area = reference.area
    for row in range(area.top, area.bottom + 1):
        for column in range(area.left, area.right + 1):
            value = lookup(reference.sheet, row, column)
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                yield value


def _number(value: Scalar) -> int | float:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError as error:
            raise CellError("#VALUE!") from error
    return value


def _operate(operator: str, operands: tuple[Node, ...], lookup: Lookup) -> Scalar:
    if operator in {" ", "#"}:
        if any(isinstance(operand, Name) for operand in operands):
            raise CellError("#NAME?")
        raise NotWorkedOut
    values = [evaluate(operand, lookup) for operand in operands]
    if operator == "&":
        return "".join(as_text(value) for value in values)
    if operator in _COMPARISONS:
        return _compare(operator, values[0], values[1])
    return _calculate(operator, [_number(value) for value in values])


def _calculate(operator: str, numbers: list[int | float]) -> int | float:
    if operator == "neg":
        return -numbers[0]
    if operator == "%":
        return numbers[0] / 100
    left, right = numbers
    if operator == "/" and right == 0:
        raise CellError("#DIV/0!")
    try:
        return _ARITHMETIC[operator](left, right)
    except (OverflowError, ZeroDivisionError) as error:
        raise CellError("#NUM!") from error


def _power(left: float, right: float) -> float:
    result = left**right
    if isinstance(result, complex):
        raise CellError("#NUM!")
    return float(result)


_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "^": _power,
}


def _compare(operator: str, left: Scalar, right: Scalar) -> bool:
    def key(value: Scalar) -> tuple[int, float | str]:
        if isinstance(value, bool):
            return 2, float(value)
        return (1, value.casefold()) if isinstance(value, str) else (0, float(value))

    a, b = key(left), key(right)
    if operator in {"=", "<>"}:
        return (a == b) == (operator == "=")
    if operator in {"<", ">="}:
        return (a < b) == (operator == "<")
    return (a > b) == (operator == ">")


def as_text(value: Scalar) -> str:
    """A value as General shows it."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return value
    if abs(value) < 1e15 and value == int(value):
        return str(int(value))
    return f"{value:.11g}".replace("e", "E")
