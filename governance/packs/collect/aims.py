"""Sections of the index that say how the organisation manages: what clauses 4 to 10 ask, as far as the registry keeps it."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.access import queries as people
from governance.assessments import scales
from governance.audits.models import AuditSchedule
from governance.controls import dry_audit, every_framework, queries, readiness
from governance.controls.models import ControlDecision
from governance.core import clock
from governance.core.canonical import content_hash
from governance.core.records import Record
from governance.improvement import queries as improvement
from governance.organisation import inputs
from governance.organisation import queries as organisation
from governance.organisation.catalogue import rules
from governance.organisation.models import DocumentState, Policy
from governance.packs.content.blocks import RecordBlock, Row, Table
from governance.packs.content.labels import say
from governance.packs.content.system import Fact

_PERIOD = timedelta(days=365)
# Sections that are filled from what the rooms tell the management review.
_TOLD = {"monitoring": 12, "audits": 13, "corrective_action": 15, "incidents": 16}
_MOST_ROWS = 300

Names = dict[int, str]


def blocks(session: Session, name: str, selection: str, systems: int) -> tuple[RecordBlock, ...]:
    """The blocks of all sections but those that are counted from the systems' parts."""
    names = people.names(session)
    return (
        _guide(session, name, selection, systems),
        _documents(session),
        _whole_gaps(session),
        *_policies(session, names),
        _objectives(session, names),
        _criteria(),
        _statement(session, names),
        _competence(session),
        *_told(session),
        _programme(session, names),
        *_reviews(session, names),
        _findings(session),
        _frameworks(session),
        _integrity(session),
    )


def _facts(*pairs: tuple[str, str]) -> tuple[Fact, ...]:
    return tuple(Fact(label=label, value=value) for label, value in pairs)


def _table(
    caption: str, widths: tuple[int, ...], columns: tuple[str, ...], rows: Sequence[Row]
) -> tuple[Table, ...]:
    """A table if there are rows, cut at a number that people still read; what was cut is said in the caption."""
    if not rows:
        return ()
    if len(rows) > _MOST_ROWS:
        caption = f"{caption} (the first {_MOST_ROWS} of {len(rows)})"
    return (Table(caption=caption, columns=columns, rows=tuple(rows[:_MOST_ROWS]), widths=widths),)


def _guide(session: Session, name: str, selection: str, systems: int) -> RecordBlock:
    scope = [item for item in organisation.policies(session) if item.policy_kind == "scope"]
    in_force = next((item for item in scope if item.state == DocumentState.EFFECTIVE), None)
    return RecordBlock(
        section=1,
        title="Scope of the management system",
        note="" if in_force else "No scope statement is in force: a gap (4.3).",
        facts=_facts(
            ("Organisation", name),
            (
                "Scope statement",
                f"{in_force.reference}, revision {in_force.revision}: {in_force.text}"
                if in_force
                else "none",
            ),
            ("Systems in this pack", f"{systems}: {selection}"),
            ("Where to begin", "Section 2 names the gaps, section 7 lists the systems to sample from."),
            ("For programs", "data/registry.json and data/tables; in data/oscal the same as OSCAL (NIST)."),
        ),
    )


def _documents(session: Session) -> RecordBlock:
    rows = [
        Row(
            cells=(
                item.requirement.id,
                item.requirement.title,
                str(item.records),
                item.newest.isoformat() if item.newest else "",
                {"met": "answered", "excluded": "excluded by the statement", "bare": "missing"}[item.state],
            )
        )
        for item in readiness.every(session)
    ]
    columns = ("Clause", "Title", "Records", "Newest", "State")
    return RecordBlock(
        section=2,
        title="Records by clause and control",
        tables=_table("ISO/IEC 42001", (10, 44, 12, 14, 20), columns, rows),
    )


def _whole_gaps(session: Session) -> RecordBlock:
    rows = [
        Row(
            cells=(
                item.check.clause,
                item.check.severity,
                item.check.title,
                str(item.failing),
                str(item.suppressed),
            )
        )
        for item in dry_audit.newest_answers(session)[0]
        if item.failing or item.suppressed
    ]
    columns = ("Clause", "Severity", "Question that is not met", "Records", "Borne")
    return RecordBlock(
        section=2,
        title="Gaps of the whole registry",
        note="" if rows else "No question of the dry audit finds anything.",
        tables=_table(
            "The dry audit: every question that fails, also outside this pack",
            (10, 12, 54, 12, 12),
            columns,
            rows,
        ),
    )


