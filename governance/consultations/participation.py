"""Verbs of taking part: invite by a secret link, contribute without an account, withdraw, and read what was said."""

import secrets
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from governance.access.verbs import verb
from governance.consultations import queries
from governance.consultations.models import (
    Anonymity,
    Consultation,
    ConsultationConcern,
    ConsultationState,
)
from governance.consultations.participation_models import (
    Contribution,
    ContributionConcern,
    Invitation,
    InvitationKind,
)
from governance.consultations.participation_schemas import Invite, TakePart, Triage
from governance.consultations.states import DRAFTED, LIVE, refuse_unless
from governance.core import clock
from governance.core.errors import NotFound, Refused
from governance.core.records import table_of

# Letters and digits that are not mistaken for one another when read aloud or from paper.
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
NAMED = (Anonymity.NAMED, Anonymity.NAMED_INTERNALLY_ONLY, Anonymity.PSEUDONYMOUS)


def hashed(secret: str) -> str:
    """How a link's token or a receipt code is kept."""
    return sha256(secret.strip().encode()).hexdigest()


def plain_code(code: str) -> str:
    """A receipt code as it was typed, without what people add when they copy it."""
    return "".join(letter for letter in code.upper() if letter in _LETTERS)


@verb("consultations.invite")
def invite(session: Session, consultation: Consultation, data: Invite) -> tuple[Invitation, str]:
    """Make a secret link. Returns the invitation and the token, which is kept nowhere: only its hash is."""
    refuse_unless(consultation, *DRAFTED, ConsultationState.OPEN)
    if not consultation.consent_text:
        raise Refused(
            "The consent text is missing; participants must know what they agree to. Write it into the plan first.",
            fix=f"{consultation.path}/edit#consent_text",
        )
    group = next((item for item in consultation.groups if item.id == data.group), None)
    if group is None:
        raise Refused("Choose one of the groups of this consultation.", field="group")
    if not clock.today() <= data.expires_on <= consultation.ends_on:
        raise Refused(
            f"The link ends between today and the end of the consultation, {consultation.ends_on}.",
            field="expires_on",
        )
    token = secrets.token_urlsafe(32)
    once = data.kind is InvitationKind.ONE_PERSON
    item = Invitation(
        **data.model_dump(exclude={"group", "uses_allowed"}),
        consultation=consultation,
        group=group,
        uses_allowed=1 if once else data.uses_allowed,
        token_hash=hashed(token),
    )
    session.add(item)
    session.flush()
    return item, token


@verb("consultations.revoke_invitation")
def revoke(session: Session, consultation: Consultation, item: Invitation) -> Invitation:
    """Make a link useless from now on; what was sent with it stays."""
    if item.revoked_on is None:
        item.revoked_on = clock.today()
    return item


def invitation_of(session: Session, token: str) -> Invitation:
    """The invitation behind a link. Raises NotFound, which says no more than that the link is unknown."""
    found = session.scalars(select(Invitation).where(Invitation.token_hash == hashed(token))).first()
    if found is None:
        raise NotFound("This link is not known. Check that it was copied whole.")
    return found


def closed_because(session: Session, item: Invitation) -> str:
    """Why nobody can answer with this link now, or an empty text."""
    state, today = item.consultation.state, clock.today()
    if item.revoked_on is not None:
        return "This link was taken back. Ask whoever gave it to you for a new one."
    if state in DRAFTED:
        return "This consultation has not opened yet. Come back later; the link stays the same."
    if state != ConsultationState.OPEN:
        return "This consultation takes no more answers."
    if today > min(item.expires_on, item.consultation.ends_on):
        return f"This link ended on {min(item.expires_on, item.consultation.ends_on)}."
    if queries.used(session, item) >= item.uses_allowed:
        return "This link was used as often as it may be."
    return ""


@verb("consultations.take_part")
def take_part(session: Session, item: Invitation, data: TakePart) -> tuple[Contribution, str]:
    """Keep what a participant says, under the group of the link. Returns it with the receipt code, which is kept nowhere.

    Raises Refused if the link does not take answers (any more).
    """
    # One after another per consultation, so that numbers and the limit of the link hold.
    consultations = table_of(Consultation)
    session.execute(
        select(consultations.c.id).where(consultations.c.id == item.consultation_id).with_for_update()
    )
    session.refresh(item)
    session.refresh(item.consultation)
    if reason := closed_because(session, item):
        raise Refused(reason)
    consultation = item.consultation
    questions = consultation.questions
    if any(int(key) >= len(questions) for key in data.answers):
        raise Refused("The questions changed since the page was shown; open the link again.")
    code = "".join(secrets.choice(_LETTERS) for _ in range(16))
    last = select(func.max(Contribution.number)).where(Contribution.consultation_id == consultation.id)
    contribution = Contribution(
        consultation=consultation,
        group=item.group,
        invitation_id=item.id,
        number=(session.execute(last).scalar() or 0) + 1,
        received_on=clock.today(),
        consent_version=consultation.consent_version,
        content={
            "nonce": secrets.token_hex(16),
            "answers": [
                [questions[int(key)], text] for key, text in sorted(data.answers.items(), key=_number)
            ],
            "concern": data.concern,
            "called": data.called if consultation.anonymity in NAMED else "",
        },
        receipt_hash=hashed(code),
    )
    session.add(contribution)
    session.flush()
    return contribution, "-".join(code[start : start + 4] for start in range(0, 16, 4))


def _number(pair: tuple[str, str]) -> int:
    return int(pair[0])


def by_receipt(session: Session, code: str) -> Contribution | None:
    """The contribution of a receipt code, or None."""
    wanted = hashed(plain_code(code))
    return session.scalars(select(Contribution).where(Contribution.receipt_hash == wanted)).first()


@verb("consultations.withdraw_contribution")
def withdraw(session: Session, item: Contribution) -> Contribution:
    """Erase what a participant said, at their wish; number, date, group and the fact stay (CON-3)."""
    if item.withdrawn_on is not None:
        raise Refused("This was withdrawn already; nothing of it is kept.")
    item.content = None
    item.withdrawn_on = clock.today()
    return item


@verb("consultations.triage")
def triage(
    session: Session, consultation: Consultation, item: Contribution, data: Triage
) -> list[ConsultationConcern]:
    """Say which concerns a contribution contains, or why none. Done again, it replaces what was said before."""
    refuse_unless(consultation, *LIVE)
    if item.withdrawn_on is not None:
        raise Refused(f"Contribution {item.number} was withdrawn; there is nothing to read.")
    by_number = {concern.number: concern for concern in consultation.concerns}
    if unknown := [str(number) for number in data.concerns if number not in by_number]:
        raise Refused(f"There is no concern {', '.join(unknown)}.", field="concerns")
    found = [by_number[number] for number in dict.fromkeys(data.concerns)]
    if data.new_concern:
        concern = ConsultationConcern(
            number=max(by_number, default=0) + 1,
            said_by=item.group.name,
            summary=data.new_concern,
            severity=data.severity,
            touches_red_line=data.touches_red_line,
            strength="moderate",
        )
        consultation.concerns.append(concern)
        consultation.touch()
        found.append(concern)
    session.flush()
    keep = {concern.id for concern in found}
    for link in list(item.concerns):
        if link.concern_id in keep:
            keep.discard(link.concern_id)
        else:
            session.delete(link)
    session.flush()
    session.expire(item, ["concerns"])
    item.concerns.extend(ContributionConcern(concern=concern) for concern in found if concern.id in keep)
    item.set_aside = data.set_aside
    session.flush()
    return found
