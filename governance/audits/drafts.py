"""Drafts of answers: what an auditor typed and did not save yet, kept for them until they do."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from governance.access.verbs import actor_of, verb
from governance.audits.conduct_models import AnswerDraft
from governance.audits.models import Audit, AuditState, ChecklistAnswer
from governance.audits.schemas import DraftAnswer
from governance.core import clock
from governance.core.errors import Refused


@verb("audits.draft_answer")
def keep(session: Session, audit: Audit, question_id: str, data: DraftAnswer) -> AnswerDraft:
    """Keep what somebody typed. Changes no answer and stands in no trail."""
    row = next((item for item in audit.answers if item.question_id == question_id), None)
    if row is None or audit.state != AuditState.IN_PROGRESS:
        raise Refused(f"{audit.reference} takes no answer to {question_id}.")
    person_id = actor_of(session).person_id
    draft = session.scalars(
        select(AnswerDraft).where(AnswerDraft.answer_id == row.id, AnswerDraft.person_id == person_id)
    ).first()
    if draft is None:
        draft = AnswerDraft(answer_id=row.id, person_id=person_id)
        session.add(draft)
    draft.verdict, draft.note, draft.evidence, draft.saved_at = (
        data.verdict, data.note, data.evidence, clock.now(),
    )  # fmt: skip
    session.flush()
    return draft


def forget(session: Session, row: ChecklistAnswer) -> None:
    """Drop the actor's draft of an answer that they gave."""
    person_id = actor_of(session).person_id
    session.execute(
        delete(AnswerDraft).where(AnswerDraft.answer_id == row.id, AnswerDraft.person_id == person_id)
    )


def of_person(session: Session, audit: Audit, person_id: int | None) -> dict[int, AnswerDraft]:
    """Drafts of a person in an audit, by answer."""
    mine = select(AnswerDraft).where(
        AnswerDraft.person_id == person_id, AnswerDraft.answer_id.in_([row.id for row in audit.answers])
    )
    return {item.answer_id: item for item in session.scalars(mine)}
