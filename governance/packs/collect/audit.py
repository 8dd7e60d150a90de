"""Database → AuditFile: everything a pack says about one audit, read in one transaction."""

from collections.abc import Iterable, Mapping
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance import __version__
from governance.access import queries as people
from governance.access.actor import Actor
from governance.audits import catalogue, recurrence, scope, working_days
from governance.audits.conduct_models import CompensatingReview, MemberRole, Sample
from governance.audits.models import Audit, AuditSchedule, AuditState, CatchUp, ScheduleState, Shift
from governance.core import clock
from governance.core.canonical import content_hash
from governance.core.records import Record
from governance.evidence.models import Evidence
from governance.improvement import queries as improvement
from governance.improvement.models import CorrectiveAction, Finding
from governance.organisation import queries as organisation
from governance.organisation.catalogue import rules as competences
from governance.packs.collect import assurance, evidence, trail
from governance.packs.content import audit_gaps
from governance.packs.content.audit import (
    Answer,
    AuditFile,
    AuditFinding,
    AuditIdentity,
    CitedRecord,
    Compensation,
    Competence,
    Copy,
    DrawnSample,
    FollowUp,
    Member,
    Programme,
    SampleItem,
    ScopedSystem,
)
from governance.packs.content.labels import say
from governance.packs.content.system_pack import NextDate, PackMeta, Redaction
from governance.packs.models import AuditPack
from governance.systems.models import AiSystem

Names = Mapping[int, str]
_NEXT_DATES = 4
# Their titles and texts are for handlers only (A.3.3); a citation gives the reference and no more.
_FOR_HANDLERS = frozenset({"concern"})
_INDEPENDENT = (MemberRole.AUDITOR, MemberRole.TECHNICAL_EXPERT)
_HELD = frozenset({AuditState.CLOSED, AuditState.CANCELLED, AuditState.MERGED})


def collect(
    session: Session,
    pack: AuditPack,
    audit: Audit,
    actor: Actor,
    organisation_name: str,
    earlier: trail.Heads,
) -> AuditFile:
    """The whole content of an audit's pack, as of now; a draft until the audit is closed.

    `audit` is of this session; `earlier` are the tree heads of earlier packs, which this one's trail must go on from.
    """
    now = clock.now()
    names = people.names(session)
    raised = improvement.from_source(session, audit)
    subjects: dict[int, Record] = {item.id: item for item in (audit, *raised)}
    subjects |= {action.id: action for item in raised for action in item.actions}
    cited = _cited(session, audit)
    files = ((item, audit.reference) for item in cited if isinstance(item, Evidence))
    documents = evidence.items(session, subjects, names, files)
    events = trail.events(session, trail.with_signatures(session, subjects), dict(names))
    content = AuditFile(
        meta=PackMeta(
            reference=pack.reference,
            organisation=organisation_name,
            as_of=now,
            generated_by=actor.name,
            software_version=__version__,
            status="final" if audit.state == AuditState.CLOSED else "draft",
            confidentiality=pack.confidentiality.capitalize(),
            purpose=pack.purpose,
        ),
        identity=_identity(audit, names),
        programme=_programme(session, audit.schedule) if audit.schedule else None,
        systems=tuple(_system(item) for item in audit.systems),
        members=_members(session, audit, names),
        compensations=tuple(_compensation(item, names) for item in audit.reviews),
        answers=_answers(audit, raised, names),
        samples=tuple(drawn(item, names) for item in audit.samples),
        findings=tuple(_finding(session, item, names) for item in raised),
        actions=tuple(_action(action, item, names) for item in raised for action in item.actions),
        copies=tuple(
            Copy(name=names.get(item.person_id, ""), sent_at=item.sent_at, read_at=item.read_at)
            for item in audit.copies
        ),
        next_dates=_next_dates(audit, raised),
        cited=tuple(_citation(item) for item in cited if not isinstance(item, Evidence)),
        sign_offs=assurance.sign_offs(session, subjects),
        evidence=documents,
        redactions=(*_withheld(cited), *trail.redactions(events)),
        trail=events,
        checkpoint=trail.checkpoint(session, organisation_name, now, earlier),
    )
    return audit_gaps.named(content, now.date())


def _identity(audit: Audit, names: Names) -> AuditIdentity:
    return AuditIdentity(
        reference=audit.reference,
        name=audit.title,
        record_version=audit.version,
        kind=catalogue.audit_type(audit.audit_type).title,
        state=say(audit.state),
        state_reason=audit.state_reason,
        client=names.get(audit.owner_id or 0, ""),
        lead_auditor=names.get(audit.lead_auditor_id or 0, ""),
        objectives=audit.objectives,
        criteria=tuple(audit.criteria),
        scope=audit.scope_text,
        method=audit.method,
        checklist=audit.checklist,
        checklist_sha256=audit.checklist_hash,
        occurs_on=audit.occurs_on if audit.schedule else None,
        due_on=audit.due_on,
        grace_until=audit.grace_until,
        made_late=audit.created_late,
        held_from=audit.held_from,
        held_until=audit.held_until,
        announced_at=audit.announced_at,
        announcement=audit.announcement,
        started_at=audit.started_at,
        reported_at=audit.reported_at,
        closed_at=audit.closed_at,
        conclusion=audit.conclusion,
        content_sha256=content_hash(audit.signed_content()),
    )


