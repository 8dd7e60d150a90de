"""The audit programme of the demonstration: the management system each year, grave systems by rule, and what is left out with a reason."""

from datetime import date, timedelta

from governance.audits import service as audits
from governance.audits.schemas import ScheduleByRule, ScheduleForAims
from governance.core import records
from governance.demo_people import Tale
from governance.demo_story import Story
from governance.programmes import service
from governance.programmes.models import AuditProgramme
from governance.programmes.schemas import BearGap, DraftProgramme


def tell_programme(story: Story, today: date) -> Tale[None]:
    """Schedules for the whole and by rule, and this year's programme, approved with its gaps."""
    yield today - timedelta(days=40)
    with story.acting("olivia") as session:
        whole = ScheduleForAims(
            audit_type="aims_internal", every=12, unit="months", on="first monday", starts_on=(today.replace(day=1) + timedelta(days=32)).replace(day=1),
            shift="next", holidays="DE-HE", owner_id=story.id("olivia"), lead_auditor_id=story.id("ada"),
        )  # fmt: skip
        audits.schedule_for_aims(session, whole)
        grave = ScheduleByRule(
            audit_type="system_internal", every=6, unit="months", on="last weekday", starts_on=today + timedelta(days=70),
            state="active", tier_at_least="high", holidays="DE-HE", shift="previous", owner_id=story.id("olivia"),
        )  # fmt: skip
        audits.schedule_by_rule(session, grave)
    with story.acting("olivia") as session:
        text = DraftProgramme(
            year=today.year,
            objectives="Show that the rules for AI are followed on the wards, and find what our own checks miss.",
            scope="The whole management system, and every active system of tier high or critical.",
            criteria="ISO/IEC 42001 clauses 4 to 10, the applicable controls, our own policies",
            risks="One auditor only; suppliers may refuse a look at their models.",
            resources="25 days of the internal auditor, 5 days of a statistician",
            methods="Interviews and documents on site, samples by seed, recomputation of rates",
        )
        item = service.draft(session, text)
        missing = [row.id for row in service.open_gaps(session, item)]
        if missing:
            reason = (
                "No checklist asks about these yet; they are planned for the next programme, before stage 2."
            )
            service.bear_gap(
                session, item, BearGap(requirements=missing, reason=reason, version=item.version)
            )
        programme = item.reference
    with story.acting("olivia") as session:
        service.submit(session, records.get(session, AuditProgramme, programme))
    story.sign_all(programme, eve="top_management", olivia="compliance_lead")
