"""What consultations do by themselves: words of participants are erased when their time is over (INV-G11)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from governance.consultations.models import Consultation
from governance.consultations.participation_models import Contribution
from governance.core import clock
from governance.jobs.registry import recurring


@recurring("consultations.erase", every_seconds=3600)
def erase(session: Session, now: datetime) -> None:
    """Erase the words of contributions whose retention has ended. Running it again changes nothing."""
    session.info["verb"] = "consultations.erase"
    over = (
        select(Contribution)
        .join(Consultation, Consultation.id == Contribution.consultation_id)
        .where(Consultation.retention_until < now.date(), Contribution.content.is_not(None))
    )
    for item in session.scalars(over).all():
        item.content, item.erased_on = None, clock.today()