def _policies(session: Session, names: Names) -> Iterator[RecordBlock]:
    found = organisation.policies(session)
    rows = [
        Row(
            reference=item.reference,
            cells=(
                item.title,
                str(item.revision),
                say(item.state),
                names.get(item.owner_id or 0, ""),
                item.effective_from.isoformat(),
                item.review_due_on.isoformat(),
            ),
        )
        for item in found
    ]
    columns = ("Policy", "Revision", "State", "Owner", "From", "Review")
    yield RecordBlock(
        section=4,
        title="Policies",
        note="" if rows else "None on record: a gap (5.2).",
        tables=_table("Every version", (34, 10, 14, 18, 12, 12), columns, rows),
    )
    yield from (_policy(session, item) for item in found if item.state == DocumentState.EFFECTIVE)


def _policy(session: Session, item: Policy) -> RecordBlock:
    asked, done = organisation.audience_of(session, item), organisation.acknowledged(session, item)
    return RecordBlock(
        section=4,
        title=item.title,
        reference=item.reference,
        state=say(item.state),
        facts=_facts(
            ("Text", item.text),
            ("Acknowledged by", f"{sum(person.id in done for person in asked)} of {len(asked)} people"),
        ),
        content_sha256=content_hash(item.signed_content()),
    )


def _objectives(session: Session, names: Names) -> RecordBlock:
    rows = [
        Row(
            reference=item.reference,
            cells=(
                item.title,
                say(item.state),
                f"{item.baseline:g} → {item.target:g} {item.unit}",
                f"{item.results[-1].value:g} on {item.results[-1].on}" if item.results else "none",
                names.get(item.owner_id or 0, ""),
                item.due_on.isoformat(),
            ),
        )
        for item in organisation.objectives(session)
    ]
    columns = ("Objective", "State", "From, to", "Newest result", "Owner", "Due")
    return RecordBlock(
        section=4,
        title="Objectives",
        note="" if rows else "None on record: a gap (6.2).",
        tables=_table("Objectives and results", (32, 12, 17, 15, 14, 10), columns, rows),
    )


def _criteria() -> RecordBlock:
    kept = scales.criteria()
    return RecordBlock(
        section=5,
        title="Risk criteria",
        facts=_facts(
            ("Approved on", kept.approved_on.isoformat()),
            ("Likelihood", "\n".join(f"{step}: {words}" for step, words in kept.likelihood.items())),
            ("Appetite", say(kept.appetite)),
            (
                "Who accepts what remains",
                "; ".join(
                    f"{level}: {say(item.policy)}, {item.max_months} months at most"
                    for level, item in kept.acceptance.items()
                ),
            ),
            ("Treatment options", ", ".join(say(item) for item in kept.treatment_options)),
        ),
        content_sha256=scales.criteria_hash(),
    )


def _statement(session: Session, names: Names) -> RecordBlock:
    item = queries.in_force(session)
    if item is None:
        return RecordBlock(
            section=6, title="Statement of applicability", note="None is approved: a gap (6.1.3)."
        )
    columns = ("Control", "Title", "Decision", "Justification", "Implementation", "Owner")
    return RecordBlock(
        section=6,
        title=f"{item.title}, revision {item.revision}",
        reference=item.reference,
        state=say(item.state),
        facts=_facts(("Approved on", str(item.approved_on or ""))),
        tables=_table(
            "Every control", (9, 22, 12, 27, 15, 15), columns, [_decision(row, names) for row in item.entries]
        ),
        content_sha256=content_hash(item.signed_content()),
    )


def _decision(row: ControlDecision, names: Names) -> Row:
    decided = {True: "applicable", False: "excluded", None: "not decided"}[row.applicable]
    carried_out = say(row.implementation) if row.applicable else ""
    who = names.get(row.owner_id or 0, "")
    return Row(cells=(row.control, row.title, decided, row.justification, carried_out, who))


def _competence(session: Session) -> RecordBlock:
    titles = rules().competences
    rows = [
        Row(cells=(item.person.name, titles[item.competence].title, say(item.state), str(item.until or "")))
        for item in organisation.matrix(session)
    ]
    empty = organisation.empty_roles(session)
    return RecordBlock(
        section=9,
        title="Competence",
        note=f"Roles that nobody holds: {', '.join(say(role) for role in empty)}: a gap (5.3)."
        if empty
        else "",
        tables=_table(
            "What roles need, and what their holders can show",
            (26, 40, 16, 18),
            ("Person", "Competence", "State", "Until"),
            rows,
        ),
    )


