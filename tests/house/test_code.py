"""The rules of the house that a linter does not know, read from the syntax tree of the package."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "governance"

# The only files that may ask which database this is (architecture, "SQLite and PostgreSQL").
KNOW_THE_DIALECT = {"core/database.py", "core/search.py", "core/types.py", "trail/guards.py"}
LONGEST_FILE = 400


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def commits(tree: ast.AST) -> list[int]:
    """Lines that commit: request, job and command do, through Database.transaction."""
    return [
        call.lineno
        for call in calls(tree)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "commit"
    ]


def dialect_questions(tree: ast.AST) -> list[int]:
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr == "name"
        and (
            (isinstance(node.value, ast.Attribute) and node.value.attr == "dialect")
            or (isinstance(node.value, ast.Name) and node.value.id == "dialect")
        )
    ]


def nameless_links(tree: ast.AST) -> list[int]:
    """Lines with relationship(secondary=…): the trail does not see the rows of such a table."""
    return [call.lineno for call in calls(tree) if any(word.arg == "secondary" for word in call.keywords)]


def clock_readings(tree: ast.AST) -> list[int]:
    """Lines that read the time of day; durations (time.monotonic, time.perf_counter) are free."""
    readings = {
        ("datetime", "now"),
        ("datetime", "utcnow"),
        ("datetime", "today"),
        ("date", "today"),
        ("time", "time"),
    }
    return [
        call.lineno
        for call in calls(tree)
        if isinstance(call.func, ast.Attribute)
        and (ast.unparse(call.func.value).rpartition(".")[2], call.func.attr) in readings
    ]


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_path(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def offences(rule: Callable[[ast.AST], list[int]], allowed: set[str]) -> list[str]:
    return [
        f"governance/{room_path(path)}:{line}"
        for path in modules()
        if room_path(path) not in allowed
        for line in rule(ast.parse(path.read_text(encoding="utf-8")))
    ]


@pytest.mark.parametrize(
    ("rule", "offence", "fine"),
    [
        (commits, "session.commit()", "session.flush()"),
        (commits, "with a: b.session.commit()", "commit()"),
        (dialect_questions, "session.bind.dialect.name == 'sqlite'", "room.name"),
        (
            dialect_questions,
            "def load(self, dialect): return dialect.name",
            "dialect.type_descriptor(Text())",
        ),
        (nameless_links, "relationship(secondary=table)", "relationship(back_populates='systems')"),
        (clock_readings, "datetime.datetime.now(UTC)", "clock.now()"),
        (clock_readings, "date.today()", "clock.today()"),
        (clock_readings, "time.time()", "time.monotonic()"),
    ],
)
def test_each_rule_sees_its_offence_and_nothing_else(
    rule: Callable[[ast.AST], list[int]], offence: str, fine: str
) -> None:
    assert rule(ast.parse(offence)) == [1]
    assert rule(ast.parse(fine)) == []


def test_only_the_database_commits() -> None:
    assert offences(commits, {"core/database.py"}) == []


def test_only_four_files_ask_which_database_this_is() -> None:
    assert offences(dialect_questions, KNOW_THE_DIALECT) == []


def test_links_between_records_have_a_name() -> None:
    assert offences(nameless_links, set()) == []


def test_only_the_clock_reads_the_time() -> None:
    assert offences(clock_readings, {"core/clock.py"}) == []


def test_every_module_says_what_a_reader_finds_there() -> None:
    silent = [
        room_path(path)
        for path in modules()
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_no_file_is_longer_than_fits_in_a_head() -> None:
    lengths = {room_path(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_files_are_named_after_what_they_are_about() -> None:
    nameless = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert [room_path(path) for path in modules() if path.stem in nameless] == []
