"""Database triggers that keep the trail append-only, also against people with a SQL prompt and a slip of the hand."""

from sqlalchemy import Connection, text

_APPEND_ONLY = ("trail_event", "trail_node", "trail_checkpoint", "trail_cosignature")

_SQLITE = {
    **{
        f"{table}_no_{act.lower()}": f"""
        CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table}
        BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"""
        for table in _APPEND_ONLY
        for act in ("UPDATE", "DELETE")
    },
    "trail_head_no_delete": """
        CREATE TRIGGER trail_head_no_delete BEFORE DELETE ON trail_head
        BEGIN SELECT RAISE(ABORT, 'the head of the audit trail stays'); END""",
    "trail_head_only_grows": """
        CREATE TRIGGER trail_head_only_grows BEFORE UPDATE ON trail_head WHEN NEW.size <= OLD.size
        BEGIN SELECT RAISE(ABORT, 'the audit trail only grows'); END""",
}

_POSTGRESQL_FUNCTIONS = (
    """CREATE OR REPLACE FUNCTION trail_refuse() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$""",
    """CREATE OR REPLACE FUNCTION trail_only_grows() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN IF NEW.size <= OLD.size THEN RAISE EXCEPTION 'the audit trail only grows'; END IF; RETURN NEW; END $$""",
)
_POSTGRESQL = {
    **{
        f"{table}_{name}": f"BEFORE {acts} ON {table} FOR EACH {each} EXECUTE FUNCTION trail_refuse()"
        for table in _APPEND_ONLY
        for name, acts, each in (
            ("no_update", "UPDATE OR DELETE", "ROW"),
            ("no_truncate", "TRUNCATE", "STATEMENT"),
        )
    },
    "trail_head_no_delete": "BEFORE DELETE ON trail_head FOR EACH ROW EXECUTE FUNCTION trail_refuse()",
    "trail_head_no_truncate": "BEFORE TRUNCATE ON trail_head FOR EACH STATEMENT EXECUTE FUNCTION trail_refuse()",
    "trail_head_only_grows": "BEFORE UPDATE ON trail_head FOR EACH ROW EXECUTE FUNCTION trail_only_grows()",
}


def install(connection: Connection) -> None:
    """Put the triggers in place; run after every migration, because a rebuilt table loses them silently."""
    if connection.dialect.name == "sqlite":
        for name in missing(connection):
            connection.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
            connection.execute(text(_SQLITE[name]))
        return
    for statement in _POSTGRESQL_FUNCTIONS:
        connection.execute(text(statement))
    for name, rule in _POSTGRESQL.items():
        connection.execute(text(f"CREATE OR REPLACE TRIGGER {name} {rule}"))


def missing(connection: Connection) -> tuple[str, ...]:
    """Names of guards that should be there and are not, or that do something else."""
    there = (
        _there_on_sqlite(connection)
        if connection.dialect.name == "sqlite"
        else _there_on_postgresql(connection)
    )
    wanted = _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL
    return tuple(sorted(wanted.keys() - there))


def _there_on_sqlite(connection: Connection) -> set[str]:
    found = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    return {name for name, statement in found if statement == _SQLITE.get(name, "").strip()}


def _there_on_postgresql(connection: Connection) -> set[str]:
    bodies = {body.split("$$")[1].strip() for body in _POSTGRESQL_FUNCTIONS}
    found = connection.execute(
        text(
            "SELECT tgname, prosrc FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid"
            " WHERE tgenabled <> 'D' AND tgqual IS NULL"
        )
    )
    return {name for name, body in found if body.strip() in bodies}
