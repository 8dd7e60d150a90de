"""Section 3 of a pack: what the statement of applicability says of the controls, and the duties of the EU AI Act that bind the system."""

from sqlalchemy.orm import Session

from governance.controls import queries, trace
from governance.controls.eu_ai_act import ai_act, ai_act_hash, binding
from governance.controls.models import ControlDecision, StatementOfApplicability
from governance.core import clock
from governance.core.canonical import content_hash
from governance.packs.content.assurance import ControlTrace, TraceRecord
from governance.packs.content.blocks import RecordBlock, Row, Table
from governance.packs.content.labels import say
from governance.packs.content.system import Fact
from governance.packs.models import EvidencePack, PackState
from governance.systems import queries as systems
from governance.systems.models import AiSystem

SECTION = 3


def blocks(
    session: Session, system: AiSystem, names: dict[int, str], found: trace.Evidencing
) -> tuple[RecordBlock, ...]:
    """The statement in force, and the duties with what evidences them."""
    statement = queries.in_force(session)
    return (_statement(statement, names), _duties(session, system, found))


def traces(found: trace.Evidencing) -> tuple[ControlTrace, ...]:
    """The clauses and controls that each system answers, with what evidences them."""
    return tuple(_traced(item) for item in trace.of_system(found))


def _traced(item: trace.Trace) -> ControlTrace:
    # A pack that is still being made, such as this one, evidences nothing.
    rows = [
        row for row in item.records if not (isinstance(row, EvidencePack) and row.state != PackState.SEALED)
    ]
    return ControlTrace(
        control=item.requirement.id,
        title=item.requirement.title,
        group=item.requirement.area or "Clauses 4 to 10",
        records=tuple(
            TraceRecord(
                reference=row.reference, title=row.title, state=say(row.state), on=row.changed_at.date()
            )
            for row in rows[-6:]
        ),
        gap=item.gap or ("" if rows else "None recorded: sealed evidence pack."),
    )


def _statement(statement: StatementOfApplicability | None, names: dict[int, str]) -> RecordBlock:
    if statement is None:
        return RecordBlock(
            section=SECTION, title="Statement of applicability", note="None is approved: a gap (6.1.3)."
        )
    excluded = sum(item.applicable is False for item in statement.entries)
    return RecordBlock(
        section=SECTION,
        title="Statement of applicability",
        reference=statement.reference,
        state=say(statement.state),
        facts=(
            Fact(label="Approved on", value=str(statement.approved_on or "")),
            Fact(label="Controls", value=f"{len(statement.entries) - excluded} apply, {excluded} excluded"),
        ),
        tables=(
            Table(
                caption="Decisions of the organisation on each control",
                columns=("Control", "Title", "Decision", "Justification", "Carried out", "Owner"),
                rows=tuple(_decision(item, names) for item in statement.entries),
                widths=(9, 23, 11, 29, 13, 15),
            ),
        ),
        content_sha256=content_hash(statement.signed_content()),
    )


def _decision(item: ControlDecision, names: dict[int, str]) -> Row:
    decided = {True: "applies", False: "excluded", None: "not decided"}[item.applicable]
    return Row(
        cells=(
            item.control,
            item.title,
            decided,
            item.justification,
            say(item.implementation),
            names.get(item.owner_id or 0, ""),
        )
    )


def _duties(session: Session, system: AiSystem, found: trace.Evidencing) -> RecordBlock:
    decision = systems.classification_in_force(session, system)
    bound = binding(system, decision.flags if decision else (), clock.today())
    traces = trace.of_duties(session, found, [item.duty.requirement for item in bound])
    rows = tuple(
        Row(
            cells=(
                item.duty.id,
                item.duty.text,
                f"{item.begins.isoformat()}, {'in force' if item.in_force else 'not yet'}",
                ", ".join(record.reference for record in traced.records[-4:]) or traced.gap,
            )
        )
        for item, traced in zip(bound, traces, strict=True)
    )
    return RecordBlock(
        section=SECTION,
        title="Duties of the EU AI Act that bind this system",
        note="" if rows else "None: the system is not classified, or no duty is about its class.",
        facts=(
            Fact(label="Read on", value=ai_act().read_on.isoformat()),
            Fact(label="Not settled in law", value="; ".join(point.point for point in ai_act().open_points)),
        ),
        tables=(
            (
                Table(
                    caption="Duties, those in force first",
                    columns=("Article", "Duty", "From", "Shown by, or what is missing"),
                    rows=rows,
                    widths=(11, 46, 17, 26),
                ),
            )
            if rows
            else ()
        ),
        content_sha256=ai_act_hash(),
    )