def _told(session: Session) -> Iterator[RecordBlock]:
    until = clock.today()
    for item in inputs.every():
        if section := _TOLD.get(item.id):
            told = item.source(session, until - _PERIOD, until)
            rows = [Row(cells=row) for row in told.rows]
            yield RecordBlock(
                section=section,
                title=f"{item.title} ({item.clause})",
                note=f"In the last twelve months: {told.text}",
                tables=_table(item.title, (), told.headers, rows),
            )


def _programme(session: Session, names: Names) -> RecordBlock:
    statement = select(AuditSchedule).where(Record.kind == "audit_schedule").order_by(Record.reference)
    rows = [
        Row(
            reference=item.reference,
            cells=(
                item.title,
                item.system.reference if item.system else "a rule, or the whole",
                say(item.audit_type),
                names.get(item.lead_auditor_id or 0, ""),
                say(item.state),
            ),
        )
        for item in session.scalars(statement)
    ]
    columns = ("Schedule", "System", "Type", "Lead auditor", "State")
    return RecordBlock(
        section=13,
        title="Audit programme",
        note="" if rows else "No audit is scheduled: a gap (9.2).",
        tables=_table("Schedules", (44, 12, 16, 16, 12), columns, rows),
    )


def _reviews(session: Session, names: Names) -> Iterator[RecordBlock]:
    found = organisation.reviews(session)
    if not found:
        yield RecordBlock(section=14, title="Management review", note="None on record: a gap (9.3).")
    for item in found[:5]:
        rows = [
            Row(
                cells=(
                    row.text,
                    names.get(row.owner_id, ""),
                    row.due_on.isoformat(),
                    str(row.done_on or "open"),
                )
            )
            for row in item.decisions
        ]
        yield RecordBlock(
            section=14,
            title=item.title,
            reference=item.reference,
            state=say(item.state),
            facts=_facts(
                ("Planned, held", f"{item.planned_on}, {item.held_on or 'not held'}"),
                ("Who took part", item.attendees),
                ("Inputs", "; ".join(f"{row['clause']} {row['title']}" for row in item.inputs)),
                ("Conclusions", item.conclusions),
            ),
            tables=_table("Decisions", (52, 20, 14, 14), ("Decision", "Owner", "Due", "Done"), rows),
            content_sha256=content_hash(item.signed_content()),
        )


def _findings(session: Session) -> RecordBlock:
    rows = [
        Row(reference=item.reference, cells=(item.title, say(item.grade), say(item.state)))
        for item in improvement.open_findings(session)
    ]
    return RecordBlock(
        section=15,
        title="Open findings",
        note="" if rows else "None is open.",
        tables=_table("Gravest and oldest first", (60, 20, 20), ("Finding", "Grade", "State"), rows),
    )


def _frameworks(session: Session) -> RecordBlock:
    rows = []
    for item in every_framework.every():
        found = readiness.every(session, item.requirements)
        met = sum(row.state == "met" for row in found)
        rows.append(Row(cells=(item.title, str(len(found)), str(met), item.hash[:12])))
    return RecordBlock(
        section=17,
        title="Requirements that records answer",
        note="What is reached only through the crosswalk is not counted.",
        tables=_table(
            "Frameworks", (50, 16, 16, 18), ("Framework", "Requirements", "Answered", "File"), rows
        ),
    )


def _integrity(session: Session) -> RecordBlock:
    run = queries.latest_run(session)
    rows = [
        Row(reference=item.reference, cells=(item.check_id, item.subject, item.reason, str(item.expires_on)))
        for item in queries.suppressions(session)
    ]
    said = "no dry audit has run" if run is None else "; ".join(run.faults) or "nothing is wrong"
    return RecordBlock(
        section=19,
        title="Trail and files",
        facts=_facts(
            ("Last dry audit", str(run.at.date()) if run else "none"), ("Trail and evidence files", said)
        ),
        tables=_table(
            "Gaps that are known and borne",
            (30, 14, 40, 16),
            ("Question", "Record", "Reason", "Until"),
            rows,
        ),
    )
