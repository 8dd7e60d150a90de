"""Section 7 of a pack: impact assessments with what they answer, the impacts and the measures."""

from sqlalchemy.orm import Session

from governance.core.canonical import content_hash
from governance.impacts import completeness, queries
from governance.impacts.catalogue import rules
from governance.impacts.models import Effect, Impact, ImpactAssessment
from governance.packs.content.blocks import Mark, RecordBlock, Row, Table
from governance.packs.content.labels import say
from governance.packs.content.system import Fact
from governance.systems.models import AiSystem

SECTION = 7
Names = dict[int, str]


def blocks(session: Session, system: AiSystem, names: Names) -> tuple[RecordBlock, ...]:
    """Every impact assessment of a system, newest first; superseded ones without their content."""
    return tuple(_block(item, names) for item in queries.of_system(session, system.id))


def _block(item: ImpactAssessment, names: Names) -> RecordBlock:
    facts = [
        Fact(
            label="Triage",
            value=say(item.triage_result) + (f": {item.triage_reason}" if item.triage_reason else ""),
        ),
        Fact(label="Revision", value=str(item.revision)),
        Fact(label="System version", value=item.system_version.label if item.system_version else ""),
        Fact(label="Assessor", value=names.get(item.owner_id or 0, "")),
        Fact(label="Contexts", value=", ".join(item.contexts)),
        Fact(label="Also answers", value=", ".join(rules().facets[name] for name in item.facets)),
        Fact(label="Next review", value=item.next_review_on.isoformat()),
        Fact(label="State", value=item.state_reason),
    ]
    shown = item.state != "superseded" and completeness.is_whole(item)
    return RecordBlock(
        section=SECTION,
        title=item.title,
        reference=item.reference,
        state=say(item.state),
        facts=tuple(fact for fact in facts if fact.value),
        tables=_tables(item, names) if shown else (),
        marks=_marks(item) if shown else (),
        content_sha256=content_hash(item.signed_content()),
    )


def _tables(item: ImpactAssessment, names: Names) -> tuple[Table, ...]:
    impacts = Table(
        caption="Impacts",
        columns=("Impact", "Group, dimension", "What happens", "Before", "After", "Taken up by"),
        widths=(12, 18, 36, 11, 11, 12),
        rows=tuple(_row(row) for row in item.impacts),
    )
    measures = Table(
        caption="Measures",
        columns=("Impact", "Measure", "Control", "Owner", "Due", "Done, effect"),
        widths=(12, 32, 9, 15, 11, 21),
        rows=tuple(
            Row(
                cells=(
                    row.reference,
                    measure.measure,
                    measure.control,
                    names.get(measure.owner_id, ""),
                    measure.due_on.isoformat(),
                    f"{measure.done_on}: {measure.effect}" if measure.done_on else "open",
                )
            )
            for row in item.impacts
            for measure in row.measures
        ),
    )
    unaffected = Table(
        caption="Groups without a material impact",
        columns=("Group", "Reason"),
        widths=(30, 70),
        rows=tuple(Row(cells=pair) for pair in item.unaffected.items()),
    )
    answers = tuple(_answers(item, section.id) for section in rules().sections)
    return tuple(table for table in (impacts, measures, unaffected, *answers) if table.rows)


def _row(row: Impact) -> Row:
    rule = rules()
    what = f"{say(row.effect)}: {row.description} ({say(row.cause)}, {rule.scale[row.scale].say}, {rule.reversibility[row.reversibility].say})"
    after = (
        f"{row.residual_level} {row.residual_likelihood} × {row.residual_severity}"
        if row.residual_level
        else "as before"
    )
    harm = row.effect is Effect.HARM
    return Row(
        cells=(
            row.reference,
            f"{row.group}, {rule.dimensions[row.dimension]}",
            what,
            f"{row.level} {row.likelihood} × {row.severity}".strip(),
            after if harm else "–",
            row.risk_reference or "–",
        )
    )


def _answers(item: ImpactAssessment, section_id: str) -> Table:
    section = rules().section(section_id)
    return Table(
        caption=f"{section.id} {section.title} (ISO/IEC 42005, {section.ref})",
        columns=("Question", "Answer"),
        widths=(34, 66),
        rows=tuple(
            Row(cells=(question.ask, item.answers.get(rules().key(section, question), "") or "not answered"))
            for question in section.fields
            if completeness.asked(item, question)
        ),
    )


def _marks(item: ImpactAssessment) -> tuple[Mark, ...]:
    return tuple(
        Mark(
            label=str(row.number),
            before=(row.likelihood, row.severity),
            after=(row.residual_likelihood, row.residual_severity)
            if row.residual_likelihood and row.residual_severity
            else None,
        )
        for row in item.impacts
        if row.effect is Effect.HARM
    )
