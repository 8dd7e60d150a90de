"""Moves of the demonstration's story: short ways to have a player do what a user would do, through the same verbs."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from io import BytesIO
from typing import Any

from sqlalchemy.orm import Session

from governance import demo_people
from governance.access import passwords
from governance.access import queries as people
from governance.access import service as access
from governance.access.actor import INSTALLER, Actor
from governance.access.schemas import AddPerson
from governance.assessments import service as assessments
from governance.assessments.models import RiskAssessment
from governance.assessments.schemas import AskAcceptance, DraftAssessment, PlanTreatment, RateRisk
from governance.consultations import decisions
from governance.consultations import service as consultations
from governance.consultations.models import Consultation
from governance.consultations.schemas import (
    AskToClose,
    GiveFeedback,
    PlanConsultation,
    RecordConcern,
    RecordGroup,
    Respond,
)
from governance.core import clock, records
from governance.core.canonical import content_hash
from governance.core.database import Database
from governance.core.records import Record
from governance.core.settings import Settings
from governance.demo_people import PASSWORD, PLAYERS, R, Tale, played
from governance.evidence import service as evidence
from governance.evidence.models import Evidence, EvidenceKind
from governance.evidence.schemas import JudgeEvidence, SubmitEvidence
from governance.evidence.store import Store
from governance.organisation import service as organisation
from governance.organisation.schemas import RecordTraining
from governance.signoffs import queries as signatures
from governance.signoffs import service as signoffs
from governance.signoffs.schemas import Sign
from governance.systems import lifecycle, service
from governance.systems.models import AiSystem
from governance.systems.schemas import AddVersion, Classify, RegisterSystem
from governance.values import service as red_lines
from governance.values.catalogue import values
from governance.values.schemas import CheckRedLine, ScreenRedLines

_UPLOAD_LIMIT = 10 * 1024 * 1024
# What the internal auditor can show, with its proof.
_ADA_SHOWS = {
    "audit_19011": "Examination for auditors passed; three audits accompanied",
    "statistics": "Certificate of advanced studies in applied statistics",
    "data_engineering": "Examination for data protection officers passed",
}


class Story:
    """A registry in which the players act one after another, at held moments of the past."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.store = Store(settings.evidence_dir)
        self.actors: dict[str, Actor] = {}

    def invite_players(self) -> None:
        """Add the people, all with the public password of demonstrations."""
        hashed = passwords.hashed(PASSWORD)
        with self.database.transaction(INSTALLER, source="demo") as session:
            for player in PLAYERS:
                data = AddPerson(
                    name=player.name,
                    email=player.email,
                    roles=list(player.roles),
                    position=player.position,
                    unit=player.unit,
                )
                access.add_person(session, data).password_hash = hashed
        with self.database.transaction(readonly=True) as session:
            for player in PLAYERS:
                person = people.by_email(session, player.email)
                assert person is not None
                self.actors[player.key] = people.actor_for(person)
        with self.acting("olivia") as session:
            for competence, proof in _ADA_SHOWS.items():
                examined = RecordTraining(
                    person_id=self.id("ada"),
                    competence=competence,
                    training_kind="examination",
                    completed_on=clock.today(),
                    proof=proof,
                )
                organisation.record_training(session, examined)

    def id(self, key: str) -> int:
        """A player's person id."""
        person_id = self.actors[key].person_id
        assert person_id is not None
        return person_id

    @contextmanager
    def acting(self, key: str) -> Iterator[Session]:
        """A transaction in which a player acts."""
        with self.database.transaction(self.actors[key], source="demo", request_id="demo") as session:
            yield session

    def play(self, tale: Tale[R]) -> R:
        """Play a tale to its end, each step on the morning of its day; returns what the tale returns.

        Raises ValueError if a step is on an earlier day than the one before.
        """
        return played(tale, self.on)

    @contextmanager
    def on(self, day: date) -> Iterator[None]:
        """Everything inside happens on the morning of a day."""
        with clock.held_at(datetime.combine(day, time(8, 30), tzinfo=UTC)):
            yield

    def register(self, by: str, **details: Any) -> str:
        """Log a system; returns its reference."""
        with self.acting(by) as session:
            return service.register(session, RegisterSystem.model_validate(details)).reference

    def classify(self, system: str, **yes: str) -> None:
        """Asha answers the wizard (everything not named is no), Olivia approves."""
        answers = {f"Q{number}": "no" for number in range(1, 16)} | {
            "Q1": "yes",
            "Q2": "yes",
            "Q5a": "no",
            "Q7a": "no",
            "Q7b": "no",
        }
        with self.acting("asha") as session:
            made = service.classify(
                session, records.get(session, AiSystem, system), Classify(answers=answers | yes)
            )
            reference = made.reference
        self.sign_all(reference, olivia="compliance_lead")

    def screen(self, system: str, **crossing: str) -> None:
        """Asha answers for every red line; those named cross it."""
        answers = {item.id: "guarded" for item in values().red_lines} | {
            key.replace("_", "-"): "crosses" for key in crossing
        }
        with self.acting("asha") as session:
            red_lines.screen(session, records.get(session, AiSystem, system), ScreenRedLines(answers=answers))

    def version(self, system: str, by: str, label: str, what: str, *, material: bool = False) -> None:
        """Add a version and freeze it."""
        with self.acting(by) as session:
            record = records.get(session, AiSystem, system)
            data = AddVersion(
                label=label,
                what_changed=what,
                material=material,
                artefact_hash=content_hash([system, label]),
                released_on=clock.today(),
                version=record.version,
            )
            service.freeze_version(session, record, service.add_version(session, record, data))

    def probe(self, system: str, *, violations: dict[str, int] | None = None) -> None:
        """Prue checks the current version against every red line."""
        for item in values().red_lines:
            with self.acting("prue") as session:
                found = (violations or {}).get(item.id, 0)
                data = CheckRedLine(
                    red_line=item.id,
                    method=item.checks[0].capitalize() if item.checks else "Independent probes",
                    probes=1200,
                    violations=found,
                    performed_on=clock.today(),
                )
                red_lines.check_red_line(session, records.get(session, AiSystem, system), data)

    def prove(
        self,
        subject: str,
        kind: EvidenceKind,
        title: str,
        text: str,
        *,
        by: str = "tess",
        valid_days: int | None = None,
    ) -> str:
        """Submit a document as evidence and have Prue (or Olivia) accept it; returns its reference."""
        stored = self.store.put(BytesIO(text.encode()), limit=_UPLOAD_LIMIT)
        today = clock.today()
        with self.acting(by) as session:
            record = records.find(session, subject)
            assert record is not None
            data = SubmitEvidence(
                title=title,
                evidence_kind=kind,
                collected_on=today,
                covers_from=today - timedelta(days=90),
                valid_until=today + timedelta(days=valid_days) if valid_days else None,
                source="Own work",
            )
            name = f"{kind.value.replace('_', '-')}.txt"
            made = evidence.submit(
                session, record, data, stored=stored, filename=name, media_type="text/plain"
            ).reference
        with self.acting("olivia" if by == "prue" else "prue") as session:
            item = records.get(session, Evidence, made)
            evidence.judge(
                session, item, JudgeEvidence(accept=True, reason="Read and plausible", version=item.version)
            )
        return made

    def assess(self, system: str, risks: list[dict[str, Any]], *, review_days: int = 180) -> str:
        """Asha assesses, Eve and Olivia approve; returns the assessment's reference."""
        reference = self.draft_assessment(system, risks, review_days=review_days)
        with self.acting("asha") as session:
            assessments.submit(session, records.get(session, RiskAssessment, reference))
        self.sign_all(reference, eve="risk_owner", olivia="compliance_lead")
        return reference

    def draft_assessment(self, system: str, risks: list[dict[str, Any]], *, review_days: int = 180) -> str:
        """Asha drafts an assessment with its risks and treatments; returns its reference."""
        today = clock.today()
        with self.acting("asha") as session:
            record = records.get(session, AiSystem, system)
            draft = assessments.draft(
                session,
                record,
                DraftAssessment(
                    title=f"Risk assessment of {record.title}",
                    scope_text=f"Use of {record.title} in the whole group, current version",
                    method="Workshop with users and data science; failure modes and misuse cases",
                    trigger="planned",
                    team="Risk assessor, clinical lead, data scientist, works council",
                    assessed_on=today,
                    next_review_on=today + timedelta(days=review_days),
                    summary="Misuse and harm to people were considered for each step of use.",
                ),
            )
            reference = draft.reference
        for risk in risks:
            self._add_risk(reference, dict(risk))
        return reference

    def _add_risk(self, reference: str, risk: dict[str, Any]) -> None:
        treatment = risk.pop("treatment", None)
        with self.acting("asha") as session:
            draft = records.get(session, RiskAssessment, reference)
            data = RateRisk.model_validate({"owner_id": self.id("eve"), "version": draft.version, **risk})
            made = assessments.add_risk(session, draft, data)
            if treatment:
                plan = PlanTreatment.model_validate(
                    {"owner_id": self.id("tess"), "version": draft.version, **treatment}
                )
                assessments.plan_treatment(session, draft, made, plan)

    def accept_risk(self, assessment: str, number: int, reason: str, days: int, **signers: str) -> None:
        """Have a residual risk accepted by the authority for its level."""
        with self.acting("asha") as session:
            record = records.get(session, RiskAssessment, assessment)
            risk = next(item for item in record.risks if item.number == number)
            data = AskAcceptance(reason=reason, expires_on=clock.today() + timedelta(days=days))
            reference = assessments.ask_acceptance(session, record, risk, data).reference
        self.sign_all(reference, **signers)

    def plan_consultation(
        self,
        system: str,
        title: str,
        question: str,
        *,
        level: int = 3,
        method: str = "workshop",
        days: int = 21,
        **more: Any,
    ) -> str:
        """Asha plans a consultation with the affected groups and has the plan signed where the tier asks for it; returns its reference."""
        with self.acting("asha") as session:
            record = records.get(session, AiSystem, system)
            values: dict[str, Any] = {
                "title": title,
                "purpose": question,
                "decision_it_can_change": "Release, thresholds and how people are told",
                "level": level,
                "method": method,
                "groups": [*record.affected_groups, *demo_people.advocates(record.tier)],
                "languages": ["German", "Turkish"],
                "accessibility": "Plain language, step-free room, sign language on request",
                "starts_on": clock.today(),
                "ends_on": clock.today() + timedelta(days=days),
                "questions": [
                    "What worries you about it?",
                    "What must never happen?",
                    "What would help you?",
                ],
                "facilitator_outside": "Büro für Beteiligung, Kassel",
                "facilitator_independent": True,
                "lawful_basis": "Consent, GDPR Art. 6(1)(a)",
                "consent_text": "We use what you say to decide how the system is used. You can take it back at any time.",
                "neutral_wording": "Read by the patients' council",
            }
            data = PlanConsultation.model_validate(values | more)
            consultation = consultations.plan(session, record, data)
            reference, signed = consultation.reference, decisions.needs_signed_plan(consultation)
            asked = decisions.ask_plan_approval(session, consultation).reference if signed else ""
        if asked:
            self.sign_all(asked, olivia="compliance_lead")
        return reference

    def hold_consultation(
        self,
        reference: str,
        groups: dict[str, tuple[int, int]],
        concerns: list[tuple[str, str, str, str, str, str]],
    ) -> None:
        """Open it, record who came and what they said, answer, tell back, close. A concern is (who, what, value, disposition, reason, change)."""
        with self.acting("asha") as session:
            consultation = records.get(session, Consultation, reference)
            consultations.open_(session, consultation)
            for name in demo_people.advocates(consultation.system.tier):
                groups = {**groups, name: (6, 5)}
        for name, (invited, took_part) in groups.items():
            with self.acting("asha") as session:
                record = records.get(session, Consultation, reference)
                data = RecordGroup(
                    name=name,
                    how_reached="Letter and notice",
                    invited=invited,
                    took_part=took_part,
                    version=record.version,
                )
                consultations.record_group(session, record, data)
        for who, what, value, disposition, reason, change in concerns:
            with self.acting("asha") as session:
                record = records.get(session, Consultation, reference)
                heard = RecordConcern(
                    said_by=who, summary=what, value=value, strength="strong", version=record.version
                )
                concern = consultations.record_concern(session, record, heard)
                session.flush()
                answer = Respond.model_validate(
                    {
                        "disposition": disposition,
                        "reason": reason,
                        "change_reference": change,
                        "version": record.version,
                    }
                )
                consultations.respond(session, record, concern, answer)
        with self.acting("asha") as session:
            record = records.get(session, Consultation, reference)
            told = GiveFeedback(
                feedback_told="What was heard, what changes, and what does not and why",
                feedback_channel="Letter, notice board, web page",
                feedback_on=clock.today(),
                version=record.version,
            )
            consultations.give_feedback(session, record, told)
            session.flush()
            close = AskToClose(
                representativeness="Age and sex as in the patient population; night staff under-represented",
                missing_voices="People without German or Turkish; relatives of patients who died",
                version=record.version,
            )
            consultations.ask_to_close(session, record, close)
        self.sign_all(reference, olivia="compliance_lead")

    def pass_gate(self, system: str, gate: str, *, by: str = "olivia", **signers: str) -> str:
        """Ask for a gate and sign every slot; returns the decision's reference."""
        with self.acting(by) as session:
            reference = lifecycle.ask(session, records.get(session, AiSystem, system), gate).reference
        self.sign_all(reference, **signers)
        return reference

    def sign_all(self, subject: str, **signers: str) -> None:
        """Each player signs a slot of the open round on a record."""
        for key, slot in signers.items():
            with self.acting(key) as session:
                record = self._record(session, subject)
                item = next(
                    item
                    for item in signatures.of_record(session, record)
                    if item.slot == slot and item.state == "requested"
                )
                data = Sign.model_validate(
                    {
                        "content_hash": content_hash(record.content_signed_under(item.policy)),
                        "password": PASSWORD,
                    }
                )
                signoffs.sign(session, item, data, address="127.0.0.1")

    @staticmethod
    def _record(session: Session, reference: str) -> Record:
        found = records.find(session, reference)
        assert found is not None
        return found
