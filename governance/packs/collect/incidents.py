"""Section 15 of a pack: incidents with their clocks; concerns as numbers, because their text is for handlers only."""

from sqlalchemy.orm import Session

from governance.core.canonical import content_hash
from governance.incidents import queries
from governance.incidents.catalogue import rules
from governance.incidents.models import Incident, IncidentNotice
from governance.packs.content.blocks import RecordBlock, Row, Table
from governance.packs.content.labels import say
from governance.packs.content.system import Fact
from governance.systems.models import AiSystem

SECTION = 15


def blocks(session: Session, system: AiSystem, names: dict[int, str]) -> tuple[RecordBlock, ...]:
    """Incidents of a system, newest first, and how many concerns there are about it."""
    found = [_block(item, names) for item in queries.of_system(session, system.id)]
    counts = queries.concern_counts(session, system.id)
    if counts:
        rows = tuple(Row(cells=(say(state), str(total))) for state, total in sorted(counts.items()))
        table = Table(caption="Concerns reported", columns=("State", "Number"), rows=rows, widths=(50, 50))
        note = "Texts and reporters are withheld: they are for handlers only (ISO/IEC 42001, A.3.3)."
        found.append(RecordBlock(section=SECTION, title="Concerns", note=note, tables=(table,)))
    return tuple(found)


def _block(item: Incident, names: dict[int, str]) -> RecordBlock:
    facts = (
        (
            "Severity",
            f"{item.severity}: {rules().severities[item.severity].say}" if item.severity else "not triaged",
        ),
        ("Kind", say(item.incident_kind)),
        ("System version", item.system_version.label if item.system_version else ""),
        ("Aware", f"{item.aware_at:%Y-%m-%d %H:%M} UTC"),
        ("From", item.source.reference if item.source else ""),
        ("What happened", item.description),
        ("Affected", item.affected),
        ("Containment", item.containment),
        ("Cause", item.cause),
        ("Lessons", item.lessons),
        ("Communication decision", item.communication or "none yet: a gap"),
    )
    clocks = Table(
        caption="Who had to be told",
        columns=("Who", "Source", "Due", "Settled"),
        rows=tuple(_clock(notice) for notice in item.notices),
        widths=(34, 18, 18, 30),
    )
    steps = Table(
        caption="Steps",
        columns=("When", "What", "By"),
        rows=tuple(
            Row(cells=(f"{step.at:%Y-%m-%d %H:%M} UTC", step.text, names.get(step.by_id or 0, "")))
            for step in item.steps
        ),
        widths=(20, 60, 20),
    )
    return RecordBlock(
        section=SECTION,
        title=item.title,
        reference=item.reference,
        state=say(item.state),
        facts=tuple(Fact(label=label, value=value) for label, value in facts if value),
        tables=tuple(table for table in (clocks, steps) if table.rows),
        content_sha256=content_hash(item.signed_content()),
    )


def _clock(notice: IncidentNotice) -> Row:
    found = rules().clocks[notice.clock]
    settled = "open"
    if notice.told_at:
        settled = f"told {notice.told_at:%Y-%m-%d %H:%M} UTC. {notice.note}".strip()
    elif notice.not_due_because:
        settled = f"not due: {notice.not_due_because}"
    return Row(cells=(found.title, found.source, f"{notice.due_at:%Y-%m-%d %H:%M} UTC", settled))
