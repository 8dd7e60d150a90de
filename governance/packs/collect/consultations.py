"""The consultations of a pack: who was asked, what they said, what became of it, and the map of who is affected (section 8)."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from governance.consultations import affected, queries
from governance.consultations.affected import Share
from governance.consultations.catalogue import rules
from governance.consultations.models import SMALLEST_GROUP, ConsultationConcern, ConsultedGroup
from governance.consultations.models import Consultation as Held
from governance.consultations.participation_models import ConsultationDecision, DecisionKind
from governance.core.canonical import content_hash
from governance.packs.collect.trail import Names
from governance.packs.content.assurance import Concern, Consultation, GroupHeard
from governance.packs.content.blocks import RecordBlock, Row, Table
from governance.packs.content.labels import say
from governance.packs.content.system_pack import Redaction
from governance.systems.models import AiSystem


def consultations(session: Session, held: Iterable[Held], names: Names) -> tuple[Consultation, ...]:
    """Consultations as packs show them; groups of fewer than five are not reported by number (CON-5), words of participants not at all (CON-4)."""
    return tuple(_consultation(session, item, names) for item in held)


def _consultation(session: Session, item: Held, names: Names) -> Consultation:
    levels = {row.level: row.name for row in rules().levels}
    took_part = queries.heads(session, item)
    shares = affected.representativeness(session, item).shares
    decisions = queries.decisions(session, item)
    sent, withdrawn = queries.sent(session, item)
    plan = next((row for row in decisions if row.what is DecisionKind.PLAN), None)
    return Consultation(
        reference=item.reference,
        title=item.title,
        state=say(item.state),
        purpose=item.purpose,
        method=say(item.method),
        level=f"{item.level} {say(levels[item.level])}",
        owner=names.get(item.owner_id or 0, ""),
        facilitator=names.get(item.facilitator_id or 0, item.facilitator_outside),
        facilitator_independent=item.facilitator_independent,
        decision_it_can_change=item.decision_it_can_change,
        informs_gate=item.informs_gate,
        late_because=item.late_because,
        questions=tuple(item.questions),
        lawful_basis=item.lawful_basis,
        anonymity=say(item.anonymity),
        plan_approval=f"{plan.reference} {say(plan.state)}" if plan else "",
        contributions=_unless_small(sent),
        contributions_withdrawn=_unless_small(withdrawn),
        starts_on=item.starts_on,
        ends_on=item.ends_on,
        groups=tuple(_group(group, share) for group, share in zip(item.groups, shares, strict=True)),
        representativeness=item.representativeness,
        missing_voices=item.missing_voices,
        concerns=tuple(
            _concern(item, concern, queries.voice(item, concern, took_part), decisions, names)
            for concern in item.concerns
        ),
        feedback=f"{item.feedback_told} ({item.feedback_channel})"
        if item.feedback_told
        else item.feedback_exception,
        feedback_on=item.feedback_on,
        content_sha256=content_hash(item.signed_content()),
    )


def _unless_small(people: int) -> int | None:
    return None if 0 < people < SMALLEST_GROUP else people


def _group(group: ConsultedGroup, share: Share) -> GroupHeard:
    return GroupHeard(
        name=group.name,
        how_reached=group.how_reached,
        vulnerable=group.vulnerable,
        invited=_unless_small(share.invited),
        took_part=_unless_small(share.took_part),
        share_of_invited=share.of_invited,
        share_of_group=share.of_size,
        is_hidden=share.is_hidden,
    )


def _concern(
    item: Held,
    concern: ConsultationConcern,
    voice: str,
    decisions: list[ConsultationDecision],
    names: Names,
) -> Concern:
    escalation = next(
        (
            row
            for row in decisions
            if row.what is DecisionKind.ESCALATION and row.concern_number == concern.number
        ),
        None,
    )
    return Concern(
        text=concern.summary,
        reference=f"{item.reference}.{concern.number}",
        raised_by=voice,
        value=concern.value,
        disposition=say(concern.disposition),
        reason=concern.disposition_reason,
        change=concern.suggested_change,
        change_reference=concern.change_reference,
        severity=concern.severity or None,
        touches_red_line=concern.touches_red_line,
        minority_view=concern.minority_view,
        merged_into=f"{item.reference}.{concern.merged_into.number}" if concern.merged_into else "",
        escalation=f"{escalation.reference} {say(escalation.state)}" if escalation else "",
        decided_by=names.get(concern.decided_by_id or 0, ""),
        decided_on=concern.decided_on,
    )


def redactions(session: Session, held: Iterable[Held]) -> tuple[Redaction, ...]:
    """What is left out: numbers that would let somebody be recognised (CON-5), and what participants wrote (CON-4)."""
    found = []
    for item in held:
        shares = affected.representativeness(session, item).shares
        found += [
            Redaction(
                reference=item.reference,
                what=f"How many people of the group “{share.group}” were invited or took part",
                reason=f"Fewer than {SMALLEST_GROUP} people could be recognised",
            )
            for share in shares
            if share.is_hidden
        ]
        if sent := queries.sent(session, item)[0]:
            found.append(
                Redaction(
                    reference=item.reference,
                    what=f"What participants wrote in {queries.said(sent)} contributions",
                    reason="Personal data of participants; the concerns heard in them are in section 8 (CON-4)",
                )
            )
    return tuple(found)


def blocks(session: Session, system: AiSystem) -> tuple[RecordBlock, ...]:
    """The map of affected groups: everybody whom the system concerns, heard or not (INV-STK1)."""
    found = affected.of_system(session, system)
    if not found.groups:
        return ()
    rows = tuple(
        Row(
            cells=(
                group.name,
                say(group.stakeholder.relation) if group.stakeholder else "not in the stakeholder register",
                say(group.stakeholder.state) if group.stakeholder else "",
                cell.state,
                str(cell.on or ""),
                f"{cell.consultation.reference}, {cell.took_part}"
                if cell.consultation and cell.took_part
                else "",
            ),
            reference=group.stakeholder.reference if group.stakeholder else "",
        )
        for group in found.groups
        for cell in group.cells.values()
    )
    columns = ("Group", "Relation", "Register", "Heard", "On", "Where, and how many")
    never = ", ".join(found.never)
    return (
        RecordBlock(
            section=8,
            title="Affected groups",
            note=f"Affected directly and never heard: {never}."
            if never
            else "Every group affected directly was heard.",
            tables=(
                Table(
                    caption="Who is affected, and who was heard",
                    columns=columns,
                    rows=rows,
                    widths=(30, 16, 13, 10, 12, 19),
                ),
            ),
        ),
    )
