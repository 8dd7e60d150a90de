"""Database → SystemPack: everything a pack says about one system, read in one transaction."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from sqlalchemy.orm import Session

from governance import __version__
from governance.access import queries as people
from governance.access.actor import Actor
from governance.audits import queries as audit_reads
from governance.consultations import queries as consultation_reads
from governance.controls import trace
from governance.core import checks, clock
from governance.core.canonical import content_hash
from governance.core.errors import Gap
from governance.core.records import Record
from governance.evidence.store import Store
from governance.packs.collect import (
    assurance,
    blocks,
    changed,
    consultations,
    controls,
    evidence,
    facts,
    gates,
    trail,
)
from governance.packs.content.assurance import Audit, AuditSchedule
from governance.packs.content.audit import AuditFile
from governance.packs.content.labels import say
from governance.packs.content.order import Order
from governance.packs.content.system import (
    Classification,
    DataUse,
    DeclaredClaim,
    ExternalId,
    Identity,
    Oversight,
    Supplier,
    SystemVersion,
    WizardAnswer,
)
from governance.packs.content.system_pack import AreaReadiness, NextDate, PackMeta, SystemPack
from governance.packs.content.system_pack import Gap as PackGap
from governance.packs.models import EvidencePack, PackState
from governance.packs.seal.attach import Attachment
from governance.signoffs import queries as signatures
from governance.systems import lifecycle, queries
from governance.systems.classification import wizard
from governance.systems.models import AiSystem, Answer, Scope, Status
from governance.systems.supplier_models import SystemSupplier

# Which pack section prints the subject of a check, by the room that declares it.
_SECTIONS = {
    "systems": 1, "values": 5, "indicators": 11, "assessments": 6, "impacts": 7, "incidents": 15, "consultations": 8,
    "evidence": 19, "audits": 16, "improvement": 16, "signoffs": 17,
}  # fmt: skip
_AREAS = {
    "systems": "Register and classification",
    "values": "Values and red lines",
    "indicators": "Indicators",
    "assessments": "Risks",
    "impacts": "Impacts on people",
    "incidents": "Incidents",
    "consultations": "People affected",
    "evidence": "Documents",
    "audits": "Audits",
    "improvement": "Corrective action",
    "signoffs": "Sign-offs",
}
_CLAIM_SECTIONS = {
    "impact_assessment": 7, "testing": 10, "independent_review": 16, "monitoring": 11, "training": 12, "fail_safe": 12,
    "appeal": 13, "consultation": 8, "authorisation": 19, "disparity_mitigation": 10, "notice": 13, "opt_out": 13,
}  # fmt: skip


def collect(session: Session, pack: EvidencePack, actor: Actor, organisation: str) -> SystemPack:
    """The whole content of a pack, as of now, in a handful of set-based reads."""
    return gather(session, order_of(session, pack, actor), actor, organisation)


def order_of(session: Session, pack: EvidencePack, actor: Actor) -> Order:
    """What a pack was asked for with, and the tree heads of the packs before it."""
    return Order(
        reference=pack.reference,
        system=pack.system.reference,
        asked_by=actor.name,
        confidentiality=pack.confidentiality,
        purpose=pack.purpose,
        earlier=trail.latest_heads(session, pack.system_id),
        since=pack.since,
    )


def gather(session: Session, order: Order, actor: Actor, organisation: str) -> SystemPack:
    """The same for an order that is no record."""
    pack = without_head(session, order, actor, organisation, people.names(session))
    head = trail.checkpoint(session, organisation, pack.meta.as_of, order.earlier)
    return replace(pack, checkpoint=head)


def without_head(
    session: Session, order: Order, actor: Actor, organisation: str, names: dict[int, str]
) -> SystemPack:
    """The same without the tree head, which the parts of a management-system pack have in common; `names` are people by id."""
    system = queries.get(session, actor, order.system)
    now = clock.now()
    belonging = queries.related(session, system)
    about = _subjects(session, system, belonging)
    evidencing = trace.evidencing(session, system, belonging)
    # A pack that is still being made, such as this one, is nothing that happened to the system.
    unfinished = {
        row.id for row in about.values() if isinstance(row, EvidencePack) and row.state != PackState.SEALED
    }
    decisions = queries.gates(session, system)
    relevant = lifecycle.relevant_checks(system, decisions)
    asked = [item for item in checks.about_systems() if item.id in relevant]
    gaps = checks.gaps_of(session, system.id, [item.id for item in asked])
    held = audit_reads.of_system(session, system.id)
    consulted = consultation_reads.of_system(session, system.id)
    audits = assurance.audits(held, names)
    schedules = assurance.schedules(session, system, held, names)
    documents = evidence.items(session, about, names)
    events = trail.events(session, set(about), names)
    around = trail.with_signatures(session, about) - unfinished if order.since else frozenset()
    return SystemPack(
        meta=PackMeta(
            reference=order.reference,
            organisation=organisation,
            as_of=now,
            generated_by=order.asked_by,
            software_version=__version__,
            status="draft" if any(gap.severity in ("critical", "major") for gap in gaps) else "final",
            confidentiality=order.confidentiality.capitalize(),
            purpose=order.purpose,
        ),
        identity=_identity(system, names),
        classification=_classification(session, system),
        data_use=_data_use(system),
        oversight=_oversight(system),
        stages=gates.stages(system, decisions),
        gaps=tuple(_gap(gap) for gap in gaps),
        areas=_areas(asked, gaps),
        next_dates=_next_dates(system, audits, schedules),
        controls=controls.traces(evidencing),
        gates=gates.gates(session, system, decisions, names),
        red_lines=assurance.red_lines(session, system, names),
        assessments=assurance.assessments(session, system, names),
        consultations=consultations.consultations(session, consulted, names),
        suppliers=tuple(_supplier(item) for item in system.supplied),
        claims=_claims(session, system),
        facts=facts.facts(system, documents),
        audits=audits,
        findings=assurance.findings(session, system, names),
        schedules=schedules,
        sign_offs=assurance.sign_offs(session, about),
        versions=tuple(
            SystemVersion(
                label=f"{item.label} ({say(item.state)})",
                released_on=item.released_on,
                change=item.what_changed,
                material=item.material,
                link=item.link,
                artefact_sha256=item.artefact_hash,
            )
            for item in system.versions
        ),
        evidence=documents,
        trail=events,
        blocks=(
            *blocks.blocks(session, system, names, evidencing, held),
            *changed.blocks(session, around, order.since, now, names),
        ),
        redactions=(*consultations.redactions(session, consulted), *trail.redactions(events)),
    )


def attachments(pack: SystemPack | AuditFile, store: Store) -> tuple[Attachment, ...]:
    """Where the files of a pack's evidence are."""
    return tuple(
        Attachment(item.reference, path=Path(store.folder / item.sha256[:2] / item.sha256))
        for item in pack.evidence
        if item.sha256
    )