def _programme(session: Session, item: AuditSchedule) -> Programme:
    days = {
        Shift.NONE: "any day",
        Shift.NEXT: "the next working day",
        Shift.PREVIOUS: "the working day before",
    }
    region = f", public holidays of {item.holidays}" if item.holidays else ""
    about = item.system.reference if item.system else scope.in_words(session, item.systems_where)
    coming: list[date] = []
    if item.state == ScheduleState.ACTIVE:
        coming = recurrence.following(item.rule, item.starts_on, clock.today(), _NEXT_DATES)
    return Programme(
        reference=item.reference,
        title=item.title,
        state=say(item.state),
        rule=recurrence.describe(item.rule),
        time_zone=item.zone,
        starts_on=item.starts_on,
        scope=about,
        lead_days=item.lead_days,
        grace_days=item.grace_days,
        working_days=days[item.shift] + region,
        catch_up="the latest stands for all" if item.catch_up is CatchUp.LATEST else "each is held",
        follows_tier=item.by_tier,
        next_on=tuple(working_days.shifted(day, item.shift, item.holidays) for day in coming),
    )


def _system(item: AiSystem) -> ScopedSystem:
    return ScopedSystem(
        reference=item.reference,
        name=item.title,
        status=say(item.state),
        stage=say(item.stage),
        tier=say(item.tier),
        version=item.current_version.label if item.current_version else "",
    )


def _members(session: Session, audit: Audit, names: Names) -> tuple[Member, ...]:
    """The lead auditor, who states impartiality with the plan at the start, then the team."""
    day = (
        audit.started_at.date() if audit.started_at else max(clock.today(), audit.held_from or clock.today())
    )
    found: list[Member] = []
    if audit.lead_auditor_id:
        found.append(
            Member(
                name=names.get(audit.lead_auditor_id, ""),
                role="lead auditor",
                must_be_independent=True,
                statement=audit.impartiality_statement,
                attested_at=audit.started_at if audit.impartiality_statement else None,
                competence=_competence(session, audit.lead_auditor_id, day),
            )
        )
    found += [
        Member(
            name=names.get(item.person_id, ""),
            role=say(item.role),
            must_be_independent=item.role in _INDEPENDENT,
            statement=item.statement,
            attested_at=item.attested_at,
            competence=_competence(session, item.person_id, day) if item.role is MemberRole.AUDITOR else (),
        )
        for item in audit.members
    ]
    return tuple(found)


def _competence(session: Session, person_id: int, day: date) -> tuple[Competence, ...]:
    """The training records of a person that showed the competence of auditors on a day."""
    wanted = catalogue.programme().competence
    return tuple(
        Competence(
            reference=item.reference,
            competence=competences().competences[wanted].title,
            kind=say(item.training_kind),
            state=say(item.state),
            completed_on=item.completed_on,
            valid_until=item.expires_on,
        )
        for item in organisation.trainings(session, person_id)
        if item.competence == wanted and item.completed_on <= day <= item.expires_on
    )


def _compensation(item: CompensatingReview, names: Names) -> Compensation:
    return Compensation(
        auditor=names.get(item.person_id, ""),
        objection=item.objection,
        reason=item.reason,
        reviewer=names.get(item.reviewer_id, ""),
        arranged_by=names.get(item.arranged_by_id, ""),
        arranged_at=item.arranged_at,
        reviewed_at=item.reviewed_at,
        result=item.result,
    )


def _answers(audit: Audit, raised: Iterable[Finding], names: Names) -> tuple[Answer, ...]:
    findings = {item.question_id: item.reference for item in raised}
    return tuple(
        Answer(
            position=item.position,
            question_id=item.question_id,
            question=item.question,
            requirements=tuple(item.refs),
            wanted=item.wanted,
            verdict=say(item.verdict),
            note=item.note,
            evidence=tuple(item.evidence_references),
            answered_by=names.get(item.answered_by_id or 0, ""),
            answered_at=item.answered_at,
            finding=findings.get(item.question_id, ""),
        )
        for item in audit.answers
    )


