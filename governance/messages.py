"""Collects every text that the pages show, from templates, views, refusals, forms, words and checks, into the files of translations:
`python -m governance.messages`, or `make messages`."""

import ast
import re
import sys
from collections.abc import Iterator
from enum import Enum
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any, Literal, get_args, get_origin

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from flask import Flask
from flask.templating import Environment
from pydantic import BaseModel

import governance
from governance import app, rooms
from governance.access.policy import policy
from governance.core import checks, errors, paths
from governance.core.records import Record
from governance.improvement.catalogue import rules as improvement
from governance.systems.stages import lifecycle
from governance.web import forms, i18n, templating
from governance.web.markup_messages import is_text, rewrite

PACKAGE = Path(governance.__file__).parent
# The renderer's own; packs are printed in the language of the records.
_PRINTED = ("packs/",)
# Files whose texts are for readers: every sentence and label in them may reach a page.
_SPEAKING = re.compile(
    r"views\.py$|home\.py$|duties\.py$|reminders\.py$|notifications/(topics|letters|jobs|outbox|mail|hooks|addresses)\.py$|review_inputs\.py$|dashboard\.py$"
)
# What only the command line says, or a program reads.
_UNSEEN = re.compile(r"cli\.py$|serving\.py$|web/api\.py$|packs/(verify|seal|draw)/|messages\.py$|/demo")
_NO_SENTENCE = re.compile(
    r"^/|^\{\d+\}:[a-z]|\}/|\}#|^[a-z_]+[.:]|filename=|^%|^Lax$|^whsec_|^aims-registry/|=One-Click$|^[A-Z]\w+(-[A-Z]\w+)+$"
)
_REFUSALS = frozenset({"Gap", "Duty", "flash", "WrongCredentials"})

Found = Iterator[tuple[str, str]]


def collect() -> Catalog:
    """Every message of the source, with the file it was found in."""
    rooms.open_all()
    catalogue = Catalog(project="AIMS Registry", charset="utf-8")
    for source in (_templates, _sentences, _labels, _spoken_words, _navigation, _asked):
        for text, file in source():
            if plain := i18n.normal(text):
                catalogue.add(plain, locations=[(file, 1)])
    return catalogue


def _templates() -> Found:
    folder = paths.templates_dir()
    for path in sorted(folder.rglob("*.html")):
        name = path.relative_to(folder).as_posix()
        if name.startswith(_PRINTED):
            continue
        found: list[str] = []

        def say(text: str, found: list[str] = found) -> str:
            found.append(text)
            return text

        environment = Environment(Flask(__name__), trim_blocks=True, lstrip_blocks=True)
        rewrite(environment.parse(path.read_text(encoding="utf-8")), say)
        for text in found:
            yield text, f"templates/{name}"


def _sentences() -> Found:
    for path in sorted(PACKAGE.rglob("*.py")):
        name = f"governance/{path.relative_to(PACKAGE).as_posix()}"
        if _UNSEEN.search(name):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        wanted = _anything if _SPEAKING.search(name) else _refusals
        for text in wanted(tree, name):
            yield text, name


def _anything(tree: ast.AST, name: str) -> Iterator[str]:
    """Texts anywhere in a file that speaks, without docstrings and what is compared."""
    silent: set[int] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant()):
                silent.add(id(node.value))
            case ast.Compare() | ast.Raise():
                silent |= {id(part) for part in ast.walk(node) if not isinstance(node, ast.Raise)}
            case ast.Dict(keys=keys):
                silent |= {id(key) for key in keys}
            case ast.JoinedStr(values=parts):
                silent |= {id(part) for part in parts}
    for node in ast.walk(tree):
        if id(node) not in silent:
            yield from _said(node)