def ids_around(session: Session, system: AiSystem) -> frozenset[int]:
    """Ids of the system, of every record that belongs to it, and of the signatures under them."""
    return trail.with_signatures(session, _subjects(session, system, queries.related(session, system)))


def _subjects(session: Session, system: AiSystem, belonging: trace.Belonging) -> dict[int, Record]:
    """The system and every record that belongs to it, by id."""
    found: dict[int, Record] = {system.id: system}
    for _, rows in belonging:
        found |= {row.id: row for row in rows}
    return found | {row.id: row for row in assurance.deeper(session, found.values())}


def _person(names: dict[int, str], person_id: int | None) -> str:
    return names.get(person_id or 0, "")


def _yes_no(answer: Answer) -> bool | None:
    return {Answer.YES: True, Answer.NO: False}.get(answer)


def _identity(system: AiSystem, names: dict[int, str]) -> Identity:
    current = system.current_version
    marks = [
        mark
        for mark, value in (
            ("under reassessment", system.under_reassessment),
            ("suspended", system.suspended_because and system.state != Status.SUSPENDED),
        )
        if value
    ]
    return Identity(
        reference=system.reference,
        name=system.title,
        record_version=system.version,
        status=say(system.state),
        stage=say(system.stage),
        stage_basis="gate" if system.stage_basis == "gate" else "declared",
        marks=tuple(marks),
        owner=_person(names, system.owner_id),
        technical_owner=_person(names, system.technical_owner_id),
        unit=", ".join(part for part in (system.organisation, system.unit) if part),
        purpose=system.intended_purpose,
        intended_use=system.description,
        excluded_uses=system.excluded_uses,
        outputs=system.outputs,
        techniques=tuple(system.techniques),
        decision_effect="; ".join(part for part in (say(system.autonomy), system.decision_effect) if part),
        users=system.users,
        affected_groups=tuple(system.affected_groups),
        organisation_roles=tuple(say(role) for role in system.org_roles),
        sourcing=say(system.sourcing),
        regions=tuple(system.regions),
        sectors=(system.sector,) if system.sector else (),
        languages=tuple(system.languages),
        interfaces=system.interfaces,
        in_aims_scope={Scope.IN_SCOPE: True, Scope.OUT_OF_SCOPE: False}.get(system.scope),
        scope_reason=system.scope_reason,
        version_in_operation=current.label if current else "",
        next_review_on=system.next_review_on,
        registered_at=system.created_at,
        changed_at=system.changed_at,
        external_ids=tuple(ExternalId(scheme="inventory", value=item) for item in system.external_ids),
        content_sha256=content_hash(system.signed_content()),
    )