def drawn(item: Sample, names: Names) -> DrawnSample:
    """A sample with its population and what each item showed."""
    return DrawnSample(
        number=item.number,
        purpose=item.purpose,
        kind=say(item.kind),
        in_state=say(item.in_state),
        since=item.since,
        population=tuple(item.population),
        population_sha256=item.population_hash,
        seed=item.seed,
        items=tuple(
            SampleItem(
                reference=row["reference"],
                result="not looked at yet" if row["result"] == "open" else say(row["result"]),
                note=row["note"],
            )
            for row in item.items
        ),
        drawn_by=names.get(item.drawn_by_id, ""),
        drawn_at=item.drawn_at,
    )


def _finding(session: Session, item: Finding, names: Names) -> AuditFinding:
    before = session.get(Finding, item.repeat_of_id) if item.repeat_of_id else None
    return AuditFinding(
        reference=item.reference,
        title=item.title,
        grade=say(item.grade),
        grade_reason=item.grade_reason,
        state=say(item.state),
        state_reason=item.state_reason,
        criterion=item.criterion,
        evidence=item.evidence_statement,
        gap=item.gap,
        question=item.question_id,
        system=item.system.reference if item.system else "",
        owner=names.get(item.owner_id or 0, ""),
        requirements=tuple(item.requirements),
        response=item.auditee_response,
        ruling=item.ruling,
        repeats=before.reference if before else "",
        raised_on=item.created_at.date(),
        due_on=item.due_on,
        closed_on=item.closed_on,
    )


def _action(item: CorrectiveAction, finding: Finding, names: Names) -> FollowUp:
    return FollowUp(
        reference=item.reference,
        title=item.title,
        finding=finding.reference,
        state=say(item.state),
        correction=item.correction,
        containment=item.containment,
        contained_on=item.contained_on,
        whys=item.whys,
        root_cause=item.root_cause,
        cause_method=say(item.cause_method),
        cause_class=say(item.cause_class),
        why_not_detected=item.why_not_detected,
        similar_cases=item.similar_cases,
        cause_agreed_on=item.cause_agreed_on,
        action=item.action,
        owner=names.get(item.owner_id or 0, ""),
        due_on=item.due_on,
        planned_on=item.planned_on,
        first_due_on=item.original_due_on,
        extensions=tuple(
            f"{asked['from']} to {asked['to']}, {'granted' if place < item.extensions else 'not granted'}: {asked['reason']}"
            for place, asked in enumerate(item.extensions_asked)
        ),
        done_on=item.done_on,
        done_by=names.get(item.done_by_id or 0, ""),
        done_note=item.done_note,
        effective_if=item.effectiveness_criterion,
        check_from=item.check_from,
        times_reopened=item.times_reopened,
        effect=item.effectiveness_note,
        verified_by=names.get(item.verifier_id or 0, "") if item.verified_on else "",
        verified_on=item.verified_on,
    )


def _next_dates(audit: Audit, raised: Iterable[Finding]) -> tuple[NextDate, ...]:
    today = clock.today()
    dates: list[tuple[date, str, str]] = []
    if audit.state not in _HELD:
        dates.append((audit.due_on, "The audit is due", audit.reference))
    for item in raised:
        dates += [
            (action.due_on, f"Corrective action of {item.reference}", action.reference)
            for action in item.actions
            if action.done_on is None
        ]
        if item.due_on and item.state not in Finding.FROZEN:
            dates.append((item.due_on, f"Finding: {item.title}", item.reference))
    if audit.schedule and audit.schedule.state == ScheduleState.ACTIVE:
        rule = audit.schedule
        for day in recurrence.following(rule.rule, rule.starts_on, max(today, audit.occurs_on), 1):
            on = working_days.shifted(day, rule.shift, rule.holidays)
            dates.append((on, "Next audit by this rule", rule.reference))
    return tuple(
        NextDate(on=on, what=what, reference=reference, state="overdue" if on < today else "upcoming")
        for on, what, reference in sorted(dates)
    )


def _cited(session: Session, audit: Audit) -> list[Record]:
    """The records that answers cite as evidence, by reference."""
    references = {reference for item in audit.answers for reference in item.evidence_references}
    statement = select(Record).where(Record.reference.in_(references)).order_by(Record.reference)
    return list(session.scalars(statement))


def _citation(item: Record) -> CitedRecord:
    hidden = item.kind in _FOR_HANDLERS
    return CitedRecord(
        reference=item.reference,
        title="withheld" if hidden else item.title,
        kind=item.NOUN,
        state=say(item.state),
        record_version=item.version,
        content_sha256="" if hidden else content_hash(item.signed_content()),
    )


def _withheld(cited: Iterable[Record]) -> tuple[Redaction, ...]:
    return tuple(
        Redaction(
            reference=item.reference,
            what="Title, text and reporter of this record",
            reason="They are for handlers only (ISO/IEC 42001, A.3.3)",
        )
        for item in cited
        if item.kind in _FOR_HANDLERS
    )