def _refusals(tree: ast.AST, name: str) -> Iterator[str]:
    """What refusals say: the first argument of every DomainError, and of the errors of forms."""
    known = _REFUSALS | {item.__name__ for item in _below(errors.DomainError)} | {"DomainError"}
    if name.endswith("schemas.py"):
        known |= {"ValueError"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in known:
                inner = {
                    id(part)
                    for item in ast.walk(node.args[0])
                    if isinstance(item, ast.JoinedStr)
                    for part in item.values
                }
                for part in ast.walk(node.args[0]):
                    if id(part) not in inner:
                        yield from _said(part)


def _said(node: ast.AST) -> Iterator[str]:
    """The message of a constant, or of an f-string with its values numbered."""
    if isinstance(node, ast.Constant) and is_text(node.value) and not _NO_SENTENCE.search(str(node.value)):
        # Values of str.format are named, sometimes with how they are written: {n:,}.
        yield re.sub(r"\{(\w+)[^}]*\}", r"{\1}", str(node.value))
    if isinstance(node, ast.JoinedStr):
        text, values = "", 0
        for part in node.values:
            if isinstance(part, ast.Constant):
                text += str(part.value)
            else:
                values += 1
                assert isinstance(part, ast.FormattedValue)
                text += f"{{{values}{'?' if isinstance(part.value, ast.IfExp) else ''}}}"
        if len(re.findall(r"[^\W\d_]", re.sub(r"\{.*?\}", "", text))) >= 5 and not _NO_SENTENCE.search(text):
            yield text


def _labels() -> Found:
    """Labels, helps, groups and choices of every form."""
    for module in _modules():
        for schema in vars(module).values():
            if (
                isinstance(schema, type)
                and issubclass(schema, BaseModel)
                and schema.__module__ == module.__name__
                and module.__name__.endswith("schemas")
            ):
                for name, info in schema.model_fields.items():
                    extra: Any = info.json_schema_extra
                    hidden = isinstance(extra, dict) and extra.get("widget") == "hidden"
                    group = str(extra.get("group", "")) if isinstance(extra, dict) else ""
                    for text in (
                        info.title or ("" if hidden else forms.words(name)),
                        info.description or "",
                        group,
                        *_choices(info.annotation),
                    ):
                        yield text, _file(module)
    for text in forms.MESSAGES.values():
        yield text, "governance/web/forms.py"


def _choices(annotation: Any) -> Iterator[str]:
    if get_origin(annotation) is Literal:
        for item in get_args(annotation):
            yield templating.english(item)
    for inner in get_args(annotation):
        if get_origin(inner) is not None:
            yield from _choices(inner)


def _spoken_words() -> Found:
    """Enumerations, kinds of records, roles and slots, as the filter `words` says them."""
    for module in _modules():
        for item in vars(module).values():
            if isinstance(item, type) and issubclass(item, Enum) and item.__module__ == module.__name__:
                for value in item:
                    yield templating.english(value), _file(module)
    for kind in Record.__mapper__.polymorphic_map:
        yield templating.english(kind), "governance/core/records.py"
    for role in policy().value.roles:
        yield templating.english(role), "config/roles.yaml"
    causes = improvement().root_cause
    for cause in (*causes.methods, *causes.classes):
        yield templating.english(cause), "config/improvement.yaml"
    for severity in ("critical", "major", "minor"):
        yield templating.english(severity), "governance/core/checks.py"


def _navigation() -> Found:
    for heading, entries in app.NAVIGATION:
        yield heading, "governance/app.py"
        for label, _ in entries:
            yield label, "governance/app.py"


def _asked() -> Found:
    """What checks and gates are called."""
    for check in checks.every():
        yield check.title, "governance/core/checks.py"
    for gate in lifecycle().gates:
        yield gate.name, "config/lifecycle.yaml"
    for stage in lifecycle().stages:
        yield templating.english(stage), "config/lifecycle.yaml"


def _modules() -> Iterator[Any]:
    for found in walk_packages(governance.__path__, "governance."):
        if not found.name.endswith(("__main__", ".messages")):
            yield import_module(found.name)


def _file(module: Any) -> str:
    return Path(module.__file__).relative_to(PACKAGE.parent).as_posix()


def _below(kind: type) -> Iterator[type[Any]]:
    children: list[type[Any]] = kind.__subclasses__()
    for child in children:
        yield child
        yield from _below(child)


def known(language: str) -> Catalog:
    """A language's file as it stands; empty if there is none."""
    path = i18n.path(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def merged(language: str, source: Catalog) -> Catalog:
    """A language's texts for the messages of the source; what is no longer said is gone, what is new is empty."""
    before = known(language)
    comment = f"# {i18n.LANGUAGES[language]} texts of the AIMS Registry. `make messages` brings the list up to the source."
    fresh = Catalog(
        project="AIMS Registry",
        locale=language,
        charset="utf-8",
        fuzzy=False,
        msgid_bugs_address="",
        last_translator="",
        language_team="",
        header_comment=comment,
        # The day on which the list was made would change the file each time.
        creation_date=before.creation_date,
        revision_date=before.creation_date,
    )
    for message in source:
        if message.id:
            old = before.get(message.id)
            fresh.add(message.id, old.string if old else "", locations=message.locations)
    return fresh


def save(language: str, catalogue: Catalog) -> None:
    """Write a language's file."""
    path = i18n.path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=0, include_lineno=False, sort_output=True)


def main() -> None:
    """Bring the files of all languages up to the source and say what lacks a translation."""
    source = collect()
    for language, name in i18n.LANGUAGES.items():
        if language == i18n.SOURCE:
            continue
        catalogue = merged(language, source)
        save(language, catalogue)
        lacking = [str(item.id) for item in catalogue if item.id and not item.string]
        sys.stdout.write(f"{name}: {len(source)} texts, {len(lacking)} without a translation\n")
        sys.stdout.writelines(f"  {text}\n" for text in lacking)


if __name__ == "__main__":
    main()