def _classification(session: Session, system: AiSystem) -> Classification | None:
    found = queries.classification_in_force(session, system)
    if found is None:
        return None
    signed = [item for item in signatures.of_record(session, found) if item.signed_at]
    # In the order in which they are asked: the trail keeps no other, and a pack of an earlier day is made from it.
    answers = tuple(
        WizardAnswer(
            question=f"{item.id}: {item.ask}",
            answer=str(found.answers[item.id]),
            basis=f"Art. {item.article}",
        )
        for item in wizard().questions
        if item.id in found.answers
    )
    return Classification(
        eu_class=say(found.headline) + (" (provisional)" if found.provisional else ""),
        tier=say(system.tier),
        state=say(found.state),
        rule_version=found.rule_version,
        answers=answers,
        tier_reasons=(found.tier_reason,),
        override_reason=system.tier_override,
        decided_by=signed[0].signer_name if signed else "",
        decided_at=signed[0].signed_at if signed else None,
    )


def _data_use(system: AiSystem) -> DataUse:
    special = system.special_category_data
    return DataUse(
        categories=(system.data_description,) if system.data_description else (),
        personal_data=_yes_no(system.personal_data),
        special_categories=(f"special-category data: {say(special).lower()}",)
        if special is not Answer.UNKNOWN
        else (),
        demographic_features=tuple(system.demographic_features),
        provenance=system.data_provenance,
    )


def _oversight(system: AiSystem) -> Oversight:
    return Oversight(
        mode=say(system.human_oversight), fallback=system.fallback, appeal_route=system.appeal_route
    )


def _gap(gap: Gap) -> PackGap:
    room = gap.check.split(".")[0]
    title = f"Not met: {gap.title[0].lower()}{gap.title[1:]}" + (f" ({gap.detail})" if gap.detail else "")
    return PackGap(
        check_id=gap.check,
        clause=gap.clause,
        severity=gap.severity,
        title=title,
        where=gap.fix,
        section=_SECTIONS.get(room, 2),
        mandatory=gap.severity != "minor",
    )


def _areas(asked: Iterable[checks.Check], gaps: tuple[Gap, ...]) -> tuple[AreaReadiness, ...]:
    missing = [gap.check.split(".")[0] for gap in gaps]
    every = [item.id.split(".")[0] for item in asked]
    return tuple(
        AreaReadiness(area=area, met=every.count(room) - missing.count(room), missing=missing.count(room))
        for room, area in _AREAS.items()
        if room in every
    )


def _next_dates(
    system: AiSystem, audits: tuple[Audit, ...], schedules: tuple[AuditSchedule, ...]
) -> tuple[NextDate, ...]:
    today = clock.today()
    found = [
        NextDate(
            on=item.planned_on,
            what=item.title,
            reference=item.reference,
            state="overdue" if item.planned_on < today else "upcoming",
        )
        for item in audits
        if item.planned_on and item.state not in ("closed", "cancelled", "merged")
    ]
    taken = {item.on for item in found}
    found += [
        NextDate(on=day, what=item.title, reference=item.reference)
        for item in schedules
        for day in item.next_on[:1]
        if day not in taken
    ]
    if system.next_review_on:
        found.append(
            NextDate(
                on=system.next_review_on,
                what="Review of the system",
                reference=system.reference,
                state="overdue" if system.next_review_on < today else "upcoming",
            )
        )
    return tuple(sorted(found, key=lambda item: (item.on, item.what)))


def _supplier(item: SystemSupplier) -> Supplier:
    return Supplier(
        name=item.supplier.title,
        reference=item.supplier.reference,
        supplies=item.supplies or item.supplier.services,
        duties=item.supplier.responsibilities,
        contract_reference=item.supplier.contract_reference,
        state=say(item.supplier.state),
        assessed_on=max((review.done_on for review in item.supplier.reviews), default=None),
        next_review_on=item.supplier.review_due_on,
    )


def _claims(session: Session, system: AiSystem) -> tuple[DeclaredClaim, ...]:
    return tuple(
        DeclaredClaim(
            topic=say(item.topic),
            answer=say(item.answer),
            section=_CLAIM_SECTIONS.get(item.topic, 1),
            wording=item.wording,
            source_file=item.source,
            reference=item.reference,
        )
        for item in queries.claims(session, system)
    )
