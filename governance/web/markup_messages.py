"""Finds the messages in a template's parsed tree: text between tags with its values and inline tags, four attributes, and
texts in expressions; each is handed to a translator and put back in the order of the translation. Pure."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from jinja2 import nodes

from governance.web.i18n import PLACE, normal
from governance.web.markup_tokens import Rest, Scanner, Tag, Text, Token, Value

Say = Callable[[str], str]

_INLINE = frozenset(
    {"a", "abbr", "b", "em", "i", "small", "span", "strong", "sub", "sup", "time", "cite", "wbr"}
)
_LETTERS = re.compile(r"[^\W\d_]{2}|\bA\b")
# What stands between two texts rather than in one.
_BETWEEN = re.compile("([·›])")
# Functions whose arguments are addresses, permissions or values, never text for readers.
_NO_TEXT = frozenset(
    {"url_for", "can", "csrf_token", "range", "badge", "state", "dict", "namespace", "get", "strftime"}
)
# Filters that hand on the text they are given; others look things up by it.
_PASS_ON = frozenset({"safe", "trim", "upper", "title", "default", "d", "join", "format", "replace"})


def rewrite(tree: nodes.Template, say: Say) -> nodes.Template:
    """Replace every message of a parsed template by what `say` makes of it. Returns the same tree, changed."""
    _visit(tree, Scanner(lambda run: segment(run, say)), say)
    return tree


def _visit(node: nodes.Node, scanner: Scanner, say: Say) -> None:
    if isinstance(node, nodes.Output):
        node.nodes = [part for run in _runs(scanner.scan(node.nodes)) for part in segment(run, say)]
        return
    for name, value in node.iter_fields():
        if isinstance(value, list):
            for item in value:
                if isinstance(item, nodes.Expr):
                    _express(item, say, strict=True)
                elif isinstance(item, nodes.Node):
                    _visit(item, scanner, say)
        elif isinstance(value, nodes.Expr) and name not in ("test", "template", "target", "filter"):
            _express(value, say, strict=True)
        elif isinstance(value, nodes.Node) and not isinstance(value, nodes.Expr):
            _visit(value, scanner, say)


def _runs(tokens: list[Token]) -> Iterator[list[Token]]:
    """Cut at block tags, at parts of tags, between links that stand in a row, and at dots and arrows between texts."""
    run: list[Token] = []
    depth = 0
    for token in _split_between(tokens):
        if isinstance(token, Rest) or (isinstance(token, Tag) and token.name not in _INLINE):
            yield run
            yield [token]
            run, depth = [], 0
            continue
        if isinstance(token, Tag) and not token.void:
            if depth <= 0 and not token.closes and _ends_with_a_tag(run):
                yield run
                run = []
            depth += -1 if token.closes else 1
        run.append(token)
    yield run


def _split_between(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        if isinstance(token, Text) and _BETWEEN.search(token.text):
            for piece in _BETWEEN.split(token.text):
                if piece in ("·", "›"):
                    yield Rest([nodes.TemplateData(piece)])
                elif piece:
                    yield Text(piece)
        else:
            yield token


def _ends_with_a_tag(run: list[Token]) -> bool:
    spoken = [token for token in run if not (isinstance(token, Text) and not token.text.strip())]
    return bool(spoken) and isinstance(spoken[-1], Tag) and spoken[-1].closes


def segment(run: list[Token], say: Say) -> list[nodes.Expr]:
    """The markup and expressions of a run, translated if there is something to say in it."""
    head, body, tail = _peeled(run)
    if not any(isinstance(token, Text) and _LETTERS.search(token.text) for token in body):
        return _plain(run, say)
    if any(isinstance(token, Text) and '="' in token.text for token in body):
        return _plain(run, say)
    if not _balanced(body):
        # Part of a tag's inside is in another branch of the template: each text for itself.
        return [
            part
            for token in run
            for part in (segment([token], say) if isinstance(token, Text) else _plain([token], say))
        ]
    return [*_plain(head, say), *_message(body, say), *_plain(tail, say)]


def _peeled(run: list[Token]) -> tuple[list[Token], list[Token], list[Token]]:
    """The run without the tags and the white space around all of it."""
    head: list[Token] = []
    tail: list[Token] = []
    body = list(run)
    while body:
        first, last = body[0], body[-1]
        if isinstance(first, Text) and not first.text.strip():
            head.append(body.pop(0))
        elif isinstance(last, Text) and not last.text.strip():
            tail.insert(0, body.pop())
        elif isinstance(first, Tag) and (first.void or first.closes):
            head.append(body.pop(0))
        elif isinstance(last, Tag) and (last.void or not last.closes):
            tail.insert(0, body.pop())
        elif isinstance(first, Tag) and _balanced(body[1:]):
            head.append(body.pop(0))
        elif isinstance(first, Tag) and isinstance(last, Tag) and _balanced(body[1:-1]):
            head.append(body.pop(0))
            tail.insert(0, body.pop())
        elif isinstance(last, Tag) and _balanced(body[:-1]):
            tail.insert(0, body.pop())
        else:
            break
    return head, body, tail


def _balanced(tokens: list[Token]) -> bool:
    open_tags: list[str] = []
    for token in tokens:
        if isinstance(token, Rest):
            return False
        if isinstance(token, Tag) and not token.void:
            if not token.closes:
                open_tags.append(token.name)
            elif not open_tags or open_tags.pop() != token.name:
                return False
    return not open_tags


def _message(body: list[Token], say: Say) -> list[nodes.Expr]:
    id, places = _named(body)
    plain = normal(id)
    said = say(plain)
    if said == plain or sorted(_needed(said)) != sorted(_needed(plain)):
        return _plain(body, say)
    first, last = body[0], body[-1]
    head = first.text[: len(first.text) - len(first.text.lstrip())] if isinstance(first, Text) else ""
    tail = last.text[len(last.text.rstrip()) :] if isinstance(last, Text) else ""
    parts: list[nodes.Expr] = [nodes.TemplateData(head)] if head else []
    for piece in PLACE.split(said):
        if piece in places:
            parts += _plain([places[piece]], say)
        elif piece:
            parts.append(nodes.TemplateData(piece))
    return [*parts, *([nodes.TemplateData(tail)] if tail else [])]


def _needed(text: str) -> list[str]:
    return [place for place in PLACE.findall(text) if not place.endswith("?}")]


def _named(body: list[Token]) -> tuple[str, dict[str, Token]]:
    """The message id of a run, and what its placeholders stand for."""
    places: dict[str, Token] = {}
    text = ""
    values = tags = 0
    open_tags: list[int] = []
    for token in body:
        place = ""
        if isinstance(token, Text):
            text += token.text
        elif isinstance(token, Value):
            values += 1
            place = f"{{{values}{'?' if _is_ending(token.node) else ''}}}"
        elif isinstance(token, Tag):
            if token.closes:
                place = f"</{open_tags.pop()}>"
            else:
                tags += 1
                place = f"<{tags}/>" if token.void else f"<{tags}>"
                if not token.void:
                    open_tags.append(tags)
        if place:
            places[place] = token
            text += place
    return text, places


def _is_ending(node: nodes.Expr) -> bool:
    """Whether this is the s of an English plural."""
    if not isinstance(node, nodes.CondExpr):
        return False
    ends = [item.value for item in (node.expr1, node.expr2) if isinstance(item, nodes.Const)]
    return "" in ends or (node.expr2 is None and ends == ["s"])


def _plain(run: list[Token], say: Say) -> list[nodes.Expr]:
    parts: list[nodes.Expr] = []
    for token in run:
        if isinstance(token, Text):
            parts.append(nodes.TemplateData(token.text))
        elif isinstance(token, Value):
            parts.append(_express(token.node, say, strict=False))
        else:
            parts += token.pieces
    return parts


def is_text(value: object, *, strict: bool = True) -> bool:
    """Whether a constant is a text for readers; strict where it may as well be a name that the program compares."""
    if not isinstance(value, str) or not _LETTERS.search(value) or "<" in value:
        return False
    text = value.strip()
    if re.match(r"[/#.?&=%]|[A-Z]{2,4}-\d|\w+=|https?:", text):
        return False
    if not strict:
        return "_" not in text and len(text) > 1
    # CSS classes, date formats and lists of names have no capital and no sentence in them.
    return bool(re.match(r"[“A-Z][^A-Z_]*[a-z]", text)) and "_" not in text


def _express(node: nodes.Expr, say: Say, *, strict: bool) -> nodes.Expr:
    """Translate the texts that an expression shows. Returns the expression to put in its place."""
    again: Callable[[Any], Any] = lambda item: _express(item, say, strict=strict)  # noqa: E731
    match node:
        case nodes.Const():
            if is_text(node.value, strict=strict):
                node.value = (
                    say(normal(node.value)) if node.value == node.value.strip() else _padded(node.value, say)
                )
        case nodes.CondExpr():
            if not _is_ending(node):
                node.expr1 = again(node.expr1)
                node.expr2 = again(node.expr2) if node.expr2 else None
        case nodes.Concat():
            node.nodes = _concatenated(node.nodes, say)
        case nodes.Or() | nodes.And() | nodes.Add():
            node.left, node.right = again(node.left), again(node.right)
        case nodes.List() | nodes.Tuple():
            node.items = [_express(item, say, strict=True) for item in node.items]
        case nodes.Filter():
            return _filtered(node, say, strict=strict)
        case nodes.Call():
            return _called(node, say)
    return node


def _padded(text: str, say: Say) -> str:
    said = say(normal(text))
    return text.replace(text.strip(), said) if normal(text) == text.strip() else said


def _concatenated(parts: list[nodes.Expr], say: Say) -> list[nodes.Expr]:
    tokens: list[Token] = [
        Text(item.value) if isinstance(item, nodes.Const) and isinstance(item.value, str) else Value(item)
        for item in parts
    ]
    texts = "".join(token.text for token in tokens if isinstance(token, Text))
    if not is_text(texts, strict=False) or "/" in texts:
        return parts
    return [
        nodes.Const(item.data) if isinstance(item, nodes.TemplateData) else item
        for item in segment(tokens, say)
    ]


def _filtered(node: nodes.Filter, say: Say, *, strict: bool) -> nodes.Expr:
    if node.node is not None and node.name in _PASS_ON:
        node.node = _express(node.node, say, strict=strict)
        if node.name in ("default", "d"):
            node.args = [_express(item, say, strict=strict) for item in node.args]
    if (
        node.name == "format"
        and isinstance(node.node, nodes.Const)
        and re.fullmatch(r"%[.\d]*[gf]", str(node.node.value))
    ):
        return _localised(node)
    return node


def _called(node: nodes.Call, say: Say) -> nodes.Expr:
    callee = node.node
    if isinstance(callee, nodes.Getattr):
        written = callee.node.value if isinstance(callee.node, nodes.Const) else None
        if callee.attr == "format" and isinstance(written, str):
            if re.fullmatch(r"\{:[,.\dfg]+\}", written):
                return _localised(node)
            return node
        # A macro stands under the name of the file it was imported from; methods of values take keys, not texts.
        if not isinstance(callee.node, nodes.Name) or callee.node.name not in ("page", "forms"):
            return node
    name = callee.attr if isinstance(callee, nodes.Getattr) else getattr(callee, "name", "")
    if name not in _NO_TEXT:
        node.args = [_express(item, say, strict=True) for item in node.args]
        for word in node.kwargs:
            word.value = _express(word.value, say, strict=True)
    return node


def _localised(node: nodes.Expr) -> nodes.Expr:
    """A number that is formatted the English way, handed to the filter that knows the reader's separators."""
    return nodes.Filter(node, "number", [], [], None, None)
