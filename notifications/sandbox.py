"""The template language of the office's mails: Django's, reduced to named values, conditions and a few filters.

Nothing in it can load, include, or reach an object: every value is a text, every name must be known, and
whatever else is written is refused when the template is saved.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import cast

from django.template import Context, Engine, Library, TemplateSyntaxError, defaultfilters
from django.template.base import FilterExpression, Lexer, Node, Template, TokenType, Variable, VariableNode
from django.template.defaulttags import IfNode, TemplateLiteral, do_if
from django.template.smartif import TokenBase

from repairs.errors import Refusal

LONGEST = 20_000
LONGEST_TAG = 400
MOST_TAGS = 100
_TAGS = ("if", "elif", "else", "endif")
_BRACES = ("{{", "}}", "{%", "%}", "{#", "#}")
_OPERATORS = ("and", "or", "not", "==", "!=", "in", "not in")
_FILTERS = ("capfirst", "default", "lower", "pluralize", "title", "truncatechars", "upper")


def _engine() -> Engine:
    library = Library()
    library.tag("if", do_if)
    for name in _FILTERS:
        library.filter(name, getattr(defaultfilters, name))
    engine = Engine(loaders=[], autoescape=False)
    engine.template_builtins = [library]
    return engine


_ENGINE = _engine()


def compiled(text: str, names: Collection[str]) -> Template:
    """The template, checked against the names it may use. Raises Refusal, in words, for anything else."""
    if len(text) > LONGEST:
        raise Refusal(f"It is longer than {LONGEST:,} characters.")
    _refuse_tags(text)
    try:
        template = Template(text, engine=_ENGINE)
        for expression in _expressions(template.nodelist):
            _check(expression, names)
    except TemplateSyntaxError as error:
        raise Refusal(f"It can't be read as a template: {str(error).rstrip('.')}.") from error
    return template


def rendered(template: Template, values: Mapping[str, str]) -> str:
    return str(template.render(Context(dict(values), autoescape=False)))


def _refuse_tags(text: str) -> None:
    tokens = Lexer(text).tokenize()
    if sum(token.token_type == TokenType.BLOCK for token in tokens) > MOST_TAGS:
        raise Refusal(f"It has more than {MOST_TAGS} tags.")
    for token in tokens:
        if token.token_type == TokenType.TEXT:
            _refuse_loose(token.contents)
        elif token.token_type == TokenType.BLOCK:
            if len(token.contents) > LONGEST_TAG:
                raise Refusal(f"A condition is longer than {LONGEST_TAG} characters.")
            tag = token.contents.partition(" ")[0]
            if tag not in _TAGS:
                raise Refusal(f"“{{% {tag} %}}” can't be used here; only if, elif, else and endif can.")


def _refuse_loose(text: str) -> None:
    """A brace that was never closed would stand in the mail as it is."""
    for brace in _BRACES:
        if brace in text:
            raise Refusal(f"“{brace}” stands alone; a value is written {{{{ number }}}}.")


def _expressions(nodes: Collection[Node]) -> Iterator[FilterExpression]:
    """Every expression of a template, inside its conditions too."""
    for node in nodes:
        if isinstance(node, VariableNode):
            yield node.filter_expression
        elif isinstance(node, IfNode):
            for condition, inner in node.conditions_nodelists:
                if condition is not None:
                    yield from _operands(condition)
                yield from _expressions(inner)


def _operands(condition: TokenBase) -> Iterator[FilterExpression]:
    if isinstance(condition, TemplateLiteral):
        yield cast(FilterExpression, condition.value)
        return
    if condition.id not in _OPERATORS:
        raise Refusal(f"“{condition.id}” can't be used in a condition; every value is a text.")
    for operand in (condition.first, condition.second):
        if operand is not None:
            yield from _operands(operand)


def _check(expression: FilterExpression, names: Collection[str]) -> None:
    if isinstance(expression.var, Variable):
        _check_name(expression.var, names)
    arguments = (value for _, given in expression.filters for is_variable, value in given if is_variable)
    for used in arguments:
        if used.literal is None:
            _check_name(used, names)


def _check_name(used: Variable, names: Collection[str]) -> None:
    if used.literal is not None:
        if not isinstance(used.literal, str):
            raise Refusal(f"Please put “{used.var}” in quotes; every value is a text.")
    elif used.lookups != (used.var,) or used.var not in names:
        raise Refusal(f"“{used.var}” is not a value that a mail can hold. There are: {', '.join(names)}.")
