"""What the documents name exists: files, make targets, commands of `aims`."""

import re
from pathlib import Path

import click
import pytest

from governance.cli import main

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])

IN_CODE = re.compile(r"`([^`\n]+)`|^    (\S.*)$", re.MULTILINE)
TOP_FOLDERS = "benchmarks|config|deploy|docs|governance|migrations|requirements|templates|tests"
PATH = re.compile(rf"(?<![\w/.-])((?:{TOP_FOLDERS})/[\w./-]*|[A-Z]+\.md)")
TARGET = re.compile(r"\bmake ([a-z-]+)")
COMMAND = re.compile(r"(?:^|/|\s)aims ((?:[a-z-]+ ?)+)")


def code(document: Path) -> list[str]:
    """The pieces of a document that stand as code, without shell comments."""
    pieces = (first or second for first, second in IN_CODE.findall(document.read_text(encoding="utf-8")))
    return [piece.split("  #")[0] for piece in pieces]


def known(words: list[str]) -> bool:
    """Whether `aims` has this command; words after a command are its arguments."""
    command: click.Command = main
    for word in words:
        if not isinstance(command, click.Group):
            return True
        if word not in command.commands:
            return False
        command = command.commands[word]
    return True


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_a_document_names_exists(document: Path) -> None:
    named = {match for piece in code(document) for match in PATH.findall(piece)}
    # A file called my-something is the reader's own.
    missing = {name for name in named if not (ROOT / name.rstrip(".")).exists() and "/my-" not in name}
    assert missing == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_make_target_that_a_document_names_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {match for piece in code(document) for match in TARGET.findall(piece)}
    assert named - targets == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_that_a_document_names_exists(document: Path) -> None:
    named = {match.strip() for piece in code(document) for match in COMMAND.findall(piece)}
    assert {words for words in named if not known(words.split())} == set()
