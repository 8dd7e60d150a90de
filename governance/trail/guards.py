"""Database triggers that keep the trail append-only, also against people with a SQL prompt and a slip of the hand."""

from sqlalchemy import Connection, text

_SQLITE = {
    "trail_event_no_update": """
        CREATE TRIGGER IF NOT EXISTS trail_event_no_update BEFORE UPDATE ON trail_event
        BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END""",
    "trail_event_no_delete": """
        CREATE TRIGGER IF NOT EXISTS trail_event_no_delete BEFORE DELETE ON trail_event
        BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END""",
    "trail_head_no_delete": """
        CREATE TRIGGER IF NOT EXISTS trail_head_no_delete BEFORE DELETE ON trail_head
        BEGIN SELECT RAISE(ABORT, 'the head of the audit trail stays'); END""",
    "trail_head_only_grows": """
        CREATE TRIGGER IF NOT EXISTS trail_head_only_grows BEFORE UPDATE ON trail_head WHEN NEW.size <= OLD.size
        BEGIN SELECT RAISE(ABORT, 'the audit trail only grows'); END""",
}

_POSTGRESQL_FUNCTIONS = (
    """CREATE OR REPLACE FUNCTION trail_refuse() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$""",
    """CREATE OR REPLACE FUNCTION trail_only_grows() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN IF NEW.size <= OLD.size THEN RAISE EXCEPTION 'the audit trail only grows'; END IF; RETURN NEW; END $$""",
)
_POSTGRESQL = {
    "trail_event_no_update": "BEFORE UPDATE OR DELETE ON trail_event FOR EACH ROW EXECUTE FUNCTION trail_refuse()",
    "trail_event_no_truncate": "BEFORE TRUNCATE ON trail_event FOR EACH STATEMENT EXECUTE FUNCTION trail_refuse()",
    "trail_head_no_delete": "BEFORE DELETE ON trail_head FOR EACH ROW EXECUTE FUNCTION trail_refuse()",
    "trail_head_no_truncate": "BEFORE TRUNCATE ON trail_head FOR EACH STATEMENT EXECUTE FUNCTION trail_refuse()",
    "trail_head_only_grows": "BEFORE UPDATE ON trail_head FOR EACH ROW EXECUTE FUNCTION trail_only_grows()",
}


def install(connection: Connection) -> None:
    """Put the triggers in place; run after every migration, because a rebuilt table loses them silently."""
    if connection.dialect.name == "sqlite":
        for statement in _SQLITE.values():
            connection.execute(text(statement))
        return
    for statement in _POSTGRESQL_FUNCTIONS:
        connection.execute(text(statement))
    for name, rule in _POSTGRESQL.items():
        connection.execute(text(f"CREATE OR REPLACE TRIGGER {name} {rule}"))


def missing(connection: Connection) -> tuple[str, ...]:
    """Names of guards that should be there and are not."""
    if connection.dialect.name == "sqlite":
        wanted, query = set(_SQLITE), "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        wanted, query = set(_POSTGRESQL), "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'"
    there = set(connection.execute(text(query)).scalars())
    return tuple(sorted(wanted - there))
